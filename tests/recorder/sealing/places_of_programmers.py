"""Places in which secrets stand, fourth set: languages, dialects of SQL, requests and answers.

Written as the first, in `unseen_places`, and before the detectors were looked at.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
c-define|#define WIFI_PASSWORD "{P}"
c-static|static const char *api_key = "{T}";
c-arr|char passwd[] = "{P}";
c-call|mysql_real_connect(conn, "db", "root", "{P}", "app", 0, NULL, 0);
c-curl|curl_easy_setopt(curl, CURLOPT_USERPWD, "bob:{P}");
cpp|const std::string kSecretToken{"{T}"};
cpp-qt|db.setPassword("{P}");
arduino|WiFi.begin("home", "{P}");
rust-const|const API_TOKEN: &'static str = "{T}";
rust-basic|client.get(u).basic_auth("bob", Some("{P}"))
rust-bearer|client.get(u).bearer_auth("{T}")
go-map|headers := map[string]string{"X-Auth-Token": "{T}"}
go-dsn|sql.Open("mysql", "root:{W}@tcp(db:3306)/app")
go-env|os.Setenv("DB_PASS", "{P}")
go-oauth|&oauth2.Token{AccessToken: "{T}"}
go-jwt|token.SignedString([]byte("{P}"))
java-anno|@Value("${db.password:{P}}")
java-map|params.put("password", "{P}");
java-builder|.withPassword("{P}")
java-auth|new PasswordAuthentication("bob", "{P}".toCharArray())
java-basic|new UsernamePasswordCredentials("bob", "{P}")
java-aws|new BasicAWSCredentials("id", "{S}")
java-ks|ks.load(in, "{P}".toCharArray());
java-algo|Algorithm.HMAC256("{P}")
kotlin|buildConfigField("String", "API_KEY", "\\"{T}\\"")
kotlin-named|connect(user = "bob", password = "{P}")
android-xml|<string name="maps_api_key">{T}</string>
android-res|<string name="client_secret" translatable="false">{T}</string>
plist|<key>ClientSecret</key>\n<string>{T}</string>
swift-dict|let h = ["Authorization": "Bearer {T}"]
swift-cred|URLCredential(user: "bob", password: "{P}", persistence: .none)
objc|NSString *apiSecret = @"{T}";
objc-def|static NSString * const kAuthToken = @"{T}";
dart|final String _apiKey = '{T}';
dart-map|'x-api-key': '{T}',
cs-prop|public string Password { get; set; } = "{P}";
cs-init|new SmtpClient { Credentials = new NetworkCredential("bob", "{P}") }
cs-builder|builder.Password = "{P}";
cs-header|client.DefaultRequestHeaders.Add("X-Api-Key", "{T}");
cs-auth|new AuthenticationHeaderValue("Bearer", "{T}")
cs-sym|new SymmetricSecurityKey(Encoding.UTF8.GetBytes("{T}"))
vb|Dim password As String = "{P}"
vba|conn.Open "Provider=SQLOLEDB;Data Source=s;User Id=sa;Password={P};"
fs|let apiKey = "{T}"
elixir|config :app, App.Repo, username: "a", password: "{P}"
elixir-key|secret_key_base: "{L}"
erlang|{password, "{P}"},
haskell|dbPassword = "{P}" :: Text
clojure|(def api-key "{T}")
lisp|(setq smtp-pass "{P}")
ocaml|let secret_key = "{T}"
julia|const TOKEN = "{T}"
r-lang|Sys.setenv(API_KEY = "{T}")
r-db|dbConnect(drv, user = "u", password = "{P}")
matlab|apiKey = '{T}';
groovy|def password = '{P}'
scala-conf|db.default.password="{P}"
hocon|db { user = app, password = "{P}" }
perl-dbi|DBI->connect("dbi:mysql:app", "root", "{P}")
perl-hash|password => "{P}",
ruby-basic|request.basic_auth("bob", "{P}")
ruby-hdr|req['Authorization'] = "token {T}"
ruby-kw|Aws::Credentials.new('id', '{S}')
php-curl|curl_setopt($ch, CURLOPT_USERPWD, "bob:{P}");
php-arrow|$mail->Password = '{P}';
php-env|putenv('DB_PASSWORD={P}');
php-hdr|'X-Auth-Token: {T}',
php-wp|define( 'AUTH_KEY', '{P}' );
php-laravel|'secret' => env('STRIPE_SECRET', '{T}'),
js-basic|const h = 'Basic ' + btoa('bob:{P}');
js-buf|Buffer.from('bob:{P}').toString('base64')
js-or|const secret = process.env.SECRET || '{T}';
js-nullish|apiKey: process.env.API_KEY ?? "{T}",
js-sign|jwt.sign(payload, '{T}')
js-verify|jwt.verify(tok, "{P}")
js-mysql|mysql.createConnection({host:'h',user:'u',password:'{P}'})
js-fetch|fetch(u, {headers: {"x-access-token": "{T}"}})
js-set|xhr.setRequestHeader('Authorization', 'Token {T}')
js-local|localStorage.setItem('access_token', '{T}')
js-cookie|document.cookie = "session_token={T}; path=/"
js-session|app.use(session({ secret: '{P}', resave: false }))
js-oct|new Octokit({ auth: "{T}" })
js-pup|page.type('#password', '{P}')
js-pw|await page.fill('input[name="password"]', '{P}')
js-cy|cy.get('#password').type('{P}')
py-sel|driver.find_element(By.NAME, "password").send_keys("{P}")
py-dflt|SECRET = os.environ.get("JWT_SECRET", "{T}")
py-def|def connect(user="bob", password="{P}"):
py-pmk|paramiko_client.connect("h", username="b", password="{P}")
py-login|server.login("bob@corp.com", "{P}")
py-ftp|FTP("h").login("bob", "{P}")
py-basic|HTTPBasicAuth("bob", "{P}")
py-bytes|SECRET_KEY = b"{P}"
py-fstr|url = f"https://bob:{W}@{host}/"
py-jwt|jwt.encode(payload, "{T}", algorithm="HS256")
py-hmac|hmac.new(b"{P}", msg, hashlib.sha256)
py-fernet|Fernet(b"{K44}")
py-dj|DATABASES = {"default": {"USER": "u", "PASSWORD": "{P}"}}
py-tuple|AUTH = ("bob", "{P}")
py-getpass|# password is {P}
py-repr|Config(user='bob', password='{P}', port=5432)
py-boto|boto3.client("s3", aws_access_key_id="x", aws_secret_access_key="{S}")
py-redis|redis.Redis(host="h", password="{P}")
py-setdef|os.environ.setdefault("API_KEY", "{T}")
py-typer|runner.invoke(app, ["login", "--password", "{P}"])
py-subp|subprocess.run(["mysql", "-u", "root", "-p{P}", "app"])
py-subp2|subprocess.run(["curl", "-u", "bob:{P}", url])
py-subp3|["sshpass", "-p", "{P}", "ssh", "h"]
js-spawn|spawn("psql", [], {env: {PGPASSWORD: "{P}"}})
pg-user|CREATE USER app WITH PASSWORD '{P}';
pg-alter|ALTER ROLE app LOGIN ENCRYPTED PASSWORD '{P}' VALID UNTIL 'infinity';
pg-fdw|CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '{P}');
pg-dblink|SELECT * FROM dblink('host=h user=u password={P}', 'select 1')
pg-sub|CREATE SUBSCRIPTION s CONNECTION 'host=h user=r password={P}' PUBLICATION p
pg-crypt|INSERT INTO users VALUES ('bob', crypt('{P}', gen_salt('bf')));
my-user|CREATE USER 'a'@'%' IDENTIFIED BY '{P}';
my-with|ALTER USER 'a'@'%' IDENTIFIED WITH mysql_native_password BY '{P}';
my-set|SET PASSWORD FOR 'a'@'%' = PASSWORD('{P}');
my-set2|SET PASSWORD FOR 'a'@'%' = '{P}';
my-grant|GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY '{P}'
my-master|CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='{P}';
my-repl|CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='{P}'
ms-login|CREATE LOGIN app WITH PASSWORD = N'{P}', CHECK_POLICY = ON
ms-key|CREATE MASTER KEY ENCRYPTION BY PASSWORD = '{P}';
ms-cred|CREATE CREDENTIAL c WITH IDENTITY = 'x', SECRET = '{T}'
ms-addsrv|EXEC sp_addlinkedsrvlogin @rmtsrvname='s', @rmtuser='u', @rmtpassword='{P}'
ora-user|CREATE USER app IDENTIFIED BY "{P}" DEFAULT TABLESPACE t
ora-conn|sqlplus system/{W}@//db:1521/orcl
ora-link|CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY {W} USING 'x'
ora-connect|CONNECT app/{W}@orcl
sf-user|CREATE USER bob PASSWORD='{P}' MUST_CHANGE_PASSWORD=TRUE
sf-stage|CREATE STAGE s CREDENTIALS=(AWS_KEY_ID='x' AWS_SECRET_KEY='{S}')
rs-copy|COPY t FROM 's3://b' CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key={S}'
ch-user|CREATE USER u IDENTIFIED WITH sha256_password BY '{P}'
ch-s3|SELECT * FROM s3('https://b/x', 'id', '{S}', 'CSV')
mongo-user|db.createUser({user: "a", pwd: "{P}", roles: []})
mongo-auth|db.auth("a", "{P}")
mongo-uri|mongodb+srv://app:{W}@c0.x.mongodb.net/app
duck|CREATE SECRET s (TYPE S3, KEY_ID 'x', SECRET '{S}');
sqlite-key|PRAGMA key = '{P}';
insert-cols|INSERT INTO api_users (name, password) VALUES ('bob', '{P}');
update-set|UPDATE users SET password='{P}' WHERE id=1;
update-tok|UPDATE settings SET value='{T}' WHERE name='api_token';
csv|username,password\nbob,{P}\n
tsv|user\tapi_key\nbob\t{T}\n
psql-out| id | name | api_token\n----+------+-----------\n  1 | bob  | {T}\n(1 row)
psql-x|-[ RECORD 1 ]\nname     | bob\napi_token | {T}\n
mysql-out|+----+----------+\n\| id \| password \|\n+----+----------+\n\|  1 \| {P} \|\n+----+----------+
http-auth-nl|GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Digest username="b", response="{H}"\r\n\r\n
http-basic|authorization: basic {U}
http-apikey|ApiKey: {T}
http-amz|x-amz-security-token: {L}
http-x-secret|X-Webhook-Secret: {T}
http-cookie|Cookie: sessionid={T}; theme=dark
http-setcookie|set-cookie: auth={T}; Path=/; HttpOnly
http-csrf|X-CSRF-Token: {T}
http-fn|Ocp-Apim-Subscription-Key: {H}
http-func|https://f.azurewebsites.net/api/x?code={T}
http-xfer|x-functions-key: {T}
http-shop|X-Shopify-Access-Token: {T}
http-ghost|Authorization: Ghost {T}
http-genie|Authorization: GenieKey {T}
http-dd|DD-API-KEY: {H}
http-klav|Authorization: Klaviyo-API-Key {T}
http-sso|Authorization: SSWS {T}
http-hawk|Authorization: AWS x:{W}abcd1234EFGH
http-form|username=bob&password={Q}&remember=1
http-form2|grant_type=client_credentials&client_id=a&client_secret={T}
http-oauth|code={T}&grant_type=authorization_code
http-resp|{"jwt":"{T}","user":{"id":1}}
http-resp2|{"data":{"login":{"accessToken":"{T}","refreshToken":"{T}"}}}
http-frag|https://app/cb#access_token={T}&token_type=bearer
http-magic|https://app.corp.com/reset?reset_token={T}
http-sig|https://h/x?X-Amz-Signature={H}&X-Amz-Expires=60
http-invite|https://app.corp.com/invite/accept?invite_code=1&auth={T}
multipart|--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{P}\r\n--b--
soap|<wsse:Password Type="PasswordText">{P}</wsse:Password>
soap2|<AuthHeader><User>b</User><ApiToken>{T}</ApiToken></AuthHeader>
xmlrpc|<member><name>password</name><value><string>{P}</string></value></member>
gql|mutation { login(email: "b@c.d", password: "{P}") { token } }
grpc|metadata: [("authorization", "Bearer {T}")]
grpcurl|grpcurl -H 'x-api-key: {T}' h:443 list
websocat|websocat -H='Authorization: Bearer {T}' wss://h
httpie-auth|http -a bob:{P} GET https://h
httpie-hdr|http POST h X-API-Token:{T} a=b
xh|xh -A bearer -a {T} get h
wget|wget --header="X-Auth-Key: {T}" https://h
wget-user|wget --http-user=bob --http-password={P} https://h
invoke|Invoke-RestMethod -Uri $u -Headers @{ Authorization = "Bearer {T}" }
invoke2|Invoke-WebRequest -Headers @{'X-Api-Key'='{T}'} -Uri https://h
postman|{"key":"token","value":"{T}","type":"string"}
har|{"name":"X-Api-Key","value":"{T}"}
har-post|{"params":[{"name":"passwd","value":"{P}"}]}
mitm|[["authorization","Bearer {T}"],["accept","*/*"]]
openapi-ex|curl -X 'POST' 'https://h/login' -d 'username=bob&password={Q}'
jmeter|<stringProp name="HTTPSampler.password">{P}</stringProp>
k6|http.post(url, {user: 'bob', pass: '{P}'})
toml-sub|[auth]\ntoken = '{T}'\n
yaml-multi|password: >-\n  {P}\n
yaml-anchor|password: &pw {P}\nother: *pw\n
yaml-inline|db: {user: app, password: {P}, port: 5432}
json-esc|"{\\"apiKey\\":\\"{T}\\",\\"x\\":1}"
json-num|{"pin":"{P}","passcode":"{P}"}
json5|{apiSecret: '{T}', // prod\n}
ini-colon|[db]\npasswd: {P}\n
env-multi|JWT_SECRET="{T}" # rotate
env-semi|set "API_KEY={T}" && run
gitcfg|[http "https://h"]\n  extraheader = AUTHORIZATION: basic {U}\n
gitcfg2|git -c http.extraHeader="Authorization: Bearer {T}" clone https://h/r
git-remote|git remote set-url origin https://oauth2:{T}@gitlab.com/o/r.git
git-insteadof|git config --global url."https://{T}:x-oauth-basic@github.com/".insteadOf "https://github.com/"
chat|the new root pw is {P} - pls delete after reading
chat2|use bob / {P} to log in
chat3|API key: {T}
md-code|My password: `{P}`
md-bold|**Password:** {P}
html-in|<input type="password" name="pw" value="{P}">
html-hidden|<input type="hidden" name="csrf_token" value="{T}">
html-meta|<meta name="csrf-token" content="{T}">
html-data|<div data-api-key="{T}"></div>
js-cfg|window.CONFIG={"apiKey":"{T}","authDomain":"x"}
jupyter|"source": ["token = \\"{T}\\"\\n"]
jupyter-url|http://127.0.0.1:8888/lab?token={H}
diff-add|+DB_PASSWORD={P}\n-DB_PASSWORD=\n
diff-yaml|+  apiToken: {T}
traceback|    db = connect("app", password="{P}")\nOperationalError: denied
gdb|$1 = {user = 0x55 "bob", password = 0x56 "{P}"}
strace|write(3, "PASS {P}\\r\\n", 13) = 13
tcpdump|E..4..@.@.POST /login user=bob&password={Q}
history| 1042  export VAULT_TOKEN={T}
""".strip()
