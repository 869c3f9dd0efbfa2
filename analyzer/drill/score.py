"""Score a drill: captured, sealed, detected, exportable; each with how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.drill.incident import PATH, Played, play
from analyzer.incident import incident_of
from analyzer.model import Analysis, Severity
from analyzer.reports import REPORTERS
from analyzer.reports.build import build
from analyzer.reports.integrity import integrity_of
from recorder import semconv
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.settings.changes import Place
from recorder.capture.hook.settings.switches import hooks_off, telemetry_off
from recorder.capture.hook.settings.table import SETTINGS
from recorder.capture.hook.settings.wired import WrittenHook, written_hooks
from recorder.checkup.agents import HOOKS_ALONE, endpoint_of, named_outside
from recorder.checkup.check import Check, Verdict
from recorder.checkup.machine import check_receiver
from recorder.checkup.scratch import Scratch, scratch
from recorder.errors import FlightlogError, SessionNotFoundError
from recorder.model import Kind, Phase, Role, StoredRecord, Witness
from recorder.reader import Recording
from recorder.verify import verify

__all__ = ["drill", "wired_agents"]

RULES = frozenset({"R02", "R03"})
"""What the rules must see in it: destroyed unread, with a credential from elsewhere."""
_REPORT_IT = "report it: flightlog itself is at fault"


def wired_agents(home: Path, project: Path | None) -> list[str]:
    """Return the agents whose settings hold our hooks."""
    return [name for name in SETTINGS if _hooks(name, home, project)]


def drill(agent: str, home: Path, project: Path | None) -> list[Check]:
    """Play the incident as an agent and return the four scores.

    Args:
        agent: as `flightlog install` calls it.
        home: whose settings.
        project: a project whose own settings count too, if there is one.

    Raises:
        SettingsError: the agent's settings cannot be read.
    """
    hooks = _hooks(agent, home, project)
    title = AGENTS[agent].title
    with scratch() as ground:
        try:
            played = play(ground, agent, hooks)
        except (FlightlogError, OSError) as error:
            reason = f"the drill could not be played ({type(error).__name__})"
            return [_check(title, "captured", "", reason, "flightlog doctor")]
        scored = [
            _captured(ground, agent, played, _unheard(agent, home, project)),
            _sealed(ground, played),
            *_derived(ground, agent, played),
        ]
    return [_check(title, *score) for score in scored]


type _Score = tuple[str, str, str, str]
"""What was scored, what was expected, what was found otherwise (or empty), how to mend it."""


def _check(title: str, name: str, expected: str, wrong: str, mend: str) -> Check:
    if wrong:
        return Check("drill", f"{title}: {name}", Verdict.MEND, wrong, mend, expected)
    return Check("drill", f"{title}: {name}", Verdict.WELL, expected, "", expected)


def _hooks(agent: str, home: Path, project: Path | None) -> list[WrittenHook]:
    """Return an agent's hooks: the user's own, else the project's."""
    return written_hooks(SETTINGS[agent], Place(home)) or written_hooks(
        SETTINGS[agent], Place(home, project)
    )


def _unheard(agent: str, home: Path, project: Path | None) -> tuple[str, str] | None:
    """Return why the agent itself, which this only plays, would not be heard, and how to mend it:
    what is switched off, and an address of its telemetry at which we do not answer.
    """
    settings, places = SETTINGS[agent], dict.fromkeys((Place(home), Place(home, project)))
    if off := hooks_off(settings, places) or telemetry_off(settings, places):
        return f"switched off: {off}", "by hand, in that file"
    endpoint = endpoint_of(settings, Place(home)) or named_outside(agent)
    check = check_receiver(endpoint) if endpoint else None
    if check is None or check.verdict is Verdict.WELL:
        return None
    return check.found, check.mend


def _captured(
    ground: Scratch, agent: str, played: Played, unheard: tuple[str, str] | None
) -> _Score:
    records = ground.records()
    calls, total = _calls(records, Witness.HOOK), len(played.calls)
    counts = {
        f"{calls[Phase.START]} of {total} starts by hook": calls[Phase.START] == total,
        f"{calls[Phase.END]} of {total} ends by hook": calls[Phase.END] == total,
    }
    by, besides = "by hook", ""
    if named_outside(agent) == "":
        besides = "; telemetry only where its environment names the address"
    elif agent != HOOKS_ALONE:
        by = "by hook and by telemetry"
        told = _calls(records, Witness.OTLP)[Phase.WHOLE]
        counts[f"{told} of {total} calls by telemetry"] = told == total
    seen = sum(_is_the_request(record) for record in records)
    counts[f"{seen} of 1 requests on the wire"] = seen == 1
    expected = f"{total} calls {by}, 1 request on the wire{besides}"
    wrong = [text for text, well in counts.items() if not well]
    if wrong or played.went_wrong:
        return "captured", expected, "; ".join([*wrong, *played.went_wrong]), _install(agent)
    if unheard is not None:
        return "captured", expected, *unheard
    return "captured", expected, "", ""


def _install(agent: str) -> str:
    return f"flightlog install {agent}"


def _calls(records: Sequence[StoredRecord], witness: Witness) -> dict[Phase, int]:
    return {
        phase: len({
            record.ref or record.id
            for record in records
            if record.kind is Kind.TOOL_CALL
            and record.witness is witness
            and record.phase is phase
        })
        for phase in Phase
    }  # fmt: skip


def _is_the_request(record: StoredRecord) -> bool:
    return (
        record.witness is Witness.PROXY
        and record.phase is Phase.START
        and record.attributes.get(semconv.URL_PATH) == PATH
    )


def _sealed(ground: Scratch, played: Played) -> _Score:
    leaked = played.secret.encode() in ground.bytes_at_rest()
    wrong = "the credential lies in the clear" if leaked else ""
    expected = "the credential nowhere in the clear"
    return "sealed", expected, wrong, f"do not record with this set-up; {_REPORT_IT}"


def _derived(ground: Scratch, agent: str, played: Played) -> Iterator[_Score]:
    expected = "the token followed from its file to the deletion: " + " and ".join(sorted(RULES))
    try:
        with Recording.open(ground.recording) as recording:
            analysis = analyze(recording, played.session)
            yield "detected", expected, _undetected(analysis), _install(agent)
            yield _exportable(recording, analysis, played)
    except (FlightlogError, SessionNotFoundError):
        nothing = "there is no session of the drill"
        yield "detected", expected, nothing, _install(agent)
        yield "exportable", "a report and a verified recording", nothing, _install(agent)


def _undetected(analysis: Analysis) -> str:
    found = {f.rule for f in analysis.findings if f.severity >= Severity.HIGH}
    missing = sorted(RULES - found)
    followed = any(
        {Role.EXPOSED, Role.USED} <= {s.role for s in credential.sightings}
        for credential in analysis.credentials
    )
    wrong = [f"{', '.join(missing)} did not find it"] if missing else []
    if not followed:
        wrong.append("the credential was not followed from the file to the request")
    return "; ".join(wrong)


def _exportable(recording: Recording, analysis: Analysis, played: Played) -> _Score:
    report = verify(recording.path)
    completeness = completeness_of(recording, analysis)
    content = build(
        analysis,
        completeness,
        incident_of(analysis, completeness, recording.blob),
        recording=recording.path.name,
        meta=recording.meta,
        integrity=integrity_of(report),
    )
    wrong = [] if report.ok else ["the recording does not verify"]
    for style, render in REPORTERS.items():
        text = render(content)
        if "volumeDelete" not in text:
            wrong.append(f"the {style} report does not name the deletion")
        if played.secret in text:
            wrong.append(f"the {style} report shows the credential")
    expected = f"a verified recording and its reports in {', '.join(REPORTERS)}"
    return "exportable", expected, "; ".join(wrong), _REPORT_IT
