"""Every structure in which a secret can stand gives it away, whatever the secret looks like.

The secrets are chosen so that neither their shape nor their look could be what finds them.
"""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from recorder.sealing import Sealer

PLAIN = "whKwItTnDlwEj"
UUID = "5e1f7a3c-9b2d-4c6e-8f10-a2b3c4d5e6f7"
WEAK = "hunter2hunter"
SECRETS = (PLAIN, UUID, WEAK, "Zx81-kkQ0ppWW7")
B64 = "ZGV2b3BzOnMzY3IzdC1wYXNzLTEyMw=="

PLACES = {
    # headers
    "authorization": "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {}\r\n\r\n",
    "authorization without scheme": "Authorization: {}",
    "proxy-authorization": "Proxy-Authorization: Bearer {}",
    "cookie": "Cookie: sid={}; theme=dark",
    "set-cookie": "Set-Cookie: session={}; Path=/; HttpOnly",
    "x-api-key header": "x-api-key: {}",
    "token header": "X-Auth-Token: {}",
    "Project-Access-Token": "Project-Access-Token: {}",
    "key header": "Ocp-Apim-Subscription-Key: {}",
    "private-token": "PRIVATE-TOKEN: {}",
    "header in a Python dict": "headers = {{'Authorization': 'Bearer {}', 'Accept': '*/*'}}",
    "header in JavaScript": 'fetch(u, {{ headers: {{ Authorization: "token {}" }} }})',
    "headers.set": 'req.Header.Set("X-Api-Key", "{}")',
    # URLs
    "URL userinfo": "git clone https://deploy:{}@git.example.com/a/b.git",
    "URL user only": "https://{}@git.example.com/a/b.git",
    "URL query": "curl 'https://h/v1/x?api_key={}&page=2'",
    "URL query token": "wss://h/socket?access_token={}",
    # DSNs
    "postgres": "postgresql://app:{}@db:5432/prod?sslmode=require",
    "mysql": "mysql+pymysql://root:{}@127.0.0.1/shop",
    "mongodb": "mongodb+srv://app:{}@cluster0.example.net/prod",
    "redis": "redis://:{}@cache:6379/0",
    "amqp": "amqps://user:{}@mq/vhost",
    "mssql": "Server=tcp:db;Database=x;User ID=sa;Password={};Encrypt=true",
    "odbc": "Driver={{ODBC Driver 18}};SERVER=db;UID=sa;PWD={};",
    "jdbc": "jdbc:postgresql://db/app?user=app&password={}",
    "jdbc oracle": "jdbc:oracle:thin:scott/{}@//db:1521/orcl",
    "libpq": "host=db port=5432 user=app password={} dbname=prod",
    "clickhouse": "clickhouse://default:{}@ch:9000/default",
    "snowflake": "snowflake://user:{}@account/db",
    # argv
    "curl -u": "curl -sS -u deploy:{} https://h/v1",
    "curl --user quoted": "curl --user 'deploy:{}' https://h/v1",
    "curl -H": "curl -H 'Authorization: Bearer {}' https://h",
    "curl -H key": 'curl -H "X-Api-Key: {}" https://h',
    "curl --oauth2-bearer": "curl --oauth2-bearer {} https://h",
    "curl -b": "curl -b 'session={}' https://h",
    "wget": "wget --http-password={} https://h",
    "mysql -p": "mysql -h db -u root -p{} shop",
    "--password": "app --user x --password {} run",
    "--password=": "app --password={} run",
    "--token": "deploy --token {} --yes",
    "docker login": "docker login -u me -p {} registry.example.com",
    "sshpass": "sshpass -p {} ssh host",
    "redis-cli": "redis-cli -h cache -a {} ping",
    "argv as JSON": '["deploy", "--token", "{}", "--yes"]',
    "kubectl literal": "kubectl create secret generic db --from-literal=password={}",
    "ldap": "ldapsearch -x -D cn=admin -w {} -b dc=example",
    "openssl": "openssl enc -aes-256-cbc -pass pass:{} -in a",
    "htpasswd": "htpasswd -bc .htpasswd admin {}",
    "PowerShell": "ConvertTo-SecureString '{}' -AsPlainText -Force",
    # environment
    "PGPASSWORD": "PGPASSWORD={} psql -h db",
    "MYSQL_PWD": "MYSQL_PWD={} mysqldump shop",
    "export": "export RAILWAY_TOKEN={}",
    "export quoted": "export RAILWAY_TOKEN='{}'",
    "Windows set": "set API_TOKEN={}",
    "PowerShell env": '$env:API_TOKEN = "{}"',
    "docker -e": "docker run -e API_TOKEN={} image",
    "docker ENV": "ENV API_TOKEN {}",
    "fish": "set -gx API_TOKEN {}",
    "csh": "setenv API_TOKEN {}",
    "printenv": "HOME=/root\nAPI_TOKEN={}\nLANG=C",
    # files
    "dotenv": "# prod\nDATABASE_PASSWORD={}\nDEBUG=0\n",
    "dotenv export": 'export DATABASE_PASSWORD="{}"\n',
    "ini": "[db]\nuser = app\npassword = {}\n",
    "toml": '[db]\npassword = "{}"\n',
    "yaml": "db:\n  user: app\n  password: {}\n",
    "yaml quoted": 'db:\n  password: "{}"\n',
    "yaml list": "env:\n  - name: DB_PASSWORD\n    value: {}\n",
    "json": '{{"db": {{"password": "{}"}}}}',
    "json escaped": '{{"body": "{{\\"password\\": \\"{}\\"}}"}}',
    "json name and value": '{{"name": "DB_PASSWORD", "value": "{}"}}',
    "xml": "<db><password>{}</password></db>",
    "xml attribute": '<add name="db" password="{}" />',
    "xml key and value": '<add key="ApiToken" value="{}" />',
    "properties": "spring.datasource.url=jdbc:x\nspring.datasource.password={}\n",
    "netrc": "machine api.example.com login me password {}",
    "netrc lines": "machine api.example.com\n  login me\n  password {}\n",
    "aws profile": "[default]\naws_access_key_id = x\naws_secret_access_key = {}\n",
    "kubeconfig token": "users:\n- name: admin\n  user:\n    token: {}\n",
    "kubernetes secret": "kind: Secret\nmetadata:\n  name: x\nstringData:\n  anything: {}\n",
    "docker config identity": '{{"auths": {{"r": {{"identitytoken": "{}"}}}}}}',
    "npmrc": "//registry.example.com/:_authToken={}\n",
    "npmrc password": "//registry.example.com/:_password={}\n",
    "git-credentials": "https://me:{}@github.com\n",
    "pypirc": "[pypi]\nusername = __token__\npassword = {}\n",
    "pip.conf": "index-url = https://me:{}@pypi.example.com/simple\n",
    "terraform state": '{{"attributes": {{"master_password": "{}"}}}}',
    "tfvars": 'db_password = "{}"\n',
    "terraform variable": 'variable "db_password" {{\n  default = "{}"\n}}\n',
    "har cookies": '{{"cookies": [{{"name": "sid", "value": "{}", "path": "/"}}]}}',
    "har headers": '{{"headers": [{{"name": "Authorization", "value": "Bearer {}"}}]}}',
    "graphql variables": '{{"query": "mutation($i: I!)", "variables": {{"password": "{}"}}}}',
    "graphql inline": 'mutation {{ login(email: "a@b", password: "{}") {{ ok }} }}',
    "form body": "username=me&password={}&remember=1",
    "multipart": '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{}\r\n--b--',
    "sql alter": "ALTER USER app WITH PASSWORD '{}';",
    "sql identified": "CREATE USER 'app'@'%' IDENTIFIED BY '{}';",
    "sql set password": "SET PASSWORD FOR 'app' = PASSWORD('{}');",
    "heredoc": "cat > .env <<'EOF'\nAPI_TOKEN={}\nEOF",
    "heredoc yaml": "cat <<EOF | kubectl apply -f -\npassword: {}\nEOF",
    "function call": 'os.environ.get("DJANGO_SECRET_KEY", "{}")',
    "setProperty": 'System.setProperty("db.password", "{}");',
    "comparison": 'if ("{}" == password) {{',
    "annotated default": 'def connect(password: str = "{}"):',
    "define": '#define API_TOKEN "{}"',
    "table": "| user | password |\n|---|---|\n| admin | {} |\n",
    "chpasswd": "echo 'root:{}' | chpasswd",
    "login on stdin": "echo {} | docker login -u me --password-stdin",
    "log line": '2026-04-01 10:00:00 DEBUG auth: password="{}" user=me',
    "URL in a log": "connecting to https://me:{}@h/path failed",
}  # fmt: skip
SHAPED_ONLY = {"URL user only"}
"""Where a user's name may stand as well: only what looks like no name is sealed."""


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_sealed_for_the_place_it_stands_in(place: str) -> None:
    for secret in SECRETS:
        if place in SHAPED_ONLY and secret in {PLAIN, WEAK}:
            continue
        text = PLACES[place].format(secret)
        sealed = Sealer(b"k" * 32).seal_text(text)
        assert secret not in sealed.text, text
        (seal,) = sealed.places
        assert not seal.span.suspected, seal
        assert text[seal.span.start : seal.span.end] == secret


def numbered(text: str) -> str:
    return "\n".join(f"{n:5}\t{line}" for n, line in enumerate(text.splitlines(), 1))


SHOWN: dict[str, Callable[[str], str]] = {
    "whole": str,
    "in JSON": lambda key: json.dumps({"key": key}),
    "in JSON in JSON": lambda key: json.dumps(json.dumps({"key": key})),
    "indented in YAML": lambda key: "key: |\n" + textwrap.indent(key, "    "),
    "with line numbers": numbered,
    "its head": lambda key: "\n".join(key.splitlines()[:5]) + "\n",
    "its head in JSON": lambda key: json.dumps("\n".join(key.splitlines()[:5])),
    "its tail": lambda key: "\n".join(key.splitlines()[3:]) + "\n",
    "base64": lambda key: "client-key-data: " + base64.b64encode(key.encode()).decode(),
}


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8", "OpenSSH"])
def test_private_keys_are_sealed_however_much_of_them_is_shown(shown: str, form: str) -> None:
    made = rsa.generate_private_key(65537, 1024).private_bytes(
        Encoding.PEM, getattr(PrivateFormat, form), NoEncryption()
    )
    key = made.decode()
    text = SHOWN[shown](key)
    sealed = Sealer(b"k" * 32).seal_text(f"$ show\n{text}\n$ next command")
    for line in key.splitlines()[1:-1]:
        assert line not in sealed.text
    if shown == "base64":
        assert text.removeprefix("client-key-data: ") not in sealed.text
    assert sealed.text.startswith("$ show\n")
    assert sealed.text.endswith("\n$ next command")
    assert not any(place.span.suspected for place in sealed.places)


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
PAIR = base64.b64encode(b"me:S3cr3t-Passw0rd").decode()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"the id token {JWT} was shown", JWT),
        (f"Authorization: Bearer {JWT}", JWT),
        (f'{{"auths": {{"r.example.com": {{"auth": "{PAIR}"}}}}}}', PAIR),
        (f"//registry.example.com/:_auth={PAIR}", PAIR),
        (f"Authorization: Basic {PAIR}", PAIR),
        ('kind: "Secret"\ndata:\n  user: "YWRtaW4tdXNlcg=="\n', "YWRtaW4tdXNlcg=="),
        ('{"kind": "Secret", "data": {"x": "YWRtaW4tdXNlcg=="}}', "YWRtaW4tdXNlcg=="),
    ],
)
def test_what_is_a_secret_by_its_own_form_is_sealed(text: str, secret: str) -> None:
    sealed = Sealer(b"k" * 32).seal_text(text)
    assert secret not in sealed.text
    assert [text[p.span.start : p.span.end] for p in sealed.places] == [secret]


def test_what_names_the_source_of_a_secret_is_none_unless_it_looks_like_one() -> None:
    sealer = Sealer(b"k" * 32)
    held = "kJ83hf9Dk3j4nf93kd0sQ2x"
    assert [s.value or held for s in sealer.find(json.dumps({"apiKeySource": held}))] == [held]
    assert sealer.find(json.dumps({"apiKeySource": "login", "tokenType": "session-login"})) == []
    assert sealer.find(json.dumps({"apiKey": "session-login"}))


@pytest.mark.parametrize("number", ["", "     8→", "8:"])
def test_below_a_comment_that_speaks_of_a_token_only_the_value_is_sealed(number: str) -> None:
    value = "c1e5b3a0-11b7-4da6-841c-5e92d2096c19"
    text = f"# project token: staging only\n{number}RAILWAY_TOKEN={value}\n"
    (span,) = Sealer(b"k" * 32).find(text)
    assert text[span.start : span.end] == value
