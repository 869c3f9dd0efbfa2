"""Places in which secrets stand, ninth set: of tools, languages and dumps that the others left out.

Written as the first, in `unseen_places`.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
form1|user%5Bemail%5D=a%40acme.dev&user%5Bpassword%5D={W}
form2|utf8=1&session%5Blogin%5D=bob&session%5Bpassword%5D={P}&commit=Log+in
yaml1|password: &dbpw {W}\nreplica_password: *dbpw
yaml2|  api_token: &token "{T}"
yaml3|db:\n- secret_key: &k {T} # shared
php1|  ["password"]=>\n  string(12) "{P}"
php2|  ["apiToken":protected]=>\n  string(40) "{T}"
php3|  ["db_pass":"App\\Config":private]=>\n  string(9) "{W}"
jenkins1|<hudson.util.Secret><plainText>{T}</plainText></hudson.util.Secret>
list1|	 * Username : bob\n	 * Domain   : ACME\n	 * Password : {P}
list2|Account:\n  • user: bob\n  • password: {P}
say1|change DB_PASSWORD from {W} to {P}
say2|Setting password for user "billing" to "{P}" ...
say3|Das Passwort lautet {P}.
say4|{"Passwort": "{P}", "benutzer": "bob"}
say5|mot de passe : {W}
say6|passphrase -> {W}
say7|Password for the staging db: {W}
say8|Hi, the VPN credentials are bob / {P} . Thanks
say9|recovery codes: {D}, a1b2c-{D}
say10|Backup codes:\n{D}\nfk3a9-x7k2m
say11|Connect as postgres with password {W} on port 5432
proto1|127.0.0.1:6379> AUTH default {W}\nOK
proto2|USER deploy\n331 Password required\nPASS {W}
proto3|hibernate.connection.password {W}
proto4|"bob"	*	"{P}"	*
clj1|{:db {:user "app" :password "{W}"}}
cmd1|ldappasswd -x -D cn=admin,dc=acme -w '{P}' -s '{W}' uid=bob,ou=people,dc=acme
cmd2|keytool -importkeystore -srckeystore a.p12 -srcstorepass {W} -destkeystore b.jks -deststorepass {P} -destkeypass {D}
cmd3|influx query -t {K} 'from(bucket:"m")'
cmd4|mvn sonar:sonar -Dsonar.host.url=https://sonar.acme.dev -Dsonar.login={H}
cmd5|b2 account authorize 0012ab34cd56ef70000000001 K001{X24}abc
cmd6|conan user -p {W} -r acme ci
cmd7|passwd deploy <<EOF\n{P}\n{P}\nEOF
cmd8|smbpasswd -s bob <<END\n{W}\n{W}\nEND
call1|new ClientSecretCredential(tenantId, clientId, "{T}");
call2|credentials += Credentials("Nexus", "nexus.acme.dev", "ci", "{W}")
call3|mysql_real_connect(&m, "db1", "root", "{P}", "shop", 0, NULL, 0);
call4|mysqli_real_connect($link, 'db1', 'root', '{W}', 'shop');
call5|SecretValue.unsafePlainText("{W}")
call6|password_hash => postgresql_password('app', '{W}')
jar1|#HttpOnly_.acme.dev	TRUE	/	TRUE	1767225600	session_id	{T}
jar2|acme.dev	FALSE	/app	FALSE	0	remember_me	{H}
export1|[{"domain": ".acme.dev", "httpOnly": true, "name": "sess", "path": "/", "value": "{T}"}]
export2|{"name":"__Host-session","value":"{T}","path":"/","httpOnly":true}
key1|- header: { key: "x-upstream-key", value: "{X24}" }
key2|mutation { variableUpsert(input: {name: "STRIPE_KEY", value: "{T}"}) }
kube1|data:\n  .dockerconfigjson: eyJhdXRocyI6eyJyZWdpc3RyeS5hY21l{B}
kube2|{"kind": "x", "data": {".dockercfg": "eyJodHRwczovL3JlZ2lzdHJ5{B}"}}
sed1|sed -i "s\|__TOKEN__\|{T}\|" config.js
sed2|sed -e 's#@DB_PASSWORD@#{D}#g' -i app.conf
odbc1|DRIVER={ODBC Driver 18};SERVER=db1;UID=loader;PWD={{D}&3t~Li=;}};DATABASE=x
url1|spring.redis.url=rediss://:{X24}/a1boA9=@cache.acme.dev:6380
cols1|TOKEN                     TTL   EXPIRES\nq7xk2m.{D}qx4b9d   23h   2025-03-02T10:00:00Z
cols2|ID   NAME      ACCESS TOKEN               CREATED\n1    deploy    {X24}   2025-03-02
cols3|NAME    TOKEN                                            \nci      {T}\ncd      none
sql1|SELECT pgp_sym_encrypt('x', '{D}');
sql2|UPDATE t SET v = AES_ENCRYPT('x', '{D}') WHERE id = 1;
sql3|SELECT EncryptByPassPhrase('{D}', @card);
two1|API_KEY = ("{X24}"\n           "{D}4")
two2|const token = "{X24}" + "{D}4";
two3|opts = weboptions('Username','ci','Password','{D}');
erl1|{'$write_key',<<"{H}">>}.
js1|headers.set('Authorization', 'Basic ' + btoa('admin:{W}'));
pg1|pg1.acme.dev:5432:*:app:{W}
jm1|<stringProp name="Header.name">X-Api-Key</stringProp>\n<stringProp name="Header.value">{T}</stringProp>
rest1|GET https://api.acme.dev/me\nAuthorization: Basic svc-report {W}
hurl1|[BasicAuth]\nsvc-report: {P}
echo1|echo "{W}" | bin/elasticsearch-keystore add -x xpack.http.ssl.keystore.secure_password
echo2|echo '{P}' | realm join -U admin acme.dev
echo3|echo '{W}' | zfs load-key tank/secure
rake1|gitlab-rake "gitlab:password:reset[root,{P}]"
curl1|curl -X PUT -H 'Content-Type: text/plain' --data '{D}' https://h/security/users/admin/change-password
eval1|msmtp --host=h --user=bob --passwordeval="echo {W}" a@b.c
eval2|impala-shell -i h -l -u etl --ldap_password_cmd="echo -n {P}"
eval3|restic --password-command 'echo {W}' snapshots
post1|smtp.acme.dev:587 bob:{P}
ftpd1|SQLConnectInfo app@db1 app {W}
boss1|<credential-reference clear-text="{P}"/>
audit1|type=EXECVE msg=audit(1): argc=3 a0="mysql" a1="-uroot" a2="-p{P}"
box1|│ DB_PASSWORD │ {W} │
onep1|{"id":"password","type":"CONCEALED","label":"password","value":"{P}"}
keep1|<String><Key>Password</Key><Value ProtectInMemory="True">{P}</Value></String>
chat1|btw the db pw on staging is still {P}, don't tell anyone
at1|bob:{D}!x@10.0.0.4
wrap1|+password: \|\n+  {D}
wrap2|redis.conf:12:requirepass {P}
wrap3|12:masterauth {W}
wrap4|web-1  \| a1 LOGIN bob {P}
wrap5|     3→< set-cookie: PHPSESSID={X24}; path=/
wrap6|{"output": "< set-cookie: PHPSESSID={X24}; path=/; HttpOnly"}
""".strip()
