"""Kinds of places that other tools' manuals showed later, and texts that look like them."""

from __future__ import annotations

import json

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
TOKEN = "rNLU09X0fmnR7n5FdmueGDmblocOKFm7"
HEXADECIMAL = "f69e3a2da7db2de613f9ca517392b964"
WORDS = "saffron-maple-meadow-orbit"
LETTERS = "HtemGNYyst"
UUID = "b7022e1c-7068-421c-8a03-09aacb746c96"
SMALL = "qmzkdhwpxvbntrslygcjfaeu"


def sealed_in(text: str) -> list[str]:
    return [text[p.span.start : p.span.end] for p in Sealer(KEY).seal_text(text).places]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        # A key as the user of basic auth: its password is empty, or asked for.
        (f"curl -X POST -u '{TOKEN}:' https://h/v1", TOKEN),
        (f'curl -u "{TOKEN}:" https://h/v1', TOKEN),
        (f"curl https://h -u {TOKEN}", TOKEN),
        (f"https://h/2.5/forecast?q=Oslo&appid={HEXADECIMAL}", HEXADECIMAL),
        (f"https://h/x?X-Goog-Expires=900&X-Goog-Signature={HEXADECIMAL * 4}", HEXADECIMAL * 4),
        (f"client_id=web&code_verifier={TOKEN}abcdefghijk&x=y", f"{TOKEN}abcdefghijk"),
        ('curl -u "d2LkV78zLx!t:" https://h', "d2LkV78zLx!t"),
        (f"RAILWAY_API={UUID}\nREGION=eu\n", UUID),
        (f"ai21 = {UUID}", UUID),
        (f"betterstack PRIVATE_KEY {SMALL}", SMALL),
        (
            "Create: 'dO29Q~F5-VwnW.lZdd11xFF_t5NAXCaGwDl9NbT1'",
            "dO29Q~F5-VwnW.lZdd11xFF_t5NAXCaGwDl9NbT1",
        ),
        # Variables of the environment whose names end as their program writes them.
        (f"export TF_VAR_admin_password={WORDS}; terraform apply", WORDS),
        (f"TF_VAR_db_password={WORDS} terraform apply", WORDS),
        (f"openssl enc -aes-256-cbc -in a -out b -k {LETTERS}", LETTERS),
        (f'redis-benchmark -h r1 -a "{TOKEN}" -t set', TOKEN),
        (f"127.0.0.1:6379> AUTH default {TOKEN}", TOKEN),
        (f"cache:6379[2]> AUTH {TOKEN}", TOKEN),
        (rf"net use Z: \\nas\share /user:ACME\svc {LETTERS}", LETTERS),
        # A pair of name and value within what has a name itself.
        (f"- name: api\n  env:\n  - name: DB_PASSWORD\n    value: {LETTERS}\n", LETTERS),
        (f"- key: app\n  items:\n  - name: DB_PASSWORD\n    value: {WORDS}\n", WORDS),
        ("yubico token: IZnoRjHGgKcpBDSugQOydPLhOiS=", "IZnoRjHGgKcpBDSugQOydPLhOiS="),
        # Words that a generator has joined, where others would be a name or a text.
        (f"password: {WORDS}\n", WORDS),
        (f"remoteuser = bob\nremotepass = {WORDS}\n", WORDS),
        (f"user bot\npassword {WORDS}\n", WORDS),
        (f"Generated password: {WORDS}", WORDS),
        (f"pw: {WORDS}", WORDS),
        (f'DBI->connect("dbi:Pg:dbname=a", "app", "{WORDS}");', WORDS),
        (f"poetry publish -u u -p {WORDS}", WORDS),
        (f"redis:auth('{TOKEN}')", TOKEN),
        (f"$redis->auth('{TOKEN}');", TOKEN),
        (f'ftp = FTP("h", "u", "{TOKEN}")', TOKEN),
        (f'client.username_pw_set("u", "{LETTERS}")', LETTERS),
        (f'{{"bearer": {{"repo.acme.dev": "{TOKEN}"}}}}', TOKEN),
        (f'{{"kty":"oct","k":"{TOKEN}"}}', TOKEN),
        (f"{{'kty': 'RSA', 'n': 'x', 'd': '{TOKEN}'}}", TOKEN),
        (f'"app" "md5{HEXADECIMAL}"', f"md5{HEXADECIMAL}"),
        (f'PlainLoginModule required username="a" password="ab" user_app="{TOKEN}";', TOKEN),
        (f"https://h/login?next=https%3A%2F%2Fh%2F%3Faccess_token%3D{TOKEN}%26p%3Dq", TOKEN),
        (f'passwd: str="{LETTERS}"', LETTERS),
        (f'  ~ token = "x1" -> "{TOKEN}"', TOKEN),
        (f"ldap_bind_pw {TOKEN}", TOKEN),
        (f"    stats auth admin:{WORDS}\n", WORDS),
        (f"xpack.security.http.ssl.keystore.password: {LETTERS}\n", LETTERS),
        (f"admin:$$apr1$$abcdefgh$${TOKEN[:22]}", f"$apr1$$abcdefgh$${TOKEN[:22]}"),
        (f"| admin_password | {TOKEN} | sensitive |", TOKEN),
        (f"curl --cert c.pem:{TOKEN} https://h", TOKEN),
        # A literal behind a type, a call or another value that the name is given first.
        (f'api_key: Optional[str] = "{TOKEN}"', TOKEN),
        (f'api_key: str | None = "{TOKEN}"', TOKEN),
        (f'SECRET: bytes = b"{TOKEN}"', TOKEN),
        (f'val apiKey: String? = "{TOKEN}"', TOKEN),
        (f'api_key: str = Field(default="{TOKEN}")', TOKEN),
        (f'password = forms.CharField(initial="{TOKEN}")', TOKEN),
        (f'token = os.getenv("T") or "{TOKEN}"', TOKEN),
        (f'let api_key = env::var("KEY").unwrap_or("{TOKEN}".into());', TOKEN),
        (f"config.password = ENV['P'] || '{TOKEN}$'", f"{TOKEN}$"),
        (f'token: Annotated[str, Field()] = "{TOKEN}"', TOKEN),
        (f'password = (\n    "{TOKEN}"\n)', TOKEN),
        (f'api_key = \\\n    "{TOKEN}"\n', TOKEN),
        (f"const key = process.env.API_KEY ?? '{TOKEN}';", TOKEN),
        (f'api_key <- "{TOKEN}"', TOKEN),
        (f'PASSWORDS = {{"bob": "{TOKEN}"}}', TOKEN),
        (f'if r.Header.Get("X-Token") != "{TOKEN}" {{', TOKEN),
        (f'if (password.equals("{TOKEN}")) {{', TOKEN),
        (f'strcmp(password, "{TOKEN}") == 0', TOKEN),
        (f'hmac.New(sha256.New, []byte("{TOKEN}"))', TOKEN),
        (f"fill_in 'Password', with: '{TOKEN}'", TOKEN),
        (f"command: redis-server --requirepass {TOKEN}", TOKEN),
        (f'set :deploy_password, "{TOKEN}"', TOKEN),
        (f"apikey: !!binary |\n  {TOKEN}\n", TOKEN),
        (f"openssl passwd -6 {TOKEN}", TOKEN),
        (f"bw login a@b.example {TOKEN}", TOKEN),
        (f"security add-generic-password -a u -s s -w {LETTERS}", LETTERS),
        (f"rclone obscure {LETTERS}", LETTERS),
        (f"impdp system/{LETTERS} full=y", LETTERS),
        (f'<entry key = "db.password">{LETTERS}</entry>', LETTERS),
        (f'INSERT INTO users (email, password) VALUES ("a@b.c", "{LETTERS}");', LETTERS),
        (f'CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY\t"{LETTERS}";', LETTERS),
    ],
)
def test_what_stands_in_a_place_of_its_kind_is_sealed(text: str, secret: str) -> None:
    assert sealed_in(text) == [secret]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    "text",
    [
        f'api_key: Optional[str] = "{TOKEN}"',
        f'api_key <- "{TOKEN}"',
        f'CONFIG SET requirepass "{TOKEN}"',
        f'carol : EAP "{TOKEN}"',
        f'  ~ token = "x1" -> "{TOKEN}"',
        f'client.SetBasicAuth("svc", "{TOKEN}")',
        f'request.setPassword("{TOKEN}")',
    ],
)
def test_it_is_found_within_strings_of_json_as_well(text: str, layers: int) -> None:
    for _ in range(layers):
        text = json.dumps({"output": text})
    assert TOKEN not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize(
    "text",
    [
        "curl -u elastic https://h:9200",
        "curl -u admin: https://h",
        f"RAILWAY_PROJECT_ID={UUID}",
        "payment_api = PaymentApiV2Client(x)",
        "curl -u my-service-account-name https://h",
        "https://store.example/agecheck?appid=1091500",
        "https://h/cb?appid=wx8888888888888888&state=1",
        "https://user:pass@host.example/",
        "fetch(url, { credentials: 'include' })",
        'fetch(url, { credentials: "same-origin", headers })',
        'document.cookie = "theme=dark; path=/"',
        "d0c5e9f1a2b3c4d5e6f708192a3b4c5d  token-service_1.2_amd64.deb",
        "Unpacking libterm-readkey-perl_2.38-2+b1_amd64.deb ...",
        "password: see-the-password-file",
        "secret: acme-prod-tls-cert",
        "util._assertion_pass = call_assertion_pass_hook",
        "load_pem_private_key = keys.load_pem_private_key",
        'app.auth("oauth2")',
        'api_key: str = Field(description="The key of the API v2", alias="apiKey2")',
        "token: Optional[str] = None",
        "const t = token ?? 'anonymous';",
        'tokens = ["foo", " ", "bar", " ", "19June2000", "baz"]',
        'x = opts.token || "none"',
        'token = create(\n    "abcdefgh",\n)',
        'token = models.CharField(max_length=40, verbose_name="token2x")',
        '{"kty":"RSA","n":"e5vwqXsHHd0f4Znwiq7Djmexpw","e":"AQAB","kid":"e5vwqXsHHd0f4Znwiq7D"}',
        "echo 'password = '.$p['config']['daemon_password'].\"\\n\";",
        '"password": "&lt;YOURPASSWORD&gt;"',
        "sqlplus scripts/upgrade.sql",
        "https://h/x?next=%2Fa%3Fpage%3D2%26sort%3Dkey",
    ],
)
def test_what_only_looks_so_is_left(text: str) -> None:
    assert sealed_in(text) == []
