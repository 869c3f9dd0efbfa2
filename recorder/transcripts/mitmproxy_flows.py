"""mitmproxy's flow files, of any version that mitmproxy itself can still read.

mitmproxy's reader migrates old flows. A damaged flow ends the reading of a file: what stands before
it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from recorder.transcripts.format import Damage, Entry, Format, Item
from recorder.transcripts.source import Source

__all__ = ["FORMAT", "recognises"]


def recognises(head: bytes) -> bool:
    """Tell whether a file begins like flows do: the length of a tnetstring, then a dictionary."""
    length, colon, rest = head[:64].partition(b":")
    if not colon or not length.isdigit() or len(length) > 12:
        return False
    inner, colon, _ = rest.partition(b":")
    return bool(colon) and inner.isdigit()


def _read(source: Source) -> Iterator[Item]:
    from recorder.transcripts.mitmproxy_reader import DamagedFlowsError, tell  # noqa: PLC0415

    with source.open() as stream:
        try:
            for record in tell(stream):
                yield Entry([record])
        except DamagedFlowsError as error:
            yield Damage(str(error))


FORMAT = Format(
    name="mitmproxy",
    title="mitmproxy flows",
    tested=("flow formats 19 to 21 (mitmproxy 9 to 12)",),
    recognises=lambda source: recognises(source.head),
    read=_read,
)
