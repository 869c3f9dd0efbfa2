"""Find secrets among the arguments of calls that are known to take one: `SetBasicAuth("me", "…")`.

What stands there has no name beside it; the function's own name gives it away, and its place among
the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.looks import is_wordlike
from recorder.sealing.names import NAME_WORDS, class_of_name, is_harmless, is_secret_name
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_LITERAL = r"""[rbufN@$]{0,2}(?P<quote>\\{0,3}["'])(?P<value>(?:(?!(?P=quote))[^\\\n⟦⟧]){4,512})(?P=quote)"""
_ARGUMENT = r"""[^,()\n]{1,300}"""

_SECOND = (
    r"set_?basic_?auth|with_?basic_?auth|(?:http_?)?(?:basic|digest|proxy)_?auth(?:entication)?|basic_?credentials"
    r"|network_?credential|username_?password_?(?:credentials?|authentication_?token)|password_?authentication"
    r"|basic_?aws_?credentials|ntlm_?auth|plain_?credentials|auth_?tokens?\.basic|bolt_?auth|auth\.basic|sign_?in"
    r"|sign_?in_?with_?email_?and_?password|authenticate|log_?in|login|credentials?|set_?credentials|auth"
)
"""Functions whose second argument is the password of the user who is the first."""
_THIRD = (
    r"mysqli?_(?:p?connect|real_connect)|new\s{1,3}mysqli|new\s{1,3}PDO|DriverManager\.getConnection"
    r"|get_?connection|MySQLdb\.connect|pymysql\.connect|ldap_bind|jdbc_?connect|Sequel\.connect"
)
"""Functions whose third argument is it."""
_USER_AND_PASSWORD = Exact(
    rf"(?<![A-Za-z0-9])(?:{_SECOND})\s?\(\s{{0,40}}(?P<user>{_ARGUMENT}),\s{{0,40}}{_LITERAL}\s{{0,4}}[,)]",
    re.IGNORECASE,
)
_SERVER_USER_AND_PASSWORD = Exact(
    rf"(?<![A-Za-z0-9])(?:{_THIRD})\s?\(\s{{0,40}}{_ARGUMENT},\s{{0,40}}{_ARGUMENT},\s{{0,40}}{_LITERAL}",
    re.IGNORECASE,
)
_PAIR_OF_AUTH = Exact(
    rf"\bauth{{1}}[\"']?\s{{0,3}}[=:]\s{{0,3}}[\[(]\s{{0,3}}(?P<user>[\"'][^\"'\n]{{1,200}}[\"']),\s{{0,3}}{_LITERAL}\s{{0,3}}[\])]"
)
_SETTER = Exact(
    r"(?<![A-Za-z0-9])(?P<name>(?:set|with|use|add)_?[A-Za-z_]{0,40}|[A-Za-z_]{0,20}(?:password|secret|token|key))"
    rf"\(\s{{0,40}}{_LITERAL}\s{{0,40}}\)",
    re.IGNORECASE,
)


def _arguments(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        value = match["value"]
        if not is_harmless(value) and not value.isspace() and not _is_word(value):
            yield SecretSpan(*match.span("value"), "password", "call")


def _setters(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SETTER.finditer(text, start, end):
        name, value = match["name"], match["value"]
        if is_secret_name(name) and not is_harmless(value) and not _is_word(value):
            yield SecretSpan(*match.span("value"), class_of_name(name), "call")


def _is_word(value: str) -> bool:
    """Return whether a literal reads as a name or a text rather than as a password."""
    return (is_wordlike(value) and not any(c.isdigit() for c in value)) or " " in value


CLUES = (
    Clue(rf"(?:{_SECOND})\s?\([^,()\n]{{1,300}},\s{{0,40}}[rbufN@$]{{0,2}}\\?[\"']", 700, 600, partial(_arguments, _USER_AND_PASSWORD)),
    Clue(rf"(?:{_THIRD})\s?\([^,()\n]{{1,300}},[^,()\n]{{1,300}},\s", 700, 1300, partial(_arguments, _SERVER_USER_AND_PASSWORD)),
    Clue(r"auth[\"']?\s{0,3}[=:]\s{0,3}[\[(]\s{0,3}[\"']", 40, 900, partial(_arguments, _PAIR_OF_AUTH)),
    Clue(rf"{NAME_WORDS}\(\s{{0,40}}[rbufN@$]{{0,2}}\\?[\"']", 160, 600, _setters),
)  # fmt: skip
"""A clue for each kind of call."""
