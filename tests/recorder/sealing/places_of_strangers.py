"""Places in which secrets stand, seventh set: a third round through all kinds, after mending.

Written as the first, in `unseen_places`; first looked at when the sets before it were mended.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
curl1|curl -sS -XPOST https://h/login --data-urlencode "password={P}"
curl2|curl https://h -F 'token={T}' -F file=@a
curl3|curl -H "Auth-Token:{T}" https://h
curl4|curl --header 'X-Access-Token: {T}' https://h
curl5|curl -K - <<< 'user = "bob:{P}"'
curl6|curl --json '{"user":"bob","pass":"{P}"}' https://h
curl7|curl "https://h/api?user=bob&pwd={Q}"
curl8|curl --proxy http://bob:{W}@p:3128 https://h
curl9|curl -u bob:'{P}' https://h
curl10|curl --cookie "auth={T}" https://h
http1|POST /login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\r\n{"email":"b@c.d","password":"{P}"}
http2|X-Vault-Token: {T}
http3|x-goog-api-key: {T}
http4|X-Figma-Token: {T}
http5|X-Auth-Email: a@b.c\nX-Auth-Key: {H}
http6|Api-Key: {T}
http7|X-Gitlab-Token: {T}
http9|authorization: Bearer {T}\ncontent-type: application/json
http10|"headers": {"Authorization": "Basic {U}"}
http11|-H 'authorization: apikey {T}'
http12|Proxy-Authorization: Basic {U}
http13|:authority: h\nauthorization: token {T}
http14|Set-Cookie: remember_token={T}; expires=Fri
http15|cookie: connect.sid=s%3A{T}
env1|SPRING_DATASOURCE_PASSWORD={P} java -jar a.jar
env2|export AWS_SESSION_TOKEN="{L}"
env3|DJANGO_SECRET_KEY='{P}'
env4|env -i TOKEN={T} ./run
env5|sudo -E DB_PW={P} ./x
env6|docker run --env=REDIS_PASSWORD={P} img
env7|docker compose run -e API_KEY={T} web
env8|kubectl run x --env="TOKEN={T}" --image=i
env9|ExecStart=/usr/bin/env SECRET={T} /bin/x
env10|Environment=DB_PASSWORD={P}
env11|SetEnv API_SECRET "{T}"
env12|passenv: x\nsetenv =\n    TOKEN = {T}\n
env13|process.env['SECRET_KEY'] = '{T}'
env14|os.putenv("API_TOKEN", "{T}")
env15|$Env:DB_PASSWORD='{P}'
env16|setx /M SA_PASSWORD {P}
env17|@set TOKEN={T}
env18|launchctl setenv API_KEY {T}
env19|heroku config:add API_SECRET={T}
env20|eb setenv DB_PASSWORD={P}
env21|gcloud run deploy x --set-env-vars=API_KEY={T}
env22|az containerapp update --set-env-vars "PW={P}"
env23|aws lambda update-function-configuration --environment "Variables={DB_PASS={P}}"
env24|cf set-env app DB_PASSWORD {P}
env25|now secrets add api-key "{T}"
env26|vercel env add SECRET production <<< "{T}"
env27|netlify env:set API_KEY {T}
env28|wrangler secret:bulk '{"API_KEY":"{T}"}'
env29|dotnet user-secrets set "Db:Password" "{P}"
env30|rails credentials: secret_key_base: {H}
env31|mix phx.gen.secret\n{T}\n
env32|nix: environment.variables.TOKEN = "{T}";
cli1|mycli -u root -p {P} app
cli2|pgcli -h h -U u -W {P}
cli3|psql "host=h user=u password={P}"
cli4|psql postgresql://u:{W}@h/d -c 'select 1'
cli5|mysql --user=root --password={P} app
cli6|mariadb-dump -uroot -p'{P}' app
cli7|mongorestore -u a -p {P} --archive
cli8|redis-cli -u redis://:{W}@h:6379
cli9|redis-cli -h h --user bob --pass {P} ping
cli10|clickhouse client --password='{P}' -q x
cli11|cqlsh -u a -p '{P}' h
cli12|sqlplus sys/{W}@orcl as sysdba
cli13|rman target sys/{W}@orcl
cli14|db2 connect to d user u using {P}
cli15|isql -S h -U sa -P {P}
cli16|tsql -S h -U sa -P {P}
cli17|Invoke-Sqlcmd -ServerInstance h -Username sa -Password '{P}'
cli18|sqlpackage /TargetPassword:{P} /Action:Publish
cli19|liquibase --username=a --password={P} update
cli20|flyway -user=a -password={P} migrate
cli21|sqitch deploy db:pg://a:{W}@h/d
cli22|ssh-keygen -t ed25519 -N '{P}' -f k
cli23|ssh-keygen -p -P {P} -N {P} -f k
cli24|openssl genrsa -aes256 -passout pass:{P} 2048
cli25|openssl pkcs12 -in a.pfx -password pass:{P}
cli26|keytool -importkeystore -srcstorepass {P} -deststorepass {P}
cli27|ansible-playbook x.yml --extra-vars "db_password={P}"
cli28|ansible-playbook x.yml -e '{"vault_token":"{T}"}'
cli29|knife bootstrap h -x bob -P {P}
cli30|salt-call grains.get x --password={P}
cli31|vagrant cloud auth login --token {T}
cli32|packer build -var "aws_secret_key={S}" t.json
cli33|terraform login <<< {T}
cli34|tfc -token={T} run
cli35|pulumi login --access-token {T}
cli36|snyk auth {T}
cli37|sonar-scanner -Dsonar.login={T}
cli38|codecov -t {T}
cli39|coveralls --repo-token {T}
cli40|semantic-release --gh-token {T}
cli41|goreleaser --github-token={T}
cli42|hub api -H "Authorization: token {T}" user
cli43|glab auth login --stdin <<< {T}
cli44|tea login add --token {T} --url https://g
cli45|jira login --token {T}
cli46|jf config add s --access-token={T}
cli47|jfrog rt u a b --apikey={T}
cli48|cloudsmith push deb o/r x.deb -k {T}
cli49|fury push a.gem --api-token={T}
cli50|gem push a.gem --key k --otp 1 --api-key {T}
cli51|npx vsce publish -p {T}
cli52|ovsx publish -p {T}
cli53|web-ext sign --api-key=user:1:2 --api-secret={T}
cli54|flutter build --dart-define=API_KEY={T}
cli55|gradle publish -PossrhPassword={P}
cli56|mvn -Dgpg.passphrase={P} deploy
cli57|sbt -Dsonatype.password={P} publish
cli58|lein deploy -p {P} clojars
cli59|pip config set global.index-url https://u:{W}@h/simple
cli60|pip download --extra-index-url https://{T}@pypi.h/simple x
cli61|uv pip install --index-url https://u:{W}@h/simple x
cli62|conda install -c https://h/t/{T}/c x
cli63|restic -r rest:https://u:{W}@h/ backup .
cli64|borg init --encryption=repokey ; export BORG_PASSPHRASE={P}
cli65|duplicity full . scp://u:{W}@h/d
cli66|rclone copy a :sftp:b --sftp-host h --sftp-user u --sftp-pass {P}
cli67|mc config host add s https://m AK {S}
cli68|smbget -U 'bob%{P}' smb://h/s/f
cli69|mount.cifs //h/s /m -o user=bob,pass={P}
cli70|sshfs -o password_stdin bob@h:/ /m <<< '{P}'
cli71|wget --user=bob --password='{P}' https://h
cli72|lynx -auth=bob:{P} https://h
cli73|httpie --auth=bob:{P} GET h
cli74|newman run c.json --env-var "token={T}"
cli75|k6 run -e TOKEN={T} s.js
cli76|locust --headless -u 1 --password {P}
cli77|grpcurl -rpc-header "authorization: Bearer {T}" h:443 list
cli78|evans --header token={T} repl
cli79|mosquitto_sub -u a -P '{P}' -t x
cli80|nats pub a b --creds /x --user u --password '{P}'
cli81|kafkacat -b h -X sasl.password='{P}' -L
cli82|rabbitmqadmin --username=a --password={P} list queues
cli83|telegram-send --configure --token {T}
cli84|slackcat --token={T} -c c f
cli85|sendemail -xu bob -xp {P} -t a@b.c
cli86|mutt -e 'set smtp_pass="{P}"'
cli87|fetchmail -u bob --password {P}
cli88|vpnc --gateway g --id i --secret {P} --username bob
cli89|openvpn --config c --auth-user-pass <(printf 'bob\n{P}\n')
cli90|wpa_passphrase Home {P}
cli91|iwctl --passphrase {P} station wlan0 connect Home
cli92|networksetup -setairportnetwork en0 Home {P}
cli93|netsh wlan set hostednetwork key={P}
cli94|nmcli con add type wifi ssid x wifi-sec.psk {P}
cli95|hdiutil attach a.dmg -stdinpass <<< {P}
cli96|diskutil apfs unlockVolume d -passphrase {P}
cli97|veracrypt -t -p {P} v /m
cli98|gocryptfs -extpass "echo {P}" a b
cli99|dscl . -passwd /Users/bob {P}
""".strip()
