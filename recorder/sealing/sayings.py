"""Find secrets that people say to each other: in notes, mails and tickets, in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue, DenseClue
from recorder.sealing.ends import LEAST_TOKEN, end_of_said
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random
from recorder.sealing.names import NAME_WORDS, class_of_name, is_secret_name
from recorder.sealing.passwords import is_password, is_plainly_password, is_told_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_FOREIGN = (
    "passwort|kennwort|mot de passe|contraseña|contrasena|senha|пароль|密码|密碼|口令|비밀번호|비번|패스워드|暗証番号|パスワード"
    "|hasło|heslo|lösenord|adgangskode|wachtwoord|parola|salasana|jelszó|şifre|κωδικός|סיסמה|كلمة المرور|mật khẩu|รหัสผ่าน"
)
"""How other languages call a password."""
_ENGLISH = r"pass(?:word|wd|code|phrase)?|pwd|pw|token|secret|api[ _-]?key|creds?|credentials?"
_V = r"\\{0,7}[\"'`“「(]?(?P<value>[^\s\"'`“”」⟦⟧()\\]{4,512})"
_IN_FOREIGN = Exact(
    rf"(?:{_FOREIGN})\s{{0,3}}(?:\\{{0,7}}[\"']?\s{{0,3}}[:：=]|lautet|ist|est|es|é|è|is|->|=>|→|-|\(|(?=\s))\s{{0,3}}{_V}",
    re.IGNORECASE,
)
_ANSWER = Exact(rf"\s{{0,3}}{_V}")
_ASKED = re.compile(
    rf"(?<![\w.\-])(?:{_ENGLISH})\s{{0,3}}(?:->|=>|→|：|[–-]\s|\(|(?:to|as|with|of|now|is)\s)\Z",
    re.IGNORECASE,
)
LONGEST_ASKED = 40
"""Characters of a word and what joins it to a value."""
_AS_PASSWORD = Exact(
    rf"\b(?:with|using|and|use|try)\s{{1,3}}{_V}[\"'`)]?\s{{1,3}}(?:as|for)\s{{1,3}}(?:(?:the|my|your|a|its|their)\s)?(?:{_ENGLISH})\b",
    re.IGNORECASE,
)
_QUOTED_NAME = Exact(
    r"[\"'`](?P<name>[A-Za-z_][\w .\-]{1,60})[\"'`]\s{1,3}(?:(?:field|input|box|variable|secret|header)\s)?(?:to|is|as|with|=)\s{1,3}(?:be\s)?[\"'`](?P<value>[^\"'`\n⟦⟧]{4,512})[\"'`]"
)
"""A name and a value, both quoted: Set `API_KEY` to `…`."""
_PAIRED_LINE = Exact(
    r"^[ \t>*\-]{0,8}[\w.+\-]{1,64}@[\w\-]{1,60}(?:\.[\w\-]{1,20}){1,3}[:;|,][ ]?(?P<value>[^\s:;|,/⟦⟧]{6,128})[ \t\r]{0,4}$",
    re.MULTILINE,
)
"""An address and a password on a line, as in lists of leaked ones."""
_PAIRED = Exact(
    r"(?<![\w.\-])(?:u(?:ser(?:name)?)?|login|id)\s?[:=]\s{0,3}[\w.@\-]{1,60}[ \t,;/]{1,6}p(?:w|wd|ass)?\s?[:=]\s{0,3}(?P<value>[^\s\"',;⟦⟧]{4,128})"
    r"|\b(?:for|user|login|as|auth|with|to|from)\s[\w.\-]{1,60}:(?P<shared>[^\s:@/\"'⟦⟧]{4,64})@[\w.\-]{2,80}"
    r"|(?<![\w./@:\-])[A-Za-z][\w.\-]{0,60}:(?P<alone>[^\s:@/\"'⟦⟧]{8,64})@(?:\d{1,3}(?:\.\d{1,3}){3}|[\w\-]{1,60}(?:\.[\w\-]{2,60}){1,4})(?![\w@/])",
    re.IGNORECASE,
)
"""A user and a password on a line: `U: me P: …`, `for me:…@host`."""
_COMMENTED = Exact(
    rf"(?P<quote>[\"'])(?P<value>(?![\s,:;)\]}}])[^\"'\n\\⟦⟧]{{8,512}})(?P=quote)[;,)]{{0,3}}[ \t]{{0,8}}(?://|\#|--(?!-)|/\*)[^\n]{{0,60}}?\b{NAME_WORDS}\b",
    re.IGNORECASE,
)
"""A literal of which the comment behind it tells; its first quote is none that ends another."""
_CHANGED = Exact(
    rf"(?:(?P<name>[A-Za-z_][\w.\-]{{1,60}})\s{{1,3}}from\s{{1,3}}{_V}[\"'`]?\s{{1,3}}to\s{{1,3}}\\{{0,7}}[\"'`]?(?P<new>[^\s\"'`⟦⟧()\\]{{4,512}})"
    rf"|(?:set(?:ting)?|chang(?:ed?|ing)|reset(?:ting)?|updat(?:ed?|ing))\s{{1,3}}(?:the\s{{1,3}})?(?:{_ENGLISH})\s{{1,3}}(?:for|of)\s{{1,3}}(?:[^\s]{{1,60}}\s{{1,3}}){{1,3}}?to\s{{1,3}}\\{{0,7}}[\"'`]?(?P<set>[^\s\"'`⟦⟧()\\]{{4,512}}))",
    re.IGNORECASE,
)
"""What a secret was, and what it is to be."""
_CODES = Exact(
    r"(?:recovery|backup|emergency|one-time|scratch)[ _-](?:codes?|keys?)\s{0,3}(?::|=|are|is)\s{1,40}(?P<codes>(?:[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){1,7}|(?=[A-Za-z]{0,15}\d)[A-Za-z0-9]{6,16})(?:[,;\s]\s{0,8}(?:[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){1,7}|(?=[A-Za-z]{0,15}\d)[A-Za-z0-9]{6,16})(?![\w\-])){0,31})(?![\w\-])",
    re.IGNORECASE,
)
_CODE = Exact(r"[A-Za-z0-9\-]{6,80}")
_MEMBER = Exact(r"[A-Za-z_\\]+::[A-Za-z_*]+")
"""Of a class, as PHP and C++ name it."""


def _answers(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what stands behind `password is`, where the hits end."""
    for hit in hits:
        match = _ANSWER.match(text, hit)
        asked = text[max(0, hit - LONGEST_ASKED) : hit]
        if match is not None and _is_told(match) and _ASKED.search(asked):
            yield _span(match)


def _said(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        if _is_told(match):
            yield _span(match)


def _is_told(match: re.Match[str]) -> bool:
    value = match.string[match.start("value") : end_of_said(match.string, *match.span("value"))]
    if _MEMBER.fullmatch(value):
        return False
    return is_told_password(value) or (len(value) >= LEAST_TOKEN and is_random(value))


def _span(match: re.Match[str]) -> SecretSpan:
    begin, end = match.span("value")
    return SecretSpan(begin, end_of_said(match.string, begin, end), "password", "prose")


def _quoted_names(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _QUOTED_NAME.finditer(text, start, end):
        name, value = match["name"].replace(" ", "_"), match["value"]
        is_told = is_password(value) or (len(value) >= LEAST_TOKEN and is_random(value))
        if is_secret_name(name) and is_told and not is_harmless(value):
            yield SecretSpan(*match.span("value"), class_of_name(name), "prose")


def _paired_lines(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PAIRED_LINE.finditer(text, start, end):
        if is_password(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "prose")


def _pairs(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PAIRED.finditer(text, start, end):
        group = next(name for name in ("value", "shared", "alone") if match[name])
        is_told = is_plainly_password if group == "alone" else is_password
        if is_told(match[group]):
            yield SecretSpan(*match.span(group), "password", "prose")


def _commented(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _COMMENTED.finditer(text, start, end):
        value = match["value"]
        if is_password(value) or (len(value) >= LEAST_TOKEN and is_random(value)):
            yield SecretSpan(*match.span("value"), "secret", "prose")


def _changed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _CHANGED.finditer(text, start, end):
        if match["name"] and not is_secret_name(match["name"]):
            continue
        for group in ("value", "new", "set"):
            begin, end = match.span(group)
            end = end_of_said(text, begin, end) if match[group] else begin
            if begin < end and is_told_password(text[begin:end]):
                yield SecretSpan(begin, end, "password", "prose")


def _codes(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _CODES.finditer(text, start, end):
        for code in _CODE.finditer(text, *match.span("codes")):
            if any(map(str.isdigit, code[0])):
                yield SecretSpan(*code.span(), "recovery-code", "prose")


CLUES = (
    Clue(rf"{NAME_WORDS}[\w.\-]{{0,20}}\s{{1,3}}from\s{{1,3}}\S{{4,512}}\s{{1,3}}to\s", 640, 520, _changed),
    Clue(rf"(?:(?:re)?set(?:ting)?|changed?|changing|updated?|updating)\s{{1,3}}(?:the\s{{1,3}})?(?:{_ENGLISH})\s{{1,3}}(?:for|of)\s", 60, 760, _changed),
    Clue(r"(?:recovery|backup|emergency|one-time|scratch)[ _-](?:code|key)s?\s{0,3}(?::|=|are|is)\s", 40, 700, _codes),
    Clue(rf"(?:{_FOREIGN})", 40, 600, partial(_said, _IN_FOREIGN)),
    DenseClue([rf"(?:{_ENGLISH})\s{{0,3}}(?:->|=>|→|：|-\s|–\s|\(|(?:to|as|with|of|now|is)\s)"], _answers),
    Clue(
        rf"(?:with|using|and|use|try)\s\S{{4,512}}\s(?:as|for)\s(?:(?:the|my|your|a|its|their)\s)?(?:{_ENGLISH})",
        620, 4, partial(_said, _AS_PASSWORD),
    ),
    Clue(rf"{NAME_WORDS}[\w.\-]{{0,20}}[\"'`]\s{{1,3}}(?:(?:field|input|box|variable|secret|header)\s)?(?:to|is|as|with|=)\s{{1,3}}(?:be\s)?[\"'`]", 120, 560, _quoted_names, is_of_line=True),
    Clue(r"@[\w\-]{1,60}(?:\.[\w\-]{1,20}){1,3}[:;|,][ ]?[^\s:;|,/]{6,128}[ \t\r]{0,4}(?:\n|$)", 300, 4, _paired_lines, letter="@"),
    Clue([rf"[ \t,;/]{name}\s?[:=]\s{{0,3}}[^\s\"',;]{{4}}" for name in ("p", "pw", "pwd", "pass")], 120, 200, _pairs),
    Clue(r"[\w.\-]:[^\s:@/\"']{4,64}@", 140, 100, _pairs, letter="@"),
    Clue(rf"[\"'][;,)]{{0,3}}[ \t]{{0,8}}(?://|\#|--|/\*)[^\n]{{0,60}}{NAME_WORDS}", 620, 20, _commented),
)  # fmt: skip
"""A clue for each way to say it."""
