"""Find what others recorded of a session's requests, and join it to the calls that made them.

First the clocks: of all requests that a command asks for, which difference of clocks puts most of
them inside such a command. With that difference each request is joined to the latest call that
asks for it and was open then. A request of the same caller that no command asks for is joined to
the call that was open, if only one was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analyzer.actions import ActionFold
from analyzer.model import Action, Join
from analyzer.outside.calls import Call, Request, calls_of, request_of
from analyzer.outside.commands import asks_for
from analyzer.outside.fitting import SECOND, Window, fitted
from analyzer.testimony import Certainty, Clock
from recorder.model import Kind, SessionRow, Witness
from recorder.reader import Recording

__all__ = ["Outside", "is_outside", "outside_of"]

TOLERANCE_NS = SECOND
"""Clouds' logs tell whole seconds, and a call's end may be written down a moment early."""
MOST_APART_NS = 15 * 3600 * SECOND
"""Clocks further apart than any two time zones are not compared."""
LONGEST_NS = 600 * SECOND
"""How long a call without an end is held to have been open."""
AGENT = "the agent's"


@dataclass(frozen=True, slots=True)
class Outside:
    """What others recorded of a session."""

    actions: tuple[Action, ...] = ()
    """Their requests, each standing in a call of the session."""
    clocks: tuple[Clock, ...] = ()
    labels: tuple[tuple[str, tuple[str, str]], ...] = ()
    """(fingerprint, (class, hint)) of the credentials in them."""


def is_outside(row: SessionRow) -> bool:
    """Tell whether a session is no agent's, but what a log or a capture was filed under."""
    return row.witness in {Witness.AUDIT, Witness.PROXY}


def outside_of(recording: Recording, row: SessionRow, actions: Sequence[Action]) -> Outside:
    """Return what other witnesses recorded of a session's requests.

    Args:
        recording: where they are looked for.
        row: the session.
        actions: of the session.
    """
    if is_outside(row):
        return Outside()
    sources = [
        other
        for other in recording.sessions()
        if is_outside(other)
        and other.start_ns <= row.last_ns + MOST_APART_NS
        and other.last_ns >= row.start_ns - MOST_APART_NS
    ]
    calls = list(calls_of(actions, recording.blob)) if sources else []
    found: list[Action] = []
    clocks: list[Clock] = []
    labels: dict[str, tuple[str, str]] = {}
    for source in sources if calls else []:
        fold = ActionFold.of(source, recording.blob)
        for record in recording.records(session=source.id, after=source.first_seq - 1):
            fold.add(record)
        requests = [request_of(a) for a in fold.actions() if a.kind is Kind.API_REQUEST]
        joined, clock = _joined(requests, calls, row.id)
        found += joined
        clocks += [clock] if clock else []
        labels |= fold.labels() if joined else {}
    return Outside(tuple(found), tuple(clocks), tuple(labels.items()))


def _joined(
    requests: Sequence[Request], calls: Sequence[Call], session: str
) -> tuple[list[Action], Clock | None]:
    if not requests:
        return [], None
    asked = {
        request.action.id: [(call, how) for call in calls if (how := _how(request, call))]
        for request in requests
    }
    windows = [
        window
        for request in requests
        for call, _ in asked[request.action.id]
        if (window := _window(request, call)) is not None
    ]
    clock = fitted(windows, requests[0].source, AGENT)
    if clock is None:
        return [], None
    joins: dict[int, Join] = {}
    callers = set()
    for request in requests:
        fitting = [
            (call, how)
            for call, how in asked[request.action.id]
            if how == "request id" or _was_open(call, request.at_ns - clock.ahead_ns)
        ]
        if fitting:
            # An id that both sides have settles it; otherwise the latest call that fits.
            call, how = max(fitting, key=lambda pair: (pair[1] == "request id", pair[0].start_ns))
            joins[request.action.id] = _join(request, call, how, clock)
            callers.add(request.caller)
    for request in requests:
        if request.action.id not in joins and request.caller in callers:
            open_then = [c for c in calls if _was_open(c, request.at_ns - clock.ahead_ns)]
            if len(open_then) == 1:
                joins[request.action.id] = _join(request, open_then[0], "caller", clock)
    moved = [_moved(r.action, session, joins, clock) for r in requests if r.action.id in joins]
    return moved, clock


def _how(request: Request, call: Call) -> str:
    return "request id" if request.is_named_in(call) else asks_for(call.command, request.asked)


def _window(request: Request, call: Call) -> Window | None:
    """Return the differences of clocks that would put a request inside a call."""
    end_ns = call.start_ns + LONGEST_NS if call.end_ns is None else call.end_ns
    low = request.at_ns - end_ns - TOLERANCE_NS
    high = request.at_ns - call.start_ns + TOLERANCE_NS
    apart = 0 if low <= 0 <= high else min(abs(low), abs(high))
    return Window(request.action.id, low, high) if apart <= MOST_APART_NS else None


def _was_open(call: Call, t_ns: int) -> bool:
    end_ns = call.start_ns + LONGEST_NS if call.end_ns is None else call.end_ns
    return call.start_ns - TOLERANCE_NS <= t_ns <= end_ns + TOLERANCE_NS


def _join(request: Request, call: Call, how: str, clock: Clock) -> Join:
    if how == "request id":
        return Join(call.id, how, Certainty.OBSERVED)
    basis = f"{how} and time"
    tool = request.user_agent.partition("/")[0].lower()
    if tool and tool.removesuffix("-cli") in call.command.lower():
        basis = f"{how}, user agent and time"
    if clock.ahead_ns:
        basis += f" (its clock {clock.ahead_ns / SECOND:+.1f} s)"
    return Join(call.id, basis, Certainty.INFERRED)


def _moved(action: Action, session: str, joins: dict[int, Join], clock: Clock) -> Action:
    """Return an action as part of the session, with its times by the agent's clock."""
    end_ns = None if action.end_ns is None else action.end_ns - clock.ahead_ns
    seen = tuple(replace(s, t_ns=s.t_ns - clock.ahead_ns) for s in action.sightings)
    return replace(
        action,
        session=session,
        start_ns=action.start_ns - clock.ahead_ns,
        end_ns=end_ns,
        join=joins[action.id],
        sightings=seen,
    )
