"""Records without a time of their own: they stand by order, and receipt is no time of theirs."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.actions import ActionFold
from analyzer.analysis import analyze
from analyzer.live import LiveFeed, Step
from analyzer.model import Analysis
from analyzer.timeline import Timeline, length_of, offset_of
from recorder import semconv
from recorder.model import Kind, Phase, Record, StoredRecord, Witness
from recorder.reader import Recording
from tests.analyzer.factories import SECOND, ns
from tests.recorder.factories import write
from tui.cli import flightlog
from tui.plain import print_timeline

IMPORTED = ns(20 * 24 * 3600)
"""Weeks later."""
START, END, POINT, WHOLE = Phase.START, Phase.END, Phase.POINT, Phase.WHOLE
DAMAGE = (None, POINT, "damage")


type Told = tuple[float | None, Phase, str]
"""Seconds into the session, phase, and the call's id (or what else it is)."""


def records(*told: Told, file: str = "t.jsonl") -> Iterator[Record]:
    for number, (at, phase, name) in enumerate(told):
        is_call = phase is not POINT
        is_damage = name == "damage"
        yield Record(
            witness=Witness.RECORDER if is_damage else Witness.TRANSCRIPT,
            phase=phase,
            kind=Kind.TOOL_CALL if is_call else Kind.LIFECYCLE if is_damage else Kind.PROMPT,
            name="Bash" if is_call else name,
            session="s",
            ref=name if is_call else "",
            t_ns=None if at is None else ns(at),
            observed_ns=IMPORTED + number,
            attributes={semconv.SOURCE_FILE: file},
        )


def derived(folder: Path, *told: Told) -> Analysis:
    path = write(folder / "flight.db", records(*told))
    with Recording.open(path) as recording:
        return analyze(recording, "s")


def stands(analysis: Analysis) -> list[tuple[int, str, str, str]]:
    """Return (id, time, length, what is said of the time) of each action."""
    return [
        (a.id, offset_of(analysis, a.start_ns), length_of(a),
         a.placed.words if a.placed else "")
        for a in analysis.actions
    ]  # fmt: skip


AFTER = "time unknown, placed after #{} by order, inferred"
BEFORE = "time unknown, placed before #{} by order, inferred"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            [(0, POINT, "p"), (1, START, "a"), DAMAGE, (3, END, "a"), (11.6, POINT, "q")],
            [(1, "00:00.0", "0ms", ""), (2, "00:01.0", "2.0s", ""),
             (3, "00:01.0", "unknown", AFTER.format(2)), (5, "00:11.6", "0ms", "")],
            id="between",
        ),
        pytest.param(
            [(None, POINT, "p"), DAMAGE, (5, POINT, "q"), (None, POINT, "r"), (None, WHOLE, "a")],
            [(1, "00:00.0", "unknown", BEFORE.format(3)),
             (2, "00:00.0", "unknown", BEFORE.format(3)), (3, "00:00.0", "0ms", ""),
             (4, "00:00.0", "unknown", AFTER.format(3)),
             (5, "00:00.0", "unknown", AFTER.format(3))],
            id="before the first, and after the last",
        ),
        pytest.param(
            [(0, POINT, "p"), (1, START, "a"), (None, END, "a"), (8, POINT, "q")],
            [(1, "00:00.0", "0ms", ""), (2, "00:01.0", "unknown", ""), (4, "00:08.0", "0ms", "")],
            id="an end without a time",
        ),
        pytest.param(
            [(0, POINT, "p"), (None, START, "a"), (4, END, "a"), (8, POINT, "q")],
            [(1, "00:00.0", "0ms", ""), (2, "00:00.0", "unknown", AFTER.format(1)),
             (4, "00:08.0", "0ms", "")],
            id="a start without a time",
        ),
        pytest.param(
            [(0, POINT, "p"), (None, START, "a"), (None, START, "b"), (2, POINT, "q")],
            [(1, "00:00.0", "0ms", ""), (2, "00:00.0", "open", AFTER.format(1)),
             (3, "00:00.0", "open", AFTER.format(1)), (4, "00:02.0", "0ms", "")],
            id="still open",
        ),
    ],
)  # fmt: skip
def test_what_has_no_time_stands_by_order_and_is_said_to(
    told: list[Told], expected: list[tuple[int, str, str, str]], tmp_path: Path
) -> None:
    analysis = derived(tmp_path, *told)
    assert stands(analysis) == expected
    timed = [ns(at) for at, _, _ in told if at is not None]
    line = Timeline.of(analysis)
    assert line.start_ns == analysis.session.start_ns == min(timed)
    # By nanoseconds later at most: what stands last by order still stands behind.
    assert 0 <= line.end_ns - max(timed) < len(told)
    assert analysis.session.last_ns == max(timed)
    assert all(action.end_ns is None or action.end_ns < IMPORTED for action in analysis.actions)


def test_each_source_keeps_its_own_order(tmp_path: Path) -> None:
    one = records((0, POINT, "p"), (1, POINT, "q"), (None, POINT, "r"))
    other = records((60, POINT, "p"), (None, POINT, "q"), file="agent-2.jsonl")
    mixed = [r for pair in itertools.zip_longest(one, other) for r in pair if r is not None]
    path = write(tmp_path / "flight.db", mixed)
    with Recording.open(path) as recording:
        placed = [a.placed.beside for a in analyze(recording, "s").actions if a.placed]
    # #1 p0, #2 p60, #3 q1, #4 q after p60, #5 r after q1
    assert placed == [3, 2]


def test_the_witness_who_knows_the_time_is_believed(tmp_path: Path) -> None:
    untimed, timed = records((None, WHOLE, "a"), (5, WHOLE, "a"))
    path = write(tmp_path / "flight.db", [*records((0, POINT, "p")), untimed, timed])
    with Recording.open(path) as recording:
        call = analyze(recording, "s").actions[-1]
    assert (call.placed, call.start_ns, call.end_ns) == (None, ns(5), ns(5))
    assert not [said for said in call.said if said.value == str(IMPORTED)]


def stored(folder: Path, *told: Told) -> list[StoredRecord]:
    path = write(folder / "flight.db", records(*told))
    with Recording.open(path) as recording:
        return list(recording.records())


def test_what_came_before_all_times_moves_to_the_first_one_when_it_comes(tmp_path: Path) -> None:
    first, second, timed = stored(tmp_path, (None, POINT, "p"), (None, WHOLE, "a"), (7, POINT, "q"))
    fold = ActionFold("s")
    fold.add(first)
    fold.add(second)
    assert [a.placed.beside for a in fold.changes() if a.placed] == [None, None]
    fold.add(timed)
    assert [(a.id, a.start_ns, a.end_ns) for a in fold.changes()] == [
        (1, ns(7), ns(7)), (2, ns(7), ns(7)), (3, ns(7), ns(7)),
    ]  # fmt: skip


UNTIMED: tuple[Told, ...] = (
    (None, POINT, "p"), (None, START, "a"), (None, END, "a"), (None, START, "b"),
    (None, POINT, "q"), (None, WHOLE, "c"),
)  # fmt: skip


def test_a_session_without_times_shows_none(tmp_path: Path) -> None:
    analysis = derived(tmp_path, *UNTIMED)
    assert [a.id for a in analysis.actions] == [1, 2, 4, 5, 6]
    assert {at for _, at, _, _ in stands(analysis)} == {"--:--.-"}
    out = io.StringIO()
    print_timeline(analysis, out, chain=None)
    shown = out.getvalue()
    assert "time unknown" in shown.splitlines()[0]
    for wrong in ("0ms", "00:0", "2026-", " long ", "idle"):
        assert wrong not in shown
    recording = str(tmp_path / "flight.db")
    done = CliRunner().invoke(flightlog, ["report", "-r", recording, "s", "--format", "json"])
    report = json.loads(done.output)
    assert (report["start"], report["end"], report["duration"]) == (None, None, None)
    entries = [e for second in report["timeline"] for e in second["entries"]]
    assert [e["action"] for e in entries] == [1, 2, 4, 5, 6]
    assert {e["time"] for e in entries} == {s["time"] for s in report["timeline"]} == {None}
    assert "in 0ms" not in done.output
    done = CliRunner().invoke(flightlog, ["incident", "-r", recording, "s", "--json"])
    assert {json.loads(done.output)[name] for name in ("start_ns", "end_ns")} == {None}
    tailed = CliRunner().invoke(flightlog, ["tail", "-r", recording, "s", "--once", "--json"])
    assert {json.loads(row)["t_ns"] for row in tailed.output.splitlines()} == {None}


def test_sessions_replay_and_report_agree_on_how_long_it_was(tmp_path: Path) -> None:
    told: list[Told] = [(None, POINT, "o"), (0, POINT, "p"), (1, START, "a"), DAMAGE,
                        (None, END, "a"), (11.6, POINT, "q"), (None, POINT, "r")]  # fmt: skip
    analysis = derived(tmp_path, *told)
    recording = str(tmp_path / "flight.db")

    def said(*words: str) -> str:
        done = CliRunner().invoke(flightlog, [words[0], "-r", recording, *words[1:]])
        assert done.exit_code == 0, done.output
        return done.output

    assert " 11.6s " in said("sessions")
    assert json.loads(said("report", "s", "--format", "json"))["duration"] == "11.6s"
    replayed = said("replay", "--plain", "s")
    assert "00:11.6 long" in replayed
    assert f"[unknown, ok, observed by recorder, {AFTER.format(3)}] #4" in replayed
    # The call runs on: that nobody told when it ended makes none of it idle time but the rest.
    assert [gap.length_ns for gap in Timeline.of(analysis).gaps] == [round(10.6 * SECOND) - 2]


def test_a_follower_is_told_in_order_and_never_that_it_was_now(tmp_path: Path) -> None:
    path = write(tmp_path / "flight.db", records((0, POINT, "p"), *UNTIMED))
    with Recording.open(path) as recording:
        news = LiveFeed(recording, lambda _: True).look()
    # The prompt #6 came after the call #5: the agent did not wait for its result.
    assert [(n.action.id, n.step) for n in news] == [
        (1, Step.NOTED), (2, Step.NOTED), (3, Step.STARTED), (3, Step.ENDED), (5, Step.STARTED),
        (5, Step.ENDED), (6, Step.NOTED), (7, Step.STARTED), (7, Step.ENDED),
    ]  # fmt: skip
    assert all(n.t_ns < ns(1) for n in news)
