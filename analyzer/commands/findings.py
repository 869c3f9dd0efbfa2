"""`flightlog findings`: what the rules found in a session; for people and for CI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from analyzer.analysis import analyze
from analyzer.casefile import CaseFile, Entry, Sort
from analyzer.chain import Chain
from analyzer.commands.chain_lines import chain_state, chain_words, verified
from analyzer.commands.colour import painted
from analyzer.commands.filters import filter_option
from analyzer.commands.rules import rules_option
from analyzer.commands.selection import chosen_session, opened
from analyzer.filters import Filter, Scope, finding_subjects
from analyzer.model import Analysis, Finding, Severity
from analyzer.rules import rules_of
from analyzer.rules.broken_chain import with_broken_chain
from analyzer.timeline import offset_of
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.safe_text import safe_text, shorten_seals

type Decisions = Mapping[tuple[str, int], Entry]
"""Rule and action -> what an investigator decided on that finding."""
LEVELS = tuple(severity.name.lower() for severity in Severity)


@click.command("findings")
@click.argument("session", required=False)
@recording_option
@json_option
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    help="End with 1 when something at least this severe was found, chosen and not dismissed.",
)
@filter_option(Scope.FINDINGS)
@click.option(
    "--dismiss",
    metavar="RULE#ACTION",
    help="Note in the case file, with who and when, that this finding does not matter here.",
)
@click.option("--why", help="The reason for --dismiss; it is kept with it.")
@rules_option
@no_verify_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one for each option
    context: click.Context,
    session: str | None,
    recording: str | None,
    as_json: bool,
    fail_on: str | None,
    chosen: Filter,
    dismiss: str | None,
    why: str | None,
    folders: tuple[Path, ...],
    no_verify: bool,
) -> None:
    """List what the rules found in a session, in order of time.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest.

    \b
    Example:
      flightlog findings
      flightlog findings --fail-on high
      flightlog findings --filter "sev>=high -rule:R24"
      flightlog findings --dismiss R24#44 --why "the script is meant to do that"
    """
    rules = rules_of(folders)
    for broken in rules.broken:
        click.echo(f"broken rule, left out: {safe_text(str(broken))}", err=True)
    with opened(recording) as source:
        chain = verified(source.path, no_verify=no_verify)
        analysis = analyze(source, chosen_session(source, session).id, rules)
    analysis = with_broken_chain(analysis, chain)
    case = CaseFile(source.path)
    if dismiss is not None:
        _dismiss(case, analysis, dismiss, why or "")
    decided = case.decisions(analysis.session.id)
    all_found = len(analysis.findings)
    kept = tuple(
        found
        for found, seen in finding_subjects(analysis, case.remarks(analysis.session.id))
        if chosen.fits(seen)
    )
    analysis = replace(analysis, findings=kept)
    if as_json:
        found = [_document(analysis, f, chain, decided) for f in analysis.findings]
        click.echo(json.dumps(found, indent=2))
    elif analysis.findings:
        click.echo(chain_words(chain))
        click.echo("\n".join(_lines(analysis, decided)))
    elif all_found:
        click.echo(f"the filter hides all {all_found} findings: {chosen.words}", err=True)
    else:
        click.echo(f"the rules found nothing in session {safe_text(analysis.session.id)}", err=True)
    counted = [f for f in analysis.findings if not _is_dismissed(f, decided)]
    if fail_on and any(f.severity >= Severity[fail_on.upper()] for f in counted):
        context.exit(1)


def _dismiss(case: CaseFile, analysis: Analysis, named: str, why: str) -> None:
    if not why.strip():
        raise click.UsageError("--dismiss needs --why: the reason is what others will read")
    found = {f"{f.rule}#{f.action}".lower(): f for f in analysis.findings}
    finding = found.get(named.lower())
    if finding is None:
        raise click.UsageError(f"--dismiss {named}: no such finding in this session")
    session = analysis.session.id
    case.add(session, finding.action, Sort.DISMISSED, why, rule=finding.rule)


def _is_dismissed(finding: Finding, decided: Decisions) -> bool:
    decision = decided.get((finding.rule, finding.action))
    return decision is not None and decision.sort is Sort.DISMISSED


def _lines(analysis: Analysis, decided: Decisions) -> list[str]:
    if not analysis.reconstructed:
        head = []
    else:
        head = [f"≈ re-enactment: {_shown(analysis.reconstructed)}"]
    return head + [
        line for finding in analysis.findings for line in _entry(analysis, finding, decided)
    ]


def _entry(analysis: Analysis, finding: Finding, decided: Decisions) -> list[str]:
    at = offset_of(analysis, finding.t_ns)
    letter = painted(finding.severity.letter, finding.severity)
    decision = decided.get((finding.rule, finding.action))
    said = [f"       {_shown(_decision(decision))}"] if decision else []
    return [
        f"{letter} {finding.rule}  {at}  #{finding.action}  {finding.title}",
        f"       {_shown(finding.reason)}  [{finding.certainty.value}, {_strength(finding)}]",
        *said,
    ]


def _strength(finding: Finding) -> str:
    return "strong" if finding.strong else "weak"


def _decision(entry: Entry) -> str:
    reason = f": {entry.text}" if entry.text else ""
    return f"{entry.sort.value} by {entry.who}{reason}"


def _document(
    analysis: Analysis, finding: Finding, chain: Chain | None, decided: Decisions
) -> dict[str, object]:
    decision = decided.get((finding.rule, finding.action))
    return {
        "decision": _shown(_decision(decision)) if decision else "",
        "session": safe_text(analysis.session.id),
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity.name.lower(),
        "certainty": finding.certainty.value,
        "strength": _strength(finding),
        "reason": _shown(finding.reason),
        "t_ns": finding.t_ns if analysis.session.timed else None,
        "action": finding.action,
        "evidence": list(finding.evidence),
        "fingerprint": finding.fingerprint,
        "tags": list(finding.tags),
        "reconstructed": _shown(analysis.reconstructed),
        "chain": chain_state(chain, analysis.session.id),
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
