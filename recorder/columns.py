"""The columns that index a body: what the store writes beside it and verification compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder import semconv

__all__ = ["column_text", "index_columns", "session_columns"]


def index_columns(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the columns that index a body, from `id` to `status`; verify compares them."""
    t_ns = fields["t"]
    return (
        column_text(fields["id"]),
        column_text(fields["session"]),
        fields["witness"],
        fields["phase"],
        fields["kind"],
        column_text(fields["name"]),
        column_text(fields["ref"]),
        None if t_ns is None else int(t_ns),
        int(fields["observed"]),
        fields["status"],
    )


def session_columns(seq: int, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return a session's row, from the first record that speaks of it; verify compares it."""
    attributes = fields["attributes"]

    def text(*names: str) -> str:
        found = (attributes.get(name) for name in names)
        return column_text(next((value for value in found if isinstance(value, str)), ""))

    return (
        column_text(fields["session"]),
        text(semconv.GEN_AI_AGENT_NAME, semconv.SERVICE_NAME),
        text(semconv.GEN_AI_AGENT_VERSION),
        text(semconv.GEN_AI_MODEL),
        text(semconv.PROCESS_CWD),
        text(semconv.HOST_NAME),
        text(semconv.USER_NAME),
        fields["witness"],
        column_text(fields["run"]),
        seq,
    )


def column_text(text: str) -> str:
    """Return text that SQLite can hold: it refuses lone surrogates, and stops at NUL in places."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "␀")
