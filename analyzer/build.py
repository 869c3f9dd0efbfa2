"""Make an action of its draft: how it ended, its title, what was said, what does not fit."""

from __future__ import annotations

from dataclasses import replace

from analyzer.decisions import decision_of
from analyzer.drafts import Draft
from analyzer.model import Action, Join, Outcome
from analyzer.outcomes import DENIED, content_error_of, exit_code_of, is_denied, outcome_of
from analyzer.sightings import Setting, sightings_of
from analyzer.statements import contradictions_of
from analyzer.texts import Blobs, Texts, as_text
from analyzer.titles import title_of
from recorder import semconv
from recorder.model import Kind, Status

__all__ = ["action_of"]

RUNS_A_PROCESS = frozenset({Kind.TOOL_CALL, Kind.PROCESS})
WENT_WRONG = frozenset({Outcome.FAILED, Outcome.REFUSED})


def action_of(draft: Draft, session: str, cwd: str, blobs: Blobs, *, join: Join | None) -> Action:
    """Return the action that a draft's records tell of.

    Args:
        draft: the records' words.
        session: the session that the action belongs to.
        cwd: its working directory.
        blobs: where large values come from.
        join: why it stands inside another action.
    """
    first = draft.first
    texts = Texts(draft.attributes, draft.blob_of, blobs)
    kind, name = draft.kind, draft.teller.name
    said = tuple(sorted(draft.said, key=lambda s: s.seq))
    decision = decision_of(said)
    if decision is not None and kind is Kind.APPROVAL:
        # Not that it was asked for: how it was decided, whichever record came last.
        name = decision.decision
        said_so = {**texts.attributes, semconv.APPROVAL_DECISION: name}
        texts = replace(texts, attributes=said_so)
    end_ns = draft.finished_ns
    denied = kind is Kind.TOOL_CALL and is_denied(
        decision.decision if decision else "", draft.status, texts
    )
    if kind is Kind.API_REQUEST:
        # A guard in the proxy did not let it go upstream; a server's refusal has a status.
        denied = texts.attributes.get(semconv.ERROR_TYPE) == DENIED
    outcome = outcome_of(kind, draft.status, texts, ended=end_ns is not None)
    if denied:
        outcome = Outcome.DENIED
    elif outcome is Outcome.OPEN and draft.given_up:
        outcome = Outcome.NO_RESULT
    setting = Setting(first.seq, kind, draft.teller.name, texts, cwd, was_denied=denied)
    says_more = kind is Kind.TOOL_CALL or outcome in WENT_WRONG
    return Action(
        id=first.seq,
        session=session,
        kind=kind,
        name=name,
        title=title_of(kind, name, texts, outcome),
        start_ns=draft.start_ns,
        end_ns=end_ns,
        is_begun=draft.is_begun,
        is_end_timed=draft.only_points or draft.is_end_timed,
        outcome=outcome,
        exit_code=exit_code_of(texts) if kind in RUNS_A_PROCESS else None,
        attributes=texts.attributes,
        blob_of=texts.blob_of,
        records=tuple(draft.records),
        witnesses=tuple(draft.witnesses),
        said=said,
        links=tuple(draft.links),
        contradictions=contradictions_of(said),
        silences=tuple(draft.silences),
        decision=decision,
        transport=draft.status if end_ns is not None else Status.UNSET,
        content_error=content_error_of(kind, texts) if says_more else "",
        join=join,
        sightings=sightings_of(setting, draft.seals),
        reconstructed=as_text(draft.attributes.get(semconv.RECONSTRUCTED)),
        pid=draft.pid,
        span_id=draft.span_id,
        trace_id=draft.trace_id,
    )
