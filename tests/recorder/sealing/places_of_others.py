"""Places in which secrets stand, fifth set: a second round through all kinds, after mending.

Written as the first, in `unseen_places`; first looked at when the sets before it were mended.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
ab|ab -n 100 -A bob:{P} https://h/
siege|siege -H "Authorization:Basic {U}" https://h
vegeta|echo "GET https://h" | vegeta attack -header "X-Api-Key: {T}"
wrk|wrk -H 'Cookie: sid={T}' https://h
hey|hey -a bob:{P} https://h
aria2|aria2c --http-user=bob --http-passwd={P} https://h/f
axel|axel -H "Authorization: Bearer {T}" https://h/f
ytdlp|yt-dlp -u bob -p '{P}' https://v
ffmpeg|ffmpeg -i rtsp://admin:{W}@10.0.0.7/stream out.mp4
onvif|gst-launch-1.0 rtspsrc location=rtsp://10.0.0.7 user-id=admin user-pw={P} ! fakesink
nikto|nikto -h h -id admin:{P}
sqlmap|sqlmap -u h --auth-type=Basic --auth-cred="bob:{P}"
wpscan|wpscan --url h --api-token {T}
burp|gobuster dir -u h -U bob -P {P} -w l
ffuf|ffuf -u h/FUZZ -H "X-Auth: {T}"
nmap|nmap --script smb-enum-shares --script-args smbuser=bob,smbpass={P} h
msf|msf6 > set SMBPass {P}
rpcclient|rpcclient -U "bob%{P}" dc1
ldapwhoami|ldapwhoami -x -D cn=bob -w{P}
dsquery|dsmod user "CN=Bob,DC=corp" -pwd {P} -mustchpwd no
adduser|New-ADUser -Name bob -AccountPassword (ConvertTo-SecureString -String "{P}" -AsPlainText -Force)
setad|Set-ADAccountPassword bob -NewPassword (ConvertTo-SecureString "{P}" -AsPlainText -Force)
localuser|net localgroup x & net user admin "{P}" /add
wmi|$opt.Password = "{P}"
pscred|$cred = [pscredential]::new('bob', ('{P}' | ConvertTo-SecureString -AsPlainText -Force))
psnet|(New-Object Net.WebClient).Credentials = New-Object Net.NetworkCredential("bob","{P}")
psparam|Connect-VIServer vc -User admin -Password {P}
psparam2|Connect-AzAccount -ServicePrincipal -ApplicationId x -CertificatePassword '{P}'
psheader|$headers = @{ 'PRIVATE-TOKEN' = '{T}' }
psenvset|[Environment]::SetEnvironmentVariable("API_TOKEN", "{T}", "User")
iis|appcmd set config /section:applicationPools "/[name='x'].processModel.password:{P}"
appcmd|appcmd set apppool x /processModel.userName:bob /processModel.password:{P}
dism|dism /apply-unattend ; netdom join pc /domain:corp /userd:bob /passwordd:{P}
djoin|wmic computersystem where name="pc" call joindomainorworkgroup name=corp password="{P}" username=bob
autologon|autologon.exe bob corp {P} /accepteula
winvnc|reg add HKLM\\SW /v ProxyPass /d {P} /f
rdpfile|password 51:b:{H}
ansiblevault|echo '{P}' > .vault_pass
vaultfile|$ cat vault-password.txt\n{P}\n
secretfile|$ cat /run/secrets/db_password\n{P}\n$
catfile|$ cat ~/.config/token\n{T}\n
printvar|$ echo $DB_PASSWORD\n{P}\n
printvar2|$ echo "$API_TOKEN"\n{T}\n$ ls
kubectlget|$ kubectl get secret db -o jsonpath='{.data.password}' | base64 -d\n{P}\n
opread|$ op read op://prod/db/password\n{P}\n
passshow|$ pass show db/prod\n{P}\nuser: bob\n
vaultread|$ vault kv get -field=password secret/db\n{P}\n
awsout|$ aws secretsmanager get-secret-value --secret-id db --query SecretString --output text\n{P}\n
tfout|$ terraform output -raw db_password\n{P}\n
gcloudout|$ gcloud auth print-access-token\n{T}\n
ghout|$ gh auth token\n{T}\n
azout|$ az account get-access-token --query accessToken -o tsv\n{T}\n
dockerenv|$ docker exec db printenv MYSQL_ROOT_PASSWORD\n{P}\n
openssl-rand|$ openssl rand -base64 32\n{K44}\n
pwgen|Generated password: {P}
initialpw|The generated password for user admin is: {P}
jenkinsinit|Please use the following password to proceed to installation:\n\n{H}\n
argoinit|argocd admin initial-password -n argocd\n{P}\n
mysqltmp|[Note] A temporary password is generated for root@localhost: {P}
elastic-reset|Password for the [elastic] user successfully reset.\nNew value: {P}\n
k3stoken|K10{H}::server:{H}
minio|mc alias set s3 https://m {T} {S}
s3cmd|s3cmd --access_key=x --secret_key={S} ls
s3cfg|[default]\naccess_key = x\nsecret_key = {S}\n
boto|[Credentials]\naws_access_key_id = x\naws_secret_access_key = {S}\n
s3fs|echo x:{S} > ~/.passwd-s3fs
rclonecfg|[nas]\ntype = sftp\nuser = bob\npass = {P}\n
b2|b2 account authorize keyid {T}
swift|swift -A https://k -U a:b -K {P} list
gsutil|gs_secret_access_key = {S}
azcopy|azcopy cp f "https://a.blob.core.windows.net/c?sv=1&sig={Q}"
sops|age: ENC\nunencrypted_token: {T}\n
kustomize|secretGenerator:\n- name: db\n  literals:\n  - password={P}\n
sealed|kubeseal --raw --from-literal pw={P}
externalsec|spec:\n  provider:\n    vault:\n      auth:\n        tokenValue: {T}\n
helmfile|    set:\n      - name: db.password\n        value: {P}\n
argoapp|helm:\n  parameters:\n  - name: adminPassword\n    value: "{P}"\n
kopssecret|kops create secret dockerconfig -f x --password {P}
istio|- key: authorization\n  value: Bearer {T}\n
envoy|request_headers_to_add:\n- header: {key: "x-api-key", value: "{T}"}\n
kong|curl -X POST kong:8001/consumers/bob/key-auth --data "key={T}"
kong2|curl kong:8001/consumers/bob/basic-auth --data "username=bob" --data "password={P}"
consulkv|consul kv put db/password {P}
etcd|etcdctl --user root:{P} get /
etcd2|etcdctl put /prod/db/password '{P}'
zk|zkCli.sh addauth digest bob:{P}
redis-url|REDIS_URL=redis://:{W}@cache:6379/0
redis-py|Redis.from_url("rediss://default:{W}@c:6380")
celery|broker_url = 'amqp://guest:{W}@mq//'
rabbitctl|rabbitmqctl add_user bob {P}
rabbitctl2|rabbitmqctl change_password bob '{P}'
rabbitadm|rabbitmqadmin -u bob -p {P} list queues
kafkaprop|ssl.keystore.password={P}\nssl.key.password={P}\n
kafkacli|kafka-console-consumer --consumer-property sasl.jaas.config='X required username="a" password="{P}";'
pulsar|pulsar-admin --auth-params token:{T} topics list p
natscreds|nats --user bob --password {P} pub a b
mqttjs|mqtt.connect('mqtts://h', { username: 'bob', password: '{P}' })
activemq|<authenticationUser username="bob" password="{P}" groups="a"/>
ibmmq|DEFINE CHANNEL(C) PASSWORD('{P}') USERID('bob')
cups|lpadmin -p hp -v ipp://bob:{W}@printer/ipp
printer|<prt:AdminPassword>{P}</prt:AdminPassword>
pjl|@PJL DEFAULT PASSWORD={P}
hpweb|Password=12345&NewPassword={Q}&VerifyPassword={Q}
idrac|racadm set iDRAC.Users.2.Password {P}
ilo|<ADMINISTRATOR_PASSWORD VALUE="{P}"/>
ilo2|<LOGIN USER_LOGIN="admin" PASSWORD="{P}">
vyos|set system login user bob authentication plaintext-password '{P}'
asa|username bob password {P} privilege 15
asa2|tunnel-group 1.2.3.4 ipsec-attributes\n ikev1 pre-shared-key {P}\n
nxos|snmp-server user bob auth sha {P} priv {P}
eos|username bob secret 0 {P}
aruba|wlan ssid-profile x\n wpa-passphrase {P}\n
paloalto|set mgt-config users admin password\nEnter password   : {P}
openwrt|uci set wireless.@wifi-iface[0].key='{P}'
openwrt2|	option key '{P}'
pfsense|<pre-shared-key>{P}</pre-shared-key>
dnsmasq|dhcp-option=encap:175,190,user\nppp-password={P}\n
bind|key "tsig" {\n  algorithm hmac-sha256;\n  secret "{K44}";\n};
nsupdate|nsupdate -y hmac-sha256:tsig:{K44}
ddclient|protocol=dyndns2\nlogin=bob\npassword='{P}'\nhost.dyndns.org
letsenc|dns_cloudflare_api_token = {T}
acme|export CF_Token="{T}"
acme2|CLOUDFLARE_EMAIL=a@b.c CLOUDFLARE_API_KEY={H} lego run
frp|[common]\ntoken = {T}\n
ngrok|authtoken: {T}
tailscale|tailscale up --authkey {T}
cloudflared|cloudflared service install {L}
zerotier|zerotier-cli -T{T} info
ss|ss-local -s h -p 443 -k {P} -m aes-256-gcm
trojan|{"password": ["{P}"], "remote_addr": "h"}
v2ray|"users": [{"user": "bob", "pass": "{P}"}]
socks|curl --socks5 bob:{P}@proxy:1080 https://h
proxychains|socks5 10.0.0.1 1080 bob {P}
stunnel|PSKsecrets = x\nbob:{H}
pam|auth required pam_ldap.so bindpw={P}
krb5|default_keytab_password = {P}
radius|client 10.0.0.0/8 {\n  secret = {P}\n}
freeradius|bob Cleartext-Password := "{P}"
radtest|radtest bob {P} localhost 0 testing123
samba|echo -e '{P}\n{P}' | smbpasswd -a -s bob
autofs|share -fstype=cifs,username=bob,password={P} ://nas/share
fstab|//nas/share /mnt cifs username=bob,password={P},uid=1000 0 0
davfs|https://dav.corp.com bob {P}
pgservice|[prod]\nhost=db\nuser=app\npassword={P}\n
pgbouncer|"app" "{P}"
pgloader|pgloader mysql://root:{W}@h/db pgsql:///db
mycnf|[client]\nuser=root\npassword={P}\n
mylogin|mysql --defaults-extra-file=<(printf "[client]\npassword={P}")
mysqlsh|mysqlsh --uri root:{W}@db:3306
mysqlimport|mysqlimport --password='{P}' app t.txt
mongoexp|mongodump --uri="mongodb://a:{W}@h/db"
mongosh|mongosh "mongodb://h/db" --username a --password {P}
cypher|cypher-shell -u neo4j -p {P} "MATCH (n) RETURN n"
arango|arangosh --server.username root --server.password {P}
couch|curl -X PUT http://admin:{W}@couch:5984/db
dynamo|influx -username admin -password '{P}' -execute q
snowsql|snowsql -a x -u bob --authenticator x -o password={P}
bq|bq --oauth_access_token={T} query x
redshift|copy t from 's3://b' access_key_id 'x' secret_access_key '{S}'
hive|beeline -u jdbc:hive2://h:10000 -n bob -p {P}
spark|spark.hadoop.fs.s3a.secret.key {S}
hadoop|<property><name>fs.s3a.secret.key</name><value>{S}</value></property>
sqoop|sqoop import --connect jdbc:mysql://h/d --username a --password {P}
jdbc|jdbc:sqlserver://h:1433;databaseName=d;user=sa;password={P};
jdbc2|jdbc:mysql://h/d?user=root&password={Q}
odbc|DSN=prod;UID=bob;PWD={P};
odbc2|Driver={ODBC Driver 17};Server=h;Uid=bob;Pwd={P}
ado|Provider=MSOLEDB;Data Source=h;User ID=bob;Password="{P}";
ef|optionsBuilder.UseSqlServer("Server=h;User Id=sa;Password={P};")
gorm|dsn := "host=h user=u password={P} dbname=d port=5432"
sqlalchemy|create_engine("postgresql+psycopg2://u:{W}@h/d")
prisma|DATABASE_URL="postgresql://u:{W}@h:5432/d?schema=public"
typeorm|  password: process.env.DB_PASS \|\| '{P}',
knex|connection: { host: 'h', user: 'u', password: '{P}', database: 'd' }
django|'PASSWORD': os.getenv('DB_PASS', '{P}'),
flask|app.config['SECRET_KEY'] = '{P}'
flask2|app.secret_key = "{P}"
rails|  secret_key_base: {H}{H}
laravel|APP_KEY=base64:{K44}
symfony|APP_SECRET={H}
wp|define('LOGGED_IN_SALT',   '{T}');
spring|  datasource:\n    username: app\n    password: '{P}'\n
springjwt|jwt:\n  secret: {T}\n
quarkus|quarkus.datasource.password={P}
nest|JwtModule.register({ secret: '{P}', signOptions: {} })
passport|new GoogleStrategy({ clientID: 'x', clientSecret: '{T}' })
express|cookieParser('{P}')
aspnet|"Jwt": { "Key": "{T}", "Issuer": "x" }
aspnet2|services.AddAuthentication().AddGoogle(o => { o.ClientSecret = "{T}"; });
gin|store := cookie.NewStore([]byte("{P}"))
actix|Key::from(b"{T}")
phoenix|signing_salt: "{P}"
ios-swift|request.addValue("Bearer {T}", forHTTPHeaderField: "Authorization")
retrofit|@Headers("X-Api-Key: {T}")
okhttp|.header("Authorization", Credentials.basic("bob", "{P}"))
flutter|headers: {'Authorization': 'Bearer {T}'}
unity|www.SetRequestHeader("Authorization", "Bearer {T}");
lua|ngx.req.set_header("Authorization", "Bearer {T}")
vcl|set bereq.http.Authorization = "Basic {U}";
apache|RequestHeader set X-Api-Key "{T}"
apache2|AuthLDAPBindPassword "{P}"
apache3|ProxyPass / http://bob:{W}@backend/
caddy|basicauth {\n  bob {P}\n}
tomcat|<Resource name="jdbc/x" username="u" password="{P}" />
jboss|<security><user-name>u</user-name><password>{P}</password></security>
wildfly|/subsystem=datasources/data-source=X:write-attribute(name=password,value={P})
weblogic|connect('weblogic','{P}','t3://h:7001')
websphere|-user wasadmin -password {P}
sap|ashost=h client=100 user=bob passwd={P}
mule|<http:basic-authentication username="bob" password="{P}" />
camel|from("ftp://bob@h?password={W}")
nifi|Password: {P}
airflow|airflow connections add x --conn-login a --conn-password {P}
airflow2|AIRFLOW_CONN_DB='postgres://a:{W}@h/d'
dbt|      user: a\n      password: {P}\n      port: 5432\n
superset|SQLALCHEMY_DATABASE_URI = 'mysql://a:{W}@h/d'
jupyter|c.NotebookApp.token = '{T}'
jupyter2|c.ServerApp.password = '{P}'
mlflow|MLFLOW_TRACKING_PASSWORD={P} mlflow run .
wandb|wandb.login(key="{H}")
hf|login(token="{T}")
openai|client = OpenAI(api_key="{T}")
openai2|openai.api_key = "{T}"
langchain|ChatOpenAI(openai_api_key='{T}')
azureai|AzureKeyCredential("{T}")
google|genai.configure(api_key="{T}")
stripe|stripe.api_key = '{T}'
twilio|Client("AC1", "{H}")
slack|WebClient(token="{T}")
telegram|Application.builder().token("{T}").build()
discord|client.login('{T}')
discord2|bot.run("{T}")
tweepy|tweepy.OAuthHandler("x", "{T}")
praw|praw.Reddit(client_id="x", client_secret="{T}", user_agent="u")
github|Github("{T}")
github2|github.NewTokenClient(ctx, "{T}")
sendgrid|sgMail.setApiKey('{T}')
mailgun|auth=("api", "{T}")
firebase|firebase.initializeApp({ apiKey: "{T}" })
supabase|createClient('https://x.supabase.co', '{T}')
algolia|algoliasearch('APP', '{H}')
pusher|new Pusher({ appId: "1", key: "k", secret: "{H}" })
mapbox|mapboxgl.accessToken = '{T}';
sentry|SENTRY_AUTH_TOKEN={T} sentry-cli releases new 1
expo|EXPO_TOKEN={T} eas build
appcenter|appcenter login --token {T}
codepush|code-push login --accessKey {T}
gplay|supply --json_key_data '{"private_key_id": "{H}"}'
xcode|xcrun notarytool store-credentials p --apple-id a --password {P}
codesign|productsign --keychain k --keychain-password {P}
androidprops|RELEASE_STORE_PASSWORD={P}\nRELEASE_KEY_PASSWORD={P}\n
fdroid|keystorepass = "{P}"
cordova|--storePassword={P} --password={P}
electron|CSC_KEY_PASSWORD={P} electron-builder
wix|signtool.exe sign /f c.pfx /p "{P}" a.msi
osslsign|osslsigncode sign -pkcs12 c.p12 -pass {P} -in a -out b
gpgpin|gpg --pinentry-mode loopback --passphrase {P} -s f
debsign|GPG_PASSPHRASE={P} debsign x.changes
""".strip()
