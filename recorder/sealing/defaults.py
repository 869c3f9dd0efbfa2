"""Find secrets that a variable, an option or a parameter has otherwise, and lists of them.

`ENV.fetch("DB_PASSWORD") { "…" }`, `add_argument("--password", default="…")`, a template's
`"Default": "…"`; and what stands behind a type, or a call, that a name is given first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import Clue, DenseClue
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
from recorder.sealing.passwords import is_passphrase, is_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES", "literal_behind", "literals_after"]

_NAME = r"(?P<name>[A-Za-z_][\w.\-]{1,80})"
_NAMED = Exact(
    rf"[\"']-{{0,2}}{_NAME}\\{{0,3}}[\"'](?:\s?[)\]]{{1,2}}\s{{0,3}}(?:\|\||\?\?|\?:|or\s|\{{|\.or_?else\()\s{{0,3}}[rbuf]?\\{{0,3}}[\"']"
    r"|,[^\n()]{0,120}default(?:_value)?\s?[=:]|\s{0,3}:\s{0,3}\{)\Z",
    re.IGNORECASE,
)
"""A name, and what stands before that which it is otherwise."""
_LITERAL = r"(?P<quote>\\{0,3}[\"'])(?P<value>(?:(?!(?P=quote))[^\n\\⟦⟧]){4,512})(?P=quote)"
_VALUE = Exact(rf"\s?[rbuf]?{_LITERAL}")
_IN_PARAMETER = Exact(
    rf"[^{{}}]{{0,400}}?[\"'](?:default|value)\\{{0,3}}[\"']\s{{0,3}}:\s{{0,3}}{_LITERAL}",
    re.IGNORECASE,
)
_BY_HOST = Exact(
    rf"\s{{0,40}}\\{{0,3}}[\"'](?:https?://)?[\w\-]+(?:\.[\w\-]+)+(?::\d{{1,5}})?/?\\{{0,3}}[\"']\s{{0,3}}:\s{{0,3}}{_LITERAL}"
)
"""Tokens of several hosts under the name of them all, as Composer keeps them."""
_OAUTH = Exact(r"oauth$", re.IGNORECASE)
_QUOTED = r"[rbufRBUF@]{0,2}(?P<quote>\\{0,7}[\"'`])(?P<value>(?:[^\"'`\\\n$⟦⟧]|\$(?![{(\w])){4,512})(?P=quote)"
_ELSE = Exact(
    r"(?:<%=\s{0,3})?(?:\w{1,20}\[[\"']\w{1,60}[\"']\]\s|[\w.:]{1,40}\([\"'][\w.]{1,60}[\"']\)\s?|[^\n\"'`;|?]{0,120})"
    rf"(?:\|\||\?\?|\?:|\bor|\.unwrap_or(?:_else)?\((?:\|_?\|)?)\s{{0,3}}{_QUOTED}"
)
"""What a variable is otherwise: `process.env.SECRET || "…"`."""
_OF_TYPE = Exact(
    rf"(?:\[\]const[ ])?[A-Za-z][\w.]{{0,40}}(?:[\[<][\w.,| ()]{{1,40}}[\]>])?\??(?:[ ]?\|[ ]?\w{{1,20}}){{0,2}}[ ]?=[ ]?{_QUOTED}"
)
"""Of a name that is declared: `api_key: Optional[str] = "…"`."""
_OF_FIELD = Exact(
    rf"(?:[\w.]{{0,30}}Field\(|[A-Za-z_][\w.()]{{0,80}}\.default\(|lambda(?: \w{{1,20}})?:|[A-Za-z_][\w.]{{0,30}}\([^()\n\"'`]{{0,80}}?\b(?:default|initial)\s?=)\s?{_QUOTED}"
)
"""Of a field of a model or a form, by its default."""
_BELOW = Exact(rf"(?:\(|[(\\][ ]?\n[ \t]{{0,40}}){_QUOTED}(?!\s?[,%])")
"""In brackets, or on the line below, as those who keep lines short write it."""
_FURTHER = Exact(
    r"(?P<quote>\\{0,3}[\"'])(?:\s{0,40}[+.&]\s{0,40}|\s{1,40}(?:\\\r?\n[ \t]{0,40})?)[rbuf]?(?P=quote)(?P<value>[^\s\"'\\⟦⟧]{4,512})(?P=quote)"
)
"""The next literal of a value that is written as several."""
MOST_LITERALS = 40
LONGEST_NAME = 230
"""Characters from a name to what stands before its value."""
_LIST = Exact(
    rf"[\"']?{_NAME}\\{{0,3}}[\"']?\s{{0,3}}[:=]\s{{0,3}}(?:\[(?P<items>[^\]]{{4,4000}})\]|\{{(?P<members>[^{{}}]{{4,4000}})\}}|\r?\n(?P<lines>(?:[ \t]{{0,40}}-[ \t][^\n]{{4,400}}(?:\n|$)(?:[ \t]{{2,40}}[A-Za-z]\w{{0,30}}:[^\n]{{0,400}}(?:\n|$)){{0,4}}){{1,60}}))"
)
_ITEM = Exact(r"(?P<quote>\\{0,3}[\"'])(?P<value>[^\"'\s\\⟦⟧]{4,512})(?P=quote)(?=\s{0,40}(?:,|$))")
_MEMBER = Exact(
    r"[\"'][\w.@\- ]{1,60}[\"']\s?:\s?(?P<quote>[\"'])(?P<value>[^\"'\s\\⟦⟧]{4,512})(?P=quote)"
)
_LINE = Exact(
    r"^[ \t]{0,40}-[ \t]+\\{0,3}[\"']?(?P<value>[^\s\"'#:{}\[\]\\⟦⟧]{4,512})\\{0,3}[\"']?"
    r"(?:[ \t\r]*$|\\{0,3}[\"']{0,2}(?:[\]},<)]|$))",
    re.MULTILINE,
)
_VALUED = Exact(
    r"(?:^[ \t]{1,40}(?:-[ \t]+)?|[\"'])(?:value|code)\\{0,3}[\"']?\s?:\s{1,3}(?:\\{0,3}[\"'])?(?P<value>[^\s\"'#{}\[\]\\⟦⟧]{4,512})",
    re.MULTILINE,
)
"""Of an item that has a name of its own."""
_FORMS_OF_LIST = {"items": (_ITEM, _VALUED), "members": (_MEMBER,), "lines": (_LINE, _VALUED)}
_OF_CODES = Exact(r"codes$|recovery_?keys$", re.IGNORECASE)
"""Each stands for a password once, however short it is."""
QUOTES = "\"'"
LEAST_TOKEN = 20
"""Characters of a list's item that is no password."""


def _otherwise(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield the literals behind names, where the hits end."""
    for hit in hits:
        named = _NAMED.search(text, max(0, hit - LONGEST_NAME), hit)
        if named is None or not (is_secret_name(named["name"]) or _OAUTH.search(named["name"])):
            continue
        last = text[hit - 1]
        form = _IN_PARAMETER if last == "{" else _VALUE
        begin = hit
        if last in QUOTES:
            begin -= 1
            while text[begin - 1] == "\\":
                begin -= 1
        match = form.match(text, begin)
        if last == "{" and (of_host := _BY_HOST.match(text, begin)):
            match = of_host if is_random(of_host["value"]) else None
        elif not is_secret_name(named["name"]):
            continue
        if match is not None and _may_be(named["name"], match["value"]):
            yield SecretSpan(*match.span("value"), class_of_name(named["name"]), "assignment")


def literal_behind(text: str, at: int, name: str, *, is_typed: bool) -> Iterator[SecretSpan]:
    """Yield the literal that a name is given behind something else.

    Args:
        text: what it stands in.
        at: where what the name is given begins.
        name: what says that it is a secret.
        is_typed: may a type stand first?
    """
    for form in (_ELSE, _OF_TYPE, _OF_FIELD) if is_typed else (_ELSE, _OF_FIELD, _BELOW):
        match = form.match(text, at)
        if match is None:
            continue
        value = match["value"]
        may_be_word = is_passphrase(value) or (is_of_password(name) and "env" in match[0].lower())
        if not is_harmless(value) and (may_be_word or not is_wordlike(value)) and " " not in value:
            yield SecretSpan(*match.span("value"), class_of_name(name), "assignment")
        return


def literals_after(text: str, span: SecretSpan) -> Iterator[SecretSpan]:
    """Yield the literals that go on with the one that a secret is found to be: `"ab" "cd"`.

    Of a secret that is the end of a word in quotes (`-H "X-Key: ab" "https://…"`), the next is
    another word.
    """
    end = span.end
    for _ in range(MOST_LITERALS):
        match = _FURTHER.match(text, end)
        if match is None or not any(map(str.isdigit, match["value"])):
            return
        if end == span.end and not text.endswith(match["quote"], 0, span.start):
            return
        yield SecretSpan(*match.span("value"), span.credential_class, span.detector)
        end = match.end("value")


def _may_be(name: str, value: str) -> bool:
    """Return whether a literal may be the value of a name: a word only where that is a password."""
    if is_harmless(value) or " " in value or is_named_so(name, value) or is_secret_name(value):
        return False
    return is_of_password(name) or not is_wordlike(value)


def _listed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield the items of a list whose name says that they are secrets."""
    for found in _LIST.finditer(text, start, end):
        name = found["name"]
        if not is_secret_name(name):
            continue
        group = next(group for group in _FORMS_OF_LIST if found[group])
        forms = _FORMS_OF_LIST[group]
        if group == "items" and "{" in found[group] and "\n" in found[group]:
            forms = (_VALUED,)  # of objects over several lines any member would be an item
        for form in forms:
            for match in form.finditer(text, *found.span(group)):
                value = match["value"]
                is_code = _OF_CODES.search(name) and any(map(str.isdigit, value))
                if (
                    is_code
                    or is_password(value)
                    or (len(value) >= LEAST_TOKEN and is_random(value))
                ):
                    yield SecretSpan(*match.span("value"), class_of_name(name), "assignment")


_TAIL = (
    r"\s?[)\]]{1,2}\s{0,3}(?:\|\||\?\?|\?:|or\s|\{|\.or_?else\()\s{0,3}[rbuf]?\\{0,3}[\"']"
    r"|,[^\n()]{0,120}default(?:_value)?\s?[=:]"
    r"|\s{0,3}:\s{0,3}\{"
)
_PLURAL = r"(?:tokens|secrets|passwords|passphrases|api_?-?keys|access_?keys|credentials|creds|recovery_?keys|(?:backup|recovery)_?codes)"
CLUES = (
    DenseClue(
        [rf"{NAME_WORDS}[\w.\-]{{0,40}}\\{{0,3}}[\"'](?:{_TAIL})"],
        _otherwise,
    ),
    Clue(rf"{_PLURAL}[\\\"']{{0,4}}\s{{0,3}}[:=]\s{{0,3}}(?:\[\s{{0,20}}(?:\w{{1,40}}:\s?)?(?:\\{{0,3}}[\"'][^\"'\n]{{4}}|\{{)|\{{\s{{0,20}}[\"'][^\"'\n]{{2}}|\n[ \t]{{0,40}}-[ \t])", 160, 4_200, _listed),
)  # fmt: skip
"""A clue for each of them."""
