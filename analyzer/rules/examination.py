"""One session under the rules: moments in order of time go in, findings come out."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterator, Sequence

from analyzer.model import Action, Finding
from analyzer.rules.base import UNTIMED, weakest
from analyzer.rules.correlating import Correlator, Match
from analyzer.rules.events import Event, Value
from analyzer.rules.facts import Facts
from analyzer.rules.matching import Matcher
from analyzer.rules.ruleset import RuleSet
from analyzer.rules.sigma_rules import Detection
from analyzer.rules.step import finding_of
from analyzer.testimony import Certainty

__all__ = ["Examination", "moments_of"]

CHUNK = 5_000
"""Events that SQL is asked about at once; it bounds what a session of any length needs."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Examination:
    """Rules at work on one session."""

    def __init__(self, rules: RuleSet, facts: Facts, matcher: Matcher) -> None:
        self._facts = facts
        self._matcher = matcher
        self._steps = rules.steps()
        self._detections = {d.name: d for d in rules.sigma.detections}
        self._told_by = {n for n, d in self._detections.items() if d.about is not None}
        self._correlators = [Correlator(c) for c in rules.sigma.correlations]
        self._waiting: list[Event] = []
        self._events: dict[int, Event] = {}
        """Events of actions that have not ended."""

    def begin(
        self, action: Action, carriers: Collection[int], parents: Collection[int]
    ) -> Iterator[Finding]:
        """Take in an action's beginning; yield what code finds in it."""
        event = self._facts.begin(action, carriers, parents)
        self._waiting.append(event)
        if action.until_ns is not None:
            self._events[action.id] = event
        for rule in self._steps:
            yield from rule.begin(event, self._facts.memory)
        if len(self._waiting) >= CHUNK:
            yield from self.flush()

    def end(self, action: Action) -> Iterator[Finding]:
        """Take in an action's end; yield what code finds in it."""
        self._facts.end(action)
        event = self._events.pop(action.id, None)
        if event is not None:
            for rule in self._steps:
                yield from rule.end(event, self._facts.memory)

    def flush(self) -> Iterator[Finding]:
        """Yield what Sigma finds in the events since the last time."""
        events, self._waiting = self._waiting, []
        for event, hits in zip(events, self._matcher.hits(events), strict=True):
            if not hits:
                continue
            for name in hits & self._told_by:
                yield _of_event(self._detections[name], event)
            for correlator in self._correlators:
                for match in correlator.step(event, hits):
                    yield self._of_match(correlator, match)

    def _of_match(self, correlator: Correlator, match: Match) -> Finding:
        rule = correlator.correlation
        about = rule.about
        if about is None:
            raise TypeError("a correlation without a description")
        parts = [self._detections[name] for name in rule.stages]
        fields = tuple(dict.fromkeys(f for part in parts for f in part.fields))
        numbers = [n for event in match.events for n in event.evidence(fields)]
        told = [c for event in match.events for c in event.certainty(fields)]
        first = match.events[0]
        span = (match.last.t_us - first.t_us) / 1e6
        is_timed = all(event.action.is_timed for event in match.events)
        own = {
            "count": len(match.events),
            "first": first.action.id,
            "last": match.last.action.id,
            "actions": ", ".join(f"#{e.action.id}" for e in match.events[:12]),
            "span": f"{span:.1f} s" if is_timed else UNTIMED,
        }
        merged: dict[str, Value] = {}
        for event in match.events:
            merged.update(event.fields)
        return finding_of(
            about,
            match.last.action,
            reason=_filled(rule.reason, {**merged, **own}),
            evidence=numbers,
            certainty=weakest(Certainty.OBSERVED, *told),
            fingerprint=str(merged.get("cred.fingerprint", "")),
        )


def _of_event(detection: Detection, event: Event) -> Finding:
    if detection.about is None:
        raise TypeError("a part of a correlation is no finding")
    return finding_of(
        detection.about,
        event.action,
        reason=_filled(detection.reason, event.fields),
        evidence=event.evidence(detection.fields),
        certainty=weakest(Certainty.OBSERVED, *event.certainty(detection.fields)),
        fingerprint=str(event.fields.get("cred.fingerprint", "")),
    )


def moments_of(actions: Sequence[Action]) -> Iterator[tuple[bool, Action]]:
    """Yield (is it the end?, action) in order of time; of one moment, ends first.

    Only the ends of what is under way are kept: a session may be of any length.
    """
    ends: list[tuple[int, int, int, int]] = []
    order = sorted(range(len(actions)), key=lambda n: (actions[n].start_ns, abs(actions[n].id)))
    for number in order:
        action = actions[number]
        start = (action.start_ns, 1, abs(action.id), number)
        while ends and ends[0] < start:
            yield True, actions[heapq.heappop(ends)[3]]
        yield False, action
        until = action.until_ns
        if until is not None:
            # What takes no time ends after it begins.
            step = 0 if until > action.start_ns else 2
            heapq.heappush(ends, (until, step, abs(action.id), number))
    while ends:
        yield True, actions[heapq.heappop(ends)[3]]


def _filled(template: str, values: dict[str, Value] | dict[str, object]) -> str:
    return _PLACEHOLDER.sub(lambda found: _shown(values.get(found[1])), template)


def _shown(value: object) -> str:
    if value is None:
        return "(not told)"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
