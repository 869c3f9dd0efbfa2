"""A judgement of one SQL statement, and the names that stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.effects.names import is_recovery
from analyzer.effects.places import environment_in
from analyzer.effects.sql_statements import Statement
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["found", "join_name", "name_after"]


def found(
    effect: Effect,
    statement: Statement,
    reason: str,
    *,
    bulk: Bulk = Bulk.UNKNOWN,
    target: str = "",
    recovery: bool | None = None,
    kind: str = "",
) -> Judgement:
    """Return the judgement of a statement that does what the reason says."""
    verb = " ".join(statement.words[:2]).lower()
    takes = recovery or (effect.destroys and bool(target) and is_recovery(target))
    environment, basis = environment_in(target)
    return Judgement(
        Effect.D2 if takes and effect in {Effect.D1, Effect.D3} else effect,
        (f"SQL: {reason}",),
        operation=f"sql.{verb}",
        target_type=kind,
        target_id=target.lower(),
        same_domain=True if takes else None,
        environment=environment,
        environment_basis=basis,
        bypass=("CASCADE",) if "CASCADE" in statement.words and effect.destroys else (),
        cascade="what depends on it" if "CASCADE" in statement.words and effect.destroys else "",
        bulk=bulk,
    )


def name_after(statement: Statement, word: str) -> str:
    """Return the name that stands behind a word; empty where the word does not."""
    if word not in statement.words:
        return ""
    rest = statement.words[statement.words.index(word) + 1 :]
    return join_name([w for w in rest if w not in {"IF", "EXISTS", "ONLY", "TABLE", "FROM"}])


def join_name(words: Sequence[str]) -> str:
    """Return a name with its dots from the front of these words."""
    name = ""
    for place, word in enumerate(words[:7]):
        if place % 2 and word != ".":
            break
        name += word
    return name[:120]
