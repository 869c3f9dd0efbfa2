"""What claims are held against: a sentence, and the record in lists that are quick to ask."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.deeds import DOING, may_have_run
from analyzer.denials import named_in, names_same
from analyzer.incident.omissions import Omissions
from analyzer.model import Action, Analysis, Effect, Outcome
from analyzer.state import StateIndex
from analyzer.texts import Blobs, Texts
from analyzer.tools import Family, family_of
from recorder import semconv
from recorder.model import Kind

__all__ = ["Evidence", "Said", "newest"]

MAX_TITLE = 2_000
_MAKES_COPIES = re.compile(
    r"backup|snapshot|pg_dump|mysqldump|mongodump|\bcp\s+-|\brsync\b|\btar\s+c|git\s+(?:stash|bundle)",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"\b(?:pytest|tox|nox|jest|vitest|mocha|ctest|check|checks|lint|tests?|spec|verify|tsc|mypy"
    r"|ruff|build)\b|-check|_check|check-",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of the model, and what was on record when it was said."""

    turn: Action
    text: str
    negated: bool
    before: tuple[Action, ...]
    """The harms before it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The record, in the lists that claims are held against, each in order of time."""

    analysis: Analysis
    index: StateIndex
    omissions: Omissions | None
    doing: tuple[Action, ...]
    changes: tuple[Action, ...]
    tests: tuple[Action, ...]
    copies: tuple[Action, ...]
    edits: tuple[tuple[int, str], ...]
    """(moment, what it was given) of each edit of a file."""
    called: Mapping[str, frozenset[str]]
    """Target -> the names that answers give it."""

    @classmethod
    def of(cls, analysis: Analysis, omissions: Omissions | None, blobs: Blobs) -> Evidence:
        """Sort a session's actions."""
        doing = tuple(a for a in analysis.actions if a.kind in DOING)
        shell = [a for a in doing if a.kind is Kind.TOOL_CALL and family_of(a.name) is Family.SHELL]
        return cls(
            analysis=analysis,
            index=StateIndex(analysis),
            omissions=omissions,
            doing=doing,
            changes=tuple(a for a in doing if _changes(a)),
            tests=tuple(
                a
                for a in shell
                if a.outcome is not Outcome.DENIED and _TESTS.search(a.title[:MAX_TITLE])
            ),
            copies=tuple(a for a in doing if _MAKES_COPIES.search(a.title[:MAX_TITLE])),
            edits=tuple(
                (a.start_ns, Texts.of(a, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS).lower())
                for a in doing
                if family_of(a.name) is Family.EDIT and may_have_run(a)
            ),
            called=_called(analysis.actions),
        )

    def edited(self, said: Said) -> bool:
        """Tell whether a sentence names what stood in an edit before it, and no target of harm."""
        names = named_in(said.text)
        hit = [h.judgement.target_id for h in said.before if h.judgement.target_id]
        if not names or any(names_same(name, target) for name in names for target in hit):
            return False
        before = (text for moment, text in self.edits if moment < said.turn.start_ns)
        return any(name in text for text in before for name in names)


def _called(actions: Sequence[Action]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for action in actions:
        for resource in action.resources:
            if resource.id and resource.name:
                found.setdefault(resource.id, set()).add(resource.name.lower())
    return {target: frozenset(names) for target, names in found.items()}


def newest(actions: Sequence[Action], before_ns: int) -> Action | None:
    """Return the newest of the actions that began before a moment."""
    number = bisect_left(actions, before_ns, key=lambda a: a.start_ns)
    return actions[number - 1] if number else None


def _changes(action: Action) -> bool:
    effect = action.judgement.effect
    return (effect is Effect.WRITE or effect.destroys) and may_have_run(action)
