"""Cline and Roo: results that are told in words, in the API's history and in the rows' requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record
from recorder.transcripts import cline
from recorder.transcripts.cline_history import result_in
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import records_of
from tests.recorder.transcripts.test_cline import AROUND, MS, ask, say


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(ref: str, tool: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": ref, "name": tool, "input": {"path": "a"}}


def history(calls: list[Any], answers: list[Any], **about: Any) -> list[Record]:
    """Return what two calls and the message with their results tell."""
    messages = [
        {"role": "user", "content": [text("<task>go</task>")], "ts": MS},
        {"role": "assistant", "content": calls, "ts": MS + 1, **about},
        {"role": "user", "content": answers, "ts": MS + 2},
    ]
    return records_of(cline.tell_task("1760000000000", [], messages, {}))


@pytest.mark.parametrize(
    ("words", "told"),
    [("[read_file for 'a.py'] Result:\n1 | x", ("read_file", "1 | x")),
     ("[subagents] Result:\nTotal: 5", ("subagents", "Total: 5")),
     ("[execute_command for 'ls\nrm x'] Result:\nout\n\n" + AROUND, ("execute_command", "out")),
     ("[search_files for 'a\\.b' in 'c'] Result:", ("search_files", "")),
     ("it says [read_file for 'a'] Result:\nx", None), ("[x]\ny", None)],
)  # fmt: skip
def test_a_result_in_words_names_its_tool(words: str, told: tuple[str, str] | None) -> None:
    assert result_in(words) == told


def test_results_in_words_are_those_of_their_calls() -> None:
    records = history(
        [call("t1", "read_file"), call("t2", "list_files"), call("t3", "read_file")],
        [text("[list_files for '.'] Result:\na.py"), text("[read_file for 'a'] Result:\none"),
         text("[read_file for 'b'] Result:"), text("two"), text("# TODO LIST"), text(AROUND)],
        modelInfo={"modelId": "m-1", "providerId": "p"},
        metrics={"tokens": {"prompt": 10, "completion": 6, "cached": 0}},
    )  # fmt: skip
    counting.assert_sound(records)
    ends = {r.ref: r for r in counting.results(records)}
    assert {ref: r.attributes[semconv.GEN_AI_TOOL_RESULT] for ref, r in ends.items()} == {
        "t1": "one", "t2": "a.py", "t3": "two"}  # fmt: skip
    assert {r.t_ns for r in ends.values()} == {(MS + 2) * 10**6}
    prompts = [(r.attributes[semconv.PROMPT_ROLE], r.attributes[semconv.PROMPT_TEXT])
               for r in records if r.kind is Kind.PROMPT]  # fmt: skip
    assert prompts == [("user", "<task>go</task>"), ("system", f"# TODO LIST\n{AROUND}")]
    assert counting.tokens(records) == (10, 6)
    assert next(r for r in records if r.kind is Kind.MODEL_CALL).name == "m-1"


DENIED = (
    "The user denied this operation and provided the following feedback:\n<feedback>no</feedback>"
)


@pytest.mark.parametrize("kind", ["words", "result"])
def test_a_denied_call_is_a_denial_and_the_feedback_a_persons(kind: str) -> None:
    answer = text(f"[read_file for 'a'] Result:\n{DENIED}")
    if kind == "result":
        answer = {"type": "tool_result", "tool_use_id": "t1", "content": DENIED}
    records = history([call("t1", "read_file")], [answer, text("<feedback>no</feedback>")])
    assert counting.approvals(records) == [("denied", "user")]
    (end,) = counting.results(records)
    assert (end.status, end.attributes[semconv.ERROR_TYPE]) == ("error", "denied")
    said = [r.attributes[semconv.PROMPT_ROLE] for r in records if r.kind is Kind.PROMPT]
    assert said == ["user", "user"]


def request(said: str) -> str:
    return json.dumps({"request": f"{said}\n\n{AROUND}", "tokensIn": 1, "tokensOut": 2})


def test_the_next_request_tells_what_came_of_a_rows_call() -> None:
    made = {"modelInfo": {"modelId": "m-2", "mode": "act"}}
    tool = {"tool": "readFile", "path": "a", "content": "/w/a"}
    listed = {"tool": "listFilesTopLevel", "path": ".", "content": "a\nb"}
    records = records_of(cline.tell_task("1760000000000", [
        say(0, "task", "go"), say(1, "api_req_started", request("go"), **made),
        say(2, "tool", json.dumps(tool)), say(3, "api_req_started", request(
            "[read_file for 'a'] Result:\n{}")),
        say(4, "tool", json.dumps(listed)), say(5, "task_progress", "- [ ] x"),
        ask(6, "command", "rm x"), say(7, "api_req_started", request(
            "[execute_command for 'rm x'] Result:\nThe user denied this operation.")),
        say(8, "tool", json.dumps({**tool, "path": "b"})),
    ], [], {}))  # fmt: skip
    results = [
        (r.name, r.attributes[semconv.GEN_AI_TOOL_RESULT]) for r in counting.results(records)
    ]
    assert results == [("readFile", "{}"), ("listFilesTopLevel", "a\nb"),
                       ("execute_command", "The user denied this operation.")]  # fmt: skip
    assert [d for d, _ in counting.approvals(records)] == [
        "approved", "approved", "requested", "denied", "approved"]  # fmt: skip
    assert {r.name for r in records if r.kind is Kind.MODEL_CALL} == {"m-2"}
