"""Find secrets by the structure around them: headers, URLs, assignments, arguments, keys.

A secret found here may look like anything (Railway's tokens are plain UUIDs); it is the place that
gives it away. Patterns are written to be linear: no nested repetition, bounded lengths.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator

from recorder.sealing.spans import SecretSpan

__all__ = ["class_of_name", "find_structural", "is_secret_header", "is_secret_value"]

SECRET_NAME = re.compile(
    r"(?:^|[_\-.]|(?<=[a-z0-9])(?=[A-Z]))"
    r"(?i:tokens?|secrets?|(?:pg|db|my|mysql)?passw(?:or)?ds?|passphrase|pwd|pass|api_?-?keys?"
    r"|(?:access|private|secret|signing|encryption|auth|master|account)_?-?keys?|credentials?|auth"
    r"|cookie|session_?-?ids?|bearer|jwt|connection_?string|webhook_?-?urls?|apikey)"
    r"(?:$|(?=[A-Z0-9])|[_\-.](?!(?i:names?|types?|url|id$|file|path|count|length|limit|expir|ttl)))"
)
"""Does a variable's, key's or header's name say that its value is a secret?"""

_PLAIN_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_KEY_HEADER = re.compile(r"(?:^|-)(?:key|token|secret|password|auth|apikey|signature|credential)$")

# A value as it stands in shell, dotenv, INI, YAML or JSON, possibly quoted, possibly inside a JSON
# string (then quotes are escaped).
_QUOTE = r"""(?:\\{0,3}["'`])?"""
_VALUE = r"""[^\s"'`\\,;&|<>(){}\[\]⟦⟧]{4,4096}"""

_HEADER_IN_TEXT = re.compile(
    r"(?P<name>\b(?:proxy-)?authorization|\b(?:set-)?cookie|\b[\w-]{0,40}(?:token|api-?key|secret))"
    rf"{_QUOTE}\s?[:=]\s?{_QUOTE}(?P<scheme>(?:bearer|basic|token|apikey|digest|bot)\s+)"
    r"(?P<value>[^\s\"'`\\,;<>⟦⟧]{6,8192})",
    re.IGNORECASE,
)
# What every such header holds, and cheap to look for: it begins with one of two characters.
_ASSIGNED_SCHEME = re.compile(
    rf"[:=]\s?{_QUOTE}(?:bearer|basic|token|apikey|digest|bot)\s", re.IGNORECASE
)
_SCHEME_IN_TEXT = re.compile(
    r"\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/=\-]{16,8192})", re.IGNORECASE
)
# From the operators, which are few, back to their names: from each word forward, prose costs most.
_OPERATOR = re.compile(r"(?P<operator>=>|:=|[:=])[ \t]{0,3}")
# A name begins where a word does: tried at every letter of a long run, it would take minutes.
_NAME_BEFORE = re.compile(
    rf"(?<![A-Za-z0-9])(?P<name>[A-Za-z_][\w.\-]{{0,80}}){_QUOTE}[ \t]{{0,3}}\Z"
)
MAX_BEFORE = 81 + 4 + 3
"""Characters of a name, a quote and blanks."""
_OPENING_QUOTE = re.compile(r"\\{0,3}[\"'`]")
_BARE_VALUE = re.compile(_VALUE)
MAX_QUOTED = 4096
_OPTION = re.compile(
    # A dash that begins a word; the dash first, which is quick to look for.
    r"-(?<![^\s\"'`=]-)-?(?P<name>[A-Za-z][\w\-]{1,60})(?:[=\s]|\\?[\"'],\s?\\?[\"'])\s{0,3}"
    rf"{_QUOTE}(?P<value>{_VALUE})"
)
_CURL_USER = re.compile(
    rf"\bcurl\b[^\n|;]{{0,2000}}?\s(?:-u|--user|-U|--proxy-user)[=\s]?\s{{0,3}}{_QUOTE}"
    r"(?P<user>[^\s:\"'`\\]{0,256}):(?P<value>[^\s\"'`\\]{1,512})"
)
_MYSQL_PASSWORD = re.compile(
    r"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass)\b[^\n|;]{0,1000}?\s-p(?P<value>[^\s\"'`\\]{4,256})"
)
_USERINFO = re.compile(
    r"\b[a-z][a-z0-9+.\-]{1,30}://(?P<user>[^\s/:@\"'`<>⟦⟧]{0,256}):(?P<value>[^\s/@\"'`<>⟦⟧]{1,512})@",
    re.IGNORECASE,
)
_QUERY = re.compile(r"[?&;](?P<name>[A-Za-z_][\w.\-]{0,60})=(?P<value>[^\s&;#\"'`\\<>⟦⟧]{4,4096})")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<value>.{16,20000}?)"
    r"-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----",
    re.DOTALL,
)
_SQL = re.compile(
    r"\b(?:PASSWORD|IDENTIFIED\s{1,4}(?:WITH\s{1,4}\w{1,40}\s{1,4})?(?:BY|AS))\s{0,4}=?\s{0,4}"
    r"(?:PASSWORD\s{0,4}\(\s{0,4})?'(?P<value>[^'\\\n⟦⟧]{4,512})'",
    re.IGNORECASE,
)

_HARMLESS = re.compile(
    r"^(?:\$.*|%.*%?|<.*>|\*+|x{3,}|\.{3,}|-+|true|false|null|none|nil|undefined|yes|no|str|int"
    r"|string|bytes|bool|boolean|number|optional|required|any|self|env|example|placeholder|\d{1,9}"
    r"|changeme|redacted|your[_\-].*|my[_\-].*|insert[_\-].*|https?://[^@?]*|/[\w./\-]*|[\w.]+\(.*)$",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"^[A-Za-z_]+(?:[.\-/][A-Za-z_]+)*$")
_ENVIRONMENT_NAME = re.compile(r"^[A-Z][A-Z0-9_]{2,}$")
_CLASS_WORD = re.compile(r"^[a-z]{1,14}[0-9]{0,2}$")


def find_structural(text: str) -> Iterator[SecretSpan]:
    """Yield the secrets in a text that their surroundings give away."""
    lowered = text.lower()
    known: dict[tuple[str, ...], bool] = {}
    for marks, keywords, finder in _FINDERS:
        if not any(mark in text for mark in marks):
            continue
        present = known.get(keywords)
        if present is None:
            present = known[keywords] = any(keyword in lowered for keyword in keywords)
        if present:
            yield from finder(text)


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a variable's, key's or header's name says that its value is a secret."""
    return SECRET_NAME.search(name) is not None


def is_secret_header(name: str) -> bool:
    """Return whether a header's value is a credential by the header's name."""
    lowered = name.lower()
    return lowered in _PLAIN_HEADERS or _KEY_HEADER.search(lowered) is not None


def is_secret_value(key: str, value: str) -> bool:
    """Return whether the value that stands under a key of a structure is a secret by the key."""
    name = key.rsplit(".", 1)[-1]
    return (
        is_secret_name(name)
        and 4 <= len(value) <= 4096
        and "\n" not in value
        and "⟦" not in value
        and not _is_harmless(value)
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


def _headers(text: str) -> Iterator[SecretSpan]:
    if _ASSIGNED_SCHEME.search(text) is None:
        return
    for match in _HEADER_IN_TEXT.finditer(text):
        if _is_harmless(match["value"]):
            continue
        scheme = match["scheme"].strip().lower()
        yield SecretSpan(match.start("value"), match.end("value"), scheme, "header")


def _schemes(text: str) -> Iterator[SecretSpan]:
    for match in _SCHEME_IN_TEXT.finditer(text):
        if any(c.isdigit() for c in match["value"]):
            scheme = match[0].split()[0].lower()
            yield SecretSpan(match.start("value"), match.end("value"), scheme, "header")


def _assignments(text: str) -> Iterator[SecretSpan]:
    # Only the name and its operator are consumed: in `renew.env:3:API_TOKEN=x` every colon could be
    # one, and the last is the one that counts.
    for match in _OPERATOR.finditer(text):
        end = match.start()
        named = _NAME_BEFORE.search(text, max(0, end - MAX_BEFORE), end)
        if named is None or not is_secret_name(named["name"]):
            continue
        name = named["name"]
        quote = _OPENING_QUOTE.match(text, match.end())
        if quote:
            yield from _quoted_value(text, quote, class_of_name(name))
            continue
        bare = _BARE_VALUE.match(text, match.end())
        if bare and not _is_harmless(bare[0]) and not _is_code(name, match["operator"], bare[0]):
            yield SecretSpan(bare.start(), bare.end(), class_of_name(name), "assignment")


def _quoted_value(text: str, quote: re.Match[str], credential_class: str) -> Iterator[SecretSpan]:
    """Yield what stands between a quote and the same quote, escaped as deeply, after it."""
    start = quote.end()
    closing = re.compile(r"(?<!\\)" + re.escape(quote[0])) if "\\" in quote[0] else None
    if closing is None:
        closing = re.compile(rf"(?:[^\\{quote[0]}]|\\.){{0,{MAX_QUOTED}}}(?={quote[0]})", re.DOTALL)
        body = closing.match(text, start)
        end = body.end() if body else -1
    else:
        found = closing.search(text, start, start + MAX_QUOTED)
        end = found.start() if found else -1
    if end < 0:
        # A quote that never closes: to the end of the line is the safe reading.
        end = min(i for i in (text.find("\n", start), len(text), start + MAX_QUOTED) if i >= 0)
    value = text[start:end]
    if len(value) >= 4 and "⟦" not in value and not _is_harmless(value):
        yield SecretSpan(start, end, credential_class, "assignment", value=_unescaped(value))


def _unescaped(value: str) -> str:
    """Return the secret itself where the text holds it with JSON's escapes; else empty."""
    if "\\" not in value:
        return ""
    try:
        decoded = json.loads(f'"{value}"')
    except ValueError:
        return ""
    return decoded if isinstance(decoded, str) else ""


def _options(text: str) -> Iterator[SecretSpan]:
    for match in _OPTION.finditer(text):
        if SECRET_NAME.search(match["name"]) and not _is_harmless(match["value"]):
            yield _span(match, class_of_name(match["name"]), "argv")


def _curl_user(text: str) -> Iterator[SecretSpan]:
    for match in _CURL_USER.finditer(text):
        yield _span(match, "basic", "argv")


def _mysql_password(text: str) -> Iterator[SecretSpan]:
    for match in _MYSQL_PASSWORD.finditer(text):
        yield _span(match, "password", "argv")


def _userinfo(text: str) -> Iterator[SecretSpan]:
    for match in _USERINFO.finditer(text):
        if not _is_harmless(match["value"]):
            yield _span(match, "url-password", "url")


def _query(text: str) -> Iterator[SecretSpan]:
    for match in _QUERY.finditer(text):
        name = match["name"]
        signed = name.lower() in {"sig", "signature", "x-amz-signature", "key", "code"}
        if (signed or SECRET_NAME.search(name)) and not _is_harmless(match["value"]):
            yield _span(match, class_of_name(name), "url")


def _private_keys(text: str) -> Iterator[SecretSpan]:
    for match in _PRIVATE_KEY.finditer(text):
        yield _span(match, "private-key", "pem")


def _sql(text: str) -> Iterator[SecretSpan]:
    for match in _SQL.finditer(text):
        yield _span(match, "database-password", "sql")


def _span(match: re.Match[str], credential_class: str, detector: str) -> SecretSpan:
    return SecretSpan(match.start("value"), match.end("value"), credential_class, detector)


def _is_harmless(value: str) -> bool:
    return _HARMLESS.match(value) is not None or len(set(value)) < 3


def _is_code(name: str, operator: str, value: str) -> bool:
    """Return whether `name = value` without quotes reads as source code rather than as a setting.

    `API_TOKEN=word` in a dotenv file is a secret even where the word is plain; `token = word` and
    `password: str` are code.
    """
    if _ENVIRONMENT_NAME.match(name) and operator == "=":
        return False
    return _IDENTIFIER.match(value) is not None or not any(c.isdigit() for c in value)


_NAME_WORDS = (
    "token", "secret", "pass", "pwd", "key", "credential", "auth", "cookie", "session", "bearer",
    "jwt", "sas", "connection", "webhook",
)  # fmt: skip

_FINDERS: tuple[tuple[str, tuple[str, ...], Callable[[str], Iterator[SecretSpan]]], ...] = (
    ("-", ("private key",), _private_keys),
    ("=:", ("bearer ", "basic ", "token ", "apikey ", "digest ", "bot "), _headers),
    ("=:", _NAME_WORDS, _assignments),
    ("-", _NAME_WORDS, _options),
    (":", ("curl",), _curl_user),
    ("-", ("mysql", "mariadb", "sshpass"), _mysql_password),
    (":", ("://",), _userinfo),
    ("=", ("=",), _query),
    ("'", ("password", "identified"), _sql),
    (" ", ("bearer ", "basic "), _schemes),
)
"""Characters of which a text must hold one, words of which it must hold one, and the finder. What
is cheapest to look for comes first: most texts hold no secret.
"""
