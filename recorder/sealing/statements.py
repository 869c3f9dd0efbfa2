"""Find secrets in statements of SQL: passwords of users, keys of stores, what is inserted by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import class_of_name, is_secret_name
from recorder.sealing.passwords import is_password, is_told_password
from recorder.sealing.quotes import reads_as_text, secret_in
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_PASSWORD = Exact(
    r"\b(?:PASSWORD(?=[\s=(])(?:\s{1,4}FOR\s{1,4}\S{1,80}(?=\s{1,4}=))?|PRAGMA\s{1,4}(?:re)?key"
    r"|IDENTIFIED\s{1,4}(?:WITH\s{1,4}\w{1,40}\s{1,4})?(?:BY|AS))\s{0,4}=?\s{0,4}"
    r"(?:(?:PASSWORD|VALUES)\s{0,4})?\(?\s{0,4}(?:N?'(?P<value>(?:[^'\\⟦⟧]|''|\\.){4,512})'"
    r"|(?<=BY\s)\\{0,7}\"(?P<quoted>[^\"\\\n⟦⟧]{4,512})\\{0,7}\"|(?<=BY\s)(?P<bare>[A-Za-z0-9_#$!@\-.]{4,128})(?=[\s;]|$))",
    re.IGNORECASE,
)
_PROCEDURE = Exact(
    r"\bsp_(?:addlogin|addapprole|password)\s{1,4}(?:@\w{1,20}\s?=\s?)?(?:N?'[^'\n]{1,128}'|NULL)\s?,\s{0,4}(?:@\w{1,20}\s?=\s?)?N?'(?P<value>[^'\n⟦⟧]{4,512})'",
    re.IGNORECASE,
)
"""A server's own that takes a user's name, or what the password was, and the password."""
_ENCRYPTED = Exact(
    r"\b(?:(?:pgp_sym_(?:en|de)crypt(?:_bytea)?|(?:aes|des)_(?:en|de)crypt)\(\s{0,20}[^,\n]{1,300},\s{0,20}'(?P<value>[^'\n⟦⟧]{4,512})'"
    r"|(?:en|de)cryptbypassphrase\(\s{0,9}N?'(?P<phrase>[^'\n⟦⟧]{4,512})')",
    re.IGNORECASE,
)
"""What SQL's own functions encrypt with."""
_CONCATENATED = Exact(r"\s?[.+,]\s?\$?\w*[\[(]?$")
"""What stands between the ends of two strings of a program."""
_CONNECT = Exact(
    r"(?:^|[\n;\"'>→\t:+])\s{0,8}CONN(?:ECT)?\s{1,4}[A-Za-z][\w$#]{0,60}/\"?(?P<value>[^\s@\"'`/⟦⟧]{4,128})\"?(?=@|\s|;|$)",
    re.IGNORECASE,
)
_INSERTED = Exact(
    r"\b(?:INSERT|REPLACE)\s[^;()]{1,200}\((?P<columns>[^()]{4,2000})\)\s{0,40}(?:VALUES|VALUE)\s{0,8}(?=\()",
    re.IGNORECASE,
)
_ROW = Exact(
    r"\s{0,40}\((?P<row>(?:'(?:[^'\\\n]|''|\\.){0,4096}'|\"(?:[^\"\\\n]|\\.){0,4096}\"|[^()'\"]|\([^()]{0,400}\)){1,4000})\)\s{0,8},?"
)
_CELL = Exact(
    r"\s{0,40}(?:[NEeXx]?'(?P<value>(?:[^'\\\n]|''|\\.){0,4096})'|\"(?P<quoted>(?:[^\"\\\n]|\\.){0,4096})\"|(?:[^,'\"()]|\([^()]{0,400}\)){0,4000})\s{0,40}(?:,|$)"
)
_COLUMN = Exact(r"[\w$]+")
_NAMED_ROW = Exact(
    r"\bSET\s{1,4}[`\"\[]?\w{1,40}[`\"\]]?\s{0,4}=\s{0,4}'(?P<value>[^'\n⟦⟧]{4,4096})'[^;\n]{0,200}?\bWHERE\s[^;\n]{0,200}?=\s{0,4}'(?P<name>[A-Za-z_][\w.\-]{1,80})'",
    re.IGNORECASE,
)
_OF_USERS = Exact(
    r"\b(?:(?:CREATE|ALTER)\s[^;]{0,80}\b(?:USER|ROLE|LOGIN|LINK)|SET\s{1,4}ROLE|GRANT|CONNECT\s{1,4}TO)\s[^;]{0,400}\Z",
    re.IGNORECASE,
)
"""What stands before `IDENTIFIED BY` in a statement; in prose it is a word like others."""
BEFORE = 500
"""Characters of a statement before it that are looked at."""
ROWS = 200
"""Rows of one statement that are looked at."""


def _passwords(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PASSWORD.finditer(text, start, end):
        group = next(name for name in ("value", "quoted", "bare") if match[name])
        value = match[group]
        if group == "bare" and not _is_of_users(text, match, value):
            continue
        if not (is_harmless(value) or reads_as_text(value) or _CONCATENATED.match(value)):
            bare = "" if group == "bare" else secret_in(value, "'")
            yield SecretSpan(*match.span(group), "database-password", "sql", value=bare)


def _procedures(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PROCEDURE.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield SecretSpan(*match.span("value"), "database-password", "sql")


def _encrypted(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _ENCRYPTED.finditer(text, start, end):
        group = "value" if match["value"] else "phrase"
        if is_told_password(match[group]) or is_random(match[group]):
            yield SecretSpan(*match.span(group), "passphrase", "sql")


def _is_of_users(text: str, match: re.Match[str], value: str) -> bool:
    """Return whether what stands without quotes is a user's password rather than prose."""
    if is_wordlike(value) and not any(map(str.isdigit, value)):
        return False
    before = text[max(0, match.start() - BEFORE) : match.start()]
    return match[0].startswith("IDENTIFIED") or _OF_USERS.search(before) is not None


def _connects(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _CONNECT.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield SecretSpan(*match.span("value"), "database-password", "sql")


def _inserted(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what an INSERT puts into columns whose names say that they hold secrets."""
    for match in _INSERTED.finditer(text, start, end):
        names = [_COLUMN.findall(column)[-1:] for column in match["columns"].split(",")]
        wanted = {n: name[0] for n, name in enumerate(names) if name and is_secret_name(name[0])}
        at = match.end()
        for _ in range(ROWS if wanted else 0):
            row = _ROW.match(text, at)
            if row is None:
                break
            at = row.end()
            yield from _cells(row, wanted)


def _cells(row: re.Match[str], wanted: dict[int, str]) -> Iterator[SecretSpan]:
    for number, cell in enumerate(_CELL.finditer(row["row"])):
        group = "quoted" if cell["quoted"] else "value"
        value = cell[group]
        if number in wanted and value and len(value) >= 4 and not is_harmless(value):
            begin = row.start("row") + cell.start(group)
            name = class_of_name(wanted[number])
            yield SecretSpan(begin, begin + len(value), name, "sql")


def _named_rows(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _NAMED_ROW.finditer(text, start, end):
        if is_secret_name(match["name"]) and is_password(match["value"]):
            yield SecretSpan(*match.span("value"), class_of_name(match["name"]), "sql")


CLUES = (
    Clue(r"(?:password[^'\n]{0,80}'|identified[^'\n]{0,80}(?:['\"]|\sby\s)|pragma\s[^'\n]{0,20}key[^'\n]{0,8}')", 160, 600, _passwords),
    Clue(r"(?:sym_|aes_|des_)(?:en|de)crypt(?:_bytea)?\(|cryptbypassphrase\(", 40, 900, _encrypted),
    Clue(r"sp_(?:addlogin|addapprole|password)\s", 20, 700, _procedures),
    Clue(r"conn(?:ect)?\s{1,4}[a-z][\w$#]{0,60}/", 90, 200, _connects),
    Clue(r"(?:insert|replace)\sinto\s", 40, 8_400, _inserted),
    Clue(r"update\s[^;\n]{1,200}\sset\s[^;\n]{1,400}\swhere\s", 700, 400, _named_rows),
)  # fmt: skip
"""A clue for each kind of statement."""
