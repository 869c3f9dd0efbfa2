"""The replay's clock: what holds for every session, and the idea of each step."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model import Finding, Severity
from analyzer.testimony import Certainty
from analyzer.timeline import Timeline
from recorder.model import Kind
from tests.tui import factories
from tests.tui.factories import START, action, analysis, idle, ms, unhurried
from tests.tui.wiped import wipe
from tui.playhead import SPEEDS, Playhead

SECOND = 10**9


@st.composite
def playheads(draw: st.DrawFn) -> Playhead:
    gaps = draw(st.lists(st.integers(0, 9_000), min_size=1, max_size=12))
    lengths = draw(st.lists(st.integers(0, 4_000), min_size=len(gaps), max_size=len(gaps)))
    at, actions = 0, []
    for number, (gap, length) in enumerate(zip(gaps, lengths, strict=True)):
        at += gap
        actions.append(action(number + 1, Kind.TOOL_CALL, "t", "t", at, length))
    chosen = draw(st.lists(st.sampled_from(actions), max_size=3))
    findings = sorted(
        (
            Finding(rule="R", title="", severity=Severity.LOW, reason="", t_ns=a.start_ns,
                    action=a.id, evidence=(), certainty=Certainty.INFERRED)
            for a in chosen
        ),
        key=lambda f: f.t_ns,
    )  # fmt: skip
    head = Playhead.at_start(Timeline.of(analysis(actions, findings=findings)))
    head = replace(
        head,
        speed_step=draw(st.integers(0, len(SPEEDS) - 1)),
        skip_idle=draw(st.booleans()),
        stop_at_findings=draw(st.booleans()),
    )
    line = head.timeline
    return replace(head.seek(draw(st.integers(line.start_ns, line.end_ns))), playing=True)


times = st.integers(0, 20 * SECOND)


@unhurried
@given(playheads(), times, times)
def test_playing_twice_is_playing_once_for_as_long(head: Playhead, a: int, b: int) -> None:
    assert head.advance(a).advance(b) == head.advance(a + b)


@unhurried
@given(playheads(), times)
def test_playing_never_goes_back_nor_past_the_end(head: Playhead, elapsed: int) -> None:
    after = head.advance(elapsed)
    assert head.t_ns <= after.t_ns <= head.timeline.end_ns


@unhurried
@given(playheads(), times)
def test_playing_never_jumps_over_a_finding_that_it_stops_at(head: Playhead, elapsed: int) -> None:
    after = replace(head, stop_at_findings=True).advance(elapsed)
    passed = [s for s in head.timeline.stops if head.t_ns < s.t_ns < after.t_ns]
    assert passed == []


@unhurried
@given(playheads(), times, times)
def test_skipping_idle_time_keeps_the_order_of_moments(head: Playhead, a: int, b: int) -> None:
    head = replace(head, stop_at_findings=False)
    low, high = sorted((a, b))
    assert head.advance(low).t_ns <= head.advance(high).t_ns


@unhurried
@given(playheads())
def test_the_replay_lasts_as_long_as_it_says(head: Playhead) -> None:
    head = replace(
        head.seek(head.timeline.start_ns),
        playing=True,
        stop_at_findings=False,
        speed_step=SPEEDS.index(1.0),
    )
    assert head.advance(head.watch_ns).t_ns == head.timeline.end_ns
    if head.watch_ns:
        assert head.advance(head.watch_ns - 1).t_ns < head.timeline.end_ns


@unhurried
@given(playheads(), st.lists(st.sampled_from([-1, 1]), max_size=20))
def test_a_step_back_undoes_a_step(head: Playhead, steps: list[int]) -> None:
    for by in steps:
        moved = head.to_row(head.cursor).step(by)
        if moved is not None:
            assert moved.step(-by) == head.to_row(head.cursor)
            head = moved


def test_idle_time_is_skipped_after_two_seconds_and_the_clock_says_where_it_is() -> None:
    head = Playhead.at_start(Timeline.of(idle())).toggled()
    assert head.advance(2_900_000_000).offset_ns == 2_900_000_000
    assert head.advance(3_100_000_000).offset_ns == 31_100_000_000
    assert (head.timeline.length_ns, head.watch_ns) == (37 * SECOND, 6 * SECOND)
    unskipped = head.with_settings(skip_idle=False, stop_at_findings=True)
    assert unskipped.advance(3_100_000_000).offset_ns == 3_100_000_000


def test_it_stops_at_each_finding_and_goes_on_from_there() -> None:
    head = Playhead.at_start(Timeline.of(wipe())).toggled()
    first = head.advance(8 * SECOND)
    assert (first.t_ns, first.playing) == (ms(3_450), False)
    second = first.toggled().advance(8 * SECOND)
    assert (second.t_ns, second.cursor, second.playing) == (ms(4_900), 8, False)
    through = head.with_settings(skip_idle=True, stop_at_findings=False).advance(9 * SECOND)
    assert through.at_end
    assert not through.playing


def test_every_speed_can_be_reached_and_multiplies_time() -> None:
    head = Playhead.at_start(Timeline.of(factories.long(5_000)))
    seen = [head.faster(-9).faster(by) for by in range(len(SPEEDS))]
    assert tuple(h.speed for h in seen) == SPEEDS
    for one in seen:
        assert one.toggled().advance(SECOND).offset_ns == round(one.speed * SECOND)
    assert seen[-1].at_normal_speed().speed == 1.0


def test_actions_that_begin_together_are_stepped_through_one_by_one() -> None:
    same = analysis([action(n, Kind.TOOL_CALL, "t", "t", 0) for n in (1, 2, 3)])
    head = Playhead.at_start(Timeline.of(same)).to_row(0)
    second = head.step(1)
    assert second is not None
    assert (second.cursor, second.t_ns) == (1, START)
    third = second.step(1)
    assert third is not None
    assert third.step(1) is None


def test_next_in_lane_stays_in_the_lane() -> None:
    head = Playhead.at_start(Timeline.of(wipe())).to_row(3)
    later = head.step_in_lane(1)
    assert later is not None
    assert later.cursor == 8
    assert later.step_in_lane(1) is None
    assert later.step_in_lane(-1) == head


def test_an_empty_session_has_a_playhead_too() -> None:
    head = Playhead.at_start(Timeline.of(analysis([])))
    assert head.cursor == -1
    assert head.step(1) is None
    assert head.to_finding(1) is None
    assert head.to_row(3) == head
    assert head.toggled().advance(SECOND).at_end
