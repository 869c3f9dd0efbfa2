"""What is told of a session that is followed: counts are exact whatever order news come in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.filters import Filter, Remarks, Scope, parse_filter
from analyzer.live import Event, Step
from analyzer.live_session import LiveState, Look
from analyzer.model import Action, Effect, Finding, Judgement, Lane, Outcome, Severity
from analyzer.testimony import Certainty
from analyzer.writing import Writer, Writing
from recorder.model import Kind
from tests.tui.factories import START, action, ms, session, unhurried
from tui.glyphs import UNICODE
from tui.line import line
from tui.live_lines import header_line
from tui.live_rows import Rows
from tui.live_tail import LiveTail
from tui.safe_content import as_text

SECOND = 1_000_000_000


def call(number: int, at: float, length: float | None = 50, **more: object) -> Action:
    return action(number, Kind.TOOL_CALL, "Bash", f"echo {number}", at, length, **more)


def look(
    *events: Event,
    found: tuple[Finding, ...] = (),
    judged: tuple[Action, ...] = (),
    now: float = 0,
) -> Look:
    return Look(
        now_ns=ms(now), seq=1, read=len(events), waiting=0, received_ns=ms(now), events=events,
        judged=judged, findings=found, remarks=(), state=LiveState(),
        writer=Writer(Writing.WRITES, ""), is_overtaken=False,
    )  # fmt: skip


def started(one: Action) -> Event:
    return Event(Step.STARTED, one.start_ns, one)


def found(number: int, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(
        rule="R01", title="t", severity=severity, reason="", t_ns=ms(number), action=number,
        evidence=(number,), certainty=Certainty.OBSERVED,
    )  # fmt: skip


@unhurried
@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=40), st.integers(0, 40), st.data())
def test_a_reader_is_behind_by_exactly_what_came_since(
    starts: list[int], stop: int, data: st.DataObject
) -> None:
    tail = LiveTail(session())
    for number, at in enumerate(starts, start=1):
        if number == stop:
            tail.stop_reading()
        tail.take(look(started(call(number, at, None))))
    since = max(0, len(starts) - stop + 1) if stop else 0
    assert tail.behind == since
    merged = data.draw(st.sets(st.integers(2, len(starts))) if len(starts) > 1 else st.just(set()))
    for number in merged:
        first = call(1, starts[0], None)
        tail.take(look(Event(Step.MERGED, first.start_ns, first, number)))
    left = [n for n in range(1, len(starts) + 1) if n not in merged]
    assert tail.behind == sum(1 for n in left if stop and n >= stop)
    listed = [shown.id for row in range(len(tail)) if (shown := tail.action(row))]
    assert listed == sorted(left, key=lambda n: (starts[n - 1], n))
    assert [tail.row_of(number) for number in listed] == list(range(len(listed)))
    tail.read_on()
    assert tail.behind == 0


def test_what_is_told_again_is_not_new_and_moves_where_it_began() -> None:
    tail = LiveTail(session())
    tail.take(look(started(call(1, 100, None)), started(call(2, 200, None))))
    tail.stop_reading()
    tail.take(look(Event(Step.UPDATED, ms(50), call(2, 50))))
    assert tail.behind == 0
    assert tail.row_of(2) == 0
    assert [one.id for one in tail.running()] == [1]


def test_failures_and_findings_are_gone_to_in_order() -> None:
    tail = LiveTail(session())
    ends = {True: Outcome.FAILED, False: Outcome.OK}
    tail.take(look(*(started(call(n, n * 10, outcome=ends[n % 3 == 0])) for n in range(1, 9))))
    tail.add_findings([found(5), found(2, Severity.CRITICAL), found(5)])
    assert len(tail.findings) == 2

    def beside(row: int, by: int, of: Rows = tail.failures) -> int | None:
        return tail.beside(tail.action(row), by, of)

    assert beside(0, 1) == 2
    assert beside(2, 1) == 5
    assert beside(5, 1) is None
    assert beside(5, -1) == 2
    assert beside(7, -1, tail.decisive) == 4
    assert beside(4, -1, tail.decisive) == 1
    fixed = replace(call(3, 30), outcome=Outcome.OK)
    tail.take(look(Event(Step.UPDATED, ms(30), fixed)))
    assert beside(0, 1) == 5


def listed(tail: LiveTail) -> list[int]:
    return [a.id for row in range(tail.row_count) if (a := tail.action(row)) is not None]


def test_a_filter_is_kept_to_by_what_comes_and_by_what_turns_out_otherwise() -> None:
    tail = LiveTail(session())
    first = [call(1, 10, outcome=Outcome.FAILED), call(2, 20)]
    tail.take(look(*map(started, first)))
    wanted = parse_filter("failed or sev>=high", Scope.LIVE)
    looked_at = tail.snapshot()
    tail.take(look(started(call(3, 30, outcome=Outcome.FAILED))))
    tail.choose(wanted, {1}, looked_at)
    assert listed(tail) == [1, 3]
    assert tail.row_of(2) is None
    assert len(tail) == 3
    tail.take(look(started(call(4, 5)), found=(found(2), found(4))))
    assert listed(tail) == [4, 1, 2, 3]
    tail.take(look(Event(Step.UPDATED, ms(10), call(1, 10))))
    assert listed(tail) == [4, 2, 3]
    assert tail.beside(tail.action(0), 1, tail.failures) == 2
    tail.choose(Filter())
    assert listed(tail) == [4, 1, 2, 3]


def test_what_is_searched_for_is_found_in_what_comes_too() -> None:
    tail = LiveTail(session())
    tail.take(look(*(started(call(n, n * 10)) for n in range(1, 13))))
    looked_at = tail.snapshot()
    tail.take(look(started(call(13, 130)), started(call(21, 210))))
    tail.search("echo 1", {1, 10, 11, 12}, looked_at)
    tail.take(look(started(call(14, 140))))
    assert [tail.hits[n][1] for n in range(len(tail.hits))] == [1, 10, 11, 12, 13, 14]
    assert tail.beside(None, -1, tail.hits) == tail.row_of(14)
    tail.choose(parse_filter("#1..#11", Scope.LIVE))
    assert tail.beside(None, -1, tail.hits) == tail.row_of(11)


def test_what_an_action_does_to_the_world_stays_known_when_more_is_told_of_it() -> None:
    tail = LiveTail(session())
    tail.take(look(started(call(1, 10, None))))
    judged = replace(call(1, 10), judgement=Judgement(Effect.D1))
    tail.take(look(judged=(judged,)))
    tail.take(look(Event(Step.UPDATED, ms(20), call(1, 10, outcome=Outcome.FAILED))))
    shown = tail.by_id(1)
    assert shown is not None
    assert (shown.outcome, shown.judgement.effect) == (Outcome.FAILED, Effect.D1)


def test_what_was_found_since_is_told_with_the_worst_of_it() -> None:
    tail = LiveTail(session())
    tail.take(look(started(call(1, 10)), found=(found(1, Severity.CRITICAL),)))
    tail.stop_reading()
    assert not any(tail.found_behind)
    tail.take(look(started(call(2, 20)), found=(found(2, Severity.MEDIUM),)))
    assert tail.found_behind == (1, Severity.MEDIUM)


def test_the_last_minute_is_the_last_minute() -> None:
    tail = LiveTail(session())
    tail.take(look(*(started(call(n, n * 1_000)) for n in range(200))))
    now = START + 199 * SECOND
    assert tail.minute(Lane.TOOL, now, 60) == [1] * 60
    assert tail.minute(Lane.TOOL, now, 20) == [3] * 20
    assert tail.minute(Lane.TOOL, now + 30 * SECOND, 60) == [1] * 30 + [0] * 30
    assert tail.minute(Lane.API, now, 60) == [0] * 60


def test_pace_and_lag_are_of_the_last_moments_and_of_what_is_new() -> None:
    tail = LiveTail(session())
    tail.take(look(started(call(1, 0)), now=0))
    assert tail.pace(ms(0)) == (0, 0)
    late = replace(
        look(*(started(call(n, n)) for n in range(2, 12)), now=1_000), received_ns=ms(700)
    )
    tail.take(late)
    rate, lag = tail.pace(ms(1_100))
    assert (rate, lag) == (2, 0.3)
    assert tail.pace(ms(9_000)) == (0, 0)


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("agent", ["pi", "claude-code", "an-agent-with-a-long-name-of-its-own"])
def test_the_header_tells_how_long_it_goes_on_at_every_width(width: int, agent: str) -> None:
    tail = LiveTail(session(agent=agent))
    tail.take(look(*(started(call(n, n)) for n in range(2))))
    tail.stop_reading()
    tail.take(look(*(started(call(n, n)) for n in range(2, 1_500)), now=83_000))
    chain = line("chain ok (L0 self) ")
    told = header_line(tail, chain, ms(83_000), width, UNICODE, is_following=False)
    shown = as_text(told, UNICODE)
    assert shown.startswith("1,498 BEHIND › ")
    assert "  01:23 " in shown
    assert len(shown) == width


def test_what_the_case_file_says_is_told_however_a_filter_was_tried() -> None:
    tail = LiveTail(session())
    tail.take(look(*(started(call(n, n)) for n in range(3))))
    looked_at = tail.snapshot()
    marked = parse_filter("marked or tag:leak", Scope.LIVE)
    # Tried on everything before somebody set the bookmark, and applied after it.
    tail.remark({1: Remarks(is_marked=True)})
    tail.choose(marked, frozenset(), looked_at)
    assert [tail.action(row).id for row in range(tail.row_count)] == [1]  # type: ignore[union-attr]
    tail.remark({2: Remarks(tags=frozenset({"leak"}))})
    assert [tail.action(row).id for row in range(tail.row_count)] == [2]  # type: ignore[union-attr]
    assert not tail.bookmarks
    tail.remark({0: Remarks(is_marked=True), 9: Remarks(is_marked=True)})
    assert len(tail.bookmarks) == 1
    assert tail.bookmarks[0][1] == 0


def test_what_nobody_writes_any_more_lasts_as_long_as_its_actions_say() -> None:
    tail = LiveTail(session())
    over = replace(look(started(call(1, 10)), now=90_000_000), writer=Writer(Writing.GONE, "gone"))
    tail.take(over)
    assert tail.now_ns(ms(99_000_000)) == ms(60)
    tail.take(replace(over, events=(started(call(2, 5_000, None)),)))
    assert tail.now_ns(ms(99_000_000)) == ms(5_000)
    tail.take(look(started(call(3, 99_000_000))))
    assert tail.now_ns(ms(99_500_000)) == ms(99_500_000)
