"""One secret is one fingerprint, in whatever place it stands and however a tool shows the place."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
VALUES = (
    "xR7kQ2mV9pLw3sN8bT4yHc6d",
    "9f3c1ad27be84056a1b2c3d4e5f60718",
    "3f2b8c1e-7a4d-4e21-9c55-0b1d2e3f4a5b",
)
PLACES = r"""
Authorization: Bearer §
Authorization: Token token=§
Authorization: Token token="§"
[["authorization","Bearer §"],["accept","*/*"]]
[('authorization', 'Bearer §'), ('accept', '*/*')]
req.Header.Set("Authorization", "Bearer §")
xhr.setRequestHeader('Authorization', 'Token §')
{"name":"Authorization","value":"Bearer §"}
Cookie: session=§
curl --cookie "sid=§; theme=dark" https://a.dev/
curl -b 'sid=§' https://a.dev/
document.cookie = "session_token=§; path=/"
wrk -H 'Cookie: sid=§' https://a.dev/
https://svc:§@git.acme.dev/x.git
https://api.acme.dev/v1/x?a=1&api_key=§&b=2
pip config set global.index-url https://svc:§@h.dev/simple
--uri root:§@db:3306
<add name="Main" connectionString="Server=db;User ID=sa;Password=§;Encrypt=true" />
"ConnectionStrings": {"Main": "Server=db;User ID=sa;Password=§;Encrypt=true"}
curl -u 'svc:§' https://a.dev/
['curl', '-u', 'svc:§', 'https://a.dev']
http --auth 'svc:§' GET h
lynx -auth='svc:§' https://h.dev
skopeo copy --src-creds 'svc:§' docker://a docker://b
npmAuthIdent: "svc:§"
basic-auth: admin:§
sshpass -p§ ssh a@h
mysql -u root -p'§' app
vault kv put secret/db 'password=§'
docker run -e 'DB_PASSWORD=§' img
export API_TOKEN="§"
${DB_PASSWORD:-§}
sed -i 's/^DB_PASSWORD=.*/DB_PASSWORD=§/' .env
password = '''§'''
password = \"\"\"§\"\"\"
{"tokens": ["§"]}
tokens:\n  - "§"
username,password\nbob,§
host;user;password\ndb;app;§
echo "machine h login bob password §" > ~/.netrc
machine h\n  login bob\n  password §
bob:{PLAIN}§:1000:1000::/home/bob
BUNDLE_GEMS__ACME__DEV: "bob:§"
ALTER USER a WITH PASSWORD '§';
The password is §.
ID:root / PW:§
**Password:** §
""".replace(r"\"", '"').strip()

SHOWN: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "in JSON": lambda text: json.dumps({"output": text}),
    "to a shell": lambda text: "bash -c '" + text.replace("'", r"'\''") + "'",
    "in double quotes": lambda text: f"""bash -c "{text.replace('"', chr(92) + '"')}\"""",
    "added by a patch": lambda text: "@@ -1 +1 @@\n+" + text.replace("\n", "\n+"),
    "with numbers": lambda text: "\n".join(
        f"{n:6d}\t{line}" for n, line in enumerate(text.split("\n"), 7)
    ),
    "in brackets": lambda text: f"It said ({text}).",
    "in a sentence": lambda text: f"see {text}, then go on",
    "on a page": lambda text: f"<code>{text}</code>",
}


def fingerprints(text: str) -> set[str]:
    return {place.fingerprint for place in Sealer(KEY).seal_text(text).places}


@pytest.mark.parametrize("shown", SHOWN)
def test_a_secret_has_the_same_fingerprint_everywhere(shown: str) -> None:
    other, count = [], 0
    for value in VALUES:
        for line in PLACES.split("\n"):
            text = SHOWN[shown](line.replace(r"\n", "\n").replace("§", value))
            found, count = fingerprints(text), count + 1
            if Sealer(KEY).fingerprint(value) not in found:
                other.append(text)
    assert len(other) <= (0 if shown == "as it is" else 0.07 * count), other


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=kelp:Willow42x", "kelp:Willow42x"),
        ('{"password": "aB3(x)eF9z"}', "aB3(x)eF9z"),
        ("DB_PASSWORD='a;b=c3D;e4Fg'", "a;b=c3D;e4Fg"),
        ('secret_key = "mJ4kpq/ZxW9rTy2LmN8vB3cD"', "mJ4kpq/ZxW9rTy2LmN8vB3cD"),
        ('setx API_TOKEN "aB3$dE6&gH9"', "aB3$dE6&gH9"),
        ("set -gx API_TOKEN 'aB3$dE6&gH9'", "aB3$dE6&gH9"),
        ("tool '--password=aB3$dE6&gH9' run", "aB3$dE6&gH9"),
        ("{user: app, password: aB3$dE6&gH9}", "aB3$dE6&gH9"),
        ("host=db password=aB3$dE6&gH9 dbname=app", "aB3$dE6&gH9"),
        ("The admin password is 'Summer2024!'.", "Summer2024!"),
        ("I changed the password to Summer2024!.", "Summer2024!"),
        ("The token is xR7kQ2mV9pLw3sN8bT4yHc6d!", "xR7kQ2mV9pLw3sN8bT4yHc6d"),
    ],
)
def test_nothing_that_belongs_to_a_secret_is_cut_off(text: str, secret: str) -> None:
    assert fingerprints(text) == {Sealer(KEY).fingerprint(secret)}
