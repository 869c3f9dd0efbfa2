"""Which records are one action, and what is done where two witnesses cannot both be right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.analysis import analyze
from analyzer.live import LiveFeed
from analyzer.model import Action, Analysis, Outcome
from analyzer.testimony import Certainty, Facet, Presence
from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.store import Store
from tests.analyzer.factories import DELETE, REFUSED, RUN, TRACE, Flight, action, ns
from tests.recorder.factories import write

SESSION = "7d1c4c2e-0d52-4a3e-9a65-6a8d5f1c9b11"
LS = json.dumps({"command": "ls -la"})


def told(
    witness: Witness,
    phase: Phase,
    at: float,
    *,
    call_id: str = "toolu_1",
    session: str = SESSION,
    run: str = RUN,
    name: str = "Bash",
    arguments: str = LS,
    status: Status = Status.UNSET,
    kind: Kind = Kind.TOOL_CALL,
    **more: Any,
) -> Record:
    """Return what a witness told of a tool call; `more` are attributes, dots as `__`."""
    given: dict[str, Json] = {name.replace("__", "."): value for name, value in more.items()}
    if kind is Kind.TOOL_CALL:
        given = {
            semconv.GEN_AI_TOOL_NAME: name, semconv.GEN_AI_TOOL_ARGUMENTS: arguments,
            **({semconv.GEN_AI_TOOL_CALL_ID: call_id} if call_id else {}), **given,
        }  # fmt: skip
    return Record(
        witness=witness, phase=phase, kind=kind, name=name, session=session, run=run, ref=call_id,
        t_ns=ns(at), observed_ns=ns(at), status=status, attributes=given,
    )  # fmt: skip


def derived(folder: Path, *records: Record, session: str = SESSION) -> Analysis:
    with Recording.open(write(folder / "flight.db", records)) as recording:
        return analyze(recording, session)


def followed(path: Path, records: list[Record], session: str = SESSION) -> tuple[Action, ...]:
    """Return a session's actions where its recording is followed while it grows."""
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key)
    with Recording.open(path) as recording:
        feed = LiveFeed(recording, lambda _row: True)
        for record in records:
            store.append([sealer.seal(record)])
            feed.look()
    store.close()
    return feed._folds[session].actions()


def only_call(analysis: Analysis) -> Action:
    (found,) = [a for a in analysis.actions if a.kind is Kind.TOOL_CALL]
    return found


def test_exit_codes_of_two_witnesses_that_differ_are_shown_with_their_records(
    tmp_path: Path,
) -> None:
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.HOOK, Phase.END, 2, process__exit__code=0),
        told(Witness.OTLP, Phase.WHOLE, 1, process__exit__code=2),
    ))  # fmt: skip
    (contradiction,) = found.contradictions
    assert contradiction.text == "exit code 0 (hook, record 2), but exit code 2 (otlp, record 3)"
    assert [side.seq for side in contradiction.sides] == [2, 3]


def test_arguments_that_differ_in_a_field_both_tell_are_a_contradiction(tmp_path: Path) -> None:
    other = json.dumps({"command": "rm -rf /data"})
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.OTLP, Phase.WHOLE, 1, arguments=other),
    ))  # fmt: skip
    assert [c.facet for c in found.contradictions] == [Facet.ARGUMENTS]
    assert "ls -la" in found.contradictions[0].text
    assert "rm -rf /data" in found.contradictions[0].text


@pytest.mark.parametrize(
    "other",
    [
        {"command": "ls -la", "description": "look around"},
        {"cmd": "ls -la"},
        {"command": "ls -la", "timeout": 5},
    ],
)
def test_fields_that_only_one_witness_tells_are_no_contradiction(
    other: dict[str, object], tmp_path: Path
) -> None:
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.OTLP, Phase.WHOLE, 1, arguments=json.dumps(other)),
    ))  # fmt: skip
    assert found.contradictions == ()


def test_arguments_that_telemetry_cut_are_no_contradiction_and_the_whole_is_kept(
    tmp_path: Path,
) -> None:
    text = "x = 1\n" * 300
    whole = json.dumps({"file_path": "a.py", "content": text})
    cut = json.dumps({"file_path": "a.py", "content": text[:512]})
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1, name="Write", arguments=whole),
        told(Witness.OTLP, Phase.WHOLE, 1, name="Write", arguments=cut),
    ))  # fmt: skip
    assert found.contradictions == ()
    assert found.attributes[semconv.GEN_AI_TOOL_ARGUMENTS] == whole


def test_allowed_by_one_and_denied_by_another_is_a_contradiction(tmp_path: Path) -> None:
    def decided(witness: Witness, decision: str) -> Record:
        return told(
            witness, Phase.POINT, 1.5, kind=Kind.APPROVAL, name=decision,
            flightlog__approval__decision=decision, flightlog__approval__by="config",
        )  # fmt: skip

    analysis = derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        decided(Witness.HOOK, "approved"),
        decided(Witness.TRANSCRIPT, "denied"),
    )
    found = only_call(analysis)
    assert [c.facet for c in found.contradictions] == [Facet.DECISION]
    assert found.contradictions[0].text == (
        "approved (hook, record 2), but denied (transcript, record 3)"
    )
    assert found.decision is not None
    assert (found.decision.decision, found.decision.by) == ("denied", "config")
    assert found.decision.presence is Presence.ABSENT


def test_a_refused_request_inside_a_successful_call_is_shown_on_the_call(tmp_path: Path) -> None:
    flight = Flight()
    span = flight.tool(1.0, "Bash", {"command": "curl https://127.0.0.1:4443"}, "done")
    flight.graphql(1.02, DELETE, REFUSED, span=span)
    analysis = flight.analyze(tmp_path)
    call, request = action(analysis, "Bash curl"), action(analysis, "volumeDelete")
    (contradiction,) = call.contradictions
    assert f"request #{request.id} inside it refused" in contradiction.text
    assert "Not Authorized" in contradiction.text
    assert request.content_error == "Not Authorized"


def test_a_session_id_without_its_dashes_is_the_same_session(tmp_path: Path) -> None:
    analysis = derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.OTLP, Phase.WHOLE, 1, session=SESSION.replace("-", "")),
    )
    assert only_call(analysis).witnesses == (Witness.HOOK, Witness.OTLP)


@pytest.mark.parametrize("first", [Witness.HOOK, Witness.OTLP])
def test_a_call_told_under_another_session_of_the_launch_is_found_by_its_id(
    first: Witness, tmp_path: Path
) -> None:
    hook = told(Witness.HOOK, Phase.START, 1)
    otlp = told(Witness.OTLP, Phase.WHOLE, 1, session="a trace of its own", status=Status.OK)
    records = [hook, otlp] if first is Witness.HOOK else [otlp, hook]
    found = only_call(derived(tmp_path, *records))
    assert set(found.witnesses) == {Witness.HOOK, Witness.OTLP}
    assert found.outcome is Outcome.OK
    (link,) = found.links
    assert link.basis == "call id, told under session a trace of its own"


def test_the_same_id_in_a_session_of_another_launch_is_another_call(tmp_path: Path) -> None:
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.OTLP, Phase.WHOLE, 1, session="other", run="run-2"),
    ))  # fmt: skip
    assert found.witnesses == (Witness.HOOK,)


@pytest.mark.parametrize("session", ["", "an mcp session"])
def test_an_mcp_servers_witness_is_the_same_call_by_tool_arguments_and_time(
    session: str, tmp_path: Path
) -> None:
    given = json.dumps({"path": "notes.txt"})
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1, name="mcp__files__read", arguments=given),
        told(Witness.MCP, Phase.START, 1.2, call_id="", session=session, name="read",
             arguments=given),
        told(Witness.MCP, Phase.END, 1.3, call_id="", session=session, name="read",
             arguments=given),
        told(Witness.HOOK, Phase.END, 1.5, name="mcp__files__read", arguments=given),
    ))  # fmt: skip
    assert found.witnesses == (Witness.HOOK, Witness.MCP)
    assert found.records == (1, 2, 3, 4)
    assert {link.certainty for link in found.links} == {Certainty.INFERRED}


def test_an_mcp_servers_answer_that_bears_no_call_id_ends_the_call_that_came_with_one(
    tmp_path: Path,
) -> None:
    start = replace(told(Witness.MCP, Phase.START, 1, call_id="toolu_7", name="vols"), ref="m1")
    end = replace(
        told(Witness.MCP, Phase.END, 6, call_id="", name="vols"),
        ref="m1",
        attributes={semconv.GEN_AI_TOOL_NAME: "vols"},
    )
    hooks = [told(Witness.HOOK, p, 1.1, call_id="toolu_7", name="mcp__own__vols") for p in (
        Phase.START, Phase.END,
    )]  # fmt: skip
    for number, records in enumerate([(start, end), (*hooks, start, end), (start, *hooks, end)]):
        (tmp_path / str(number)).mkdir()
        found = only_call(derived(tmp_path / str(number), *records))
        assert found.end_ns is not None
        assert Witness.MCP in found.witnesses
        assert found.outcome is not Outcome.NO_RESULT


@pytest.mark.parametrize("order", [
    "HSSSH", "SSSHH", "SSHSH", "SHSSH", "HHSSS", "BHSSSH", "SSSBHH", "SBSSHH", "SSBHSH", "BSSSHH",
])  # fmt: skip
@pytest.mark.parametrize("client", [4711, 4712])
def test_an_mcp_connection_outside_a_launch_joins_the_session_of_its_process(
    client: int, order: str, tmp_path: Path
) -> None:
    """In whatever order they come: what a hook told may have waited in a spool."""
    given = json.dumps({"path": "notes.txt"})
    hook = [
        replace(told(Witness.HOOK, phase, at, run="", name="mcp__files__read", arguments=given),
                pid=4711)
        for phase, at in ((Phase.START, 1), (Phase.END, 1.5))
    ]  # fmt: skip
    server = [
        replace(
            told(Witness.MCP, phase, at, run="", call_id="", session="mcp-c1", name=name,
                 arguments=given, flightlog__mcp__connection="c1", flightlog__peer__pid=client,
                 flightlog__peer__ancestors=[1]),
            ref=f"c1:{name}",
        )
        for phase, at, name in (
            (Phase.START, 1.2, "read"), (Phase.END, 1.3, "read"), (Phase.WHOLE, 8.0, "wipe"),
        )
    ]  # fmt: skip
    begun = told(Witness.HOOK, Phase.START, 0.5, run="", kind=Kind.LIFECYCLE, name="session")
    begun = replace(begun, ref="", pid=4711)
    came = {"B": iter([begun]), "H": iter(hook), "S": iter(server)}
    records = [next(came[letter]) for letter in order]
    found = [a for a in derived(tmp_path, *records).actions if a.kind is Kind.TOOL_CALL]
    live = [a for a in followed(tmp_path / "live.db", records) if a.kind is Kind.TOOL_CALL]
    assert [(a.id, a.witnesses) for a in live] == [(a.id, a.witnesses) for a in found]
    if client == 4711:
        assert [set(a.witnesses) for a in found] == [{Witness.HOOK, Witness.MCP}, {Witness.MCP}]
        (undeclared,) = (a for a in found if a.witnesses == (Witness.MCP,))
        assert undeclared.name == "wipe", "a call that no recorded call declares"
    else:
        assert [a.witnesses for a in found] == [(Witness.HOOK,)]


def test_an_mcp_call_with_the_calls_trace_context_is_observed_to_be_the_same(
    tmp_path: Path,
) -> None:
    flight = Flight()
    span = flight.tool(1.0, "mcp__files__read", {"path": "a"})
    context = f"00-{TRACE}-{span}-01"
    flight.records.append(
        told(Witness.MCP, Phase.WHOLE, 1.05, call_id="", session="", name="read",
             arguments="{}", flightlog__peer__traceparent=context)
    )  # fmt: skip
    found = only_call(flight.analyze(tmp_path))
    assert found.witnesses == (Witness.SDK, Witness.MCP)
    assert [(x.basis, x.certainty) for x in found.links] == [
        ("trace context and tool", Certainty.OBSERVED)
    ]


def test_two_equal_calls_one_after_the_other_stay_two(tmp_path: Path) -> None:
    analysis = derived(
        tmp_path,
        *(
            told(witness, phase, at + late, call_id=f"{prefix}{at}" if prefix else "",
                 arguments=LS)
            for at in (1.0, 2.0)
            for witness, phase, late, prefix in (
                (Witness.HOOK, Phase.START, 0.0, ""),
                (Witness.HOOK, Phase.END, 0.5, ""),
                (Witness.OTLP, Phase.WHOLE, 0.01, "call_"),
            )
        ),
    )  # fmt: skip
    calls = [a for a in analysis.actions if a.kind is Kind.TOOL_CALL]
    assert len(calls) == 2
    assert all(set(a.witnesses) == {Witness.HOOK, Witness.OTLP} for a in calls)
    assert [len(a.records) for a in calls] == [3, 3]


def test_a_hook_that_failed_is_shown_on_the_call_that_it_let_pass(tmp_path: Path) -> None:
    failed = told(
        Witness.OTLP, Phase.POINT, 1.1, call_id="", kind=Kind.LIFECYCLE,
        name="hook_execution_complete", hook_name="PreToolUse:Bash", event__name="x",
        num_non_blocking_error="1", num_cancelled="0",
    )  # fmt: skip
    result = told(Witness.OTLP, Phase.WHOLE, 1.0, event__name="tool_result", status=Status.OK)
    found = only_call(derived(tmp_path, failed, result))
    (silence,) = found.silences
    assert (silence.hook, silence.how, silence.seq) == ("PreToolUse:Bash", "error", 1)
    assert silence.certainty is Certainty.INFERRED
    assert found.outcome is Outcome.OK, "the guard failed open: the call ran"


def test_a_hook_that_answered_leaves_no_mark(tmp_path: Path) -> None:
    fine = told(
        Witness.OTLP, Phase.POINT, 1.1, call_id="", kind=Kind.LIFECYCLE,
        name="hook_execution_complete", hook_name="PreToolUse:Bash", event__name="x",
        num_non_blocking_error="0", num_cancelled="0",
    )  # fmt: skip
    result = told(Witness.OTLP, Phase.WHOLE, 1.0, event__name="tool_result", status=Status.OK)
    assert only_call(derived(tmp_path, fine, result)).silences == ()


@pytest.mark.parametrize("marker", ["Stop", "session", "prompt"])
def test_a_call_without_an_end_is_over_when_its_agent_went_on(marker: str, tmp_path: Path) -> None:
    after = {
        "Stop": told(Witness.HOOK, Phase.POINT, 3, kind=Kind.LIFECYCLE, name="Stop", call_id=""),
        "session": told(Witness.HOOK, Phase.END, 3, kind=Kind.LIFECYCLE, name="session",
                        call_id="session x"),
        "prompt": told(Witness.HOOK, Phase.POINT, 3, kind=Kind.PROMPT, name="prompt", call_id=""),
    }[marker]  # fmt: skip
    begun = told(Witness.HOOK, Phase.START, 0, kind=Kind.LIFECYCLE, name="session",
                 call_id="session x")  # fmt: skip
    call = told(Witness.HOOK, Phase.START, 1)
    running = tmp_path / "running"
    running.mkdir()
    assert only_call(derived(running, begun, call)).outcome is Outcome.OPEN
    found = only_call(derived(tmp_path, begun, call, after))
    assert found.outcome is Outcome.NO_RESULT
    assert (found.end_ns, found.until_ns) == (None, found.start_ns)


def test_a_late_end_takes_the_place_of_no_result(tmp_path: Path) -> None:
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.HOOK, Phase.POINT, 3, kind=Kind.LIFECYCLE, name="Stop", call_id=""),
        told(Witness.OTLP, Phase.END, 2, status=Status.OK),
    ))  # fmt: skip
    assert found.outcome is Outcome.OK


@pytest.mark.parametrize("code", [1, 2, 127])
@pytest.mark.parametrize("witness", [Witness.TRANSCRIPT, Witness.HOOK, Witness.OTLP, Witness.SDK])
def test_a_call_that_came_back_with_an_exit_code_contradicts_nothing(
    witness: Witness, code: int, tmp_path: Path
) -> None:
    found = only_call(derived(
        tmp_path,
        told(witness, Phase.START, 1),
        told(witness, Phase.END, 2, status=Status.OK, process__exit__code=code),
    ))  # fmt: skip
    assert found.contradictions == ()
    assert (found.transport, found.exit_code) == (Status.OK, code)


@pytest.mark.parametrize("code", [1, 127])
def test_success_by_one_and_an_exit_code_by_another_contradict(code: int, tmp_path: Path) -> None:
    found = only_call(derived(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.HOOK, Phase.END, 2, status=Status.OK),
        told(Witness.OTLP, Phase.WHOLE, 1, status=Status.OK, process__exit__code=code),
    ))  # fmt: skip
    (contradiction,) = found.contradictions
    assert [side.witness for side in contradiction.sides] == [Witness.HOOK, Witness.OTLP]
