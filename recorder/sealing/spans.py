"""A secret's place in a text, and how overlapping finds become one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

IN_PIECES = "in pieces"


@dataclass(frozen=True, slots=True, order=True)
class SecretSpan:
    """Characters `start` to `end` of a text are a secret."""

    start: int
    end: int
    credential_class: str
    detector: str
    hint: str = ""
    value: str = ""
    """The secret itself where the text holds only an encoding of it; else empty."""
    suspected: bool = False
    """Found by its looks beside a telling word: not to be built upon."""
    encoding: str = ""
    """How the text writes `value`; empty where the secret stands as it is."""
    quote: str = ""
    """What has to stand on either side of its token: it is a number of a JSON document."""

    @property
    def of_a_piece(self) -> str:
        """How a text writes `value` where this is the encoding of one of its pieces."""
        if self.encoding.endswith(IN_PIECES):
            return self.encoding
        return f"{self.encoding}, {IN_PIECES}" if self.encoding else IN_PIECES


LEAST_MORE = 2
"""Letters and digits by which a longer secret is told from a known one in it."""
NEAR = 50
"""Characters around a known secret that are looked at for it."""
_WORD_BEFORE = re.compile(r"[^\s\"'`\\,;:&|<>(){}\[\]⟦⟧@=%]+\Z")
_WORD_BEHIND = re.compile(r"[^\s\"'`\\,;:&|<>(){}\[\]⟦⟧@%]+")
_ALPHANUMERIC = re.compile(r"[^\W_]")
LONG = 500
"""Characters of a secret from which on its pattern may have cut it."""
_REST = re.compile(r"(?=[A-Za-z0-9+/=_%\-])[^\s\"'`\\,;&|<>(){}\[\]⟦⟧]+")


def to_its_end(span: SecretSpan, text: str) -> SecretSpan:
    """Return a span that reaches as far as its secret does.

    Patterns take so many characters and no more, or they would take forever; a token of Kerberos,
    a certificate, what somebody made long to get away are longer.
    """
    if span.end - span.start < LONG or not _REST.match(text, span.end - 1):
        return span
    rest = _REST.match(text, span.end)
    return replace(span, end=rest.end(), value="") if rest else span


def without_overlaps(spans: Iterable[SecretSpan], text: str) -> list[SecretSpan]:
    """Return spans in order with every overlap joined into one that covers both.

    Earlier detectors are the more telling ones, so the joined span keeps the class of the first;
    but a longer secret that holds a known one is itself, in whatever order they were met.
    """
    ranked = sorted(enumerate(spans), key=lambda pair: (pair[1].start, pair[0]))
    joined: list[tuple[int, SecretSpan]] = []
    for rank, span in ranked:
        if joined and span.start < joined[-1][1].end:
            last_rank, last = joined[-1]
            best, other = (last, span) if last_rank <= rank else (span, last)
            first = min(rank, last_rank)
            if _is_longer_secret(other, best, text):
                best, first = other, -1  # whatever else it holds is a part of it, too
            joined[-1] = (
                first,
                SecretSpan(
                    last.start,
                    max(last.end, span.end),
                    best.credential_class,
                    best.detector,
                    best.hint,
                    best.value or _issued_in(other, best, text),
                    best.suspected,
                    best.encoding,
                ),
            )
        else:
            joined.append((rank, span))
    return [span for _, span in joined]


def _is_longer_secret(wide: SecretSpan, known: SecretSpan, text: str) -> bool:
    """Tell whether a find is a secret of its own, and a known one within it no more than its part.

    Where a mark that ends words stands between them, the find may just have been cut too wide.
    """
    if known.detector != "known_value" or known.encoding or wide.detector == "known_value":
        return False
    if wide.start > known.start or wide.end < known.end:
        return False
    return _is_in_a_word(known, wide, text)


def _is_in_a_word(span: SecretSpan, wide: SecretSpan, text: str) -> bool:
    """Return whether more letters of a wider find belong to the word that a span stands in."""
    before = _WORD_BEFORE.search(text, max(wide.start, span.start - NEAR), span.start)
    behind = _WORD_BEHIND.match(text, span.end, min(wide.end, span.end + NEAR))
    around = (before[0] if before else "") + (behind[0] if behind else "")
    return len(_ALPHANUMERIC.findall(around)) >= LEAST_MORE


def _issued_in(wide: SecretSpan, span: SecretSpan, text: str) -> str:
    """Return the token in an issuer's format that a find cut too wide holds as a word of its own.

    All of `bob:ghp_…` is sealed; still the secret is the token, as it is wherever else it stands.
    """
    if span.detector != "shape" or wide.detector in {"shape", "known_value"}:
        return ""
    if not (wide.start <= span.start and span.end <= wide.end) or _is_in_a_word(span, wide, text):
        return ""
    return text[span.start : span.end]


def apart_from(places: Sequence[tuple[int, int]], spans: Iterable[SecretSpan]) -> list[SecretSpan]:
    """Return the spans that have no character in common with any of some places.

    Args:
        places: begin and end of each, in order and without overlaps.
        spans: in any order.
    """
    ends = [end for _, end in places]
    apart = []
    for span in spans:
        first = bisect_right(ends, span.start)
        if first == len(places) or places[first][0] >= span.end:
            apart.append(span)
    return apart
