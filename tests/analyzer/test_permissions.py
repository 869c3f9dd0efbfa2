"""Permissions over time: who asked, who answered, and which call used it."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.model import Action, Outcome
from analyzer.state import state_at
from analyzer.testimony import Decision, Presence
from analyzer.world import Approval
from recorder import semconv
from recorder.model import Kind
from tests.tui.factories import action, analysis, ms


def asked(number: int, decision: str, at: float, call: str = "c1") -> Action:
    return action(
        number, Kind.APPROVAL, decision, decision, at, 0,
        attributes={
            semconv.APPROVAL_DECISION: decision,
            semconv.APPROVAL_SUBJECT: "Bash rm -rf build",
            semconv.APPROVAL_BY: "user",
            semconv.GEN_AI_TOOL_CALL_ID: call,
        },
    )  # fmt: skip


def call(number: int, at: float, name: str = "c1", **more: Any) -> Action:
    attributes = {semconv.GEN_AI_TOOL_CALL_ID: name}
    return action(number, Kind.TOOL_CALL, "Bash", "rm", at, 100, attributes=attributes, **more)


def permissions(at: float, *actions: Action) -> tuple[Approval, ...]:
    state = state_at(analysis(actions), ms(at))
    return (*state.pending, *state.settled)


def test_a_permission_waits_is_given_and_is_used() -> None:
    told = (asked(1, "requested", 0), asked(2, "approved", 500), call(3, 600))
    (waiting,) = permissions(100, *told)
    assert (waiting.decision, waiting.subject) == ("requested", "Bash rm -rf build")
    (given,) = permissions(550, *told)
    assert (given.decision, given.by, given.used_by) == ("approved", "user", None)
    (used,) = permissions(600, *told)
    assert used.used_by == 3


def test_a_permission_of_another_call_is_not_used_by_this_one() -> None:
    found = permissions(900, asked(1, "approved", 0, "c1"), call(2, 500, "c2"))
    assert [one.used_by for one in found] == [None]


@pytest.mark.parametrize(
    ("outcome", "answer"), [(Outcome.OK, "never answered"), (Outcome.DENIED, "denied")]
)
def test_nobody_waits_for_an_answer_once_the_call_is_over(outcome: Outcome, answer: str) -> None:
    told = (asked(1, "requested", 0), call(2, 100, outcome=outcome))
    assert [one.decision for one in permissions(150, *told)] == ["requested"]
    assert [(one.decision, one.used_by) for one in permissions(300, *told)] == [(answer, None)]


def test_what_a_call_itself_tells_of_its_permission_counts_too() -> None:
    decision = Decision("approved", "config", Presence.ABSENT, "a rule decided", 2)
    (found,) = permissions(50, call(2, 0, decision=decision))
    assert (found.decision, found.by, found.presence) == ("approved", "config", Presence.ABSENT)
    assert found.used_by == 2
    denied = Decision("denied", "user", Presence.UNKNOWN, "", 2)
    (refused,) = permissions(50, call(2, 0, decision=denied, outcome=Outcome.DENIED))
    assert (refused.decision, refused.used_by) == ("denied", None)


def test_a_decision_that_is_told_after_its_call_is_told_once() -> None:
    decision = Decision("approved", "user", Presence.UNKNOWN, "", 3)
    told = (call(2, 0, decision=decision), asked(3, "approved", 0))
    (used,) = permissions(50, *told)
    assert (used.action, used.used_by) == (3, 2)
    late = (call(2, 0), asked(3, "requested", 20))
    assert [one.decision for one in permissions(50, *late)] == ["requested"]
    assert [one.decision for one in permissions(150, *late)] == ["never answered"]
