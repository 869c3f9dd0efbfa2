"""Columns, lanes, nesting and times of a session."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.lanes import Shape, lane_rows, window_around
from analyzer.model import Join, Lane, Outcome
from analyzer.testimony import Certainty
from analyzer.timeline import (
    Mark,
    Timeline,
    buckets,
    column_of,
    format_length,
    format_offset,
    idle_before,
    marks,
    nesting,
    parse_moment,
    parse_offset,
    stop_columns,
    time_of_column,
)
from recorder.model import Kind
from tests.tui.factories import action, analysis, idle, long, ms, unhurried
from tests.tui.wiped import wipe


@unhurried
@given(st.integers(0, 10**13), st.integers(1, 10**13), st.integers(1, 400))
def test_a_columns_first_moment_stands_in_that_column(start: int, length: int, width: int) -> None:
    width = min(width, length)
    for column in {0, width // 2, width - 1}:
        t_ns = time_of_column(column, start, start + length, width)
        assert column_of(t_ns, start, start + length, width) == column


@unhurried
@given(st.integers(0, 10**15))
def test_session_time_is_read_back_as_it_was_written(ns: int) -> None:
    assert parse_offset(format_offset(ns)) == ns // 100_000_000 * 100_000_000


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (0, "00:00.0"),
        (9_049_999_999, "00:09.0"),
        (59_999_999_999, "00:59.9"),
        (2_382_000_000_000, "39:42.0"),
        (4_950_500_000_000, "1:22:30.5"),
        (-1_500_000_000, "-00:01.5"),
    ],
)
def test_session_time_is_minutes_seconds_and_tenths_never_rounded_up(ns: int, shown: str) -> None:
    assert format_offset(ns) == shown


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (None, "open"),
        (12_400_000, "12ms"),
        (800_000_000, "0.8s"),
        (99_960_000_000, "99.9s"),
        (185_000_000_000, "3m05s"),
        (7_800_000_000_000, "2h10m"),
    ],
)
def test_durations_fit_six_columns(ns: int | None, shown: str) -> None:
    assert format_length(ns) == shown
    assert len(shown) <= 6


def test_every_action_is_counted_once_in_the_strip_and_the_worst_mark_wins() -> None:
    held = wipe()
    line = Timeline.of(held)
    cells = buckets(line, marks(held), 9)
    assert sum(cell.count for cell in cells) == len(held.actions)
    assert [cell.worst for cell in cells][4] is Mark.CRITICAL
    assert cells[0].worst is Mark.FAILED
    assert dict(stop_columns(held, line, 9)) == {3: Mark.MEDIUM, 4: Mark.CRITICAL}


def test_a_refusal_is_marked_as_failed_and_a_finding_above_it() -> None:
    held = wipe()
    of = dict(zip([a.id for a in held.actions], marks(held), strict=True))
    assert (of[11], of[31], of[41], of[20]) == (
        Mark.FAILED,
        Mark.MEDIUM,
        Mark.CRITICAL,
        Mark.NONE,
    )
    assert [m.letter for m in (Mark.FAILED, Mark.CRITICAL, Mark.NONE)] == ["x", "C", " "]


def test_idle_is_where_nothing_begins_or_ends_for_more_than_two_seconds() -> None:
    line = Timeline.of(idle())
    assert [gap.length_ns for gap in line.gaps] == [30 * 10**9, 5 * 10**9]
    assert dict(idle_before(line)) == {1: 30 * 10**9, 2: 5 * 10**9}
    assert line.skipped_ns == 31 * 10**9


def test_it_is_not_idle_while_anything_runs_nor_before_the_latest_end_of_all_that_ran() -> None:
    def gaps(*told: tuple[Kind, float, float | None]) -> list[tuple[float, float]]:
        line = Timeline.of(
            analysis([action(n + 1, k, "a", "a", at, length) for n, (k, at, length)
                      in enumerate(told)])
        )  # fmt: skip
        return [((g.start_ns - ms(0)) / 10**6, (g.end_ns - ms(0)) / 10**6) for g in line.gaps]

    call, frame = Kind.TOOL_CALL, Kind.LIFECYCLE
    assert gaps((call, 0, 9_000), (call, 9_000, 10)) == []
    assert gaps((call, 0, 9_000), (call, 500, 10), (call, 12_500, 0)) == [(9_000, 12_500)]
    assert gaps((call, 0, 9_000), (call, 6_000, 1_000), (call, 11_000, 0)) == []
    assert gaps((call, 0, None), (call, 60_000, 0)) == []
    # What holds the whole session says nothing of what runs in it, but that it begins or ends does.
    assert gaps((frame, 0, 60_000), (call, 10, 0), (call, 30_000, 0), (frame, 31_000, 3_000)) == [
        (10, 30_000), (31_000, 34_000), (34_000, 60_000),
    ]  # fmt: skip


def test_the_newest_action_that_has_begun_is_found_at_any_moment() -> None:
    line = Timeline.of(idle())
    assert [line.index_at(ms(at)) for at in (-1, 0, 30_999, 31_000, 99_000)] == [-1, 0, 0, 1, 2]


def test_a_request_stands_in_the_call_that_made_it_and_a_stranger_in_between_is_noticed() -> None:
    def inside(parent: int) -> Join:
        return Join(parent, "trace context", Certainty.OBSERVED)

    nests = nesting(
        [
            action(1, Kind.LIFECYCLE, "session", "session", 0),
            action(2, Kind.TOOL_CALL, "a", "a", 1, join=inside(1)),
            action(3, Kind.API_REQUEST, "r", "r", 2, join=inside(2)),
            action(4, Kind.TOOL_CALL, "b", "b", 3, join=inside(1)),
            action(5, Kind.API_REQUEST, "r", "r", 4, join=inside(2)),
            action(6, Kind.API_REQUEST, "r", "r", 5, join=inside(99)),
        ]
    )
    assert [nest.depth for nest in nests] == [0, 0, 1, 0, 1, 0]
    assert [nest.parent for nest in nests] == [None, None, 2, None, 2, None]
    assert [nest.near for nest in nests] == [True, True, True, True, False, True]


def test_lanes_show_what_overlaps_the_window_and_only_that() -> None:
    held = wipe()
    line = Timeline.of(held)
    rows = {
        row.lane: row.cells
        for row in lane_rows(held, line, marks(held), window_around(line, line.start_ns), 90)
    }
    assert {cell.shape for cell in rows[Lane.API][7:10]} == {Shape.FAILED}
    assert rows[Lane.API][49].mark is Mark.CRITICAL
    assert rows[Lane.CREDENTIAL][34].shape is Shape.EXPOSED
    assert rows[Lane.CREDENTIAL][49].shape is Shape.USED
    assert rows[Lane.TOOL][12].shape is Shape.EMPTY


def test_an_action_without_an_end_reaches_to_the_end_of_the_session() -> None:
    acts = [
        action(1, Kind.TOOL_CALL, "t", "t", 0, None, outcome=Outcome.OPEN),
        action(2, Kind.MODEL_CALL, "m", "m", 300_000, 10),
    ]
    held = analysis(acts)
    line = Timeline.of(held)
    window = window_around(line, line.end_ns)
    rows = {row.lane: row.cells for row in lane_rows(held, line, marks(held), window, 60)}
    assert window.start_ns > line.start_ns
    assert {cell.shape for cell in rows[Lane.TOOL]} == {Shape.OPEN}


def test_the_window_always_holds_the_playhead() -> None:
    line = Timeline.of(long(3_000))
    for at in range(0, 300, 7):
        t_ns = min(ms(at * 1_000), line.end_ns)
        window = window_around(line, t_ns)
        assert window.start_ns <= t_ns <= window.end_ns


def test_a_moment_is_a_time_a_share_an_action_or_a_rule() -> None:
    held = wipe()
    assert parse_moment("7.5", held) == ms(7_500)
    assert parse_moment("0:04.9", held) == ms(4_900)
    assert parse_moment("50%", held) == ms(4_500)
    assert parse_moment("#41", held) == ms(4_900)
    assert parse_moment("r07", held) == ms(4_900)
    assert parse_moment("9.0", held) == held.end_ns


@pytest.mark.parametrize(
    "bad", ["", "x", "1:2:3:4", "-1", "#7", "1.2:3", "5s", "%", "1e3", "99:00", "101%", "R99"]
)
def test_what_is_no_moment_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"session"):
        parse_moment(bad, wipe())


def test_a_refused_moment_says_what_there_is_and_how_to_write_it() -> None:
    with pytest.raises(ValueError, match=r"no finding of R99 \(it has R03, R07\)"):
        parse_moment("R99", wipe())
    with pytest.raises(ValueError, match=r"session is 00:09.0 long"):
        parse_moment("99:99", wipe())
    with pytest.raises(ValueError, match=r"50%, #31 or a rule such as R07"):
        parse_moment("soon", wipe())
