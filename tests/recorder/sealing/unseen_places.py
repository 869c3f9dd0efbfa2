"""Places in which secrets stand, written without looking at how they are found.

A line is a name and a text; `{P}` stands for a password, `{W}` for one of a URL, `{V}` for one of plain words, `{D}` for one of ten letters, `{T}` for a token,
`{B}` for a password in base64, `{U}` and `{Z}` for a user's with it, and so on.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator

__all__ = ["PLACES", "filled"]

PLACES = r"""
hcl-attr|resource "aws_db_instance" "main" {\n  username = "app"\n  password = "{P}"\n}
hcl-var|variable "api_token" {\n  default = "{T}"\n}
hcl-vault|provider "vault" {\n  address = "https://vault.corp:8200"\n  token   = "{T}"\n}
props|spring.datasource.username=svc\nspring.datasource.password={P}\n
props-colon|jasypt.encryptor.password: {P}\n
props-space|db.password   {P}\n
xml-attr|<user name="bob" password="{P}" roles="manager-gui"/>
xml-attr-sq|<add key='ApiSecret' value='{T}' />
xml-appsetting|<add key="SmtpPassword" value="{P}"/>
xml-conn|<add name="Main" connectionString="Data Source=sql1;Initial Catalog=app;User ID=sa;Password={P};Encrypt=true" />
xml-elem|<settings><servers><server><id>nexus</id><username>ci</username><password>{P}</password></server></servers></settings>
php-const|define('DB_PASSWORD', '{P}');
php-arr|'password' => '{P}',
php-arr2|$config['db']['passwd'] = "{P}";
php-mysqli|$link = mysqli_connect("localhost", "root", "{P}", "shop");
php-pdo|new PDO('mysql:host=db;dbname=shop', 'shop', '{P}');
js-const|const apiKey = '{T}';
js-obj|module.exports = { clientSecret: "{T}", port: 3000 };
js-tmpl|headers: { Authorization: `Bearer {T}` },
js-env|process.env.SESSION_SECRET = "{T}";
js-axios|axios.get(url, { auth: { username: 'svc', password: '{P}' } })
ts-class|private readonly accessToken: string = "{T}";
go-const|const dbPassword = "{P}"
go-short|secretKey := "{T}"
go-struct|cfg := Config{Host: "db", Password: "{P}", Port: 5432}
go-basic|req.SetBasicAuth("svc", "{P}")
go-header|req.Header.Set("X-Api-Key", "{T}")
java-field|private static final String API_SECRET = "{T}";
java-setter|dataSource.setPassword("{P}");
java-drv|DriverManager.getConnection("jdbc:postgresql://db/app", "app", "{P}");
java-prop|System.setProperty("javax.net.ssl.keyStorePassword", "{P}");
java-jvm|java -Djavax.net.ssl.trustStorePassword={P} -jar app.jar
cs-field|public const string ClientSecret = "{T}";
cs-net|var cred = new NetworkCredential("svc", "{P}");
cs-conn|"DefaultConnection": "Server=tcp:x.database.windows.net,1433;User ID=app;Password={P};"
py-kw|client = Client(host="h", user="u", password="{P}")
py-dict|cfg = {'user': 'u', 'secret_key': '{T}'}
py-auth|requests.get(url, auth=('svc', '{P}'))
py-header|headers = {"Authorization": "Token {T}"}
py-environ|os.environ["STRIPE_API_KEY"] = "{T}"
py-psycopg|psycopg2.connect("dbname=app user=app password={P} host=db")
rb-sym|password: '{P}',
rb-hash|:secret_access_key => "{T}",
rb-env|ENV['SECRET_KEY_BASE'] = '{H}'
rs-let|let api_key = "{T}";
rs-let-type|let token: &str = "{T}";
kt-val|val apiToken = "{T}"
swift-let|let clientSecret: String = "{T}"
scala|val dbPassword: String = "{P}"
perl|my $dbpass = '{P}';
lua|local secret = "{T}"
ps1-var|$Password = "{P}"
ps1-secure|$s = ConvertTo-SecureString "{P}" -AsPlainText -Force
ps1-env|$env:GITHUB_TOKEN = "{T}"
cmd-set|set DB_PASSWORD={P}
cmd-setx|setx API_TOKEN "{T}"
fish|set -gx API_TOKEN {T}
csh|setenv API_TOKEN {T}
sh-export|export DB_PASS='{P}'
sh-inline|MYSQL_PWD={P} mysqldump app
sh-readonly|readonly SECRET_TOKEN="{T}"
sh-declare|declare -x AUTH_TOKEN="{T}"
sh-heredoc|cat > .env <<EOF\nAPP=x\nAPP_SECRET={T}\nEOF
compose-list|    environment:\n      - POSTGRES_USER=app\n      - POSTGRES_PASSWORD={P}\n
compose-map|    environment:\n      MYSQL_ROOT_PASSWORD: "{P}"\n
compose-url|    environment:\n      - DATABASE_URL=postgres://app:{W}@db:5432/app\n
k8s-data|apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {B}\n
k8s-data2|kind: Secret\ntype: Opaque\ndata:\n  tls.token: {B}\n  username: YWRtaW4=\n
k8s-str|kind: Secret\nstringData:\n  api-key: {T}\n
k8s-env|        env:\n        - name: DB_PASSWORD\n          value: "{P}"\n
k8s-env-json|{"name": "API_TOKEN", "value": "{T}"}
helm-values|postgresql:\n  auth:\n    postgresPassword: {P}\n
helm-set|helm install x ./chart --set auth.password={P}
helm-set2|helm upgrade x ./chart --set-string image.tag=1,secrets.apiKey={T}
ansible-var|ansible_become_pass: {P}
ansible-ini|host1 ansible_host=10.0.0.4 ansible_user=root ansible_password={P}
ansible-task|    mysql_user: name=app password={P} priv=app.*:ALL
jenkins|    environment {\n        DEPLOY_TOKEN = '{T}'\n    }
gha-env|      env:\n        NPM_TOKEN: {T}\n
gha-run|      - run: curl -H "Authorization: Bearer {T}" https://api.corp/x
gitlab-ci|variables:\n  CI_DEPLOY_PASSWORD: "{P}"\n
pgpass|db.corp:5432:app:appuser:{P}
mycnf|[client]\nuser=root\npassword={P}\n
mycnf-q|[client]\nuser = root\npassword = "{P}"\n
winscp|winscp.com /command "open sftp://deploy:{W}@ftp.corp/" "exit"
winscp2|open ftp.corp -username=deploy -password={P}
jdbc-q|jdbc:mysql://db:3306/app?user=app&password={W}
jdbc-semi|jdbc:sqlserver://db:1433;databaseName=app;user=sa;password={P};encrypt=true
jdbc-ora|jdbc:oracle:thin:scott/{W}@//db:1521/ORCL
odbc|Driver={ODBC Driver 18 for SQL Server};Server=db;Uid=sa;Pwd={P};
odbc-dsn|isql -v MyDSN sa {P}
amqp|amqp://guest:{W}@rabbit:5672/%2f
amqps|amqps://svc:{W}@mq.corp/vh?heartbeat=10
smtp|smtp://mailer%40corp.com:{W}@smtp.corp.com:587
smtp-cfg|SMTP_USER=mailer\nSMTP_PASS={P}\n
smtp-swaks|swaks --to a@b.c --auth-user mailer --auth-password {P}
redis-url|redis://:{W}@cache:6379/0
redis-cli|redis-cli -h cache -a {P} ping
redis-conf|requirepass {P}
redis-auth|AUTH {P}
mongo|mongodb+srv://app:{W}@cluster0.x.mongodb.net/app
mongo-cli|mongosh --host db -u app -p {P}
curl-u|curl -u svc:{P} https://api.corp/
curl-user|curl --user 'svc:{P}' https://api.corp/
curl-userq|curl --user=svc:{P} https://api.corp/
curl-H|curl -H 'X-Auth-Token: {T}' https://api.corp/
curl-H2|curl -sSH "PRIVATE-TOKEN: {T}" https://gitlab.corp/api/v4/projects
curl-d|curl -d 'grant_type=client_credentials&client_id=x&client_secret={T}' https://idp/token
curl-json|curl -X POST --json '{"username":"a","password":"{P}"}' https://x/login
curl-F|curl -F token={T} -F file=@x https://up
curl-cookie|curl -b 'sessionid={T}' https://x/
curl-cookie2|curl --cookie "sid={T}; theme=dark" https://x/
curl-bearer|curl --oauth2-bearer {T} https://x/
curl-proxy|curl -x http://px:{W}@proxy:3128 https://x/
curl-proxyuser|curl --proxy-user px:{P} -x proxy:3128 https://x/
httpie-a|http -a svc:{P} GET api.corp/x
httpie-h|http api.corp/x 'Authorization:Token {T}'
httpie-h2|http POST api.corp/login username=a password={P}
httpie-bearer|https -A bearer -a {T} api.corp/me
wget|wget --user=svc --password={P} https://x/y
wget-h|wget --header="X-Api-Key: {T}" https://x/y
wget-http|wget --http-user svc --http-password {P} https://x/y
psql-uri|psql "postgresql://app:{W}@db/app?sslmode=require"
psql-kw|psql "host=db user=app password={P} dbname=app"
pgpw|PGPASSWORD={P} psql -h db -U app
mysql-p|mysql -u root -p{P} app
mysql-pq|mysql -uroot -p'{P}' -h db
mysql-long|mysqldump --user=root --password={P} app
mysqladmin|mysqladmin -u root password {P}
sqlplus|sqlplus scott/{W}@orcl
sqlplus-sys|sqlplus sys/{W}@//db:1521/orcl as sysdba
sshpass|sshpass -p {P} ssh root@h
sshpass-q|sshpass -p '{P}' scp x root@h:/y
docker-login|docker login -u svc -p {P} registry.corp
docker-login2|docker login --username svc --password {P}
docker-stdin|echo {P} | docker login -u svc --password-stdin
echo-sudo|echo '{P}' | sudo -S apt-get update
podman-env|podman run -e DB_PASSWORD={P} img
docker-env|docker run --env API_TOKEN={T} img
az-login|az login --service-principal -u 11111111-aaaa-bbbb-cccc-222222222222 -p {T} --tenant corp
az-storage|az storage blob list --account-name x --account-key {K}
aws-conf|aws configure set aws_secret_access_key {S}
aws-cred|[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPL0\naws_secret_access_key = {S}\n
aws-session|aws_session_token={L}
gcloud-sql|gcloud sql users set-password postgres --instance=x --password={P}
kubectl-lit|kubectl create secret generic db --from-literal=password={P}
kubectl-token|kubectl --token={T} get pods
kubeconfig|users:\n- name: admin\n  user:\n    token: {T}\n
vault-login|vault login {T}
vault-kv|vault kv put secret/db password={P}
consul|consul kv get -token={T} app/x
gh-secret|gh secret set DEPLOY_KEY --body "{T}"
heroku|heroku config:set SECRET_KEY={T}
fly|fly secrets set DATABASE_PASSWORD={P}
npmrc|//packages.example.org/:_authToken={T}
npmrc-auth|_auth={B}
npm-set|npm config set //registry.corp/:_authToken {T}
yarnrc|npmAuthToken: "{T}"
pypirc|[pypi]\nusername = __token__\npassword = {T}\n
pip-index|pip install --index-url https://svc:{W}@pypi.corp/simple x
netrc|machine api.corp login svc password {P}
netrc-ml|machine api.corp\n  login svc\n  password {P}\n
gitcred|https://svc:{W}@git.corp
git-remote|git clone https://oauth2:{T}@gitlab.corp/a/b.git
dockercfg|{"auths": {"reg.corp": {"auth": "{B}"}}}
htpasswd|htpasswd -bc .htpasswd bob {P}
ldap|ldapsearch -x -D cn=admin,dc=corp -w {P} -b dc=corp
ldap-conf|bindpw {P}
smb|smbclient //srv/share -U bob%{P}
mount-cifs|mount -t cifs //srv/s /mnt -o username=bob,password={P}
fstab|//srv/s /mnt cifs username=bob,password={P},vers=3.0 0 0
rdp|xfreerdp /u:bob /p:{P} /v:host
net-use|net use Z: \\\\srv\\share /user:corp\\bob {P}
psexec|psexec \\\\host -u corp\\bob -p {P} cmd
openssl|openssl enc -aes-256-cbc -pass pass:{P} -in x
openssl2|openssl pkcs12 -in a.p12 -passin pass:{P} -nodes
keytool|keytool -list -keystore a.jks -storepass {P}
gpg|gpg --batch --passphrase {P} -d x.gpg
zip|zip -P {P} out.zip x
7z|7z x -p{P} a.7z
rsync|RSYNC_PASSWORD={P} rsync -a x::y z
sql-create|CREATE USER app WITH PASSWORD '{P}';
sql-ident|CREATE USER 'app'@'%' IDENTIFIED BY '{P}';
sql-alter|ALTER ROLE app PASSWORD '{P}'
sql-login|CREATE LOGIN app WITH PASSWORD = N'{P}';
sql-setpw|SET PASSWORD FOR 'root'@'localhost' = PASSWORD('{P}');
sql-dblink|SELECT * FROM dblink('host=db user=a password={P}', 'select 1')
sql-ora|GRANT CONNECT TO app IDENTIFIED BY "{P}";
hdr-auth|Authorization: Bearer {T}
hdr-basic|Authorization: Basic {U}
hdr-proxy|Proxy-Authorization: Basic {U}
hdr-digest|authorization: Token token={T}
hdr-apikey|x-api-key: {T}
hdr-cookie|Cookie: theme=dark; session={T}; lang=en
hdr-setcookie|Set-Cookie: sid={T}; Path=/; HttpOnly
hdr-goog|X-Goog-Api-Key: {T}
hdr-vault|X-Vault-Token: {T}
hdr-amz|X-Amz-Security-Token: {L}
har-cookie|{"cookies": [{"name": "session", "value": "{T}", "path": "/"}]}
har-header|{"headers": [{"name": "Authorization", "value": "Bearer {T}"}]}
qs-token|GET /v1/me?access_token={T}&fields=id HTTP/1.1
qs-key|https://maps.corp/api?center=1,2&key={T}
qs-sig|https://x.blob.core.windows.net/c/b?sv=2022-11-02&se=2026-01-01&sig={K}
qs-frag|https://app/cb#access_token={T}&token_type=bearer
form|username=bob&password={Q}&remember=1
multipart|Content-Disposition: form-data; name="password"\r\n\r\n{P}\r\n--b--
graphql-var|{"query": "mutation L($p: String!) {login(password: $p) {id}}", "variables": {"p": "x", "password": "{P}"}}
graphql-inl|mutation { login(user: "bob", password: "{P}") { token } }
json-esc|{"body": "{\"client_secret\": \"{T}\"}"}
json-camel|{"accessToken": "{T}", "expiresIn": 3600}
json-refresh|{"refresh_token":"{T}","scope":"a"}
toml|[database]\npassword = '{P}'\n
toml-inline|db = { user = "a", password = "{P}" }
yaml-flow|db: {user: a, password: {T}}
yaml-block|password: |\n  {P}\n
yaml-fold|api_key: >-\n  {T}\n
ini-dash|api-key={T}
edn|{:db {:user "a" :password "{P}"}}
elisp|(setq my-api-token "{T}")
nix|services.x.passwordFile = null; password = "{P}";
dhall|{ user = "a", password = "{P}" }
tfvars|db_password = "{P}"
tfstate|{"type": "random_password", "instances": [{"attributes": {"length": 20, "result": "{T}"}}]}
tf-output|Outputs:\n\ndb_password = "{P}"\n
tf-cli|terraform apply -var db_password={P}
tf-cli2|terraform plan -var 'api_token={T}'
env-tf|TF_VAR_db_password={P}
prose-pw|The password is {P}
prose-pw2|login with admin / {P}
prose-key|Your API key: {T}
prose-tok|use this token: `{T}`
md-table|\| admin \| {P} \|
chat|here's the prod db pw: {P} please don't share
userpass-line|username: bob\npassword: {P}\n
log-kv|level=info msg="connecting" user=app password={P} host=db
log-json|{"level":"debug","msg":"auth","token":"{T}"}
log-py|DEBUG auth: using api_key='{T}'
repr|Settings(user='a', password='{P}', port=1)
repr-dict|{'Authorization': 'Bearer {T}', 'Accept': '*/*'}
repr-tuple|[('authorization', 'Bearer {T}'), ('accept', '*/*')]
wpa|network={\n  ssid="x"\n  psk="{P}"\n}
nmcli|nmcli dev wifi connect home password {P}
cisco|username admin privilege 15 password 0 {P}
cisco-snmp|snmp-server community {T} RO
snmpwalk|snmpwalk -v3 -u bob -A {P} -l authNoPriv host
wireguard|[Interface]\nPrivateKey = {K44}\n
django|SECRET_KEY = '{P}{T}'
flask|app.secret_key = '{T}'
flask2|app.config['JWT_SECRET_KEY'] = '{T}'
rails|production:\n  secret_key_base: {H}{H}\n
laravel|APP_KEY=base64:{K44}
wp|define( 'AUTH_KEY', '{P}{P}{P}' );
airflow|airflow connections add x --conn-login a --conn-password {P}
airflow2|AIRFLOW__CORE__FERNET_KEY={K44}
snowsql|snowsql -a acc -u bob --password {P}
beeline|beeline -u jdbc:hive2://h:10000 -n bob -p {P}
impacket|secretsdump.py corp/bob:{W}@10.0.0.1
cme|crackmapexec smb 10.0.0.1 -u bob -p {P}
evilwinrm|evil-winrm -i h -u bob -p {P}
hydra|hydra -l bob -p {P} ssh://h
ftp-url|ftp://bob:{W}@ftp.corp/x
lftp|lftp -u bob,{P} ftp.corp
ncftp|ncftpput -u bob -p {P} h / x
git-header|git -c http.extraHeader="Authorization: Basic {U}" fetch
azdevops|git -c http.extraheader="AUTHORIZATION: bearer {T}" clone x
rclone|rclone config create r s3 secret_access_key {S}
rclone2|[remote]\ntype = sftp\nuser = a\npass = {T}\n
restic|RESTIC_PASSWORD={P} restic backup /x
borg|BORG_PASSPHRASE='{P}' borg create x
s3cfg|secret_key = {S}
boto|boto3.client('s3', aws_secret_access_key='{S}')
sentry|sentry-cli --auth-token {T} releases list
railway|RAILWAY_TOKEN={T} railway up
vercel|vercel --token {T} deploy
netlify|netlify deploy --auth {T}
wrangler|CLOUDFLARE_API_TOKEN={T} wrangler publish
twine|twine upload -u __token__ -p {T} dist/*
cargo|cargo login {T}
gem|:rubygems_api_key: {T}
nuget|nuget push x.nupkg -ApiKey {T} -Source corp
dotnet|dotnet nuget push x.nupkg -k {T} -s corp
mvn|mvn deploy -Dpassword={P}
gradle|signing.password={P}
sonar2|sonar-scanner -Dsonar.token={T}
composer|composer config http-basic.repo.corp user {T}
composer2|{"http-basic": {"repo.corp": {"username": "a", "password": "{T}"}}}
conda|conda config --add channels https://repo/t/{T}/chan
expect|expect "Password:"\nsend "{P}\\r"
chpasswd|echo "bob:{P}" | chpasswd
useradd|useradd -m -p {P} bob
passwd-stdin|echo {P} | passwd --stdin bob
cloudinit|chpasswd:\n  list: |\n    root:{P}\n
kickstart|rootpw --plaintext {P}
preseed|d-i passwd/root-password password {P}
unattend|<AdministratorPassword><Value>{P}</Value><PlainText>true</PlainText></AdministratorPassword>
registry|"DefaultPassword"="{P}"
reg-add|reg add HKLM\\X /v DefaultPassword /t REG_SZ /d {P}
schtasks|schtasks /create /tn x /tr y /ru bob /rp {P}
wmic|wmic /node:h /user:bob /password:{P} process list
sqlcmd|sqlcmd -S db -U sa -P {P} -Q "select 1"
bcp|bcp t out x -S db -U sa -P{P}
mssqlcli|mssql-cli -S db -U sa -P {P}
influx|influx -username a -password {P}
influx-tok|influx query --token {T} 'x'
cqlsh|cqlsh -u a -p {P} h
clickhouse|clickhouse-client --user a --password {P}
ch-url|http://ch:8123/?user=a&password={Q}
elastic|curl -u elastic:{P} http://es:9200
kafka-jaas|sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="{P}";
kafka-kcat|kcat -b b -X sasl.username=a -X sasl.password={P} -L
nats|nats://a:{W}@nats:4222
mqtt|mosquitto_pub -h h -u a -P {P} -t x -m y
stomp|login:a\npasscode:{P}\n
irc|PASS oauth:{T}
imap|a1 LOGIN bob@corp.com {P}
pop|USER bob\r\nPASS {P}\r\n
smtp-auth|AUTH PLAIN {Z}
otp-url|otpauth://totp/x?secret={O}&issuer=y
slack-hook|https://hooks.slack.com/services/T0AB1CD2E/B0AB1CD2E/{X24}
discord|https://discord.com/api/webhooks/123456789012345678/{X68}
""".strip()

LETTERS = string.ascii_letters + string.digits
WORDS = [
    "sunset",
    "tiger",
    "marble",
    "rocket",
    "violet",
    "harbor",
    "maple",
    "falcon",
    "ember",
    "canyon",
    "pepper",
    "anchor",
]
ESCAPES = ((r"\n", "\n"), (r"\r", "\r"), (r"\|", "|"), (r"\\", "\\"))


def filled(seed: int, places: str = PLACES) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each place's name, its text with secrets made by chance, and those."""
    draw = random.Random(seed)
    for line in places.splitlines():
        name, text = line.split("|", 1)
        for written, letter in ESCAPES:
            text = text.replace(written, letter)
        values = {f"{{{kind}}}": value for kind, value in secrets(draw).items()}
        used = {kind: value for kind, value in values.items() if kind in text}
        for kind, value in used.items():
            text = text.replace(kind, value)
        yield name, text, list(used.values())


def secrets(draw: random.Random) -> dict[str, str]:
    word, other = draw.sample(WORDS, 2)
    special = draw.choice("!#%*?@^+")
    plain = letters(draw, 15)
    kinds = draw.choice([LETTERS, LETTERS + "-_", string.ascii_lowercase + string.digits])
    return {
        "P": draw.choice([
            f"{word.title()}{draw.randrange(10, 9999)}{special}",
            f"{letters(draw, 3)}{special}{letters(draw, 8)}{draw.choice('!.@')}",
            letters(draw, draw.randint(10, 18)),
            f"{word}{draw.choice('-_.')}{other}{draw.randrange(10, 99)}",
        ]),
        "V": word + other,
        "D": f"{plain[:3]}k{plain[3:5]}7X{plain[5:8]}",
        "W": draw.choice([f"{word}{draw.randrange(100, 999)}", f"{word.title()}-{other}_42"]),
        "T": f"{letters(draw, draw.randint(28, 44), kinds)}{letters(draw, 1)}".lstrip("-_"),
        "Q": f"{letters(draw, 12)}%21",
        "H": letters(draw, 40, "0123456789abcdef"),
        "C": plain.encode().hex().upper() * 5,
        "N": plain.encode().hex()[:30] + "a7",
        "B": encoded(plain.encode()),
        "U": encoded(f"svc:{plain}".encode()),
        "Z": encoded(f"\0bob\0{plain}".encode()),
        "K": encoded(draw.randbytes(64)),
        "K44": encoded(draw.randbytes(32)),
        "S": letters(draw, 40, LETTERS + "/+"),
        "L": letters(draw, 300, LETTERS + "/+"),
        "O": letters(draw, 32, string.ascii_uppercase + "234567"),
        "X24": letters(draw, 24),
        "X35": "A" + letters(draw, 34, LETTERS + "-_"),
        "X68": letters(draw, 68, LETTERS + "-_"),
    }  # fmt: skip


def letters(draw: random.Random, count: int, kinds: str = LETTERS) -> str:
    return "".join(draw.choices(kinds, k=count))


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
