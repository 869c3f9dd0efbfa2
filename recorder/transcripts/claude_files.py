"""What results tell again: files that a session read and changed, and what its calls were given.

Claude Code writes the whole of a file as it was with each edit of it. Where that is, to the last
character, what an earlier result of the session left, that result is named in its place: of some
sessions the same file again and again was a third of all that they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["LEFT_BY", "FilesSeen", "TextsGiven"]

LEFT_BY = "as_left_by"
"""What stands in place of a file: an object with the call's id behind which the file was so. Its
text follows from that call: what it read or wrote, or what it replaced in what was there."""
MOST_FILES = 32
LONGEST = 512 * 1024
"""Characters of a file, or of what a call was given, that are remembered."""
MOST_CALLS = 32
"""Calls without a result whose texts are remembered."""
LONG = 100
"""Characters of a text that is worth it."""


class TextsGiven:
    """The long texts that calls were given whose results have not come yet."""

    def __init__(self) -> None:
        self._held: dict[str, frozenset[str]] = {}

    def remember(self, ref: str, arguments: Any) -> None:
        """Take in what a call is given."""
        said = arguments.values() if isinstance(arguments, dict) else ()
        texts = frozenset(text for text in said if isinstance(text, str) and len(text) >= LONG)
        if texts and sum(map(len, texts)) <= LONGEST:
            self._held[ref] = texts
            if len(self._held) > MOST_CALLS:
                del self._held[next(iter(self._held))]

    def take(self, ref: str) -> frozenset[str]:
        """Return what a call was given, whose result has come."""
        return self._held.pop(ref, frozenset())


class FilesSeen:
    """What is known of the files of the sessions of one transcript."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[str, str]] = {}
        """Session and path -> the call that left it, and the text."""

    def told_once(self, session: str, ref: str, detail: Any) -> Any:
        """Return a result's structure without a file that an earlier one leaves no doubt of.

        Args:
            session: whose result it is.
            ref: id of its call; without one nothing is remembered.
            detail: the structure.
        """
        if not isinstance(detail, dict):
            return detail
        path = detail.get("filePath")
        if not isinstance(path, str):
            self._read(session, ref, detail.get("file"))
            return detail
        before = detail.get("originalFile")
        known = self._held.pop((session, path), None)
        self._keep((session, path), ref, _after(detail, before))
        if known is None or before != known[1]:
            return detail
        return {**detail, "originalFile": {LEFT_BY: known[0]}}

    def _read(self, session: str, ref: str, file: Any) -> None:
        if not isinstance(file, dict) or file.get("startLine") != 1:
            return
        path, lines = file.get("filePath"), file.get("numLines")
        if isinstance(path, str) and isinstance(lines, int) and lines == file.get("totalLines"):
            self._keep((session, path), ref, file.get("content"))

    def _keep(self, name: tuple[str, str], ref: str, text: Any) -> None:
        self._held.pop(name, None)
        if ref and isinstance(text, str) and 0 < len(text) <= LONGEST:
            self._held[name] = ref, text
            if len(self._held) > MOST_FILES:
                del self._held[next(iter(self._held))]


def _after(detail: Mapping[str, Any], before: Any) -> str | None:
    """Return what a file holds after a result; None where that is not told."""
    if isinstance(written := detail.get("content"), str):
        return written
    old, new = detail.get("oldString"), detail.get("newString")
    if not isinstance(before, str) or not isinstance(old, str) or not isinstance(new, str):
        return None
    if not old or len(before) > LONGEST:
        return None
    return before.replace(old, new, -1 if detail.get("replaceAll") is True else 1)
