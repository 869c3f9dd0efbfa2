"""What stands in a line of Claude Code, whatever it is told as."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import cached_property
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.telling import as_text

__all__ = [
    "blocks_of",
    "detail_beside",
    "is_of",
    "is_told",
    "session_of",
    "side_chain",
    "speaker_of",
]

_SPEAKERS = {"channel": "user", "coordinator": "agent", "peer": "agent"}
"""What a line of the user's side comes from -> who speaks; of what comes from elsewhere, a program.
"""
_WRITTEN = {
    "<teammate-message ": "agent", "<task-notification>": "system",
    "<local-command-stdout>": "system", "<local-command-stderr>": "system",
    "<bash-stdout>": "system", "<bash-stderr>": "system",
}  # fmt: skip
"""What older versions begin what no person says with -> who speaks."""
LONG = 100
"""Characters of a text that is worth looking for in another."""
MOST_LOOKED_FOR = 20
"""Texts of one structure that are looked for."""
_NUMBER = re.compile(r"\n *+\d++[→\t]")
"""What stands before each line of a file that an agent reads; found by the end of the one before,
which is three times as fast as by the beginning."""


def session_of(value: Mapping[str, Any]) -> str:
    """Return the id of the session that a line is of, or nothing."""
    session = value.get("sessionId") or value.get("session_id")
    return session if isinstance(session, str) else ""


def blocks_of(content: Any) -> list[Mapping[str, Any]]:
    """Return the blocks of a message's content; words alone are one, and what is no block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return []
    return [b if isinstance(b, dict) else {"type": "text", "text": as_text(b)} for b in content]


def is_of(block: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a block is of a kind: servers' calls have names that end as calls' do."""
    return str(block.get("type")).endswith(kind)


def side_chain(value: Mapping[str, Any]) -> dict[str, Json]:
    """Return which sub-agent says a line, if one does."""
    if not (value.get("isSidechain") or value.get("parent_tool_use_id")):
        return {}
    agent = value.get("agentId") or value.get("parent_tool_use_id") or "side chain"
    return {semconv.SIDECHAIN: str(agent)}


def speaker_of(value: Mapping[str, Any]) -> str:
    """Return who says what a line of the user's side says.

    Not all of it is a person's: what has run in the background reports there, and other agents
    give tasks.
    """
    if value.get("isCompactSummary") is True:
        return "summary"
    if value.get("isMeta") is True:
        return "system"
    origin = value.get("origin")
    kind = origin.get("kind") if isinstance(origin, Mapping) else None
    if isinstance(kind, str) and kind != "human":
        return _SPEAKERS.get(kind, "system")
    message = value.get("message")
    said = message.get("content") if isinstance(message, Mapping) else None
    if kind is None and isinstance(said, str):
        written = (who for begun, who in _WRITTEN.items() if said.startswith(begun))
        if who := next(written, ""):
            return who
    # What a sub-agent is given to do, another agent says.
    return "agent" if side_chain(value) else "user"


def detail_beside(detail: Any, output: str, given: Set[str] = frozenset()) -> str:
    """Return what a result's structure holds beside the text that the model was given.

    A file that was read stands in both, with its lines numbered in the text: where they say the
    same, to keep and seal it twice tells nobody more.

    Args:
        detail: the structure.
        output: the text.
        given: texts that stand in the call.
    """
    if not isinstance(detail, dict):
        return ""
    told = _Told(output)
    left = {
        name: item
        for name, item in detail.items()
        if not (isinstance(item, str) and (_is_given(name, item, given) or item.strip() in output))
        and item not in (None, False)
    }
    for name, item in left.items():
        if isinstance(item, dict):
            left[name] = {n: v for n, v in item.items() if not told.holds(v)}
    return as_text(left) if left else ""


def _is_given(name: str, item: str, given: Set[str]) -> bool:
    # That a file was just what the call replaces stands nowhere else.
    return item in given and name != "originalFile"


class _Told:
    """What a result's text says, with or without the numbers of its lines."""

    def __init__(self, output: str) -> None:
        self._output = output
        self._looked_for = 0

    @cached_property
    def _plain(self) -> str:
        text = f"\n{self._output}"
        return _NUMBER.sub("\n", text) if _NUMBER.match(text) else text

    def holds(self, item: Any) -> bool:
        """Tell whether a long text stands in it."""
        if not isinstance(item, str) or len(item) < LONG or self._looked_for >= MOST_LOOKED_FOR:
            return False
        self._looked_for += 1
        return item.strip() in self._plain


def is_told(detail: Any, name: str) -> bool | None:
    """Return whether a result's structure says so."""
    return True if isinstance(detail, dict) and detail.get(name) is True else None
