"""The columns that index a body: what the store writes beside it and verification compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder import semconv

__all__ = ["SESSION_COLUMNS", "TOLD", "column_text", "index_columns", "session_columns", "told_of"]

TOLD: Mapping[str, tuple[str, ...]] = {
    "agent": (semconv.GEN_AI_AGENT_NAME, semconv.SERVICE_NAME),
    "agent_version": (semconv.GEN_AI_AGENT_VERSION,),
    "model": (semconv.GEN_AI_MODEL,),
    "cwd": (semconv.PROCESS_CWD,),
    "host": (semconv.HOST_NAME,),
    "user": (semconv.USER_NAME,),
}
"""Column of a session's row, in their order -> the attributes that tell it. The first record of the
session that tells one counts: few first records tell them all."""
SESSION_COLUMNS = ("id", *TOLD, "witness", "run", "first_seq")


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
    """Return a session's row, as far as the first record that speaks of it tells it."""
    return (
        column_text(fields["session"]),
        *(told_of(column, fields) for column in TOLD),
        fields["witness"],
        column_text(fields["run"]),
        seq,
    )


def told_of(column: str, fields: Mapping[str, Any]) -> str:
    """Return what a record tells for one of the columns `TOLD` of its session, or nothing."""
    for name in TOLD[column]:
        value = fields["attributes"].get(name)
        if isinstance(value, str):
            return column_text(value)
    return ""


def column_text(text: str) -> str:
    """Return text that SQLite can hold: it refuses lone surrogates, and stops at NUL in places."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "␀")
