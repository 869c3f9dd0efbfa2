"""What is not read is called by its name, with what to import instead; what is empty is said."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.recorder.transcripts.reading import jsonl
from tests.recorder.transcripts.test_import_summary import prompts, ran


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"display": "hi", "pastedContents": {}, "timestamp": 1, "project": "/w"},
         "import ~/.claude/projects"),
        ({"session_id": "s", "ts": 1, "text": "hi"}, "import ~/.codex/sessions"),
        ({"atof_version": "0.1", "kind": "scope"}, "export the run as ATIF"),
        ({"object": "trace.span", "trace_id": "t", "span_data": {}}, "OpenAI Agents SDK"),
        ({"type": "metadata", "protocol_version": "1.4"}, "Kimi Code"),
        ({"timestamp": 1.5, "message": {"type": "TurnBegin", "payload": {}}}, "Kimi Code"),
        ({"mcpServers": {}}, "an agent's settings"),
        ({"jsonrpc": "2.0", "id": 1, "method": "x"}, "flightlog mcp --"),
    ],
)  # fmt: skip
def test_lines_that_are_not_read_are_named(
    entry: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_bytes(jsonl([entry, entry]))
    done = ran(tmp_path / "flight.db", "--dry-run", str(tmp_path / "x.jsonl"))
    assert done.exit_code == 0
    assert "skipped, no known format: " in done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (("sessions", "turns", "checkpoints"), "import ~/.copilot/session-state"),
        (("checkpoints", "writes"), "LangGraph"),
        (("ItemTable",), "chatSessions"),
        (("songs",), "no reader here knows"),
    ],
)
def test_databases_that_are_not_read_are_named(
    tables: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "x.db") as db:
        for name in tables:
            db.execute(f"CREATE TABLE {name} (key TEXT)")
    db.close()
    done = ran(tmp_path / "flight.db", "--json", "--dry-run", str(tmp_path / "x.db"))
    (what,) = json.loads(done.stdout)["unread"].values()
    assert said in what


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Event ID,Event time,User name,Event name\n1,2,3,4\n", "download it as JSON"),
        (b'"action","actor","@timestamp"\r\nrepo.create,me,1\r\n', "export it as JSON"),
        (b"\n# 2026-01-01 00:00:00.123456\n+do it\n", ".aider.chat.history.md"),
        (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(40), "a packet capture"),
        (b"models:\n  - m\nconversations:\n  - messages: []\n", "Copilot SDK"),
        (b"hello\n", ""),
    ],
)
def test_other_files_that_are_not_read_are_named(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    told = json.loads(ran(tmp_path / "f.db", "--json", "--dry-run", str(tmp_path / "x")).stdout)
    assert told["unknown"] == [str(tmp_path / "x")]
    assert said in "".join(told["unread"].values())


def test_what_is_empty_is_said_and_no_failure(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "x.jsonl").write_bytes(prompts(3))
    (tmp_path / "none.jsonl").touch()
    named = [str(tmp_path / name) for name in ("folder", "x.jsonl", "none.jsonl")]
    done = ran(tmp_path / "flight.db", "--dry-run", *named)
    assert done.exit_code == 0
    assert f"nothing to import in {named[0]}: no file to read is in it" in done.stderr
    assert f"{named[2]} (empty)" in done.stderr
    assert "Would import 4 records" in done.stdout
    assert ran(tmp_path / "flight.db", "--strict", "--dry-run", named[0]).exit_code == 2
    assert ran(tmp_path / "flight.db", "--strict", "--dry-run", named[1]).exit_code == 0


def test_where_nothing_that_was_named_can_be_read_the_import_failed(tmp_path: Path) -> None:
    done = ran(tmp_path / "flight.db", "--dry-run", "/dev/zero")
    assert done.exit_code == 2
    assert "not read: /dev/zero" in done.stderr
    (tmp_path / "x.jsonl").write_bytes(prompts(3))
    both = ran(tmp_path / "flight.db", "--dry-run", "/dev/zero", str(tmp_path / "x.jsonl"))
    assert both.exit_code == 0
