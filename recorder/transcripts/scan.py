"""Look where agents usually keep their transcripts on this machine."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.format import Format
from recorder.transcripts.importer import BROKEN
from recorder.transcripts.one_by_one import ODD
from recorder.transcripts.places import SIDE_FILES, NoSourceError, sources_of
from recorder.transcripts.table import detect, formats
from recorder.transcripts.unread import what_it_is

__all__ = ["Found", "scan"]

_TIME = re.compile(
    rb'"(?:timestamp|startTime|start_time|createdAt|created_at|ts|time)"\s?:\s?(?:"([^"]{10,40})"|(\d{13}))'
)


@dataclass(frozen=True, slots=True)
class Found:
    """A transcript on this machine."""

    path: str
    format: str
    title: str
    size: int
    """Bytes."""
    begins_ns: int | None
    """The first time that its beginning tells; None where it tells none. Never the file's own
    times: agents' clients rewrite them."""


def scan(unread: list[str] | None = None) -> Iterator[Found]:
    """Yield every transcript in the usual places, format by format, each file once.

    Args:
        unread: takes the files there that are not empty and of which nothing can be read, each
            with what it is where that is known.
    """
    seen: set[str] = set()
    for one in formats().values():
        for path in _paths(one):
            real = os.path.realpath(path)
            if real not in seen and not path.endswith(SIDE_FILES) and os.path.isfile(path):
                seen.add(real)
                known = _found(path)
                if isinstance(known, Found):
                    yield known
                elif unread is not None and _is_filled(path):
                    unread.append(f"{path} ({known})" if known else path)


def _paths(one: Format) -> Iterator[str]:
    for place in one.places:
        whole = os.path.expanduser(os.path.expandvars(place))
        if "$" not in whole:
            yield from sorted(glob.glob(whole, recursive=True, include_hidden=True))


def _found(path: str) -> Found | str:
    """Return what a file is; where it is no transcript, its description, if it has one."""
    what = ""
    try:
        for source in sources_of(path):
            known = detect(source)
            if known is not None:
                source.forget()
                begins = _time_in(source.head)
                return Found(path, known.name, known.title, os.path.getsize(path), begins)
            what = what or what_it_is(source)
            source.forget()
    except (NoSourceError, *BROKEN, *ODD):
        # Asked for by name, import says why.
        return what
    return what


def _is_filled(path: str) -> bool:
    try:
        return os.path.getsize(path) > 0
    except OSError:  # gone meanwhile
        return False


def _time_in(head: bytes) -> int | None:
    for text, millis in _TIME.findall(head):
        t_ns = iso_ns(text.decode("utf-8", "replace")) if text else millis_ns(int(millis))
        if t_ns is not None:
            return t_ns
    return None
