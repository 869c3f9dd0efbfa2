"""Joining records: starts with ends, and requests on the wire with the calls that made them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.actions import ActionFold, body_text
from analyzer.analysis import analyze
from analyzer.model import Action, Analysis, Outcome
from analyzer.testimony import Certainty
from analyzer.timeline import length_of
from recorder import semconv
from recorder.model import Kind, Phase
from recorder.reader import Recording
from tests.analyzer.factories import (
    AGENT_PID,
    DELETE,
    DELETED,
    LIST,
    LISTED,
    PROJECT_TOKEN,
    REFUSED,
    Flight,
    action,
    wipe,
)
from tests.recorder.factories import record, write

OTHER_TRACE = "cd" * 16


def requests(analysis: Analysis) -> list[Action]:
    return [a for a in analysis.actions if a.kind is Kind.API_REQUEST]


def test_a_span_that_says_what_it_is_only_at_its_end_is_what_it_says(tmp_path: Path) -> None:
    told = {semconv.GEN_AI_TOOL_ARGUMENTS: '{"command": "make"}'}
    begun = record("bash", phase=Phase.START, kind=Kind.LIFECYCLE)
    ended = record("bash", phase=Phase.END, kind=Kind.TOOL_CALL, attributes=told)
    span_id = "ab" * 8
    of_one_span = [
        replace(r, ref=span_id, span_id=span_id, trace_id=OTHER_TRACE) for r in (begun, ended)
    ]
    path = write(tmp_path / "flight.db", of_one_span)
    with Recording.open(path) as recording:
        (found,) = analyze(recording, "s1").actions
    assert (found.kind, found.name, found.title) == (Kind.TOOL_CALL, "bash", "bash make")


def test_a_start_and_its_end_are_one_action(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "make"}, {"stdout": "ok", "exit_code": 0}, lasts=2.0)
    found = action(flight.analyze(tmp_path), "Bash make")
    assert (found.outcome, found.exit_code, found.duration_ns) == (Outcome.OK, 0, 2_000_000_000)
    assert len(found.records) == 2
    assert found.id == found.records[0]


def test_a_start_without_an_end_stays_open(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "sleep 60"}, lasts=None)
    found = action(flight.analyze(tmp_path), "sleep 60")
    assert found.outcome is Outcome.OPEN
    assert found.end_ns is None
    assert found.duration_ns is None


def test_an_end_whose_start_was_lost_is_still_an_action(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "make"}, "done")
    flight.records = [
        r for r in flight.records if not (r.name == "Bash" and r.phase.value == "start")
    ]
    found = action(flight.analyze(tmp_path), "Bash")
    assert found.outcome is Outcome.OK
    assert not found.is_begun
    assert found.duration_ns is None
    assert length_of(found) == "unknown"


@pytest.mark.parametrize(
    ("result", "outcome", "code"),
    [
        ({"stdout": "", "stderr": "no such file", "exit_code": 2}, Outcome.FAILED, 2),
        ({"stdout": "fine", "exit_code": 0}, Outcome.OK, 0),
        ("text without a code", Outcome.OK, None),
    ],
)
def test_the_exit_code_decides_how_a_command_ended(
    tmp_path: Path, result: object, outcome: Outcome, code: int | None
) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "make"}, result)
    found = action(flight.analyze(tmp_path), "Bash make")
    assert (found.outcome, found.exit_code) == (outcome, code)


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, {"data": {"project": None}}, Outcome.OK),
        (200, REFUSED, Outcome.REFUSED),
        (200, {"errors": [{"message": "Problem processing request"}]}, Outcome.FAILED),
        (
            200,
            {"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]},
            Outcome.REFUSED,
        ),
        (200, [{"data": {"a": 1}}, REFUSED], Outcome.REFUSED),
        (200, {"data": {"note": "the errors were: Not Authorized"}}, Outcome.OK),
        (401, {}, Outcome.REFUSED),
        (403, {}, Outcome.REFUSED),
        (404, {}, Outcome.FAILED),
        (503, {}, Outcome.FAILED),
    ],
)
def test_transport_status_and_content_together_decide_how_a_request_ended(
    tmp_path: Path, status: int, answer: object, outcome: Outcome
) -> None:
    flight = Flight()
    flight.graphql(1.0, LIST, answer, status=status)
    assert requests(flight.analyze(tmp_path))[0].outcome is outcome


def test_an_error_list_far_into_a_large_answer_is_found_in_its_blob(tmp_path: Path) -> None:
    flight = Flight()
    answer = {"data": {"padding": "x" * 20_000}, "errors": [{"message": "Not Authorized"}]}
    flight.graphql(1.0, LIST, answer)
    path = flight.write(tmp_path / "flight.db")
    with Recording.open(path) as recording:
        found = requests(analyze(recording, flight.session))[0]
        assert semconv.RESPONSE_BODY in found.blob_of
        assert body_text(recording, found, semconv.RESPONSE_BODY).endswith('"Not Authorized"}]}')
    assert found.outcome is Outcome.REFUSED


def test_trace_context_puts_a_request_inside_the_call_that_made_it(tmp_path: Path) -> None:
    flight = Flight()
    first = flight.tool(1.0, "Bash", {"command": "first"}, lasts=5.0)
    flight.tool(2.0, "Bash", {"command": "second"}, lasts=5.0)
    flight.graphql(3.0, LIST, LISTED, span=first, run="another-run")
    analysis = flight.analyze(tmp_path)
    join = requests(analysis)[0].join
    assert join is not None
    assert join.parent == action(analysis, "Bash first").id
    assert (join.basis, join.certainty) == ("trace context", Certainty.OBSERVED)


def test_the_process_and_the_time_put_a_request_inside_a_call(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "first"}, lasts=1.0)
    flight.tool(3.0, "Bash", {"command": "second"}, lasts=1.0)
    flight.graphql(3.5, LIST, LISTED, ancestors=[5999, AGENT_PID], run="")
    analysis = flight.analyze(tmp_path)
    join = requests(analysis)[0].join
    assert join is not None
    assert join.parent == action(analysis, "Bash second").id
    assert (join.basis, join.certainty) == ("process and time", Certainty.INFERRED)


def test_of_several_open_calls_the_latest_started_is_taken_and_it_is_said(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "first"}, lasts=9.0)
    flight.tool(2.0, "Bash", {"command": "second"}, lasts=9.0)
    flight.graphql(3.0, LIST, LISTED, ancestors=[AGENT_PID])
    analysis = flight.analyze(tmp_path)
    join = requests(analysis)[0].join
    assert join is not None
    assert join.parent == action(analysis, "Bash second").id
    assert "latest started of 2" in join.basis


def test_a_request_inside_a_call_that_never_ended_is_joined(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "hangs"}, lasts=None)
    flight.graphql(40.0, DELETE, DELETED, ancestors=[AGENT_PID], lasts=None)
    analysis = flight.analyze(tmp_path)
    found = requests(analysis)[0]
    assert found.outcome is Outcome.OPEN
    assert found.join is not None
    assert found.join.parent == action(analysis, "hangs").id


def test_a_request_of_the_same_launch_alone_is_undeclared(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "ls"}, lasts=1.0)
    flight.graphql(10.0, LIST, LISTED)
    found = requests(flight.analyze(tmp_path))
    assert [a.join for a in found] == [None]


@pytest.mark.parametrize(
    "elsewhere",
    [{"run": "another-launch"}, {"run": ""}, {"span": "1" * 16, "trace": OTHER_TRACE, "run": ""}],
    ids=["another launch", "no launch", "a trace that nobody knows"],
)
def test_a_request_that_nothing_links_is_left_out(
    tmp_path: Path, elsewhere: dict[str, str]
) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "ls"}, lasts=20.0)
    flight.request(10.0, **elsewhere)  # type: ignore[arg-type]
    assert requests(flight.analyze(tmp_path)) == []


def test_a_request_long_after_the_session_is_not_its_own(tmp_path: Path) -> None:
    flight = Flight(ends=20.0)
    flight.request(25.0)
    assert requests(flight.analyze(tmp_path)) == []


def test_each_request_of_two_sessions_at_once_belongs_to_one(tmp_path: Path) -> None:
    first = Flight()
    second = Flight(session="session-b", trace=OTHER_TRACE, pid=7000)
    span = second.tool(1.0, "Bash", {"command": "theirs"}, lasts=9.0)
    first.tool(1.5, "Bash", {"command": "ours"}, lasts=9.0)
    second.graphql(2.0, LIST, LISTED, span=span)
    second.graphql(3.0, DELETE, DELETED, ancestors=[7000])
    first.graphql(4.0, "query { me { id } }", LISTED, ancestors=[AGENT_PID])
    ours, theirs = first.analyze(tmp_path, second), second.analyze(tmp_path, first)
    assert ["query me" in a.title for a in requests(ours)] == [True]
    assert ["query me" in a.title for a in requests(theirs)] == [False, False]
    assert {a.judgement.effect.value for a in ours.actions} & {"D1"} == set()


def test_two_sessions_in_one_process_do_not_share_a_request(tmp_path: Path) -> None:
    first = Flight()
    second = Flight(session="session-b", trace=OTHER_TRACE)
    first.tool(1.0, "Bash", {"command": "ours"}, lasts=9.0)
    second.tool(2.0, "Bash", {"command": "theirs"}, lasts=9.0)
    second.graphql(3.0, LIST, LISTED, ancestors=[AGENT_PID])
    assert requests(first.analyze(tmp_path, second)) == []
    found = requests(second.analyze(tmp_path, first))
    assert found[0].join is not None
    assert "another session" in found[0].join.basis


def test_calls_and_turns_stand_in_the_session_by_their_span(tmp_path: Path) -> None:
    flight = Flight()
    flight.model(1.0, "I will look.")
    flight.prompt(0.5, "Look.")
    analysis = flight.analyze(tmp_path)
    root = analysis.actions[0]
    assert root.kind is Kind.LIFECYCLE
    assert root.join is None
    assert [a.join.parent if a.join else 0 for a in analysis.actions[1:]] == [root.id, root.id]


@pytest.mark.parametrize(
    ("tool", "arguments", "title"),
    [
        ("Bash", {"command": "make\n  test"}, "Bash make test"),
        ("Read", {"file_path": "a/b.py"}, "Read a/b.py"),
        ("Grep", {"pattern": "TODO", "path": "src"}, "Grep TODO in src"),
        ("Glob", {"pattern": "**/*.py"}, "Glob **/*.py"),
        ("mcp__jira__get", {"issue": 7}, 'mcp__jira__get {"issue": 7}'),
    ],
)
def test_the_title_of_a_call_is_what_it_is_about(
    tmp_path: Path, tool: str, arguments: dict[str, object], title: str
) -> None:
    flight = Flight()
    flight.tool(1.0, tool, arguments)
    assert title in [a.title for a in flight.analyze(tmp_path).actions]


def test_the_title_of_a_request_names_its_operations_and_its_end(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, DELETE, REFUSED)
    flight.graphql(2.0, LIST, LISTED, lasts=None)
    first, second = requests(flight.analyze(tmp_path))
    assert first.title == "mutation volumeDelete → 200 refused, POST 127.0.0.1:4443/graphql/v2"
    assert second.title == "query project → …, POST 127.0.0.1:4443/graphql/v2"


def test_the_fold_gives_the_same_whether_fed_at_once_or_bit_by_bit(tmp_path: Path) -> None:
    flight = wipe()
    path = flight.write(tmp_path / "flight.db")
    with Recording.open(path) as recording:
        row = recording.session(flight.session)
        at_once, bit_by_bit = (ActionFold.of(row, recording.blob) for _ in range(2))
        for record in recording.records():
            at_once.add(record)
            bit_by_bit.add(record)
            bit_by_bit.actions()
        assert at_once.actions() == bit_by_bit.actions()


def test_the_fold_tells_only_what_changed(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "make"}, lasts=1.0)
    path = flight.write(tmp_path / "flight.db")
    with Recording.open(path) as recording:
        fold = ActionFold.of(recording.session(flight.session))
        records = list(recording.records(session=flight.session))
        for record in records[:-1]:
            fold.add(record)
        assert [a.outcome for a in fold.changes()] == [Outcome.OPEN, Outcome.OPEN]
        assert fold.changes() == ()
        fold.add(records[-1])
        assert [a.outcome for a in fold.changes()] == [Outcome.OK]


def test_a_request_that_a_reenacted_call_made_bears_its_mark(tmp_path: Path) -> None:
    flight = Flight()
    mark = {semconv.RECONSTRUCTED: "the command"}
    span = flight.tool(1.0, "Bash", {"command": "curl"}, extra=mark)
    flight.graphql(1.02, LIST, LISTED, span=span, token=PROJECT_TOKEN)
    flight.graphql(5.0, LIST, LISTED)
    inside, alone = requests(flight.analyze(tmp_path))
    assert "the command" in inside.reconstructed
    assert alone.reconstructed == ""
