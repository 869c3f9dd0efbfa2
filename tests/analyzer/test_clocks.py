"""A transcript that another clock wrote: measured by the calls that hooks told of too, and set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.commands.sessions import command
from analyzer.completeness import completeness_of
from analyzer.model import Action, Analysis
from analyzer.outside.words import clock_words
from analyzer.session_clocks import session_clocks
from analyzer.timeline import format_length
from recorder.model import Kind, Phase, Record, Witness
from recorder.reader import Recording
from tests.analyzer.test_joining import derived, told
from tui.source import RecordingSource

SECOND = 1_000_000_000


def twice_told(calls: int, ahead: float, waits: float = 0.0) -> Iterator[Record]:
    """Yield calls of half a second as hooks tell them and as a transcript does, whose clock is so
    many seconds ahead; each waits so long for a person between its being written and its hook.
    """
    for number in range(calls):
        began, call_id = 10.0 + number * 20, f"toolu_{number}"
        for witness, start, end in (
            (Witness.HOOK, began, began + 0.5),
            (Witness.TRANSCRIPT, began - 0.1 - waits * number + ahead, began + 0.6 + ahead),
        ):
            yield told(witness, Phase.START, start, call_id=call_id)
            yield told(witness, Phase.END, end, call_id=call_id)


def calls_of(analysis: Analysis) -> list[Action]:
    return [a for a in analysis.actions if a.kind is Kind.TOOL_CALL]


@pytest.mark.parametrize("ahead", [-90.0, 3600.0])
def test_what_it_tells_is_shown_by_the_recorders_clock(tmp_path: Path, ahead: float) -> None:
    analysis = derived(tmp_path, *twice_told(5, ahead))
    (clock,) = analysis.clocks
    assert abs(clock.ahead_ns - ahead * SECOND) < SECOND
    assert clock.low_ns < ahead * SECOND < clock.high_ns
    for action in calls_of(analysis):
        assert action.duration_ns is not None
        assert action.duration_ns < 2 * SECOND
    assert analysis.end_ns - analysis.start_ns < 90 * SECOND


def test_the_difference_is_said_and_the_recording_keeps_what_was_told(tmp_path: Path) -> None:
    records = list(twice_told(3, -90.0))
    analysis = derived(tmp_path, *records)
    with Recording.open(tmp_path / "flight.db") as recording:
        stored = [r.t_ns for r in recording.records() if r.witness is Witness.TRANSCRIPT]
        (clock,) = completeness_of(recording, analysis).clocks
    assert stored == [r.t_ns for r in records if r.witness is Witness.TRANSCRIPT]
    words = clock_words(clock)
    assert "transcript is 90.0 s behind the recorder's clock" in words
    assert "shown by the recorder's clock" in words


def test_a_person_who_takes_time_is_no_other_clock(tmp_path: Path) -> None:
    assert derived(tmp_path, *twice_told(5, 0.0, waits=4.0)).clocks == ()


def test_one_call_measures_no_clock(tmp_path: Path) -> None:
    assert derived(tmp_path, *twice_told(1, -90.0)).clocks == ()


@pytest.mark.parametrize("ahead", [-90.0, 3600.0])
def test_a_list_of_sessions_tells_their_length_by_one_clock(tmp_path: Path, ahead: float) -> None:
    analysis = derived(tmp_path, *twice_told(5, ahead))
    path = tmp_path / "flight.db"
    listed = CliRunner().invoke(command, ["-r", str(path), "--json", "--no-verify"])
    (row,) = json.loads(listed.stdout)
    assert abs(row["transcript_ahead_ns"] - ahead * SECOND) < SECOND
    length = row["last_ns"] - row["start_ns"]
    assert abs(length - (analysis.end_ns - analysis.start_ns)) < 2 * SECOND
    (shown,) = RecordingSource(path).sessions()
    assert (shown.start_ns, shown.last_ns) == (row["start_ns"], row["last_ns"])
    table = CliRunner().invoke(command, ["-r", str(path), "--no-verify"])
    assert format_length(length) in table.stdout
    assert "shown by the recorder's clock" in table.stderr


def test_a_session_of_one_clock_is_listed_as_it_was_told(tmp_path: Path) -> None:
    derived(tmp_path, *twice_told(5, 0.0, waits=4.0))
    with Recording.open(tmp_path / "flight.db") as recording:
        assert session_clocks(recording) == {}
    listed = CliRunner().invoke(command, ["-r", str(tmp_path / "flight.db"), "--no-verify"])
    assert listed.stderr == ""
