"""Judge names: does one say that its value is a secret, a password, a number?"""

from __future__ import annotations

import functools
import re

from recorder.sealing.extracts import TOKEN
from recorder.sealing.harmless import is_harmless

__all__ = [
    "NAME_WORDS",
    "class_of_name",
    "is_count",
    "is_named_so",
    "is_of_password",
    "is_password_of_digits",
    "is_said_of_one",
    "is_secret_header",
    "is_secret_name",
    "is_secret_value",
    "last_of",
]

NAME_WORDS = (
    r"(?:tokens?|secrets?|passw(?:or)?s?ds?|ps{1,2}w(?:o?r)?d|passphrase|pwd|pw|pass|creds?"
    r"|api[_\-.]?keys?"
    r"|(?:access|private|secret|signing|encryption|auth|master|account|subscription|functions|client|consumer|hmac|license|app|write|deploy)[_\-.]?keys?|credentials?|auth"
    r"|cookie|session_?-?ids?|bearer|jwt|connection_?string|webhook_?-?urls?|passcode|psk|key_?material|bindpw|rootpw|userpw|signing_?salt|pepper|pin_?code|activation_?code|(?:recovery|backup)_?codes?|recovery_?keys?|seed_?phrase|mnemonic"
    r"|(?:pre_?-?)?shared_?-?key)"
)
"""What stands in every name that `is_secret_name` accepts, as a clue to look for."""
_SECRET_NAME = re.compile(
    r"(?:^|[_\-.:]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]))"
    r"(?i:tokens?|secrets?|(?:pg|db|my|mysql)?passw(?:or)?s?ds?|ps{1,2}w(?:o?r)?d(?![A-Za-z0-9])|passphrase|pwd|pw(?![A-Za-z0-9])|(?:mysql|db|pg)?pass|creds?|api_?-?keys?"
    r"|(?:access|private|secret|signing|encryption|auth|master|account|subscription|functions|client|consumer|hmac|license|app|write|deploy)_?-?keys?|credentials?|auth"
    r"|cookie|session_?-?ids?|bearer|jwt|connection_?string|webhook_?-?urls?|apikey|passcode|psk|(?:pre_?-?)?shared_?-?key"
    r"|(?:proxy[_-]?)?authorization"
    r"|(?:access|auth|api|app|bot|client|id|identity|refresh|registry|session|user)tokens?"
    r"|(?:api|app|client|consumer|shared|user)secrets?|(?:admin|login|root|user)passw(?:or)?d"
    r"|[a-z]{2,12}(?:passwd|password|passphrase|pwd|apikey|secretkey|accesskey)|authtok|key_?material|(?:signing|auth|nonce|logged_?in|secret|password|hash|session|cookie)_?salt|pepper|pin_?code|activation_?code|(?:recovery|backup)_?codes?|recovery_?keys?|seed_?phrase|mnemonic"
    r"|(?:auth|bind|ftp|http|imap|key|ldap|login|mail|master|proxy|require|rdp|keystore|truststore|remote|root|smtp|sql|ssh|store|trust|user|vnc|web|wifi)pass|(?:admin|bind|ldap|root|user)pw"
    r"|(?:csrf|deploy|git|github|gitlab|jwt|npm|push|secret|security|service|vault|xsrf)tokens?)"
    r"(?:$|(?<=[a-z])(?=[A-Z])|(?=[0-9])|[_\-.](?!(?i:names?|types?|url|id$|file|path|count|length|limit|expir|ttl|stdin|env|dir|times?$|dates?$|at$|domain|host|port$|realm|mode$|region|scopes?$|changed|reset|updated|created|last|issuer|audience|user$|users$|email|enabled|uri)))"
)
"""Does a variable's, key's or header's name say that its value is a secret?"""
_TELLS_OF_ONE = re.compile(
    r"(?:[_\-.]|(?<=[a-z0-9])(?=[A-Z]))(?i:algo(?:rithms?)?|backends?|class(?:es)?|description|endpoint|error|fields?|format"
    r"|handlers?|hashers?|headers?|help|hint|invalid|labels?|managers?|messages?|methods?|model|param(?:eter)?s?|placeholder"
    r"|polic(?:y|ies)|prefix|prompt|providers?|regex|required|schema|scheme|service|suffix|title|uri|usage|validators?|version"
    r"|sources?|types?|kinds?|names?|origins?|drivers?|quer(?:y|ies)|cmds?|commands?|algs?|attributes?|propert(?:y|ies)|hosts?|msgs?|desc|groups?|embeddings?|plugins?|brokers?|owners?|modes?|tables?|columns?|dicts?|encryption|hash(?:ing)?|strength|stdin|config(?:uration)?|options?|settings?|helper|lifetime|expiry|manager)$"
    r"|(?i:credentials?|token)[_\-]?(?i:ids?)$"
    r"|(?:pull|existing)_?[Ss]ecrets?$|(?i:per|cost|price)_(?i:(?:input|output|cached)_)?(?i:tokens?)$"
    r"|(?:^|[_\-.])(?i:err(?:or)?_?msg)|(?i:public_?key_?token)$|(?i:res-auth)$"
    r"|^[a-z]{2,3}(?:_[A-Z][a-z]{3})?_PW$"
    r"|(?:^|[_\-.a-z])(?i:next|page|idempotency|starting|request|action|continuation|cancell?ation|start|sync|resume|max|total|input|output|prompt|completion|num|stop|special|pad|eos|bos|unk|mask|cls|sep)[_\-]?[Tt]okens?$"
)
"""Does a name say that its value tells something of a secret: `password_prompt`?"""
_PLAIN_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-honeycomb-team",
        "x-jfrog-art-api",
    }
)
_KEY_HEADER = re.compile(r"(?:^|-)(?:key|token|secret|password|auth|apikey|signature|credential)$")

LONGEST_VALUE = 65_536
"""Characters of a value that its key tells."""
_OF_PASSWORD = re.compile(
    r"pass(?!es|ed$|word_?(?:id|age|length))|pwd|pw$|psk|passcode|secret(?!_?(?:id|version))|pin_?code",
    re.IGNORECASE,
)
_OF_NUMBER = re.compile(r"(?:passw(?:or)?d|passphrase|passcode|pwd|pin_?code)$", re.IGNORECASE)
LEAST_OF_NUMBER = 6
"""Digits of a number that is a password."""
LONGEST_NUMBER = 9
"""Digits of what is a number rather than a token, as far as its look goes."""
_SAID_OF_ONE = re.compile(
    r"(?:in)?(?:correct|valid|secure)|required|mandatory|empty|wrong|missing|hidden|visible|expired|weak|strong|encrypted"
    r"|hashed|stored|changed|reset|blank|masked|plain(?:[_\-]?text)?|unknown|optional|credentials?|unchanged|password\w*",
    re.IGNORECASE,
)
_NO_LETTERS = re.compile(r"[^a-z0-9]")
_CLASS_WORD = re.compile(r"^[a-z]{1,14}[0-9]{0,2}$")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
MANY_WORDS = 3
"""Words of a value that its name has, too, in any order."""
_KEY_OF = re.compile(
    r"(?:^|[.\w\-])(?P<of>api|access|secret|private|signing|encryption|auth|master|account|shared)\.keys?$",
    re.IGNORECASE,
)
"""A property's name whose last part says too little: `app.api.key`."""


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a variable's, key's or header's name says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None and not _TELLS_OF_ONE.search(name)


def last_of(name: str) -> str:
    """Return the part of a dotted name that says what its value is."""
    last = name.rsplit(".", 1)[-1]
    of = _KEY_OF.search(name) if last.lower() in {"key", "keys"} else None
    return last if of is None else f"{of['of']}_{last}"


def is_secret_header(name: str) -> bool:
    """Return whether a header's value is a credential by the header's name."""
    lowered = name.lower()
    return lowered in _PLAIN_HEADERS or _KEY_HEADER.search(lowered) is not None


def is_secret_value(key: str, value: str) -> bool:
    """Return whether the value that stands under a key of a structure is a secret by the key."""
    name = last_of(key)
    return (
        is_secret_name(name)
        and 4 <= len(value) <= LONGEST_VALUE
        and "\n" not in value
        and not TOKEN.search(value)
        and not is_harmless(value)
        and not is_count(name, value)
    )


def class_of_name(name: str) -> str:
    """Return the credential class that a variable or header name stands for.

    `RAILWAY_API_TOKEN` becomes `railway-api-token`; a name that could itself carry a secret (long
    or full of digits) becomes `secret`.
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    words = [word for word in re.split(r"[^a-z0-9]+", split.lower()) if word]
    if not 0 < len(words) <= 6 or not all(_CLASS_WORD.match(word) for word in words):
        return "secret"
    return "-".join(words)


def is_named_so(name: str, value: str) -> bool:
    """Return whether a value only says the name again: `CLIENT_AUTH: "clientAuth"`."""
    said = _NO_LETTERS.sub("", value.lower())
    named = _NO_LETTERS.sub("", name.lower())
    if len(said) < 3 or said[:3] not in named:
        return False
    if said in named:
        return True
    words = _WORDS.findall(value)
    if len(words) < MANY_WORDS or sum(map(len, words)) < len(said):
        return False
    return {*map(str.lower, words)} <= {*map(str.lower, _WORDS.findall(name))}


def is_of_password(name: str) -> bool:
    """Return whether a name is that of a password or a secret, which may be a plain word."""
    return _OF_PASSWORD.search(name) is not None


def is_said_of_one(value: str) -> bool:
    """Return whether a word only says something of a password: that it is required, or wrong."""
    return _SAID_OF_ONE.fullmatch(value) is not None


def is_count(name: str, value: str) -> bool:
    """Return whether digits are a number or an id where their name tells of no password."""
    if not value.isdigit() or len(value) > LONGEST_NUMBER:
        return False
    return not is_of_password(name) or name.lower().endswith("s")


def is_password_of_digits(name: str, value: str) -> bool:
    """Return whether what stands as a number under a name is a password all the same."""
    return len(value) >= LEAST_OF_NUMBER and value.isdigit() and _OF_NUMBER.search(name) is not None
