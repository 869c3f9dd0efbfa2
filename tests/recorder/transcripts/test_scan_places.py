"""A scan finds each agent's transcripts where Linux and macOS have them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from recorder.transcripts.scan import scan
from tests.recorder.transcripts.reading import jsonl

LINUX, MAC = ".config", "Library/Application Support"
CLAUDE: Any = {
    "type": "user", "uuid": "u", "sessionId": "s", "timestamp": "2026-11-23T06:00:00Z",
    "message": {"role": "user", "content": "hi"},
}  # fmt: skip
CODEX: Any = {"timestamp": "2026-11-23T06:00:00Z", "type": "session_meta", "payload": {"id": "s"}}
GEMINI: Any = {"sessionId": "s", "projectHash": "p", "startTime": "2026-11-23T06:00:00Z"}
COPILOT: Any = {
    "type": "session.start", "id": "e", "timestamp": "2026-11-23T06:00:00Z", "parentId": None,
    "data": {"sessionId": "s", "copilotVersion": "1.0.102"},
}  # fmt: skip
VSCODE: Any = {
    "version": 3, "sessionId": "s", "creationDate": 1787430000000, "requesterUsername": "dev",
    "responderUsername": "GitHub Copilot",
    "requests": [{"requestId": "r", "message": {"text": "hi", "parts": []}, "response": []}],
}  # fmt: skip
ROWS: Any = [{"ts": 1787430000000, "type": "say", "say": "task", "text": "hi"}]
TURNS: Any = [{"role": "user", "content": [{"type": "text", "text": "<task>\nhi\n</task>"}]}]
CURSOR: Any = {"role": "user", "message": {"content": [{"type": "text", "text": "hi"}]}}
MINI: Any = {
    "trajectory_format": "mini-swe-agent-1.1", "info": {"mini_version": "2.4.6"},
    "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}],
}  # fmt: skip
OPENHANDS: Any = {
    "id": "e", "timestamp": "2026-11-23T06:00:00.000000", "source": "user", "kind": "MessageEvent",
    "llm_message": {"role": "user", "content": [{"type": "text", "text": "hi"}]},
}  # fmt: skip
OPENHANDS_V0: Any = {
    "id": 0, "timestamp": "2025-05-05T12:55:27.300975", "source": "user", "message": "hi",
    "action": "message", "args": {"content": "hi"},
}  # fmt: skip
PI: Any = {
    "type": "session", "version": 3, "id": "s", "timestamp": "2026-11-23T06:00:00Z", "cwd": "/w",
}  # fmt: skip
AIDER = b"# aider chat started at 2026-11-23 06:00:00\n\n#### hi\n\nHello.\n"
OC_SESSION: Any = {
    "id": "ses_1", "projectID": "p", "directory": "/w", "title": "t", "version": "1.0",
    "time": {"created": 1787430000000, "updated": 1787430000000},
}  # fmt: skip
CLINE = ("saoudrizwan.claude-dev", "rooveterinaryinc.roo-cline", "kilocode.kilo-code")
EDITORS = (
    *(f"{base}/{name}/User" for base in (LINUX, MAC)
      for name in ("Code", "Code - Insiders", "VSCodium", "Cursor")),
    ".vscode-server/data/User",
)  # fmt: skip

PLACES: dict[str, Any] = {
    ".claude/projects/-w/s.jsonl": [CLAUDE],
    ".claude/projects/-w/s/subagents/agent-1.jsonl": [CLAUDE],
    ".claude/projects/-w/s/subagents/workflows/wf_1/agent-2.jsonl": [CLAUDE],
    ".claude/projects/-w/s/subagents/workflows/wf_1/journal.jsonl": [
        {"type": "started", "key": "v2:0", "agentId": "a1"}
    ],
    ".codex/sessions/2026/11/23/rollout-1.jsonl": [CODEX],
    ".codex/archived_sessions/rollout-2.jsonl": [CODEX],
    ".gemini/tmp/p/chats/session-1.json": {**GEMINI, "messages": []},
    ".gemini/tmp/p/chats/session-2.jsonl": [GEMINI],
    ".copilot/session-state/s/events.jsonl": [COPILOT],
    ".copilot/session-state/s.jsonl": [COPILOT],
    ".cursor/projects/w/agent-transcripts/s/s.jsonl": [CURSOR, CURSOR],
    ".local/share/opencode/storage/session/p/ses_1.json": OC_SESSION,
    ".openhands/conversations/c/events/event-00000-e.json": OPENHANDS,
    ".openhands/sessions/c/events/0.json": OPENHANDS_V0,
    ".openhands-state/sessions/c/events/0.json": OPENHANDS_V0,
    f"{LINUX}/mini-swe-agent/last_mini_run.traj.json": MINI,
    f"{MAC}/mini-swe-agent/last_mini_run.traj.json": MINI,
    ".pi/agent/sessions/-w/s.jsonl": [PI],
    ".aider.chat.history.md": AIDER,
    "src/.aider.chat.history.md": AIDER,
    "src/work/.aider.chat.history.md": AIDER,
    ".cline/data/tasks/1/ui_messages.json": ROWS,
    **{f"{user}/globalStorage/{name}/tasks/1/{file}": content
       for user in EDITORS for name in CLINE
       for file, content in (("ui_messages.json", ROWS),
                             ("api_conversation_history.json", TURNS))},
    **{f"{user}/workspaceStorage/w/chatSessions/s.json": VSCODE for user in EDITORS},
    **{f"{user}/globalStorage/emptyWindowChatSessions/s.json": VSCODE for user in EDITORS},
}  # fmt: skip
DATABASES = {
    f"{LINUX}/Cursor/User/globalStorage/state.vscdb":
        "CREATE TABLE cursorDiskKV (key TEXT UNIQUE, value BLOB)",
    f"{MAC}/Cursor/User/globalStorage/state.vscdb":
        "CREATE TABLE cursorDiskKV (key TEXT UNIQUE, value BLOB)",
    ".cursor/chats/w/s/store.db":
        "CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB);"
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);"
        f"""INSERT INTO meta VALUES ('0', '{b'{"agentId": "s"}'.hex()}')""",
}  # fmt: skip


def test_each_agents_usual_places_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, content in PLACES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_lines = name.endswith(".jsonl")
        path.write_bytes(
            content if isinstance(content, bytes)
            else jsonl(content) if is_lines else json.dumps(content).encode()
        )  # fmt: skip
    for name, script in DATABASES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path)
        db.executescript(script)
        db.close()
    unread: list[str] = []
    found = [str(Path(one.path).relative_to(tmp_path)) for one in scan(unread)]
    assert unread == []
    assert sorted(found) == sorted([*PLACES, *DATABASES])


def test_what_no_format_reads_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".claude" / "projects" / "-w"
    folder.mkdir(parents=True)
    (folder / "history.jsonl").write_bytes(jsonl([{"display": "hi", "pastedContents": {}}]))
    (folder / "other.jsonl").write_text("{}\n")
    unread: list[str] = []
    assert list(scan(unread)) == []
    assert unread == [
        f"{folder}/history.jsonl (Claude Code's history of prompts; import ~/.claude/projects)",
        f"{folder}/other.jsonl",
    ]
