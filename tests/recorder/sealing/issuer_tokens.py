"""What issuers' tokens look like, written apart from the detectors' own tables.

A line is an issuer's name and a token: `{a20}` stands for so many letters and digits, `{h…}` and
`{H…}` for hexadecimal digits, `{l…}` and `{u…}` for small letters and capitals with digits, `{U…}`
for capitals, `{w…}` and `{b…}` for base64url and base64, `{d…}` for digits, `{G}` for a UUID.
"""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Iterator

__all__ = ["KNOWN_BY_FORMAT", "KNOWN_BY_NAME", "tokens"]

KNOWN_BY_FORMAT = r"""
infisical st.{G}.{h32}.{h32}
dynatrace dt0s16.{U8}.{U64}
asana 2/{d16}/{d16}/{d16}:{h32}
aiven aivenv1{a100}
meta LLM|{d16}|{w27}
azure {a42}+ACRA{a5}
gc-notify gcntfy-apikey-{G}-{G}
chief-tools ctp_{a36}
chief-tools ctt_{a40}
contributed-systems {h8}:{h8}@gems.contribsys.com
ebay PRD-{h12}-{h8}-{h4}-{h4}-{h4}
elastic essu_{b80}
frameio fio-u-{w64}
highnote hn_live_{a40}
highnote sk_live_{b60}
hop ptk_c{a60}
ionic ion_{a42}
iterative isat_{a60}
iterative dvcs_{a40}
jdcloud JDC_{u28}
lightspeed lsxs_pt_{a32}
localstack ls-{a8}-{a4}-{a4}-{a4}-{a12}
logicmonitor lmv1:{a20}:{b40}
logicmonitor lmb_{b60}
maxmind {a6}_{a29}_mmk
mercury secret-token:mercury_production_wma_{a44}_yrucrem
oculus OC|{d16}|{w40}
onechronos ocoaat_{a30}
onfido api_live_us.{a11}.{w32}
orbit obu_{a40}
persona persona_production_{a40}
persona persona_sandbox_{G}
polar polar_oat_{a43}
polar polar_whs_{a43}
proof PRF_{a40}
rainforest apikey_{h64}
redirectpizza rpa_{a40}
samsara samsara_api_{a30}
scalr eyJhbGciOiJIUzI1NiIs{w30}.eyJ{w60}.{w43}
sindri sindri_{a40}
tableau {b22}==:{a32}
telnyx KEY{h32}_{a22}
uniwise wiseflow_{a40}
valtown vtwn_{a32}
workos sk_live_{a60}
workos sk_test_{a60}
rootly rootly_{h64}
authress sc_{a12}.acc-{a20}.{w60}
algolia-u ALGOLIA_{h32}
clerk sk_live_{a40}
clerk sk_test_{a42}
asaas $aact_prod_{b160}
configcat configcat-sdk-1/{a22}/{a22}
datastax AstraCS:{a24}:{h64}
gitea gta_{h40}
greptile greptile_{a40}
lichess lip_{a20}
minimax sk-api-{w100}
moonshot sk-{a48}
stability sk-{a48}
temporal tmprl_{w40}
together tgp_v1_{w43}
packagist packagist_uut_{h68}
packagist packagist_ort_{h68}
bitrise bitpat_{w88}
bitrise bitwat_{w88}
arcjet ajkey_{l26}
cartesia sk_car_{a24}
crossmint sk_production_{a100}
builderio bpk-{h32}
builderio bpk-{h32}-{h40}
blockprotocol b10ck5.{h32}.{G}
branchio key_live_{a32}
branchio secret_live_{a40}
aikido AIK_CLIENT_{a40}
aikido AIK_RUNTIME_{d4}_{d4}_{a40}
airbyte eyJhbGciOiJSUzI1NiIs.eyJ{w60}.{w43}
volc AKLT{a40}
zai {h32}.{a16}
openai-proj sk-proj-{w74}T3BlbkFJ{w74}
openai-old sk-{a20}T3BlbkFJ{a20}
anthropic sk-ant-api03-{w93}AA
anthropic-admin sk-ant-admin01-{w93}AA
google-oauth-at ya29.a0{w160}
aws-mws amzn.mws.{G}
azure-ad {a3}8Q~{w34}
square sq0csp-{w43}
squareat EAAA{w60}
paypal access_token$production${l16}${h32}
stripe sk_live_{a24}
stripe-new sk_live_51{a97}
stripe-rk rk_live_{a24}
slack-bot xoxb-{d12}-{d13}-{a24}
slack-app xapp-1-A{u10}-{d13}-{h64}
slack-wf https://hooks.slack.com/workflows/T{u8}/A{u8}/{d18}/{a24}
github-app ghs_{a36}
gitlab-deploy gldt-{w20}
gitlab-new glpat-{w27}.01.{l9}
bitbucket ATBB{a24}{H8}
npm npm_{a36}
pypi pypi-AgEIcHlwaS5vcmc{w120}
docker dckr_pat_{w27}
hub dckr_oat_{w32}
shopify shpat_{h32}
twilio SK{h32}
sendgrid SG.{w22}.{w43}
mailgun key-{h32}
mailchimp {h32}-us12
databricks dapi{h32}
dynatrace dt0c01.{u24}.{u64}
grafana glsa_{a32}_{h8}
grafana-cloud glc_{b60}
sentry sntrys_eyJ{a80}_{b43}
postman PMAK-{h24}-{h34}
linear lin_api_{a40}
notion ntn_{a46}
airtable pat{a14}.{h64}
figma figd_{w40}
hubspot pat-na1-{G}
contentful CFPAT-{w43}
typeform tfp_{w44}_{w14}
doppler dp.pt.{a43}
terraform {a14}.atlasv1.{w67}
vault hvs.{w90}
vaultb hvb.{w100}
pulumi pul-{h40}
heroku HRKU-AA{w58}
fly FlyV1 fm2_{b100}
render rnd_{a28}
supabase sbp_{h40}
neon napi_{l64}
planetscale pscale_tkn_{w43}
prisma eyJhbGciOi{w20}.eyJ{w60}.{w43}
cloudinary cloudinary://{d15}:{w27}@name
mapbox sk.eyJ1{w60}.{w22}
telegram {d10}:AA{w33}
discord M{w23}.{w6}.{w38}
discord-webhook https://discord.com/api/webhooks/{d19}/{w68}
teams https://x.webhook.office.com/webhookb2/{G}@{G}/IncomingWebhook/{h32}/{G}
teams https://prod-12.westus.logic.azure.com:443/workflows/{h32}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig={w43}
zapier https://hooks.zapier.com/hooks/catch/{d7}/{a7}/
ifttt https://maker.ifttt.com/trigger/x/with/key/{w43}
make https://hook.eu1.make.com/{l32}
pipedream https://eo{l18}.m.pipedream.net
n8n n8n_api_{h96}
1password A3-{u6}-{u11}-{u5}-{u5}-{u5}
bitwarden 0.{G}.{a30}:{b22}==
dashlane dls_{u16}_{a64}
age AGE-SECRET-KEY-1{u58}
nostr nsec1{l58}
huggingface hf_{a34}
replicate r8_{a37}
groq gsk_{a52}
xai xai-{a80}
deepseek sk-{h32}
perplexity pplx-{a48}
elevenlabs sk_{h48}
pinecone pcsk_{a6}_{a63}
langsmith lsv2_pt_{h32}_{h10}
langfuse sk-lf-{G}
helicone sk-helicone-{l7}-{l7}-{l7}-{l7}
braintrust sk-{a48}
wandb wandb_v1_{a77}
runpod rpa_{u40}{l6}
lambda secret_{a20}_{h32}.{a32}
nvidia nvapi-{w64}
tavily tvly-dev-{a32}
brave BSA{w28}
firecrawl fc-{h32}
browserbase bb_live_{w27}
e2b e2b_{h40}
daytona dtn_{h64}
retell key_{h28}
resend re_{a8}_{a24}
mailersend mlsn.{h64}
brevo xkeysib-{h64}-{a16}
atlassian ATATT3xFfGF0{w180}={H8}
trello ATTA{h64}
asana 2/{d16}/{d16}:{h32}
clickup pk_{d7}_{u32}
monday eyJhbGciOiJIUzI1NiJ9.eyJ{w60}.{w43}
intercom dG9rOm{b54}=
segment sgp_{a64}
posthog phx_{a43}
launchdarkly sdk-{G}
statsig secret-{a43}
flagsmith ser.{a22}
growthbook secret_admin_{b40}
unleash *:development.{h60}
unleash default:production.{h56}
harness pat.{w22}.{h24}.{a20}
circleci CCIPAT_{a22}_{h40}
buildkite bkua_{h40}
sonar squ_{h40}
snyk snyk_uat.{h8}.{w80}
socket sktsec_{w44}_api
veracode vera01ei-{h32}
veracode vera01es-{h64}
jfrog cmVmdGtuOjAxOj{a50}
ghcr ghp_{a36}
rubygems rubygems_{h48}
nuget oy2{l43}
pub ya29.{w100}
tailscale tskey-auth-{a17}-{a32}
netbird nbp_{a36}
cloudflare-tunnel eyJhIjoi{a150}
cloudflare-ca v1.0-{h24}-{h146}
akamai akab-{l16}-{l16}
digitalocean dop_v1_{h64}
do-spaces DO00{u16}
scaleway SCW{u17}
alibaba LTAI5t{a18}
tencent AKID{a32}
yandex AQVN{w38}
yandex y0_AgAAAA{w50}
yandex t1.9eue{w60}.{w86}
coinbase organizations/{G}/apiKeys/{G}
moralis eyJhbGciOiJIUzI1NiIs.eyJ{w60}.{w43}
plaid access-production-{G}
razorpay rzp_live_{a14}
adyen AQEyhmfxK{b80}
mollie live_{a30}
mollie access_{a40}
lemonsqueezy eyJ0eXAiOiJKV1Qi.eyJ{w60}.{w200}
chargebee live_{a32}
shippo shippo_live_{h40}
easypost EZAK{a54}
lob live_{h35}
duffel duffel_live_{w43}
revolut oa_prod_{w43}
monzo eyJhbGciOi{w20}.eyJ{w60}.{w43}
facebook EAAG{a150}
instagram IGQVJ{w120}
twitter AAAAAAAAAAAAAAAAAAAAA{a30}%{a60}
pinterest pina_{u60}
snap eyJhbGciOi{w20}.eyJ{w60}.{w43}
wechat wx{h16}
salesforce 00D{a12}!{a96}
zoho 1000.{h32}.{h32}
dropbox sl.{w136}
dropbox sl.u.{w140}
onedrive EwB{b300}
hashicups hcp.{w60}
datadog-pat ddpat_{a40}
honeycomb hcaik_{l58}
uptimerobot u{d6}-{h24}
axiom xaat-{G}
axiom xapt-{G}
tinybird p.eyJ1{w80}.{w43}
snowflake ETMs{w100}
mongo-sa mdb_sa_sk_{w40}
xata xau_{a38}
turso eyJhbGciOiJFZERTQSIs.eyJ{w60}.{w86}
convex prod:happy-otter-123|{b60}
hygraph eyJhbGciOi{w20}.eyJ{w60}.{w43}
ghost {h24}:{h64}
vercel-new vcp_{a56}
netlify nfp_{a36}
pubnub sub-c-{G}
pubnub sec-c-{b48}
telnyx KEY0{H32}_{a22}
onesignal os_v2_app_{l100}
firebase-fcm AAAA{w7}:APA91b{w134}
expo-push ExponentPushToken[{w22}]
courier pk_prod_{u28}
klaviyo pk_{h34}
discord-mfa mfa.{w84}
riot RGAPI-{G}
censys censys_{a8}_{a24}
""".strip()
"""Found wherever they stand."""

KNOWN_BY_NAME = r"""
ebay-id Company-App-PRD-{h9}-{h8}
fullstory na1.{b100}
onfido api_live.{a11}.{w32}
lark t-{w32}
larkapp cli_{a16}
freemius sk_{a29}
influxdb {w86}==
infomaniak {w86}
kagi {w20}.{w43}
mistral {a32}
polymarket 0x{h64}
upstage up_{a29}
coveralls {a33}
workato {h64}
civo {a50}
azure-pat {l52}
azure-func {w52}AzFu{w8}==
upstash AX{w60}
okta 00{w40}
auth {w64}
onelogin {h64}
cohere {a40}
deepgram {h40}
assemblyai {h32}
weaviate {a36}
qdrant {w43}|{w40}
wandb-old {h40}
modal ak-{a22}
postmark {G}
twitch {l30}
spotify {h32}
trello {h32}
todoist {h40}
zendesk {a40}
amplitude {h32}
mixpanel {h32}
configcat {w22}/{w22}
optimizely 2:{w60}
travis {w22}
codecov {G}
coveralls {a33}
snyk {G}
gitguardian {h72}
checkmarx {a40}
cloudsmith {h40}
cargo cio{a32}
zerotier {a32}
twingate {w80}
ngrok 2{a26}_{a22}
cloudflare {w40}
fastly {w32}
bunny {h8}-{h4}-{h4}-{h12}-{h4}-{h4}
linode {h64}
vultr {u36}
hetzner {a64}
ovhcloud {a32}
ibm {w44}
binance {a64}
kraken {b86}==
infura {h32}
alchemy {w32}
gocardless live_{w40}
recurly {h32}
amadeus {a32}
linkedin AQ{w300}
workday {a60}
servicenow {a32}
netsuite {h64}
datadog {h32}
datadog-app {h40}
loggly {G}
honeycomb {a22}
rollbar {h32}
bugsnag {h32}
pagerduty y_{w18}
opsgenie {G}
statuspage {h32}
pingdom {w80}
instana {w22}
appdynamics {h8}-{h4}-{h4}-{h4}-{h12}
logzio {a32}
mezmo {h32}
betterstack {a24}
cronitor {h32}
cribl {a32}
baselime {h40}
clickhouse 4b1d{a38}
fauna fnA{w38}
fauna fn{w40}
hasura {a64}
algolia {h32}
meilisearch {h64}
typesense {a32}
sanity sk{a178}
storyblok {a22}tt
prismic MC5{a60}.{b60}
strapi {h256}
webflow {h64}
vercel-old {a24}
ably {w6}.{w6}:{w43}
pusher {h20}
agora {h32}
zoom {w22}
plivo {w40}
messagebird {a25}
infobip {h32}-{G}
signalwire PT{h48}
novu {h32}
customerio {h32}
iterable {h32}
braze {h8}-{h4}-{h4}-{h4}-{h12}
convertkit {w22}
activecampaign {h72}
openweather {h32}
mapquest {a32}
tomtom {a32}
maxmind {a16}
abuseipdb {h80}
virustotal {h64}
shodan {a32}
securitytrails {w32}
greynoise {a64}
hibp {h32}
urlscan {G}
crowdstrike {a40}
sentinelone {a80}
lacework _{h32}
tenable {h64}
""".strip()
"""Found beside the issuer's name."""

LETTERS = string.ascii_letters + string.digits
KINDS = {
    "a": LETTERS,
    "b": LETTERS + "+/",
    "d": string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "U": string.ascii_uppercase,
    "w": LETTERS + "-_",
}
PART = re.compile(r"\{(\w)(\d*)\}")


def tokens(rows: str, seed: int) -> Iterator[tuple[str, str]]:
    """Yield each issuer's name and a token made by chance."""
    draw = random.Random(seed)
    for row in rows.splitlines():
        name, pattern = row.split(" ", 1)
        yield name, PART.sub(lambda part: made(draw, part[1], int(part[2] or 0)), pattern)


def made(draw: random.Random, kind: str, count: int) -> str:
    if kind == "G":
        return str(uuid.UUID(int=draw.getrandbits(128), version=4))
    inside = "".join(draw.choices(KINDS[kind], k=count))
    return inside[:-1] + draw.choice(LETTERS) if kind in "wb" else inside
