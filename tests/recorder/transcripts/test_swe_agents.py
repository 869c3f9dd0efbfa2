"""SWE-agent and mini-swe-agent, of old and new versions."""

from __future__ import annotations

import re
from pathlib import Path

from recorder import semconv
from recorder.model import Record, Status
from recorder.transcripts import mini_swe_agent, swe_agent
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import records_of


def of_swe_agent(path: Path) -> list[Record]:
    document = counting.loaded(path)
    assert swe_agent.recognises(document)
    assert not mini_swe_agent.recognises(document)
    return records_of(swe_agent.tell(document))


def of_mini(path: Path) -> list[Record]:
    document = counting.loaded(path)
    assert mini_swe_agent.recognises(document)
    assert not swe_agent.recognises(document)
    return records_of(mini_swe_agent.tell(document))


def test_each_step_is_a_call_with_its_result(corpus: Path) -> None:
    for name in ("ctf-flash.traj", "ctf-networking_1.traj", "pydicom-1458.traj"):
        document = counting.loaded(corpus / "swe_agent" / name)
        records = of_swe_agent(corpus / "swe_agent" / name)
        counting.assert_sound(records)
        steps = document["trajectory"]
        told = [r.attributes[semconv.GEN_AI_TOOL_RESULT] for r in counting.results(records)
                if semconv.GEN_AI_TOOL_RESULT in r.attributes]  # fmt: skip
        assert len(counting.calls(records)) == len(steps)
        assert told == [s["observation"] for s in steps if s["observation"]]
        assert records[-1].attributes[semconv.REASON] == document["info"]["exit_status"]


def test_a_history_alone_is_told_with_the_ids_of_its_calls(corpus: Path) -> None:
    path = corpus / "swe_agent" / "function_calling_simple.traj"
    history = counting.loaded(path)["history"]
    records = of_swe_agent(path)
    ids = [c["id"] for m in history for c in m.get("tool_calls") or []]
    answered = [i for m in history if m["role"] == "tool" for i in m["tool_call_ids"]]
    assert [r.ref for r in counting.calls(records)] == ids
    assert [r.ref for r in counting.results(records)] == answered


def test_no_time_is_made_up(corpus: Path) -> None:
    records = of_swe_agent(corpus / "swe_agent" / "pydicom-1458.traj")
    assert {r.t_ns for r in records} == {None}
    assert {r.attributes[semconv.SOURCE_CLOCK] for r in records} == {"none"}


def test_the_working_directory_comes_with_the_steps(corpus: Path) -> None:
    records = of_swe_agent(corpus / "swe_agent" / "pydicom-1458.traj")
    said = {r.attributes.get(semconv.PROCESS_CWD) for r in records} - {None}
    assert "/pydicom__pydicom" in said


def test_mini_2_tells_return_codes_times_and_what_was_not_run(corpus: Path) -> None:
    for path in (
        corpus / "captured" / "mini_swe_agent" / "mini-2.4.6.traj.json",
        corpus / "captured" / "http_proxy" / "mini-session.traj.json",
    ):
        messages = counting.loaded(path)["messages"]
        records = of_mini(path)
        counting.assert_sound(records)
        made = [c["id"] for m in messages for c in m.get("tool_calls") or []]
        answers = [m for m in messages if m["role"] == "tool"]
        assert [r.ref for r in counting.calls(records)] == made
        assert counting.exit_codes(records) == [m["extra"]["returncode"] for m in answers]
        assert [r.t_ns for r in counting.results(records)] == [
            round(m["extra"]["timestamp"] * 1e6) * 1000 for m in answers
        ]
        unrun = [m for m in answers if m["extra"].get("exception_info")]
        assert len(counting.errors(records)) == len(unrun)
        used = [m["extra"]["response"]["usage"] for m in messages if m["role"] == "assistant"]
        assert counting.tokens(records) == (
            sum(u["prompt_tokens"] for u in used),
            sum(u["completion_tokens"] for u in used),
        )


def test_mini_1_is_read_out_of_its_fenced_blocks(corpus: Path) -> None:
    path = corpus / "swe_agent" / "mini-github_issue.traj.json"
    text = [m["content"] for m in counting.loaded(path)]
    records = of_mini(path)
    counting.assert_sound(records)
    blocks = [
        b for t in text[2:] for b in re.findall(r"```mswea_bash_command\n(.*?)\n```", t, re.S)
    ]
    codes = [int(c) for t in text for c in re.findall(r"^<returncode>(-?\d+)<", t)]
    assert len(counting.calls(records)) == len(blocks)
    assert counting.exit_codes(records) == codes
    # What a program exits with says nothing of the call.
    assert {r.status for r in counting.results(records)} <= {Status.OK, Status.UNSET}
