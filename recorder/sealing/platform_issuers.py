"""More formats of issuers, as data: platforms for developers, models, payments; password hashes.

From their documentation, as in `recorder.sealing.issuers`.
"""

from __future__ import annotations

from recorder.sealing.issuers import Shape

__all__ = ["PLATFORM_SHAPES"]

_HEX = "[a-f0-9]"
_ALNUM = "[A-Za-z0-9]"
_WORD = r"[A-Za-z0-9_\-]"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_CRYPT = r"[./A-Za-z0-9]"

_DEVELOPERS = (
    Shape("appsync-key", r"da2-[a-z0-9]{26}", "da2-"),
    Shape("azure-identifiable-key", r"[A-Za-z0-9+/]{33,76}(?:AIoT|ACDb|\+ARm|\+ASb|\+ASt|\+AEh|AzFu|AzSe|AzCa)[A-Za-z0-9+/]{4,40}={0,2}", bounded=False),
    Shape("azure-app-configuration", r"Endpoint=https://[a-z0-9\-]{3,60}\.azconfig\.io;Id=[A-Za-z0-9+/:\-]{4,40};Secret=[A-Za-z0-9+/]{36,90}={0,2}", "Endpoint="),
    Shape("beamer-key", rf"b_{_ALNUM}{{42,46}}", "b_", near=r"beamer", is_rare=True),
    Shape("beamer-key", r"b_[A-Za-z0-9+/]{43}=", "b_"),
    Shape("bitwarden-token", rf"0\.{_UUID}\.[A-Za-z0-9]{{28,32}}:[A-Za-z0-9+/]{{22}}={{0,2}}", "0."),
    Shape("blynk-token", r"[A-Za-z0-9_\-]{32}", near=r"blynk", is_rare=True),
    Shape("browserbase-key", rf"bb_(?:live|test)_{_WORD}{{24,40}}", "bb_"),
    Shape("cal-com-key", rf"cal_(?:live|test)_{_HEX}{{32}}", "cal_"),
    Shape("cast-ai-key", rf"castai_v1_{_HEX}{{64}}_{_ALNUM}{{8}}", "castai_v1_"),
    Shape("canva-secret", rf"cnvca{_WORD}{{48,56}}", "cnvca"),
    Shape("checkly-key", rf"(?:cu|sv)_{_HEX}{{32}}"),
    Shape("amp-token", r"sgamp_(?:user_)?[A-Za-z0-9_]{40,120}", "sgamp_"),
    Shape("anyscale-token", rf"aph0_{_WORD}{{40,300}}", "aph0_"),
    Shape("block-protocol-key", rf"b10ck5\.{_ALNUM}{{32}}\.{_ALNUM}{{36}}", "b10ck5."),
    Shape("luma-key", rf"luma-{_UUID}(?:-{_UUID})?", "luma-"),
    Shape("retool-token", r"retool_[a-z0-9]{24,40}", "retool_"),
    Shape("sarvam-key", rf"sk_[a-z0-9]{{8}}_{_ALNUM}{{24}}", "sk_"),
    Shape("telnyx-key", rf"KEY0[0-9A-F]{{31}}_{_ALNUM}{{22}}", "KEY0"),
    Shape("vercel-v0-key", rf"v1:{_ALNUM}{{24}}:{_ALNUM}{{24}}", "v1:"),
    Shape("warp-key", rf"wk-(?:\d\.)?{_HEX}{{40,64}}", "wk-"),
    Shape("chromatic-token", rf"chpt_{_HEX}{{12,40}}", "chpt_"),
    Shape("cockroach-key", rf"CCDB1_{_ALNUM}{{22}}_{_ALNUM}{{40}}", "CCDB1_"),
    Shape("codeberg-token", rf"(?:gitea|forgejo|codeberg)_{_HEX}{{40}}"),
    Shape("confluent-secret", r"cflt[A-Za-z0-9+/]{60}", "cflt"),
    Shape("contentstack-token", rf"(?:cs|blt){_HEX}{{30,40}}"),
    Shape("coveo-key", rf"xx{_UUID}", "xx"),
    Shape("dagger-token", rf"dag_{_ALNUM}{{2,20}}_{_ALNUM}{{20,50}}", "dag_"),
    Shape("daytona-key", rf"dtn_{_HEX}{{64}}", "dtn_"),
    Shape("deno-token", rf"dd[pow]_{_ALNUM}{{36}}", "ddp_"),
    Shape("dependency-track-key", rf"odt_{_ALNUM}{{8,12}}_{_ALNUM}{{24,40}}|odt_{_ALNUM}{{32,40}}", "odt_"),
    Shape("depot-token", rf"depot_(?:org|project|user|ci)?_?{_HEX}{{60,90}}", "depot_"),
    Shape("devcycle-key", rf"(?:dvc_)?(?:server|mobile)_(?:token_)?{_HEX}{{32,64}}"),
    Shape("devin-key", rf"cog_{_ALNUM}{{28,80}}", "cog_"),
    Shape("devin-key", r"apk_(?:user_)?[A-Za-z0-9+/]{80,200}={0,2}", "apk_"),
    Shape("django-secret-key", r"django-insecure-[a-z0-9!@#$%^&*(\-_=+)]{40,60}", "django-insecure-", bounded=False),
    Shape("docusign-integration-secret", rf"ds_{_ALNUM}{{36,60}}", "ds_", near="docusign"),
    Shape("dub-key", rf"dub_{_ALNUM}{{24,40}}", "dub_"),
    Shape("edgedb-secret-key", rf"(?:nbwt|edbt)1_{_WORD}{{20,1000}}(?:\.{_WORD}{{10,1000}}){{0,2}}"),
    Shape("fleetbase-key", rf"flb_(?:live|test)_{_ALNUM}{{20}}", "flb_"),
    Shape("honeybadger-key", rf"hbp_{_ALNUM}{{30,40}}", "hbp_"),
    Shape("hashicorp-cloud-secret", r"hcp\.[A-Za-z0-9_\-]{40,300}", "hcp."),
    Shape("infracost-key", rf"ico-{_ALNUM}{{32}}", "ico-"),
    Shape("inngest-key", rf"signkey-(?:prod|test|branch)-{_HEX}{{32,64}}", "signkey-"),
    Shape("jetbrains-token", r"perm[:\-][A-Za-z0-9+/=]{4,100}\.[A-Za-z0-9+/=\-]{4,100}\.[A-Za-z0-9]{28,40}", "perm"),
    Shape("kolide-key", rf"k2sk_v\d_{_ALNUM}{{24,40}}", "k2sk_v"),
    Shape("kong-token", rf"[ks]pat_{_ALNUM}{{24,60}}", "kpat_"),
    Shape("mergify-key", rf"mka_{_WORD}{{30,80}}", "mka_"),
    Shape("nylas-key", rf"nyk_v0_{_ALNUM}{{60,66}}", "nyk_v0_"),
    Shape("openvsx-token", rf"ovsx(?:p|at)_{_UUID}", "ovsx"),
    Shape("ory-token", rf"ory_(?:at|rt|ac|st|lo|pat|wak|apikey|service_account)_{_WORD}{{24,120}}(?:\.{_WORD}{{20,120}})?", "ory_"),
    Shape("paddle-webhook", rf"pdl_ntfset_{_ALNUM}{{26}}_{_ALNUM}{{20,40}}", "pdl_"),
    Shape("pulumi-service", rf"psp-{_HEX}{{40}}", "psp-"),
    Shape("rootly-key", rf"rootly_{_HEX}{{64}}", "rootly_"),
    Shape("sanity-token", rf"sk{_ALNUM}{{78,200}}", "sk", near=r"sanity", is_rare=True),
    Shape("scrapfly-key", rf"scp-(?:live|test)-{_HEX}{{32}}", "scp-"),
    Shape("semaphore-token", rf"smph_{_WORD}{{20,60}}", "smph_"),
    Shape("stackhawk-key", rf"hawk\.{_WORD}{{20}}\.{_WORD}{{20}}", "hawk."),
    Shape("statsig-key", rf"(?:secret|console)-{_ALNUM}{{40,60}}"),
    Shape("svix-token", rf"(?:testsk|sk)_{_WORD}{{32,60}}\.(?:us|eu|ca|au|in)"),
    Shape("teamwork-token", r"tkn\.v1_[A-Za-z0-9+/=_\-]{40,100}", "tkn.v1_"),
    Shape("thunderstore-token", rf"tss_{_ALNUM}{{32,40}}", "tss_"),
    Shape("tinybird-token", rf"p\.eyJ{_WORD}{{40,300}}\.{_WORD}{{20,60}}", "p.eyJ"),
    Shape("trigger-key", rf"tr_(?:dev|prod|stg|preview|pat)_{_ALNUM}{{20,60}}", "tr_"),
    Shape("val-town-token", rf"vtwn_{_ALNUM}{{24,40}}", "vtwn_"),
    Shape("voiceflow-key", rf"VF\.(?:[A-Z]{{2}}\.)?{_HEX}{{24}}\.{_ALNUM}{{16}}", "VF."),
    Shape("deploy-key-of-vercel", rf"vercel_{_ALNUM}{{20,60}}", "vercel_"),
    Shape("gitbook-token", rf"gb_api_{_ALNUM}{{30,60}}", "gb_api_"),
    Shape("hetzner-token", rf"{_ALNUM}{{64}}", near=r"hcloud|hetzner", is_rare=True),
    Shape("jenkins-token", rf"11{_HEX}{{32}}", "11", near=r"jenkins", is_rare=True),
    Shape("launchdarkly-relay", rf"rel-{_UUID}", "rel-"),
    Shape("mailtrap-token", rf"{_HEX}{{32}}", near=r"mailtrap", is_rare=True),
    Shape("sendbird-token", rf"{_HEX}{{40}}", near=r"sendbird", is_rare=True),
    Shape("turnstile-secret", rf"0x4AAAAAA{_WORD}{{14,40}}", "0x4AAAAAA"),
)  # fmt: skip

_MODELS = (
    Shape("anyscale-key", rf"(?:esecret|aph[a-z0-9]?_v)_?{_ALNUM}{{24,60}}"),
    Shape("composio-key", rf"ak_{_ALNUM}{{20,24}}", "ak_", near=r"composio"),
    Shape("e2b-key", rf"e2b_{_HEX}{{40}}", "e2b_"),
    Shape("fal-key", rf"{_UUID}:{_HEX}{{32}}", is_bare=True),
    Shape("gemini-key", rf"AQ\.Ab{_WORD}{{40,100}}", "AQ.Ab"),
    Shape("mem0-key", rf"m0-{_ALNUM}{{38,44}}", "m0-"),
    Shape("openai-client-secret", rf"ek_{_HEX}{{32,64}}", "ek_"),
    Shape("nomic-key", rf"nk-{_WORD}{{40,50}}", "nk-"),
    Shape("portkey-key", rf"pk-lk-{_WORD}{{20,60}}", "pk-lk-"),
    Shape("exa-or-llm-key", rf"(?:exa|llm|cohere|mistral|deepgram|novita|hyper)[_\-]{_ALNUM}{{32,64}}"),
    Shape("unify-ai-key", rf"(?:gw|vk|lm)_{_ALNUM}{{40,60}}"),
)  # fmt: skip

_PAYMENTS = (
    Shape("brex-token", rf"bxt_{_WORD}{{36,50}}", "bxt_"),
    Shape("cashfree-key", rf"cfsk_ma_(?:test|prod)_{_HEX}{{32}}_{_HEX}{{8}}", "cfsk_"),
    Shape("checkout-key", r"[sp]k_(?:sbox_)?[a-z0-9]{26}[a-z0-9#*$]{0,2}", near=r"checkout(?:\.com|[_\-. ]?(?:api|sec|pub|sk|pk|key|tok))|cko", is_rare=True),
    Shape("conekta-key", rf"key_{_ALNUM}{{20,24}}", "key_", near=r"conekta", is_rare=True),
    Shape("mercadopago-token", rf"(?:APP_USR|TEST)-\d{{6,20}}-\d{{6}}-{_HEX}{{32}}-\d{{4,12}}"),
    Shape("midtrans-key", rf"(?:SB-)?Mid-(?:server|client)-{_WORD}{{14,40}}"),
    Shape("omise-key", r"[sp]key_(?:test_|prod_)?[a-z0-9]{19}", "skey_"),
    Shape("ramp-secret", rf"ramp_(?:sec|tok|business_tok)_{_ALNUM}{{30,60}}", "ramp_"),
    Shape("revenuecat-key", r"sk_[A-Za-z]{30,36}", "sk_", near=r"revenuecat", is_rare=True),
    Shape("secret-key-of-stage", rf"[spr]k_(?:dev|prod|stage|staging|sandbox|sbox)_{_WORD}{{20,120}}"),
    Shape("sumsub-token", rf"(?:sbx|prd):{_ALNUM}{{24,40}}\.{_ALNUM}{{32}}"),
    Shape("wompi-key", rf"(?:prv|pub)_(?:test|prod|stagtest)_{_ALNUM}{{30,40}}"),
    Shape("xendit-key", rf"xnd_(?:public_)?(?:development|production)_{_ALNUM}{{40,80}}", "xnd_"),
    Shape("yookassa-key", rf"(?:live|test)_{_WORD}{{43}}", near=r"yookassa|yoomoney", is_rare=True),
)  # fmt: skip

_HASHES = (
    Shape("password-hash", rf"{_HEX}{{32}}:{_HEX}{{32}}:::", bounded=False),
    Shape("password-hash", rf"\$krb5(?:tgs|asrep|pa)\$\d{{2}}\$[^\s$]{{1,200}}(?:\$[^\s$]{{1,60}}){{0,3}}\${_HEX}{{16,64}}\${_HEX}{{16,4000}}", "$krb5", bounded=False),
    Shape("juniper-secret", r"\$9\$[A-Za-z0-9\-.]{10,120}", "$9$", near=r"secret|key|password", bounded=False),
    Shape("password-hash", rf"\$[89]\${_CRYPT}{{8,16}}\${_CRYPT}{{43}}", "$8", bounded=False),
    Shape("password-hash", rf"\$2[abxy]?\${{1,2}}\d{{2}}\${{1,2}}{_CRYPT}{{53}}", "$2", bounded=False),
    Shape("password-hash", rf"\$(?:1|apr1)\${{1,2}}{_CRYPT}{{1,8}}\${{1,2}}{_CRYPT}{{22}}", "$1$", bounded=False),
    Shape("password-hash", rf"\$[56]\$(?:rounds=\d{{4,9}}\$)?{_CRYPT}{{1,16}}\${_CRYPT}{{43,86}}", "$6$", bounded=False),
    Shape("password-hash", rf"\$(?:y|gy|7)\${_CRYPT}{{1,20}}\${_CRYPT}{{1,60}}\${_CRYPT}{{43}}", "$y$", bounded=False),
    Shape("password-hash", r"\$argon2(?:id?|d)\$v=\d{2}\$m=\d{2,8},t=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]{8,60}\$[A-Za-z0-9+/]{20,120}", "$argon2", bounded=False),
    Shape("password-hash", r"\$(?:scrypt\$ln=\d{1,2},r=\d{1,3},p=\d{1,3}|pbkdf2(?:-sha\d{1,3})?\$\d{3,8})\$[A-Za-z0-9+/.]{8,60}\$[A-Za-z0-9+/.]{27,200}", bounded=False),
    Shape("password-hash", r"(?:pbkdf2_sha\d{1,3}\$\d{4,8}\$[A-Za-z0-9]{6,40}\$[A-Za-z0-9+/]{27,90}={0,2}|pbkdf2:sha\d{1,3}(?::\d{4,8})?\$[A-Za-z0-9+/=]{6,40}\$[A-Za-z0-9]{40,400}|scrypt:\d{4,8}:\d{1,2}:\d{1,2}\$[A-Za-z0-9]{8,24}\$[a-f0-9]{64,128})"),
)  # fmt: skip
"""Of weak passwords they give the password away."""

PLATFORM_SHAPES = (*_DEVELOPERS, *_MODELS, *_PAYMENTS, *_HASHES)
