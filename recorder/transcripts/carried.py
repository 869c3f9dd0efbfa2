"""Lines of JSON behind what a carrier wrote before each of them.

An event stream of a server (SSE) as it came, and the log of a container as its runtime keeps it
(CRI, under `/var/log/pods`).
"""

from __future__ import annotations

import re

__all__ = ["bare", "is_carried"]

_BEFORE = re.compile(
    rb"(?:data:[ \t]?"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) std(?:out|err) F )"
    rb"(?=[\[{])"
)
_OWN = re.compile(
    rb"(?:(?:event|id|retry):[ \t]?[\w.:/+-]{0,200}|:[^\n]{0,200}|data:[ \t]?\[DONE\])\s*\Z"
)
"""Lines of an event stream that hold no event: its name, its number, a sign of life, the end."""
_BEGINS = (b"data:", b"event:", b"id:", b"retry:", b":")


def is_carried(beginning: bytes) -> bool:
    """Tell whether a source's first line is a carrier's."""
    first = beginning.partition(b"\n")[0]
    return _BEFORE.match(first) is not None or (
        first.startswith(_BEGINS) and _OWN.match(first) is not None and b"\ndata:" in beginning
    )


def bare(line: bytes) -> bytes:
    """Return a line without what stands before its JSON; nothing of one that holds none."""
    if line[:1] in {b"{", b"["}:
        return line
    if _OWN.match(line):
        return b""
    found = _BEFORE.match(line)
    return line[found.end() :] if found else line
