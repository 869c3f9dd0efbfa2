"""Texts without a secret that speak of nothing else: placeholders, code, prose, ids and hashes."""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Iterator

__all__ = ["HARMLESS", "made"]

HARMLESS = [
    line.replace(r"\n", "\n")
    for line in r"""
export DB_PASSWORD=${DB_PASSWORD}
export API_TOKEN="$(vault read -field=token secret/x)"
password: ${{ secrets.NPM_TOKEN }}
password = os.environ["DB_PASSWORD"]
password = getpass.getpass("Password: ")
const token = process.env.GITHUB_TOKEN;
const apiKey = config.get('apiKey');
api_key = settings.API_KEY
if password != confirm_password:
def set_password(self, password: str) -> None:
password?: string | null
"password": "<your-password>"
{"type": "system", "subtype": "init", "apiKeySource": "login", "cwd": "/w"}
{"apiKeySource": "managed key", "authType": "personal-oauth", "credential_name": "deploy-bot"}
API_KEY=your-api-key-here
API_KEY=xxxxxxxxxxxxxxxxxxxx
TOKEN=changeme
SECRET_KEY=
password: null
password: ""
Password: ********
Enter your password:
The password must be at least 12 characters long and contain a number.
Authorization: Bearer <token>
Authorization: Bearer YOUR_ACCESS_TOKEN
curl -H "Authorization: Bearer $GITHUB_TOKEN" https://api.github.com/user
curl -u "$USER:$PASS" https://api/
curl -u user:password https://api/
mysql -u root -p mydb
mysql -u root -p"$MYSQL_PWD" mydb
psql -h localhost -p 5432 -U app
docker run -p 8080:80 nginx
ssh -p 2222 root@host
mkdir -p /var/lib/app/data
PGPASSWORD=$PGPASSWORD psql
postgres://user:password@localhost/db
postgres://$USER:$PASS@localhost/db
mongodb://<username>:<password>@cluster0.mongodb.net/
https://example.com/reset-password?next=/home
https://api.example.com/v1/tokens?limit=10
secretKeyRef:\n  name: db\n  key: password
valueFrom:\n  secretKeyRef:\n    name: app-secrets\n    key: API_TOKEN
kubectl get secret db -o jsonpath='{.data.password}' | base64 -d
kubectl create secret generic db --from-file=password=./pw.txt
passwordFile: /run/secrets/db_password
POSTGRES_PASSWORD_FILE=/run/secrets/pg
private_key_path = "~/.ssh/id_rsa"
ssl_certificate_key /etc/nginx/tls/key.pem;
token_type=bearer
grant_type=password
"token_type": "Bearer", "expires_in": 3600
max_tokens: 4096
"max_tokens": 8192, "temperature": 0.7
usage: {"input_tokens": 1203, "output_tokens": 88}
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
tokens = tokenizer.tokenize(text)
next_page_token = response.get("nextPageToken")
foreign_key: order_id
sort_key = lambda x: x.name
key: "value"
author: Jane Doe <jane@example.com>
authorization_endpoint: https://idp.example.com/oauth2/authorize
secret: true
with:\n  token: ${{ secrets.GITHUB_TOKEN }}
permissions:\n  id-token: write
password_reset_timeout = 3600
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ("django.contrib.auth.backends.ModelBackend",)
csrf_token_name = "csrfmiddlewaretoken"
<input type="password" name="password" placeholder="Password">
<label for="password">Password</label>
<meta name="csrf-param" content="authenticity_token">
@app.route('/token', methods=['POST'])
CREATE TABLE users (id int, password varchar(255) NOT NULL, api_token text);
ALTER USER app WITH PASSWORD NULL;
SELECT password_hash FROM users WHERE id = 1;
INSERT INTO roles (name, key) VALUES ('admin', 'administrator');
raise ValueError("token expired")
error: invalid token at line 3 column 5
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
Error: Authentication failed for user 'bob'
401 Unauthorized: invalid API key
Missing required environment variable: STRIPE_SECRET_KEY
Set the API_KEY environment variable before running.
See "Creating a personal access token" in the docs.
Use `--password-stdin` to read the password from stdin.
docker login --username bob --password-stdin < token.txt
echo "$TOKEN" | docker login -u bob --password-stdin
gh auth token | head -c 4
git commit -m "Rotate password for staging database"
git log --author=alice --grep=token
feat(auth): add refresh token rotation
- [x] rotate API keys
variable "db_password" {\n  type = string\n  sensitive = true\n}
password = var.db_password
password = random_password.db.result
password = data.vault_generic_secret.db.data["password"]
password: "{{ vault_db_password }}"
password: !vault |
password: {{ .Values.db.password }}
{{- with .Values.existingSecret }}
DB_PASSWORD=%(ENV_DB_PASSWORD)s
set /p PASSWORD=Enter password:
$password = Read-Host -AsSecureString
$cred = Get-Credential
String password = System.getenv("DB_PASSWORD");
passwordEncoder.encode(rawPassword)
public void setToken(String token) { this.token = token; }
var token = await _service.GetTokenAsync();
[JsonProperty("access_token")] public string AccessToken { get; set; }
func NewToken(secret []byte) (string, error) {
cfg.Password = os.Getenv("DB_PASSWORD")
let token = req.headers['x-access-token'];
assert user.check_password("correct horse") is False
fn token(&self) -> &str { &self.token }
pub struct Credentials { pub api_key: String, pub secret: String }
type Token struct { AccessToken string `json:"access_token"` }
#define TOKEN_LEN 64
static const struct key_map keys[] = { { KEY_UP, "up" } };
api_key: str = Field(..., description="The API key")
parser.add_argument("--token", help="API token", required=True)
--token TOKEN         the access token to use
  -p, --password PASSWORD  password for the account
OPENAI_API_KEY=sk-...
ANTHROPIC_API_KEY=sk-ant-xxxxx
export GITHUB_TOKEN=ghp_your_token_here
AWS_ACCESS_KEY_ID=<access key>
aws_secret_access_key = YOUR_SECRET_ACCESS_KEY
"apiKey": "REPLACE_ME"
"clientSecret": "{{clientSecret}}"
client_secret=<CLIENT_SECRET>&grant_type=client_credentials
//packages.example.org/:_authToken=${NPM_TOKEN}
machine api.example.com login $USER password $PASS
sshpass -e ssh host
sshpass -f pw.txt ssh host
openssl req -new -key server.key -out server.csr
openssl pkcs12 -in a.p12 -passin env:PW
-----BEGIN CERTIFICATE-----
ssh-keygen -t ed25519 -f ~/.ssh/id -N ""
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx5b3k0dGhpc2lzYXB1YmxpY2tleW9ubHkx bob@laptop
SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8 github.com
etag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
ETag: W/"5e3-18f2b8c9a40"
x-request-id: 7f3c8e5e-13f1-4f6a-9f0d-1c2b3a4d5e6f
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
cf-ray: 8a1b2c3d4e5f6a7b-AMS
set-cookie: theme=dark; Path=/
Cookie: lang=en; theme=dark
arn:aws:iam::123456789012:role/deploy
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf
projects/my-project/secrets/db-password/versions/latest
op://vault/item/password
vault:secret/data/db#password
keepass.kdbx  password-store  .passwd-s3fs
-rw------- 1 root root 1675 Nov  3 10:11 id_rsa
drwxr-xr-x 2 root root 4096 Nov  3 10:11 secrets
passwd:     files systemd
root:x:0:0:root:/root:/bin/bash
daemon:*:19000:0:99999:7:::
Permission denied (publickey,password).
bob@host's password:
[sudo] password for bob:
Last login: Mon Nov  3 10:11:12 2025 from 10.0.0.1
step 3: secret scanning completed, 0 leaks
PASS src/auth/token.test.ts (5.2 s)
PASS: test_password_reset
-P INPUT DROP
ssh -i key.pem -p 22 host; scp -P 2222 a host:
grep -P '\d+' file; rsync -avzP a b
tar -xpf a.tar; ps -p 1234; lsof -p 991
python -m http.server -p 9000
sqlcmd -S db -E -Q "select 1"
requirepass ""
snmp-server community public RO
psk=
LOGIN failed for user bob
set_password(new_password)
new NetworkCredential(userName, password)
DriverManager.getConnection(url, user, password)
requests.get(url, auth=HTTPBasicAuth(user, pw))
mysqli_connect($host, $user, $pass, $db);
req.SetBasicAuth(username, password)
new PDO($dsn, $user, $password);
cargo login
useradd -m -p "$HASH" bob
hydra -L users.txt -P pass.txt ssh://h
| username | password | role |
| admin | enabled | yes |
root: /var/www/html
api_key: >-\n  {{ api_key }}\n
password: |\n  see vault\n
PASSWORD is required
SET PASSWORD = PASSWORD('');
WITH PASSWORD EXPIRE
PasswordAuthentication no
auth_basic "Restricted";
auth_basic_user_file /etc/nginx/.htpasswd;
the auth token is stored in the keyring
A pass-through secret is mounted at /etc/secret/token.
token bucket algorithm; 100 tokens per second
keys = ["alpha", "beta", "gamma"]
"keys": ["id", "name"]
authors = ["Ada Lovelace <ada@example.org>"]
<kbd>Ctrl</kbd>+<kbd>K</kbd>
cacheKey: `user:${id}:profile`
cache-key: node-modules-{{ checksum "yarn.lock" }}
key: ${{ runner.os }}-pip-${{ hashFiles('**/requirements.txt') }}
s3_key = "uploads/2024/report.pdf"
object_key: backups/db-2024-01-01.sql.gz
translation_key="login.password.placeholder"
"auth.password.invalid": "The password is wrong"
passphrase_prompt = "Enter passphrase: "
hash = "sha512-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC=="
public_key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudayyl5yyyyyyy"
pubkey: 02a1633cafcc01ebfb6d78e39f687a1f0995c62fc95f51ead10a02ee0be551b5dc
commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904
docker pull nginx@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31
image_id = "ami-0abcdef1234567890"
"client_id": "3MVG9lKcPoNINVBIPJjdw1J9LLM82Hn"
tenant_id = "72f988bf-86f1-41af-91ab-2d7cd011db47"
user_id=5f0c3b2e-7f0a-4f6b-8a57-0f2b3f9a1c22
session started at 2024-01-01T00:00:00Z
color: #a1b2c3; background: url(data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==)
""".strip().splitlines()
]


def made(r: random.Random) -> Iterator[tuple[str, str]]:
    """Yield texts of ids and hashes made by chance."""

    def h(n: int) -> str:
        return "".join(r.choices("0123456789abcdef", k=n))

    def a(n: int) -> str:
        return "".join(r.choices(string.ascii_letters + string.digits, k=n))

    def b(n: int) -> str:
        return base64.b64encode(r.randbytes(n)).decode()

    yield "uuid-list", "\n".join(str(uuid.UUID(int=r.getrandbits(128))) for _ in range(20))
    yield "sha256sums", "\n".join(f"{h(64)}  file{i}.tar.gz" for i in range(10))
    yield "git-log", "\n".join(f"{h(7)} Fix token refresh in login ({h(40)})" for i in range(10))
    yield (
        "npm-lock",
        "\n".join(
            f'    "node_modules/p{i}": {{\n      "version": "1.{i}.0",\n      "resolved": "https://packages.example.org/p{i}/-/p{i}-1.{i}.0.tgz",\n      "integrity": "sha512-{b(64)}"\n    }},'
            for i in range(10)
        ),
    )
    yield (
        "yarn-lock",
        "\n".join(
            f'token-types@^{i}.2.0:\n  version "{i}.2.1"\n  resolved "https://packages.example.org/token-types/-/token-types-{i}.2.1.tgz#{h(40)}"\n  integrity sha1-{b(20)}'
            for i in range(6)
        ),
    )
    yield (
        "poetry-lock",
        "\n".join(f'    {{file = "pkg-{i}.whl", hash = "sha256:{h(64)}"}},' for i in range(8)),
    )
    yield (
        "cargo-lock",
        "\n".join(
            f'[[package]]\nname = "secrecy{i}"\nversion = "0.{i}.1"\nchecksum = "{h(64)}"\n'
            for i in range(6)
        ),
    )
    yield (
        "go-sum",
        "\n".join(
            f"github.com/a/token{i} v1.{i}.0 h1:{b(32)}\ngithub.com/a/token{i} v1.{i}.0/go.mod h1:{b(32)}"
            for i in range(6)
        ),
    )
    yield (
        "pip-hash",
        "\n".join(
            f"keyring=={i}.1 \\\n    --hash=sha256:{h(64)} \\\n    --hash=sha256:{h(64)}"
            for i in range(6)
        ),
    )
    yield "png", "data:image/png;base64," + b(3000)
    yield (
        "sri",
        f'<script src="https://cdn.x/a.js" integrity="sha384-{b(48)}" crossorigin="anonymous"></script>',
    )
    yield (
        "sourcemap",
        '{"version":3,"mappings":"'
        + ";".join(
            "".join(r.choice("ACEGIKM") for _ in range(4))
            + ","
            + "".join(r.choice("ABCDEFGHIJKLMNOP") for _ in range(6))
            for _ in range(200)
        )
        + '"}',
    )
    yield (
        "cert",
        "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(b(48) for _ in range(15))
        + "\n-----END CERTIFICATE-----",
    )
    yield (
        "pubkey",
        "-----BEGIN PUBLIC KEY-----\n"
        + "\n".join(b(48) for _ in range(5))
        + "\n-----END PUBLIC KEY-----",
    )
    yield "ssh-pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + b(180) + " bob@host"
    yield (
        "known-hosts",
        "|1|" + b(20) + "|" + b(20) + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + b(32),
    )
    yield (
        "hexdump",
        "\n".join(
            f"{i * 16:08x}  {' '.join(h(2) for _ in range(8))}  {' '.join(h(2) for _ in range(8))}  |................|"
            for i in range(20)
        ),
    )
    yield (
        "trace",
        json.dumps(
            {"traceId": h(32), "spanId": h(16), "parentSpanId": h(16), "name": "auth.token.verify"}
        ),
    )
    yield (
        "k8s-uid",
        f'metadata:\n  uid: {uuid.UUID(int=r.getrandbits(128))}\n  resourceVersion: "129381"\n  annotations:\n    checksum/config: {h(64)}',
    )
    yield (
        "docker-ps",
        "\n".join(
            f'{h(12)}   nginx:1.25   "/docker-entrypoint.…"   2 hours ago   Up 2 hours   0.0.0.0:{8000 + i}->80/tcp   web-{i}'
            for i in range(5)
        ),
    )
    yield (
        "kubectl-pods",
        "\n".join(
            f"auth-token-service-{h(10)}-{''.join(r.choice('bcdfghjklmnpqrstvwxz2456789') for _ in range(5))}   1/1   Running   0   3d"
            for _ in range(8)
        ),
    )
    yield (
        "aws-ids",
        "\n".join(f"{p}-0{h(16)}" for p in ("vpc", "subnet", "sg", "i", "vol", "snap", "eni")),
    )
    yield "jira", "\n".join(f"SEC-{i} Rotate the signing key for service{i}" for i in range(5))
    yield "css", ".token-" + h(8) + "{color:#fff}.auth__" + a(5) + "{margin:0}"
    yield (
        "chunk",
        f'<link href="/_next/static/css/{h(16)}.css" rel="stylesheet"/><script src="/_next/static/chunks/main-{h(16)}.js"></script>',
    )
    yield (
        "min-js",
        '!function(e,t){"object"==typeof exports?module.exports=t():e.Key=t()}(this,function(){var n={password:1,token:2,secret:"text"};function r(e){return e.token||e.key}return{key:r,auth:n,isPassword:function(e){return"password"===e.type&&e.name==="pwd"}}});',
    )
    yield (
        "ulid",
        "\n".join(
            "01H" + "".join(r.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(23))
            for _ in range(8)
        ),
    )
    yield "mongo-ids", json.dumps([{"_id": h(24), "tokenType": "x"} for _ in range(5)])
    yield (
        "ipfs",
        "ipfs://Qm"
        + "".join(
            r.choice("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
            for _ in range(44)
        ),
    )
    yield "eth", "to: 0x" + h(40) + " tx 0x" + h(64)
    yield "yt", "https://www.youtube.com/watch?v=" + a(11) + "&list=PL" + a(32)
    yield "gdoc", "https://docs.google.com/document/d/1" + a(43) + "/edit"
    yield "s3", f"s3://bucket/keys/{h(32)}/{a(20)}.parquet"
    yield (
        "msgid",
        f"Message-ID: <{a(20)}@mail.example.com>\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=key1; bh={b(32)}; b={b(128)}",
    )
    yield (
        "openapi",
        json.dumps(
            {
                "securitySchemes": {
                    "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                    "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                }
            }
        ),
    )
    yield (
        "jsonschema",
        json.dumps(
            {
                "properties": {
                    "password": {"type": "string", "format": "password", "minLength": 12},
                    "api_key": {"type": "string", "example": "string"},
                }
            }
        ),
    )
    yield (
        "pytest",
        "\n".join(
            f"tests/test_auth.py::test_token_{a(4).lower()} PASSED [ {i}%]" for i in range(10)
        ),
    )
    yield (
        "diff",
        f"diff --git a/auth.py b/auth.py\nindex {h(7)}..{h(7)} 100644\n--- a/auth.py\n+++ b/auth.py\n@@ -1,3 +1,3 @@\n-    token = old_token\n+    token = new_token(user)\n",
    )
    yield "csp", f"content-security-policy: script-src 'nonce-{b(16)}' 'sha256-{b(32)}'"
    yield (
        "nix",
        f'sha256 = "{"".join(r.choice("0123456789abcdfghijklmnpqrsvwxyz") for _ in range(52))}"; rev = "{h(40)}";',
    )
    yield "bzl", f'http_archive(name = "x", sha256 = "{h(64)}", urls = ["https://x/{h(40)}.zip"])'
    yield (
        "fingerprint",
        "MD5:"
        + ":".join(h(2) for _ in range(16))
        + " SHA1 Fingerprint="
        + ":".join(h(2).upper() for _ in range(20)),
    )
    yield (
        "serial",
        f"Serial Number: {':'.join(h(2) for _ in range(18))}\nSignature Algorithm: sha256WithRSAEncryption\nX509v3 Subject Key Identifier: {':'.join(h(2).upper() for _ in range(20))}",
    )
