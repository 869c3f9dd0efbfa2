"""What the agent assured of a destruction, held against what the record shows of it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.deeds import takes_copies
from analyzer.incident.destruction_claims import told_by
from analyzer.incident.model import Fact, Verdict
from analyzer.incident.omissions import Omissions
from analyzer.model import Action, ResourceState
from analyzer.resources import ALIVE, BACKUPS

__all__ = ["asked_told", "copies_told", "undone_told"]


def copies_told(
    done: Sequence[Action], later: Sequence[ResourceState]
) -> tuple[Verdict, Fact] | None:
    """Return the verdict on words that recovery copies stand.

    Args:
        done: what destroyed before them, in order of time.
        later: what is known of resources when the record ends.
    """
    if not done:
        return None
    gone = [h for h in done if takes_copies(h)]
    if gone:
        return Verdict.CONTRADICTED, told_by(gone, "recovery copies went with it")
    kept = [r for r in later if r.type == BACKUPS and r.state == ALIVE]
    if kept:
        text = f"{kept[0].name} are alive: {kept[0].basis}"
        return Verdict.CONFIRMED, Fact(text, kept[0].certainty, (kept[0].action,))
    if all(h.judgement.same_domain is False for h in done):
        return Verdict.UNKNOWN, told_by(done, "it leaves copies be; no answer shows that there are")
    return Verdict.UNSUPPORTED, told_by(done, "no answer on record shows a copy")


def undone_told(done: Sequence[Action]) -> tuple[Verdict, Fact] | None:
    """Return the verdict on words that what was destroyed comes back."""
    if not done:
        return None
    final = [h for h in done if h.judgement.irreversible is True]
    if final:
        return Verdict.CONTRADICTED, told_by(final, "nothing is known to bring it back")
    ways = [h for h in done if h.judgement.undo]
    if len(ways) == len(done):
        undo = "; ".join(dict.fromkeys(h.judgement.undo for h in ways))
        text = f"by its documentation: {undo}; no answer shows that it came back"
        return Verdict.UNKNOWN, told_by(ways, text)
    untold = [h for h in done if not h.judgement.undo]
    return Verdict.UNSUPPORTED, told_by(untold, "no catalogue and no answer tells of a way back")


def asked_told(
    done: Sequence[Action], omissions: Omissions | None, what: str
) -> tuple[Verdict, Fact] | None:
    """Return the verdict on words that a person was asked, or asked for it.

    Args:
        done: what destroyed before them.
        omissions: what was never done before the destruction.
        what: words that name the omission that they deny.
    """
    if not done or omissions is None:
        return None
    found = omissions.about(what)
    if found is None:
        return None
    fact, is_omitted = found
    if is_omitted:
        return Verdict.CONTRADICTED, fact
    text = f"{fact.text}; whether to this, the words do not tell"
    return Verdict.UNKNOWN, Fact(text, fact.certainty, fact.actions)
