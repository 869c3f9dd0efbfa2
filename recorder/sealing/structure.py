"""Find secrets by the structure around them: headers, assignments.

A secret found here may look like anything (Railway's tokens are plain UUIDs); it is the place that
gives it away. Patterns are written to be linear: no nested repetition, bounded lengths.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from recorder.sealing.bare import (
    DOTTED,
    ENVIRONMENT_NAME,
    IDENTIFIER,
    is_code,
    is_type,
    may_be_word,
)
from recorder.sealing.clues import Clue, DenseClue
from recorder.sealing.defaults import literal_behind, literals_after
from recorder.sealing.ends import end_of_bare
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_count,
    is_named_so,
    is_password_of_digits,
    is_secret_name,
    last_of,
)
from recorder.sealing.quotes import (
    LEAST,
    LETTER,
    MAX_QUOTED,
    OPENING_QUOTE,
    QUOTE,
    end_of_quoted,
    goes_on_behind,
    secret_in,
)
from recorder.sealing.references import MODULE, is_part_of_an_arn, is_reference
from recorder.sealing.spans import SecretSpan
from recorder.sealing.urls import is_password
from recorder.sealing.wordings import is_in_catalogue, is_worded, is_wording

__all__ = ["CLUES"]


_SCHEMES = r"(?:bearer|basic|token|apikey|digest|bot|oauth|splunk|sso-key|\w{2,20}token)"
_HEADER_IN_TEXT = Exact(
    r"(?P<name>\b(?:proxy-)?authorization|\b(?:set-)?cookie|\b[\w-]{0,40}(?:token|api-?key|secret))"
    rf"{QUOTE}\s?[:=]\s?{QUOTE}(?P<scheme>{_SCHEMES}[ \t]+)"
    r"(?P<value>[^\s\"'`\\,;<>⟦⟧]{6,8192})",
    re.IGNORECASE,
)
_PARAMETER = Exact(r"\w{2,30}=$")
"""Of Digest and its like, whose secret stands in one of several."""
_SCHEME_IN_TEXT = Exact(
    r"\b(?:bearer|basic)\s+(?P<value>[A-Za-z0-9._~+/=\-]{16,8192})", re.IGNORECASE
)
# A name begins where a word does: tried at every letter of a long run, it would take minutes.
_ASSIGNED_NAME = Exact(
    rf"(?<![A-Za-z0-9])(?:5[Bb])?(?P<name>[A-Za-z_][\w\-]{{0,80}}+(?:\.[\w\-]{{1,80}}+){{0,20}}+){QUOTE}(?:\[\d{{0,4}}\]|%5D|\]{{0,2}}|\))[ \t]{{0,40}}(?P<operator><-(?=[ ]?\\{{0,7}}[\"'])|(?<=[\"'][ ])->(?=[ ]\\{{0,7}}[\"'])|(?:\?\?|\|\|)(?=[ ]?\\{{0,7}}[\"'`])|:[ ]?&?(?:'static[ ])?[Ss]tr(?:ing)?[ ]?=|As[ ]String[ ]?=|=>|::(?=[ ])|:-(?=[^\s}}]{{1,200}}\}})|:{{1,4}}=|\?=|\.=|\+=|\|\|[:=]|[!=]==?|:|=|string[ ]=)[ \t]{{0,40}}(?:!!?(?:binary|str|unsafe)[ \t]{{1,4}})?"
)
_COMPARES = frozenset({"==", "===", "!=", "!==", "||", "??"})
"""Operators behind which a word in quotes may be anything."""
_QUOTE_LETTERS = "\\\"'`"
_NAME_LETTERS = string.ascii_letters + string.digits + "_.-"
_TYPES = (" string", " str", ":str", ":string", " String", "&str")
_BYTES, _SLICE = "[]byte(", "[]const"
"""Go's way to write a key, and Zig's."""
_CLOSED = "%5D"
"""Closes the brackets around a name in a form that is percent-encoded."""
LONGEST_NAME = 160
"""Characters from a name's beginning to that of its value."""
OPERATOR = 16
_BEHIND_STRING = Exact(
    r"[ ]{0,20}[+%.&][ ]?[A-Za-z_$]|[ ](?:[;|]|&&)[ ]|[)\]]{2,4}[;,]?[ ]?(?:\n|$)|[),;][ ]?(?:\n|$|[A-Za-z_])|[ ]{0,3}\)[ ]{0,3}[;,:]"
)
_BEFORE_QUOTE = Exact(
    r"(?:[rbufRBUFNL@$]{1,2}|0x[0-9a-f]+[ ]|\{|\[\]byte\(|\"\"(?=\")|(?:\\{1,7}\"){2}(?=\\{1,7}\")|''(?=')|(?:Some|Ok|Just|(?:std::)?string|(?:new[ ])?String(?:::from|\.valueOf)?|bytes|bytearray|Buffer\.from|SecretValue\.\w{4,20}|Secret(?:Str(?:ing)?)?(?:::new|::from)?)\()"
    r"(?=\\{0,31}[\"'`])"
)
"""What languages write before a literal."""
_BARE_VALUE = Exact(rf"{LETTER}{{1,4096}}")
_SCHEME_BEFORE = Exact(rf"({_SCHEMES})\s+(?=\S{{4}})", re.IGNORECASE)
_SCHEME_ALONE = Exact(_SCHEMES, re.IGNORECASE)
_COOKIES = Exact(r"(?:set-)?cookies?", re.IGNORECASE)
_PLAIN_COOKIES = Exact(r"(?:[\w.\-]{1,40}=(?:[a-z/]{1,10}|\d{1,8})(?:;\s?|$)){1,9}")
"""Of words and numbers: what a page is to look like."""
_NUMBER = Exact(r"[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|nan|infinity)", re.IGNORECASE)
_MARKS = frozenset({'"[', "'[", "`["})
"""Begin a message with the name of the program that has it."""
_SESSION_NAME = Exact(r"(?:session_?-?ids?|client_?-?(?:request_?-?)?token)$", re.IGNORECASE)
"""Of a UUID under it: it names a session, or a request that is sent twice."""
_JOINED = Exact(r"(?P<quote>[\"'])\s?[+.]\s?[$\w@][^\"']*(?P=quote)?$")
"""What stands between two strings: the quote before it closes the first."""
_PHRASE = Exact(r"[A-Za-z]{2,}(?: (?:[A-Za-z]+|/))+[.:!?]?\s?$")
_PHRASED = Exact(r"pass|pwd|secret|phrase|cred|mnemonic|seed", re.IGNORECASE)
_USED_ONCE = Exact(r"one_?-?time", re.IGNORECASE)
"""Of what a program makes: words under such a name are a text for people."""
_ESCAPE = Exact(r"\\([^\w\s])")
_CHANGED = Exact(r"[^\"\n]{0,512}\"[ ]->[ ]\\{0,7}\"(?P<value>[^\"\n\\⟦⟧]{4,512})\\{0,7}\"")
"""As Terraform shows what a setting was, and what it is to be."""
_DIGIT = Exact(r"\d")
_ELEMENT = Exact(r"\[(?:\w{1,40}|\\{0,7}[\"'][^\"'\n]{1,80}[\"'])\]")
"""Of a list or a table, by its number or name."""
_SECRET_ID = Exact(r"secret_?id$", re.IGNORECASE)
_UUID_BEHIND = Exact(
    r"\\{0,7}[\"'`]?(?P<value>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])", re.IGNORECASE
)
"""Under such a name Vault, Consul and Nomad have a secret, and others what names one."""
_UUID = Exact(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _headers(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _HEADER_IN_TEXT.finditer(text, start, end):
        if is_harmless(match["value"]) or _PARAMETER.match(match["value"]):
            continue
        if match["value"].isalpha() and text[match.end() : match.end() + 2].strip().isalpha():
            continue  # `"create_token": "Token berria sartu"`: a text
        scheme = match["scheme"].strip().lower()
        yield SecretSpan(match.start("value"), match.end("value"), scheme, "header")


def _schemes(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SCHEME_IN_TEXT.finditer(text, start, end):
        if any(c.isdigit() for c in match["value"]):
            scheme = match[0].split()[0].lower()
            yield SecretSpan(match.start("value"), match.end("value"), scheme, "header")


def _assignments(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    done = 0
    for hit in hits:
        # Only the name and its operator are consumed: in `renew.env:3:API_TOKEN=x` every colon
        # could be one, and the last is the one that counts.
        match = _ASSIGNED_NAME.search(text, max(done, _name_start(text, hit)), hit + OPERATOR)
        if match is None:
            continue
        done = match.end()
        if match["operator"] == ":" and is_password(text, done):
            continue
        name = last_of(match["name"])
        if _SECRET_ID.search(name) and (of_id := _UUID_BEHIND.match(text, match.end())):
            yield SecretSpan(*of_id.span("value"), class_of_name(name), "assignment")
        elif is_secret_name(name) and not is_part_of_an_arn(text, match.start()):
            for span in _assigned_value(text, match, name):
                done = span.end  # whatever is assigned inside it is sealed with it
                yield span
                yield from literals_after(text, span)


def _name_start(text: str, hit: int) -> int:
    """Return where the name can begin at the earliest whose value begins at a hit's end."""
    before = text[max(0, hit - LONGEST_NAME) : hit - 1]
    stem = before.rstrip(string.digits).rstrip(_QUOTE_LETTERS).rstrip(" \t")
    stem = stem.removesuffix(_BYTES).rstrip("(")
    stem = stem.removesuffix(_SLICE).rstrip(" \t")
    stem = stem.rstrip("=:>?.+|!<-").rstrip(" \t").removesuffix(_CLOSED)
    stem = stem.rstrip("])").rstrip("[" + string.digits)
    if stem.endswith(_TYPES):
        stem = stem.rstrip("Sstring").rstrip("& \t:")
        stem = stem.removesuffix("'static").removesuffix(" As").rstrip("& \t:")
    stem = stem.rstrip(_QUOTE_LETTERS)
    return hit - 1 - len(before) + len(stem.rstrip(_NAME_LETTERS))


def _assigned_value(text: str, match: re.Match[str], name: str) -> Iterator[SecretSpan]:
    is_comparison = match["operator"] in _COMPARES
    before = _BEFORE_QUOTE.match(text, match.end())
    quote = OPENING_QUOTE.match(text, before.end() if before else match.end())
    if quote is None:
        # What is compared without quotes is a name.
        bare = None if is_comparison else _BARE_VALUE.match(text, match.end())
        end = end_of_bare(text, match, bare) if bare else 0
        if bare is not None and _is_secret(text, match, end, name):
            bare_value = _ESCAPE.compiled.sub(r"\1", text[bare.start() : end])
            meant = bare_value if len(bare_value) < end - bare.start() else ""
            span = SecretSpan(bare.start(), end, class_of_name(name), "assignment", value=meant)
            yield from _without_scheme(text, span)
        else:
            yield from literal_behind(text, match.end(), name, is_typed=match["operator"] == ":")
    elif not _closes(text, match, quote):
        for span in _quoted_value(text, quote, class_of_name(name)):
            value = text[span.start : span.end]
            is_name = is_comparison and IDENTIFIER.match(value) and not may_be_word(name, value)
            is_command = quote[0] == "`" and " " in value and not _SCHEME_BEFORE.match(value)
            is_command = is_command and text[span.end : span.end + 2] != "`;"  # JavaScript's
            is_left = is_name or is_command or goes_on_behind(text, span.end, value)
            is_left = is_left or _tells_no_secret(name, value) or is_wording(value)
            if not (is_left or is_in_catalogue(text, match.start(), value)):
                yield from _without_scheme(text, span)
        if changed := _CHANGED.match(text, quote.end()):
            yield SecretSpan(*changed.span("value"), class_of_name(name), "assignment")


def _tells_no_secret(name: str, value: str) -> bool:
    """Return whether a literal reads as a name, a type, words or an id, where its name is so."""
    if (
        _JOINED.match(value)
        or is_count(name, value)
        or (_SESSION_NAME.search(name) and _UUID.fullmatch(value))
        or (_COOKIES.fullmatch(name) and _PLAIN_COOKIES.fullmatch(value))
    ):
        return True
    if is_reference(name, value):
        return True
    if " -" in value and not _PHRASED.search(name):
        return True  # a command
    reads_as_type = is_type(name, value) and not _DIGIT.search(value)
    return reads_as_type or is_named_so(name, value) or _is_phrase(name, value)


def _is_secret(text: str, match: re.Match[str], end: int, name: str) -> bool:
    """Return whether a value without quotes is a secret where its name says so."""
    value = text[match.end() : end]
    is_module = match["operator"] == "=>" and MODULE.fullmatch(value)
    is_scope = match["operator"] == ":" and value[:1] == ":" and DOTTED.match(value, 1)
    is_call = DOTTED.match(value) and (text[end : end + 1] == "(" or _ELEMENT.match(text, end))
    # A token in the place of JSON's number would be none.
    is_number = is_count(name, value) or (
        _NUMBER.fullmatch(value)
        and match[0].rstrip().endswith(('":', "':"))
        and not is_password_of_digits(name, value)
    )
    # The id of an agent's session; a web server's is no UUID, or in a cookie.
    is_session = _SESSION_NAME.search(name) and _UUID.fullmatch(value)
    are_cookies = _COOKIES.fullmatch(name) and "=" in value  # each cookie by itself
    is_asked = text[max(0, match.start() - 3) : match.start()] == "/p "  # `set /p NAME=prompt`
    is_empty = _is_empty(text, match, end)
    is_alias = text[max(0, match.start() - 5) : match.start()] == "type "
    is_same = DOTTED.match(value) and (
        is_alias or is_named_so(name, value) or _ends_so(name, value)
    )
    if (
        is_same
        or is_call
        or is_module
        or is_scope
        or is_number
        or is_session
        or are_cookies
        or is_asked
        or is_empty
        or is_wording(value)
        or (value[:1] == "?" and text[max(0, match.start() - 2) : match.start()] == "${")
        or len(value) < LEAST
    ):
        return False
    return not is_harmless(value) and not is_code(text, match, end)


def _is_empty(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether nothing is assigned, and a command or the next setting stands behind a blank:
    `API_KEY= bin/run x`, `password= service=any`.
    """
    if match["operator"] != "=" or match[0][-1] != " " or match[0][-3:-2] in {" ", "\t"}:
        return False
    if ENVIRONMENT_NAME.match(match["name"]) and text[end : end + 1] == " ":
        return True
    return text[end : end + 1] == "=" and text[match.end() : end].isidentifier()


def _ends_so(name: str, value: str) -> bool:
    """Return whether a value is a longer name of the same: `Client2 = OldClient2`."""
    return len(name) >= 8 and value.endswith(name)


def _closes(text: str, match: re.Match[str], quote: re.Match[str]) -> bool:
    """Return whether a quote behind an operator belongs to one before the name: `"Password:"`."""
    begun = OPENING_QUOTE.match(text, max(0, match.start() - len(quote[0])))
    if quote[0][-1] not in match[0] and _BEHIND_STRING.match(text, quote.end()):
        return True  # `print("token=" + token)`
    if quote[0][-1] in "\"'" and text.startswith(("\n", "\r\n"), quote.end()):
        return text[quote.end() - 3 : quote.end()] != quote[0][-1] * 3  # a line ends with it
    if quote[0] == "`" and text[max(0, match.start() - 2) : match.start()] in _MARKS:
        return True  # `"[next-auth]: `useSession` …"`: who says it
    is_begun = begun is not None and begun[0] == quote[0] and begun.end() == match.start()
    return is_begun and quote[0][-1] not in match[0]


def _is_phrase(name: str, value: str) -> bool:
    """Return whether a value is several plain words where none but a password can be."""
    if " " not in value and not value.endswith(":"):
        return False
    if _USED_ONCE.search(name) and not _DIGIT.search(value):
        return True
    if " " not in value or _PHRASED.search(name):
        return False
    return _PHRASE.match(value) is not None or is_worded(value)


def _without_scheme(text: str, span: SecretSpan) -> Iterator[SecretSpan]:
    """Yield a secret without the scheme of a header before it: it is the same without a header."""
    value = text[span.start : span.end]
    scheme = _SCHEME_BEFORE.match(value)
    if scheme is None:
        if not _SCHEME_ALONE.fullmatch(value):
            yield span
    elif not is_harmless(value[scheme.end() :]):
        name = scheme[1].lower()
        yield SecretSpan(span.start + scheme.end(), span.end, name, span.detector)


def _quoted_value(text: str, quote: re.Match[str], credential_class: str) -> Iterator[SecretSpan]:
    """Yield what stands between a quote and the same quote, escaped as deeply, after it."""
    start = quote.end()
    end = end_of_quoted(text, start, quote[0])
    if end < 0:
        # A quote that never closes: to the end of the line is the safe reading.
        end = min(i for i in (text.find("\n", start), len(text), start + MAX_QUOTED) if i >= 0)
    value = text[start:end]
    if len(value) >= 4 and "⟦" not in value and not is_harmless(value):
        decoded = secret_in(value, quote[0])
        yield SecretSpan(start, end, credential_class, "assignment", value=decoded)


_QUOTES = r"[\\\"'`]{0,32}"
_NAME = rf"{NAME_WORDS}[\w.\-]{{0,40}}"
LONG = 8_400
"""Characters over which a value may stretch."""

CLUES = (
    Clue(
        rf"(?:authorization|cookie|token|api-?key|secret){_QUOTES}\s?[:=]\s?{_QUOTES}{_SCHEMES}[ \t]",
        160, LONG, _headers, is_of_line=True,
    ),
    DenseClue(
        [
            rf"{_NAME}{_QUOTES}(?:\[\d{{0,4}})?(?:[\])]{{0,2}}|%5D)[ \t]{{0,40}}(?:[:=?.+!|>]|<-|->|(?:as[ ])?str(?:ing)?[ ]?="
            rf"|:[ ]?&?(?:'static[ ])?str(?:ing)?[ ]?=){{1,5}}[ \t]{{0,40}}{_QUOTES}"
            rf"(?:\d{{0,9}}[^\s\d\"'`\\,;&|<>(){{}}\[\]]|\d{{6}}|[\"'`][^\"'`]|[(\\][ ]?\n|\([\"'][^\"']|\[\]byte\(\\{{0,3}}[\"'`]|\[\]const[ ])"
        ],
        _assignments, is_frequent=True,
    ),
    Clue(r"(?:bearer|basic)\s+[A-Za-z0-9._~+/=\-]{16}", 40, LONG, _schemes, is_of_line=True),
)  # fmt: skip
"""A clue for each kind of surroundings."""
