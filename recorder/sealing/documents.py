"""Find secrets by the place they have in documents: XML, netrc, tables, pairs, headers, prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.ends import end_of_said
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_count,
    is_of_password,
    is_said_of_one,
    is_secret_name,
)
from recorder.sealing.passwords import is_password, is_told_password
from recorder.sealing.quotes import reads_as_text
from recorder.sealing.spans import SecretSpan
from recorder.sealing.wordings import is_wording

__all__ = ["CLUES"]

_Q = r"""\\{0,7}\""""
_ELEMENT = Exact(
    r"<(?P<name>[A-Za-z_][\w.\-:]{1,80})(?:\s[^<>]{0,200})?>\s{0,40}(?:<!\[CDATA\[)?(?P<value>[^<>\s⟦⟧][^<>⟦⟧]{2,4096}?)(?:\]\]>)?\s{0,40}</(?P=name)\s{0,8}>"
)
_VALUED_ELEMENT = Exact(
    r"<(?P<name>[A-Za-z_][\w.\-:]{1,80})\s{1,8}value\s?=\s?(?P<quote>[\"'])(?P<value>[^\"'<>\n⟦⟧]{3,4096})(?P=quote)",
    re.IGNORECASE,
)
_NAMED_ELEMENT = Exact(
    r"<(?:\w{1,40}\sname=\\{0,7}[\"'](?:[\w\-]{1,40}\.)?name\\{0,7}[\"']>\s{0,4}(?P<said>[A-Za-z_][\w.\-]{1,80})\s{0,4}</\w{1,40}>\s{0,200}<\w{1,40}\sname=\\{0,7}[\"'](?:[\w\-]{1,40}\.)?value\\{0,7}[\"']"
    r"|[\w.\-]{1,60}\s(?:[\w\-:]{1,40}\s{0,3}=\s{0,3}[\"'][^\"'<>]{0,200}[\"']\s+){0,4}(?:name|key|id|n)\s{0,3}=\s{0,3}\\{0,3}[\"'](?:\w{1,20}/)?(?P<attribute>[A-Za-z_][\w.\-]{1,80})\\{0,3}[\"'][^<>/]{0,200}(?:>\s{0,40}<value)?"
    r"|(?:[a-z\-]{1,12}-)?(?:name|key|n)>\s{0,4}(?P<element>[A-Za-z_][\w.\-]{1,80})\s{0,4}</[a-z\-]{0,13}(?:name|key|n)>\s{0,200}(?:<value>\s{0,40})?<(?:(?:[a-z\-]{1,12}-)?value|string|v)(?:\s[^<>]{0,80})?"
    r"|(?P<parent>[A-Za-z_][\w.\-:]{1,80})>\s{0,200}<(?:value|string|text|plainText))>"
    r"\s{0,40}(?P<value>[^<>\s⟦⟧][^<>⟦⟧\n]{2,4096}?)\s{0,40}</",
    re.IGNORECASE,
)
_SENTENCE = Exact(r"[A-Z]?[a-z]+(?:[.,]? [A-Za-z][a-z]*){1,16}[?!.:…]?$")
"""What a program says of a password to those who read its language."""
_TYPED = Exact(
    r"\btype[\"']?\s?[:=]\s?[\"'](?P<name>password|secret|token)[\"'],?\s{1,8}[\"']?value[\"']?\s?[:=]\s?[\"'](?P<value>[^\"'\n⟦⟧]{4,512})[\"']",
    re.IGNORECASE,
)
"""A field of a form, by its type."""
_SECURE = Exact(
    r"\bvalue\s{1,20}=\s{1,4}\\?\"(?P<value>[^\"\\\n⟦⟧]{4,4096})\\?\"\s[^{}]{0,200}?\\?\"SecureString|SecureString\\?\"\s[^{}]{0,200}?\bvalue\s{1,20}=\s{1,4}\\?\"(?P<behind>[^\"\\\n⟦⟧]{4,4096})\\?\""
)
"""A parameter of AWS in Terraform."""
_CONCEALED = Exact(
    rf"\{{(?=[^{{}}]{{0,800}}?{_Q}type{_Q}\s{{0,4}}:\s{{0,4}}{_Q}CONCEALED)[^{{}}]{{0,800}}?{_Q}value{_Q}\s{{0,4}}:\s{{0,4}}{_Q}(?P<value>[^\"\\\n⟦⟧]{{4,4096}})"
)
"""A field of 1Password that is not to be shown."""
_MACRO = Exact(r"\{\\{0,2}(?P<name>[A-Za-z]{2,60})\}\{(?P<value>[^{}\s⟦⟧]{4,512})\}")
"""LaTeX's: a name and what it stands for."""
_BLOCK_SCALAR = Exact(
    r"(?:^|(?<=\"))[ \t]{0,80}(?:-[ \t]+)?[\"']?(?P<name>[A-Za-z_][\w.\-]{1,80})[\"']?:[ \t]+(?:!!?[a-z]{2,20}[ \t]+)?[|>][-+]?\d?[ \r]{0,2}\n[ \t]+(?P<value>[^\s\"'\\⟦⟧:]{4,4096})[ \t\r]{0,4}(?=\n|$|\\{0,7}\")",
    re.MULTILINE,
)
_ANCHORED = Exact(
    r"(?:^|(?<=[\"→\t+]))[ \t]{0,80}(?:-[ \t]+)?\\{0,7}[\"']?(?P<name>[A-Za-z_][\w.\-]{1,80})\\{0,7}[\"']?:[ \t]+&[\w\-]{1,40}[ \t]+\\{0,7}[\"']?(?P<value>[^\s\"'\\#⟦⟧]{4,4096})\\{0,7}[\"']?[ \t\r]{0,4}(?:$|#|\\{0,7}\")",
    re.MULTILINE,
)
"""A value of YAML that is named, to be repeated elsewhere."""
_DUMPED = Exact(
    r"\[\\{0,7}\"(?P<name>\w{2,80})\\{0,7}\"(?::[\w\":\\]{1,80})?\]=>\s{1,80}string\(\d{1,4}\)[ ]\\{0,7}\"(?P<value>[^\"\\\n⟦⟧]{4,4096})\\{0,7}\""
)
"""As PHP's `var_dump` shows it."""
_RANDOM_RESULT = Exact(
    r"random_password\\{0,7}\"[^\0]{0,1500}?\"result\\{0,7}\":\s?\\{0,7}\"(?P<value>[^\"\\⟦⟧]{4,512})"
)
_PAIR = Exact(
    r"""(?:name|key|variable|env|var)\\{0,3}["']?\s{0,3}[:=]\s{0,3}\\{0,3}["']?(?:\w{1,20}/)?(?P<name>[A-Za-z_][\w.:\-]{1,80})"""
    r"""\\{0,3}["']?\s{0,3}(?:,\s{0,40}|\s{1,40})"""
    r"""(?:\\{0,3}["']?(?!name|key)\w{2,20}\\{0,3}["']?\s{0,3}[:=]\s{0,3}\\{0,3}["']?\w[\w.\-]{0,39}\\{0,3}["']?(?:,\s{0,40}|\s{1,40})){0,2}?"""
    r"""\\{0,3}["']?(?:parameter)?(?:val(?:ue)?|content)\\{0,3}["']?\s{0,3}[:=]\s{0,3}"""
    r"""(?:\\{0,3}(?P<quote>["'])(?P<quoted>(?:(?!(?P=quote))[^\\\n⟦⟧]){4,4096})|(?P<bare>[^\s"'<>,}⟦⟧]{4,4096}))""",
    re.IGNORECASE,
)
_OPAQUE_KEY = Exact(
    r"[Xx]-[\w\-]{1,40}-[Kk]ey|(?!.*(?:PUBLIC|PRIMARY|FOREIGN|SORT|PARTITION|CACHE|OBJECT|S3))[A-Z][A-Z0-9]*(?:_[A-Z0-9]+){0,6}_KEY"
)
"""The name of a header or a variable that holds a key of some kind."""
LEAST_KEY = 16
"""Characters of what such a name is given, if it is one."""
_PAIR_REVERSED = Exact(
    r"(?<![\w.])\\{0,7}[\"']?value\\{0,7}[\"']?\s?:\s{0,3}\\{0,7}[\"']?(?P<value>[^\s\"'\\<>,{}\[\]⟦⟧]{4,4096})"
    r"\\{0,7}[\"']?(?:,\s{0,40}|\s{1,40})\\{0,7}[\"']?(?:name|key)\\{0,7}[\"']?\s?:\s{0,3}\\{0,7}[\"']?(?P<name>[A-Za-z_][\w.:\-]{1,80})",
    re.IGNORECASE,
)
_SENSITIVE = Exact(
    r"\{(?=[^{}]{0,800}?\\{0,7}\"sensitive\\{0,7}\"\s{0,4}:\s{0,4}true)[^{}]{0,800}?\\{0,7}\"value\\{0,7}\"\s{0,4}:\s{0,4}"
    r"(?P<quote>\\{0,7}\")(?P<value>(?:(?!(?P=quote))[^\"\n⟦⟧]){4,4096})(?P=quote)"
)
"""What Terraform says is secret, whatever its name."""
_ROW = Exact(
    r"(?:^|(?<=[→\t+>:\"]))[ \t]{0,20}[|│║┃][ \t]{0,20}[*`]{0,2}(?P<name>[A-Za-z][\w.\- ]{1,60}?):?[*`]{0,2}[ \t]{0,40}[|│║┃][ \t]{0,20}`?(?P<value>[^\s|│║┃`⟦⟧]{6,512})`?[ \t]{0,80}[|│║┃]",
    re.MULTILINE,
)
"""A table's row of a name and its value."""
_LABEL = r"pass(?:word|wd|phrase|code)?|pwd|token|secret|api[ _\-]?key"
_LABELLED = Exact(
    rf"(?:{_LABEL}):?[ ]?</\w{{1,6}}>\s{{0,40}}(?:<[a-z][^<>]{{0,80}}>\s{{0,40}}){{0,3}}(?P<value>[^\s<>⟦⟧]{{4,256}})(?=\s{{0,40}}(?:<|$)|[ \t]*\n)",
    re.IGNORECASE,
)
"""A page's label, and what stands in the element behind it."""
_SCHEME = Exact(r"(bearer|basic|token|apikey|digest|bot)\s+(?=\S{4})", re.IGNORECASE)
_NETRC = Exact(
    r"(?:\bmachine\s+\S+|\bdefault)\s+(?:(?:login|account)\s+\S+\s+){0,2}password\s+(?P<value>[^\s⟦⟧]{3,512})"
)
_COOKIE_LINE = Exact(
    r"(?:^|(?<=[\"'→\t|:+> (`]))\s{0,8}(?:[<>*]\s)?(?P<name>(?:set-)?cookie)2?:\s?(?P<value>[^\r\n]{4,8192})",
    re.IGNORECASE | re.MULTILINE,
)
_COOKIE = Exact(r"(?:^|;\s{0,4})(?P<name>[^=;\s]{1,128})=(?P<value>[^;\s⟦⟧]{8,4096})")
_COOKIE_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite", "priority"})
_MARKED = Exact(
    r">(?P<name>[A-Za-z_][\w.\-]{1,80})</[a-z]{1,8}>\s{0,3}(?:=&gt;|=>?|:)\s{0,9}(?P<quote>[\"'`]|&quot;)(?P<value>[^\"'`<>&\n⟦⟧]{4,512})(?P=quote)",
    re.IGNORECASE,
)
"""A page's way to write an assignment whose name is set off."""
_CLOSES_CODE = ("')", '")')
"""How a program goes on that puts a cookie together."""
_SESSION = Exact(r"sess|sid|token|auth|jwt|remember|csrf|xsrf", re.IGNORECASE)
_PLAIN_COOKIE = Exact(r"[a-z]{1,16}")
"""Of a page's settings: `consent=accepted`."""
_PROSE = Exact(
    r"\b(?P<name>(?:pass(?:word|phrase|code)|secret|token|api[ _-]?key|credentials?|pin|pwd|pw|pass))"
    r"(?:\s+(?:for|of|on|to)\s+[\w.@\-/\"'`]{1,60}(?:\s+(?!is\b|was\b)[\w.@\-/\"'`]{1,60}){0,2})?"
    r"\s+(?:(?:(?:is|was|has\s+been)\s+)?(?:(?:re)?set|changed|updated)\s+to|is|was|are|being|now):?\s+(?:now\s+)?\\{0,3}[\"'`“]?(?P<value>[^\s\"'`”,;⟦⟧<>(){}]{6,512})",
    re.IGNORECASE,
)
_ARTICLE = Exact(
    r"\b(?:the|its|my|your|a|default|initial|admin|root)\s+(?:\w{1,20}\s+){0,2}$", re.IGNORECASE
)
_TABLE = Exact(
    r"(?P<head>\|(?:(?<=^\|)|(?<=[\s\"'`]\|))[^\n]+\|)[ \t]*\n[ \t]{0,40}\|[ \t:|]*-[ \t:|\-]*\|[ \t]*\n"
    r"(?P<rows>(?:[ \t]{0,40}\|[^\n]*(?:\n|$)){1,200})",
    re.MULTILINE,
)


def _named(form: Exact, text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        groups = match.groupdict()
        group = next(name for name in ("value", "quoted", "bare") if groups.get(name))
        name, value = match["name"], match[group]
        if reads_as_text(value) or is_wording(value):
            continue
        is_variable = value.endswith(")") and value[:-1].isidentifier()
        if group == "bare" and (is_variable or value.endswith(f".{name}")):
            continue  # `key="api_key", value=user.api_key`
        if group == "bare" and value[0] == "{" and text[match.end(group)] == "}":
            continue  # `value={csrfToken}`: an expression
        if is_secret_name(name) and not (is_harmless(value) or is_count(name, value)):
            scheme = _SCHEME.match(match[group])
            start = match.start(group) + (scheme.end() if scheme else 0)
            name = scheme[1].lower() if scheme else class_of_name(match["name"])
            yield SecretSpan(start, match.end(group), name, "document")


def _opaque_keys(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PAIR.finditer(text, start, end):
        group = "quoted" if match["quoted"] else "bare"
        name, value = match["name"], match[group]
        is_key = len(value) >= LEAST_KEY and is_random(value)
        if _OPAQUE_KEY.fullmatch(name) and is_key and not is_harmless(value):
            yield SecretSpan(*match.span(group), class_of_name(name), "document")


def _elements(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what an element holds that says its name apart: in an attribute, or around it."""
    for match in _NAMED_ELEMENT.finditer(text, start, end):
        name = match["attribute"] or match["element"] or match["said"] or match["parent"]
        if is_secret_name(name) and not (
            is_harmless(match["value"])
            or _SENTENCE.match(match["value"])
            or is_wording(match["value"])
        ):
            yield SecretSpan(*match.span("value"), class_of_name(name), "document")


def _reversed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield values that stand before their names, or in a row beside them, and are no words."""
    for form in (_PAIR_REVERSED, _ROW):
        for match in form.finditer(text, start, end):
            name = match["name"].strip().replace(" ", "_")
            if is_secret_name(name) and is_told_password(match["value"]):
                yield SecretSpan(*match.span("value"), class_of_name(name), "document")


def _labelled(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _LABELLED.finditer(text, start, end):
        if is_password(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "document")


def _sensitive(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SENSITIVE.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield SecretSpan(*match.span("value"), "terraform-output", "document")


def _secured(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SECURE.finditer(text, start, end):
        group = "value" if match["value"] else "behind"
        if not is_harmless(match[group]):
            yield SecretSpan(*match.span(group), "parameter", "document")


def _concealed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _CONCEALED.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield SecretSpan(*match.span("value"), "password", "document")


def _results(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what Terraform made by chance and keeps in its state under a plain name."""
    for match in _RANDOM_RESULT.finditer(text, start, end):
        yield SecretSpan(*match.span("value"), "password", "document")


def _netrc(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _NETRC.finditer(text, start, end):
        if not is_harmless(match["value"]):
            yield SecretSpan(match.start("value"), match.end("value"), "password", "netrc")


def _cookies(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for line in _COOKIE_LINE.finditer(text, start, end):
        for cookie in _COOKIE.finditer(line["value"]):
            name, value = cookie["name"], cookie["value"]
            is_plain = _PLAIN_COOKIE.fullmatch(value) and not _SESSION.search(name)
            is_other = is_plain or value.startswith(_CLOSES_CODE)
            if name.lower() not in _COOKIE_ATTRIBUTES and not is_other:
                at = line.start("value")
                yield SecretSpan(
                    at + cookie.start("value"), at + cookie.end("value"), "cookie", "header"
                )


def _prose(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PROSE.finditer(text, start, end):
        value = text[match.start("value") : end_of_said(text, *match.span("value"))]
        kinds = sum((any(map(str.isdigit, value)), any(map(str.islower, value)),
                     any(map(str.isupper, value)), not value.isalnum()))  # fmt: skip
        has_digit = any(map(str.isdigit, value))
        is_name = not has_digit and is_wordlike(value)  # `token is Name.Label`
        if not is_name and (kinds >= 3 or (kinds >= 2 and has_digit and len(value) >= 12)):
            at = match.start("value")
            yield SecretSpan(at, at + len(value), "password", "prose")
        elif _is_quoted_word(match) and _ARTICLE.search(
            text[max(0, match.start() - 40) : match.start()]
        ):
            yield SecretSpan(*match.span("value"), "password", "prose")


def _is_quoted_word(match: re.Match[str]) -> bool:
    """Return whether prose gives a word in quotes for a password: `the password is "centipede"`."""
    quote, value = match.string[match.start("value") - 1], match["value"].rstrip("\\")
    end = match.start("value") + len(match["value"])
    is_quoted = quote in "\"'`“" and match.string[end : end + 1] in {quote, "”"}
    return (
        is_quoted
        and is_of_password(match["name"])
        and not (is_harmless(value) or is_said_of_one(value))
    )


def _tables(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield the cells that stand under a head such as `password` in a Markdown table."""
    for table in _TABLE.finditer(text, start, end):
        heads = [cell.strip(" `*").replace(" ", "_") for cell in table["head"].split("|")]
        columns = {number for number, head in enumerate(heads) if head and is_secret_name(head)}
        if not columns:
            continue
        at = table.start("rows")
        for row in table["rows"].splitlines(keepends=True):
            place = at
            for number, cell in enumerate(row.split("|")):
                value = cell.strip(" `\n\t")
                if number not in columns or is_count(heads[number], value):
                    value = ""
                if len(value) >= 4 and not is_harmless(value):
                    begin = place + cell.index(value)
                    yield SecretSpan(begin, begin + len(value), "password", "document")
                place += len(cell) + 1
            at += len(row)


CLUES = (
    Clue(
        rf"<[\w.\-:]{{0,80}}{NAME_WORDS}[\w.\-:]{{0,40}}(?:\s[^<>]{{0,200}})?>",
        400, 4_300, partial(_named, _ELEMENT),
    ),
    Clue(
        r"(?:name|key|variable|env|var)[\\\"'\s]{0,6}[:=][\\\"'\s]{0,6}[\w.:/\-]{0,80}"
        + NAME_WORDS,
        200, 4_400, partial(_named, _PAIR),
    ),
    Clue(r"(?:name|key|variable)[\\\"'\s]{0,6}[:=][\\\"'\s]{0,6}[\w.\-]{0,80}[_\-]key[\\\"']", 200, 4_400, _opaque_keys),
    Clue(
        rf"{NAME_WORDS}[\w.\-:]{{0,40}}(?:\\{{0,3}}[\"'][^<>]{{0,200}}>(?:\s{{0,40}}<value>)?\s{{0,40}}[^<\s]|</[a-z\-]{{0,13}}(?:name|key|n|prop)>\s{{0,200}}<|>\s{{0,200}}<(?:value|string|text|plaintext)>)",
        400, 4_600, _elements,
    ),
    Clue(rf"{NAME_WORDS}[\w.\-]{{0,40}}[\"']?:[ \t]+(?:!!?[a-z]{{2,20}}[ \t]+)?[|>][-+]?\d?[ \r]{{0,2}}\n", 200, 4_200, partial(_named, _BLOCK_SCALAR)),
    Clue(rf"{NAME_WORDS}[\w.\-]{{0,40}}[\\\"']{{0,8}}:[ \t]{{1,8}}&[\w\-]{{1,40}}[ \t]", 200, 4_200, partial(_named, _ANCHORED)),
    Clue(rf"{NAME_WORDS}\w{{0,40}}\\{{0,7}}\"[\w\":\\]{{0,80}}\]=>\s{{1,80}}string\(", 200, 4_200, partial(_named, _DUMPED)),
    Clue(rf"<[\w.\-:]{{0,80}}{NAME_WORDS}[\w.\-:]{{0,40}}\s{{1,8}}value\s?=", 200, 4_200, partial(_named, _VALUED_ELEMENT)),
    Clue(r"type[\"']?\s?[:=]\s?[\"'](?:password|secret|token)[\"'],?\s{1,8}[\"']?value", 60, 560, partial(_named, _TYPED)),
    Clue(rf"{NAME_WORDS}[A-Za-z]{{0,20}}\}}\{{", 90, 530, partial(_named, _MACRO)),
    Clue(rf"{NAME_WORDS}:?[*`]{{0,2}}[ \t]{{0,40}}(?:\||│|║|┃)[ \t]", 170, 700, _reversed),
    Clue(rf"(?:{_LABEL}):?[ ]?</(?:td|th|dt|b|strong|label|span|code|p|em)>", 40, 500, _labelled),
    Clue(rf"{NAME_WORDS}[\w.\-]{{0,40}}</[a-z]{{1,8}}>\s{{0,3}}(?:=|:)", 140, 540, partial(_named, _MARKED)),
    Clue(rf"(?:name|key)[\\\"']{{0,8}}\s?:\s{{0,3}}[\\\"']{{0,8}}[\w.:\-]{{0,60}}{NAME_WORDS}", 500, 100, _reversed),
    Clue(r"sensitive[\\\"']{1,8}\s{0,4}:\s{0,4}true", 900, 5_000, _sensitive),
    Clue(r"CONCEALED[\\\"]", 900, 5_000, _concealed, ignore_case=False),
    Clue(r"\"SecureString\\?\"", 600, 800, _secured),
    Clue(r"random_password[\\\"]", 40, 2_200, _results),
    Clue(r"(?:machine|default|login|account)\s+\S+\s+password\s", 600, 600, _netrc),
    Clue(r"cookie2?:\s?", 40, 8_300, _cookies),
    Clue(
        r"(?:password|passphrase|passcode|secret|token|api[ _-]?key|credentials?|pin|pwd|pw|pass)"
        r"(?:\s+(?:for|of|on|to)\s+[\w.@\-/ \"'`]{1,120})?\s+(?:is|was|are|being|(?:re)?set\s|changed\s|now)",
        160, 600, _prose,
    ),
    Clue(rf"\|[^\n|]{{0,40}}{NAME_WORDS}[^\n|]{{0,40}}\|", 600, 20_000, _tables),
)  # fmt: skip
"""A clue for each kind of document."""
