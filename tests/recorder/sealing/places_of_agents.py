"""Places in which secrets stand, ninth set: outputs, files and commands of whom an agent works for.

Written as the first, in `unseen_places`: 93 of 100 were found before anything was mended for them,
96 of 100 of a second round (`more-`), 93 of 100 of a third (`last-`), and
97 of 100 of a fourth (`end-`).
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
out1|{\n    "Credentials": {\n        "AccessKeyId": "ASIAQ7PZ3KDM5TBXWL2C",\n        "SecretAccessKey": "{S}",\n        "Expiration": "2026-12-01T00:00:00Z"\n    }\n}
out2|{"Credentials":{"SessionToken":"{K44}","Expiration":"2026-12-01"}}
out3|{"Parameter":{"Name":"/prod/db/password","Type":"SecureString","Value":"{P}","Version":3}}
out4|{"ARN":"arn:aws:secretsmanager:eu-west-1:1:secret:db-a1","SecretString":"{P}"}
out5|apiVersion: v1\ndata:\n  POSTGRES_PASSWORD: {B}\nkind: Secret\nmetadata:\n  name: db
out6|$ terraform output -raw db_password\n{T}
out7|$ gh auth token\n{T}
out8|$ kubectl get secret db -o jsonpath='{.data.password}' | base64 -d\n{T}
out9|$ op read op://prod/db/password\n{T}
out10|$ security find-generic-password -s acme -w\n{T}
out11|$ cat config/master.key\n{T}
out12|$ cat /run/secrets/db_password\n{T}
out13|$ printenv STRIPE_SECRET_KEY\n{T}
out14|$ echo $GITHUB_TOKEN\n{T}
out15|>>> os.environ["API_KEY"]\n'{T}'
out16|irb> ENV['SECRET_KEY_BASE']\n=> "{T}"
out17|origin\thttps://bot:{T}@github.com/acme/app.git (fetch)
out18|http.https://github.com/.extraheader=AUTHORIZATION: basic {U}
out19|Key                Value\n---                -----\ntoken              {T}\ntoken_duration     768h
out20|====== Data ======\nKey         Value\n---         -----\npassword    {T}
out21|Initial Root Token: {T}
out22|1) "requirepass"\n2) "{P}"
out23|║ DATABASE_PASSWORD │ {T} ║
out24|=== shop Config Vars\nSECRET_TOKEN: {T}\nRACK_ENV:     production
out25|        "Env": [\n            "DB_PASSWORD={T}",\n            "PATH=/usr/bin"\n        ],
out26|    Environment:\n      API_TOKEN:  {T}\n      PORT:       80
out27|docker swarm join --token SWMTKN-1-{T} 10.0.0.1:2377
out28|http://127.0.0.1:8888/lab?token={T}
out29|Jenkins initial setup is required. Please use the following password to proceed to installation:\n\n{T}\n\nThis may also be found at
out30|Created service account. Token: {T}
out31|{"id":12,"name":"ci","token":"{T}","scopes":["api"]}
out32|api_key_id: 7\napi_key_secret: {T}
out33|Successfully created API key\n  ID:     ab12\n  Secret: {T}
out34|export KUBECONFIG_TOKEN={T} # generated
out35|mysql> SELECT user, password FROM accounts;\n+------+----------+\n| user | password |\n+------+----------+\n| bob  | {P} |\n+------+----------+
out36| id | name |       api_token\n----+------+------------------------\n  1 | ci   | {T}\n(1 row)
out37|-[ RECORD 1 ]------\nid        | 7\napi_token | {T}
out38|*************************** 1. row ***************************\n   id: 7\ntoken: {T}
out39|{ "_id" : ObjectId("65f"), "email" : "a@b.c", "password" : "{T}" }
csv1|username,password,role\nbob,{P},admin
csv2|name,login_uri,login_username,login_password\nGitHub,https://github.com,bob,{T}
csv3|User name,Password,Access key ID,Secret access key\nci,,AKIAQ7PZ3KDM5TBXWL2C,{T}
csv4|Access key ID,Secret access key\nAKIAQ7PZ3KDM5TBXWL2C,{T}
dump1|Config(host='db', port=5432, password='{P}')
dump2|DbConfig{host=db, user=app, password={P}, port=5432}
dump3|{Host:db User:app Password:{P} Port:5432}
dump4|Config { host: "db", password: "{P}", port: 5432 }
dump5|#<Config:0x0001 @host="db", @password="{P}">
dump6|%{host: "db", password: "{P}"}
dump7|    [password] => {P}\n    [host] => db
dump8|Started POST "/login"\n  Parameters: {"user"=>{"email"=>"a@b.c", "password"=>"{P}"}}
dump9|    password = '{P}'\n    user = 'bob'
dump10|E       assert {'password': '{P}'} == {}
dump11|send: b'GET / HTTP/1.1\\r\\nAuthorization: Bearer {T}\\r\\n'
dump12|Exception in thread: login failed for bob with password '{T}'
dump13|org.x.ConfigException: apiKey={T} is not valid
dump14|ERROR connect ECONNREFUSED postgresql://app:{T}@10.0.0.1:5432/x
dump15|sqlalchemy.exc.OperationalError: (psycopg2) connection to server failed: user=app password={P} host=db
dump16|Calling login(user="bob", password="{T}")
dump17|INFO auth: using token={T} scope=all
dump18|W1130 token: "{T}" expired
proto1|220 ready\nUSER bob\n331 need password\nPASS {P}\n230 ok
proto2|EHLO x\nAUTH PLAIN {U}
proto3|a1 LOGIN bob {P}\na1 OK
proto4|*2\r\n$4\r\nAUTH\r\n$12\r\n{P}\r\n
proto5|{"type":"connection_init","payload":{"authToken":"{T}"}}
proto6|{"type":"auth","access_token":"{T}"}
proto7|42["authenticate",{"token":"{T}"}]
proto8|{"jsonrpc":"2.0","method":"login","params":{"user":"bob","password":"{T}"},"id":1}
proto9|<soap:Header><UsernameToken><Username>bob</Username><Password>{P}</Password></UsernameToken></soap:Header>
proto10|<methodCall><params><param><value><struct><member><name>password</name><value><string>{P}</string></value></member></struct></value></param></params></methodCall>
proto11|dn: cn=bob,dc=acme\nuserPassword: {P}
proto12|dn: cn=bob,dc=acme\nuserPassword:: {B}
mcp1|"mcpServers": {"gh": {"command": "npx", "args": ["-y", "x"], "env": {"GITHUB_PERSONAL_ACCESS_TOKEN": "{T}"}}}
mcp2|"args": ["-y", "mcp-remote", "https://x.dev/sse", "--header", "Authorization: Bearer {T}"]
mcp3|"args": ["server.js", "--api-key", "{T}"]
mcp4|[mcp_servers.x.env]\nAPI_KEY = "{T}"
mcp5|"containerEnv": {"NPM_TOKEN": "{T}"}
mcp6|"configurations": [{"env": {"DB_PASSWORD": "{T}"}}]
mcp7|{"env":{"ANTHROPIC_AUTH_TOKEN":"{T}"},"permissions":{}}
mcp8|"http": {"headers": {"X-Api-Key": "{T}"}}
mcp9|{"cookies":[],"origins":[{"origin":"https://x.dev","localStorage":[{"name":"auth_token","value":"{T}"}]}]}
mcp10|@token = {T}\nGET https://x.dev
mcp11|{"key":"apiToken","value":"{T}","enabled":true,"type":"secret"}
mcp12|<stringProp name="HTTPSampler.password">{P}</stringProp>
rc21|set smtp_pass="{P}"
rc22|set imap_pass = '{P}'
rc23|account default\nhost smtp.x.dev\nuser bob\npassword {P}
rc24|remotehost = imap.x.dev\nremoteuser = bob\nremotepass = {P}
rc25|poll imap.x.dev protocol IMAP user "bob" password "{P}"
rc26|IMAPAccount x\nUser bob\nPass "{P}"
rc27|/msg NickServ identify {P}
rc28|[wifi-security]\nkey-mgmt=wpa-psk\npsk={P}
rc29|ssid=Home\nwpa_passphrase={P}
rc210|10.0.0.1 %any : PSK "{P}"
rc211|bob * {P} *
rc212|[smtp.x.dev]:587 bob@x.dev:{P}
rc213|bob:{PLAIN}{P}::::::
rc214|userlist u\n  user bob insecure-password {P}
rc215|cache_peer p.x.dev parent 3128 0 login=bob:{P}
rc216|<Pass encoding="base64">{P}</Pass>
rc217|[remmina]\nusername=bob\npassword={P}
rc218|gs_secret_access_key = {P}
rc219|[Credentials]\naws_access_key_id = AKIAQ7PZ3KDM5TBXWL2C\naws_secret_access_key = {S}
rc220|[global]\nsecret_key = {T}
rc221|[authentication]\nusername = cassandra\npassword = {P}
rc222|api_key: {T}\nsite: datadoghq.eu
rc223|license_key = {T}
rc224|common: &default\n  license_key: '{T}'
rc225|smtp_auth_username: 'x'\nsmtp_auth_password: '{P}'
rc226|output.elasticsearch:\n  hosts: ["es:9200"]\n  username: "elastic"\n  password: "{P}"
rc227|output {\n  elasticsearch {\n    user => "elastic"\n    password => "{P}"\n  }\n}
rc228|[security]\nadmin_user = admin\nadmin_password = {T}\nsecret_key = x
rc229|dev:\n  type: postgres\n  user: app\n  pass: {P}\n  dbname: x
rc230|[[runners]]\n  url = "https://gitlab.x.dev"\n  token = "{T}"
rc231|{"username":"bob","key":"{T}"}
rc232|"Password"="{P}"
rc233|<AdministratorPassword><Value>{P}</Value><PlainText>true</PlainText></AdministratorPassword>
rc234|rootpw --plaintext {P}
rc235|d-i passwd/root-password password {P}
rc236|chpasswd:\n  list: |\n    root:{P}
rc237|chpasswd:\n  users:\n  - name: root\n    password: {P}\n    type: text
rc238|enable secret 0 {P}
rc239|/user add name=bob password={P} group=full
rc240|set psksecret {P}
rc241|set system root-authentication plain-text-password-value {P}
rc242|WIFI:T:WPA;S:Home;P:{P};;
rc243|otpauth://totp/acme:bob?secret={T}&issuer=acme
rc244|[program:x]\nenvironment=API_KEY="{T}",LOG="info"
rc245|<key>EnvironmentVariables</key>\n<dict>\n  <key>API_TOKEN</key>\n  <string>{T}</string>\n</dict>
rc246|module.exports = { apps: [{ name: "x", env: { JWT_SECRET: "{T}" } }] }
rc247|"Values": {"AzureWebJobsStorage": "x", "ApiKey": "{T}"}
rc248|LoadModule x\nSSLPassPhraseDialog exec:/x\nPassEnv Y\nSetEnv DB_PASSWORD "{T}"
rc249|secret_key_base: {T}
rc250|define('SECURE_AUTH_SALT', '{T}');
rc251|DB_CONNECTION=mysql\nDB_PASSWORD='{P}'
rc252|bind-password: {P}
rc253|server:\n  basic-auth: admin:{P}
rc254|[ldap]\nbindpw = {P}
rc255|ldap_default_authtok = {P}
rc256|token: {T}\nserver: https://10.0.0.1:9345
rc257|vnc_password="{P}"
rc258|"sa_password": "{P}"
iac1|environment {\n    API_TOKEN = '{T}'\n  }
iac2|"adminPassword": {"value": "{P}"}
iac3|@secure()\nparam adminPassword string = '{P}'
iac4|Parameters:\n  DBPassword:\n    Type: String\n    Default: {P}
iac5|custom:\n  secrets:\n    STRIPE_KEY: {T}
iac6|  environment:\n    DB_PASSWORD: {T}
iac7|env:\n  global:\n    - API_TOKEN={T}
iac8|- task: X@1\n  inputs:\n    apiToken: '{T}'
iac9|- uses: x/y@v1\n  with:\n    api-key: {T}
iac10|mysql::root_password: '{P}'
iac11|default['mysql']['server_root_password'] = '{P}'
iac12|class { 'mysql::server': root_password => '{P}' }
iac13|mysql.pass: '{P}'
iac14|  become_password: {P}
iac15|web1 ansible_host=10.0.0.1 ansible_user=root ansible_password={P}
iac16|shell: mysql -uroot -p'{P}' -e "select 1"
iac17|vm.password = "{P}"
iac18|"ssh_password": "{P}",\n"ssh_username": "x"
iac19|connection {\n  type = "ssh"\n  user = "root"\n  password = "{P}"\n}
iac20|ADMIN_PW := {P}
iac21|storePassword "{T}"\nkeyAlias "x"
iac22|signingConfigs { release { storePassword '{T}' } }
iac23|app:\n  image: x\n  command: ["--admin-token", "{T}"]
iac24|args: ["--token={T}"]
iac25|      value: "{T}"\n      name: API_TOKEN
iac26|- { name: DB_PASSWORD, value: "{T}" }
iac27|jwt:\n  secret: |\n    {T}
iac28|image:\n  pullSecret: {T}
iac29|secretGenerator:\n- name: db\n  literals:\n  - password={T}
iac30|kind: ConfigMap\ndata:\n  DB_PASSWORD: "{T}"
iac31|global:\n  postgresql:\n    auth:\n      password: {T}
iac32|new secretsmanager.Secret(this, 'x', { secretStringValue: SecretValue.unsafePlainText('{T}') });
iac33|pulumi.secret("{T}")
iac34|  config:\n    app:apiKey: {T}
lang1|Sys.setenv(API_KEY = "{T}")
lang2|ENV["API_TOKEN"] = "{T}"
lang3|apiKey = "{T}" :: String
lang4|let api_key = "{T}"
lang5|let [<Literal>] ApiKey = "{T}"
lang6|const api_key: []const u8 = "{T}";
lang7|NSString *apiKey = @"{T}";
lang8|static NSString * const kApiSecret = @"{T}";
lang9|static const apiKey = '{T}';
lang10|final String password = '{T}';
lang11|Const DB_PASSWORD As String = "{T}"
lang12|$db_pass = "{T}";
lang13|$dbConfig = ['user' => 'app', 'pass' => '{T}'];
lang14|@api_secret "{T}"
lang15|const PASSWORD: &'static str = "{T}";
lang16|std::string token = "{T}";
lang17|std::string password{"{T}"};
lang18|auto apiKey = std::string("{T}");
lang19|var secret = []byte("{T}")
lang20|ApiKey: "{T}",
lang21|os.Setenv("DB_PASSWORD", "{T}")
lang22|t.Setenv("API_TOKEN", "{T}")
lang23|monkeypatch.setenv("API_TOKEN", "{T}")
lang24|config.set("app.secret", "{T}")
lang25|conf["SECRET_KEY"] = "{T}"
lang26|viper.SetDefault("jwt.secret", "{T}")
lang27|.WithPassword("{T}")
lang28|.password("{T}")
lang29|builder.setPassword("{T}".toCharArray());
lang30|new PasswordCredentials("{T}")
lang31|credentials = pika.PlainCredentials('app', '{T}')
lang32|nodemailer.createTransport({ auth: { user: "a", pass: "{T}" } })
lang33|mongoose.connect("mongodb://app:{T}@db/x")
lang34|new Sequelize('db', 'user', '{T}', { dialect: 'mysql' })
lang35|knex({ connection: { user: 'a', password: '{T}' } })
lang36|createPool({ host, user, password: "{T}" })
lang37|ActiveRecord::Base.establish_connection(adapter: "mysql2", password: "{T}")
lang38|Net::SSH.start("h", "root", password: "{T}")
lang39|ftp.login("bob", "{T}")
lang40|ftp_login($conn, "bob", "{T}");
lang41|ldap_bind($l, "cn=admin", "{T}")
lang42|imaplib.IMAP4_SSL("h").login("bob", "{T}")
lang43|client.auth.sign_in_with_password({"email": "a@b.c", "password": "{T}"})
lang44|signInWithEmailAndPassword(auth, "a@b.c", "{T}")
lang45|await user.type(screen.getByLabelText(/password/i), "{T}");
lang46|fill_in "Password", with: "{T}"
lang47|User.objects.create_user("bob", "a@b.c", "{T}")
lang48|create_superuser(username="root", password="{T}")
lang49|user.set_password("{T}")
lang50|bcrypt.hashpw(b"{T}", bcrypt.gensalt())
lang51|AES.new(b"{T}", AES.MODE_GCM)
lang52|crypto.createHmac('sha256', '{T}')
lang53|new SymmetricSecurityKey(Encoding.UTF8.GetBytes("{T}"))
lang54|Keys.hmacShaKeyFor("{T}".getBytes())
lang55|hash_hmac('sha256', $d, '{T}')
lang56|requests.post(u, json={"api_key": "{T}"})
lang57|params = {"access_token": "{T}"}
lang58|fetch(u, { headers: { "x-api-key": "{T}" } })
lang59|axios.defaults.headers.common["Authorization"] = "Bearer {T}";
lang60|xhr.setRequestHeader("X-Auth-Token", "{T}");
lang61|req.Header.Add("X-API-Key", "{T}")
lang62|req["Authorization"] = "Token {T}"
lang63|.header(AUTHORIZATION, "Bearer {T}")
lang64|.bearer_auth("{T}")
lang65|.basic_auth("bob", Some("{T}"))
lang66|req.SetBasicAuth("bob", "{T}")
lang67|WebClient(token='{T}')
lang68|boto3.client("s3", aws_access_key_id="AKIAQ7PZ3KDM5TBXWL2C", aws_secret_access_key="{T}")
lang69|# password: {T}
lang70|// TODO remove: token {T}
lang71|/* admin / {T} */
lang72|<!-- password: {T} -->
lang73|-- password is {T}
arg21|airflow connections add x --conn-type postgres --conn-login a --conn-password {T}
arg22|spark-submit --conf spark.ssl.keyPassword={T} a.py
arg23|gitlab-runner register --registration-token {T}
arg24|argocd login a.x.dev --username admin --password {T}
arg25|flyway -user=app -password={T} migrate
arg26|liquibase --username=app --password={T} update
arg27|sqlmap -u http://x --cookie="sid={T}"
arg28|hydra -l bob -p {T} ssh://10.0.0.1
arg29|crackmapexec smb 10.0.0.1 -u bob -p {T}
arg210|evil-winrm -i 10.0.0.1 -u bob -p '{T}'
arg211|impacket-psexec acme/bob:{T}@10.0.0.1
arg212|rpcclient -U "bob%{T}" 10.0.0.1
arg213|reg add HKLM\Soft\X /v Password /t REG_SZ /d {T}
arg214|wp config create --dbname=x --dbuser=x --dbpass={T}
arg215|wp user create bob a@b.c --user_pass={T}
arg216|drush si --account-pass={T}
arg217|occ maintenance:install --admin-pass {T}
arg218|createuser --pwprompt x; psql -c "ALTER USER x PASSWORD '{T}'"
arg219|az storage blob list --account-key {T}
arg220|az keyvault secret set --vault-name v --name n --value {T}
arg221|gcloud sql users set-password root --password={T}
arg222|aws rds modify-db-instance --master-user-password {T}
arg223|aws cognito-idp admin-set-user-password --password {T}
arg224|aws ssm put-parameter --name /x --type SecureString --value {T}
arg225|aws secretsmanager create-secret --name x --secret-string {T}
arg226|doppler secrets set API_KEY={T}
arg227|infisical secrets set API_KEY={T}
arg228|dotenv-vault login {T}
arg229|supabase link --password {T}
arg230|netlify env:set API_TOKEN {T}
arg231|firebase functions:config:set stripe.secret={T}
arg232|eb setenv DB_PASSWORD={T}
arg233|cf set-env app DB_PASSWORD {T}
arg234|dokku config:set app SECRET_KEY={T}
arg235|docker secret create db <(printf '{T}')
arg236|printf '{T}' | docker secret create db -
arg237|echo '{T}' | sudo -S apt update
arg238|echo -e "{T}\n{T}" | passwd bob
arg239|echo "machine x login bob password {T}" > ~/.netrc
arg240|echo "API_KEY={T}" >> .env
arg241|sed -i 's/^DB_PASSWORD=.*/DB_PASSWORD={T}/' .env
arg242|yq -i '.db.password = "{T}"' values.yaml
arg243|jq '.token = "{T}"' c.json
arg244|git config --global http.extraheader "Authorization: Bearer {T}"
arg245|git clone -c http.extraHeader="PRIVATE-TOKEN: {T}" https://x.dev/r
arg246|svn checkout --username bob --password {T} https://x
arg247|hg --config auth.x.password={T} pull
arg248|mvn -Dpassword={T} deploy
arg249|gradle -PnexusPassword={T} publish
arg250|./gradlew build -Pandroid.injected.signing.store.password={T}
arg251|sbt -Dsecret.key={T} run
arg252|php artisan x --token={T}
arg253|dotnet user-secrets set "Api:Key" "{T}"
arg254|k3s server --token {T}
arg255|consul kv put app/db/password {T}
arg256|vault kv put secret/db password={T}
arg257|vault write auth/approle/login role_id=a secret_id={T}
arg258|vault operator unseal {T}
arg259|step ca init --password-file <(echo {T})
arg260|ssh-keygen -f k -N '{T}'
arg261|pdftk a.pdf output b.pdf user_pw {T}
arg262|qpdf --password={T} --decrypt a.pdf b.pdf
arg263|tar cz x | openssl enc -aes-256-cbc -k {T} > y
arg264|ffmpeg -i rtsp://admin:{T}@10.0.0.9/stream out.mp4
arg265|mosquitto_sub -u a -P {T} -t '#'
arg266|http GET x.dev "Authorization: Bearer {T}"
arg267|curl x.dev/login -d '{"username":"bob","password":"{T}"}'
arg268|curl -k -X POST x.dev --data "user=bob&pass={T}"
arg269|curl -G x.dev --data-urlencode 'api_key={T}'
arg270|curl -E cert.pem:{T} https://x.dev
arg271|python -c "import os; os.environ['API_KEY']='{T}'"
arg272|node -e "require('x')({apiKey:'{T}'})"
arg273|ssh -o "SetEnv TOKEN={T}" host
arg274|nohup env SECRET={T} ./srv &
arg275|sudo -u app DB_PASS={T} ./srv
arg276|systemctl set-environment API_TOKEN={T}
arg277|launchctl setenv API_TOKEN {T}
arg278|crontab -l | { cat; echo "0 * * * * TOKEN={T} /x"; } | crontab -
prose21|Username: bob\nPassword: {P}
prose22|Credentials: bob / {P}
prose23|Login details\n- user: bob\n- pass: {P}
prose24|ssh root@10.0.0.1 (password: {P})
prose25|Wifi password = {P}
prose26|the password for admin is `{P}`
prose27|I set the admin password to "{P}".
prose28|Log in as admin with the password {P}.
prose29|Found a hard-coded API key: {T}
prose210|It contains `API_TOKEN={T}`, which looks live.
prose211|The token ({T}) has full access.
prose212|**API key** `{T}`
prose213|<b>Password:</b> {P}<br>
prose214|pwd: {P}
prose215|PIN/Passcode: {P}
dsn1|DATABASE_URL=postgres://app:{P}@db.acme.dev:5432/app?sslmode=require
dsn2|oracledb.connect("hr/{T}@ora.acme.dev/orclpdb")
dsn3|Cluster(["10.0.0.1"], auth_provider=PlainTextAuthProvider("cassandra", "{T}"))
argv1|gh auth login --with-token <<< "{T}"
argv2|net use \\nas\share {T} /user:bob
argv3|cryptsetup luksOpen /dev/sdb1 x --key-file <(echo -n {T})
yaml1|secrets:\n  - name: api\n    value: {T}
xml1|<property>\n  <name>fs.s3a.secret.key</name>\n  <value>{T}</value>\n</property>
rc1|{"github-oauth":{"github.com":"{T}"}}
rc2|db.acme.dev:5432:app:app:{T}
rc3|user = "bob:{T}"
tf1|{"type":"random_password","instances":[{"attributes":{"length":16,"result":"{T}","special":true}}]}
pem1|PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\n{K44}\nPrivate-MAC: 00
sql1|ALTER USER hr IDENTIFIED BY "{P}" REPLACE old1;
sql2|masterauth {P}
sql3|AUTH default {P}
code1|driver.find_element(By.ID, "password").send_keys("{P}")
code2|await page.fill('input[name="password"]', '{P}');
conf1|rndc key { algorithm hmac-sha256; secret "{P}"; };
more-hdr1|curl -H "Authorization: GenieKey {T}" https://api.opsgenie.example/v2/alerts
more-hdr2|POST /rpc HTTP/1.1\r\nHost: a\r\nX-Amz-Security-Token: {T}\r\nContent-Length: 2\r\n\r\n{}
more-cookie1|< set-cookie: __Host-session={T}; Path=/; Secure\n
more-url1|fetching https://cdn.acme.dev/f.zip?Expires=1&Signature={T}&Key-Pair-Id=K1
more-dsn1|sftp://bob:{T}@files.acme.dev/in
more-dsn2|cockroachdb://root:{T}@crdb:26257/bank
more-argv1|docker exec -e MYSQL_PWD={T} db mysql -uroot
more-argv2|skopeo copy --src-creds bob:{T} docker://a docker://b
more-argv3|oc login https://c.acme.dev --token={T}
more-argv4|curl -sku 'admin:{T}' https://h/redfish/v1
more-argv5|openssl rsa -in k.pem -passin pass:{T}
more-argv6|java -jar cli.jar -auth admin:{T} who-am-i
more-argv7|npx wrangler deploy --var API_KEY:{T}
more-argv8|nuget sources add -name x -username u -password {T}
more-argv9|bundle config set gems.acme.dev bob:{T}
more-argv10|kinit bob <<< '{T}'
more-argv11|echo '{T}' | kinit bob
more-argv12|mosquitto_passwd -b f bob {T}
more-argv13|Set-ADAccountPassword -Identity bob -NewPassword (ConvertTo-SecureString -String "{P}" -AsPlainText -Force)
more-argv14|net user bob {P} /add
more-json1|{"token":{"access":"{T}","type":"bearer"}}
more-json2|{"parameters":{"sqlAdminPassword":{"value":"{T}"}}}
more-xml1|<entry key="db.password">{T}</entry>
more-code1|TOKEN: Final = "{T}"
more-code2|@Value("${jwt.secret:{T}}")
more-code3|self.assertTrue(check_password("{P}", h))
more-conf1|env[DB_PASSWORD] = {T}
more-prose1|I logged in with bob:{P} and it worked.
more-prose2|The password was changed to "{P}".
last-hdr1|curl -H "Authorization: SSO-KEY a:{T}" https://d.example
last-hdr2|PATCH /a HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=A/1/eu/s3/aws4_request, SignedHeaders=host, Signature={T}\r\n\r\n
last-hdr3|request_headers_to_add:\n- header: {key: x-api-key, value: "{T}"}
last-dsn1|jdbc:db2://h:50000/d:user=u;password={T};
last-dsn2|ldap.url=ldaps://h;bindDN=cn=a;bindPassword={T}
last-argv1|mysqlsh --uri u:{T}@h:3306
last-argv2|cypher-shell -u neo4j -p {T}
last-argv3|kafka-configs.sh --alter --add-config 'SCRAM-SHA-256=[password={T}]' --entity-name a
last-argv4|aws lambda update-function-configuration --environment "Variables={API_KEY={T}}"
last-argv5|aws iam create-login-profile --user-name a --password '{T}'
last-argv6|aws ecs register-task-definition --container-definitions '[{"environment":[{"name":"DB_PASSWORD","value":"{T}"}]}]'
last-argv7|gcloud run deploy a --set-env-vars=API_KEY={T}
last-argv8|xcrun notarytool submit a --apple-id b --password {T}
last-argv9|bitcoin-cli -rpcuser=a -rpcpassword={T} getinfo
last-argv10|openvpn --auth-user-pass <(echo -e "bob\n{T}")
last-argv11|wg set wg0 private-key <(echo {T})
last-argv12|nmcli con modify a wifi-sec.psk "{T}"
last-argv13|$credential = [PSCredential]::new("bob", ("{P}" | ConvertTo-SecureString -AsPlainText -Force))
last-argv14|winrs -r:h -u:bob -p:{P} cmd
last-yaml1|credentials:\n  system:\n    domainCredentials:\n    - usernamePassword:\n        username: a\n        password: {T}
last-yaml2|basicAuth:\n  users:\n    - "admin:{T}"
last-xml1|<hudson.util.Secret>{P}</hudson.util.Secret>
last-xml2|<Connector keystorePass="{P}" port="8443"/>
last-xml3|<dataSource><jdbc-password>{P}</jdbc-password></dataSource>
last-tf1|output "token" {\n  value = "{T}"\n}
last-sql1|EXEC sp_addlogin 'bob', '{P}';
last-sql2|SELECT dblink_connect('host=h user=u password={P}');
last-sql3|mysql.user: UPDATE user SET authentication_string=PASSWORD('{P}') WHERE User='root';
last-heredoc1|docker secret create tok - <<EOT\n{T}\nEOT
last-code1|JWT_SECRET: z.string().default("{T}")
last-code2|.setAppSecret("{T}")
last-code3|auth_token=lambda: "{T}"
last-conf1|aaa-server x host h\n key {P}
last-prose1|Try `{P}` as the password.
last-code4|page.locator("#password").fill("{P}")
end-argv1|ansible-vault encrypt_string '{T}' --name 'db_password'
end-argv2|cargo login -- {T}
end-argv3|snyk config set api={T}
end-code1|{"content":"credentials = (\"bob\", \"{P}\")"}
end-code2|request.addValue("{T}", forHTTPHeaderField: "X-Api-Key")
end-code3|fmt.Sprintf("Bearer %s", "{T}")
end-code4|bcrypt.compareSync('{P}', hash)
end-code5|var key = Encoding.UTF8.GetBytes("{T}");
end-rc1|lt-cred-mech\nuser=turn:{P}
end-rc2|encrypt = "{K44}"
""".strip("\n")
