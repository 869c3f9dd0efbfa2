"""Texts without a secret, third set: more of documents, answers, settings, code and logs.

Written as the second, in `harmless_lines`; first looked at when the sets before it were mended.
"""

from __future__ import annotations

__all__ = ["PAGES"]

PAGES = r"""
form.setPassword("required")
setError("password", "incorrect")
if (token&mask) f(password=value);
{"type":"s3_access_keys","s3AccessSettings":{"bucket":"tasks"}}
{"a": "{\"type\":\"s3_access_keys\",\"s3AccessSettings\":{}}"}
    12→    password: secretstr,
src/a.py:12:    password = passwd
+    password: required
{"error": "password: required"}
syn keyword euphoria4Library allocate_wstring any_key
"keytype": "ecdsa-sha2-nistp256",
{ cert, key, allowHTTP1: true }
role-session-name s3-access-example for the secret
access keys of unassign-ipv6-addresses
postgres://docs: see the manual at me@host/
line vty 0 4\n transport input ssh
User.new(\n  email: email,\n  password: plaintext\n)
const o = {\n  user: name,\n  password: userpass\n}
password: required\nusername: required
db_password: secretstring
password: hashedvalue
apt passwd 4.13
https://play.example.org/?code=%23!%5Ballow(unused)%5D%0Afn+main()+%7B%0A++++use+std::fmt;
elif token is Name.Label and value in self.types:
"encryptionKey": "arn:aws:kms:us-west-2:123456789012:alias/aws/s3",
"clientToken": "{G}",
certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tC{B80}
this.form.password=value;
<td>Password</td><td>Required</td>
<b>Token:</b> string
admin:Administrators root:wheel
SELECTSTATEMENTS secret: CONSTANT
10.0.0.5 - - "GET /app/Build2024x HTTP/1.1" 200 curl/8.4.0
10.0.0.1:5000/team/img-v2 pulled
ssh kim.lee@10.20.30.40 (Ubuntu 22.04 nginx/1.25.3)
OAuth2 is the token type
Base64Url is the secret encoding
ID/name: operator/Settings
"tokens": {"input": 5000, "output": 300}
"tokens": ["alpha", "beta", "gamma"]
"password": {"type": "string", "default": "password"}
"token": {"type": "string", "value": "string"}
parser.add_argument("--password", default="")
parser.add_argument("--token-file", default="token.txt")
if field.password == "required":
if token == "string":
passwords:\n  - required\n  - optional
        Token:              '#d0d0d0',
    login: str\n    password: secretstr,
    username: User\n    password: SecretStr
username: string\npassword: string
connect(user=dbuser,password=dbpass)
login("bea", "Settings")
login("username", "password")
if the password is "required" then
The `password` is 'text', and the `token` is 'string'
jwt.verify(token, "RS256")
new SecretKeySpec(secret.getBytes(), "HmacSHA256")
writer.write("the password was wrong".getBytes())
DB_PASSWORD=${DB_PASSWORD:-}
AUTH: ${AUTH_TYPE:-oidc}
tar xf root/node_modules/pkg-2.1.tgz
cp admin/Users2.js admin/index.js
Cache restored from key: npm-{H64}
Strict-Transport-Security, CONTENT-SECURITY-POLICY
props.setProperty("password.label", "passwort")
credentials = service_account.Credentials.from_service_account_file(path)
token = tokens[startDelim.token]
# Authentication\n\nSend your token in the `Authorization` header:\n\n    Authorization: Bearer <YOUR_TOKEN>\n\nTokens expire after 24 hours.
## Environment variables\n\n\| Name \| Default \| Description \|\n\|---\|---\|---\|\n\| `DB_PASSWORD` \| _none_ \| Password of the database \|\n\| `JWT_SECRET` \| `change-me` \| Signs tokens \|
\| Option \| Type \| Default \|\n\|---\|---\|---\|\n\| token \| string \| undefined \|\n\| password \| string \| "" \|
To log in with a password, use the `--password` option or set `APP_PASSWORD`.
The password is hashed with bcrypt before it is stored.
The token is validated on every request.
The secret is mounted at /run/secrets/db_password.
Password must contain: uppercase, lowercase, digit, special character
If the password is wrong, the server answers 401.
The API key is passed as a query parameter named `key`.
Passwords (hashed) are kept in the `users` table.
The pass rate is 98.7% on main.
First pass -> tokenise; second pass -> parse.
tests: 120 passed, 3 failed, 2 skipped
pass: 12 fail: 3
token -> AST -> bytecode
Use this key for caching: user-profile
Access key rotation is done by the platform team.
key is required
secret santa list for 2026
pin the version to 1.2.3
Use `git log --pretty=%H` to get the commit.
Credentials are read from ~/.aws/credentials.
login as root and restart nginx
Please use your own account to log in.
user bob logged in from 10.0.0.3
account: 12345678 balance: 100.00
U: unchanged, P: pending, X: failed
id/pw login is deprecated; use SSO
username/password authentication is disabled
Password for user app:
New password: \nRetype new password: \npasswd: password updated successfully
Password: \nPermission denied, please try again.
$ passwd\nChanging password for bob.\nCurrent password:
$ cat package.json\n{\n  "name": "token-service"\n}
$ cat secrets.yaml.example\nDB_PASSWORD: ""\n
$ kubectl get secrets\nNAME   TYPE   DATA   AGE\ndb-creds   Opaque   2   3d\n
$ vault token lookup\nKey                 Value\n---                 -----\naccessor            n/a\ndisplay_name        root\n
$ aws secretsmanager list-secrets\n{\n    "SecretList": []\n}
$ grep -rn password src/\nsrc/auth.py:12:def check_password(user, password):\nsrc/auth.py:20:    password = form["password"]
$ git log --oneline -- secrets.py\n{H7} Rotate the token key\n{H7} Add tokens
$ ls ~/.ssh\nid_ed25519  id_ed25519.pub  known_hosts
$ gh secret list\nDEPLOY_KEY  Updated 2026-01-01\nNPM_TOKEN   Updated 2026-01-02
$ docker secret ls\nID                          NAME      DRIVER    CREATED\n{A25}   db_pass             2 days ago
$ openssl x509 -in cert.pem -noout -fingerprint\nSHA1 Fingerprint={H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}:{H2}
$ sha256sum app.tar.gz token.txt\n{H64}  app.tar.gz\n{H64}  token.txt
$ echo "$TOKEN" \| wc -c\n41
$ echo ok > passed.txt
echo "Enter password:" ; read -s PASSWORD
read -p "Token: " TOKEN
echo "no secrets here" \| grep token
echo "running auth tests" \| tee auth.log
cat <<< "hello world"
wc -l <<< "$OUTPUT"
PASSWORD=$(openssl rand -base64 24)
TOKEN=$(curl -s https://h/token \| jq -r .access_token)
SECRET=`cat /run/secrets/x`
: "${API_TOKEN:?must be set}"
if [ -z "$GITHUB_TOKEN" ]; then exit 1; fi
[[ $token == "$expected" ]]
export PASSWORD_STORE_DIR=$HOME/.password-store
alias k='kubectl --token=$TOKEN'
curl -u user: https://api.example.com
curl -u "$(cat creds)" https://h
curl --user bob https://h
mysql --defaults-file=/etc/my.cnf -u app
docker run -u 1000:1000 -p 8080:80 -v /a:/b img
docker run --env-file .env --user node:node img
chown -R app:app /srv
useradd -u 1001 -g app -s /bin/sh app
rsync -a -e "ssh -p 2222" a b:/c
tar -cpf - . \| ssh h tar -xpf -
nc -lvp 4444
python -m http.server -p 8000
npm run test -p packages/auth
cargo build -p token-parser2
make -j8 -p db
helm install -n auth-v2 auth ./charts/auth-service
terraform plan -var-file=prod.tfvars -var 'region=eu-west-1'
ansible-playbook site.yml --vault-password-file ~/.vp
ansible-vault encrypt_string --name db_password
gcloud auth activate-service-account --key-file=key.json
az login --identity
heroku auth:token
fly auth login
vercel login bob@example.com
docker login ghcr.io
npm login
gh auth login --web
aws configure sso
aws sts get-caller-identity\n{"UserId":"{A21}","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/bob"}
aws kms describe-key --key-id {G}
aws iam list-access-keys --user-name bob
vault auth list
op account list
{"access_token":"<redacted>","token_type":"Bearer","expires_in":3600}
{"error":"invalid_token","error_description":"The access token expired"}
{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest"}
{"token_count":153,"tokens":["the","key","is"],"max_tokens":4096}
{"keys":[{"kty":"RSA","kid":"{A16}","use":"sig","n":"{A342}","e":"AQAB"}]}
{"passwordPolicy":{"minLength":12,"requireDigits":true}}
{"name":"API_KEY","valueFrom":{"secretKeyRef":{"name":"app","key":"api-key"}}}
{"name":"DB_PASSWORD","value":"$(DB_PASSWORD)"}
{"name":"NODE_ENV","value":"production"}
{"key":"Content-Type","value":"application/json"}
{"id":"{G}","object":"token","created":1700000000}
{"request_id":"{H32}","auth":{"method":"oidc","role":"deploy"}}
{"username":"bob","password_set":true,"has_token":false}
{"secrets":["DB_PASSWORD","API_KEY"],"count":2}
{"type":"object","required":["password"],"properties":{"password":{"type":"string","writeOnly":true}}}
{"$ref":"#/components/securitySchemes/ApiKeyAuth"}
{"etag":"\"{H32}\"","sha":"{H40}","path":"src/token.ts"}
{"integrity":"sha512-{B64}","resolved":"https://registry.example.org/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz"}
{"uuid":"{G}","session":"{G}","cursor":"{B32}"}
{"nextPageToken":"{B24}","items":[]}
{"pagination":{"cursor":"eyJpZCI6MTIzfQ=="}}
{"snapshot":"{H64}","parent":"{H64}"}
{"image":"app@sha256:{H64}","pullSecret":"regcred"}
{"model":"gpt-4o","usage":{"prompt_tokens":10,"completion_tokens":20}}
{"stop_reason":"end_turn","id":"msg_01{A22}","usage":{"output_tokens":5}}
{"tool_use_id":"toolu_01{A22}","content":"token file not found"}
{"call_id":"call_{A24}","name":"get_secret_names"}
{"response_id":"resp_{H48}","reasoning_tokens":128}
{"checkpoint":"{G}","thread_id":"thread_{A24}"}
{"spanId":"{H16}","traceId":"{H32}","name":"POST /login"}
  "devDependencies": {\n    "@types/jsonwebtoken": "^9.0.6",\n    "secretlint": "^8.2.4"\n  }
lockfileVersion: '9.0'\npackages:\n  '@scope/token@1.0.0':\n    resolution: {integrity: sha512-{B64}}
[[package]]\nname = "secrecy"\nversion = "0.8.0"\nchecksum = "{H64}"
github.com/golang-jwt/jwt/v5 v5.2.1 h1:{B32}\ngithub.com/golang-jwt/jwt/v5 v5.2.1/go.mod h1:{B32}
    jwt (2.8.1)\n    bcrypt (3.1.20)\n    devise_token_auth (1.2.3)
passlib==1.7.4 --hash=sha256:{H64}
FROM node:20@sha256:{H64}\nARG NPM_TOKEN\nRUN --mount=type=secret,id=npmrc npm ci
services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db\n    secrets:\n      - db\nsecrets:\n  db:\n    file: ./db.txt
apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: token-minter\nautomountServiceAccountToken: false
apiVersion: external-secrets.io/v1beta1\nkind: ExternalSecret\nspec:\n  secretStoreRef:\n    name: vault\n  data:\n  - secretKey: password\n    remoteRef:\n      key: prod/db
kind: Secret\nmetadata:\n  name: db\n  annotations:\n    reflector: "true"
on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@{H40}\n        with:\n          token: ${{ secrets.BOT_TOKEN }}
variables:\n  API_TOKEN: $CI_API_TOKEN\n  PASSWORD: "${DB_PASSWORD}"
credentials:\n  - usernamePassword:\n      id: "nexus"\n      usernameVariable: "U"\n      passwordVariable: "P"
withCredentials([string(credentialsId: 'sonar-token', variable: 'SONAR_TOKEN')]) { sh 'mvn sonar:sonar' }
variable "db_password" {\n  type      = string\n  sensitive = true\n}
resource "random_password" "db" {\n  length  = 24\n  special = false\n}
output "password" {\n  value     = random_password.db.result\n  sensitive = true\n}
password = lookup(var.passwords, "db", null)
Parameters:\n  DBPassword:\n    Type: String\n    NoEcho: true\n    MinLength: 12
  MasterUserPassword: !Sub '{{resolve:secretsmanager:${Secret}:SecretString:password}}'
spring.security.oauth2.client.registration.github.client-secret=${GITHUB_SECRET}
server.ssl.key-store-password=${KEYSTORE_PASSWORD:changeit}
<property name="password" value="${db.password}"/>
<password>${env.NEXUS_PASSWORD}</password>
<add key="ApiKey" value="#{ApiKey}#" />
<input type="password" id="password" name="password" class="form-control" minlength="12">
<meta name="csrf-param" content="authenticity_token">
<TextBox x:Name="PasswordBox" PasswordChar="*" />
<string name="password_hint">Enter your password</string>
msgid "Password"\nmsgstr "Passwort"
"auth.password.label": "Password", "auth.token.expired": "Your session has expired"
Passwort vergessen? Hier klicken.
Mot de passe oublié ?
¿Olvidaste tu contraseña?
Пароль: обязательно
密码：必填
def authenticate(username: str, password: str, *, token: str \| None = None) -> Session:
class TokenError(Exception):\n    # Raised when the token is invalid.
password = hashlib.sha256(raw.encode()).hexdigest()
secret = Fernet.generate_key()
token = secrets.token_urlsafe(32)
api_key: str = Field(..., description="API key")
parser.add_argument("--password", help="database password", default=None)
@pytest.fixture\ndef token(client):\n    return client.post("/login").json()["token"]
client = Client(token=os.environ["TOKEN"])
with pytest.raises(AuthError, match="invalid token"):
logger.debug("token=%s user=%s", mask(token), user)
assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
headers = {"X-Api-Key": settings.api_key.get_secret_value()}
hmac.compare_digest(signature, expected)
const token = jwt.sign({ sub: user.id }, process.env.JWT_SECRET);
const hash = await bcrypt.hash(password, 10);
if (password.length < 12) throw new Error("Password too short");
export const AUTH_TOKEN_KEY = 'auth_token';
localStorage.setItem('token', res.data.token);
router.post('/reset-password', validate(resetSchema), resetPassword);
type Credentials = { username: string; password: string };
password: z.string().min(12).max(128),
passwordField.setText("");
String token = request.getHeader("X-Auth-Token");
private static final String TOKEN_HEADER = "X-Auth-Token";
public static final String PASSWORD_PARAM = "password";
@Value("${app.jwt.secret}") private String jwtSecret;
.and().formLogin().passwordParameter("pwd")
builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
var secret = configuration["Jwt:Key"];
SecureString password = ReadPassword();
token := r.Header.Get("Authorization")
if err := bcrypt.CompareHashAndPassword(hash, []byte(password)); err != nil {
type Config struct {\n\tAPIKey string `env:"API_KEY,required"`\n\tPassword string `json:"-"`\n}
flag.StringVar(&token, "token", "", "API token")
let secret = std::env::var("SECRET").unwrap_or_default();
#[serde(rename = "apiKey")] pub api_key: Option<String>,
impl fmt::Debug for Password { fn fmt(&self, f: &mut Formatter) -> Result { write!(f, "***") } }
static int read_password(char *buf, size_t len);
#define MAX_PASSWORD_LEN 128
#define TOKEN_EOF (-1)
printf("token: %s\n", token->value);
val password: CharArray = console.readPassword()
func login(username: String, password: String) async throws -> Token
$token = bin2hex(random_bytes(32));
'password' => bcrypt($request->input('password')),
user.password = params[:password]
config.action_mailer.smtp_settings = { password: ENV["SMTP_PASSWORD"] }
my ($user, $pass) = @_;
SELECT u.id, t.token_hash FROM users u JOIN tokens t ON t.user_id = u.id;
CREATE USER app WITH PASSWORD :'app_password';
ALTER USER app WITH PASSWORD NULL;
INSERT INTO settings (key, value) VALUES ('token_ttl', '3600');
INSERT INTO users (name, password) VALUES ($1, $2)
GRANT EXECUTE ON FUNCTION check_password(text) TO app;
COMMENT ON COLUMN users.password IS 'bcrypt hash';
id,name,token_type\n1,web,bearer\n2,cli,pat\n
user,password_changed_at\nbob,2026-01-01\n
 id \| name \| token_count \n----+------+-------------\n  1 \| bob  \|           3\n
+----+----------------+\n\| id \| password_reset \|\n+----+----------------+\n\|  1 \| 2026-01-01     \|\n+----+----------------+
2026-01-01T00:00:00Z INFO login user=bob method=password ip=10.0.0.1 session={G}
level=warn msg="token expired" kid={A16} exp=1700000000
I0101 00:00:00.000000 1 auth.go:42] token authenticator initialized, {H8}
[INFO] Sending request to github API
[DEBUG] cache key=user:42:{H32} hit=true
Jan 01 00:00:00 h sshd[123]: Accepted publickey for bob from 10.0.0.1 port 5000 ssh2: ED25519 SHA256:{A43}
Jan 01 00:00:00 h sshd[123]: Failed password for invalid user admin from 10.0.0.1 port 51234 ssh2
POST /oauth/token HTTP/1.1 200 312 "-" "python-requests/2.32.3" {H32}
HTTP/1.1 200 OK\r\nETag: W/"{H32}"\r\nX-Request-Id: {G}\r\nSet-Cookie: lang=en; Path=/\r\n
git commit -m "Fix the token refresh (#{H7})"
diff --git a/auth.go b/auth.go\nindex {H8}..{H8} 100644\n-	token := old\n+	token := r.Header.Get("X-Token")
@@ -1,3 +1,4 @@ func TestToken(t *testing.T) {
Signed-off-by: Bob <bob@example.com>
Co-authored-by: bot[bot] <{H8}+bot@users.noreply.github.com>
Fixes: {H12} ("auth: check the password hash")
See RFC 7519, section 4.1.4 ("exp").
https://github.com/o/r/security/secret-scanning/1
https://example.com/login?next=%2Ftokens&ref=mail
https://example.com/docs/tokens.html#token-format-v2
https://registry.example.org/password-hash/-/password-hash-1.2.2.tgz
https://hooks.example.com/services/build/42
ssh://git@github.com:22/o/r.git
git@github.com:o/auth-service2.git
postgres://localhost:5432/app?sslmode=disable
redis://cache:6379/0
amqp://rabbit:5672/%2F
s3://backups/keys/2026-01-01/{H40}.tar.zst
data:application/octet-stream;base64,{B90}
arn:aws:iam::123456789012:role/token-vendor
projects/p/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1
/subscriptions/{G}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv
gs://bucket/{G}/secret-santa.csv
sha256:{H64} token-service:latest
0x{H40} transferred 1.5 ETH
bc1q{H38}
Qm{A44}
v1.2.3-rc.1+{H7}
{G}
{H64}  -
<string name="forgot_password">Forgot password?</string>
<string name="error_token">Your session has ended. Log in again.</string>
"test:auth": "jest --testPathPattern=auth/token",
type Mutation {\n  login(email: String!, password: String!): AuthPayload!\n  refreshToken(token: String!): Token\n}
password: Password!\n  secret: ID!
STRIPE_SECRET_KEY=sk_test_xxx
signInWithEmailAndPassword(auth, "me@corp.example", password)
user = "1000:1000"
secrets:\n  - name: db-credentials\n    mountPath: /etc/secrets
credentials: [{ provider: "github", scope: "repo" }]
user,token_count\nbob,1200\namy,8810
1) "requirepass"\n2) ""
oauth: { "github.com": { "enabled": true } }
grep -E 'user:[0-9]+' /var/log/auth.log
docker run -p 8080:80 -u 1000:1000 nginx:1.27
postgres://localhost:5432/app?sslmode=disable
WIFI:T:nopass;S:Guest;;
@@ -10,7 +10,7 @@ class Auth:\n-    def login(self, user, password):\n+    def login(self, username, password, otp=None):
bcrypt.compare(password, user.hash, (err, ok) => {})
request.setValue("application/json", forHTTPHeaderField: "Content-Type")
request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
req.Header.Set("Authorization", fmt.Sprintf("Bearer %s", token))
const header = "Bearer " + session.token;
encrypt = true\nencrypt: false
var data = Encoding.UTF8.GetBytes("hello world");
""".strip("\n")
