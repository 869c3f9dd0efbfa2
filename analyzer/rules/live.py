"""The rules on a session that is under way: the same events, each as soon as it is settled.

An action is settled once it has ended, or has been open for so long that waiting would be worse
than judging it open. Actions go in in order of their beginnings, so one that is still young holds
back those that began after it. What turns out otherwise later (a late witness, a long call that
ends) is seen when the session is analysed as a whole: `overtaken` says that this is due.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from analyzer.commanded import commanded_of
from analyzer.credentials import credentials_of, short_name
from analyzer.deeds import carriers_of
from analyzer.effects import Plans, judge_all
from analyzer.lending import Shown, learn, lent_of
from analyzer.model import Action, Finding
from analyzer.resources import Ledger
from analyzer.rules.engine import in_order
from analyzer.rules.examination import Examination
from analyzer.rules.facts import Facts
from analyzer.rules.matching import FunctionMatcher
from analyzer.rules.memory import Memory
from analyzer.rules.ruleset import RuleSet
from analyzer.task_scope import TaskScope
from analyzer.texts import Blobs, no_blobs
from recorder.model import Kind, SessionRow

__all__ = ["LiveExamination"]

PATIENCE_NS = 2 * 1_000_000_000
"""So long an open action is waited for; then it is judged as open."""
type _Moment = tuple[int, int, int, Action]


class LiveExamination:
    """Rules at work on one session while it grows."""

    def __init__(self, row: SessionRow, rules: RuleSet, blobs: Blobs = no_blobs) -> None:
        self._blobs = blobs
        self._workspace = row.cwd
        self._ledger = Ledger()
        self._plans = Plans()
        self._scopes: dict[str, tuple[str, str]] = {}
        self._names: dict[str, str] = {}
        self._scope = TaskScope((), row.cwd, blobs)
        memory = Memory(scope=self._scope, names=self._names, scopes=self._scopes, blobs=blobs)
        matcher = FunctionMatcher(rules.sigma.detections)
        self._examination = Examination(rules, Facts(row.id, row.cwd, memory), matcher)
        self._shown: Shown = {}
        self._pending: dict[int, Action] = {}
        self._done: dict[int, bool] = {}
        """Action that went in -> was it over then?"""
        self._moments: list[_Moment] = []
        self._holding: dict[int, Action] = {}
        self._told: set[tuple[str, int]] = set()
        self.overtaken = False
        """True where something turned out otherwise than the rules were told."""
        self.judged: tuple[Action, ...] = ()
        """The actions that went in at the last look, with what they do to the world."""

    def look(
        self,
        changed: Iterable[Action],
        now_ns: int,
        labels: Mapping[str, tuple[str, str]] | None = None,
    ) -> tuple[Finding, ...]:
        """Take in what is new of a session; return what the rules find in it, each once.

        Args:
            changed: the actions that are new or known better.
            now_ns: the time, ns since the epoch.
            labels: fingerprint -> (class, hint) of its credentials.
        """
        for action in changed:
            if action.id not in self._done:
                self._pending[action.id] = action
            else:
                self.overtaken = True
        young = [
            a.start_ns
            for a in self._pending.values()
            if a.until_ns is None and now_ns - a.start_ns < PATIENCE_NS
        ]
        return self._take(min(young, default=None), labels or {})

    def finish(self, labels: Mapping[str, tuple[str, str]] | None = None) -> tuple[Finding, ...]:
        """Take in what is left, open or not; return what the rules find in it."""
        return self._take(None, labels or {})

    def news(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return which of some findings were not told yet, and count them as told."""
        fresh = [f for f in in_order(findings) if (f.rule, f.action) not in self._told]
        self._told.update((f.rule, f.action) for f in fresh)
        return tuple(fresh)

    def _take(
        self, before_ns: int | None, labels: Mapping[str, tuple[str, str]]
    ) -> tuple[Finding, ...]:
        ready = sorted(
            (a for a in self._pending.values() if before_ns is None or a.start_ns < before_ns),
            key=lambda a: (a.start_ns, abs(a.id)),
        )
        for action in ready:
            del self._pending[action.id]
        learn(self._shown, ready)
        lent = lent_of(ready, self._shown, self._blobs)
        told = (*lent, *commanded_of(lent, self._blobs))
        judged = judge_all(told, self._blobs, self._ledger, self._plans, workspace=self._workspace)
        self._learn(judged, labels)
        self.judged = tuple(action for action in judged if action.id > 0)
        for action in judged:
            self._done[action.id] = action.until_ns is not None
            self._push(action)
        carriers = carriers_of(judged)
        parents = {a.join.parent for a in judged if a.join and a.kind is Kind.API_REQUEST}
        found: list[Finding] = []
        while self._moments and (before_ns is None or self._moments[0][0] < before_ns):
            _, step, _, action = heapq.heappop(self._moments)
            if step != 1:
                found += self._examination.end(action)
            else:
                found += self._examination.begin(action, carriers, parents)
        found += self._examination.flush()
        return self.news(found)

    def _push(self, action: Action) -> None:
        # What a command asks for has its call's number, negative: it comes after it.
        number = 2 * abs(action.id) + (action.id < 0)
        heapq.heappush(self._moments, (action.start_ns, 1, number, action))
        until = action.until_ns
        if until is not None:
            step = 0 if until > action.start_ns else 2
            heapq.heappush(self._moments, (until, step, number, action))

    def _learn(self, judged: tuple[Action, ...], labels: Mapping[str, tuple[str, str]]) -> None:
        self._scope.add(judged)
        holding = {a.id: a for a in judged if a.sightings}
        if not holding:
            return
        self._holding |= holding
        credentials = credentials_of(tuple(self._holding.values()), labels, self._blobs)
        for credential in credentials:
            self._names[credential.fingerprint] = credential.name
            self._scopes[credential.fingerprint] = (credential.name, credential.scope)
        for fingerprint, (kind, _hint) in labels.items():
            self._names.setdefault(fingerprint, short_name(kind, fingerprint))
