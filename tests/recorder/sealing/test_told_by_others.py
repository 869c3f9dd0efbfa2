"""What the lists of formats and the tests of others' scanners tell, with values of our own."""

from __future__ import annotations

import base64
import random
import string

import pytest

from recorder.sealing import Sealer
from tests.recorder.sealing.issuer_tokens import tokens

KEY = b"k" * 32
VALUE = "bqcdefghxjklmnopqrs7"
FORMATS = r"""
aiven AVNU_{b300}==
atlassian ATAT{w22}.{w12}.{w40}
aws FQoDYXdzE{b300}==
aws AQoDYXdzE{b300}
azure {b34}+ASt{b8}=
beamer b_{b43}=
checkout sk_{G}
checkout sk_test_{G}
checkout sk_{l26}
clearbit sk_{h32}
contentful CFPAT-{w25}
datadog DDRCM_{U100}
devcycle dvc_server_{h8}_{h4}_{h4}_{h4}_{h12}_{h7}
digitalocean dos_v1_{h64}
discord M{w22}.{w6}.{w27}
docker SWMTKN-1-{l50}-{l25}
dynatrace dt0a01.{l8}.{h64}
github gh1_{a60}
gocardless sandbox_{w41}
hubspot CiRldTEt{a90}
mailgun {h32}-{h8}-{h8}
mandrill md-{a22}
azure {b33}AzCa{b7}=
azure {w44}AzFu{w6}==
newrelic NRIQ-{w32}
newrelic {h32}FFFFNRAL
octopus API-{u25}
oculus FRL{a120}
orbit obu_{w40}
paypal A21AA{w92}
proctorio PSK{h32}
samsara samsara_api_{a30}
shopify atkn_{h64}
shopify prtapi_{h64}
shopify shpmkt_{h8}_{h32}
siemens CSC-STAGE-{w20}
square sq0csb-{w43}
stripe sk_{a32}
vault b.AAAAAQ{w140}
wiseflow wfs_1_{a38}
yandex c1.{w60}=.{w86}
softlayer https://api.softlayer.com/rest/v3.1/{h64}
""".strip()


@pytest.mark.parametrize(("issuer", "token"), [*tokens(FORMATS, 11)])
def test_a_format_is_found_wherever_it_stands(issuer: str, token: str) -> None:
    for text in (token, f"it says {token} here", f'{{"value": "{token}"}}'):
        spans = Sealer(KEY).find(text)
        secret = token.removeprefix("https://")
        assert any(secret.startswith(text[s.start : s.end][:20]) for s in spans), (issuer, text)


@pytest.mark.parametrize("prefix", ["sk-ant-api03-", "sk-proj-", "sk-", "xoxb-"])
def test_a_token_in_base64_is_found(prefix: str) -> None:
    made = "".join(random.Random(prefix).choices(string.ascii_letters + string.digits, k=40))
    encoded = base64.b64encode(f"{prefix}{made}".encode()).decode()
    text = f'decode("{encoded}")'
    assert any(encoded[:-2] in text[s.start : s.end] for s in Sealer(KEY).find(text)), text


PLACES = (
    "api.key={}",
    "app.api.key = {}",
    "aws.secret.key={}",
    "security.access.key: {}",
    '"private.key": "{}"',
    'url = "login=a&api.key={}";',
    'if ("{}".equals(password)) {{',
    'if ("{}".equalsIgnoreCase(config.getToken())) {{',
)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_gives_it_away(place: str) -> None:
    text = place.format(VALUE)
    assert [text[s.start : s.end] for s in Sealer(KEY).find(text)] == [VALUE], text


HARMLESS = r"""
String secret2 = "examples/commit/revision/469001e9700fea0";
String secret5 = "xml/src/main/java/org/wiki/html/file";
SECRET = "com.acme.billing.util.Decoder.ALLOW_SLASHES"
auth_token = "10.234.167.76"
String ipSecret = "2001:db8:1::ab9:C0A8:102";
TOKEN_INPUT = "[data-id='secret']"
"passKey": "[concat('Pass', parameters('suffix'))]"
confirm_password: "newPasswordLabel2"
password = "loginPasswordHint"
"Access Token": "SCAN_TOKEN_12"
TLS_SECRET=ingress-tls-secret
PULL_SECRET=registry-pull-secret
ConfigWorkerTokenAuth = "worker_auth_token_config"
secret_key = "changeme-changeme-changeme"
KEY = "gsk_FakeGroqKeyForTheDocs12345678"
KEY = "sk-mock_key_just_for_testing_1234567"
token: not-a-real-token-at-all
access_key: AKIAI44QH8DHBEXAMPLE
"one_time_password": "Engangskode:"
"sendOneTimePassword": "Send engangskode"
"password_rule": "Passordet må ha minst 8 tegn."
'access': ['origin-access/content/ABCDEFG1234567']
"token".equals(name)
hvs.startSessionWithParticipants(hvs.nodeAccounts)
"okapi.key": "keyboard of animals"
""".strip().splitlines()


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_left(text: str) -> None:
    assert not Sealer(KEY).find(text), text


TWINS = r"""
String secret2 = "examples/Xk9mP2vR7wQ4nL/z8TqW1";
SECRET = "com.Xk9mP2vR7wQ4nL5z"
auth_token = "10.234.Xk9m.76"
password = "9f3a:Xk9m:P2vR"
password = "Label-Xk9mP2"
TLS_SECRET=ingress-Xk9mP2vR7w
api_key: FAKE-Xk9mP2vR7wQ4nL5z
KEY = "sk-mock_Xk9mP2vR7wQ4nL5zT8sB1dF6gH3jK0"
access_key: AKIAQ7DH2WHB5XANPLE3
"one_time_password": "Xk9mP2vR"
""".strip().splitlines()


@pytest.mark.parametrize("text", TWINS)
def test_a_secret_in_the_same_place_is_sealed(text: str) -> None:
    assert Sealer(KEY).find(text), text
