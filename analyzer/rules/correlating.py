"""Sigma's correlations as folds over the matches of their parts, the same in both tempos.

Anchored at the event that completes them, and told once: a count when it is reached, until it has
fallen below again; a sequence once for its beginning. A tie is broken by the order of events, and
each stage of a sequence has an event of its own that is later than the one before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import eq, ge, gt, le, lt, ne

from analyzer.rules.about import About
from analyzer.rules.events import Event

__all__ = ["Correlation", "Correlator", "Match"]

_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "lt": lt, "lte": le, "gt": gt, "gte": ge, "eq": eq, "neq": ne,
}  # fmt: skip
KEPT = 1_000
"""Events of one group that a count remembers."""
GROUPS = 10_000
"""Groups that one correlation remembers; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A pattern over several events."""

    kind: str
    about: About | None
    reason: str
    stages: tuple[str, ...]
    """Names of the detections that it is made of."""
    window_us: int
    group_by: tuple[str, ...]
    operator: str
    threshold: float
    counted: str
    """Field whose different values are counted; for `value_count`."""
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Events that a correlation holds of, the last one completing it."""

    events: tuple[Event, ...]

    @property
    def last(self) -> Event:
        """The event that completes it."""
        return self.events[-1]


@dataclass(slots=True)
class _Group:
    kept: deque[tuple[Event, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    chains: list[tuple[Event, ...] | None] = field(default_factory=list)
    told: tuple[int, ...] = ()
    """The beginning of the sequence that was reported last: it is not reported again."""


class Correlator:
    """The state of one correlation over one session."""

    def __init__(self, correlation: Correlation) -> None:
        self.correlation = correlation
        self._groups: dict[tuple[object, ...], _Group] = {}

    def step(self, event: Event, hits: set[str]) -> Iterator[Match]:
        """Take in an event that some detections hold of; yield what it completes."""
        rule = self.correlation
        stages = [n for n in dict.fromkeys(rule.stages) if n in hits]
        if not stages:
            return
        key = tuple(event.fields.get(name) for name in rule.group_by)
        if None in key:
            return
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= GROUPS:
                self._groups.pop(next(iter(self._groups)))
            group = self._groups[key] = _Group(chains=[None] * len(rule.stages))
        if rule.kind == "temporal_ordered":
            yield from self._ordered(group, event, hits)
        else:
            yield from self._counted(group, event, stages)

    def _ordered(self, group: _Group, event: Event, hits: set[str]) -> Iterator[Match]:
        """Keep, for each stage, the chain that began last: no other can complete later."""
        rule = self.correlation
        last = len(rule.stages) - 1
        for place in range(last, -1, -1):
            if rule.stages[place] not in hits:
                continue
            before = group.chains[place - 1] if place else ()
            if before is None or (before and event.t_us - before[0].t_us > rule.window_us):
                continue
            chain = (*before, event)
            known = group.chains[place]
            if known is None or known[0].t_us <= chain[0].t_us:
                group.chains[place] = chain
            beginning = tuple(e.action.id for e in before)
            if place == last and (not before or beginning != group.told):
                group.told = beginning
                yield Match(chain)

    def _counted(self, group: _Group, event: Event, stages: list[str]) -> Iterator[Match]:
        while group.kept and event.t_us - group.kept[0][0].t_us > self.correlation.window_us:
            group.kept.popleft()
        was_met = self._is_met(group)
        for stage in stages:
            group.kept.append((event, stage))
        if self._is_met(group) and not was_met:
            yield Match(_events(group))

    def _is_met(self, group: _Group) -> bool:
        rule = self.correlation
        if not group.kept:
            return False
        if rule.kind == "temporal":
            return {stage for _, stage in group.kept} >= set(rule.stages)
        number = len(_events(group))
        if rule.kind == "value_count":
            number = len({e.fields.get(rule.counted) for e in _events(group)} - {None})
        return _TESTS[rule.operator](number, rule.threshold)


def _events(group: _Group) -> tuple[Event, ...]:
    return tuple({event.action.id: event for event, _ in group.kept}.values())
