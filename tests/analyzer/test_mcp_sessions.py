"""MCP over HTTP ends its sessions with DELETE, and leaves its streams: neither is an alarm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analyzer.model import Analysis, Effect, Outcome
from recorder import semconv
from recorder.model import Json, Phase
from tests.analyzer.factories import Flight, action, rules_of
from tests.command_line import flightlog

GIVEN = f"{semconv.HTTP_RESPONSE_HEADER}mcp-session-id"
KIND = f"{semconv.HTTP_RESPONSE_HEADER}content-type"
EVENT = 'event: message\r\ndata: {"jsonrpc":"2.0","id":2,"result":{}}\r\n\r\n'


def answered(flight: Flight, **more: Json) -> None:
    """Add to the newest answer what its headers and its end told."""
    told = {name.replace("__", "."): value for name, value in more.items()}
    last = flight.records[-1]
    assert last.phase is Phase.END
    flight.records[-1] = replace(last, attributes={**last.attributes, **told})


def ended(tmp_path: Path, *, path: str = "/mcp", session: str = "s-1", body: str = "") -> Analysis:
    flight = Flight()
    flight.request(1.0, "POST", "/mcp", body='{"jsonrpc":"2.0","method":"initialize","id":1}')
    answered(flight, **{GIVEN: ["s-1"]})
    flight.request(2.0, "DELETE", path, {"mcp-session-id": session}, body)
    return flight.analyze(tmp_path)


def test_the_end_of_a_session_that_the_server_gave_is_no_destruction(tmp_path: Path) -> None:
    analysis = ended(tmp_path)
    judgement = action(analysis, "DELETE").judgement
    assert judgement.effect is Effect.WRITE
    assert "ends the MCP session that this server gave" in judgement.reasons[0]
    assert not rules_of(analysis) & {"R24", "R27"}
    shown = flightlog("tail", "last", "--once", "-r", next(tmp_path.glob("*.db"))).stdout
    assert "DELETE" in shown
    assert Effect.D1.value not in shown


def test_a_header_alone_makes_no_deletion_harmless(tmp_path: Path) -> None:
    for number, more in enumerate([
        {"session": "s-2"},
        {"path": "/repos/o/r"},
        {"body": '{"all": true}'},
    ]):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        analysis = ended(folder, **more)
        assert action(analysis, "DELETE").judgement.effect is Effect.D1, more


def left(tmp_path: Path, answer: str, kind: str) -> Outcome:
    flight = Flight()
    flight.request(1.0, "POST", "/mcp", answer=answer)
    answered(flight, **{KIND: [kind], semconv.ERROR_TYPE: "client_disconnected"})
    return action(flight.analyze(tmp_path), "POST").outcome


def test_a_client_that_leaves_a_stream_between_two_events_has_its_answer(tmp_path: Path) -> None:
    assert left(tmp_path, EVENT, "text/event-stream; charset=utf-8") is Outcome.OK


def test_a_client_that_leaves_within_an_event_or_a_document_has_not(tmp_path: Path) -> None:
    for number, (answer, kind) in enumerate([
        (EVENT[:-9], "text/event-stream"),
        ('{"a": 1}\n\n', "application/json"),
    ]):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        assert left(folder, answer, kind) is Outcome.FAILED
