"""The tools that a server offers, and what it changes about them under way.

A server whose tool says something else than when it was approved ("rug pull") is worth a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recorder.capture.mcp.excerpts import Excerpts
from recorder.capture.mcp.methods import PREFIX
from recorder.model import Json

__all__ = ["Offer", "ToolList"]

FIRST = "mcp tools offered"
CHANGED = "mcp tools changed"
MAX_TOOLS = 10_000


@dataclass(frozen=True, slots=True)
class Offer:
    """What a list of tools told that was not known."""

    name: str
    """`FIRST`, or `CHANGED`."""
    now: Mapping[str, Any]
    """Tool -> its definition: all of them at first, then those that are new or different."""
    before: Mapping[str, Any]
    """Definitions that are different now, or gone."""

    def attributes(self, keep: Excerpts) -> dict[str, Json]:
        """Return what a record says of it."""
        said: dict[str, Json] = {PREFIX + "tools": keep.json(self.now)}
        if self.name == CHANGED:
            said[PREFIX + "tools.before"] = keep.json(self.before)
            said[PREFIX + "tools.added"] = sorted(self.now.keys() - self.before.keys())
            said[PREFIX + "tools.removed"] = sorted(self.before.keys() - self.now.keys())
            said[PREFIX + "tools.changed"] = sorted(self.before.keys() & self.now.keys())
        return said


class ToolList:
    """The newest list of one connection, put together from its pages."""

    def __init__(self) -> None:
        self._known: dict[str, Any] | None = None
        self._pages: dict[str, Any] = {}

    def take(self, params: Mapping[str, Any], result: Any) -> Offer | None:
        """Take in one page; return what is new with the last page of a list.

        Args:
            params: of the request; its cursor tells a first page from the others.
            result: what the server answered.
        """
        listed = result.get("tools") if isinstance(result, dict) else None
        if not isinstance(listed, list):
            return None
        if not params.get("cursor"):
            self._pages = {}
        for tool in listed:
            if isinstance(tool, dict) and len(self._pages) < MAX_TOOLS:
                self._pages[str(tool.get("name"))] = tool
        if result.get("nextCursor"):
            return None
        known, self._known = self._known, self._pages
        if known is None:
            return Offer(FIRST, self._known, {})
        return _difference(known, self._known)


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> Offer | None:
    changed = {n: t for n, t in now.items() if n not in before or _text(before[n]) != _text(t)}
    replaced = {n: t for n, t in before.items() if n not in now or n in changed}
    return Offer(CHANGED, changed, replaced) if changed or replaced else None


def _text(tool: Any) -> str:
    return json.dumps(tool, sort_keys=True)
