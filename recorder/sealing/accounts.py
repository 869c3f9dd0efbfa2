"""Find passwords that people write beside an account: `10.0.0.5 (operator/…)`, `ID/PW: me/…`.

Notes, wikis and tickets have them so; no operator says where a password begins. So the value has to
look like one itself.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.passwords import is_plainly_password, is_told_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_USER = r"[A-Za-z][\w.@\-]{1,40}"
_ENDS = r"(?=[\s),;/\"']|$)"
_V = r"(?P<value>[^\s\"'`/(),;⟦⟧]{6,128})"
_WORD = r"(?:pass(?:w(?:or)?d|code|phrase)?|passowrd|pwd|pw)"
_FOREIGN = "계정|비번|비밀번호|패스워드|아이디|账号|密码|パスワード"
_AT_ADDRESS = Exact(
    rf"\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d{{1,5}})?(?:[ \t,(>\-:]|/(?={_USER}/\S{{8}}))[^\n/]{{0,30}}?(?<![\w./@\-]){_USER}/{_V}{_ENDS}"
)
_HEADED = Exact(
    rf"\b(?:id|user(?:[ ]?name)?|login|account|{_FOREIGN})\s?[/&,+]\s?(?:{_WORD}|{_FOREIGN})(?![A-Za-z])[^\n]{{0,40}}?(?<![\w.@])"
    rf"{_USER}[ ]?[/(:,][ ]?{_V}{_ENDS}",
    re.IGNORECASE,
)
_NAMED = Exact(
    rf"(?<![\w.\-/])(?:id|{_WORD}|{_FOREIGN})(?:[ ]?[:=\-][ ]?|[ ]){_USER}/{_V}{_ENDS}",
    re.IGNORECASE,
)
_OF_USER = Exact(
    rf"\b{_WORD}[ ](?:for|of|on|in|at)[ ](?:[\w\-]{{1,20}}[ ]){{0,3}}?[\w.@\-]{{1,60}}[ ]?(?:[:=][ ]?|[ ]is[ ](?:(?:still|now|currently|just)[ ])?){_V}",
    re.IGNORECASE,
)
_IS_IT = Exact(
    rf"(?<![\w/])[\"'`]?{_V}[\"'`]?[ ]is[ ](?:the|my|your|our|its|his|her)[ ](?:\w{{1,20}}[ ])?(?:{_WORD}|token|secret|api[ _]?key)\b",
    re.IGNORECASE,
)
_TRIED = Exact(r"\[\+\][ ][^\n]{1,100}?\\{1,4}[\w.$\-]{1,60}:(?P<value>[^\s⟦⟧]{4,128})")
"""What tools of those who try passwords say of one that was right."""
_SEPARATORS = Exact(r"[_\-]")
_MARKED = Exact(rf"\({_WORD}\)[ ]?[:=\-]?[ ]?{_V}", re.IGNORECASE)


def _told(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what a word names as a password, and looks like one."""
    for match in form.finditer(text, start, end):
        value = match["value"].rstrip(".,:;!?")
        if is_told_password(value) or is_told_password(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "prose")


def _plain(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what stands where files and versions stand, too, and can be neither."""
    for match in form.finditer(text, start, end):
        if is_plainly_password(_SEPARATORS.compiled.sub("", match["value"])):
            yield SecretSpan(*match.span("value"), "password", "prose")


CLUES = (
    Clue(r"\[\+\][ ][^\n]{1,100}\\", 130, 240, partial(_told, _TRIED)),
    Clue([rf"{digit}\.\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}[^\n]{{1,40}}[A-Za-z0-9]/[^\s/]{{6}}" for digit in string.digits], 120, 140, partial(_plain, _AT_ADDRESS)),
    Clue(rf"(?:id|user|name|login|account|{_FOREIGN})\s?[/&,+]\s?(?:{_WORD}|{_FOREIGN})", 60, 240, partial(_plain, _HEADED)),
    Clue(rf"(?:(?:^|[^\w.\-/])id:[ ]?|{_WORD}[ :=\-]|{_FOREIGN})[a-z][\w.@\-]{{1,40}}/[^\s/]{{6}}", 80, 140, partial(_plain, _NAMED)),
    Clue(rf"{_WORD}[ ](?:for|of|on|in|at)[ ](?:[\w\-]{{1,20}}[ ]){{0,3}}[\w.@\-]{{1,60}}[ ]?(?:[:=]|is[ ])", 160, 140, partial(_told, _OF_USER)),
    Clue(rf"[ ]is[ ](?:the|my|your|our|its|his|her)[ ](?:\w{{1,20}}[ ])?(?:{_WORD}|token|secret|api[ _]?key)", 190, 4, partial(_plain, _IS_IT)),
    Clue(rf"\({_WORD}\)[ ]?[:=\-]?[ ]?[^\s/()]", 20, 140, partial(_told, _MARKED)),
)  # fmt: skip
"""A clue for each way to write it."""
