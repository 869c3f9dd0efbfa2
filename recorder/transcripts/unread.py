"""What a source is that no format reads, and what to import instead: said, so that nobody guesses.

Agents keep indexes, histories of prompts and state beside their transcripts, and people point an
import at a whole folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recorder.transcripts.databases import is_database, tables_of
from recorder.transcripts.source import Source

__all__ = ["what_it_is"]

_TABLES = (
    ({"sessions", "turns", "checkpoints"},
     "Copilot CLI's index of sessions; import ~/.copilot/session-state"),
    ({"checkpoints", "writes"},
     "a LangGraph checkpoint database; write out the state's messages as JSON and import that"),
    ({"threads", "_sqlx_migrations"}, "Codex's index of threads; import ~/.codex/sessions"),
    ({"logs", "_sqlx_migrations"}, "Codex's own log; import ~/.codex/sessions"),
    ({"ai_code_hashes"}, "Cursor's record of who wrote which code; import ~/.cursor/chats"),
    ({"ItemTable"},
     "an editor's settings; chats are in the folder chatSessions beside it, Cursor's in "
     "globalStorage/state.vscdb"),
)  # fmt: skip
"""Tables that a database has at least -> what it is."""
_KEYS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"display", "pastedContents"}),
     "Claude Code's history of prompts; import ~/.claude/projects"),
    (frozenset({"session_id", "ts", "text"}),
     "Codex's history of prompts; import ~/.codex/sessions"),
    (frozenset({"atof_version"}),
     "an ATOF event log; export the run as ATIF and import that"),
    (frozenset({"object", "span_data", "trace_id"}),
     "a trace of the OpenAI Agents SDK; export it by OpenTelemetry and import that"),
    (frozenset({"$schemaVersion", "model_responses"}),
     "a saved run of the OpenAI Agents SDK; export its traces by OpenTelemetry and import that"),
    (frozenset({"resource", "instrumentationScope", "traceId"}),
     "spans as an SDK prints them; use the OTLP JSON file exporter"),
    (frozenset({"dir", "msg"}), "a wire log of MCP; record it with `flightlog mcp --`"),
    (frozenset({"jsonrpc"}), "messages of JSON-RPC; record MCP with `flightlog mcp --`"),
    (frozenset({"mcpServers"}), "an agent's settings"),
    (frozenset({"hooks"}), "an agent's settings"),
)  # fmt: skip
"""Fields that an entry has at least -> what it is."""
_KIMI = frozenset({"turn.prompt", "context.append_message", "context.append_loop_event",
                   "config.update"})  # fmt: skip
KIMI = "a log of Kimi Code, which is not read yet; the context.jsonl of older versions is"
_COLUMNS = (
    ({b"Event ID", b"Event time", b"Event name"},
     "CloudTrail's event history as CSV; download it as JSON"),
    ({b"action", b"actor", b"@timestamp"}, "GitHub's audit log as CSV; export it as JSON"),
    ({b"action", b"actor", b"created_at"}, "GitHub's audit log as CSV; export it as JSON"),
)  # fmt: skip
"""Columns that a table has at least -> what it is."""
_TYPED = re.compile(rb"\s*# \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*\r?\n\+")
_PACKETS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\xb2\xa1")
TYPED = "what was typed to aider; import .aider.chat.history.md"
PACKETS = "a packet capture; record with `flightlog run` or mitmproxy, which see what TLS hides"
SNAPSHOT = "a snapshot of the Copilot SDK's tests; import the events of ~/.copilot/session-state"
ANTIGRAVITY = "a conversation of Antigravity, which it encrypts; export it there as text"


def what_it_is(source: Source) -> str:
    """Return what a source is that no format reads; nothing where that is not known."""
    if is_database(source):
        tables = {name for name in tables_of(source) if not name.startswith("sqlite_")}
        named = (what for least, what in _TABLES if least <= tables)
        return next(named, "an SQLite database whose tables no reader here knows")
    if not source.head.strip(b"\x00 \t\r\n"):
        return "empty"
    if said := _text(source.beginning) or _binary(source):
        return said
    named = (what for value in source.sample[:4] if (what := _entry(value)))
    return next(named, "")


def _text(beginning: bytes) -> str:
    """Return what a text is that holds no JSON."""
    if beginning.startswith(b"models:") and b"\nconversations:" in beginning:
        return SNAPSHOT
    if _TYPED.match(beginning):
        return TYPED
    columns = set(beginning.partition(b"\n")[0].replace(b'"', b"").strip().split(b","))
    return next((what for least, what in _COLUMNS if least <= columns), "")


def _binary(source: Source) -> str:
    if source.head.startswith(_PACKETS):
        return PACKETS
    is_binary = b"\x00" in source.head
    return ANTIGRAVITY if is_binary and "/antigravity" in source.name else ""


def _entry(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return ""
    kind, message = value.get("type"), value.get("message")
    if (
        (isinstance(kind, str) and kind in _KIMI)
        or (kind == "metadata" and "protocol_version" in value)
        or ("timestamp" in value and isinstance(message, Mapping) and "payload" in message)
    ):
        return KIMI
    return next((what for least, what in _KEYS if least <= value.keys()), "")
