"""What can be said of the record itself."""

from __future__ import annotations

from pathlib import Path

from analyzer.analysis import analyze
from analyzer.completeness import Completeness, blind_spots, completeness_of
from recorder.model import Kind, Phase, Record, Witness
from recorder.reader import Recording
from tests.analyzer.factories import AGENT_PID, LIST, LISTED, Flight, action, ns


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
