"""Find secrets whose name stands apart from them: in a call, a directive, a form's part, a manifest.

As in `recorder.sealing.structure` it is the place that gives a secret away, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.data import is_in_data
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_named_so,
    is_of_password,
    is_secret_name,
)
from recorder.sealing.passwords import is_passphrase
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_Q = r"""\\{0,3}["'`]"""
_V = r"""[^\s"'`\\,;&|<>(){}\[\]⟦⟧]{4,4096}"""
_NL = r"[ \r]{0,2}\n"
_NAME = r"(?P<name>[A-Za-z_][\w.\-]{1,80})"

_CALL = Exact(
    rf"{_Q}{_NAME}{_Q}\s{{0,3}},(?=(?:\s{{0,3}}|[ \t]{{0,40}})[rbuf]?{_Q}(?P<value>[^\"'`\\\n⟦⟧]{{4,4096}}){_Q}(?!\s{{0,3}}:))"
)
_OF_TEMPLATE = Exact(r"\n[ \t]+[\"']?Type[\"']?:[ \t]+[\"']?String\b")
"""Of a parameter of CloudFormation's."""
LONGEST_CALLED = 40
"""Characters of a function's name before what it takes."""
_SETS = Exact(
    r"(?<!\w)(?:define|env|(?:set|get)_?(?:property|env)|putenv|(?:environ|env)\.get)\(\s{0,3}\Z",
    re.IGNORECASE,
)
_ITEM_OF_ENV = Exact(
    rf"\benv:{_NAME}[\"']?\s{{1,4}}-value\s{{1,4}}(?:{_Q})?(?P<value>{_V})", re.IGNORECASE
)
"""PowerShell's variables, which are items of a drive."""
_COMPARED = Exact(
    rf"(?P<quote>[\"'])(?P<value>[^\"'\n⟦⟧]{{4,512}})(?P=quote)\s{{0,3}}[!=]==?\s{{0,3}}\$?{_NAME}"
)
_JOINS = Exact(_Q + r"\s{0,3}[+.&]")
_DIRECTIVE = Exact(
    r"(?:^|(?<=[\s;&|\"']))(?:\#\s?define|%(?:global|define)|ENV|ARG|[sS]et[eE]nv|(?:fastcgi|uwsgi|scgi)_param|setx|set\s{1,3}-\w{1,4})\s{1,8}"
    rf"{_NAME}[ \t]{{1,8}}(?:(?P<quote>{_Q})(?=[^\n]{{4,4096}}?(?P=quote))|(?:{_Q})?)"
    rf"(?P<value>(?(quote)(?:(?!(?P=quote))[^\n⟦⟧]){{4,4096}}|{_V}))"
)
_SEPARATOR = Exact(r"[_\-.]")
_MACRO = Exact(r"\#\s?define\s")
_CONSTANT = Exact(r"[*&]?[A-Za-z_][A-Za-z0-9_]*")
_SECURE_STRING = Exact(
    rf"ConvertTo-SecureString\s{{1,4}}(?:-\w{{1,20}}\s{{1,4}}){{0,4}}(?:{_Q})?(?P<value>[^\s\"'`$(⟦⟧\-][^\s\"'`⟦⟧]{{3,511}})",
    re.IGNORECASE,
)
_INTO_SECURE_STRING = Exact(
    r"[\"'](?P<value>[^\"'\n$⟦⟧]{4,512})[\"']\s{0,4}\|\s{0,4}ConvertTo-SecureString", re.IGNORECASE
)
_MASTER = Exact(r"<master>\s{0,8}\{(?P<value>[A-Za-z0-9+/=]{16,400})")
"""With which Maven encrypts the passwords of its servers."""
_ORACLE = Exact(
    r"(?:jdbc:oracle:\w{1,8}:|\b(?:cx_?Oracle|oracledb)\.connect\(\\{0,7}[\"']|\bsqlplus\s{1,4}(?:-\w{1,3}\s{1,4}){0,3}|\b(?:expdp|impdp|sqlldr)\s{1,4})"
    r"(?P<user>[A-Za-z][\w$#]{0,60})/(?P<value>[^\s\"'`/⟦⟧]{4,128}(?=@(?:\(|//|[A-Za-z0-9][\w.\-]{0,120}(?:[:/?\s\"'`]|$)))|[^\s@\"'`/⟦⟧]{4,128}(?=@|(?<!\.sql)(?:\s|$)))"
)
"""It may have the sign in it that stands before the server; then the last one counts."""
_OPAQUE_USER = Exact(
    r"\b[a-z][a-z0-9+.\-]{1,30}://(?P<value>[^\s/:@\"'`<>⟦⟧]{12,512})(?::x-oauth-basic|:)?@"
)
_KEY_PAIR = Exact(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}[\"']?\s{0,3}[:,;|/ \t]\s{0,3}[\"']?(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])"
)
"""An access key of AWS with its secret."""
_GO_SOURCE = Exact(
    r"(?:^|[\"'`=\s(,→+>|:])(?P<user>[\w.\-]{1,80}):(?P<value>[^\s\"'`@⟦⟧]{3,256})@(?:tcp|unix|udp)\("
)
"""How Go's drivers write a data source: `me:secret@tcp(db:3306)/app`."""
_BUNDLE = Exact(
    r"\bBUNDLE_[A-Z0-9]+(?:_{1,3}[A-Z0-9]+){1,12}[\"']?\s?[:=]\s?\\{0,3}[\"']?(?P<user>[\w.@\-]{1,80}):(?P<value>[^\s\"'`/:\\⟦⟧]{4,256})(?=[\s\\\"']|$)"
)
"""Bundler's credentials of a server of gems."""
_REGISTRY = Exact(
    r"docker(?:configjson|cfg)\\{0,3}[\"']?\s?[:=]\s{0,3}\\{0,3}[\"']?(?P<value>[A-Za-z0-9+/]{20,16000}={0,2})"
)
"""What a registry is told, in base64."""
_TOKEN_OF_PATH = Exact(r"/t/(?P<value>[A-Za-z0-9\-]{20,64})/")
"""How Anaconda's channels carry one."""
_PART = Exact(
    rf"name=\\{{0,3}}[\"']?{_NAME}\\{{0,3}}[\"']?(?:;[^\r\n\\]{{0,200}})?{_NL}(?:[A-Za-z\-]{{1,40}}:[^\r\n\\]{{0,200}}{_NL}){{0,4}}{_NL}"
    rf"(?P<value>(?:(?!{_NL})[^⟦⟧]){{4,4096}})"
)
_VARIABLE = Exact(
    rf"(?:variable|output)\s{{1,4}}\\?\"{_NAME}\\?\"\s{{0,4}}\{{[^{{}}]{{0,400}}?\b(?:default|value)\s{{0,8}}=\s{{0,8}}\\?\"(?P<value>[^\"\\\n⟦⟧]{{4,4096}})\\?\""
)
_UNDER = Exact(
    r"^(?P<indent>[ \t]{0,40})[\"']?(?P<name>[A-Za-z_][\w.\-]{1,80})[\"']?:[ \t]*\r?\n(?=(?:(?P=indent)[ \t]+(?!default|value)[^\n]*\n){0,6}?(?P=indent)[ \t]+[\"']?(?:default|value)[\"']?:[ \t]*[\"']?(?P<value>[^\s\"'⟦⟧]{4,4096}))",
    re.IGNORECASE | re.MULTILINE,
)
"""A parameter of a template, with its default on a line of its own."""
_HAR_COOKIES = Exact(rf"cookies{_Q}\s{{0,4}}:\s{{0,4}}\[(?P<cookies>[^\]]{{0,16000}})")
_HAR_VALUE = Exact(rf"{_Q}value{_Q}\s{{0,4}}:\s{{0,4}}{_Q}(?P<value>[^\"'\\⟦⟧]{{4,4096}})")
_COOKIE_OPTION = Exact(
    r"\bcurl\b[^\n|;]{0,2000}?\s(?:-b|--cookie)[=\s]\s{0,3}(?P<quote>'\\''|\\{0,3}[\"'])(?P<value>[^\"'\n]{4,8192})"
)
_COOKIE = Exact(r"(?:^|;\s{0,4})[^=;\s]{1,128}=(?P<value>[^;\s\\⟦⟧]{4,4096})")
_MANIFEST = Exact(rf"\bkind(?:{_Q})?\s{{0,3}}:\s{{0,3}}(?:{_Q})?Secret(?![A-Za-z])", re.IGNORECASE)
_BLOCK = Exact(
    r"^(?P<indent>[ \t]{0,40})(?:data|stringData):[ \t]*\r?\n(?P<lines>(?:(?:(?P=indent)[ \t]+[^\n]*|[ \t]*)(?:\n|$)){1,400})",
    re.MULTILINE,
)
_ENTRY = Exact(
    r"^[ \t]+\\{0,7}[\"']?[\w.\-/]{1,200}\\{0,7}[\"']?:[ \t]*(?:[>|][-+]?[ \t]*\r?\n[ \t]+(?![\w.\-\"']{1,80}:[ \t]))?\\{0,7}[\"']?(?P<value>[^\s\"'\\#>|⟦⟧][^\s\"'\\⟦⟧]{3,16000})",
    re.MULTILINE,
)
_OBJECT = Exact(rf"{_Q}(?:data|stringData){_Q}\s{{0,4}}:\s{{0,4}}\{{(?P<lines>[^{{}}]{{1,16000}})")
_MEMBER = Exact(rf":\s{{0,4}}{_Q}(?P<value>[^\"'\\⟦⟧]{{4,16000}})")
AROUND = 4_000
"""Characters of a manifest on either side of its kind."""


def _named(form: Exact, detector: str, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        name = match["name"].rsplit(".", 1)[-1]
        if is_secret_name(name) and not is_harmless(match["value"].strip()):
            yield _span(match, class_of_name(name), detector)


def _directives(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what directives set; in C's macros what stands without quotes is code, or a number."""
    for match in _DIRECTIVE.finditer(text, start, end):
        name, value = match["name"], match["value"]
        is_quoted = text[match.start("value") - 1] in "\"'`"
        is_code = not is_quoted and _MACRO.match(match[0]) and _CONSTANT.fullmatch(value)
        is_text = text[match.end() : match.end() + 1] == " " and _MACRO.match(match[0])
        is_same = is_quoted and (is_text or is_named_so(name, value) or _repeats(name, value))
        if is_secret_name(name) and not (is_code or is_same or is_harmless(value)):
            yield _span(match, class_of_name(name), "environment")


def _repeats(name: str, value: str) -> bool:
    """Return whether most of a value's words are its name's: `X_PSK_AES_128 "PSK-AES128"`."""
    said = name.replace("_", "").lower()
    words = _SEPARATOR.compiled.split(value.lower())
    return len(words) > 1 and sum(word in said for word in words) * 3 >= len(words) * 2


def _told_apart(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield values beside names where both could be names: what reads as a word is left."""
    for match in form.finditer(text, start, end):
        name, value = match["name"].rsplit(".", 1)[-1], match["value"]
        if not is_secret_name(name) or is_harmless(value.strip()) or _is_begun(match):
            continue
        if " " in value and value.lower().replace(" ", "_") == name.lower():
            continue  # `("recovery_codes", "Recovery codes")`: its name for people
        if not is_wordlike(value) or is_passphrase(value) or _is_set(match, name):
            yield _span(match, class_of_name(name), "assignment")


def _is_begun(match: re.Match[str]) -> bool:
    """Return whether a word and a blank stand before what a program puts behind: a scheme."""
    value = match["value"]
    return (
        value[-1] == " "
        and value[:-1].isalnum()
        and _JOINS.match(match.string, match.end("value")) is not None
    )


def _is_set(match: re.Match[str], name: str) -> bool:
    """Return whether a function gives a word to what is called so, or takes it for the default."""
    value = match["value"]
    if not is_of_password(name):
        return False
    called = match.string[max(0, match.start() - LONGEST_CALLED) : match.start()]
    if not (
        _SETS.search(called) or _OF_TEMPLATE.search(match.string, match.start(), match.end("value"))
    ):
        return False
    return not (is_named_so(name, value) or is_secret_name(value))


def _unnamed(
    form: Exact, credential_class: str, detector: str, text: str, start: int, end: int
) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield _span(match, credential_class, detector)


def _opaque(
    form: Exact, credential_class: str, text: str, start: int, end: int
) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        if is_in_data(text, *match.span("value")):
            continue
        if is_random(match["value"]) and not is_harmless(match["value"]):
            yield _span(match, credential_class, "url")


def _har_cookies(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for found in _HAR_COOKIES.finditer(text, start, end):
        for match in _HAR_VALUE.finditer(text, *found.span("cookies")):
            yield _span(match, "cookie", "document")


def _cookie_options(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for option in _COOKIE_OPTION.finditer(text, start, end):
        for match in _COOKIE.finditer(option["value"]):
            at = option.start("value")
            yield SecretSpan(at + match.start("value"), at + match.end("value"), "cookie", "argv")


def _manifests(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield all data of a Kubernetes Secret: there they have names of their owner's choosing."""
    if not _MANIFEST.search(text, start, end):
        return
    for block, entry in ((_BLOCK, _ENTRY), (_OBJECT, _MEMBER)):
        for found in block.finditer(text, start, end):
            for match in entry.finditer(text, *found.span("lines")):
                if not is_harmless(match["value"]):
                    yield _span(match, "kubernetes-secret", "document")


def _span(match: re.Match[str], credential_class: str, detector: str) -> SecretSpan:
    return SecretSpan(match.start("value"), match.end("value"), credential_class, detector)


_TAIL = rf"{NAME_WORDS}[\w.\-]{{0,40}}"
CLUES = (
    Clue(rf"{_TAIL}\\{{0,3}}[\"'`]\s{{0,3}},(?:\s{{0,3}}|[ \t]{{0,40}})[rbuf]?\\{{0,3}}[\"'`]", 160, 4_200, partial(_told_apart, _CALL), is_of_line=True),
    Clue(rf"env:\w{{0,60}}{NAME_WORDS}\w{{0,40}}[\"']?\s{{1,4}}-value\s", 160, 4_200, partial(_told_apart, _ITEM_OF_ENV)),
    Clue(r"_salt[\"']\s{0,3},", 60, 300, partial(_told_apart, _CALL)),
    Clue(rf"[\"']\s{{0,3}}[!=]==?\s{{0,3}}[\w.$]{{0,40}}{NAME_WORDS}", 720, 80, partial(_told_apart, _COMPARED)),
    Clue(
        rf"(?:define|global|env|arg|setenv|_param|setx|set\s{{1,3}}-\w{{1,4}})\s{{1,8}}\w{{0,60}}{NAME_WORDS}\w{{0,40}}\s{{1,8}}\S",
        200, 4_200, _directives,
    ),
    Clue(r"\|\s{0,4}ConvertTo-SecureString", 600, 4, partial(_unnamed, _INTO_SECURE_STRING, "password", "argv")),
    Clue(r"<master>\s{0,8}\{", 10, 500, partial(_unnamed, _MASTER, "master-password", "structure")),
    Clue(r"ConvertTo-SecureString\s", 30, 700, partial(_unnamed, _SECURE_STRING, "password", "argv")),
    Clue(r"(?:oracle:|oracle\.connect\(|oracledb\.connect\(|sqlplus|expdp|impdp|sqlldr)[^\n]{0,80}/", 140, 200, partial(_unnamed, _ORACLE, "database-password", "url")),
    Clue(r"://[^\s/:@\"'`<>]{12,512}:?(?:x-oauth-basic)?@", 560, 2, partial(_opaque, _OPAQUE_USER, "url-user"), letter="@"),
    Clue(r"(?:AKIA|ASIA)[A-Z0-9]{16}[\"']?\s{0,3}[:,;|/ \t]", 40, 80, partial(_opaque, _KEY_PAIR, "aws-secret-key"), ignore_case=False),
    Clue(r"@(?:tcp|unix|udp)\(", 400, 2, partial(_unnamed, _GO_SOURCE, "url-password", "url"), letter="@"),
    Clue(r"BUNDLE_[A-Z0-9_]{2,100}[\"']?\s?[:=]\s?[\\\"']{0,4}[\w.@\-]{1,80}:", 200, 300, partial(_unnamed, _BUNDLE, "password", "environment"), ignore_case=False),
    Clue(r"docker(?:configjson|cfg)[\\\"']{0,4}\s?[:=]\s{0,3}[\\\"']{0,4}[A-Za-z0-9+/]{20}", 60, 16_100, partial(_unnamed, _REGISTRY, "docker-config", "document")),
    Clue(r"/t/[A-Za-z0-9\-]{20}", 30, 60, partial(_opaque, _TOKEN_OF_PATH, "conda-token")),
    Clue(rf"name=[\\\"']{{0,4}}[\w.\-]{{0,60}}{_TAIL}[\\\"']{{0,4}}[;\r\n\\ ]", 200, 5_000, partial(_named, _PART, "body")),
    Clue(rf"(?:variable|output)\s{{1,4}}\\?\"[\w\-]{{0,60}}{_TAIL}\\?\"", 200, 4_700, partial(_named, _VARIABLE, "assignment")),
    Clue(rf"{_TAIL}[\"']?:[ \t]{{0,8}}\r?\n[ \t]{{1,40}}[\"']?(?:type|description|default|value|no_?echo|label|required|title|hidden)[\"']?:", 200, 4_200, partial(_told_apart, _UNDER)),
    Clue(r"cookies[\\\"'`]{1,4}\s{0,4}:\s{0,4}\[", 40, 16_100, _har_cookies),
    Clue(r"curl[^\n|;]{0,2000}\s(?:-b|--cookie)[=\s]", 2_100, 8_300, _cookie_options),
    Clue(r"kind[\\\"'`]{0,4}\s{0,3}:\s{0,3}[\\\"'`]{0,4}secret", AROUND, AROUND, _manifests),
)  # fmt: skip
"""A clue for each kind of place."""
