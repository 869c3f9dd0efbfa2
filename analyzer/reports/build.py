"""Put a report together from an analysis; nothing here knows a format.

All recorded text passes `safe_text` here, once, so that no reporter can forget it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from analyzer.casefile import Entry, remarks_of
from analyzer.completeness import Completeness, blind_spots
from analyzer.filters import Filter, finding_subjects, subjects_of
from analyzer.frames import actions_frame, effort_of
from analyzer.incident.model import Incident
from analyzer.model import Action, Analysis, Credential, Effect, Finding, Outcome, Severity
from analyzer.reports.content import (
    UNTIMED,
    CaseEntry,
    Chain,
    Effort,
    Evidence,
    FindingEntry,
    Integrity,
    ReportContent,
    Second,
    SightingEntry,
    Statement,
    TimelineEntry,
)
from analyzer.reports.moments import moments_of
from analyzer.reports.record_holes import statements_of
from analyzer.reports.story import story_of
from analyzer.reports.testimony import disputes_of, testimony_of
from analyzer.rules import about_of
from analyzer.testimony import Certainty
from analyzer.timeline import format_length, length_of, offset_of
from recorder.counted import counted
from recorder.model import Kind
from recorder.reader import Meta
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["build", "shown"]

SECOND = 1_000_000_000
EVERYTHING = Filter()
CLAIMS = frozenset({Kind.MODEL_CALL, Kind.PROMPT})
EFFECT_WORDS: Mapping[Effect, str] = {
    Effect.READ: "only reads",
    Effect.WRITE: "creates or changes something",
    Effect.D1: "destroys data",
    Effect.D2: "destroys recovery copies",
    Effect.D3: "destroys a container with all that is in it",
    Effect.D4: "overwrites",
    Effect.D5: "disables a guard",
    Effect.D6: "cuts access",
    Effect.C1: "searches for credentials",
    Effect.C2: "brings a credential into the agent's context",
    Effect.C3: "uses a credential",
    Effect.C4: "uses a credential outside its purpose",
    Effect.X1: "sends data out",
    Effect.X2: "launches an agent without approvals",
    Effect.X3: "acts after being stopped",
    Effect.UNKNOWN: "not known; never to be read as harmless",
}
POINTS = frozenset({Kind.PROMPT, Kind.APPROVAL, Kind.LIFECYCLE})
DOING = frozenset({Kind.TOOL_CALL, Kind.API_REQUEST})


def build(
    analysis: Analysis,
    completeness: Completeness,
    incident: Incident,
    *,
    recording: str,
    meta: Meta,
    integrity: Integrity,
    chosen: Filter = EVERYTHING,
    entries: Sequence[Entry] = (),
) -> ReportContent:
    """Return the report of a session.

    Args:
        analysis: the session.
        completeness: of its record.
        incident: its story.
        recording: the recording's file name.
        meta: what the recording says of itself.
        integrity: what verification found.
        chosen: which actions stand in the timeline, and which findings are told.
        entries: what the case file says of the session.
    """
    row = analysis.session
    said = remarks_of(entries)
    kept = frozenset(
        s.action.id for s in subjects_of(analysis, said) if s.action and chosen.fits(s)
    )
    found = tuple(f for f, subject in finding_subjects(analysis, said) if chosen.fits(subject))
    return ReportContent(
        title=f"Session {shown(row.id[:12])} of {shown(row.agent) or 'an unnamed agent'}",
        recording=shown(recording),
        log_id=meta.log_id,
        session=shown(row.id),
        agent=shown(f"{row.agent} {row.agent_version}".strip()),
        model=shown(row.model),
        host=shown(row.host),
        user=shown(row.user),
        cwd=shown(row.cwd),
        start=clock(analysis.start_ns) if row.timed else UNTIMED,
        end=clock(analysis.end_ns) if row.timed else UNTIMED,
        duration=format_length(analysis.end_ns - analysis.start_ns) if row.timed else UNTIMED,
        ended=row.ended,
        integrity=integrity,
        reconstructed=shown(analysis.reconstructed),
        reconstructed_actions=tuple(
            _evidence(analysis, a)
            for a in analysis.actions
            if a.reconstructed and a.kind is not Kind.LIFECYCLE
        ),
        effects=tuple(
            (effect.value, EFFECT_WORDS[effect])
            for effect in sorted({a.judgement.effect for a in analysis.actions if a.kind in DOING})
        ),
        summary=tuple(_summary(analysis, completeness)),
        story=story_of(analysis, incident, shown),
        filter=_filter(analysis, chosen, len(kept), len(found)),
        findings=tuple(_finding(analysis, f) for f in found),
        case=tuple(_case_entry(analysis, entry) for entry in entries),
        disputes=tuple(disputes_of(analysis, shown)),
        credentials=tuple(_chain(analysis, c) for c in analysis.credentials),
        timeline=tuple(_timeline(analysis, kept)),
        moments=moments_of(analysis, shown),
        effort=tuple(_effort(analysis)),
        completeness=statements_of(completeness),
        blind_spots=blind_spots(analysis),
    )


def shown(text: str) -> str:
    """Return recorded text as a report may show it: one line, no control codes, short seals."""
    return shorten_seals(safe_text(text))


def clock(t_ns: int) -> str:
    """Return a moment as UTC to the millisecond."""
    moment = datetime.fromtimestamp(t_ns // SECOND, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{t_ns % SECOND // 1_000_000:03d} UTC"


def _offset(analysis: Analysis, t_ns: int) -> str:
    return offset_of(analysis, t_ns)


def _certainty(action: Action) -> str:
    """Return how it is known that an action happened."""
    return action.certainty.value


def _evidence(analysis: Analysis, action: Action) -> Evidence:
    return Evidence(
        action=action.id,
        time=_offset(analysis, action.start_ns),
        title=shown(action.title),
        certainty=_certainty(action),
        known_by=action.known_by,
        reconstructed=shown(action.reconstructed),
    )


def _finding(analysis: Analysis, finding: Finding) -> FindingEntry:
    by_id = {a.id: a for a in analysis.actions}
    rule = about_of(finding)
    return FindingEntry(
        rule=finding.rule,
        title=finding.title,
        severity=finding.severity.name.lower(),
        letter=finding.severity.letter,
        time=_offset(analysis, finding.t_ns),
        reason=shown(finding.reason),
        certainty=finding.certainty.value,
        tags=finding.tags,
        evidence=tuple(_evidence(analysis, by_id[n]) for n in finding.evidence if n in by_id),
        description=rule.description,
        false_positives=rule.false_positives,
    )


def _case_entry(analysis: Analysis, entry: Entry) -> CaseEntry:
    starts = {action.id: action.start_ns for action in analysis.actions}
    at = starts.get(entry.action)
    return CaseEntry(
        action=entry.action,
        time="" if at is None else _offset(analysis, at),
        sort=entry.sort.value,
        rule=entry.rule,
        text=shown(entry.text),
        who=shown(entry.who),
        at=clock(entry.at_ns),
    )


def _chain(analysis: Analysis, credential: Credential) -> Chain:
    return Chain(
        name=shown(credential.name),
        fingerprint=credential.fingerprint,
        scope=credential.scope,
        scope_basis=shown(credential.scope_basis),
        sightings=tuple(
            SightingEntry(
                action=s.action,
                time=_offset(analysis, s.t_ns),
                role=s.role.value,
                place=shown(s.place),
                host=shown(s.host),
                certainty=s.certainty.value,
            )
            for s in credential.sightings
        ),
    )


def _filter(analysis: Analysis, chosen: Filter, actions: int, findings: int) -> str:
    if chosen.is_empty:
        return ""
    return shown(
        f"{chosen.words}. It keeps {actions} of {len(analysis.actions)} actions in the "
        f"timeline and {findings} of {len(analysis.findings)} findings; all else tells of the "
        "whole session."
    )


def _timeline(analysis: Analysis, kept: frozenset[int]) -> Iterable[Second]:
    marks: dict[int, Severity] = {}
    for finding in analysis.findings:
        marks[finding.action] = max(finding.severity, marks.get(finding.action, Severity.LOW))
    depths: dict[int, int] = {}
    entries = []
    for action in analysis.actions:
        if action.kind is Kind.LIFECYCLE and action.name == "session":
            continue
        parent = action.join.parent if action.join else None
        depths[action.id] = depths[parent] + 1 if parent in depths else 0
        if action.id not in kept:
            continue
        entries.append((action, _entry(analysis, action, depths[action.id], marks)))
    by_second = groupby(entries, key=lambda pair: (pair[0].start_ns - analysis.start_ns) // SECOND)
    for second, group in by_second:
        time = offset_of(analysis, analysis.start_ns + second * SECOND)[:-2]
        yield Second(time, tuple(entry for _, entry in group))


def _entry(
    analysis: Analysis, action: Action, depth: int, marks: dict[int, Severity]
) -> TimelineEntry:
    join = action.join
    return TimelineEntry(
        action=action.id,
        time=_offset(analysis, action.start_ns),
        depth=min(depth, 4),
        kind=action.kind.value.replace("_", " "),
        title=shown(action.title),
        outcome=action.outcome.value,
        duration=length_of(action) if _is_worth_telling(action) else "",
        effect=action.judgement.effect.value if action.kind in DOING else "",
        mark=marks[action.id].letter if action.id in marks else "",
        join=f"in #{join.parent} by {join.basis} ({join.certainty.value})"
        if join and depth
        else "",
        certainty=_certainty(action),
        known_by=action.known_by,
        reconstructed=shown(action.reconstructed),
        is_claim=action.kind in CLAIMS,
        **testimony_of(action, shown),
    )


def _is_worth_telling(action: Action) -> bool:
    """Tell whether an action's duration says anything: it has one, lacks it, or is still open."""
    if action.duration_ns is None:
        lacks_it = action.end_ns is not None and action.kind not in POINTS
        return lacks_it or action.outcome is Outcome.OPEN
    return action.duration_ns != 0


def _summary(analysis: Analysis, completeness: Completeness) -> Iterable[Statement]:
    actions = analysis.actions
    count = Counter(a.kind for a in actions)
    length = format_length(analysis.end_ns - analysis.start_ns)
    text = (
        f"Recorded {f'in {length}' if analysis.session.timed else 'without times'}: "
        f"{counted(count[Kind.TOOL_CALL], 'tool call')}, "
        f"{counted(count[Kind.API_REQUEST], 'API request')}, "
        f"{counted(count[Kind.MODEL_CALL], 'model turn')}, "
        f"{counted(count[Kind.PROMPT], 'prompt')}, {counted(count[Kind.APPROVAL], 'approval')}."
    )
    yield Statement(text, Certainty.OBSERVED.value)
    refused = [a.id for a in actions if a.outcome is Outcome.REFUSED]
    if refused:
        text = f"Refused: {counted(len(refused), 'request')}."
        is_inferred = any(number < 0 for number in refused)
        known = Certainty.INFERRED if is_inferred else Certainty.OBSERVED
        yield Statement(text, known.value, tuple(refused))
    for action in actions:
        if action.kind is Kind.API_REQUEST and action.judgement.effect.destroys:
            yield _destruction(analysis, action)
    worst = Counter(f.severity for f in analysis.findings)
    if worst:
        levels = ", ".join(f"{worst[s]} {s.name.lower()}" for s in sorted(worst, reverse=True))
        numbers = tuple(dict.fromkeys(f.action for f in analysis.findings))
        yield Statement(f"The rules found: {levels}.", Certainty.INFERRED.value, numbers)
    else:
        yield Statement("The rules found nothing.", Certainty.INFERRED.value)
    disputed, unheard = completeness.contradictions, completeness.no_result
    if disputed:
        text = f"Not all can be true that is said of {counted(len(disputed), 'action')}."
        yield Statement(text, Certainty.OBSERVED.value, disputed)
    if unheard:
        text = f"No result recorded, and the agent went on: {counted(len(unheard), 'call')}."
        yield Statement(text, Certainty.INFERRED.value, unheard)
    if completeness.open:
        text = f"Without a recorded end: {counted(len(completeness.open), 'action')}."
        yield Statement(text, Certainty.OBSERVED.value, completeness.open)


def _destruction(analysis: Analysis, action: Action) -> Statement:
    judgement = action.judgement
    what = {
        Outcome.OK: "was answered with success",
        Outcome.OPEN: "has no recorded answer",
        Outcome.REFUSED: "was refused",
        Outcome.FAILED: "failed",
        Outcome.DENIED: "was denied on the agent's side",
        Outcome.NO_RESULT: "has no recorded result",
    }[action.outcome]
    named = " ".join(filter(None, (judgement.target_type, judgement.target_id)))
    target = f" on {named}" if named else ""
    text = (
        f"At {_offset(analysis, action.start_ns)} {judgement.operation} "
        f"({judgement.effect.value}){target} {what}; "
        f"environment then known to the agent: {judgement.environment}."
    )
    return Statement(shown(text), _certainty(action), (action.id,))


def _effort(analysis: Analysis) -> Iterable[Effort]:
    for row in effort_of(actions_frame(analysis)).to_dict("records"):
        yield Effort(
            kind=str(row["kind"]).replace("_", " "),
            name=str(row["name"]),
            count=int(row["count"]),
            failed=int(row["failed"]),
            open=int(row["open"]),
            seconds=round(float(row["seconds"]), 3),
        )
