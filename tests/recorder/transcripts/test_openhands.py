"""OpenHands: trajectories of the old kind, folders of events of the new one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import batched
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.model import Kind, Record, Status
from recorder.transcripts import openhands_events, openhands_trajectory
from recorder.transcripts.table import detect
from tests.recorder.transcripts import counting
from tests.recorder.transcripts.reading import in_memory, jsonl, read, records_of, source_of

NOT_CALLS = {"message", "recall", "system"}


def told(path: Path) -> list[Record]:
    document = counting.loaded(path)
    assert openhands_trajectory.recognises(document)
    return records_of(openhands_trajectory.tell(document))


def conversation(corpus: Path) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    folder = next((corpus / "captured" / "openhands_v1" / "conversations").iterdir())
    events = [json.loads(p.read_text()) for p in sorted((folder / "events").iterdir())]
    return folder.name, events, counting.loaded(folder / "base_state.json")


def test_calls_results_errors_and_exit_codes_are_as_many_as_in_the_trajectories(
    corpus: Path,
) -> None:
    files = sorted((corpus / "openhands").glob("*.json"))
    assert len(files) == 13
    for path in files:
        events = counting.loaded(path)
        records = told(path)
        counting.assert_sound(records)
        actions = [e for e in events if e.get("action") and e["action"] not in NOT_CALLS]
        ids = {e["id"] for e in actions if "id" in e}
        seen = [e for e in events if e.get("observation") and e.get("cause") in ids]
        codes = [
            e["extras"]["metadata"]["exit_code"]
            for e in seen
            if "exit_code" in e.get("extras", {}).get("metadata", {})
        ]
        failed = [e for e in seen if e["observation"] == "error" or e.get("success") is False]
        assert len(counting.calls(records)) == len(actions), path.name
        assert len(counting.results(records)) == len(seen), path.name
        assert len(counting.errors(records)) == len(failed), path.name
        assert counting.exit_codes(records) == codes, path.name
        assert len(counting.sessions(records)) == 1


def test_a_response_that_stands_on_action_and_observation_is_counted_once(corpus: Path) -> None:
    path = corpus / "openhands" / "oas-o3-mini-delete-repos.json"
    responses: dict[str, Mapping[str, Any]] = {}
    for event in counting.loaded(path):
        made = event.get("tool_call_metadata", {}).get("model_response")
        if made:
            responses[made["id"]] = made["usage"]
    expected = (
        sum(u["prompt_tokens"] for u in responses.values()),
        sum(u["completion_tokens"] for u in responses.values()),
    )
    assert counting.tokens(told(path)) == expected


def test_a_refusal_inside_an_answer_is_no_failure_of_the_call(corpus: Path) -> None:
    records = told(corpus / "openhands" / "oas-o3-mini-change-branch-policy.json")
    refused = [
        r
        for r in counting.results(records)
        if "403 Forbidden" in str(r.attributes.get(semconv.GEN_AI_TOOL_RESULT))
    ]
    assert refused
    assert {r.attributes[semconv.PROCESS_EXIT_CODE] for r in refused} == {0}
    assert not set(refused_ids(refused)) & set(refused_ids(counting.errors(records)))


def refused_ids(records: list[Record]) -> list[str]:
    return [r.id for r in records]


def test_times_without_a_zone_say_so(corpus: Path) -> None:
    records = told(corpus / "openhands" / "oas-gpt-4o-docker-reset.json")
    assert {r.attributes[semconv.SOURCE_CLOCK] for r in records} == {"iso8601 without zone"}


def test_a_longer_copy_tells_the_same_and_more(corpus: Path) -> None:
    events = counting.loaded(corpus / "openhands" / "oas-gpt-4o-docker-reset.json")
    short = records_of(openhands_trajectory.tell(events[:20]))
    whole = records_of(openhands_trajectory.tell(events))
    assert [r.id for r in short] == [r.id for r in whole][: len(short)]
    assert len(whole) > len(short)


def with_empty_names(event: dict[str, Any]) -> dict[str, Any]:
    return {"action": None, "observation": None, "args": None, "cause": None, **event}


@pytest.mark.parametrize("name", ["oh-basic.json", "oas-gpt-4o-docker-reset.json"])
@pytest.mark.parametrize(
    "copied",
    [
        lambda events: {"trajectory": events},
        lambda events: {"history": events},
        lambda events: {"instance_id": "task-1", "history": events},
        lambda events: {"history": [list(pair) for pair in batched(events, 2)]},
        lambda events: json.loads(json.dumps(events, sort_keys=True)),
        lambda events: [with_empty_names(event) for event in events],
    ],
)
def test_a_copy_that_was_written_anew_tells_the_same(
    corpus: Path, name: str, copied: Callable[[Any], Any]
) -> None:
    events = counting.loaded(corpus / "openhands" / name)
    document = copied(events)
    assert openhands_trajectory.recognises(document)
    again = records_of(openhands_trajectory.tell(document))
    assert [r.id for r in again] == [r.id for r in records_of(openhands_trajectory.tell(events))]


def test_runs_of_several_tasks_and_times_are_sessions_of_their_own() -> None:
    event = {"id": 0, "source": "user", "action": "message", "args": {"content": "go"}}
    documents: list[Any] = [
        [event],
        *({"instance_id": f"task-{n}", "history": [event]} for n in range(2)),
        *([{**event, "timestamp": f"2025-01-27T22:44:56.90085{n}"}] for n in range(2)),
        [{**event, "args": {"content": "stop"}}],
        [{**event, "source": "agent"}],
    ]
    told_of = [{r.session for r in records_of(openhands_trajectory.tell(one))} for one in documents]
    assert len(set().union(*told_of)) == len(documents)


def test_an_error_that_no_action_caused_is_an_error() -> None:
    events = [
        {"id": 0, "source": "user", "action": "message", "args": {"content": "go"}},
        {"id": 1, "source": "environment", "observation": "error", "content": "boom"},
        {"id": 2, "source": "environment", "observation": "null", "content": "hm"},
    ]
    failed = [r for r in records_of(openhands_trajectory.tell(events)) if r.status is Status.ERROR]
    assert [r.attributes[semconv.EXCEPTION_MESSAGE] for r in failed] == ["boom"]


def test_events_of_the_new_kind_are_counted_by_their_classes(corpus: Path) -> None:
    session, events, state = conversation(corpus)
    assert all(openhands_events.recognises(e) for e in events)
    records = list(openhands_events.tell(session, events, state))
    counting.assert_sound(records)
    kinds = [e["kind"] for e in events]
    rejected = kinds.count("UserRejectObservation")
    assert len(counting.calls(records)) == kinds.count("ActionEvent")
    assert len(counting.results(records)) == kinds.count("ObservationEvent") + rejected
    assert len(counting.errors(records)) == rejected
    assert counting.exit_codes(records) == [
        e["observation"]["exit_code"] for e in events if e["kind"] == "ObservationEvent"
    ]
    assert [r.kind for r in records].count(Kind.PROMPT) == 2, "system prompt and task"


def test_a_rejection_names_who_rejected_and_a_failed_command_is_no_error(corpus: Path) -> None:
    records = list(openhands_events.tell(*conversation(corpus)))
    assert counting.approvals(records) == [
        ("denied", "user"),
        ("denied", "hook"),
        ("denied", "hook"),
    ]
    failed = next(
        r for r in counting.results(records) if r.attributes.get("process.exit.code") == 1
    )
    assert failed.status.value == "ok"


def test_what_a_call_is_told_under_is_its_id_in_the_otlp_of_the_same_session(corpus: Path) -> None:
    session, events, state = conversation(corpus)
    otlp = (corpus / "captured" / "openhands_v1" / "otlp-traces.otlp.jsonl").read_text()
    records = list(openhands_events.tell(session, events, state))
    assert all(call.ref in otlp for call in counting.calls(records) if call.ref.startswith("call_"))


def test_events_in_files_of_their_own_tell_what_the_trajectory_tells(
    corpus: Path, tmp_path: Path
) -> None:
    for path in sorted((corpus / "openhands").glob("oas-*.json"))[:4]:
        events = counting.loaded(path)
        folder = tmp_path / path.stem / "events"
        folder.mkdir(parents=True)
        for event in events:
            (folder / f"{event['id']}.json").write_text(json.dumps(event))
        stored = [r for one in sorted(folder.iterdir()) for r in read(source_of(one))[1]]
        unique = {r.id: r for r in stored}
        records = told(path)
        assert {r.session for r in stored} == {path.stem}
        for count in (counting.calls, counting.results, counting.errors):
            assert sorted(r.ref for r in count(unique.values())) == sorted(
                r.ref for r in count(records)
            )
        assert counting.tokens(unique.values()) == counting.tokens(records)
        assert len(unique) == len(records)
        page = tmp_path / path.stem / "event_cache" / "0-25.json"
        page.parent.mkdir()
        page.write_text(json.dumps(events[:25]))
        assert {r.id for r in read(source_of(page))[1]} <= unique.keys()


def test_events_line_by_line_are_the_records_of_the_trajectory(corpus: Path) -> None:
    path = corpus / "openhands" / "oas-gpt-4o-docker-reset.json"
    found, records, damage = read(in_memory(jsonl(counting.loaded(path))))
    assert (found, damage) == ("openhands-trajectory", [])
    assert [r.id for r in records] == [r.id for r in told(path)]


@pytest.mark.parametrize(
    "entry",
    [
        {"source": "web", "action": "click"},
        {
            "id": 1,
            "timestamp": "2026-01-01T00:00:00",
            "source": "web",
            "action": "x",
            "message": "",
        },
        {"id": 1, "timestamp": "2026-01-01T00:00:00", "source": "user", "action": ["x"]},
    ],
)
def test_other_lines_with_a_source_and_an_action_are_no_events(entry: dict[str, Any]) -> None:
    assert detect(in_memory(jsonl([entry, entry]))) is None
