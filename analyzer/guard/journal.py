"""Each decision as a record: what was asked, what each control said, what was answered.

What holds an action is an approval's denial or request, so that the action is told to be denied;
what lets it go on is a note, never an approval: a guard's silence is nobody's consent.
"""

from __future__ import annotations

from analyzer.controls.ruling import Answer
from analyzer.guard.watch import Decided
from recorder import semconv
from recorder.guarding.place import Mode
from recorder.model import Json, Kind, Phase, Record, StoredRecord, Witness

__all__ = ["GUARD", "record_of"]

GUARD = "flightlog guard"
"""Who decided, as approvals label it."""
MAX_TEXT = 2_000
_WORDS = {Answer.ASK: "requested", Answer.DENY: "denied"}


def record_of(decided: Decided, mode: Mode, duration_ms: float) -> Record:
    """Return the record of a decision."""
    about = decided.about
    holds = mode is Mode.ENFORCE and decided.answer is not Answer.ALLOW
    said: dict[str, Json] = {
        semconv.GUARD_ANSWER: decided.answer.value,
        semconv.GUARD_MODE: mode.value,
        semconv.GUARD_MS: round(duration_ms, 3),
    }
    if decided.rulings:
        said[semconv.GUARD_RULINGS] = [
            f"{name}: {ruling.answer}: {ruling.reason}"[:MAX_TEXT]
            for name, ruling in decided.rulings
        ]
    if decided.reason:
        said[semconv.REASON] = decided.reason[:MAX_TEXT]
    if about is not None:
        said[semconv.GUARD_ABOUT] = about.seq
    if holds:
        said[semconv.APPROVAL_DECISION] = _WORDS[decided.answer]
        said[semconv.APPROVAL_BY] = GUARD
        if about is not None:
            said[semconv.APPROVAL_SUBJECT] = about.name
    return Record(
        witness=about.witness if about is not None else Witness.HOOK,
        phase=Phase.POINT,
        kind=Kind.APPROVAL if holds else Kind.LIFECYCLE,
        name=_WORDS[decided.answer] if holds else "guard",
        session=about.session if about is not None else "",
        run=about.run if about is not None else "",
        ref=_ref(about) if holds else "",
        attributes=said,
    )


def _ref(about: StoredRecord | None) -> str:
    """Return the id of the call that is held; a request on the wire says so itself."""
    return about.ref if about is not None and about.kind is Kind.TOOL_CALL else ""
