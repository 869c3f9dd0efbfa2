"""Find secrets behind a word on their line: in configuration of servers and devices, in protocols.

`requirepass …`, `enable secret 5 …`, `a1 LOGIN me …`: neither a quote nor an operator is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.looks import is_mixed_letters, is_random, is_wordlike
from recorder.sealing.names import is_harmless
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_V = r"""["']?(?P<value>[^\s"'`\\⟦⟧]{4,512})"""
_BEGIN = r"(?:^|(?<=[\n\"'`;]))[ \t]{0,40}"
_LEAST_KINDS = 3
_LONG_ENOUGH = 12

_SURE = Exact(
    rf"{_BEGIN}(?:requirepass|masterauth|user\s+\S{{1,60}}\s+on\s+>|bindpw|rootbindpw|rootpw(?:\s+--(?:plaintext|iscrypted))?"
    r"|ldap_default_authtok|ssl_key_password|wpa_passphrase|sasl\.password|d-i\s+\S*password\S*\s+password)\s{0,8}"
    + _V,
    re.MULTILINE,
)
"""Words of one server each; whatever follows is the secret."""
_DEVICE = Exact(
    r"(?:\b(?:enable|username\s+\S{1,60}(?:\s+privilege\s+\d{1,2})?|neighbor\s+\S{1,60}|line\s+\S{1,40}|key-string|pre-shared-key|md5|radius-server\s+key|tacacs-server\s+key)"
    r"\s+(?:password|secret|key)?\s{0,2}(?:[05-9]|sha512)\s+|\bsnmp-server\s+community\s+|\br[ow]community6?\s+)"
    + _V
)
_LOGIN = Exact(
    rf"{_BEGIN}(?:[A-Za-z0-9]{{1,12}}\s+LOGIN\s+\S{{1,200}}|AUTH(?:\s+(?:PLAIN|LOGIN|XOAUTH2|[a-z]\w{{1,40}})(?=[ \t]))?"
    rf"|USER\s+\S{{1,200}}[ \r]{{0,2}}\n\s{{0,20}}PASS|login:\S{{1,200}}[ \r]{{0,2}}\n\s{{0,20}}passcode:)[ \t]{{0,4}}{_V}[ \t\r]{{0,2}}(?:$|[\"'`])",
    re.MULTILINE,
)
"""What a client says to IMAP, SMTP, POP, FTP, STOMP and Redis."""
_WORD = Exact(
    rf"(?<![\w\-])(?:pass(?:word|wd|phrase|code)|pwd|pw)\s{{1,3}}(?:\d\s{{1,2}})?{_V}",
    re.IGNORECASE,
)
_ACCOUNT = Exact(
    r"(?<![\w.\-/])(?:admin(?:istrator)?|root|postgres|sa|guest|test|demo|superuser|sysadmin)[\"'`*]{0,2}\s{0,4}(?:\||\s/\s)\s{0,4}[\"'`*]{0,2}(?P<value>[^\s|\"'`⟦⟧]{8,128})(?=[\"'`*]{0,2}\s{0,4}(?:\||$|[\s.,;]))",
    re.IGNORECASE | re.MULTILINE,
)
_PGPASS = Exact(
    r"^[ \t]{0,20}(?:[\w.\-]{1,200}|\*):(?:543\d|6432|26257|5439|\*):[\w*\-]{1,64}:[\w.@*\-]{1,64}:(?P<value>[^\s:⟦⟧]{4,255})$",
    re.MULTILINE,
)
_CHPASSWD = Exact(
    r"(?:chpasswd:[^\n]*\n(?:[ \t]+(?!list:)[^\n]*\n){0,6}[ \t]+list:[^\n]*\n|chpasswd[^\n]*<<[^\n]*\n)(?P<lines>(?:[ \t-]*[\w.\-]{1,60}:[^\s:]{3,256}[ \t\r]*(?:\n|$)){1,60})"
)
_USER_LINE = Exact(r"^[ \t-]*[\w.\-]{1,60}:(?P<value>[^\s:⟦⟧]{3,256})", re.MULTILINE)
_EXPECT = Exact(
    r"expect\s+(?:-\w{1,4}\s+)*[\"{][^\n\"}]{0,60}(?:assw|assphr|oken|ecret)[^\n\"}]{0,40}[\"}]\s+(?:\{\s*)?send\s+(?:--\s+)?\"(?P<value>[^\"\\\n$⟦⟧]{4,256})",
)


def _plainly(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        if not is_harmless(match["value"]) and match["value"] not in {"public", "private"}:
            yield _span(match)


def _telling(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what is no word: prose and logs have such lines too."""
    for match in form.finditer(text, start, end):
        value = match["value"].rstrip(".,:;)")
        if _is_password(value):
            yield SecretSpan(
                match.start("value"), match.start("value") + len(value), "password", "directive"
            )


def _is_password(value: str) -> bool:
    """Return whether a string looks like a password or a token, and not like a word or a path."""
    if is_mixed_letters(value):
        return True
    if is_harmless(value) or is_wordlike(value) or "/" in value or "(" in value:
        return False
    if _VERSION.fullmatch(value) or _FILE.search(value) or not value.isascii():
        return False
    kinds = sum((any(map(str.isdigit, value)), any(map(str.islower, value)),
                 any(map(str.isupper, value)), not value.isalnum()))  # fmt: skip
    has_digit = any(map(str.isdigit, value))
    return (kinds >= _LEAST_KINDS and has_digit) or (
        has_digit and len(value) >= _LONG_ENOUGH and is_random(value)
    )


_VERSION = Exact(r"[v(]?\d+(?:[.\-_:x]\d+)*[a-z%)]{0,3}")
_FILE = Exact(r"\.[a-z]{1,5}\d?$|^[\w\-]+=[^=]|::|->|\w\[")


def _lines(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for found in _CHPASSWD.finditer(text, start, end):
        for match in _USER_LINE.finditer(text, *found.span("lines")):
            if not is_harmless(match["value"]):
                yield _span(match)


def _pgpass(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PGPASS.finditer(text, start, end):
        if not is_harmless(match["value"]) and not _is_plain_word(match["value"]):
            yield _span(match)


def _is_plain_word(value: str) -> bool:
    return is_wordlike(value) and value in {value.lower(), value.upper(), value.title()}


def _span(match: re.Match[str]) -> SecretSpan:
    return SecretSpan(*match.span("value"), "password", "directive")


CLUES = (
    Clue(r"(?:requirepass|masterauth|on\s>|bindpw|rootpw|default_authtok|ssl_key_password|wpa_passphrase|sasl\.password|password\spassword)\s", 200, 600, partial(_plainly, _SURE)),
    Clue(r"(?:(?:password|secret|key|md5|key-string)\s(?:[05-9]|sha512)\s|snmp-server\scommunity\s|r[ow]community6?\s)", 200, 600, partial(_plainly, _DEVICE)),
    Clue(r"\sLOGIN\s|AUTH\s|PASS\s|passcode:", 460, 600, partial(_telling, _LOGIN), ignore_case=False),
    Clue(r"(?:pass(?:word|wd|phrase|code)|pwd|[^a-z]pw)\s", 40, 600, partial(_telling, _WORD)),
    Clue(r"(?:admin(?:istrator)?|root|postgres|[^a-z]sa|guest|test|demo|superuser)[\"'`*]{0,2}\s{0,4}(?:\||\s/\s)", 60, 200, partial(_telling, _ACCOUNT)),
    Clue(r":(?:543\d|6432|26257|5439|\*):[\w*\-]{1,64}:[\w.@*\-]{1,64}:[^\s:]", 420, 300, _pgpass),
    Clue(r"chpasswd", 200, 4_000, _lines),
    Clue(r"expect\s[^\n]{0,80}(?:assw|assphr|oken|ecret)", 200, 600, partial(_plainly, _EXPECT)),
)  # fmt: skip
"""A clue for each kind of line."""
