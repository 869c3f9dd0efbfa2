"""Claude Code: who let a call pass, in session files and in the stream, and who speaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from tests.recorder.transcripts.reading import in_memory, jsonl, read, told

SESSION = "11111111-2222-4333-8444-555555555555"


def lines(result: dict[str, Any], **beside: Any) -> list[Record]:
    """Return what a call and the line of its result tell."""
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
    block = {"type": "tool_result", "tool_use_id": "t1", "content": "x", **result}
    values = [
        {"type": "assistant", "message": {"id": "m", "content": [call]}},
        {"type": "user", "message": {"role": "user", "content": [block]}, **beside},
    ]
    both = [{"sessionId": SESSION, "uuid": f"u{n}", **one} for n, one in enumerate(values)]
    return read(in_memory(jsonl(both)))[1]


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


@pytest.mark.parametrize(("decision", "word"), [("accept", "approved"), ("reject", "denied")])
def test_the_stream_tells_decisions_as_session_files_do(decision: str, word: str) -> None:
    failed = {"is_error": True} if word == "denied" else {}
    filed = lines(failed, permissionDecision={"decision": decision, "source": "config"})
    own = {"id": "t1", "permission_decision": {"decision": decision, "source": "config"}}
    beside = [{"id": "other"}, own]
    streamed = lines(failed, tool_result_meta=beside)
    for records in (filed, streamed):
        (approval,) = of(records, Kind.APPROVAL)
        assert (approval.name, approval.ref) == (word, "t1")
        assert approval.attributes[semconv.APPROVAL_BY] == "config"
        assert approval.attributes[semconv.APPROVAL_HUMAN] == "unlikely"
        assert "permission" in str(approval.attributes[semconv.APPROVAL_LABEL])
    assert "permission_decision" in str(
        of(streamed, Kind.APPROVAL)[0].attributes[semconv.APPROVAL_LABEL]
    )


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Permission for this action was denied by the auto mode classifier. Reason: x", "denied"),
        ("Permission for this action has been denied. Reason: x", "denied"),
        ("Permission for this tool use was denied. The tool use was rejected", "denied"),
        ("Claude requested permissions to use Bash, but you haven't granted it yet.", "denied"),
        ("Claude requested permissions to edit /a which is a sensitive file.", "denied"),
        ("This command requires approval", "denied"),
        ("This Bash command contains multiple operations. The following parts require approval: a",
         "denied"),
        ("The agent proposed a plan that was rejected by the user. x", "denied"),
        ("m is temporarily unavailable, so auto mode cannot determine the safety of x", "denied"),
        ("[Request interrupted by user for tool use]", "interrupted"),
        ("Permission denied", "tool_error"),
        ("cat: says that Permission for this action was denied", "tool_error"),
    ],
)  # fmt: skip
def test_words_of_a_result_tell_that_a_call_was_not_allowed(words: str, error: str) -> None:
    records = lines({"is_error": True, "content": words})
    end = of(records, Kind.TOOL_CALL)[1]
    assert end.attributes[semconv.ERROR_TYPE] == error
    told_so = [r.name for r in of(records, Kind.APPROVAL)]
    assert told_so == (["denied"] if error == "denied" else [])
    said = lines({"content": words})
    assert of(said, Kind.APPROVAL) == [], "what a call that went well prints decides nothing"


@pytest.mark.parametrize("name", ["interrupted", "cancelled"])
@pytest.mark.parametrize("where", ["file", "stream"])
def test_what_was_stopped_before_it_ran_was_not_denied(name: str, where: str) -> None:
    meta = [{"id": "t1", "non_execution_kind": name}]
    words = "The user doesn't want to take this action right now. STOP what you are doing."
    about = {"toolDenialKind": name} if where == "file" else {"tool_result_meta": meta}
    records = lines({"is_error": True, "content": words}, **about)
    assert of(records, Kind.APPROVAL) == []
    end = of(records, Kind.TOOL_CALL)[1]
    assert (end.status, end.attributes[semconv.ERROR_TYPE]) == ("error", name)


def test_each_denial_of_a_stream_is_told_once_by_each_line_that_says_so(corpus: Path) -> None:
    path = corpus / "captured/claude_code/stream.jsonl"
    values = [json.loads(line) for line in path.read_text().splitlines()]
    meta = [m for v in values for m in v.get("tool_result_meta", ())]
    events = [v for v in values if v.get("subtype") == "permission_denied"]
    approvals = of(told(path), Kind.APPROVAL)
    assert len(approvals) == len(meta) + len(events)
    # Without the list, the words of a result add nothing to the line that said so.
    bare = [{k: v for k, v in one.items() if k != "tool_result_meta"} for one in values]
    assert len(of(read(in_memory(jsonl(bare)))[1], Kind.APPROVAL)) == len(events)


def test_the_stream_has_the_structure_of_results_and_the_id_of_requests() -> None:
    records = lines({}, tool_use_result={"stdout": "a long answer", "code": 7})
    assert "a long answer" in str(
        of(records, Kind.TOOL_CALL)[1].attributes["flightlog.tool.result.detail"]
    )
    said = {"type": "assistant", "session_id": SESSION, "uuid": "u", "request_id": "req_1",
            "message": {"id": "m", "content": [{"type": "text", "text": "hi"}]}}  # fmt: skip
    (answer,) = of(read(in_memory(jsonl([said])))[1], Kind.MODEL_CALL)
    assert (answer.ref, answer.attributes[semconv.REQUEST_ID]) == ("req_1", "req_1")


@pytest.mark.parametrize(
    ("more", "role"),
    [({}, "user"), ({"origin": {"kind": "human"}}, "user"), ({"origin": {"kind": "peer"}}, "agent"),
     ({"origin": {"kind": "task-notification"}}, "system"), ({"origin": {"kind": "new"}}, "system"),
     ({"isMeta": True}, "system"), ({"isSidechain": True}, "agent"),
     ({"isCompactSummary": True}, "summary")],
)  # fmt: skip
def test_not_all_that_stands_on_the_users_side_a_person_said(
    more: dict[str, Any], role: str
) -> None:
    line = {"type": "user", "sessionId": SESSION, "uuid": "u",
            "message": {"role": "user", "content": "done"}, **more}  # fmt: skip
    (prompt,) = of(read(in_memory(jsonl([line])))[1], Kind.PROMPT)
    assert prompt.attributes[semconv.PROMPT_ROLE] == role
