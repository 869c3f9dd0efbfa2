"""Find secrets that a command was asked to show, or that a program says it has made.

`$ vault kv get -field=password secret/db`, and below it nothing but the password; `A temporary
password is generated for root@localhost: …`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import DenseClue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import NAME_WORDS
from recorder.sealing.passwords import is_passphrase, is_password, is_told_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_WORD = r"(?:passw(?:or)?d|passphrase|passwd|secrets?|tokens?|credentials?|creds|api[_\-]?keys?)"
_PROMPT = r"^[^\n]{0,80}?(?:[$#%❯➜]|PS [^\n>]{0,60}>)[ ]"
_ASKED = Exact(
    rf"{_PROMPT}(?P<command>[^\n]{{0,300}}(?:{_WORD}|\bpass[ ]show|\bopenssl[ ]rand|_PASS\b|_PWD\b)[^\n]{{0,300}})\n[ \t]{{0,8}}(?P<value>[^\s⟦⟧]{{6,4096}})[ \t\r]{{0,4}}$",
    re.IGNORECASE | re.MULTILINE,
)
"""A command that speaks of a secret, and a line of one word below it."""
_SHOWS = Exact(
    r"(?:\becho|\bprintf|\bprintenv|\bcat|\bhead|\btail|\bbat|\btype|Get-Content|\bread|\bget\b|\bget-|\bshow|\bprint|\boutput|\brand|\bdecode|base64[ ]-|\btoken\b|initial-password|\blookup|\breveal|\bview|console\.log|\bputs\b|environ|process\.env)",
    re.IGNORECASE,
)
_MADE = Exact(
    rf"{_WORD}[ ][^\n:=]{{1,80}}:[ \t]{{1,4}}[\"'`]?(?P<value>[^\s\"'`⟦⟧]{{6,512}})[\"'`]?[.]?(?:[ \t\r]{{0,4}}$|(?<![\"'`])\\{{0,7}}\"[,}}])",
    re.IGNORECASE | re.MULTILINE,
)
_OWNER = Exact(
    r"\b(?:reset|changed|updated|expired|denied|failed|invalid)\b[^:\n]{0,40}\b(?:users?|accounts?|ids?):[ \t]+[\"'`]?\Z",
    re.IGNORECASE,
)
"""Says whose the secret is: `password reset for user: …`."""
_BELOW = Exact(
    rf"(?:{_WORD}[^\n]{{0,100}}(?::[ \t\r]*\n\s{{0,80}}|[.][ \t\r]*\n[ \t]{{0,8}}New[ ]value:[ ])|(?:initial-password|print-access-token)[^\n]{{0,60}}\n)(?P<value>[^\s⟦⟧]{{6,512}})[ \t\r]{{0,4}}$",
    re.IGNORECASE | re.MULTILINE,
)
_SETTING = Exact(r"(?:\d{1,7}[→:|])?[A-Za-z_][\w.\-]*[=:→](?=[^=\s])")
"""Of a file below a comment: what is assigned there is found for itself."""
_TELLING = Exact(rf"(?=[acipst])(?:{_WORD}|initial-password|print-access-token)", re.IGNORECASE)
"""Asked first for its first letter: three times as fast."""
FARTHEST = 240
"""Characters from such a word to the first of a value."""
LONGEST_COMMAND = 800
"""Characters of a line, and of the prompt before it."""
LEAST_RANDOM = 20
"""Characters of a word that may be a token without looking like a password."""


def _asked(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield the words that stand alone in a line, in which the hits end, below a command."""
    for hit in hits:
        line = text.rfind("\n", max(0, hit - LONGEST_COMMAND), hit)
        command = text.rfind("\n", max(0, line - LONGEST_COMMAND), max(0, line)) + 1
        match = _ASKED.match(text, command)
        if match and _SHOWS.search(match["command"]) and _looks_secret(match["value"]):
            yield SecretSpan(*match.span("value"), "secret", "prose")


def _told(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what a program says it has made: it begins before a hit, behind a telling word."""
    for hit in hits:
        for word in _TELLING.finditer(text, max(0, hit - FARTHEST), hit):
            for form in (_MADE, _BELOW):
                match = form.match(text, word.start())
                if match is None:
                    continue
                value = match["value"].rstrip(".,;")
                of_password = word[0][:4].lower() == "pass" and not _SETTING.match(value)
                is_told = _looks_secret(value) or (of_password and is_told_password(value))
                if is_told and not _is_other(match, value):
                    begin = match.start("value")
                    yield SecretSpan(begin, begin + len(value), "password", "prose")


def _is_other(match: re.Match[str], value: str) -> bool:
    """Return whether a value begins a block, or is the user's whose secret is spoken of."""
    owner = _OWNER.search(match.string, match.start(), match.start("value"))
    return value.endswith(":") or '["' in value or owner is not None


def _looks_secret(value: str) -> bool:
    if _SETTING.match(value):
        return False
    if is_harmless(value) or value.startswith(("http", "/", "-", "[", "{", "?")):
        return False
    if is_wordlike(value):
        return is_passphrase(value)
    return is_password(value) or (len(value) >= LEAST_RANDOM and is_random(value))


_SPOKEN_OF = rf"[^\n]{{0,300}}{NAME_WORDS}[^\n]{{0,300}}\n[ \t]{{0,8}}[^\s]{{6}}"
CLUES = (
    DenseClue([rf"[$#%>][ ]{_SPOKEN_OF}"], _asked),
    DenseClue([rf"(?:❯|➜)[ ]{_SPOKEN_OF}", r"openssl[ ]rand[^\n]{0,300}\n[ \t]{0,8}[^\s]{6}"], _asked),
    DenseClue(
        [rf"{NAME_WORDS}(?:[ ][^\n:=]{{1,80}}:[ \t]{{1,4}}[\"'`]?[^\s\"'`]{{6}}|[^\n:]{{0,100}}:[ \t\r]*\n\s{{0,80}}[^\s]{{6}})"],
        _told,
    ),
    DenseClue([r"[.][ \t\r]*\n[ \t]{0,8}New[ ]value:[ ]", r"(?:initial-password|access-token)[^\n]{0,60}\n[^\s]{6}"], _told),
)  # fmt: skip
"""Clues for what was asked for, and for what is told."""
