"""More formats of issuers, as data: services for identity, money, content, builds, monitoring.

From their documentation, as in `recorder.sealing.issuers`.
"""

from __future__ import annotations

from recorder.sealing.issuers import Shape

__all__ = ["SERVICE_SHAPES"]

_HEX = "[a-f0-9]"
_ALNUM = "[A-Za-z0-9]"
_WORD = r"[A-Za-z0-9_\-]"
_B64 = r"[A-Za-z0-9+/]"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

_IDENTITY = (
    Shape("aikido-secret", r"AIK_(?:SECRET|CLIENT|RUNTIME|CI)_[A-Za-z0-9_]{20,80}", "AIK_"),
    Shape("arcjet-key", r"ajkey_[a-z0-9]{26}", "ajkey_"),
    Shape("authress-key", r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_\-][a-z0-9\-]{10,32}\.[A-Za-z0-9+/_=\-]{30,120}"),
    Shape("authress-key", rf"(?:sc|ext|scauth|authress)_{_ALNUM}{{5,30}}\.acc[_\-]{_WORD}{{10,32}}\.[A-Za-z0-9+/_=\-]{{30,120}}"),
    Shape("dashlane-key", rf"dls_[A-Z0-9]{{16}}_{_ALNUM}{{60,70}}", "dls_"),
    Shape("onfido-token", rf"api_(?:live|sandbox)(?:_us|_ca)?\.{_WORD}{{11}}\.{_WORD}{{32}}", "api_"),
    Shape("persona-key", rf"persona_(?:production|sandbox)_{_WORD}{{20,64}}", "persona_"),
    Shape("proof-key", rf"PRF_{_ALNUM}{{30,60}}", "PRF_"),
    Shape("socket-key", rf"sktsec_{_WORD}{{30,60}}_api", "sktsec_"),
    Shape("veracode-key", rf"vera01e[is]-{_HEX}{{32,128}}", "vera01e"),
    Shape("discord-token", rf"mfa\.{_WORD}{{80,100}}", "mfa."),
    Shape("roblox-cookie", r"_\|WARNING:-DO-NOT-SHARE-THIS\.[^|\n]{20,160}\|_[A-F0-9]{100,1200}", "_|WARNING:", bounded=False),
    Shape("llama-key", rf"LLM\|\d{{13,18}}\|{_WORD}{{20,60}}", "LLM|"),
    Shape("oculus-token", rf"OC\|\d{{13,18}}\|{_WORD}{{20,60}}", "OC|"),
    Shape("canadian-notify-key", rf"gcntfy-{_WORD}{{1,40}}-{_UUID}-{_UUID}", "gcntfy-"),
    Shape("adafruit-key", rf"aio_{_ALNUM}{{28}}", "aio_"),
    Shape("lark-token", rf"[tu]-{_WORD}{{32,50}}", near=r"lark|feishu", is_rare=True),
    Shape("lark-app", rf"cli_{_ALNUM}{{16}}", near=r"lark|feishu", is_rare=True),
)  # fmt: skip

_MONEY = (
    Shape("asaas-key", r"\$aact_(?:prod_|hmlg_)?[A-Za-z0-9:+/=$\-]{60,240}", "$aact_", bounded=False),
    Shape("ebay-key", rf"(?:PRD|SBX)-{_HEX}{{8,12}}-{_HEX}{{4,8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4,12}}"),
    Shape("ebay-id", rf"{_WORD}{{4,40}}-(?:PRD|SBX)-{_HEX}{{9}}-{_HEX}{{8}}", near=r"ebay", is_rare=True),
    Shape("jdcloud-key", r"JDC_[A-Z0-9]{28,32}", "JDC_"),
    Shape("onechronos-key", rf"oc(?:oaat|oart|naat|nart)_{_ALNUM}{{24,60}}"),
    Shape("revolut-token", rf"oa_(?:prod|sand)_{_WORD}{{40,60}}", "oa_"),
    Shape("highnote-key", rf"[sr]k_(?:live|test)_{_B64}{{60,140}}={{0,2}}", "sk_"),
    Shape("iterative-token", rf"isat_{_ALNUM}{{40,80}}", "isat_"),
    Shape("cartesia-key", rf"sk_car_{_ALNUM}{{20,60}}", "sk_car_"),
    Shape("zoho-token", rf"1000\.{_HEX}{{32}}\.{_HEX}{{32}}", "1000."),
    Shape("uptimerobot-key", rf"(?:u\d{{5,8}}|m\d{{6,10}}|ur\d{{5,8}})-{_HEX}{{24}}", is_bare=True),
)  # fmt: skip

_CONTENT = (
    Shape("astra-token", rf"AstraCS:{_ALNUM}{{20,60}}(?::{_HEX}{{64}})?", "AstraCS:"),
    Shape("blockprotocol-key", rf"b10ck5\.{_HEX}{{32}}\.{_UUID}", "b10ck5."),
    Shape("builder-key", rf"bpk-{_HEX}{{32}}(?:-{_HEX}{{40}})?", "bpk-"),
    Shape("bunny-key", rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}-{_HEX}{{4}}-{_HEX}{{4}}", near=r"bunny", is_rare=True),
    Shape("dropbox-token", r"sl\.u\.[A-Za-z0-9_\-]{80,1500}", "sl.u."),
    Shape("fauna-key", rf"fn[A-Z]{_WORD}{{36,44}}", near=r"fauna", is_rare=True),
    Shape("prismic-token", rf"MC5{_WORD}{{20,60}}\.{_WORD}{{30,200}}", "MC5"),
    Shape("storyblok-token", rf"{_ALNUM}{{22}}tt", near=r"storyblok", is_rare=True),
    Shape("snowflake-pat", rf"ETMs{_WORD}{{60,300}}", "ETMs"),
    Shape("expo-push-token", rf"Expo(?:nent)?PushToken\[{_WORD}{{20,24}}\]", "ExponentPushToken", bounded=False),
    Shape("tableau-token", rf"{_B64}{{22}}==:{_ALNUM}{{32}}"),
    Shape("signalwire-token", rf"PT{_HEX}{{48,64}}", "PT", near=r"signalwire", is_rare=True),
    Shape("k3s-token", rf"K10{_HEX}{{32,64}}::(?:server|node):[A-Za-z0-9]{{16,80}}", "K10"),
    Shape("truenas-key", rf"\d{{1,4}}-{_ALNUM}{{64}}", near=r"truenas", is_rare=True),
    Shape("webhook-url", rf"\.sumologic\.com/receiver/v1/http/{_WORD}{{20,400}}={{0,2}}", ".sumologic.com/", bounded=False),
    Shape("webhook-url", rf"maker\.ifttt\.com/(?:trigger|use)/{_WORD}{{1,60}}(?:/json)?(?:/with/key/{_WORD}{{20,60}})?", "maker.ifttt.com/"),
    Shape("webhook-url", r"hook\.(?:eu\d\.|us\d\.)?(?:make|integromat)\.com/[a-z0-9]{28,40}"),
    Shape("webhook-url", r"[a-z0-9]{12,24}\.m\.pipedream\.net"),
    Shape("webhook-url", rf"hooks\.airtable\.com/workflows/v1/genericWebhook/{_ALNUM}{{10,20}}/{_ALNUM}{{10,20}}/{_ALNUM}{{10,20}}", "hooks.airtable.com/"),
    Shape("webhook-url", rf"chat\.googleapis\.com/v1/spaces/{_WORD}{{6,20}}/messages\?[^\s\"'<>]{{20,300}}", "chat.googleapis.com/"),
    Shape("webhook-url", rf"outlook\.office(?:365)?\.com/webhook/[A-Za-z0-9@\-]{{60,90}}/IncomingWebhook/{_ALNUM}{{32}}/[A-Za-z0-9\-]{{30,60}}", "outlook.office"),
    Shape("webhook-url", rf"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/{_UUID}"),
    Shape("webhook-url", rf"oapi\.dingtalk\.com/robot/send\?access_token={_HEX}{{64}}", "oapi.dingtalk.com/"),
    Shape("webhook-url", rf"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key={_UUID}", "qyapi.weixin.qq.com/"),
)  # fmt: skip

_BUILDS = (
    Shape("bitrise-token", rf"bit(?:pat|wat)_{_WORD}{{40,120}}", "bit"),
    Shape("configcat-key", rf"configcat-sdk-\d/{_WORD}{{22}}/{_WORD}{{22}}", "configcat-sdk-"),
    Shape("configcat-key", rf"{_WORD}{{22}}/{_WORD}{{22}}", near=r"configcat", is_rare=True),
    Shape("azure-bot-secret", rf"{_WORD}{{11}}\.{_WORD}{{43}}", near=r"botframework|direct_?line|webchat", is_rare=True),
    Shape("azure-event-grid-signature", r"eventgrid\.azure\.(?:net|us|cn)%2[fF][^\s\"'&]{1,200}&e=[^\s\"'&]{6,80}&s=[A-Za-z0-9%+/=]{30,120}", "eventgrid.azure."),
    Shape("flagsmith-key", rf"ser\.{_ALNUM}{{22}}", "ser."),
    Shape("unleash-token", rf"(?:\*|default|[a-z][a-z\-]{{1,30}}):(?:development|production|staging|test|\*)\.{_HEX}{{50,64}}", bounded=False),
    Shape("gitea-token", rf"gta_{_ALNUM}{{40}}", "gta_"),
    Shape("greptile-key", rf"greptile_{_ALNUM}{{20,60}}", "greptile_"),
    Shape("growthbook-key", rf"secret_(?:admin|readonly|user)_{_B64}{{30,60}}={{0,2}}", "secret_"),
    Shape("lichess-token", rf"lip_{_ALNUM}{{16,24}}", "lip_"),
    Shape("localstack-token", rf"ls-{_ALNUM}{{4,8}}-{_ALNUM}{{4}}-{_ALNUM}{{4}}-{_ALNUM}{{4}}-{_ALNUM}{{8,12}}", "ls-"),
    Shape("minimax-key", rf"sk-(?:api|cp)-{_WORD}{{60,140}}", "sk-"),
    Shape("n8n-key", rf"n8n_api_{_ALNUM}{{40,120}}", "n8n_api_"),
    Shape("packagist-token", rf"packagist_[ou](?:rt|ut)_{_HEX}{{40,80}}", "packagist_"),
    Shape("temporal-key", rf"tmprl_{_WORD}{{30,200}}", "tmprl_"),
    Shape("trello-token", rf"ATTA{_ALNUM}{{60,72}}", "ATTA"),
    Shape("upstage-key", rf"up_{_ALNUM}{{29,32}}", "up_", near=r"upstage", is_rare=True),
    Shape("livekit-key", rf"API{_ALNUM}{{12,14}}", near=r"livekit", is_rare=True),
    Shape("prefixed-uuid", rf"(?:key|tok|pat|sec)_(?:live|test|prod)_{_UUID}"),
    Shape("secret-of-stage", rf"(?:secret|key|token)_(?:live|test|prod)_{_WORD}{{20,120}}"),
    Shape("dbt-or-phrase-key", rf"phx_{_WORD}{{30,60}}", "phx_"),
)  # fmt: skip

_WATCHERS = (
    Shape("axiom-token", rf"x[ap][ap]t-{_UUID}", "xa"),
    Shape("cloudflare-tunnel", rf"eyJhIjoi{_B64}{{100,400}}={{0,2}}", "eyJhIjoi"),
    Shape("datadog-token", rf"ddp(?:at|ub)_{_ALNUM}{{30,60}}", "ddp"),
    Shape("elastic-api-key", rf"VnVh{_B64}{{40,60}}={{0,2}}", "VnVh"),
    Shape("fullstory-key", rf"(?:na|eu)1\.{_B64}{{80,160}}={{0,2}}", near=r"fullstory", is_rare=True),
    Shape("logicmonitor-token", rf"lmv1:[^\s:\"']{{10,40}}:{_B64}{{20,90}}={{0,2}}|lmb_{_B64}{{50,90}}={{0,2}}"),
    Shape("lacework-secret", rf"_{_HEX}{{32}}", near=r"lacework", is_rare=True, bounded=False),
    Shape("pagerduty-key", rf"[uy][+_]{_WORD}{{18}}|[a-z]\+{_WORD}{{18}}", near=r"pagerduty", is_rare=True),
    Shape("grafana-agent-token", rf"gla_{_ALNUM}{{32,60}}", "gla_"),
    Shape("twilio-key", rf"(?:SK|AC){_HEX}{{32}}"),
    Shape("newrelic-key", r"NR(?:AK|JS|RA|II|AA|BR|SP)-[A-Z0-9]{27}", "NR"),
    Shape("digitalocean-spaces", r"DO00[A-Z0-9]{16}", "DO00"),
)  # fmt: skip

_MORE = (
    Shape("aiven-token", rf"AVNU_{_B64}{{100,700}}={{0,2}}", "AVNU_"),
    Shape("atlassian-token", rf"AT(?:AT|EG){_WORD}{{10,300}}\.{_WORD}{{6,600}}\.{_WORD}{{10,600}}"),
    Shape("datadog-token", r"DDRCM_[A-Z2-7]{80,200}", "DDRCM_"),
    Shape("devcycle-key", rf"dvc_(?:client|mobile|server)_{_HEX}{{8}}(?:_{_HEX}{{4}}){{3}}_{_HEX}{{12}}_{_HEX}{{5,10}}", "dvc_"),
    Shape("github-token", r"gh1_[A-Za-z0-9_]{36,255}", "gh1_"),
    Shape("gocardless-token", rf"(?:live|sandbox)_{_WORD}{{40,43}}"),
    Shape("hubspot-personal-key", rf"CiR(?:uYT|ldT|hcD){_ALNUM}{{80,130}}"),
    Shape("mandrill-key", r"md-[A-Za-z0-9_]{22}"),
    Shape("swarm-token", r"SWMTKN-1-[a-z0-9]{40,60}-[a-z0-9]{20,30}", "SWMTKN-"),
    Shape("uuid-key", rf"[sr]k_(?:live_|test_|prod_|sbox_|sandbox_)?{_UUID}", "sk_"),
    Shape("hexadecimal-key", rf"sk_(?:live_|test_|sbox_)?{_HEX}{{32}}", "sk_"),
    Shape("checkout-key", r"sk_(?:sbox_)?[a-z0-9]{26,27}", "sk_"),
    Shape("softlayer-url", rf"api\.softlayer\.com/\w{{3,10}}/v[\d.]{{1,6}}/{_HEX}{{64}}", "api.softlayer.com/"),
    Shape("azure-function-key", rf"{_WORD}{{44,50}}AzFu{_WORD}{{4,12}}={{0,2}}"),
    Shape("oculus-token", rf"FRL{_ALNUM}{{80,300}}", "FRL"),
    Shape("oracle-token", r"or_1ph[a-z]{2}_[!-~]{8,40}[sS][eE][cC][rR][eE][tT]", "or_1ph", bounded=False),
    Shape("orbit-token", rf"obu_{_WORD}{{40}}", "obu_"),
    Shape("paypal-token", rf"A21AA{_WORD}{{80,110}}", "A21AA"),
    Shape("proctorio-key", rf"P[CLS]K(?:{_HEX}{{32}}|{_HEX}{{256}})"),
    Shape("samsara-token", rf"samsara_api_{_ALNUM}{{30}}", "samsara_api_"),
    Shape("shopify-token", rf"(?:[apz]tkn|prtapi)_{_HEX}{{64}}|shpmkt_{_HEX}{{8}}_{_HEX}{{32}}"),
    Shape("siemens-code-token", rf"CSC-(?:STAGE-)?{_WORD}{{20}}", "CSC-"),
    Shape("stripe-key", rf"s(?:k|ys)_{_ALNUM}{{28,32}}"),
    Shape("vault-token", rf"b\.AAAAAQ{_WORD}{{100,400}}", "b.AAAAAQ"),
    Shape("wiseflow-key", rf"wfs_\d_{_ALNUM}{{38}}", "wfs_"),
    Shape("token-in-base64", rf"(?:c2st|eG94Y){_B64}{{36,400}}={{0,2}}"),
)  # fmt: skip
"""What others' lists of formats had besides. What is sent behind `Basic` is read there."""

SERVICE_SHAPES = (*_IDENTITY, *_MONEY, *_CONTENT, *_BUILDS, *_WATCHERS, *_MORE)
"""A row for each format."""
