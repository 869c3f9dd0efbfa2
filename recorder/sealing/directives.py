"""Find secrets behind a word on their line: in configuration of servers and devices, in protocols.

`requirepass …`, `enable secret 5 …`, `a1 LOGIN me …`: neither a quote nor an operator is there.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from functools import partial

from recorder.sealing.clues import Clue, DenseClue
from recorder.sealing.data import is_in_data
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import OPERATORS, SPECIAL, is_wordlike
from recorder.sealing.passwords import (
    is_numbered,
    is_password,
    is_plainly_password,
    is_told_password,
)
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_V = r"""(?:\\{0,7}["'`])?(?P<value>[^\s"'`\\⟦⟧]{4,512})"""
PRINTED = (
    r"(?:[+\-]|[ ]{0,8}\d{1,6}[→\t:]|[\w./\-]{1,120}:(?:\d{1,6}:)?|[\w.\-]{1,40}[ ]{1,20}\|[ ])?"
)
"""What tools print before a line: a sign, its number, its file, a container's name."""
_BEGIN = rf"(?:^|(?<=[\n\"'`;])){PRINTED}[ \t]{{0,40}}"

_SURE = Exact(
    rf"{_BEGIN}(?:(?:\d\)\s\\{{0,7}}\")?(?:requirepass|masterauth)(?:\\{{0,7}}\"\s{{1,8}}\d\))?|stats\s+auth\s+[\w.\-]{{1,60}}:|user\s+\S{{1,60}}\s+on\s+>|bindpw|rootbindpw|rootpw(?:\s+--(?:plaintext|iscrypted))?"
    r"|ldap_default_authtok|ssl_key_password|wpa_passphrase|sasl\.password|d-i\s+\S*password\S*\s+password)\s{0,8}"
    + _V,
    re.MULTILINE,
)
"""Words of one server each; whatever follows is the secret."""
_DEVICE = Exact(
    r"(?:\b(?:enable|pac|ppp\s+(?:chap|pap\s+sent-username\s+\S{1,60})|username\s+\S{1,60}(?:\s+privilege\s+\d{1,2})?|neighbor\s+\S{1,60}|line\s+\S{1,40}|key-string|pre-shared-key|md5|radius-server\s+key|tacacs-server\s+key)"
    r"\s+(?:algorithm-type\s+\w{1,12}\s+)?(?:password|secret|key)?\s{0,2}(?:[05-9]|sha512|level\s+\d{1,2})\s+|\bsnmp-server\s+community\s+|\br[ow]community6?\s+)"
    + _V
)
_LOGIN = Exact(
    rf"{_BEGIN}(?:(?:---)?>[ ]|[CS]:[ ]|[\w.\-]{{1,80}}:\d{{2,5}}(?:\[\d{{1,2}}\])?>[ ]|(?:redis|valkey|keydb)-cli[ ])?(?:[A-Za-z0-9]{{1,12}}\s+LOGIN\s+\S{{1,200}}|AUTH[ ]{{0,4}}\n\$\d{{1,3}}[ ]{{0,4}}\n(?:\S{{1,60}}[ ]{{0,4}}\n\$\d{{1,3}}[ ]{{0,4}}\n)?|AUTH(?:\s+(?:PLAIN|LOGIN|XOAUTH2|[a-z]\w{{1,40}})(?=[ \t]))?"
    rf"|USER\s+\S{{1,200}}[ \r]{{0,2}}\n\s{{0,20}}PASS|PASS(?=[ ])|login:\S{{1,200}}[ \r]{{0,2}}\n\s{{0,20}}passcode:|[Aa]uthorization:[ ]Basic[ ]{{1,4}}[\w.@\-]{{1,60}}[ :]|\[BasicAuth\][ \r]{{0,2}}\n[\w.@\-]{{1,60}}:)[ \t]{{0,4}}{_V}[ \t\r]{{0,2}}(?:$|[\"'`\\])",
    re.MULTILINE,
)
"""What a client says to IMAP, SMTP, POP, FTP, STOMP and Redis."""
_WORD = re.compile(
    r"(?<![\w\-/])(?:(?:[A-Za-z][\w.\-]{0,40})?[\w.\-](?:pass(?:word|wd|phrase|code)?|pwd|secret|psk|key|(?<=[_\-.])pw)|pass(?:word|wd|phrase|code)?|pwd|pw|psk)(?:-(?:value|text|string))?\s\Z",
    re.IGNORECASE,
)
_BEHIND = Exact(
    r"\s{0,40}(?:[-=.]{2,6}>?\s{1,40})?(?:(?:\d|ascii(?:-text)?|hex|plain(?:-text)?|cleartext|encrypted|ENC)\s{1,4}){0,2}"
    + _V,
    re.IGNORECASE,
)
_SOURCE = Exact(r"(?:pass|env|file|fd):")
"""How openssl is told where a password comes from: it finds its own."""
_POINTER = Exact(r"[*&]{1,3}[A-Za-z_]+\d?")
_TYPE = Exact(r"[*&]{1,3}[a-z]\w*\.[A-Z]\w*|[a-z]\w*:[A-Za-z_]\w*\]{1,3}|\[\d{0,5}\]\w+")
"""Of Go, behind a name: `key *rsa.PrivateKey`; in Objective-C a message to an object has its place.
"""
_NAME = Exact(r"[A-Za-z_]\w*_\w*")
_CLASS = Exact(r"(?:[A-Z][a-z]+){2,9}")
"""Whose instance has its name: `SessionKey sessionKey1`."""
LONGEST_WORD = 60
"""Characters of a word behind which a value stands, and a blank."""
_NOT_A_PLACE = Exact(
    r"(?:by|sur|tres|com|over|under|render|multi|single|first|second|one|two)-?pass|(?:turn|mon|tur|don|hoc|joc|whis|smo)key|(?:primary|foreign|public|host|sort|partition|cache)[_\-]?key",
    re.IGNORECASE,
)
"""Words that end like a password's and are none."""
_PROTOCOL = Exact(
    r"(?:\bcreateUser\s+\S{1,60}\s+(?:SHA\S{0,4}|MD5)\s+\\{0,7}[\"']?|\b(?:PSK|XAUTH|EAP)\s+\\{0,7}[\"']|\bsentinel\s+auth-pass\s+\S{1,60}\s+|\bSETUSER\s+\S{1,60}\s+(?:[^\s>\"']\S{0,40}\s+){0,6}[\"']?>"
    r"|\blogin=[^\s:]{1,60}:|:pserver:\S{1,120}\s+A|\$USER\d{1,3}\$=|[\]\w]:(?:25|465|587)\s+[\w.@\-]{1,80}:|\bSQLConnectInfo\s+\S+\s+\S+\s+|\bclear-text=\\{0,3}(?=\")|\bclient_send\s?=\s?(?::\s?\S{1,60}\s?:\s?|\^\S{0,60}\^)"
    r"|\b(?:isakmp|ikev2|radius-server|tacacs-server|radius|tacacs)\s(?:[^\n]{0,100}\s)?(?:key|secret)\s+(?:\d\s+)?(?!address)|\n[ \t]{1,8}key\s+[05-9]\s+|\b(?:message-digest-key|authentication-key)\s+\d{1,3}\s+md5\s+(?:\d\s+)?|\{(?:PLAIN|CLEARTEXT|CRYPT|S?MD5(?:-CRYPT)?|CRAM-MD5|SS?HA(?:\d{3})?(?:-CRYPT)?|BLF-CRYPT|ARGON2ID?|PBKDF2)\}|\bauth\s+(?:sha\S{0,4}|md5)\s+|\bpriv\s+(?:(?:aes|des)\S{0,4}\s+(?:\d{3}\s+)?)?|\boption\s+(?:key|password|psk)\s+\\{0,7}[\"']|issecret=true[^\]\n]{0,80}\]|::add-mask::|::set-output\s+name=\w{0,40}(?:token|secret|password|key)\w{0,20}::"
    r"|\bencrypt\\{0,3}\"?\s?[=:]\s?(?=\\{0,3}\"[A-Za-z0-9+/]{43}=)|\baaa-server\s[^\n]{1,80}\n[ \t]{1,12}key\s+|\bWIFI:(?:[^\n]{0,200};)?P:|\b[Nn]ick[Ss]erv\s:?(?i:identify|register|ghost|recover)\s+(?:[\w\-]{1,30}\s+(?=\S{4,64}(?:\s|$)))?|\bsecret\s+(?=\\{0,7}\"[^\"\\\n]{4,200}\\{0,7}\"\s?;)|\b(?:store|key)Password\s+\\{0,7}[\"']|\bline\s+(?:vty|con|aux)\s[^\n]{1,40}\n(?:[ \t][^\n]{1,80}\n){0,4}?[ \t]+password\s+|\bkey-string\s+(?:\d\s+)?|[Pp]assword\w{0,20}\s+REG_(?:EXPAND_)?SZ\s+|\bCWJAP\w{0,6}=\"[^\"\n]{1,32}\",\"|\bKey\s+Content\s+:\s|<auth-user-pass>\s+\S{1,80}\s+|(?:^|(?<=\n))\"[\w.\-]{1,64}\"[ ]\"(?=md5[0-9a-f]{32}\"|SCRAM-)|LoginModule\s[^\n;]{0,300}?\suser_\w{1,40}=\\?\")"
    + _V
)
"""What stands nowhere but before a secret."""
_SECRETS_LINE = Exact(
    r"(?:^|(?<=\"))[\"']?[\w.@\\\-]{1,80}[\"']?[ \t]+(?:\*|[\"']?[\w.\-]{1,60}[\"']?)[ \t]+[\"']?(?P<value>[^\s\"'⟦⟧]{4,200})[\"']?[ \t]+\*[ \t\r]{0,4}(?=$|\")",
    re.MULTILINE,
)
"""Of PPP: client, server, secret, addresses."""
_USER_COMMAND = Exact(
    r"^[ \t]{0,8}user[ \t]+[\w.@\-]{1,80}[ \t]+(?P<value>[^\s\"'⟦⟧]{4,200})[ \t\r]{0,4}$",
    re.MULTILINE,
)
_EMPHASISED = Exact(
    r"\*\*(?:[A-Za-z]{1,20}[ _\-]){0,3}(?:password|passwd|passphrase|passcode|secret|token|key|pin)(?:(?::\*\*|\*\*:)\s{1,4}`?|\*\*\s{1,4}`)"
    + _V,
    re.IGNORECASE,
)
_OF_PASSWORD = Exact(r"pass|pin\b", re.IGNORECASE)
_GOES_ON = Exact(r"[ ][a-z]+[ ,.]")
"""Of a sentence that tells what a password or a token is: `**Token**: what somebody …`."""
_PAIR = Exact(
    r"\b(?:use|login|log(?:ged)?[ ]in|logins?:|cred(?:ential)?s?(?:[ ]found)?:?|account:?)[ ]{1,3}(?:(?:is|are|with|as)[ ])?[\w.@\-]{2,60}(?:[ ]?/[ ]?|:)(?P<value>[^\s\"'`,;⟦⟧/]{6,128})",
    re.IGNORECASE,
)
_ACCOUNT = Exact(
    r"(?<![\w.\-/])(?:admin(?:istrator)?|root|postgres|sa|guest|test|demo|superuser|sysadmin)[\"'`*]{0,2}\s{0,4}(?:\||\s/\s|(?<=[\"'`])/(?=[\"'`]))\s{0,4}[\"'`*]{0,2}(?P<value>[^\s|\"'`⟦⟧]{8,128})(?=[\"'`*]{0,2}\s{0,4}(?:\||$|[\s.,;]))",
    re.IGNORECASE | re.MULTILINE,
)
_JOINED_ACCOUNT = Exact(
    r"(?:^|[\s(,:=\"'])(?:admin(?:istrator)?|root|postgres|sa|guest|test|demo)[/:](?P<value>[^\s|\"'`⟦⟧/(]{8,128}?)(?=[)\s\"',;]|@\d|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""A user and a password as people write them: `(root/…)`."""
_QUOTED_ACCOUNT = Exact(r"[\"'](?:admin(?:istrator)?|root|postgres|sa):[^\"']{8,128}\Z")
_ACCOUNTS = (
    "admin", "administrator", "root", "postgres", "sa", "guest", "test", "demo", "superuser",
)  # fmt: skip
_OWNER = "root"
"""Stands twice in each line of a listing of files."""
LONGEST_ACCOUNT = 40
"""Characters before the end of the sign behind an account's name at which that may begin."""
_SPECIAL = Exact(rf"[{SPECIAL}{OPERATORS}]")
"""What a password has and no folder."""
_PGPASS = Exact(
    rf"(?:^|(?<=\")){PRINTED}"
    r"[ \t]{0,20}(?:[\w.\-]{1,200}|\*):(?:543\d|6432|26257|5439|\*):[\w*\-]{1,64}:[\w.@*\-]{1,64}:(?P<value>[^\s:\"⟦⟧]{4,255})[ ]?(?=$|\")",
    re.MULTILINE,
)
_CHPASSWD = Exact(
    r"(?:chpasswd:[^\n]*\n(?:[ \t]+(?!list:)[^\n]*\n){0,6}[ \t]+list:[^\n]*\n|chpasswd[^\n]*<<[^\n]*\n)(?P<lines>(?:[ \t-]*[\w.\-]{1,60}:[^\s:]{3,256}[ \t\r]*(?:\n|$)){1,60})"
)
_USER_LINE = Exact(r"^[ \t-]*[\w.\-]{1,60}:(?P<value>[^\s:⟦⟧]{3,256})", re.MULTILINE)
_EXPECT = Exact(
    r"expect\s+(?:-\w{1,4}\s+)*[\"{][^\n\"}]{0,60}(?:assw|assphr|oken|ecret)[^\n\"}]{0,40}[\"}];?\s+(?:\{\s*)?send\s+(?:--\s+)?\"(?P<value>[^\"\\\n$⟦⟧]{4,256})",
)


def _plainly(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        value = match["value"].rstrip(";")
        if not is_harmless(value) and value not in {"public", "private"}:
            begin = match.start("value")
            yield SecretSpan(begin, begin + len(value), "password", "directive")


def _emphasised(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for span in _plainly(_EMPHASISED, text, start, end):
        value = text[span.start : span.end]
        goes_on = _GOES_ON.match(text, span.end) and value.isalpha() and value.islower()
        if not goes_on or _OF_PASSWORD.search(text, max(0, span.start - 40), span.start):
            yield span


def _behind_words(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    for hit in hits:
        match = _BEHIND.match(text, hit)
        value = match["value"].rstrip(".,:;)") if match else ""
        # Most of such words stand in prose, before one that is no password.
        is_plain = match is not None and is_password(value)
        if match is None or not (is_plain or is_numbered(value)) or _SOURCE.match(value):
            continue
        word = _WORD.search(text[max(0, hit - LONGEST_WORD) : hit])
        begin = match.start("value")
        if word is None or is_in_data(text, hit - 2, begin + len(value)):
            continue
        if not (is_plain or "pass" in word[0].lower()):
            continue
        if _is_declared(word[0].strip(), value):
            continue
        if not _NOT_A_PLACE.search(word[0]):
            begin = match.start("value")
            yield SecretSpan(begin, begin + len(value), "password", "directive")


def _is_declared(word: str, value: str) -> bool:
    """Return whether code declares a name: `EVP_PKEY *ownKey`, `#define aes_key nettle_aes_key`."""
    is_alike = word.lower() in value.lower() or (word.isupper() and value.isupper())
    if is_alike and _NAME.fullmatch(value):
        return True
    is_of_class = _CLASS.fullmatch(word) and value.rstrip(string.digits).lower() == word.lower()
    if is_of_class or _TYPE.fullmatch(value):
        return True
    return bool(word[0].isupper() and _POINTER.fullmatch(value))


def _telling(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what is no word: prose and logs have such lines too."""
    return _passwords(form.finditer(text, start, end))


def _passwords(matches: Iterable[re.Match[str]]) -> Iterator[SecretSpan]:
    for match in matches:
        value = match["value"].rstrip(".,:;)")
        if is_told_password(value):
            yield SecretSpan(
                match.start("value"), match.start("value") + len(value), "password", "directive"
            )


def _accounts(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what stands behind an administrator's name and a line or a slash."""
    for hit in hits:
        before = text[max(0, hit - LONGEST_ACCOUNT) : hit]
        named = before.rstrip(" \t|/\"'`*").lower()
        if not named.endswith(_ACCOUNTS):
            continue
        for account in _ACCOUNTS:
            if named.endswith(account):
                begin = hit - len(before) + len(named) - len(account)
                yield from _passwords(filter(None, [_ACCOUNT.match(text, begin)]))


def _spelled(name: str) -> Iterator[str]:
    """Yield the triggers of an account's name that stands everywhere, with what is before a
    password written out: it is passed over as fast as any other word.
    """
    marked = (rf"{name}{mark}[\"'`*]?\s{{0,4}}" for mark in (r"\"", "'", "`", r"\*"))
    blank = (f"{name}{' ' * count}" for count in range(5))
    tabbed = (rf"{name}{' ' * count}\t\s{{0,3}}" for count in range(5))
    for begin in (*marked, *blank, *tabbed):
        yield from (rf"{begin}\|", rf"{begin}[ ]?/\s", rf"{begin}[\"'`]/[\"'`]")


def _joined_accounts(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _JOINED_ACCOUNT.finditer(text, start, end):
        is_told = _SPECIAL.search(match["value"]) or _QUOTED_ACCOUNT.match(match[0])
        if is_told and is_plainly_password(match["value"]):
            yield _span(match)


def _lines(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for found in _CHPASSWD.finditer(text, start, end):
        for match in _USER_LINE.finditer(text, *found.span("lines")):
            if not is_harmless(match["value"]):
                yield _span(match)


def _pgpass(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PGPASS.finditer(text, start, end):
        value = match["value"]
        if is_told_password(value) or not (is_harmless(value) or _is_plain_word(value)):
            yield _span(match)


def _is_plain_word(value: str) -> bool:
    return is_wordlike(value) and value in {value.lower(), value.upper(), value.title()}


def _span(match: re.Match[str]) -> SecretSpan:
    return SecretSpan(*match.span("value"), "password", "directive")


CLUES = (
    Clue(r"(?:(?:requirepass|masterauth)[\\\"\s]|(?:bindpw|rootpw|default_authtok|ssl_key_password|wpa_passphrase|sasl\.password|password\spassword|stats\sauth)\s|\son\s>)", 200, 600, partial(_plainly, _SURE)),
    Clue(r"(?:(?:password|secret|key|md5|key-string)\s(?:[05-9]|sha512|level\s\d{1,2})\s|snmp-server\scommunity\s|r[ow]community6?\s)", 200, 600, partial(_plainly, _DEVICE)),
    Clue(r"\sLOGIN\s|(?:^|[\s\"'`;])(?:AUTH\s|PASS[ ])|\spasscode:|uthorization:[ ]Basic[ ]|\[BasicAuth\]", 460, 600, partial(_telling, _LOGIN), ignore_case=False, is_of_line=True),
    DenseClue([r"(?:pass(?:word|wd|phrase|code)?(?:-value|-text|-string)?|pwd|[^a-z]pw|psk|[\w\-]secret|[\w\-]key)\s"], _behind_words),
    Clue(
        r"(?:createUser\s|(?:PSK|XAUTH|EAP)\s+\\{0,7}[\"']|auth-pass\s|SETUSER\s|login=|:pserver:|\$USER\d|:(?:25|465|587)\s|SQLConnectInfo\s|clear-text=|client_send|\{(?:PLAIN|CLEARTEXT|CRYPT|S?MD5|CRAM|SS?HA|BLF|ARGON2|PBKDF2)"
        r"|(?:isakmp|ikev2|radius-server|tacacs-server|radius|tacacs)\s(?:[^\n]{0,100}\s)?(?:key|secret)\s|CWJAP\w{0,6}=|assword\w{0,20}\s+REG_|line\s+(?:vty|con|aux)\s[^\n]{1,40}\n|key-string\s|(?:ore|ey)Password\s|\n[ \t]{1,8}key\s+[05-9]\s|message-digest-key\s|authentication-key\s|auth\s+(?:sha|md5)|priv\s|option\s+(?:key|password|psk)\s|issecret=true|::add-mask::|::set-output\s|Key\s+Content\s|[Nn]ick[Ss]erv\s|secret\s[\\\"]{1,8}\w|encrypt[\\\"]{0,4}\s?[=:]|WIFI:|aaa-server\s|<auth-user-pass>|\"[ ]\"(?:md5|SCRAM-)|LoginModule\s)",
        80, 600, partial(_plainly, _PROTOCOL), ignore_case=False,
    ),
    Clue(r"[ \t]\*[ \t]{1,4}[\"']?[^\s\"']{4,200}[\"']?[ \t]{1,4}\*", 400, 60, partial(_telling, _SECRETS_LINE)),
    Clue(r"(?:^|\n)[ \t]{0,8}user[ \t]", 16, 300, partial(_telling, _USER_COMMAND)),
    Clue(r"(?:password|passwd|passphrase|passcode|secret|token|key|pin)(?::\*\*|\*\*[:\s])", 80, 600, _emphasised),
    Clue(r"(?:use|login|log(?:ged)?[ ]in|logins?:|cred(?:ential)?s?(?:[ ]found)?:?|account:?)[ ]{1,3}(?:(?:is|are|with|as)[ ])?[\w.@\-]{2,60}[ ]?[/:]", 90, 200, partial(_telling, _PAIR)),
    DenseClue([r"(?:admin|administrator|postgres|sa|guest|test|demo|superuser)[\"'`*]{0,2}\s{0,4}(?:\||\s/\s|[\"'`]/[\"'`])", *_spelled(_OWNER)], _accounts),
    Clue(r"(?:^|[\s(,:=\"'])(?:admin(?:istrator)?|root|postgres|sa|guest)[/:][^\s/:]{8}", 30, 140, _joined_accounts),
    Clue(r":(?:543\d|6432|26257|5439|\*):[\w*\-]{1,64}:[\w.@*\-]{1,64}:[^\s:]", 420, 300, _pgpass),
    Clue(r"chpasswd", 200, 4_000, _lines),
    Clue(r"expect\s[^\n]{0,80}(?:assw|assphr|oken|ecret)", 200, 600, partial(_plainly, _EXPECT)),
)  # fmt: skip
"""A clue for each kind of line."""
