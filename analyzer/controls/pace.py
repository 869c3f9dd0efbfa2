"""Controls on how it goes on: after a refusal, faster than a person, after what did not work."""

from __future__ import annotations

from analyzer.controls.deed import Deed, words_of
from analyzer.controls.past import Past
from analyzer.controls.reach import MUTATING
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.services import services_in

__all__ = ["CredentialMismatch", "PostCondition", "TempoBrake"]

ASK_FIRST = "stop, say what was refused, and ask the person which credential to use"


class CredentialMismatch(Control):
    """A refused credential is a reason to stop, not to find another."""

    id = "credential-mismatch"
    title = "Fail closed on credential mismatch"
    gates = True
    description = (
        "Once a host, or what a command spoke to, has refused a credential, no other is looked "
        "for, none is tried there, and nothing is changed beyond the working folder, until a "
        "person has spoken."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Refuse the search for another credential, its use, and changes, until a person speaks."""
        del settings
        refusal = past.open_refusal()
        if refusal is None or refusal.t_ns > deed.t_ns:
            return None
        what = f"{refusal.host} refused a credential in #{refusal.action}"
        alike = bool(words_of(deed.sought) & refusal.words)
        if (deed.seeks_secrets or alike) and not deed.carried and not deed.host:
            reason = f"{what}, and this looks for another ({deed.sought[:80]})"
            return Ruling(Answer.DENY, reason, ASK_FIRST, (refusal.action,))
        other = [c for c in deed.carried if c not in refusal.carried]
        spoken_to = (deed.host,) if deed.host else services_in(deed.command) if other else ()
        if other and not {refusal.host, *refusal.services}.isdisjoint(spoken_to):
            reason = f"{what}, and this tries another one there"
            return Ruling(Answer.DENY, reason, ASK_FIRST, (refusal.action,))
        if deed.effect in MUTATING and not deed.is_local:
            reason = f"{what}, and this changes something all the same"
            return Ruling(Answer.DENY, reason, ASK_FIRST, (refusal.action,))
        return None


class TempoBrake(Control):
    """Nothing is destroyed faster than a person could have seen it coming."""

    id = "tempo"
    title = "Tempo brake"
    gates = True
    description = (
        "A destruction with a credential that was found a moment ago, and a burst of destructions, "
        "wait for a person."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Ask for harms that come too soon after their credential, or too close together."""
        if not deed.harms:
            return None
        for fingerprint in deed.carried:
            found = past.found.get(fingerprint)
            if found is None or deed.t_ns < found.t_ns:
                continue
            if not (found.is_timed and deed.is_timed):
                reason = (
                    f"when {found.name} was found, in #{found.action}, or used, nobody recorded"
                )
                return Ruling(Answer.UNKNOWN, reason, "wait, and show a person", (found.action,))
            if deed.t_ns - found.t_ns < settings.reaction_ns:
                after = (deed.t_ns - found.t_ns) / 1e9
                reason = f"{found.name} was found {after:.1f} s before, in #{found.action}"
                return Ruling(Answer.ASK, reason, "wait, and show a person", (found.action,))
        recent = [n for t, n in past.harms if 0 <= deed.t_ns - t <= settings.burst_ns]
        if len(recent) + 1 >= settings.burst:
            span = settings.burst_ns / 1e9
            reason = f"it is harmful deed {len(recent) + 1} within {span:.0f} s"
            return Ruling(Answer.ASK, reason, "do one, look at what it did, then go on",
                          tuple(recent[-settings.burst:]))  # fmt: skip
        return None


class PostCondition(Control):
    """After a change that failed, the next waits until somebody has looked."""

    id = "post-condition"
    title = "Post-condition check"
    gates = True
    description = (
        "A change that failed, or whose end nobody recorded, is looked at before the next change."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Ask for changes on top of one that failed and was not looked at."""
        del settings
        if past.unverified is None or deed.effect not in MUTATING:
            return None
        number, title = past.unverified
        reason = f"#{number} {title[:80]} did not end well, and nothing was looked at since"
        return Ruling(Answer.ASK, reason, "read what the last change left behind first", (number,))
