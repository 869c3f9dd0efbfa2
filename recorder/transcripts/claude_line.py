"""What stands in a line of Claude Code, whatever it is told as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.telling import as_text

__all__ = [
    "blocks_of",
    "decision_of",
    "detail_beside",
    "is_of",
    "is_told",
    "session_of",
    "side_chain",
]


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


def decision_of(value: Mapping[str, Any]) -> str:
    """Return what was decided on a call, as far as the line of its result tells."""
    told = value.get("permissionDecision")
    word = told.get("decision") if isinstance(told, dict) else None
    if word is None:
        return "denied" if value.get("toolDenialKind") else ""
    return {"accept": "approved", "reject": "denied"}.get(str(word), str(word))


def detail_beside(detail: Any, output: str) -> str:
    """Return what a result's structure holds beside the text that the model was given."""
    if not isinstance(detail, dict):
        return ""
    left = {
        name: item
        for name, item in detail.items()
        if not (isinstance(item, str) and (item == output or item.strip() in output))
        and item not in (None, False)
    }
    return as_text(left) if left else ""


def is_told(detail: Any, name: str) -> bool | None:
    """Return whether a result's structure says so."""
    return True if isinstance(detail, dict) and detail.get(name) is True else None
