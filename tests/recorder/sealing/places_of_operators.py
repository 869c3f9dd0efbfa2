"""Places in which secrets stand, second set: what operators type, configure and read in logs.

Written as the first, in `unseen_places`, and before the detectors were looked at.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
hydra|hydra -l admin -p {P} ssh://10.0.0.5
smbclient|smbclient //files/share -U 'CORP\\bob%{P}' -c ls
smbmount|mount -t cifs //files/share /mnt -o username=bob,password={P},domain=CORP
smbcreds|username=bob\npassword={P}\ndomain=CORP\n
ldapsearch|ldapsearch -x -H ldaps://dc1 -D "cn=svc,dc=corp,dc=com" -w '{P}' -b dc=corp,dc=com "(uid=bob)"
ldapmodify|ldappasswd -D cn=admin,dc=corp -w {P} -s {P} uid=bob,ou=people,dc=corp
ldif|dn: uid=bob,ou=people,dc=corp\nuserPassword: {P}\nsn: Bob\n
ldif-b64|dn: uid=bob,dc=corp\nuserPassword:: {B}\n
slapd|rootdn "cn=admin,dc=corp,dc=com"\nrootpw {P}\n
sssd|[domain/corp]\nldap_default_bind_dn = cn=sssd,dc=corp\nldap_default_authtok = {P}\n
kinit|echo '{P}' | kinit svc@CORP.COM
kadmin|kadmin -p admin/admin -w {P} -q "addprinc -pw {P} bob"
snmpv2|snmpwalk -v2c -c {P} 10.1.1.1 system
snmpv3|snmpget -v3 -u monitor -l authPriv -a SHA -A {P} -x AES -X {P} 10.1.1.1 sysUpTime.0
snmpd|rocommunity {P} 10.0.0.0/8
snmpd3|createUser monitor SHA "{P}" AES\n
ios-secret|username admin privilege 15 secret 0 {P}
ios-enable|enable password 0 {P}
ios-snmp|snmp-server community {P} RO 10
ios-tacacs|tacacs server ise\n address ipv4 10.1.1.5\n key 0 {P}\n
ios-radius|radius-server host 10.1.1.6 auth-port 1812 key {P}
ios-bgp|neighbor 10.2.2.2 password {P}
ios-crypto|crypto isakmp key {P} address 203.0.113.9
ios-ospf|ip ospf message-digest-key 1 md5 {P}
ios-wpa|wpa-psk ascii 0 {P}
junos|set system root-authentication plain-text-password-value {P}
junos2|set security ike policy p1 pre-shared-key ascii-text "{P}"
forti|config user local\n edit bob\n set type password\n set passwd {P}\n next\nend
forti2|set psksecret {P}
mikrotik|/user add name=bob password={P} group=full
mikrotik2|/interface wireless security-profiles set default wpa2-pre-shared-key="{P}"
ubnt|set vpn ipsec site-to-site peer 1.2.3.4 authentication pre-shared-secret {P}
wpa|network={\n  ssid="Home"\n  psk="{P}"\n}
nmcli|nmcli dev wifi connect Home password {P}
nmconn|[wifi-security]\nkey-mgmt=wpa-psk\npsk={P}\n
netsh|<sharedKey><keyType>passPhrase</keyType><protected>false</protected><keyMaterial>{P}</keyMaterial></sharedKey>
netsh-out|    Key Content            : {P}
hostapd|ssid=lab\nwpa=2\nwpa_passphrase={P}\n
ipsec-secrets|10.0.0.1 10.0.0.2 : PSK "{P}"
ipsec-xauth|bob : XAUTH "{P}"
wireguard|[Interface]\nPrivateKey = {K44}\nAddress = 10.8.0.2/24\n
wireguard-psk|[Peer]\nPresharedKey = {K44}\nEndpoint = vpn:51820\n
wg-set|wg set wg0 peer abc preshared-key <(echo {K44})
openvpn-auth|<auth-user-pass>\nbob\n{P}\n</auth-user-pass>
chap|"bob" * "{P}" *
pppd|pppd call isp user bob password {P}
openconnect|echo {P} | openconnect --passwd-on-stdin -u bob vpn.corp.com
vpncli|printf 'bob\\n{P}\\ny' | vpncli -s connect vpn
xfreerdp|xfreerdp /v:host /u:bob /p:{P} /cert:ignore
rdesktop|rdesktop -u bob -p {P} host
vnc|x11vnc -passwd {P} -display :0
winrm|evil-winrm -i 10.0.0.4 -u admin -p '{P}'
psexec|psexec \\\\srv1 -u CORP\\bob -p {P} cmd
impacket|secretsdump.py CORP/bob:'{P}'@10.0.0.4
crackmap|crackmapexec smb 10.0.0.0/24 -u bob -p '{P}' --shares
net-use|net use Z: \\\\files\\share {P} /user:CORP\\bob
net-user|net user bob {P} /add
cmdkey|cmdkey /add:srv1 /user:CORP\\bob /pass:{P}
runas|$c = New-Object System.Management.Automation.PSCredential("bob", (ConvertTo-SecureString '{P}' -AsPlainText -Force))
sc-config|sc config svc1 obj= CORP\\bob password= {P}
unattend|<AutoLogon><Password><Value>{P}</Value></Password><Enabled>true</Enabled></AutoLogon>
sysprep|<Credentials><Domain>corp</Domain><Password>{P}</Password><Username>join</Username></Credentials>
webconfig|<identity impersonate="true" userName="CORP\\bob" password="{P}" />
machinekey|<machineKey validationKey="{H}{H}" decryptionKey="{H}" validation="SHA1" />
regfile|[HKEY_LOCAL_MACHINE\\SOFTWARE\\X]\n"ProxyPassword"="{P}"\n
winscp|winscp.com /command "open sftp://bob:{W}@host/" exit
plink|plink -ssh bob@host -pw {P} uptime
sshpass|sshpass -p{P} ssh bob@host
sshpass-env|SSHPASS='{P}' sshpass -e scp f bob@host:
lftp|lftp -e "mirror a b; quit" -u bob,{P} ftp.corp.com
ncftp|ncftpput -u bob -p {P} ftp.corp.com / f
ftp-script|open ftp.corp.com\nuser bob {P}\nbinary\n
ftp-log|---> PASS {P}\n230 Login successful
telnet-log|login: bob\nPassword: {P}\nWelcome
rclone-obs|rclone config create nas sftp host h user bob pass {P}
rsync|RSYNC_PASSWORD={P} rsync -a rsync://bob@h/mod .
rsyncd|# /etc/rsyncd.secrets\nbob:{P}\n
htpasswd|htpasswd -bc .htpasswd bob {P}
squid|cache_peer proxy parent 3128 0 login=bob:{P}
apt-conf|Acquire::http::Proxy "http://bob:{W}@proxy:3128";
apt-auth|machine apt.corp.com login bob password {P}
yum|[corp]\nbaseurl=https://r/\nusername=bob\npassword={P}\n
svn|svn co --username bob --password {P} https://svn/r
cvspass|/1 :pserver:bob@cvs:2401/r A{P}
mailrc|set smtp-auth-user=bob\nset smtp-auth-password={P}\n
msmtp|account corp\nhost smtp.corp.com\nuser bob\npassword "{P}"\n
mutt|set imap_pass = "{P}"
fetchmail|poll imap.corp.com protocol imap username "bob" password "{P}"
offlineimap|remoteuser = bob\nremotepass = {P}\n
postfix-sasl|[smtp.corp.com]:587 bob:{P}
exim|PLAIN:\n  client_send = : bob : {P}\n
swaks|swaks --to a@b.c --server smtp --auth-user bob --auth-password {P}
dovecot|bob:{PLAIN}{P}:1000:1000::/home/bob
ipmitool|ipmitool -I lanplus -H bmc -U admin -P {P} chassis status
racadm|racadm -r 10.0.0.9 -u root -p {P} getsysinfo
redfish|curl -k https://bmc/redfish/v1/SessionService/Sessions -d '{"UserName":"root","Password":"{P}"}'
vcsa|govc about -u 'https://administrator%40vsphere.local:{W}@vc/sdk'
govc|export GOVC_PASSWORD='{P}'
esx|vmware-cmd -H h -U root -P {P} -l
virsh|<graphics type='vnc' port='-1' passwd='{P}'/>
ansible|ansible all -i h, -e ansible_user=bob -e ansible_password={P} -m ping
ansible-inv|web1 ansible_host=10.0.0.2 ansible_ssh_pass={P} ansible_become_pass={P}
ansible-become|ansible_become_password: "{P}"
puppet|user { 'bob': ensure => present, password => '{P}' }
chef|default['app']['db_password'] = '{P}'
salt|mysql.pass: '{P}'
nagios|$USER5$={P}
nagios-nrpe|check_mysql -H db -u nag -p {P}
zabbix|DBPassword={P}
collectd|<Plugin "mysql">\n  <Database db>\n    Password "{P}"\n  </Database>\n</Plugin>
telegraf|[[outputs.influxdb_v2]]\n  urls = ["http://i:8086"]\n  token = "{T}"\n  org = "o"\n
prom-basic|basic_auth:\n  username: p\n  password: {P}\n
prom-bearer|authorization:\n  type: Bearer\n  credentials: {T}\n
alertmgr|smtp_auth_password: '{P}'
grafana-ds|secureJsonData:\n  basicAuthPassword: {P}\n  httpHeaderValue1: "Bearer {T}"\n
haproxy|user bob insecure-password {P}
nginx-hdr|proxy_set_header Authorization "Basic {U}";
traefik|- "traefik.http.middlewares.a.headers.customrequestheaders.X-Secret={T}"
redis-conf|requirepass {P}\nmasterauth {P}\n
redis-acl|ACL SETUSER bob on >{P} ~* +@all
redis-auth|redis-cli AUTH {P}
sentinel|sentinel auth-pass mymaster {P}
log-login|2026-01-02 INFO auth: login attempt user=bob passwd={P} from 10.0.0.3
log-json|{"level":"debug","msg":"request","headers":{"authorization":["Bearer {T}"],"accept":["*/*"]}}
log-conn|psycopg2.OperationalError: connection to "host=db user=app password={P} dbname=app" failed
log-env|[pid 3] execve("/bin/app", ["app"], ["HOME=/root", "DB_PASS={P}"])
log-curl|> GET /v1 HTTP/1.1\n> Host: api\n> Authorization: Bearer {T}\n>
ps-aux|bob  3121  0.0 java -jar app.jar --db.password={P} --port=80
docker-inspect|"Env": ["PATH=/usr/bin", "MYSQL_ROOT_PASSWORD={P}"]
systemd|[Service]\nEnvironment="API_TOKEN={T}" "X=1"\nExecStart=/bin/x\n
crontab|0 3 * * * PGPASSWORD={P} pg_dump app | gzip > /b/a.gz
""".strip()
