"""Texts without a secret, second set: what stands where secrets may, in files, logs and code.

A line is a text; `{H40}`, `{A20}`, `{B32}` and the like stand for that many hexadecimal digits,
letters, or bytes in base64, `{G}` for a UUID.
"""

from __future__ import annotations

import base64
import random
import re
import string
import uuid
from collections.abc import Iterator

__all__ = ["filled_lines"]

LINES = r"""
password: {{ .Values.db.password }}
password: {{ vault_db_password }}
password = var.db_password
password = data.aws_secretsmanager_secret_version.db.secret_string
master_password = random_password.db.result
token = "${var.github_token}"
token: ${{ secrets.GITHUB_TOKEN }}
          password: ${{ secrets.DOCKERHUB_TOKEN }}
API_KEY: $(ApiKey)
API_TOKEN=%API_TOKEN%
password=@db.password@
spring.datasource.password=${DB_PASSWORD:}
PGPASSWORD="$(cat /run/secrets/pg)" psql -U app
curl -u "$JENKINS_USER:$JENKINS_TOKEN" https://jenkins/job/x/build
curl -H "PRIVATE-TOKEN: $CI_JOB_TOKEN" https://gitlab/api/v4/projects
curl -H "X-Api-Key: {{api_key}}" https://h
docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY
docker login -u bob --password-stdin r.corp
echo "$TOKEN" | gh auth login --with-token
vault kv get -field=password secret/db
vault write auth/approle/login role_id="$ROLE_ID" secret_id="$SECRET_ID"
aws secretsmanager get-secret-value --secret-id prod/db --query SecretString
aws ssm get-parameter --name /prod/db/password --with-decryption
gcloud secrets versions access latest --secret=db-password
op read op://vault/item/password
pass show corp/db/password
kubectl get secrets -n kube-system
kubectl create secret tls web --cert=tls.crt --key=tls.key
kubectl delete secret db-credentials-7f9c
secretName: db-credentials-{H8}
imagePullSecrets:\n  - name: regcred
serviceAccountName: token-reviewer
tokenSecretRef:\n  name: cloudflare-api-token\n  key: api-token
key: tls.crt
passwordSecret: grafana-admin
existingSecret: postgres-credentials
authSecretName: oauth2-proxy
ssh-keygen -t ed25519 -f ~/.ssh/id_ed25519 -N ""
ssh -i ~/.ssh/deploy_key.pem ubuntu@10.0.0.1
ssh -L 5432:db.internal:5432 bastion
scp -P 2222 build.tar.gz bob@host:/srv
mysql -h db -P 3306 -u app -p app < dump.sql
mysqldump -u root -p --all-databases > all.sql
psql postgresql://app@db.internal:5432/app
redis-cli -h cache -p 6379 ping
mongo --host db --port 27017 -u admin -p --authenticationDatabase admin
sudo -u postgres psql -c "\du"
useradd -m -s /bin/bash deploy
tar -xzpf backup.tar.gz -C /
nmap -p 1-65535 -sV -oA scan 10.0.0.0/24
snmpwalk -v2c -c public localhost
chmod -p 0644 file
rsync -avp src/ dst/
cp -p a b
pg_dump -p 5433 -U app app
npm install -g typescript@5.4.5
npm ERR! code E401 Incorrect or missing password.
Username for 'https://github.com': bob
Password for 'https://bob@github.com':
[sudo] password for bob:
bob@host's password:
Enter PEM pass phrase:
Enter passphrase for key '/home/bob/.ssh/id_rsa':
Password expires in 30 days
Last password change : Jan 01, 2026
Your password has been reset. Check your inbox.
passwd: password updated successfully
Login incorrect
Access denied for user 'app'@'10.0.0.3' (using password: YES)
FATAL:  password authentication failed for user "app"
remote: Invalid username or password.
fatal: Authentication failed for 'https://github.com/o/r.git/'
Error: Bad credentials (401)
401 Unauthorized: token expired at 2026-03-01T00:00:00Z
jwt.exceptions.ExpiredSignatureError: Signature has expired
InvalidTokenError: Not enough segments
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
Unexpected token } in JSON at position 1042
KeyError: 'password'
TypeError: connect() missing 1 required keyword-only argument: 'password'
TypeError: login() got an unexpected keyword argument 'api_token'
ValueError: API key must be 32 characters long
AttributeError: 'NoneType' object has no attribute 'token'
warning: unused variable: `token`
error[E0425]: cannot find value `secret_key` in this scope
undefined: authToken
src/auth.ts:42:11 - error TS2322: Type 'string | undefined' is not assignable to type 'string'. 42 password: user.password
E       assert token.kind == TokenKind.IDENT
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
tokens = tokenizer.encode(text, add_special_tokens=True)
max_tokens=4096, temperature=0.7, stop_sequences=["\n\nHuman:"]
prompt_tokens: 1523, completion_tokens: 342, total_tokens: 1865
{"usage":{"input_tokens":15234,"output_tokens":842,"cache_read_input_tokens":10233}}
next_page_token: null
nextToken = response.get("NextToken")
pageToken=CAoQAA
continuation_token = None
cancellationToken = default
CancellationToken token = default(CancellationToken);
public async Task<string> GetTokenAsync(CancellationToken cancellationToken)
private readonly ITokenService _tokenService;
var token = await _tokenService.CreateTokenAsync(user);
string password = Console.ReadLine();
String password = request.getParameter("password");
String token = jwtProvider.createToken(authentication);
private String password;
@Column(name = "password_hash", nullable = false)
@NotBlank(message = "Password is required")
public void setPassword(String password) { this.password = password; }
this.password = passwordEncoder.encode(password);
if (!passwordEncoder.matches(rawPassword, user.getPassword())) {
val token: String? = prefs.getString("auth_token", null)
let password = passwordField.text ?? ""
guard let token = KeychainHelper.read(key: "authToken") else { return }
$password = $_POST['password'];
$hash = password_hash($password, PASSWORD_DEFAULT);
'password' => Hash::make($request->password),
'password' => ['required', 'string', 'min:8', 'confirmed'],
'key' => env('APP_KEY'),
protected $hidden = ['password', 'remember_token'];
params.require(:user).permit(:email, :password, :password_confirmation)
has_secure_password
password_digest: BCrypt::Password.create(params[:password])
config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
secret_key_base: <%= ENV["SECRET_KEY_BASE"] %>
password := os.Getenv("DB_PASSWORD")
token, err := jwt.Parse(tokenString, keyFunc)
func NewClient(apiKey string, opts ...Option) *Client {
if token == "" { return ErrMissingToken }
return nil, fmt.Errorf("invalid token: %w", err)
pub fn with_token(mut self, token: impl Into<String>) -> Self {
let token = env::var("GITHUB_TOKEN").expect("GITHUB_TOKEN not set");
struct Credentials { username: String, password: SecretString }
password: Option<String>,
export const selectToken = (state: RootState) => state.auth.token;
const { token, refreshToken } = await login(email, password);
const [password, setPassword] = useState("");
<input type="password" name="password" autocomplete="current-password" required>
<label for="password">Password</label>
<input type="password" placeholder="Enter your password" value="">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
{% csrf_token %}
localStorage.getItem("access_token")
headers: { Authorization: `Bearer ${token}` },
headers={"Authorization": f"Bearer {token}"}
req.Header.Set("Authorization", "Bearer "+token)
Authorization: Bearer {token}
Authorization: Basic <base64(user:password)>
Authorization: token OAUTH-TOKEN
WWW-Authenticate: Bearer realm="api", error="invalid_token", error_description="The token expired"
WWW-Authenticate: Basic realm="Restricted"
Access-Control-Allow-Headers: Authorization, X-Api-Key, X-CSRF-Token
Access-Control-Expose-Headers: X-Auth-Token
Vary: Cookie, Authorization
Set-Cookie: session=; Max-Age=0; Path=/
Cookie: theme=dark; lang=en-US; consent=true
ETag: "{H32}"
If-None-Match: W/"{H40}"
X-Request-Id: {G}
x-amz-request-id: {A16}
x-amz-id-2: {B48}
cf-ray: {H16}-FRA
traceparent: 00-{H32}-{H16}-01
Sec-WebSocket-Key: {B16}
Sec-WebSocket-Accept: {B20}
Content-MD5: {B16}
Digest: sha-256={B32}
integrity="sha384-{B48}" crossorigin="anonymous"
      "integrity": "sha512-{B64}",
resolved "https://registry.yarnpkg.com/lodash/-/lodash-4.17.21.tgz#{H40}"
    --hash=sha256:{H64} \
{ file = "requests-2.32.3-py3-none-any.whl", hash = "sha256:{H64}" },
checksum = "{H64}"
golang.org/x/crypto v0.21.0 h1:{B32}
sha256 "{H64}"
"sha1": "{H40}", "key": "lodash@4.17.21"
commit {H40}
Merge: {H7} {H7}
index {H7}..{H7} 100644
Digest: sha256:{H64}
Status: Downloaded newer image for nginx@sha256:{H64}
sha256:{H64}: Pull complete
container_id={H64}
"uid": "{G}"
"id": "{G}", "type": "token"
"requestId": "{G}", "status": "ok"
"sessionId": "{G}"
"session_id": "{G}", "cwd": "/work"
"tenantId": "{G}", "clientId": "{G}"
AZURE_CLIENT_ID={G}
AWS_ACCOUNT_ID=123456789012
AWS_DEFAULT_REGION=eu-west-1
role_arn = arn:aws:iam::123456789012:role/deploy
"KeyId": "{G}", "Arn": "arn:aws:kms:eu-west-1:123456789012:key/{G}"
kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/{G}"
"KeyName": "deploy-key", "KeyFingerprint": "{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}"
SHA256:{B32} bob@laptop (ED25519)
The key fingerprint is:\nSHA256:{B32} bob@host
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ{B200} bob@laptop
Warning: Permanently added 'github.com' (ED25519) to the list of known hosts.
gpg: key {H16}: public key "Bob <bob@x>" imported
gpg:                using RSA key {H40}
pub   rsa4096/{H16} 2024-01-01 [SC]
-----BEGIN CERTIFICATE-----\n{B200}\n-----END CERTIFICATE-----
-----BEGIN PUBLIC KEY-----\n{B90}\n-----END PUBLIC KEY-----
-----BEGIN PGP SIGNATURE-----\n{B150}\n-----END PGP SIGNATURE-----
data:image/png;base64,iVBORw0KGgo{B300}
src: url(data:font/woff2;base64,d09GMgABAAAAA{B300})
//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpb{B120}
"_id": ObjectId("{H24}")
{"_id":{"$oid":"{H24}"},"name":"key"}
{"kid":"{A20}","kty":"RSA","alg":"RS256","use":"sig","n":"{A300}","e":"AQAB"}
{"issuer":"https://a","token_endpoint":"https://a/token","jwks_uri":"https://a/keys"}
"publicKey": "{B32}"
PublicKey = {B32}
cosign.pub: {B90}
{"authors": ["a"], "keywords": ["token", "secret", "password"]}
{"name":"password","type":"string","required":true}
{"key":"password","label":"Password","secret":true}
{"type":"object","properties":{"token":{"type":"string","description":"The access token"}}}
{"Authorization":"[REDACTED]","X-Api-Key":"***"}
{"password":"********","token":"<redacted>"}
{"password":"[FILTERED]","password_confirmation":"[FILTERED]"}
  "keys": {"primary": "id", "foreign": "user_id"},
"token_type": "bearer", "expires_in": 3600, "scope": "read write"
"apiKeyHelper": "/usr/local/bin/get-key"
"credentialsId": "github-deploy"
credentials_file = /etc/app/credentials.json
GOOGLE_APPLICATION_CREDENTIALS=/secrets/sa.json
ssl_certificate_key /etc/nginx/tls/key.pem;
key_file: /etc/ssl/private/server.key
private_key_path = "~/.ssh/id_rsa"
AuthorizedKeysFile .ssh/authorized_keys
PasswordAuthentication no
PermitRootLogin prohibit-password
auth_basic_user_file /etc/nginx/.htpasswd;
password_encryption = scram-sha-256
host    all   all   10.0.0.0/8   scram-sha-256
pam_unix.so sha512 shadow nullok try_first_pass
minlen = 14
validate_password.policy = MEDIUM
CREATE TABLE users (id serial PRIMARY KEY, password_hash text NOT NULL, api_token uuid);
ALTER TABLE users ADD COLUMN reset_token varchar(64);
SELECT id, token FROM sessions WHERE expires_at < now();
UPDATE users SET password = $1 WHERE id = $2
INSERT INTO users (name, password) VALUES (?, ?)
CREATE INDEX idx_tokens_hash ON tokens USING hash (token);
FOREIGN KEY (user_id) REFERENCES users(id)
IDENTIFIED BY ':password'
GRANT SELECT ON app.* TO 'reader'@'%';
PRIMARY KEY (`id`), UNIQUE KEY `uk_token` (`token`)
-- name: GetUserByToken :one
https://example.com/oauth/authorize?client_id=web&response_type=token&scope=openid
https://github.com/settings/tokens/new?scopes=repo
https://docs.example.com/api/authentication#api-keys
https://accounts.google.com/o/oauth2/token
https://console.aws.amazon.com/iam/home#/security_credentials
https://example.com/?utm_source=x&utm_campaign=password-reset&key=value
https://maps.example.com/tiles/{z}/{x}/{y}.png?key=YOUR_KEY
https://user@host.example.com:8443/path
https://cdn.example.com/assets/app.{H20}.js?v={H8}
https://github.com/o/r/commit/{H40}
https://github.com/o/r/blob/{H40}/src/auth/token.py#L10-L20
https://hub.docker.com/layers/library/nginx/latest/images/sha256-{H64}
aws s3 rb s3://shop-uploads --force
aws s3 rm s3://shop-uploads-2 --recursive
s3://bucket/backups/{G}/part-0001.parquet
magnet:?xt=urn:btih:{H40}&dn=x
tel:+491234567890 key=5
Step 5/9 : ARG NPM_TOKEN
ENV PASSWORD_FILE=/run/secrets/db
POSTGRES_PASSWORD_FILE: /run/secrets/postgres
--password-file /run/secrets/pw
--token-file=/var/run/token
--api-key-env OPENAI_API_KEY
--secret-id projects/1/secrets/db
-e DB_PASSWORD -e DB_USER=app
--build-arg NPM_TOKEN
--secret id=npm,src=$HOME/.npmrc
  -p, --password <password>   the password to use
  --token TOKEN    access token (default: $APP_TOKEN)
Usage: app login [--user USER] [--password PASSWORD]
      --api-key string      API key for authentication
| `password` | string | yes | The user's password |
| token | string | Access token |
- `API_KEY`: your key from the dashboard
Set `STRIPE_SECRET_KEY` in your environment before you start.
Generate a token with `openssl rand -hex 32` and paste it below.
To rotate the secret, run `kubectl rollout restart deploy/web`.
Passwords are hashed with argon2id and a per-user salt.
The secret to good coffee is fresh beans.
The key is to keep functions small.
Key features: fast, small, safe
Press any key to continue . . .
foreign key constraint fails
primary_key=True, index=True
keyboard.press("Enter")
sorted(items, key=lambda item: item.name)
for key, value in mapping.items():
cache_key = f"user:{user_id}:profile"
key="user-{id}" class="row"
<Row key={item.id} token={theme.token} />
export TOKEN_LIFETIME_SECONDS=3600
ACCESS_TOKEN_EXPIRE_MINUTES = 30
PASSWORD_RESET_TIMEOUT=259200
JWT_ALGORITHM=HS256
TOKEN_URL=https://auth.example.com/oauth/token
SECRET_NAME=prod/app/db
KEY_VAULT_NAME=kv-prod-weu
AUTH_PROVIDER=keycloak
CREDENTIALS_PATH=./creds
API_KEY_HEADER=X-Api-Key
PASSWORD_MIN_LENGTH=12
test_user = User(name="bob", password="password")
password = "test"
password="secret"
token = "fake-token"
api_key = "dummy"
API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
GITHUB_TOKEN=ghp_your_token_here
AWS_SECRET_ACCESS_KEY=<your secret access key>
OPENAI_API_KEY="sk-..."
password: CHANGE_ME
secret: TODO
token: replace-me-please
api_key: insert your key
clientSecret: "<client-secret>"
Using cached token from /home/bob/.cache/token
Loaded 3 credentials from keyring
Token refresh scheduled in 3540s
INFO  auth - issued token for user 42 (expires 2026-03-01)
DEBUG session {G} created for bob
level=info msg="authenticated" user=bob method=password
audit: user=bob action=password.change result=success
[a1b2] GET /api/tokens 200 12ms
2026-03-01T10:00:00Z request_id={H32} path=/auth/token status=200
span_id={H16} trace_id={H32}
job {H24} finished in 3.2s
cache key: node-modules-{H64}
Cache restored from key: Linux-pip-{H64}
Run actions/checkout@{H40}
uses: actions/setup-node@{H40} # v4
docker.io/library/redis@sha256:{H64}
ami-0{H16} vpc-0{H8} subnet-0{H16}
arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-{A6}
projects/p/secrets/db/versions/3
prod-db-credentials-{A6}
pod/web-{H10}-{A5} Running
build/{A20}/token_test.o
node_modules/.cache/babel-loader/{H64}.json
.git/objects/{H2}/{H38}
__pycache__/token.cpython-312.pyc
Bearer authentication is described in RFC 6750.
Basic auth is disabled on this host.
""".strip("\n")

FIELD = re.compile(r"\{([HAB])(\d+)\}|\{G\}")


def filled_lines(seed: int, lines: str = LINES) -> Iterator[str]:
    """Yield each text with its ids and hashes made by chance."""
    draw = random.Random(seed)
    for line in lines.splitlines():
        yield FIELD.sub(lambda found: made(draw, found), _written(line))


def _written(line: str) -> str:
    for written, letter in ((r"\n", "\n"), (r"\r", "\r"), (r"\|", "|")):
        line = line.replace(written, letter)
    return line


def made(draw: random.Random, found: re.Match[str]) -> str:
    if found[1] is None:
        return str(uuid.UUID(int=draw.getrandbits(128), version=4))
    count = int(found[2])
    match found[1]:
        case "H":
            return f"{draw.getrandbits(4 * count):0{count}x}"
        case "B":
            return base64.b64encode(draw.randbytes(count)).decode()
        case _:
            return "".join(draw.choices(string.ascii_letters + string.digits, k=count))
