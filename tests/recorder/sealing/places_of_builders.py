"""Places in which secrets stand, third set: clouds, continuous integration, packages and clusters.

Written as the first, in `unseen_places`, and before the detectors were looked at.
"""

from __future__ import annotations

__all__ = ["PLACES"]

PLACES = r"""
gha-env|      - run: ./deploy\n        env:\n          DEPLOY_KEY: {T}\n
gha-with|      - uses: docker/login-action@v3\n        with:\n          username: bot\n          password: {P}\n
gha-mask|echo "::add-mask::{T}"
gha-output|echo "token={T}" >> "$GITHUB_OUTPUT"
gha-setenv|echo "API_TOKEN={T}" >> $GITHUB_ENV
gha-log|2026-03-01T10:00:00.1234567Z   NPM_AUTH: {T}
gh-secret|gh secret set DEPLOY -b"{T}" -R o/r
gh-auth|echo {T} | gh auth login --with-token
gh-api|gh api -X PUT /repos/o/r/actions/secrets/X -f encrypted_value={T}
glab|glab auth login --token {T}
gitlab-var|variables:\n  SONAR_TOKEN: "{T}"\n
gitlab-api|curl --request POST --header "PRIVATE-TOKEN: {T}" "https://gitlab/api/v4/projects"
gitlab-job|curl --header "JOB-TOKEN: {T}" https://gitlab/api
gitlab-runner|gitlab-runner register --registration-token {T} --url https://gitlab
gitlab-toml|[[runners]]\n  name = "r"\n  token = "{T}"\n
gitlab-pass|gitlab_rails['initial_root_password'] = '{P}'
gitlab-smtp|gitlab_rails['smtp_password'] = "{P}"
jenkins-cred|<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl><username>b</username><password>{P}</password></com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>
jenkins-str|<secret>{T}</secret>
jenkins-groovy|def creds = new UsernamePasswordCredentialsImpl(CredentialsScope.GLOBAL, "id", "d", "bob", "{P}")
jenkins-casc|          - string:\n              scope: GLOBAL\n              id: tok\n              secret: "{T}"\n
jenkins-url|curl -X POST http://bob:{W}@jenkins/job/x/build
jenkins-trig|curl "http://jenkins/job/x/build?token={T}"
jenkins-env|environment { NEXUS_PASS = '{P}' }
circle|curl -H "Circle-Token: {T}" https://circleci.com/api/v2/me
circle-env|circleci setup --token {T} --no-prompt
travis|travis encrypt DB_PASS={P} --add
travis-login|travis login --github-token {T}
buildkite|token="{T}"\nname="%hostname-%n"\n
drone|drone secret add --name pw --data {P} o/r
drone-env|DRONE_RPC_SECRET={T}
teamcity|<param name="secure:password" value="{P}" />
bamboo|bamboo_db_password={P}
azdo|##vso[task.setvariable variable=apiSecret;issecret=true]{T}
azdo-pat|az devops login --organization https://dev.azure.com/o <<< {T}
azdo-nuget|dotnet nuget add source https://p/index.json -n f -u bob -p {P} --store-password-in-clear-text
argocd|argocd login argo.corp --username admin --password {P}
argocd2|argocd repo add https://git/r --username u --password {P}
flux|flux create secret git g --url=https://g --username=u --password={P}
helm|helm install db bitnami/postgresql --set auth.postgresPassword={P}
helm-str|helm upgrade x ./c --set-string api.token={T}
helm-repo|helm repo add corp https://c --username u --password {P}
helm-reg|helm registry login r.corp -u u -p {P}
helm-values|auth:\n  rootPassword: "{P}"\n  replicationPassword: "{P}"\n
k8s-secret|apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n  password: {B}\n
k8s-odd|apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  license.txt: {K}\n
k8s-string|kind: Secret\nstringData:\n  config.yaml: |\n    api: {T}\n
k8s-json|{"kind":"Secret","data":{"tls.key":"{K}"}}
k8s-env|        - name: REDIS_PASSWORD\n          value: "{P}"\n
k8s-env-flow|env: [{name: REDIS_PASSWORD, value: "{P}"}]
k8s-env-json|{"name":"SESSION_SECRET","value":"{T}"}
k8s-docker|kubectl create secret docker-registry r --docker-server=s --docker-username=u --docker-password={P}
k8s-set-env|kubectl set env deploy/x API_TOKEN={T}
k8s-config|kubectl config set-credentials bob --token={T}
k8s-config2|kubectl config set-credentials bob --username=bob --password={P}
k8s-bearer|kubectl --token={T} get pods
k8s-patch|kubectl patch secret db -p '{"stringData":{"pw":"{P}"}}'
oc|oc login https://api:6443 --token={T}
oc2|oc login -u kubeadmin -p {P} https://api:6443
oc-new|oc new-app mysql -e MYSQL_PASSWORD={P}
rancher|rancher login https://r --token {T}
k3s|K3S_TOKEN={T} sh -s - agent
kubeadm|kubeadm join 10.0.0.1:6443 --token {T} --discovery-token-unsafe-skip-ca-verification
swarm|docker swarm join --token {T} 10.0.0.1:2377
docker-login|docker login -u bob -p {P} r.corp
docker-stdin|echo '{P}' | docker login -u bob --password-stdin r.corp
docker-build|docker build --build-arg NPM_TOKEN={T} .
docker-arg|ARG NPM_TOKEN={T}
docker-env|ENV DB_PASSWORD {P}
docker-secret|printf "{P}" | docker secret create db -
podman|podman login --username bob --password {P} r
skopeo|skopeo copy --src-creds bob:{P} docker://a docker://b
crane|crane auth login r -u bob -p {P}
buildah|buildah push --creds bob:{P} img docker://r/i
nerdctl|nerdctl run -e AUTH_SECRET={T} img
vault-login|vault login {T}
vault-login2|vault login -method=userpass username=bob password={P}
vault-kv|vault kv put secret/db password={P}
vault-kv-odd|vault write auth/approle/login role_id=abc secret_id={T}
vault-out|Key                  Value\n---                  -----\ntoken                {T}\ntoken_accessor       abc\n
vault-unseal|Unseal Key 1: {K44}\nInitial Root Token: {T}
consul|consul kv get -token={T} x
consul-hdr|curl -H "X-Consul-Token: {T}" http://c:8500/v1/kv/x
nomad|nomad job run -token={T} x.nomad
tf-var|terraform apply -var 'db_password={P}'
tf-var2|terraform plan -var="token={T}"
tf-out|db_password = "{P}"\nendpoint = "db:5432"\n
tf-state|{"type":"aws_iam_access_key","instances":[{"attributes":{"id":"x","secret":"{S}"}}]}
tf-state2|{"type":"random_password","instances":[{"attributes":{"length":20,"result":"{P}"}}]}
tfrc|credentials "app.terraform.io" {\n  token = "{T}"\n}
pulumi|pulumi config set --secret dbPassword {P}
pulumi-env|PULUMI_CONFIG_PASSPHRASE='{P}' pulumi up
cfn|Parameters:\n  DBPassword:\n    Default: {P}\n
cfn-cli|aws cloudformation deploy --parameter-overrides DBPassword={P}
cfn-param|[{"ParameterKey":"DBPassword","ParameterValue":"{P}"}]
aws-ssm|aws ssm put-parameter --name /db/pw --type SecureString --value {P}
aws-sm|aws secretsmanager create-secret --name db --secret-string '{P}'
aws-sm-json|aws secretsmanager put-secret-value --secret-id db --secret-string '{"user":"u","password":"{P}"}'
aws-sm-out|{"ARN":"arn:x","Name":"db","SecretString":"{P}"}
aws-ssm-out|{"Parameter":{"Name":"/db/pw","Type":"SecureString","Value":"{P}"}}
aws-rds|aws rds create-db-instance --master-username a --master-user-password {P}
aws-iam|aws iam create-login-profile --user-name bob --password {P}
aws-key|{"AccessKey":{"UserName":"bob","AccessKeyId":"x","SecretAccessKey":"{S}"}}
aws-imds|{"Code":"Success","AccessKeyId":"x","SecretAccessKey":"{S}","Token":"{L}","Expiration":"2026"}
aws-export|export AWS_SECRET_ACCESS_KEY={S}
aws-ecr|aws ecr get-login-password | x\nQ: docker login -u AWS -p {L} https://1.dkr.ecr
aws-cognito|aws cognito-idp admin-set-user-password --username bob --password '{P}' --permanent
aws-cred-proc|{"Version":1,"AccessKeyId":"x","SecretAccessKey":"{S}","SessionToken":"{L}"}
gcp-imds|{"access_token":"{T}","expires_in":3599,"token_type":"Bearer"}
gcp-sql|gcloud sql users set-password root --instance i --password {P}
gcp-secret|echo -n "{P}" | gcloud secrets create db --data-file=-
gcp-adc|{"client_id":"x","client_secret":"{T}","refresh_token":"{T}","type":"authorized_user"}
az-sp|az login --service-principal -u id -p {P} --tenant t
az-sp-out|{"appId":"x","displayName":"d","password":"{P}","tenant":"t"}
az-storage|az storage blob list --account-name a --account-key {K}
az-conn|DefaultEndpointsProtocol=https;AccountName=a;AccountKey={K};EndpointSuffix=core.windows.net
az-sas|https://a.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig={W}aZ09bQ77mKpL0s%3D
az-sb|Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={K44}
az-kv|az keyvault secret set --vault-name v --name db --value {P}
az-vm|az vm create -n v --admin-username a --admin-password '{P}'
az-app|az webapp config appsettings set -g g -n n --settings DB_PASS={P}
az-iot|HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey={K44}
do|doctl auth init --access-token {T}
heroku|heroku config:set SECRET_KEY_BASE={T} -a app
heroku-out|=== app Config Vars\nSESSION_SECRET:   {T}\nPORT: 80\n
vercel|vercel deploy --token {T}
netlify|netlify deploy --auth {T}
wrangler|echo {T} | wrangler secret put API_KEY
fly|flyctl secrets set DB_PASS={P}
railway|railway variables --set "API_SECRET={T}"
supabase|supabase link --project-ref x -p {P}
firebase|firebase deploy --token "{T}"
hcloud|hcloud context create x <<< "{T}"
linode|linode-cli linodes create --root_pass {P}
openstack|openstack --os-username a --os-password {P} server list
openrc|export OS_PASSWORD={P}
npm-pub|npm publish --//registry.example.org/:_authToken={T}
npm-set|npm config set //r.corp/:_password={B}
npm-login|npm login --auth-type legacy\nUsername: bob\nPassword: {P}
yarnrc|npmRegistryServer: "https://r"\nnpmAuthToken: "{T}"\n
yarn-ident|npmAuthIdent: "bob:{P}"
pip-index|pip install --index-url https://bob:{W}@pypi.corp/simple x
pypirc|[pypi]\nusername = __token__\npassword = {T}\n
twine|twine upload -u bob -p {P} dist/*
poetry|poetry config http-basic.corp bob {P}
poetry2|poetry publish -u bob -p {P}
uv|UV_PUBLISH_TOKEN={T} uv publish
cargo|[registries.corp]\ntoken = "{T}"\n
cargo-login|cargo login {T}
gem|:rubygems_api_key: {T}
bundle|bundle config set gems.corp bob:{P}
gradle-props|mavenPassword={P}\nsigning.password={P}\n
gradle-cred|credentials {\n  username 'bob'\n  password '{P}'\n}
gradle-sign|storePassword '{P}'\nkeyAlias 'k'\nkeyPassword '{P}'\n
gradle-kts|keyPassword = "{P}"
maven-cli|mvn deploy -Dnexus.password={P}
sbt|credentials += Credentials("Sonatype", "oss", "bob", "{P}")
lein|:repositories [["r" {:url "u" :username "bob" :password "{P}"}]]
nuget|<packageSourceCredentials><f><add key="Username" value="b"/><add key="ClearTextPassword" value="{P}"/></f></packageSourceCredentials>
nuget-push|nuget push x.nupkg {T} -Source s
nuget-push2|dotnet nuget push x.nupkg --api-key {T}
choco|choco apikey -k {T} -s https://c
composer-gh|composer config -g github-oauth.github.com {T}
cocoapods|COCOAPODS_TRUNK_TOKEN={T} pod trunk push
fastlane|match(type: "appstore", git_basic_authorization: "{U}")
fastlane-env|MATCH_PASSWORD="{P}"
fastlane-app|FASTLANE_APPLE_APPLICATION_SPECIFIC_PASSWORD={P}
altool|xcrun altool --upload-app -f a.ipa -u bob -p {P}
notary|xcrun notarytool submit a.zip --apple-id b --team-id T --password {P}
security|security unlock-keychain -p {P} login.keychain
security2|security import c.p12 -k k -P {P} -T /usr/bin/codesign
keytool|keytool -genkey -keystore k.jks -storepass {P} -keypass {P}
jarsigner|jarsigner -keystore k.jks -storepass {P} a.jar alias
apksigner|apksigner sign --ks k.jks --ks-pass pass:{P} a.apk
signtool|signtool sign /f c.pfx /p {P} app.exe
openssl-p12|openssl pkcs12 -export -in c -out c.pfx -passout pass:{P}
gpg|gpg --batch --passphrase '{P}' -d f.gpg
gpg-fd|echo "{P}" | gpg --passphrase-fd 0 -d f.gpg
age|age-keygen output\nAGE passphrase: {P}
borg|BORG_PASSPHRASE='{P}' borg create r::a .
restic|RESTIC_PASSWORD={P} restic backup .
duplicity|PASSPHRASE={P} duplicity full . file:///b
zip|zip -P {P} -r a.zip d
7z|7z a -p{P} a.7z d
unrar|unrar x -p{P} a.rar
cryptsetup|echo -n '{P}' | cryptsetup luksOpen /dev/sda2 c -
pdf|qpdf --encrypt {P} {P} 256 -- a.pdf b.pdf
""".strip()
