"""Which types of lines Claude Code writes, and how its files and its output are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["NOTED", "recognises"]

TYPES = frozenset(
    {"user", "assistant", "system", "progress", "attachment", "queue-operation", "permission-mode",
     "last-prompt", "api-request", "api-request-shape", "api-request-blob", "tools-used",
     "cost-state", "atis-latch", "result"}
)  # fmt: skip
NOTED = TYPES | {
    "active_goal", "agent-color", "agent-name", "agent-setting", "ai-title",
    "artifact-autoreact-ledger", "artifact-comment-monitor", "attribution-snapshot", "auth_status",
    "bridge-session", "content-replacement", "continued-in", "control_cancel_request",
    "control_request", "control_response", "conversation_reset", "custom-title", "ended-by-model",
    "file-history-delta", "file-history-snapshot", "fork-context-ref", "frame-link",
    "history-suppression", "keep_alive", "mode", "pr-link", "prompt_suggestion",
    "rate_limit_event", "relocated", "stream_event", "summary", "tag", "tool_progress",
    "tool_use_summary",
}  # fmt: skip
"""Types that mean nothing here: they are kept as they stand."""


def recognises(value: Any) -> bool:
    """Tell whether a value is a line of such a file."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    if kind == "summary":
        return "leafUuid" in value
    if kind == "file-history-snapshot":
        return "snapshot" in value
    if kind not in TYPES or (kind == "result" and "session_id" not in value):
        # Copilot's stream ends in a result too.
        return False
    if "sessionId" in value or ("session_id" in value and "uuid" in value):
        return True
    return _is_cut_out(value) or _is_streamed(value)


def _is_cut_out(value: Mapping[str, Any]) -> bool:
    """Tell a line of a transcript whose session was taken out."""
    message = value.get("message")
    is_message = isinstance(message, Mapping) and message.get("role") == value["type"]
    return is_message and {"uuid", "timestamp"} <= value.keys()


def _is_streamed(value: Mapping[str, Any]) -> bool:
    """Tell a line of `stream-json` before 2025-08, whose lines have no ids of their own.

    Cursor's lines look alike: its first one does not list the tools, and its messages have no ids.
    """
    message = value.get("message")
    if value["type"] == "system":
        return value.get("subtype") == "init" and isinstance(value.get("tools"), list)
    return (
        value["type"] == "assistant"
        and isinstance(message, Mapping)
        and message.get("type") == "message"
        and isinstance(message.get("content"), list)
        and {"id", "model"} <= message.keys()
    )
