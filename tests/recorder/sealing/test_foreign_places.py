"""Kinds of places and formats that the tests of other scanners have, with values of our own."""

from __future__ import annotations

import json

import pytest

from recorder.sealing import Sealer
from tests.recorder.sealing.issuer_tokens import tokens

KEY = b"k" * 32
TOKEN = "rNLU09X0fmnR7n5FdmueGDmblocOKFm7"
LETTERS = "HtemGNYyst"
HEXADECIMAL = "f69e3a2da7db2de613f9ca517392b964"
UUID = "b7022e1c-7068-421c-8a03-09aacb746c96"
AT = "Wint3r@h0use@26"
HEADER = "eyJhbGciOiJIUzI1NiJ9"
CLAIMS = "eyJzdWIiOiJtYXJhIiwiZXhwIjoxOTAwMDAwMDAwfQ"
SIGNATURE = "xW4rPq8LzT0vKd2mNs6bYc1fGh7jAe9uQo3iRl5wUtE"
DJANGO = "k7(w=2&f!tq9@x%vz0*m)j#b5^r$e8n+c1_hs4ya-gd6ulp3io"
FORMATS = r"""
castai castai_v1_{h64}_{a8}
kolide k2sk_v1_{a24}
voiceflow VF.DM.{h24}.{a16}
voiceflow VF.WS.{h24}.{a16}
openai ek_{h32}
newrelic NRRA-{h42}
discord https://discord.com/api/v10/webhooks/{d18}/{w68}
discord https://canary.discordapp.com/api/v9/webhooks/{d18}/{w68}
telegram https://api.telegram.org/bot{d10}:{w45}/getMe
telegram https://api.telegram.org/file/bot{d10}:{w35}/a.jpg
sumo https://collectors.sumologic.com/receiver/v1/http/{b60}==
sumo https://endpoint2.collection.eu.sumologic.com/receiver/v1/http/{w48}
werkzeug pbkdf2:sha256:600000${a16}${h64}
passlib $scrypt$ln=16,r=8,p=1${a22}${a43}
passlib $pbkdf2-sha256$29000${a22}${a43}
amp sgamp_user_{u26}_{h64}
anyscale aph0_{w90}
astra AstraCS:{a40}
blockprotocol b10ck5.{a32}.{a36}
devin apk_user_{b120}==
devin apk_{b96}
luma luma-{G}-{G}
retool retool_{l26}
sarvam sk_{l8}_{a24}
teams https://outlook.office.com/webhook/{G}@{G}/IncomingWebhook/{h32}/{G}
telnyx KEY0{H31}_{a22}
vercel v1:{a24}:{a24}
vk vk1.a.{w80}
warp wk-1.{h64}
azure IR@{G}@factory-7@ServiceEndpoint=factory-7.westeurope.datafactory.azure.net@{b43}=
""".strip()


def sealed_in(text: str) -> list[str]:
    return [text[p.span.start : p.span.end] for p in Sealer(KEY).seal_text(text).places]


@pytest.mark.parametrize("place", ["{}", "got {} back", '["{}"]', "x: {}\n"])
def test_a_format_is_known_wherever_it_stands(place: str) -> None:
    left = [
        text
        for _, token in tokens(FORMATS, 3)
        if (text := place.format(token)) and token in Sealer(KEY).seal_text(text).text
    ]
    assert left == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        # A link's signature, as a program or a command gives it by itself.
        (f"params = {{'sv': '1.0', 'sig': '{SIGNATURE}'}}", SIGNATURE),
        (f'query.Add("sig", "{SIGNATURE}");', SIGNATURE),
        (f'curl -G https://a.example.com/api -d "sv=1.0" -d "sig={SIGNATURE}"', SIGNATURE),
        (f"'sig': '{SIGNATURE.replace('x', '%2B')}%3D'", f"{SIGNATURE.replace('x', '%2B')}%3D"),
        # What a client shows that began a login.
        (f"code_verifier={SIGNATURE}", SIGNATURE),
        (f'{{"codeVerifier": "{SIGNATURE}"}}', SIGNATURE),
        # A connector of the first kind that a messenger had.
        (
            f"'https://outlook.office.com/webhook/{UUID}@{UUID}/Builds/{HEXADECIMAL}/{UUID}'",
            f"outlook.office.com/webhook/{UUID}@{UUID}/Builds/{HEXADECIMAL}/{UUID}",
        ),
        # What Maven encrypts its servers' passwords with.
        (f"<master>{{{TOKEN}{LETTERS}=}}</master>", f"{TOKEN}{LETTERS}="),
        # A call that is cut off, or goes on in the next line.
        (f'new UserPasswordCredential("mara", "{LETTERS}7!"', f"{LETTERS}7!"),
        (f'new NetworkCredential("mara", "{LETTERS}"\n    );', LETTERS),
        # A password beside a user that is put in.
        (f"postgres://$(PGUSER):{LETTERS}@db/app", LETTERS),
        # A password with the sign in it that stands before the server.
        (f'url = "jdbc:oracle:thin:app/{AT}@db1.example.com:1521:ORCL"', AT),
        (f'"jdbc:oracle:thin:app/{AT}@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)))"', AT),
        (f"jdbc:oracle:thin:app/{AT}@//db1:1521/SVC", AT),
        (f"sqlplus app/{AT}@PROD", AT),
        ("sqlplus app/Wint3rhouse@PROD @run.sql", "Wint3rhouse"),
        # A program that puts a header's scheme and a token together, whatever the scheme.
        (f"xhr.setRequestHeader('Authorization', 'Gateway ' + '{TOKEN}');", TOKEN),
        (f'h = {{"Authorization": "Gateway " + "{TOKEN}"}}', TOKEN),
        (f"$r->header('Authorization', 'Gateway ' . '{TOKEN}');", TOKEN),
        (f'Set o = d.OpenDSObject("LDAP://dc1/dc=a", "corp\\mara", "{LETTERS}", 1)', LETTERS),
        (rf"psexec \\srv7 -u mara -p {LETTERS.lower()} cmd /c dir", LETTERS.lower()),
        (rf"PsExec64.exe -accepteula \\srv7 -u CORP\mara -p {LETTERS} ipconfig", LETTERS),
        # Lists over several lines, of all that is written as one.
        (f'"api_keys": [\n  "{HEXADECIMAL}",\n  "{TOKEN}"\n]', TOKEN),
        (f"def TOKENS = [\n  ann: '{HEXADECIMAL}',\n  bob: '{TOKEN}'\n]", TOKEN),
        (f'SECRETS = {{\n    "ann": "{HEXADECIMAL}",\n    "bob": "{TOKEN}",\n}}', HEXADECIMAL),
        (f'"recovery_keys": [\n  "{TOKEN}"\n]', TOKEN),
        ('"backup_codes": [\n  {"code": "7x2k-9q4m", "used": false}\n]', "7x2k-9q4m"),
        # Scala's pairs; a page's names in bold; a table without lines.
        (f'val auth = Map("user" -> "mara", "token" -> "{TOKEN}")', TOKEN),
        (f"<b>APP_SECRET</b> = '{HEXADECIMAL}'<br>", HEXADECIMAL),
        (f"<td><code>apiToken</code>: &quot;{TOKEN}&quot;</td>", TOKEN),
        ("Mail password          ----   Wq7!xK2#pz", "Wq7!xK2#pz"),
        # A setting of all letters that the keyboard has.
        (f"DEBUG=1\nSECRET_KEY={DJANGO}\nHOSTS=*\n", DJANGO),
        (f"KEY = 'django-insecure-{DJANGO}'", f"django-insecure-{DJANGO}"),
        # What Vault calls the id of a secret is one.
        (f"VAULT_SECRET_ID={UUID}\n", UUID),
        (f"export APPROLE_SECRET_ID='{UUID}'", UUID),
        (f"secret_id: {UUID}\n", UUID),
        ("WEBHOOK_SECRET='My_c4t@l0g_2031'", "My_c4t@l0g_2031"),
        (
            f"https://eu.webchat.botframework.com/embed/Bot?s=Qm7_xK2pLw9.{TOKEN}aZ3dF6hJ8kL",
            f"Qm7_xK2pLw9.{TOKEN}aZ3dF6hJ8kL",
        ),
    ],
)  # fmt: skip
def test_a_secret_is_found_in_a_place_of_its_kind(text: str, secret: str) -> None:
    assert secret in sealed_in(text)


def test_a_web_token_is_found_over_the_ends_of_lines() -> None:
    text = f"the token:\n\n{HEADER}.\n{CLAIMS}.\n{SIGNATURE}\n\nis old"
    sealed = Sealer(KEY).seal_text(text).text
    assert CLAIMS not in sealed
    assert SIGNATURE not in sealed
    assert sealed.endswith("is old")


def test_a_web_token_and_a_web_key_are_found_whose_lines_are_folded() -> None:
    text = f"{HEADER}\n.\n{CLAIMS[:30]}\n{CLAIMS[30:]}\n.\n{SIGNATURE}\n"
    sealed = Sealer(KEY).seal_text(text).text
    assert CLAIMS[30:] not in sealed
    assert SIGNATURE not in sealed
    key = f'{{"kty": "oct",\n "k": "{TOKEN}\n      {HEXADECIMAL}"\n}}'
    sealed = Sealer(KEY).seal_text(key).text
    assert TOKEN not in sealed
    assert HEXADECIMAL not in sealed


def test_the_signature_of_an_event_grids_url_is_sealed() -> None:
    text = (
        "Authorization: SharedAccessSignature "
        "r=https%3a%2f%2ft.eu-1.eventgrid.azure.net%2fapi%2fevents"
        f"&e=7%2f1%2f2031+9%3a15%3a00+AM&s={TOKEN}%2f{HEXADECIMAL}%3d"
    )
    sealed = Sealer(KEY).seal_text(text).text
    assert TOKEN not in sealed
    assert HEXADECIMAL not in sealed


@pytest.mark.parametrize(
    "text",
    [
        # What a program reads, or puts together.
        "SECRET_KEY = os.environ['SECRET_KEY']",
        'API_TOKEN = ENV["API_TOKEN"]',
        "$d = ';UID='    . $this->c['username'] .\n   ';PWD='    . $this->c['password'] . ';';",
        "concat('Server=',parameters('a'),';UID=',parameters('c'),';Password=',parameters('d'))",
        'dsn = $"Server={c["Host"]};user id={c["User"]};password={c["Password"]};Pooling=true";',
        'String userPassword = "client:" + id + ":" + secret;',
        "lastToken = match3[0], previous = match3[1]",
        "first_token = tokens1['head']",
        "xhr.setRequestHeader('Authorization', 'Gateway ' + token);",
        "SECRET_ID=prod/db/password",
        # What a template or a query puts into a link, and an expression that reads one.
        'url: "postgresql://${self:db.user}:${self:db.pass}@${self:db.host}:5432/app"',
        r"""jq -r '"postgresql://\(.user):\(.password)@\(.host)/\(.name)"'""",
        'Regex regex("(postgis://.*:)(.*)(@.*)");',
        're.search(r"(sqlserver://|postgresql://|oracle:thin:@)localhost", url)',
        # What names a place and holds nothing.
        'MONGO_NO_AUTH = "mongodb://localhost:27017/database"',
        "write_key: s3://bucket/raw/events\n",
        'mongosh "mongodb://localhost:27017" --username <username> --password <password>',
        f"docker://node:24.19.0-bookworm@sha256:{HEXADECIMAL * 2}",
        '"/docs/2.0/account/strong-password":"/docs/site@2.0/account"',
        "code_verifier = base64url(os.urandom(32)).rstrip(b'=').decode('ascii')",
        "codeVerifier: generateCodeVerifierOfTheStandardsLongestLength()",
        # Words behind a beginning that issuers have.
        "the apk_user_agent_and_its_version, retool_component_library and wk-1.2",
        # What stands for a value.
        "-----BEGIN PRIVATE KEY-----the key of the server goes here-----END PRIVATE KEY-----",
        "<master>{your-master-password}</master>",
        'mailApiKey = "key-00000000000000000000000000000000"',
        f"'sig': '{HEXADECIMAL}', \"sig=\" + signature",
        "<MasterUserPassword>!Ref 'MasterUserPassword'</MasterUserPassword>",
        '<replace token="@javax.annotation.Generated" value="x"/>',
        '<filter token="OS.CMD.COPY" value="${os.cmd.copy}"/>',
        "token: my_token_name",
        "password: my-password-2",
        r"psexec \\srv7 -u mara -p %PASSWORD% cmd",
        f'"credentials": [\n  {{\n    "id": "{TOKEN}",\n    "type": "public-key"\n  }}\n]',
        'case Token -> "identifier"',
    ],
)  # fmt: skip
def test_a_text_like_it_without_a_secret_is_left(text: str) -> None:
    assert sealed_in(text) == []


def test_what_is_read_in_a_program_is_also_read_in_json() -> None:
    text = json.dumps({"output": f'val auth = Map("token" -> "{TOKEN}")'})
    assert TOKEN not in Sealer(KEY).seal_text(text).text
