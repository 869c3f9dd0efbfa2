"""Keys of entries that have no id of their own: what they say, and how many-th time they say it.

Never the line that an entry stands on: a damaged line before it, or a beginning that was cut away,
would make it another entry, and importing both copies would tell everything twice.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from recorder.digests import bare, marked
from recorder.utf8 import utf8

__all__ = ["EntryKeys", "shown_place"]

MAX_REMEMBERED = 200_000
"""Different entries whose count is kept (as digests, about 20 MB). After so many the count begins
anew under the next number, which comes out the same for every copy with the same beginning."""
_MADE = re.compile(r"content ⌗[0-9a-f]{16}(?: #\d+)?(?: part \d+)?")


class EntryKeys:
    """Makes the keys of one source, in its order."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}
        self._part = 1

    def of(self, content: bytes | str, within: str = "") -> str:
        """Return the key of an entry.

        Args:
            content: the entry as it stands.
            within: what it is told apart by beside its content: the session; the source's id where
                the content has no time, so that two files may say the same.
        """
        said = _encoded(content) if isinstance(content, str) else content
        hashed = _begun(within).copy()
        hashed.update(said)
        digest = hashed.digest()
        times = self._seen.get(digest, 0) + 1
        if times == 1 and len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
            self._part += 1
        self._seen[digest] = times
        again = f" #{times}" if times > 1 else ""
        part = f" part {self._part}" if self._part > 1 else ""
        return f"content {marked(digest.hex())}{again}{part}"


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair that the file wrote as an escape
        return utf8(text)


@lru_cache(maxsize=64)
def _begun(within: str) -> blake2b:
    """Return the hash of what entries are told apart by: it is the same for all of a session."""
    return blake2b(utf8(bare(within)) + b"\0", digest_size=8)


def shown_place(key: str, line: int) -> str:
    """Return where an entry stands, for people: a key made of content is its line."""
    return _MADE.sub(f"line {line}", key) if line and "content " in key else key
