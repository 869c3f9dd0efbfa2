"""Places in which secrets stand, eighth set: as examples and fixtures of secret scanners have them.

Written as the first, in `unseen_places`. Passwords of plain words are many here: at a place that
takes nothing else, a word is one.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
aligned-puppet|beta => {\n  host            => 'foo.example.com',\n  user            => 'joan',\n  password        => '{V}',\n}
aligned-rocket|:password       => '{P}',
aligned-hcl|resource "aws_db_instance" "x" {\n  identifier           = "x"\n  password             = "{V}"\n}
aligned-yaml|host:             db\npassword:         {P}
aligned-go|\tHost:       "h",\n\tPassword:   "{V}",
aligned-ini|[client]\nuser          = root\npassword      = {P}
aligned-colon|secret_key     : '{T}'
aligned-env|API_TOKEN         = {T}
log-debug|\t\t[INFO] Sending request to bunny API\n\t\t[DEBUG] Using API_KEY={T}\n\t\t[INFO] Response received: 200 OK
jenkins-string|<com.cloudbees.plugins.credentials.impl.StringCredentialsImpl>\n  <scope>GLOBAL</scope>\n  <id>{bunny}</id>\n  <secret>{bunny AQAAABAAA {T}}</secret>\n</com.cloudbees.plugins.credentials.impl.StringCredentialsImpl>
sentence|You can find a bunny secret {T} within
net-credential|sender.Credentials = new NetworkCredential("builds@example.com", "{V}");
net-entry|new DirectoryEntry("LDAP://EXAMPLE.COM",\n    "ADMNJOANA@EXAMPLE.COM",\n    "{V}");
net-setting|<add key="FromEmailAddress" value="slim.joan@example.com"/>\n<add key="FromEmailPassword" value="{P}"/>
py-azure|credential = UsernamePasswordCredential(\n    client_id='1f6d',\n    username='bernadette',\n    password='{P}')
py-connect|db = MySQLdb.connect("localhost", "bea", "{V}", "shop")
py-auth|requests.get(url, auth=("bea", "{V}"))
py-login|s.login("bea@example.com", "{V}")
py-url|engine = create_engine(URL.create("postgresql", "bea", "{V}", "db"))
py-libpq|conn = psycopg2.connect("dbname=shop user=bea password={V}")
py-env|os.environ.get('DB_PASSWORD', '{V}')
js-or|  pass: process.env.PASS \|\| '{V}',
js-jwt|jwt.sign({id}, '{V}')
js-jwt2|jwt.verify(token, "{V}")
java-driver|DriverManager.getConnection("jdbc:mysql://h/db", "bea", "{V}");
java-property|props.setProperty("password", "{V}");
java-auth|new PasswordAuthentication("bea", "{V}".toCharArray())
java-spec|KeySpec spec = new PBEKeySpec("{V}".toCharArray(), salt, 65536, 256);
java-value|@Value("${jwt.secret:{V}}") private String s;
java-sign|.signWith(SignatureAlgorithm.HS512, "{V}")
go-bytes|var hmacSecret = []byte("{V}")
go-bytes2|jwtKey := []byte("{T}")
go-plain|smtp.PlainAuth("", "bea@example.com", "{V}", "smtp.example.com")
go-basic|client.SetBasicAuth("bea", "{V}")
go-libpq|sql.Open("postgres", "host=h user=bea password={V} dbname=shop sslmode=disable")
php-define|define('DB_PASSWORD', '{V}');
php-mysqli|$conn = mysqli_connect("localhost", "bea", "{V}", "shop");
php-env|'password' => env('DB_PASSWORD', '{V}'),
php-pdo|new PDO($dsn, 'bea', '{V}');
php-curl|curl_setopt($ch, CURLOPT_USERPWD, "bea:{V}");
rb-basic|http.basic_auth 'bea', '{V}'
xml-param|<init-param><param-name>password</param-name><param-value>{V}</param-value></init-param>
xml-env|<Environment name="mail/password" value="{P}" type="java.lang.String"/>
yaml-user|spring:\n  datasource:\n    username: sa\n    password: {V}
yaml-tag|vault_password: !unsafe '{P}'
toml-three|password = '''{P}'''
compose-default|    POSTGRES_PASSWORD: ${DB_PASSWORD:-{V}}
compose-default2|    POSTGRES_PASSWORD: ${DB_PASSWORD:-{P}}
kv-line|username=bea password={V}
kv-slash|user: bea / pass: {V}
kv-lines|login: bea\npassword: {V}
prose-is|echo "The password is '{V}'"
prose-default|The Wombat has a default Access Point Name 'Wombat'\nThe default Password is '{V}'
prose-ensure|just fill in your mount point name, ensure the password is "{V}" and press the "On" button!
prose-user|2. Ensure the password for user 'postgres' is '{V}' or change .env file.
prose-user2|The default password for the user "pyre-user" is "{V}".
pair-slash|(root/{W}!x)
pair-address|10.20.30.40 root/{W}!x
expect|expect -c 'spawn ssh h; expect "password:"; send "{P}"; interact'
pat|    ado_pat =  "{T}"
netrc-text|'''\nmachine api.example.com\n\tlogin dogface\n\tpassword {P}\n'''
note-address|10.20.30.40 (operator/{D})
note-address2|10.20.30.40(operator/{D})
note-address3|wiki:10.20.30.40 build (operator/{D})
note-address4|10.20.30.40-->operator/{D}
note-address5|10.20.30.40,operator/{D}
note-ssh|ssh kim.lee@10.20.30.40 (operator/{D})
note-user|operator@10.20.30.40(pw:{D})
note-named|password operator/{D}
note-id|ID:operator/{D}
note-head|ID/Pass:prod:operator/{D}
note-head2|login/password-operator/{D}
note-head3|ID/Password for operator (operator/{D})
note-head4|(ID&PWD):operator/{D}
note-head5|ID/PW operator({D})
note-head6|IP/ID/PW 10.20.30.40/operator/{D}
note-marked|(ID)operator/(PW){D}
note-korean|계정,비번-operator:{D}
note-korean2|패스워드 {D}
note-korean3|아이디(oper) 비밀번호({D})
note-korean4|kim.lee@10.20.30.40 (비번 {D})
note-in|password in prod is {D}
note-for|password for operator:{D}
note-for2|pass for root = {D}
note-is|operator is username {D} is the password
compare|if user == "admin" and password == "{V}":
list-yaml|seeded_passwords:\n  - {P}\n  - {D}
list-json|"api_keys": ["{T}", "{H}"]
yaml-binary|high_entropy_binary_secret: !!binary {K}
json-parameter|"MasterUserPassword": {"Type": "String", "Default": "{P}", "NoEcho": true}
json-value|"API_KEY": {"type": "string", "value": "{T}"}
cfn-parameter|Parameters:\n  DBPassword:\n    Type: String\n    Default: {V}
rb-fetch|password: ENV.fetch("DB_PASSWORD") { "{V}" }
rb-or|config.password = ENV['P'] \|\| '{W}'
py-or|password = os.environ.get("DB_PASSWORD") or "{V}"
kt-or|val t = System.getenv("API_TOKEN") ?: "{T}"
py-argument|parser.add_argument("--password", default="{V}")
py-option|@click.option("--token", help="of the API", default="{T}")
wp-key|define( 'AUTH_KEY',         '{P}{T}' );
wp-salt|define( 'SECURE_AUTH_KEY',  '{P}{T}' );
page-cell|<td>Password</td><td>{P}</td>
page-term|<dt>Password</dt><dd>{P}</dd>
page-bold|<b>Password:</b> {P}
table-box|│ API_KEY │ {T} │
table-colon|\| Password: \| `{P}` \|
doc-backtick|username `bea` and password `{P}`
doc-backtick2|Default credentials are `admin`/`{P}`
pair-colon|login with admin:{W}!x
pair-host|admin:{W}!x@10.0.0.1
tried|[+] 10.0.0.5:445 - CORP\\bea:{P} (Pwn3d!)
tried2|valid credentials found: bea / {P}
dump|bea:1001:aad3b435b51404eeaad3b435b51404ee:{N}:::
otp|TOTP secret: {O}
at-command|AT+CWJAP="home","{P}"
radius|aaa authentication-server radius host 1.1.1.1 secret {P}
property|hibernate.connection.password={V}
js-sequelize|new Sequelize('db', 'a', '{V}', {dialect: 'mysql'})
py-httpauth|Elasticsearch(['h'], http_auth=('a', '{V}'))
py-oracle|cx_Oracle.connect("a/{V}@h/orcl")
py-oracle2|oracledb.connect('a', '{V}', dsn)
py-ftp|ftp.login('a', '{V}')
py-ldap|ldap.simple_bind_s("cn=a", "{V}")
py-hmac|hmac.new(b"{V}", m, sha256)
py-signer|itsdangerous.Signer('{V}')
compose-map|    environment:\n      POSTGRES_USER: bea\n      POSTGRES_PASSWORD: {V}
compose-line|MYSQL_ROOT_PASSWORD: {V}
yaml-word|admin_password: {V}
yaml-camel|  adminPassword: {V}
yaml-pass|rabbitmq:\n  default_user: bea\n  default_pass: {V}
yaml-init|users:\n  - name: bea\n    plain_text_passwd: {V}
key-pair|AKIA6I0AJSVUR3GOUE0H:{S}
key-csv|AKIA6I0AJSVUR3GOUE0H,{S}
tf-parameter|  value     = "{P}"\n  type      = "SecureString"
registry|    DefaultPassword    REG_SZ    {P}
filezilla|<Server><Host>h</Host><User>bea</User><Pass>{V}</Pass></Server>
studio|"mechanism": "SCRAM", "userName": "bea", "userPassword": "{V}"
leaked-env|DB_PASSWORD={V}\nMAIL_PASSWORD={P}\nAPP_KEY=base64:{B}
csv-keys|User name,Password,Access key ID,Secret access key\nbea,,AKIA6I0AJSVUR3GOUE0H,{S}
cisco|enable secret 8 $8$dsYGNam3K1SIJO${N}kLmNoPqRsT.
roblox|.ROBLOSECURITY=_\|WARNING:-DO-NOT-SHARE-THIS.--Sharing-this-will-allow-someone-to-log-in-as-you-and-to-steal-your-items.\|_{C}
db-ruby|dbh = DBI.connect("DBI:Mysql:mydb:localhost", "root", "{V}")
db-spaced|CONNECTION_URI="postgres://postgres:{P}! x@{N}@db.example:5434/gift"
db-semicolons|Host=your_host; Port=5432; Database=your_database; Username=bea; Password={V};
cisco-level|enable password level 15 {P}
cisco-pac|pac key 0 {P}
cisco-vty|line vty 0 4\n password {V}\n login
cisco-chap|ppp chap password 0 {V}
cisco-keystring|standby 1 authentication md5 key-string {P}
junos-key|authentication-key "$9${N}"
vault|my_secret: !vault \|\n  $ANSIBLE_VAULT;1.1;AES256\n  {N}
env-colon|PASSWORD:{V}
env-adminpwd|adminpwd={V}
seed|seed_phrase = zoo {V} winner thank year wave sausage worth useful legal winner yellow
mnemonic|mnemonic: zoo {V} winner thank year wave sausage worth useful legal winner yellow
set-password|ds.setPassword("{V}");
gradle|signingConfigs { release { storePassword "{V}"; keyAlias "x" } }
shared-key|new StorageSharedKeyCredential("acct", "{K}")
wp-nonce|define("NONCE_SALT", "{P}{T}");
go-signed|jwt.NewWithClaims(m, c).SignedString([]byte("{V}"))
reset-to|Password reset to {D}
form-word|curl -XPOST h -d 'password={V}&user=bea'
""".strip()
