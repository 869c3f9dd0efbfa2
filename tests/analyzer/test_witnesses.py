"""The same call by hook, log, span and transcript is one action: on what real agents emitted."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.actions import ActionFold, fold
from analyzer.analysis import analyze, records_around
from analyzer.model import Action, Analysis, Outcome
from analyzer.testimony import Certainty, Facet, Presence
from recorder.model import Kind, Record, StoredRecord, Witness
from recorder.reader import Recording
from tests.analyzer.captured import (
    claude_transcript,
    exported_file,
    hook_records,
    otlp_records,
    true_calls,
)
from tests.recorder.factories import write

HOOK_OTLP = {Witness.HOOK, Witness.OTLP}
RUNS: dict[str, tuple[Callable[[Path], list[Record]], set[Witness]]] = {
    "claude_code": (lambda f: hook_records(f, "claude-code") + otlp_records(f), HOOK_OTLP),
    "codex": (lambda f: hook_records(f, "codex") + otlp_records(f, name="logs"), HOOK_OTLP),
    "gemini_cli": (lambda f: hook_records(f, "gemini") + otlp_records(f), HOOK_OTLP),
    "copilot_cli": (
        lambda f: hook_records(f, "copilot") + exported_file(f / "otel-file-exporter.jsonl"),
        HOOK_OTLP,
    ),
    "opencode": (otlp_records, {Witness.OTLP}),
}
"""Folder -> the ways in that recorded the run, and the witnesses that each call must have."""
TRANSCRIPTS = {
    "claude_code": "projects/*/*.jsonl",
    "codex": "sessions/*.jsonl",
    "gemini_cli": "chats/*.jsonl",
    "copilot_cli": "session-state/2b8a7ccb-*/events.jsonl",
    "opencode": "export.json",
}


def written(folder: Path, records: list[Record]) -> Path:
    return write(folder / "flight.db", records)


def analyzed(path: Path) -> Analysis:
    with Recording.open(path) as recording:
        row = max(recording.sessions(), key=lambda row: row.records)
        return analyze(recording, row.id)


def calls(analysis: Analysis) -> list[Action]:
    return [a for a in analysis.actions if a.kind is Kind.TOOL_CALL]


def truth(captured: Path, run: str) -> set[str]:
    """Return the ids of a run's calls, as its own transcript has them."""
    (transcript,) = (captured / run).glob(TRANSCRIPTS[run])
    return {call.id for call in true_calls(transcript)}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("order", ["hooks first", "telemetry first", "by time", "shuffled"])
def test_each_real_call_is_one_action_that_every_witness_speaks_of(
    run: str, order: str, captured: Path, tmp_path: Path
) -> None:
    make, witnesses = RUNS[run]
    records = make(captured / run)
    if order == "telemetry first":
        records.sort(key=lambda r: r.witness is Witness.HOOK)
    elif order == "by time":
        records.sort(key=lambda r: r.t_ns or r.observed_ns)
    elif order == "shuffled":
        # Hooks of one agent come in their order; telemetry comes whenever it likes.
        random.Random(7).shuffle(records)
        hooks = iter(make_sorted(records))
        records = [next(hooks) if r.witness is Witness.HOOK else r for r in records]
    expected = truth(captured, run)
    assert len(expected) >= 3
    found = calls(analyzed(written(tmp_path, records)))
    assert len(found) == len(expected), [(a.title, a.records) for a in found]
    assert all(set(a.witnesses) >= witnesses for a in found)
    known = {str(a.attributes["gen_ai.tool.call.id"]) for a in found}
    assert known == expected


def make_sorted(records: list[Record]) -> list[Record]:
    hooks = [r for r in records if r.witness is Witness.HOOK]
    return sorted(hooks, key=lambda r: r.id if not r.t_ns else f"{r.t_ns:020d}")


@pytest.mark.parametrize("run", ["gemini_cli", "copilot_cli"])
def test_calls_without_ids_whose_hooks_ran_without_a_recorder_are_joined_too(
    run: str, captured: Path, tmp_path: Path
) -> None:
    agent = {"gemini_cli": "gemini", "copilot_cli": "copilot"}[run]
    records = hook_records(captured / run, agent, pairs=False)
    if run == "gemini_cli":
        records += otlp_records(captured / run)
    else:
        records += exported_file(captured / run / "otel-file-exporter.jsonl")
    found = calls(analyzed(written(tmp_path, records)))
    assert len(found) == len(truth(captured, run))
    assert all(set(a.witnesses) == HOOK_OTLP for a in found)
    bases = {link.basis: link.certainty for a in found for link in a.links}
    assert bases
    assert set(bases.values()) == {Certainty.INFERRED}, "no id was there to go by"


def test_a_transcript_is_a_third_witness_of_the_same_actions(
    captured: Path, tmp_path: Path
) -> None:
    folder = captured / "claude_code"
    (transcript,) = folder.glob(TRANSCRIPTS["claude_code"])
    records = RUNS["claude_code"][0](folder) + claude_transcript(transcript)
    found = calls(analyzed(written(tmp_path, records)))
    assert len(found) == len(truth(captured, "claude_code")) == 4
    assert all(set(a.witnesses) == {*HOOK_OTLP, Witness.TRANSCRIPT} for a in found)
    assert all(not a.contradictions for a in found if a.outcome is Outcome.OK)


def test_every_link_names_a_record_its_basis_and_how_sure_it_is(
    captured: Path, tmp_path: Path
) -> None:
    analysis = analyzed(written(tmp_path, RUNS["claude_code"][0](captured / "claude_code")))
    for action in calls(analysis):
        assert action.links
        for link in action.links:
            assert link.seq in action.records
            assert (link.basis, link.certainty) == ("call id", Certainty.OBSERVED)
    for action in analysis.actions:
        assert {s.seq for s in action.said} <= {
            *action.records,
            *(n for a in analysis.actions if a.join and a.join.parent == action.id
              for n in a.records),
        }  # fmt: skip


def test_each_witnesss_words_are_kept_apart_and_cite_their_record(
    captured: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, RUNS["codex"][0](captured / "codex"))
    failed = next(a for a in calls(analyzed(path)) if "nonexistent" in a.title)
    said = {(s.witness, s.facet): s for s in failed.said}
    assert said[Witness.HOOK, Facet.TRANSPORT].value == "ok"
    assert said[Witness.OTLP, Facet.EXIT_CODE].value == "1"
    assert {said[w, Facet.TOOL].value for w in HOOK_OTLP} == {"Bash", "exec_command"}
    with Recording.open(path) as recording:
        for statement in failed.said:
            record = recording.record(statement.seq)
            assert record is not None
            assert record.witness is statement.witness
    (contradiction,) = failed.contradictions
    assert contradiction.facet is Facet.EXIT_CODE
    hook, otlp = contradiction.sides
    assert contradiction.text == (
        f"success (hook, record {hook.seq}), but exit code 1 (otlp, record {otlp.seq})"
    )
    assert (failed.outcome, failed.transport.value, failed.exit_code) == (Outcome.FAILED, "ok", 1)


def test_no_call_contradicts_itself_for_the_ways_that_agents_write_arguments(
    captured: Path, tmp_path: Path
) -> None:
    for run, (make, _) in RUNS.items():
        folder = tmp_path / run
        folder.mkdir()
        for action in calls(analyzed(written(folder, make(captured / run)))):
            facets = {c.facet for c in action.contradictions}
            assert facets <= {Facet.EXIT_CODE}, (run, action.contradictions)


@pytest.mark.parametrize("run", ["claude_code", "codex", "copilot_cli"])
def test_denied_calls_are_denied_not_running_and_not_successful(
    run: str, captured: Path, tmp_path: Path
) -> None:
    found = calls(analyzed(written(tmp_path, RUNS[run][0](captured / run))))
    removal = next(a for a in found if "rm -rf build" in a.title)
    assert removal.outcome is Outcome.DENIED
    assert removal.exit_code is None


@pytest.mark.parametrize("run", ["codex", "copilot_cli"])
def test_with_hooks_alone_a_denied_call_has_no_result_recorded(
    run: str, captured: Path, tmp_path: Path
) -> None:
    agent = {"codex": "codex", "copilot_cli": "copilot"}[run]
    found = calls(analyzed(written(tmp_path, hook_records(captured / run, agent))))
    removal = next(a for a in found if "rm -rf build" in a.title)
    assert removal.outcome is Outcome.NO_RESULT
    assert removal.end_ns is None
    assert not any(a.outcome is Outcome.OPEN for a in found)


def test_a_label_that_says_user_is_kept_and_not_believed_when_it_came_too_fast(
    captured: Path, tmp_path: Path
) -> None:
    """The SDK's callback, a program, is recorded by the agent as the user."""
    records = otlp_records(captured / "claude_agent_sdk")
    found = calls(analyzed(written(tmp_path, records)))
    by_label = {a.decision.by: a.decision for a in found if a.decision}
    assert by_label["config"].presence is Presence.ABSENT
    callback = by_label["user_reject"]
    assert callback.decision == "denied"
    assert callback.presence is Presence.ABSENT
    assert callback.basis.startswith("answered within ")


def test_each_call_has_one_permission_inside_it_whoever_told_of_it(
    captured: Path, tmp_path: Path
) -> None:
    analysis = analyzed(written(tmp_path, RUNS["claude_code"][0](captured / "claude_code")))
    inside = [a.join.parent for a in analysis.actions if a.kind is Kind.APPROVAL and a.join]
    assert sorted(inside) == sorted(a.id for a in calls(analysis))
    asked = next(a for a in analysis.actions if a.kind is Kind.APPROVAL and len(a.witnesses) == 2)
    assert asked.name == "denied", "the request came first, the answer counts"


@pytest.mark.parametrize("run", RUNS)
def test_folding_in_increments_gives_the_same_actions_as_folding_once(
    run: str, captured: Path, tmp_path: Path
) -> None:
    records = RUNS[run][0](captured / run)
    random.Random(3).shuffle(records)
    with Recording.open(written(tmp_path, records)) as recording:
        for row in recording.sessions():
            stored: list[StoredRecord] = list(records_around(recording, row))
            whole = fold(row, stored, recording.blob).actions()
            looked = ActionFold.of(row, recording.blob)
            shown: dict[int, Action] = {}
            for number, record in enumerate(stored):
                looked.add(record)
                if number % 7 == 0:
                    looked.actions()
                if number % 5 == 0:
                    _follow(looked, shown)
            _follow(looked, shown)
            assert looked.actions() == whole
            assert sorted(shown.values(), key=lambda a: (a.start_ns, a.id)) == list(whole)


def _follow(looked: ActionFold, shown: dict[int, Action]) -> None:
    """Keep up with what a live view is told."""
    for action in looked.changes():
        shown[action.id] = action
    for former, _ in looked.merged():
        shown.pop(former, None)
