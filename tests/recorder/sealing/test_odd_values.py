"""Values that are no plain words, in the places they stand in; and code that only looks alike."""

from __future__ import annotations

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32


def sealed_parts(text: str) -> list[str]:
    sealed = Sealer(KEY).seal_text(text)
    return [text[p.span.start : p.span.end] for p in sealed.places]


@pytest.mark.parametrize(
    "code",
    [
        "#define SSL_OP_COOKIE_EXCHANGE SSL_OP_BIT(13)\n",
        '#define SSL_TXT_kPSK "kPSK"\n',
        "# define SSL_AD_UNKNOWN_PSK TLS1_AD_UNKNOWN_PSK_IDENTITY\n",
        '#define PQnoPasswordSupplied "fe_sendauth: no password supplied\\n"\n',
        '#define TLS1_TXT_DHE_PSK_WITH_AES_256_CCM_8 "DHE-PSK-AES256-CCM8"\n',
        "#define aes128_invert_key nettle_aes128_invert_key\n",
        "X509 *recip, EVP_PKEY *originatorPrivKey, int a",
        "isEqual(const DivRemMapKey &Val1, const DivRemMapKey &Val2)",
        "/* Detach the thread identified by __THR from the process. */",
        "the storage identified by __TSS_ID. Then it is free; create it anew",
        """print "Unknown TAP token: '" . $unk->raw . "'\\n";""",
        """die 'Unknown TAP token: "' . $unk->raw . '"';""",
    ],
)
def test_names_in_code_and_prose_are_no_secrets(code: str) -> None:
    assert sealed_parts(code) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('#define WIFI_PASSWORD "x13xyz77"\n', "x13xyz77"),
        ("CREATE USER u IDENTIFIED BY __x13xyz;", "__x13xyz"),
        ("grant all on *.* to u identified by x13xyz;", "x13xyz"),
    ],
)
def test_the_same_places_with_a_secret_are_sealed(text: str, secret: str) -> None:
    assert sealed_parts(text) == [secret]


@pytest.mark.parametrize(
    "place",
    [
        "PGPASSWORD={} psql -h db",
        "curl -u me:{} https://h.example",
        '{{"user": "a", "password": "{}"}}',
        "db:\n  password: '{}'\n  host: x\n",
        "CREATE USER u WITH PASSWORD '{}';",
        "https://u:{}@h.example/x",
        "https://h.example/x?password={}&z=1",
        "<c><password>{}</password></c>",
        "tool --token {} db",
    ],
)
def test_a_password_of_digits_is_one(place: str) -> None:
    assert sealed_parts(place.format("83920174")) == ["83920174"]


@pytest.mark.parametrize(
    "text",
    [
        '{"usage": {"tokens": "8392017"}}',
        "total_tokens=8392017 prompt_tokens=123456",
        "secret_version: 12345678\n",
        "https://h.example/x?token=123456",
        "| model | tokens |\n|---|---|\n| a | 8392017 |\n",
        "password_length=123456",
    ],
)
def test_numbers_beside_other_names_are_numbers(text: str) -> None:
    assert sealed_parts(text) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("""bash -c 'PGPASSWORD='"'"'Xk9#mP2vLqR7tt'"'"' psql'""", "Xk9#mP2vLqR7tt"),
        (
            """{"command": "bash -c 'PGPASSWORD='\\"'\\"'aB;cD3 e'\\"'\\"' psql'"}""",
            "aB;cD3 e",
        ),
        ("""export X_TOKEN='aB'"'"'cD3'"'"'eFg9hQ' && run""", """aB'"'"'cD3'"'"'eFg9hQ"""),
        ("""export X_TOKEN='aB'\\''cD3' && run""", """aB'\\''cD3"""),
        ("db:\n  password: 'aB''cD3''eFg9hQ'\n", "aB''cD3''eFg9hQ"),
        ('Server=h;Password="aB""cD3""eFg9hQ";Database=x', 'aB""cD3""eFg9hQ'),
        ("https://u:%21aBcD3eFg9hQ%21%21@h.example/x", "%21aBcD3eFg9hQ%21%21"),
        ("https://h.example/x?password=%21aBcD3eFg%21&z=1", "%21aBcD3eFg%21"),
        ("user=a&password=%C3%A4BcD3eFg&z=1", "%C3%A4BcD3eFg"),
    ],
)
def test_a_string_ends_where_its_quotes_say(text: str, secret: str) -> None:
    assert sealed_parts(text) == [secret]


def test_a_string_in_quotes_is_the_same_secret_as_without() -> None:
    sealer = Sealer(KEY)
    written = ["""X_TOKEN='aB'"'"'cD3eFg9hQ'""", "x_token: 'aB''cD3eFg9hQ'"]
    secrets = {place.fingerprint for text in written for place in sealer.seal_text(text).places}
    assert len(secrets) == 1


@pytest.mark.parametrize("text", ["set PASSWORD=%PASS%", "password=%(secret)s", "token=%s"])
def test_references_are_no_secrets(text: str) -> None:
    assert sealed_parts(text) == []


ODD = ('aB"cD3"eFg9hQ', "aB&cD3&eFg9hQ", "aB;cD3;eFg9hQ", "aB<cD3>eFg9hQ", "aB[cD3]eFg9hQ",
       "aB(cD3)eFg9hQ", "aB`cD3`eFg9hQ", "aB|cD3|eFg9hQ", "aB,cD3,eFg9hQ", "aBcD3fG\teFg9hQq",
       "aBcD3fG\neFg9hQq", "aB{cD3}eFg9hQ")  # fmt: skip


@pytest.mark.parametrize("secret", ODD)
@pytest.mark.parametrize(
    "place",
    [
        "tool --token '{}' db",
        "curl -u 'me:{}' https://h.example",
        "mysql -u root -p'{}' db",
        "redis-cli -a '{}' ping",
        "export X_TOKEN='{}' && run",
    ],
)
def test_in_quotes_any_letter_is_one_of_the_value(place: str, secret: str) -> None:
    assert sealed_parts(place.format(secret)) == [secret]


@pytest.mark.parametrize("secret", [odd for odd in ODD if odd.isprintable()])
def test_what_stands_alone_in_a_setting_is_the_value(secret: str) -> None:
    for text in (f"[db]\npassword = {secret}\nx = 1\n", f"db.password={secret}\nx=1\n"):
        assert sealed_parts(text) == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('mysql -p"Xk9\\$mP2\\$vLqR7!" db', "Xk9\\$mP2\\$vLqR7!"),
        ('{"cmd": "mysql -u a -p\\"Xk9mP2vL\\" db"}', "Xk9mP2vL"),
        ("CREATE USER u WITH PASSWORD 'aB''cD3''eFg9hQ';", "aB''cD3''eFg9hQ"),
        ("PGPASSWORD=aB,cD3,eFg9hQ psql", "aB,cD3,eFg9hQ"),
        ("tool --token aB,cD3,eFg9hQ db", "aB,cD3,eFg9hQ"),
        ("<c><password>aB\\cD3\\neFg9hQ</password></c>", "aB\\cD3\\neFg9hQ"),
        ("CREATE USER u WITH PASSWORD 'aB\\cD3\\neFg9hQ';", "aB\\cD3\\neFg9hQ"),
        ("""curl -d '{"password": "aB'"'"'cD3'"'"'eFg"}' h""", """aB'"'"'cD3'"'"'eFg"""),
        ("[db]\npassword = correct horse battery zebra\n", "correct horse battery zebra"),
        ("db.password=xCvL\\#rxW\\=M6Z\n", "xCvL\\#rxW\\=M6Z"),
        ("Server=db1;Uid=sa;Pwd=P=VQ.0T*!x&&yM;Encrypt=yes", "P=VQ.0T*!x&&yM"),
        ("Server=db1;User ID=sa;Password=0-esw(V&yaL;", "0-esw(V&yaL"),
        ("User: bob\nPassword: u5moFZns/(FT\nURL: h", "u5moFZns/(FT"),
        ("django_secret_key=fAMt5m2ZC!lp(47xpP12gP\n", "fAMt5m2ZC!lp(47xpP12gP"),
        ("password: rq7L%stZv9\n", "rq7L%stZv9"),
        ("const password = `correct horse battery zebra`;", "correct horse battery zebra"),
    ],
)
def test_a_value_is_sealed_to_its_end(text: str, secret: str) -> None:
    assert sealed_parts(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "token = tokens[i1](A)\n",
        "using XPass P = XDiscriminatorPass::Pass1;",
        "#define PK11_PW_DEFAULTS 0x20000000L",
        "token = f'{a1}'B\n",
        "parser.add_argument('--password', 'The password for login')",
        "use --token 'a new one' instead",
        "PASSWORD=$(pass show a) run",
        "password = the one of the user\n",
        "token = tokens[i1](A\n",
        "a=1; token=next(T1,\n",
        "password: Bearer %s\n",
        "password = '%s:%s'\n",
        "password: &default\n  type: string\n",
        "let token: &str = x;",
        "- DB_PASSWORD=${DB_PASSWORD:?missing}\n",
        "Cookie: theme=dark; lang=en-US; consent=accepted\n",
        " id | password_hash_algo\n----+--------------------\n  1 | argon2id\n",
        "NAME     TOKEN TYPE    STATUS\nci-bot   bearer-v2     active\n",
        "sed -i 's/password_v1/password_v2/g' schema.sql",
        "the secrets of deployment web-server-8080: ready\n",
        "PWD={settings.db_password2};",
        "{'httpOnly': True, 'name': 'theme', 'value': 'solarized-dark'}",
        "recovery codes: see below\n",
        '{"type":"STRING","label":"CONCEALED","value":"plain-4711-Text"}',
        "Authorization: Basic realm only\n",
        "curl -d 'plain-4711-Text' https://h/items",
        "relay.acme.dev:587 is open\n",
        "image: acme/app:v1.2.3@registry.acme.dev",
        "passwordeval='pass show mail'",
        "change API_TOKEN from default to custom\n",
    ],
)
def test_code_and_prose_with_such_letters_are_left(text: str) -> None:
    assert sealed_parts(text) == []


@pytest.mark.parametrize("depth", [0, 1, 3, 7, 15, 31])
@pytest.mark.parametrize("place", ["run --api-token {} now", "export API_TOKEN={}"])
def test_a_quote_may_be_escaped_in_strings_within_strings(place: str, depth: int) -> None:
    quote = "\\" * depth + '"'
    assert sealed_parts(place.format(f"{quote}q7Lm-Zt4xWv{quote}")) == ["q7Lm-Zt4xWv"]


@pytest.mark.parametrize("quote", ['"', '\\"', '\\\\\\"'])
def test_the_word_behind_a_header_in_quotes_is_none_of_its_secret(quote: str) -> None:
    command = f"curl -X DELETE -H {quote}X-Api-Key: a_key_9999{quote} {quote}http://h.example:81/v1{quote}"
    assert sealed_parts(command) == ["a_key_9999"]
