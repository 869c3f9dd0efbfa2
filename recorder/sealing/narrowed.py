"""Tell a secret from what stands around it, where a find took some of that along.

A secret is followed by its fingerprint, so it has to be the same in every place: `curl -b 'sid=…'`
and `Cookie: sid=…`, `"Bearer …"` in a program and in a header, a connection string as a setting and
its password alone. Of finds that lie within each other the inner one is the secret where the rest
reads as what a line of that kind has around it; anything else of a wide find is sealed with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from recorder.sealing.lines import begin_of_line
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.passwords import is_password, is_plainly_password
from recorder.sealing.spans import SecretSpan

__all__ = ["narrowed"]

MOST_WITHIN = 16
"""Finds within one other that are looked at."""
LEAST = 6
"""Characters of what is left."""
_EXACT = frozenset({"known_value", "shape", "declared", "pem"})
"""Detectors that know where a secret ends."""
_SCHEMES = r"(?:bearer|basic|token|apikey|api-key|bot|oauth|jwt|negotiate|private-token)"
_SCHEME = re.compile(rf"{_SCHEMES}[ \t]+(?=\S+\Z)|oauth:(?=\w{{20,}}\Z)", re.IGNORECASE)
_WORD = r"[\w.@%\\$+\-]{1,64}"
_SETTING = r"[\w.\-]{1,40}(?: [\w.\-]{1,40}){0,3}"
_BEFORE = re.compile(
    rf"|{_SCHEMES}[ \t]+|--?[A-Za-z]|[\"'`]{{1,3}}"
    rf"|(?:user\s?=\s?)?\\{{0,7}}[\"']?(?P<word>{_WORD})\s?[:=]\s?\\{{0,7}}[\"'`]?"
    rf"|(?:[\w.*\-]{{1,80}}:){{4}}|(?:\w+:)?//[^\s/@]{{0,80}}:|(?:{_SETTING}\s?=[^;=\n]{{0,200}};\s?)+{_SETTING}\s?=\s?[\"'{{]?",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"|\\{0,7}[\"'`]{1,3}[)\]}.,;:!?]*|[)\]}]+[.,;:!?]*|</?[\w\-]{1,20}.*"
    r"|;\s?(?:[\w.\-]+.*)?|@[\w.\-]{1,120}(?::\d{1,5})?(?:/\S*)?",
    re.DOTALL,
)
_BETWEEN = re.compile(r";\s?[\w.\-]{1,60}=")
_CELLS = re.compile(r"(?:[^,;|\t\n\"']{0,80}[,;|\t]\s?[\"']?){1,12}")
_USER_LINE = re.compile(
    rf"{_WORD}?[ ]?(?:\r?\n|(?:\\{{1,3}}r)?\\{{1,3}}n)[ \t+]*(?:\d{{1,6}}[→\t])?"
)
_USER = re.compile(rf"{_WORD}[ ]?/[ ]?")
_OF_PAIR = re.compile(r"(?:^|-)(?:basic-?auth|auth-?ident|creds?|user-?pass|http-?auth|sso-key)\Z")
_PAIR = re.compile(r"(?P<user>[A-Za-z][\w.@\-]{0,40}):(?P<value>\S{6,})")
"""Under such a name, or behind such an option: a user and a password."""
_NAMED_KEY = re.compile(r"(?:key=|neo4j/)(?P<value>\S{8,})")
_KEYWORDS = re.compile(
    rf"(?:{_SETTING}\s?=[^;=\n]{{0,200}};\s?)+(?:password|pwd)\s?=\s?(?P<value>[^;\n]{{6,}})(?:;.*)?",
    re.IGNORECASE,
)
"""Of a connection, all of which is a setting."""
_ENDS = re.compile(
    r"(?:'\\''|\\{0,7}[\"'`])[)\]}.,;:]*\Z|[)\]}]+[.,;:!?]*\Z|[.,;:!?]*(?:</[a-z]{1,10}>|<)\Z"
)
_PUNCTUATION = re.compile(r"(?<=[\w+/=])(?:[.,;:?]|(?<=\w{20})!)+\Z")
_OF_TEXTS = frozenset({"prose", "directive", "url", "netrc", "header"})
"""Detectors that read to the next blank."""
_MAY_FOLLOW = frozenset(["", " ", "\t", "\n", "\r", "\\", "<", '"'])
_SHELLS = r"'\''"
_OPENS = {")": "(", "]": "[", "}": "{"}
_OF_ACCOUNT = re.compile(
    r"(?P<value>[^:\s]{6,512})(?::\d{1,6}:\d{1,6}:[\w .,\-/:]*|:{3,8})"
    r"|(?P<first>[^\s@]{6,512})@[\w.\-]{1,120}:\d{1,5}(?:/\S*)?"
)
"""Before the rest of an account's line, and before the server it is for."""
_PLACEHOLDER = re.compile(
    r"<[A-Z][A-Z_\- ]{3,40}>|\$\{[A-Z_][A-Z0-9_]{1,60}\}|\{\{[^{}\n]{0,80}(?:\}\}|\Z)"
    r"|(?<=[:/=_\-])\$[A-Z][A-Z0-9_]{2,60}\Z"
    r"|(?i:<(?:redacted|your[\w \-]{1,40}|secret|password|token|hidden|masked)>)"
    r"|(?i:(?<![A-Za-z0-9])(?:changeme|your[\-_](?:\w+[\-_]){1,3}here|x{8,}|\*{6,})(?![A-Za-z0-9]))"
)
LONGEST_REST = 24
"""Characters around a placeholder: a public prefix, a user, a name."""
_OF_SHAPE = re.compile(
    r"[A-Za-z]{5,24}Key=(?=\S{20})|telegram\.org/(?:file/)?bot|bot(?=\d{8,10}:A)"
)
"""Which an issuer's format is told by, and is none of its token."""
_DEFAULT = re.compile(r"\$\{[\w.]{1,90}:\Z")
"""The shell's, and Spring's: `${NAME:-value}`."""
_REPLACED = re.compile(r"[^\s/]{0,20}/[A-Za-z_]\w{1,60}=(?P<value>[^/=\s]{6,})/[a-z]{0,3}")
"""Of a `sed` that sets a line: behind the pattern of its name."""
_COOKIE = re.compile(
    r"[\w.\-]{1,80}=(?P<value>[^;\s=]{8,4096}=*)"
    r"(?:;\s?(?:path|domain|expires|max-age|samesite|secure|httponly)\b[^;]*)*;?\s?",
    re.IGNORECASE,
)


def narrowed(spans: Sequence[SecretSpan], text: str) -> list[SecretSpan]:
    """Return finds of which none is wider than its secret, as far as that can be told."""
    exact = [_itself(span, text) for span in spans]
    exact = [span for span in exact if not _is_filled_in(span, text)]
    if len(exact) <= 1:
        return exact
    order = sorted(range(len(exact)), key=lambda n: (exact[n].start, -exact[n].end))
    too_wide = {
        number
        for at, number in enumerate(order)
        if (within := _within(exact, order, at)) and _is_around(exact[number], within, text)
    }
    return [span for number, span in enumerate(exact) if number not in too_wide]


def _within(spans: Sequence[SecretSpan], order: Sequence[int], at: int) -> list[SecretSpan]:
    """Return the finds that lie within another and are shorter, none within each other."""
    wide = spans[order[at]]
    inner: list[SecretSpan] = []
    if wide.detector in _EXACT:
        return inner
    for number in order[at + 1 : at + 1 + MOST_WITHIN]:
        span = spans[number]
        if span.start >= wide.end:
            break
        is_new = not inner or span.start >= inner[-1].end
        if is_new and span.end <= wide.end and span.end - span.start < wide.end - wide.start:
            inner.append(span)
    return inner


def _is_around(wide: SecretSpan, within: Sequence[SecretSpan], text: str) -> bool:
    """Return whether the rest of a find is what stands around those within it."""
    first, last = within[0], within[-1]
    if max(span.end - span.start for span in within) < LEAST or first.detector == "known_value":
        return False
    if wide.value and (first.value or text[first.start : first.end]) not in wide.value:
        return False
    for this, after in pairwise(within):
        if not _BETWEEN.fullmatch(text, this.end, after.start):
            return False
    return _is_before(wide, first, text) and _is_behind(wide, last, text)


def _is_before(wide: SecretSpan, first: SecretSpan, text: str) -> bool:
    before = _BEFORE.fullmatch(text, wide.start, first.start)
    if before is not None:
        word = before["word"]
        return not (word and (is_random(word) or is_plainly_password(word)))
    if wide.detector == "directive" and first.detector == "document":
        return _CELLS.fullmatch(text, wide.start, first.start) is not None
    if wide.detector == "document" and first.detector == "directive":
        return _USER_LINE.fullmatch(text, wide.start, first.start) is not None
    return first.detector == "prose" and bool(_USER.fullmatch(text, wide.start, first.start))


def _is_behind(wide: SecretSpan, last: SecretSpan, text: str) -> bool:
    behind = _BEHIND.fullmatch(text, last.end, wide.end)
    if behind is None:
        return False
    return not (behind[0][:1] in _OPENS and _OPENS[behind[0][0]] in text[last.start : last.end])


def _is_filled_in(span: SecretSpan, text: str) -> bool:
    """Return whether a find is a template's: the secret is put in the place of a part of it."""
    value = span.value or text[span.start : span.end]
    if span.detector in _EXACT or not _PLACEHOLDER.search(value):
        return False
    rest = _PLACEHOLDER.sub("", value)
    return len(rest) < LONGEST_REST and not is_plainly_password(rest)


def _itself(span: SecretSpan, text: str) -> SecretSpan:
    """Return a find without what it begins or ends with and is none of its secret."""
    if span.detector == "shape" and (before := _OF_SHAPE.match(text, span.start, span.end)):
        return replace(span, value=text[before.end() : span.end])
    if span.value or span.detector in _EXACT:
        return span
    span = _to_its_end(span, text)
    if text.startswith(":-", span.start - 1) and _DEFAULT.search(text[: span.start][-100:]):
        span = replace(span, start=span.start + 1)
    value = text[span.start : span.end]
    scheme = _SCHEME.match(value)
    if scheme is not None and len(value) - scheme.end() >= LEAST:
        told = scheme[0].strip(" \t:").lower()
        span = replace(span, start=span.start + scheme.end(), credential_class=told)
    for start, end in _parts(span, value, text):
        return replace(span, start=span.start + start, end=span.start + end)
    return span


def _parts(span: SecretSpan, value: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a value its secret stands, if that is told by its name or its kind."""
    is_pair = _OF_PAIR.search(span.credential_class) or (
        span.detector in {"argv", "assignment"} and span.credential_class == "auth"
    )
    if is_pair and (pair := _PAIR.fullmatch(value)):
        is_word = is_wordlike(pair["value"]) and not any(map(str.isdigit, pair["value"]))
        if not is_word and is_wordlike(pair["user"]):
            yield pair.span("value")
    elif span.detector in {"header", "assignment"} and (key := _NAMED_KEY.fullmatch(value)):
        yield key.span("value")
    elif keywords := _KEYWORDS.fullmatch(value):
        yield keywords.span("value")
    elif span.credential_class == "cookie" and (cookie := _COOKIE.fullmatch(value)):
        yield cookie.span("value")
    elif span.detector == "directive" and (end := _OF_ACCOUNT.fullmatch(value)):
        yield end.span("value" if end["value"] else "first")
    elif span.detector == "directive" and text[span.start - 1 : span.start] == "\n":
        if (cells := _CELLS.match(value)) and is_password(value[cells.end() :]):
            yield cells.end(), len(value)
    elif value[-1:] in "/gi" and (replaced := _REPLACED.fullmatch(value)):
        line = text[begin_of_line(text, span.start) : span.start]
        if "sed " in line:
            yield replaced.span("value")


def _to_its_end(span: SecretSpan, text: str) -> SecretSpan:
    """Return a find without a quote, a bracket or a tag at its end that closes what was opened
    before it, and without a sentence's punctuation.
    """
    if text[span.end - 1].isalnum():
        return span
    end = _ENDS.search(text, max(span.start, span.end - 20), span.end)
    if end is not None and end.start() - span.start >= LEAST and _closes(span, end, text):
        span = replace(span, end=end.start())
    if span.detector in _OF_TEXTS and text[span.end : span.end + 1] in _MAY_FOLLOW:
        end = _PUNCTUATION.search(text, max(span.start, span.end - 40), span.end)
        if end is not None and end.start() - span.start >= LEAST:
            return replace(span, end=end.start())
    return span


def _closes(span: SecretSpan, end: re.Match[str], text: str) -> bool:
    """Return whether what a find ends with was opened before the find."""
    sign = end[0].strip("\\")[0]
    inside = text[span.start : end.start()]
    if "<" in end[0]:
        return end[0][-1] == ">" or text.startswith("/", span.end)
    opening = _OPENS.get(sign, sign)
    if opening in inside or sign in inside:
        return False
    before = text[begin_of_line(text, span.start) : span.start]
    if end[0].startswith(_SHELLS):
        return _SHELLS in before
    if sign in _OPENS:
        return before.count(opening) > before.count(sign)
    return before.count(sign) % 2 == 1
