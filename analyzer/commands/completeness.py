"""`flightlog completeness`: which witness saw what of a session, and what is missing."""

from __future__ import annotations

import dataclasses
import json

import click

from analyzer.analysis import analyze
from analyzer.chain import Chain
from analyzer.commands.chain_lines import chain_state, chain_words, verified
from analyzer.commands.selection import chosen_session, opened
from analyzer.completeness import Completeness, completeness_of
from analyzer.model import Analysis
from analyzer.reports.record_holes import statements_of
from analyzer.testimony import Certainty
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.safe_text import safe_text, shorten_seals

LISTED = 12
"""Action numbers in a line."""
FORMAT = "flightlog.completeness/1"


@click.command("completeness")
@click.argument("session", required=False)
@recording_option
@json_option
@no_verify_option
def command(session: str | None, recording: str | None, as_json: bool, no_verify: bool) -> None:
    """Show which witness saw what of a session: twice, once, claimed only, never declared.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest. Numbers (#12)
    are actions, as in the replay and the report.

    \b
    Example:
      flightlog completeness
      flightlog completeness last --json | jq '.unwitnessed'
    """
    with opened(recording) as source:
        chain = verified(source.path, no_verify=no_verify)
        analysis = analyze(source, chosen_session(source, session).id)
        record = completeness_of(source, analysis)
    if as_json:
        click.echo(json.dumps(_document(analysis, record, chain), indent=2))
    else:
        click.echo("\n".join([chain_words(chain), *_lines(analysis, record)]))


def _lines(analysis: Analysis, record: Completeness) -> list[str]:
    lines = [f"session {safe_text(analysis.session.id)}"]
    for statement in statements_of(record):
        if statement.text.startswith("0 "):
            continue
        numbers = " ".join(f"#{n}" for n in statement.actions[:LISTED])
        more = f" and {rest} more" if (rest := len(statement.actions) - LISTED) > 0 else ""
        tail = f"  {numbers}{more}" if numbers else ""
        lines.append(f"  {statement.text}{tail}  [{statement.certainty}]")
    return lines + _disputes(analysis)


def _disputes(analysis: Analysis) -> list[str]:
    """Return what does not go together, action by action."""
    lines = []
    for action in analysis.actions:
        lines += [
            f"#{action.id} {dispute.facet.value}: {_shown(dispute.text)}  [{Certainty.OBSERVED}]"
            for dispute in action.contradictions
        ]
        for silence in action.silences:
            hook = _shown(silence.hook)
            lines.append(
                f"#{action.id} hook {hook} did not answer ({silence.how}, record {silence.seq})"
                f"  [{silence.certainty.value}]"
            )
    return lines


def _document(analysis: Analysis, record: Completeness, chain: Chain | None) -> dict[str, object]:
    document = dataclasses.asdict(record)
    document["unwitnessed"] = [
        {"action": claim.action, "host": safe_text(claim.host)} for claim in record.unwitnessed
    ]
    document["notes"] = [
        {"seq": note.seq, "name": safe_text(note.name), "text": _shown(note.text)}
        for note in record.notes
    ]
    disputes = [
        {
            "action": action.id,
            "about": contradiction.facet.value,
            "text": _shown(contradiction.text),
            "records": [side.seq for side in contradiction.sides],
        }
        for action in analysis.actions
        for contradiction in action.contradictions
    ]
    return {
        "format": FORMAT,
        "session": safe_text(analysis.session.id),
        "chain": chain_state(chain, analysis.session.id),
        **document,
        "missed_inside": record.missed_inside,
        "disputes": disputes,
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
