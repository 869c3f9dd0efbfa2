"""One engine, two tempos: SQL over many events and functions over one find the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.model import Action, Outcome
from analyzer.rules import packaged_rules
from analyzer.rules.events import Event, Value
from analyzer.rules.fields import FIELDS, FieldType
from analyzer.rules.matching import FunctionMatcher, SqlMatcher
from analyzer.rules.sigma_rules import Detection, SigmaRules, _read
from recorder.model import Kind

PLAIN = Action(
    id=1, session="s", kind=Kind.TOOL_CALL, name="Bash", title="t", start_ns=0, end_ns=0,
    outcome=Outcome.OK,
)  # fmt: skip
WORDS = st.sampled_from(
    ["D1", "d1", "D2", "prod", "Production", "unknown", "a_b", "a%b", "100%", "it's", "ÄPFEL",
     "äpfel", "line\nbreak", "--skip-final-snapshot", "", "gap", "127.0.0.1", "plan", "\\", "*?"]
)  # fmt: skip
VALUES: Mapping[FieldType, st.SearchStrategy[Value]] = {
    FieldType.TEXT: WORDS,
    FieldType.NUMBER: st.one_of(st.integers(-3, 100), st.floats(-1, 100, allow_nan=False)),
    FieldType.TRUTH: st.just(True),
}
ODD = r"""
title: odd
level: low
detection:
  a:
    action.name|contains: ['_', '%', "'", '\*']
  b:
    action.title|re|i: '^line.break|ä'
    target.id|endswith: b
  c:
    action.id|gte: 7
    cred.age_s: null
  d:
    effect.class|cased: D1
    effect.bypass|exists: false
  e:
    action.outcome: 'A?B'
    action.id: 5
  condition: (a or b or c) and not (d or e) or 1 of e
"""


def detections() -> list[Detection]:
    rules = SigmaRules()
    _read(rules, "odd.yml", ODD)
    assert not rules.broken, rules.broken
    return [*packaged_rules().sigma.detections, *rules.detections]


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Value]:
    named = sorted({f for d in detections() for f in d.fields})
    chosen = draw(st.lists(st.sampled_from(named), unique=True, max_size=12))
    return {name: draw(VALUES[FIELDS[name].type]) for name in chosen}


@settings(max_examples=60, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=12))
def test_sql_and_functions_hold_of_the_same_events(found: list[dict[str, Any]]) -> None:
    events = [Event(replace(PLAIN, id=n), n, row) for n, row in enumerate(found)]
    by_sql = SqlMatcher(detections())
    assert by_sql.hits(events) == FunctionMatcher(detections()).hits(events)
    by_sql.close()
