"""Tell where a line begins that tools print with something before it.

`12→`, `config.env:12:`, `+` in a difference, `web-1  | `, a time: what stands behind it is the
line. In a string of JSON its first line stands behind a quote.
"""

from __future__ import annotations

from recorder.sealing.exact import Exact

__all__ = ["ENDS_LINE", "begin_of_line"]

LONGEST_LINE = 240
"""Characters of a line before a name that are looked at."""
_PRINTED = Exact(
    r"(?:(?:[+>]|\#|//|--|;|\*)(?:[ ](?=\S))?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,12}(?:Z|[+\-]\d\d:?\d\d)?[ \t]"
    r"(?:[A-Z]{4,8}[ ](?:\[[\w.\-]{1,40}\][ ])?)?"
    r"|[ \t]{0,8}\d{1,6}[→\t|:](?!\d)"
    r"|[\w./\-@+]{1,160}:\d{1,6}[:\-]"
    r"|[\w.\-]{1,40}[ ]{1,20}\|[ ]"
    r"|(?:[\[{]?[ ]{0,4}\\{0,7}\"\w{1,30}\\{0,7}\":[ ]?\\{0,7}\"){1,3}(?:[ ]{0,8}\d{1,6}[→\t])?)"
)
ENDS_LINE = Exact(r"[ \t\\]*(?:\r?\n|$|\"[ ]{0,4}[,}\]\\])")
"""What a line may end with, or a string of JSON."""


def begin_of_line(text: str, at: int) -> int:
    """Return where the line begins that a character stands in; that place, if it is far away."""
    farthest = max(0, at - LONGEST_LINE)
    start = text.rfind("\n", farthest, at) + 1
    if start < farthest:
        return farthest
    printed = _PRINTED.match(text, start)
    return printed.end() if printed and printed.end() <= at else start
