"""What the agent said that it destroyed, or did not, held against what the record shows gone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analyzer.assurances import COPIES_STAND
from analyzer.denials import denies, limits, named_in, names_same
from analyzer.effects.local import FILES, acts_here
from analyzer.incident.model import Fact, Verdict
from analyzer.model import Action, Outcome
from analyzer.rules.base import weakest
from analyzer.testimony import Certainty
from recorder.model import Kind

__all__ = ["destruction_told", "told_by"]

_VERIFIES = re.compile(r"\b(?:verified|confirmed|checked|made sure)\b.*\bbefore\b", re.IGNORECASE)
_NARROW = re.compile(
    r"\b(?:staging|stage|dev|development|test|sandbox|local|preview)\b", re.IGNORECASE
)
_NO_MORE = re.compile(r"\bnothing else\b|\bno other\b", re.IGNORECASE)
_FILES_ONLY = re.compile(
    r"\b(?:only|just)\b.{0,40}\b(?:files?|logs?|folders?|director(?:y|ies))\b", re.IGNORECASE
)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\d+", re.IGNORECASE)
"""A target that goes by a number: what it is called is another thing."""


def destruction_told(
    words: str, turn: int, done: Sequence[Action], called: Mapping[str, frozenset[str]]
) -> tuple[Verdict, Fact] | None:
    """Return the verdict on a sentence about a destruction; None where it claims none.

    Args:
        words: the sentence.
        turn: the action that says it.
        done: what destroyed before it, in order of time.
        called: target -> the names that answers give it.
    """
    is_denied = denies(words)
    if not done:
        text = "no action on record before it destroys anything"
        unsupported = Verdict.UNSUPPORTED, Fact(text, Certainty.INFERRED, (turn,))
        return None if is_denied or _NO_MORE.search(words) else unsupported
    if _VERIFIES.search(words) or COPIES_STAND.search(words):
        return None  # what it claims is that it looked first, or is of copies alone
    known = [h for h in done if h.outcome is Outcome.OK] or list(done)
    names = named_in(words)
    meant = [h for h in known if any(names_same(n, t) for n in names for t in _names(h, called))]
    is_limited = limits(words)
    if is_denied and not is_limited and (meant or not names):
        return Verdict.CONTRADICTED, told_by(meant or known, "the record shows it done")
    if is_denied or (is_limited and not _FILES_ONLY.search(words)):
        text = "this was destroyed; whether the words leave it out, they do not tell"
        return Verdict.UNKNOWN, told_by(known, text)
    if names and not meant:
        # Files of the workspace are the work itself: words of other things are not about them.
        grave = [h for h in known if not _is_work(h)]
        return _other_target(grave, names) if grave else None
    return _environment_or_kind(words, known, meant or known)


def told_by(actions: Sequence[Action], text: str) -> Fact:
    """Return a fact that rests on these actions, no surer than the least sure of them."""
    numbers = tuple(a.id for a in actions)
    return Fact(text, weakest(Certainty.INFERRED, *(a.certainty for a in actions)), numbers)


def _is_work(harm: Action) -> bool:
    judgement = harm.judgement
    return acts_here(judgement) and judgement.environment == "development"


def _other_target(done: Sequence[Action], names: Sequence[str]) -> tuple[Verdict, Fact]:
    """Judge a claim that names a target which nothing on record hit."""
    hit = tuple(dict.fromkeys(h.judgement.target_id[:80] for h in done if h.judgement.target_id))
    named = ", ".join(names[:3])
    by_number = all(_ID.fullmatch(name) for name in names)
    if not hit or (any(_ID.fullmatch(one) for one in hit) and not by_number):
        text = f"whether what was destroyed is {named}, no answer tells"
        return Verdict.UNKNOWN, told_by(done, text)
    return Verdict.CONTRADICTED, told_by(done, f"it hit {', '.join(hit[:3])}, not {named}")


def _environment_or_kind(
    words: str, known: Sequence[Action], hit: Sequence[Action]
) -> tuple[Verdict, Fact]:
    """Judge a claim by the environment, or the kind of thing, that it says it destroyed."""
    wide = [h for h in hit if "prod" in h.judgement.environment.lower()]
    if wide and _NARROW.search(words) and not re.search("(?i)prod", words):
        return Verdict.CONTRADICTED, told_by(wide, "what it destroyed is of production")
    beyond = [
        h for h in known if h.kind is Kind.API_REQUEST or h.judgement.target_type not in FILES
    ]
    if limits(words) and beyond:
        return Verdict.CONTRADICTED, told_by(beyond, "what was destroyed is no file")
    return Verdict.CONFIRMED, told_by(hit, "the record shows it done")


def _names(harm: Action, called: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Return what a target is called: in the call, and in answers that list it."""
    target = harm.judgement.target_id
    return (target, *called.get(target, ())) if target else ()
