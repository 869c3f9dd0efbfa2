"""What transcripts tell of decisions: who made them, when, and that a denied call did nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.model import Action, Analysis, Outcome
from analyzer.placement import Place
from analyzer.state import state_at
from analyzer.testimony import Presence
from recorder.commands.import_ import command as import_command
from recorder.model import Kind
from recorder.reader import Recording


def told(folder: Path, *lines: dict[str, Any], session: str = "s") -> Analysis:
    """Return what is made of a transcript of these lines."""
    folder.mkdir(exist_ok=True)
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


def test_what_a_sub_agent_is_given_to_do_is_no_word_of_a_person(tmp_path: Path) -> None:
    said = {"role": "user", "content": "Look at it"}
    task = {**CLAUDE, "type": "user", "uuid": "s1", "isSidechain": True, "agentId": "a9",
            "timestamp": "2026-11-20T10:00:05Z", "message": said}  # fmt: skip
    found = told(tmp_path, DECIDED[0], task)
    first, second = (a for a in found.actions if a.kind is Kind.PROMPT)
    assert (first.title, second.title) == ("user: hi", "agent: Look at it")
    assert state_at(found, second.start_ns).last_human_action == first.id


def codex(kind: str, at: int, **payload: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-11-25T08:00:0{at}Z", "type": kind, "payload": payload}


def codex_call(folder: Path, output: str) -> tuple[Analysis, Action]:
    arguments = json.dumps({"cmd": "rm -rf /srv/a"})
    found = told(
        folder,
        codex("session_meta", 0, id="s", cwd="/w", cli_version="0.200.0", source="cli"),
        codex("response_item", 1, type="function_call", name="exec_command",
              arguments=arguments, call_id="c1"),
        codex("response_item", 2, type="function_call_output", call_id="c1", output=output),
    )  # fmt: skip
    (call,) = (a for a in found.actions if a.kind is Kind.TOOL_CALL)
    return found, call


@pytest.mark.parametrize(
    ("output", "by", "presence"),
    [
        ("exec command rejected by user", "user", Presence.PRESENT),
        ("rejected by user", "user", Presence.PRESENT),
        ("exec_command failed for `sh`: CreateProcess { message: \"Rejected(\\\"rejected by user\"",
         "user", Presence.PRESENT),
        ("`rm -rf /srv/a` rejected: blocked by policy", "policy", Presence.ABSENT),
        ("patch rejected: writing outside of the project; rejected by user approval settings",
         "policy", Presence.ABSENT),
    ],
)  # fmt: skip
def test_what_codex_says_of_a_denial_is_a_decision(
    tmp_path: Path, output: str, by: str, presence: Presence
) -> None:
    found, call = codex_call(tmp_path, output)
    assert call.outcome is Outcome.DENIED
    (denied,) = state_at(found, call.until_ns or 0).settled
    assert (denied.decision, denied.by, denied.presence) == ("denied", by, presence)
    assert found.findings == ()


@pytest.mark.parametrize(
    "output", ["aborted by user after 1.2s", "Wall time: 1.2 seconds\naborted by user"]
)
def test_what_a_person_breaks_off_had_begun_and_did_not_end_well(
    tmp_path: Path, output: str
) -> None:
    found, call = codex_call(tmp_path, output)
    assert call.outcome is Outcome.FAILED
    assert state_at(found, call.until_ns or 0).settled == ()


def test_a_program_may_print_that_something_was_rejected(tmp_path: Path) -> None:
    told_so = "Process exited with code 0\nOutput:\n! rejected: non-fast-forward"
    assert codex_call(tmp_path / "a", told_so)[1].outcome is Outcome.OK
    assert codex_call(tmp_path / "b", "order 7 rejected: no funds")[1].outcome is Outcome.OK


@pytest.mark.parametrize(
    ("reason", "outcome", "decisions"),
    [("User did not allow tool call", Outcome.DENIED, 1), ("User cancelled", Outcome.FAILED, 0)],
)
def test_a_call_that_gemini_cancelled_was_denied_where_it_says_so(
    tmp_path: Path, reason: str, outcome: Outcome, decisions: int
) -> None:
    response = {"error": f"[Operation Cancelled] Reason: {reason}"}
    at = "2025-11-01T10:00:02.000Z"
    call = {
        "id": "c1", "name": "run_shell_command", "args": {"command": "rm -rf x"},
        "status": "cancelled", "timestamp": "2025-11-01T10:00:05.000Z",
        "result": [{"functionResponse": {"id": "c1", "response": response}}],
    }  # fmt: skip
    chat = {
        "sessionId": "s", "projectHash": "p", "startTime": at, "lastUpdated": at,
        "messages": [{"id": "1", "type": "gemini", "content": "", "timestamp": at,
                      "toolCalls": [call]}],
    }  # fmt: skip
    found = told(tmp_path, chat)
    (one,) = (a for a in found.actions if a.kind is Kind.TOOL_CALL)
    assert one.outcome is outcome
    assert len(state_at(found, one.until_ns or 0).settled) == decisions


def test_an_answer_that_names_only_the_request_is_that_requests(tmp_path: Path) -> None:
    def event(number: int, kind: str, **data: Any) -> dict[str, Any]:
        at = f"2026-11-25T08:00:0{number}Z"
        return {"id": f"e{number}", "timestamp": at, "type": kind, "data": data}

    asks = {"toolCallId": "c1", "kind": "shell", "fullCommandText": "rm -rf x"}
    found = told(
        tmp_path,
        event(0, "session.start", sessionId="s"),
        event(1, "permission.requested", requestId="q1", permissionRequest=asks),
        event(2, "permission.completed", requestId="q1", result={"kind": "approved"}),
        event(3, "tool.execution_start", toolCallId="c1", toolName="bash", arguments={}),
        event(4, "tool.execution_complete", toolCallId="c1", success=True, result={}),
    )
    state = state_at(found, found.actions[-1].start_ns)
    assert state.pending == ()
    assert [(a.decision, a.used_by is None) for a in state.settled] == [("approved", False)]


@pytest.mark.parametrize(
    ("source", "title"), [("cli", "user: Look"), ({"subagent": "review"}, "agent: Look")]
)
def test_codex_and_gemini_say_whose_task_a_sub_agent_does(
    tmp_path: Path, source: Any, title: str
) -> None:
    words = [{"type": "input_text", "text": "Look"}]
    found = told(
        tmp_path,
        codex("session_meta", 0, id="s", cwd="/w", source=source),
        codex("response_item", 1, type="message", role="user", content=words),
    )
    assert [a.title for a in found.actions if a.kind is Kind.PROMPT] == [title]
    at = "2025-11-01T10:00:02.000Z"
    chat = {
        "sessionId": "g", "projectHash": "p", "startTime": at, "lastUpdated": at,
        "kind": "main" if source == "cli" else "subagent",
        "messages": [{"id": "1", "type": "user", "content": "Look", "timestamp": at}],
    }  # fmt: skip
    asked = told(tmp_path / "gemini", chat, session="g")
    assert [a.title for a in asked.actions if a.kind is Kind.PROMPT] == [title]


def test_the_first_word_in_a_child_session_of_opencode_is_its_parents(tmp_path: Path) -> None:
    def message(number: int) -> dict[str, Any]:
        part = {"id": f"p{number}", "messageID": f"m{number}", "sessionID": "ses_1",
                "type": "text", "text": f"say {number}"}  # fmt: skip
        info = {"id": f"m{number}", "sessionID": "ses_1", "role": "user",
                "time": {"created": 1_795_000_000_000 + number}}  # fmt: skip
        return {"info": info, "parts": [part]}

    about = {"id": "ses_1", "parentID": "ses_parent", "version": "1.18", "directory": "/w",
             "time": {"created": 1_795_000_000_000}}  # fmt: skip
    found = told(tmp_path, {"info": about, "messages": [message(1), message(2)]}, session="ses_1")
    prompts = [a.title for a in found.actions if a.kind is Kind.PROMPT]
    assert prompts == ["agent: say 1", "user: say 2"]
