"""Texts without a secret, third set: kinds met in the files of projects that were never looked at.

Written as in `harmless_lines`.
"""

from __future__ import annotations

__all__ = ["CATALOGUES", "CODE", "EXAMPLES", "NAMES"]

CATALOGUES = r"""
    NewPassword: "Neues Kennwort",\n    ResetPassword: "Passwort zurücksetzen",
  form: {\n    newpassword: 'Nouveau mot de passe',\n    newpassword2: 'Répéter le nouveau mot de passe'
"password": "Le password devono essere di almeno 6 caratteri e devono coincidere.",
"password": "Passwords must be at least 8 characters and match the confirmation.",
"token": "Ce jeton de réinitialisation n'est plus valide.",
Token_MSG: "Das konnte nicht geladen werden. Bitte versuchen Sie es erneut",
"app.insert-password": "Enter your new password",
'resetPassword.newPassword': '新密码',\n'resetPassword.confirmPassword': '确认密码',
$labels['curpasswd'] = 'Senha atual:';\n$messages['nopassword'] = 'Por favor, informe a nova senha.';
$labels['password'] = 'Teßera';
$labels['newpasswd'] = 'รหัสผ่านใหม่';
$labels['confpasswd'] = 'Xác nhận mật khẩu mới';
authenticator.nullPassword=認証に使用するパスワードが指定されていません
invalid_password=Неверный пароль
"global.password": "Heslo",\n"global.more": "Viac",
#: templates/login.html:12\nmsgid "Enter your password:"\nmsgstr "Syötä salasana:"\n\nmsgid ""
"invalid_auth": "Ung\u00fcltige Authentifizierung",
{"out": "\"invalid_credentials\": \"\\u7121\\u52b9\\u306a\\u8a8d\\u8a3c\"}
"password": "Jelsz\u00f3"
"password": "\u30d1\u30b9\u30ef\u30fc\u30c9"
"password": "A k\u00f3d (az eszk\u00f6z belsej\u00e9ben vagy a dobozban, 8 karakter hossz\u00fa)."
"password": "app.example.pl hesab\u0131n\u0131z\u0131n \u015fifresi"
"new_credentials": "Configurer de nouvelles informations d'identification",
"api_key": "API k\u013e\u00fa\u010d",
"create_token": "Token berria automatikoki sartu"
<string name="account_password">Contraseña de la cuenta</string>
<target id="password">Le mot de passe a été changé</target>
 | Localization file of the password plugin  |\n |                                           |\n | Copyright (C) The Example Dev Team        |\n | See the README file for the full license. |
""".strip("\n")
NAMES = r"""
<assemblyIdentity name="Microsoft.Windows.Common-Controls" publicKeyToken="{H16}" language="*" />
System.Windows.Forms, Version=2.0.0.0, Culture=neutral, PublicKeyToken={H16}</value>
golang.org/x/oauth2 v0.0.0-20191202225959-858c2ad4c8b6 h1:{B32}
\tgolang.org/x/oauth2 v0.0.0-20200107190931-bf48bf16ab8d
\tgithub.com/form3tech-oss/jwt-go => github.com/form3tech-oss/jwt-go v3.2.2
'PT' => 'Portugal',\n        'PW' => 'Palau',\n        'PY' => 'Paraguay',
"PS": "Палестина",\n"PW": "Палау",
'en_PR' => 'inglés (Puerto Rico)',\n        'en_PW' => 'inglés (Palau)',
authorization: "https://oauth.example.com/login?scope=userinfo",
<filter token="PLUGIN.DEPLOY.VERSION" value="${plugin.version}"/>
public function __construct(string $credentialKey = 'SSL_CLIENT_S_DN')
errMsgProcessProviderMissSecret = "missing SecretAccessKey in process output"
$config['password_driver'] = 'sql';\n$config['password_pop_host'] = 'localhost';
$config['password_ldap_basedn'] = 'dc=example,dc=com';
$config['password_dovecotpw'] = '/usr/local/sbin/doveadm pw';
'passwordProperty' => 'pwhash',
id_token_signed_response_alg: "HS256",
auth-extra-groups: "system:bootstrappers:custom-group1"
serviceUserAuth = "ssh-userauth"
<Resource name="jdbc/EmployeeDB" auth="Container" type="javax.sql.DataSource"/>
<res-auth>Container</res-auth>
look_ahead_for_special_token = f"(?=[{self.punctuation_symbols}])"
("mask_token", f"{hf_prefix}embeddings.mask_token"),
tokenization_wav2vec2.Wav2Vec2CTCTokenizerOutput
from transformers import AutoTokenizer, LongT5Model
# Copied from transformers.models.t5.tokenization_t5.T5Tokenizer.tokenize
private string m_strStringKeyXPath2 = string.Empty;
topologyKey := "kubernetes.io/e2e-pts-filter"
image: gcr.io/google-samples/cassandra:v13
[Adapter](https://github.com/Azure/azure-k8s-metrics-adapter)
"self": "https://example.com/identity/v3/access_rules/{H32}"
[news]: https://www.ruby-lang.org/en/news/keyword-arguments-in-ruby-3-0/
HEAPSTER_GCP_CPU_PER_NODE="${HEAPSTER_GCP_CPU_PER_NODE:-0.5}"
KEYRING_GPG_KEY={H16}
allauth/views.py,sha256=lyecd957k-23YZ5YegcFN1qI6My7ecZytrrabr0Cq2w,1101
core/cloud_storage_security.py,sha256=dBT_bppXe9gvnvsA1oaBatcKJNEtRj3vhLIYLuvCY3g,6870
hkp://keys.example.org his key id is 0xFEFC65D181AF644A, and his PGP fingerprint is:
"google-auth-library": "^9.11.0",
      input_cost_per_token: 0.0000050
'passwords' => 'users',
'passwords' => env('AUTH_PASSWORD_BROKER', 'users'),\n 'table' => env('PASSWORD_RESET_TABLE', 'password_resets'),
{{ orig_auth_plugin != 'sha256_password' ? ' class="hide"' }}
user_api_key_dict: "UserAPIKeyAuth \| None" = None,
model: bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0
Browser->>Proxy: GET /sso/key/generate?source=cli&key=login_id
ENCRYPTION_KEY_STORAGE_KEY = "app.encryption_keys"
https://developer.example.com/cloud/jira/scopes-for-oauth-2-3LO-and-forge-apps/
Name: "secret-pv0-pod0-node1-ns0", Namespace: "ns0"
r.HTTPRequest.Header.Set(tokenHeader, ec2Token.token)
""".strip("\n")

CODE = r"""
func manual(certificate *x509.Certificate, privateKey *rsa.PrivateKey, resource string) {}
var pubkey *jose.JSONWebKey
final SingleSignOnSessionKey singleSignOnSessionKey1 = sessions.iterator().next();
(__bridge NSString *)kSecValueData: [password dataUsingEncoding:NSUTF8StringEncoding],
private function authenticatorOf(PreAuthenticationGuardToken $token): ?AuthenticatorInterface
security:\n    password_hashers:\n        JMS\FooBundle\Entity\User7:\n            algorithm: argon2i
<input type="hidden" name="csrfToken" value={csrfToken} />
"[next-auth]: `useSession` must be wrapped in a <SessionProvider />"
YYDPRINTF ((stderr, "Reading a token: "));\n      yychar = YYLEX;\n    }\n\n  /* Convert token */
let field = ["Set-Cookie": "\(key)=\(value); expires=\(expires ?? ""); path=\(path ?? "/")"]
head.append("Cookie: ").append(SESSION_COOKIE_NAME).append('=').append(sessionId)
Authorization: `Basic ${Buffer.from(\n        `${options.clientId}:${options.clientSecret}`\n      )}`
GoogleAuthRequest \| null,\n    AuthSessionResult \| null,
token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>
 * @param string $type The type of the token (self::*_TYPE)
\tAuthInfo           ClientAuthInfoWriter\n\tContext            context.Context\n\tClient             *http.Client\n
headers = {"Authorization": f"{token_type} {token.token}"}
"api_token": f"api_token-{service_name}",
Authorization: '=Bearer {{$credentials.token}}',
async def _try_cache_get(token_cache: "RedisCache", key: str) -> object:
auth_method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
authInput.anonymousAuthProviderMode = types_1.ProviderMode.PROVIDER_ENABLED;
self.cache.set_cache(key="vault_auth_token", value=token_b64)
("recovery_codes", "Recovery codes"),
return token === 'g.m.';
export type StripeV1TokenNode = StripeV1TokenCreateNode;
var newTicketKey [32]byte
password: '={{$credentials.password}}',
Call change_password on data.
cookie: &http.Cookie{Name: "cookie", Value: "cookieValue"},
Scope(key="api_key", value=user_api_key_dict.api_key, limit=key_limit)
new SymmetricSecurityKey(Encoding.ASCII.GetBytes(Configuration.GetSection("AppSettings:Token").Value))
self.dist.create_user(user, groups=["group1", "group2"])
multi_factor_auth_rules\n-----------------------\n\nMethods required for a user to\nauthenticate.
* **Token**: identifying credential associated with a user
"reasonType": "The password needs to be reset for user: Alice-Smith1"
""".strip("\n")

EXAMPLES = r"""
-----BEGIN RSA PRIVATE KEY-----\n    YOUR-ORGS-VALIDATION-KEY-HERE\n    -----END RSA PRIVATE KEY-----
proxy: http://[[user][:pass]@]host[:port]/
ds=nocloud[;key=val;key=val]
MAILER_DSN=ses+https://ACCESS_KEY:SECRET_KEY@default?region=REGION
CREATE USER 'keystone'@'%' IDENTIFIED BY 'KEYSTONE_DBPASS';
define( 'AUTH_KEY',         'put your unique phrase here' );
"password": "[%key:common::config_flow::data::password%]"
"faulty_credentials": "Ongeldige authenticatie"
agent --session-id {G} --resume
SMTP_PASSWORD='smtp_example_password'
"api_key": "env:GOOGLE_API_KEY"
      langfuse_secret: os.environ/LANGFUSE_PROJECT_SECRET # Project
curl https://api.example.com/users -H "Authorization: Bearer YOURACCESSTOKEN"
curl -X POST https://api.example.com/token -d "username=YOUREMAIL&password=YOURPASSWORD"
GOOGLE_API_KEY=AIzaSyD...your-actual-key
kind: Secret\ntype: Opaque\ndata:\n  password: {{.Values.env.database.password \| b64enc }}
gh variable set AWS_REGION --body 'us-east-1'
ansible-playbook -i inventory --ask-become-pass site.yml
$ ansible-vault encrypt p.yml --ask-vault-pass\nNew Vault password:
kubectl patch serviceaccount -n kubemark default -p '{"imagePullSecrets": [{"name": "regcred"}]}'
kubectl exec -i -t  nginx-deployment-5c689d88bb-s7xcv bash
su postgres -c "createuser --superuser vscode"
kvm -m 512 -net nic -net user -redir tcp:2222::22 -drive file=a.qcow2
""".strip("\n")
