"""A document that is stored as the log of its changes: VS Code keeps its chats so since 2026-01.

The first line holds the document as it was, the others set a value (1), add to a list (2, which may
cut it first) or delete a value (3), at a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["WHOLE", "ChangeError", "ChangedDocument"]

WHOLE, SET, ADD, DELETE = range(4)
MAX_DEPTH = 32
"""Steps of a path."""


class ChangeError(ValueError):
    """A change of what is not there, or none at all."""


class ChangedDocument:
    """The document after the changes that were told so far."""

    def __init__(self) -> None:
        self.value: Any = None

    def change(self, entry: Mapping[str, Any]) -> list[Any]:
        """Make one change.

        Returns:
            What a list lost by it, or the document itself where another takes its place.

        Raises:
            ChangeError: it is none.
        """
        kind, path, value = entry.get("kind"), entry.get("k"), entry.get("v")
        if kind == WHOLE:
            lost, self.value = self.value, value
            return [] if lost is None else [lost]
        if not isinstance(path, list) or not 0 < len(path) <= MAX_DEPTH:
            raise ChangeError("a change without a path")
        holder = self.value
        for step in path[:-1]:
            holder = _at(holder, step)
        last = path[-1]
        if kind == SET:
            _put(holder, last, value)
        elif kind == ADD:
            return _add(holder, last, value, entry.get("i"))
        elif kind == DELETE and isinstance(holder, dict):
            holder.pop(last, None)
        else:
            raise ChangeError("a change of an unknown kind")
        return []


def _at(holder: Any, step: Any) -> Any:
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    if isinstance(holder, list) and type(step) is int and 0 <= step < len(holder):
        return holder[step]
    raise ChangeError("a change of what is not there")


def _put(holder: Any, step: Any, value: Any) -> None:
    if isinstance(holder, list) and step == len(holder):
        holder.append(value)
        return
    is_member = isinstance(holder, dict) and isinstance(step, str)
    if not is_member:
        _at(holder, step)
    holder[step] = value


def _add(holder: Any, step: Any, values: Any, cut: Any) -> list[Any]:
    if isinstance(holder, dict) and isinstance(step, str):
        held = holder.setdefault(step, [])
    else:
        held = _at(holder, step)
    if not isinstance(held, list):
        raise ChangeError("an addition to what is no list")
    lost: list[Any] = []
    if type(cut) is int and cut >= 0:
        lost = held[cut:]
        del held[cut:]
    held += values if isinstance(values, list) else []
    return lost
