"""What transcripts tell of decisions: who made them, when, and that a denied call did nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.model import Analysis
from analyzer.placement import Place
from analyzer.state import state_at
from analyzer.testimony import Presence
from recorder.commands.import_ import command as import_command
from recorder.model import Kind
from recorder.reader import Recording


def told(folder: Path, *lines: dict[str, Any], session: str = "s") -> Analysis:
    """Return what is made of a transcript of these lines."""
    file, recording = folder / "s.jsonl", folder / "flight.db"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = CliRunner().invoke(import_command, ["-r", str(recording), str(file)])
    assert done.exit_code == 0, done.output
    with Recording.open(recording) as opened:
        return analyze(opened, session)


CLAUDE = {"sessionId": "s", "version": "2.1.400", "entrypoint": "cli", "cwd": "/w"}
DELETES = {"command": "kubectl delete ns prod"}
DECIDED = (
    {**CLAUDE, "type": "user", "uuid": "u", "timestamp": "2026-11-20T10:00:00Z",
     "message": {"role": "user", "content": "hi"}},
    {**CLAUDE, "type": "assistant", "uuid": "a", "timestamp": "2026-11-20T10:00:01Z",
     "message": {"id": "m", "role": "assistant", "model": "x", "content": [
         {"type": "tool_use", "id": "t1", "name": "Bash", "input": DELETES}]}},
    {**CLAUDE, "type": "user", "uuid": "r", "timestamp": "2026-11-20T10:00:09Z",
     "permissionDecision": {"decision": "accept", "source": "user_temporary"},
     "message": {"role": "user", "content": [
         {"type": "tool_result", "tool_use_id": "t1", "content": "deleted"}]}},
)  # fmt: skip


def test_a_transcript_tells_that_a_person_let_a_call_run_and_not_when(tmp_path: Path) -> None:
    found = told(tmp_path, *DECIDED)
    (one,) = (a for a in found.actions if a.kind is Kind.TOOL_CALL)
    (approval,) = (a for a in found.actions if a.kind is Kind.APPROVAL)
    assert not approval.is_timed
    assert (approval.start_ns, approval.placed) == (one.start_ns, Place(one.id))
    assert one.decision is not None
    assert one.decision.presence is Presence.PRESENT
    assert "R01" not in {f.rule for f in found.findings}
    (used,) = state_at(found, one.until_ns or 0).settled
    assert (used.used_by, used.presence) == (one.id, Presence.PRESENT)
