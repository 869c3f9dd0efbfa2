"""VS Code's stored chats: a document as the log of its changes, and what was shown of its calls."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder import semconv
from recorder.model import Kind, Phase, Record
from recorder.transcripts import vscode_chat
from recorder.transcripts.chat_log import ChangedDocument, ChangeError
from tests.recorder.transcripts.reading import in_memory, jsonl, read
from tests.recorder.transcripts.test_odd_entries import gist

T = 1_786_000_000_000


def request(number: int, **more: Any) -> dict[str, Any]:
    return {"requestId": f"r{number}", "timestamp": T + number, "modelId": "copilot/auto",
            "message": {"text": f"ask {number}", "parts": []},
            "response": [{"value": f"answer {number}"}], **more}  # fmt: skip


def chat(*requests: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "sessionId": "s1", "creationDate": T, "requests": list(requests)}


def of(records: list[Record], kind: Kind) -> list[Record]:
    return [r for r in records if r.kind is kind]


def prompts(records: list[Record]) -> list[str]:
    return [str(r.attributes[semconv.PROMPT_TEXT]) for r in of(records, Kind.PROMPT)]


TERMINAL = {
    "kind": "toolInvocationSerialized", "toolId": "run_in_terminal", "toolCallId": "t1",
    "isComplete": True, "isConfirmed": {"type": 4},
    "toolSpecificData": {"kind": "terminal", "commandLine": {"original": "make"},
                         "terminalCommandOutput": {"text": "no rule"},
                         "terminalCommandState": {"exitCode": 2}},
}  # fmt: skip
ROUNDS = {"toolCallRounds": [{"toolCalls": [{"id": "m1", "name": "run_in_terminal",
                                             "arguments": '{"command": "make"}'}]}],
          "toolCallResults": {"m1": {"content": [{"value": "no rule"}]}},
          "promptTokens": 7, "outputTokens": 3, "resolvedModel": "claude-x"}  # fmt: skip


def test_a_log_of_changes_tells_what_its_document_does() -> None:
    whole = chat(request(1, response=[{"value": "a"}, TERMINAL, {"value": "b"}],
                         result={"metadata": {"promptTokens": 7}}), request(2))  # fmt: skip
    log = [
        {"kind": 0, "v": chat()},
        {"kind": 2, "k": ["requests"], "v": [request(1, response=[])]},
        {"kind": 2, "k": ["requests", 0, "response"], "v": [{"value": "a"}, {"value": "wrong"}]},
        {"kind": 2, "k": ["requests", 0, "response"], "v": [TERMINAL, {"value": "b"}], "i": 1},
        {"kind": 1, "k": ["requests", 0, "result"], "v": {"metadata": {"promptTokens": 7}}},
        {"kind": 1, "k": ["customTitle"], "v": "a title"},
        {"kind": 3, "k": ["customTitle"]},
        {"kind": 2, "k": ["requests"], "v": [request(2)]},
    ]  # fmt: skip
    found, expected, _ = read(in_memory(json.dumps(whole).encode()))
    again, records, damage = read(in_memory(jsonl(log)))
    assert (found, again, damage) == ("vscode-chat", "vscode-chat", [])
    assert list(map(gist, records)) == list(map(gist, expected))
    assert prompts(records) == ["ask 1", "ask 2"]


def test_what_a_log_takes_away_was_said_all_the_same() -> None:
    log = [
        {"kind": 0, "v": chat(request(1), request(2))},
        {"kind": 2, "k": ["requests"], "v": [request(3)], "i": 1},
        {"kind": 2, "k": ["requests"], "v": [request(3, response=[{"value": "new"}])], "i": 1},
        {"kind": 0, "v": chat(request(4))},
    ]  # fmt: skip
    records = read(in_memory(jsonl(log)))[1]
    assert sorted(prompts(records)) == ["ask 1", "ask 2", "ask 3", "ask 4"]
    said = [r.attributes[semconv.GEN_AI_OUTPUT_MESSAGES] for r in of(records, Kind.MODEL_CALL)]
    assert "new" in said
    assert "answer 3" not in said


@pytest.mark.parametrize(
    "change",
    [{"kind": 1, "k": ["requests", 9, "result"], "v": 1}, {"kind": 1, "k": [], "v": 1},
     {"kind": 2, "k": ["sessionId"], "v": [1]}, {"kind": 9, "k": ["a"]}, {"kind": 1}],
)  # fmt: skip
def test_a_change_of_what_is_not_there_costs_itself_alone(change: dict[str, Any]) -> None:
    log = [{"kind": 0, "v": chat(request(1))}, change,
           {"kind": 2, "k": ["requests"], "v": [request(2)]}]  # fmt: skip
    _, records, damage = read(in_memory(jsonl(log)))
    assert prompts(records) == ["ask 1", "ask 2"]
    assert [(one.line, json.loads(one.kept)) for one in damage] == [(2, change)]


def test_a_long_log_is_let_go_of_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vscode_chat, "MAX_HELD", 2000)
    log: list[Any] = [{"kind": 0, "v": chat()}]
    log += [{"kind": 2, "k": ["requests"], "v": [request(n)]} for n in range(60)]
    records = read(in_memory(jsonl(log)))[1]
    assert prompts(records) == [f"ask {n}" for n in range(60)]


def test_the_exit_code_the_model_and_the_tokens_of_a_chat() -> None:
    shown = request(1, response=[TERMINAL], isSystemInitiated=True)
    asked = request(2, response=[{**TERMINAL, "toolCallId": "m1"}], result={"metadata": ROUNDS})
    records = read(in_memory(json.dumps(chat(shown, asked)).encode()))[1]
    ends = [r for r in of(records, Kind.TOOL_CALL) if r.phase == "end"]
    assert [(r.ref, r.attributes[semconv.PROCESS_EXIT_CODE]) for r in ends] == [
        ("t1", 2),
        ("m1", 2),
    ]
    assert {r.attributes[semconv.GEN_AI_TOOL_RESULT] for r in ends} == {"no rule"}
    answer = of(records, Kind.MODEL_CALL)[1]
    assert answer.name == "claude-x"
    assert answer.attributes[semconv.GEN_AI_INPUT_TOKENS] == 7
    assert answer.attributes[semconv.GEN_AI_OUTPUT_TOKENS] == 3
    roles = [r.attributes[semconv.PROMPT_ROLE] for r in of(records, Kind.PROMPT)]
    assert roles == ["system", "user"]


def test_what_is_shown_under_ids_of_its_own_is_the_models_call() -> None:
    older = request(1, response=[TERMINAL], result={"metadata": ROUNDS})
    records = read(in_memory(json.dumps(chat(older)).encode()))[1]
    assert [(r.phase, r.ref) for r in of(records, Kind.TOOL_CALL)] == [
        ("start", "m1"),
        ("end", "m1"),
    ]
    (approval,) = of(records, Kind.APPROVAL)
    assert (approval.name, approval.ref) == ("approved", "m1")
    # One more is shown than the model called: which is which is not told.
    extra = request(2, response=[TERMINAL, {**TERMINAL, "toolCallId": "t2"}],
                    result={"metadata": ROUNDS})  # fmt: skip
    records = read(in_memory(json.dumps(chat(extra)).encode()))[1]
    assert {r.ref for r in of(records, Kind.TOOL_CALL)} == {"m1", "t1", "t2"}


STEP = st.integers(-1, 3) | st.sampled_from(["a", "b"])
VALUE = st.recursive(
    st.integers(0, 3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["a", "b"]), inner), max_leaves=5,
)  # fmt: skip
CHANGE = st.fixed_dictionaries(
    {"kind": st.integers(-1, 4), "k": st.lists(STEP, max_size=3), "v": VALUE},
    optional={"i": st.integers(-1, 3)},
)


@settings(deadline=None)
@given(VALUE, st.lists(CHANGE, max_size=6))
def test_any_change_is_made_or_refused_as_a_whole(value: Any, changes: list[Any]) -> None:
    document = ChangedDocument()
    document.change({"kind": 0, "v": copy.deepcopy(value)})
    for change in changes:
        before = copy.deepcopy(document.value)
        try:
            document.change(copy.deepcopy(change))
        except ChangeError:
            # A list that is added to is made where there is none.
            assert document.value == before


@pytest.mark.parametrize(
    ("confirmed", "decision", "by", "human", "error"),
    [
        ({"type": 0}, "denied", None, "unknown", "denied"),
        ({"type": 1}, "approved", "confirmation not needed", "unlikely", None),
        ({"type": 2, "id": "chat.tools"}, "approved", "setting", "unlikely", None),
        ({"type": 4}, "approved", "user action", "likely", None),
        ({"type": 5}, "denied", "skipped by user", "likely", "denied"),
        (False, "denied", None, "unknown", "denied"),
        (True, "approved", None, "unknown", None),
    ],
)
@pytest.mark.parametrize("rounds", [True, False])
def test_a_call_tells_what_was_decided_of_it_and_a_denied_one_did_not_succeed(
    confirmed: Any, decision: str, by: str | None, human: str, error: str | None, rounds: bool
) -> None:
    part = {**TERMINAL, "isConfirmed": confirmed}
    result = {"metadata": ROUNDS} if rounds else {}
    document = chat(request(1, response=[part], result=result))
    _, records, _ = read(in_memory(json.dumps(document).encode()))
    (approval,) = of(records, Kind.APPROVAL)
    assert approval.attributes[semconv.APPROVAL_DECISION] == decision
    assert approval.attributes.get(semconv.APPROVAL_BY) == by
    assert approval.attributes[semconv.APPROVAL_HUMAN] == human
    (ended,) = [r for r in of(records, Kind.TOOL_CALL) if r.phase is Phase.END]
    assert ended.attributes.get(semconv.ERROR_TYPE) == error
