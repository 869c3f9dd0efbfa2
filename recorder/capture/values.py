"""What a tool was given or returned, as text: whole up to a limit, and whatever it is."""

from __future__ import annotations

import contextlib
import json
from typing import Any

__all__ = ["MAX_VALUE", "Stream", "as_text"]

MAX_VALUE = 32 * 1024 * 1024
"""Characters of a tool's arguments or result that are handed over; the rest is cut and said to be.
The recorder keeps less (`recorder.sealing.bounds`), and cuts a document where it can be cut."""


def as_text(value: Any) -> str:
    """Return a value as text: strings as they are, everything else as JSON. Never raises.

    What JSON has no form for stands as Python shows it.
    """
    return _cut(value if isinstance(value, str) else _as_json(value))


class Stream:
    """The items of a stream, kept as text up to the limit."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._only_text = True
        self._size = 0
        self._left_out = 0

    def add(self, item: Any) -> None:
        """Take in the next item."""
        if self._size >= MAX_VALUE:
            self._left_out += 1
            return
        self._only_text = self._only_text and isinstance(item, str)
        text = as_text(item)
        self._pieces.append(text)
        self._size += len(text)

    def text(self) -> str:
        """Return texts joined, as a stream of tokens is meant; other items one on each line."""
        more = f"… [{self._left_out} items more, not recorded]" if self._left_out else ""
        return _cut(("" if self._only_text else "\n").join(self._pieces)) + more


def _cut(text: str) -> str:
    if len(text) <= MAX_VALUE:
        return text
    return f"{text[:MAX_VALUE]}… [{len(text) - MAX_VALUE} characters more, not recorded]"


def _as_json(value: Any) -> str:
    """Return a value as JSON; an agent's own objects may raise whatever they like on the way."""
    with contextlib.suppress(Exception):
        return json.dumps(value, ensure_ascii=False, default=_shown)
    return _shown(value)


def _shown(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"
