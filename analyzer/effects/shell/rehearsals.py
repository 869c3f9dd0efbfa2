"""Migrations that one line steps back and applies again: how a migration is tried out.

What the step had filled does not come back, so it destroys all the same; but the schema stands as
it stood, and no more than one step is at stake. Back to the beginning is no step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from analyzer.effects.shell.invocation import Invocation
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["APPLIED_AGAIN", "mark_rehearsals"]

APPLIED_AGAIN = "migration that is applied again"
"""The type of the target, by which a rule tells it apart."""
MOST = 300
"""Characters of a command that is one step of a migration."""
_BACK = re.compile(
    r"(?P<tool>.+?)\s(?:-\S+\s(?:[^-\s]\S*\s)?)*"
    r"(?:downgrade(?:\s-\d{1,2})?|(?:db:)?migrate[:\s](?:rollback|down|revert|undo|redo)|db:rollback"
    r"|migrations?[:\s](?:revert|rollback|down)|migrate\sdown\s1|rollback|down(?:\s1)?|revert)"
    r"(?:\s--?(?:force|no-interaction|step=1|yes|y))*"
)
_FORTH = re.compile(
    r"\s(?:upgrade(?:\shead)?|up|(?:db:)?migrate(?:[:\s](?:latest|up|run|deploy))?"
    r"|migrations?[:\s](?:run|migrate|up)|run|latest)(?:\s--?(?:force|no-interaction|seed|yes|y))*$"
)


def mark_rehearsals(commands: Sequence[Invocation], parts: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements of a line's commands, with those marked that only rehearse."""
    texts = [" ".join(word.text for word in command.words) for command in commands]
    return [
        replace(part, target_type=APPLIED_AGAIN, bulk=Bulk.ONE,
                reasons=(*part.reasons, "the same line applies the migration again"))
        if part.effect is Effect.D1 and _is_applied_again(texts[place], texts[place + 1 :])
        else part
        for place, part in enumerate(parts)
    ]  # fmt: skip


def _is_applied_again(text: str, later: Sequence[str]) -> bool:
    found = _BACK.fullmatch(text) if later and len(text) <= MOST else None
    if found is None:
        return False
    tool = found["tool"]
    return any(t.startswith(f"{tool} ") and _FORTH.search(t[len(tool) :]) for t in later)
