"""Places in which secrets stand, sixth set: notes, mails, tickets, tests, logs and settings again.

Written as the first, in `unseen_places`; first looked at when the sets before it were mended.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
idpw|ID: admin PW: {P}
idpw2|(10.0.0.5) ID:root / PW:{P}
idpw3|id/pw : admin/{P}
idpw4|user=admin pass={P} host=db
idpw5|login - bob, password - {P}
idpw6|Username: bob\nPassword: {P}
idpw7|Account: bob@corp.com / {P}
idpw8|bob@corp.com:{P}
idpw9|U: bob  P: {P}
idpw10|- user: bob\n- pass: {P}
note1|VPN creds (bob): {P}
note2|wifi password: {P}
note3|The wifi pass is "{P}".
note4|Root PW = {P}
note5|pw -> {P}
note6|password => {P}
note7|password ({P})
note8|passwd："{P}"
note9|Mot de passe : {P}
note10|Passwort: {P}
note11|Contraseña: {P}
note12|пароль: {P}
note13|密码：{P}
note14|비밀번호: {P}
note15|パスワード: {P}
note16|Senha: {P}
ticket1|Please log in with bob and {P} as the password.
ticket2|I set the password to {P} for now
ticket3|temp password {P}, change it after login
ticket4|use token {T} for the staging API
ticket5|here's the api key: {T}
ticket6|My key is {T}, thanks
ticket7|API Key - {T}
ticket8|Access token ({T}) expires tomorrow
ticket9|secret="{T}" should work
ticket10|new token:\n{T}\n
mail1|Your new password is: {P}\nRegards
mail2|Benutzername: bob\nKennwort: {P}\n
md1|| Service | User | Password |\n\|---\|---\|---\|\n\| db \| app \| {P} \|
md2|- **Token**: `{T}`
md3|1. Set `API_KEY` to `{T}`
md4|```\nexport SECRET={T}\n```
md5|> password: {P}
md6|`DB_PASSWORD`: {P}
rst|:password: {P}
org|#+PASSWORD: {P}
tex|\\newcommand{\\apikey}{{T}}
adoc|:api-token: {T}
csv1|name;user;password\ndb;app;{P}\n
csv2|"id","api_key"\n"1","{T}"\n
csv3|host,port,username,passwd\ndb,5432,app,{P}\n
test1|assert login("bob", "{P}")
test2|self.client.login(username="bob", password="{P}")
test3|expect(login('bob', '{P}')).toBe(true)
test4|Given I log in as "bob" with password "{P}"
test5|When I fill in "Password" with "{P}"
test6|cy.login('bob', '{P}')
test7|await login(page, { user: 'bob', password: '{P}' })
test8|User.create!(email: "b@c.d", password: "{P}")
test9|UserFactory(password="{P}")
test10|"credentials": ["bob", "{P}"]
test11|fixtures: {user: bob, passwd: {P}}
test12|const creds = { login: 'bob', pass: '{P}' };
log1|DEBUG Sending {'Authorization': 'Bearer {T}'}
log2|[2026-01-01] auth header=Bearer {T}
log3|request headers: {authorization=[Bearer {T}], host=[h]}
log4|Connecting with password {P}...
log5|WARN Invalid password '{P}' for user bob
log6|ERROR failed login for bob:{P}@10.0.0.1
log7|token refreshed -> {T}
log8|new session token={T} user=bob
log9|msg="dial" dsn="app:{W}@tcp(db)/x"
log10|params: {"username"=>"bob", "password"=>"{P}"}
log11|Parameters: username=bob, password={P}
log12|args=[--user, bob, --password, {P}]
log13|cmd: /usr/bin/mysql -ubob -p{P} app
log14|[cmd] ['psql', '-U', 'app', '--password={P}']
log15|env: PATH=/bin;DB_PASSWORD={P};HOME=/root
log16|Environ({'HOME': '/root', 'API_TOKEN': '{T}'})
log17|<Request [POST https://bob:{W}@h/x]>
log18|Set-Cookie: JSESSIONID={H}; Path=/; Secure
log19|Cookie: _session={T}; _ga=GA1
log20|redirect to /cb?code=1&access_token={T}
log21|SELECT * FROM users WHERE name='bob' AND password='{P}'
log22|execute <unnamed>: ALTER ROLE app PASSWORD '{P}'
log23|sudo: bob : COMMAND=/usr/bin/mysql -u root -p{P}
log24|audit: type=EXECVE argc=3 a0="curl" a1="-u" a2="bob:{P}"
cfg1|password "{P}"
cfg2|password = {P} ; prod
cfg3|password: {P} # prod
cfg4|"password" : "{P}" ,
cfg5|'password':'{P}'
cfg6|password: '{P}'
cfg7|PASSWORD="{P}"
cfg8|password={P}&x
cfg9|<password><![CDATA[{P}]]></password>
cfg10|<Password>{P}</Password>
cfg11|<entry key="password">{P}</entry>
cfg12|<string name="password">{P}</string>
cfg13|<key>password</key><string>{P}</string>
cfg14|<prop name="token" val="{T}"/>
cfg15|<input name="passwd" value="{P}"/>
cfg16|<setting name="ApiKey" serializeAs="String"><value>{T}</value></setting>
cfg17|password {P}
cfg18|db_pass:{P}
cfg19|api.key={T}
cfg20|apiKey {T}
cfg21|access-key-secret: {T}
cfg22|"secretAccessKey":"{S}"
cfg23|privateKey: "{T}"
cfg24|encryption_key = {H}
cfg25|master.key: {H}
cfg26|SIGNING_KEY={T}
cfg27|webhook_secret: {T}
cfg28|jwtSecret: '{P}'
cfg29|cookie_secret = "{T}"
cfg30|session.secret={P}
cfg31|hmacKey: {K44}
cfg32|salt: {T}
cfg33|pepper = "{T}"
cfg34|passphrase: {P}
cfg35|pin_code: "{P}"
cfg36|auth: "{U}"
cfg37|_auth = {U}
cfg38|"auth": {"password": "{P}"}
cfg39|credential: {P}
cfg40|cred="{P}"
cfg41|ftp_pwd={P}
cfg42|smtp.pwd: {P}
cfg43|sa_password: {P}
cfg44|MYSQL_ROOT_PASS: {P}
cfg45|rootPass: {P}
cfg46|adminPwd = "{P}"
cfg47|userPw: {P}
cfg48|keystore.pass={P}
cfg49|trust-store-password: {P}
cfg50|ssl.key-password={P}
cfg51|ldap.bind.credentials={P}
cfg52|mail.smtp.auth.password={P}
cfg53|proxyPassword={P}
cfg54|http_proxy=http://bob:{W}@proxy:3128
cfg55|remote_token = {T}
cfg56|bot_token: "{T}"
cfg57|telegram: { token: {T} }
cfg58|oauth_consumer_secret={T}
cfg59|refreshToken={T}
cfg60|id_token: {T}
cfg61|X-Api-Key={T}
cfg62|license_key: {T}
cfg63|serial_key: {T}
cfg64|activation_code = {T}
cfg65|client-certificate-password: {P}
cfg66|DB_URI=mysql://app:{W}@db/x
cfg67|dsn: postgres://app:{W}@db/x
cfg68|mongo_url = "mongodb://app:{W}@db/x"
cfg69|url: jdbc:postgresql://db/x?user=app&password={Q}
cfg70|sftp://bob:{W}@host/dir
cfg71|ldap://cn=admin:{W}@dc1
cfg72|smtps://bob%40corp.com:{W}@smtp.corp.com:465
cfg73|rtsp://admin:{W}@cam/1
cfg74|git+https://{T}@github.com/o/r.git
cfg75|git+https://oauth2:{T}@gitlab.com/o/r.git
cfg76|https://x-access-token:{T}@github.com/o/r
cfg77|https://api.telegram.org/bot123456789:{X35}/getMe
cfg78|https://h/?api_key={T}
cfg79|https://h/?a=1&auth_token={T}&b=2
cfg80|https://h/cb#id_token={T}
cfg81|wss://h/?token={T}
cfg82|https://h/api?key={T}
cfg83|https://h/?password={Q}
cfg84|https://h/?sig={T}
cfg85|https://u:{W}@h:8443/p?q=1
code1|password = '{P}'  # noqa
code2|pwd := "{P}"
code3|let pass = `{P}`;
code4|var token = new Token("{T}");
code5|setToken("{T}")
code6|api.authenticate({ token: "{T}" })
code7|options.headers['X-Token'] = '{T}'
code8|headers.append("Authorization", "Bearer {T}")
code9|req.headers["api-key"] = "{T}";
code10|.withToken("{T}")
code11|.auth("bob", "{P}")
code12|.password("{P}")
code13|.setCredentials("bob", "{P}")
code14|login(user: "bob", pass: "{P}")
code15|Auth(user="bob", key="{T}")
code16|db = Database("bob", "{P}")
code17|conn.login('bob','{P}')
code18|ssh.connect(host, username='b', password='{P}')
code19|ftp.login(user="b", passwd="{P}")
code20|imap.login("b@c.d", "{P}")
code21|smtp.login("b@c.d", "{P}")
code22|os.environ['PGPASSWORD'] = '{P}'
code23|ENV["API_KEY"] \|\|= "{T}"
code24|process.env.TOKEN = '{T}'
code25|System.setProperty("api.token", "{T}");
code26|@secret = "{T}"
code27|self.secret_key = '{T}'
code28|this.apiSecret = "{T}";
code29|private const API_KEY = '{T}';
code30|static let token = "{T}"
code31|public static final String PASSWORD = "{P}";
code32|val password by lazy { "{P}" }
code33|const (\n  Token = "{T}"\n)
code34|type = "password", value = "{P}"
code35|$password='{P}';
code36|"-p{P}"
code37|%env(APP_SECRET)% -> {T}
code38|if (pass == "{P}") {
code39|switch(token){ case "{T}": break; }
code40|return "{T}"; // api token
""".strip()
