"""`flightlog incident`: the story of a session, from its trigger to its aftermath."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping

import click

from analyzer.analysis import analyze
from analyzer.chain import Chain
from analyzer.commands.chain_lines import chain_state, chain_words, verified
from analyzer.commands.selection import chosen_session, opened
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.incident.model import Incident
from analyzer.model import Analysis
from analyzer.reports.content import Statement, Story
from analyzer.reports.story import story_of
from analyzer.rules.broken_chain import with_broken_chain
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["command"]

FORMAT = "flightlog.incident/1"


@click.command("incident")
@click.argument("session", required=False)
@recording_option
@json_option
@no_verify_option
def command(session: str | None, recording: str | None, as_json: bool, no_verify: bool) -> None:
    """Tell the story of a session: trigger, improvisation, crossing, destruction, aftermath.

    With the decisive seconds, what led to what (strong links apart from mere time), the blast
    radius, what does not fit between proposal and effect, claims against the record, and what was
    never done. SESSION is an id or the beginning of one; without it, or with `last`, the newest.

    \b
    Example:
      flightlog incident
      flightlog incident 3f2a --json
    """
    with opened(recording) as source:
        chain = verified(source.path, no_verify=no_verify)
        analysis = with_broken_chain(analyze(source, chosen_session(source, session).id), chain)
        incident = incident_of(analysis, completeness_of(source, analysis), source.blob)
    if as_json:
        click.echo(json.dumps(_document(analysis, incident, chain), indent=2, ensure_ascii=False))
        return
    click.echo(chain_words(chain))
    if analysis.reconstructed:
        click.echo(f"≈ re-enactment: {_shown(analysis.reconstructed)}")
    click.echo("\n".join(_lines(story_of(analysis, incident, _shown))))


def _lines(story: Story) -> Iterator[str]:
    yield _line(story.headline)
    for section in story.sections:
        yield ""
        yield section.title.upper()
        yield from (f"  {_line(statement)}" for statement in section.statements)


def _line(statement: Statement) -> str:
    numbers = ", ".join(f"#{n}" for n in statement.actions)
    return f"{statement.text}{f' ({numbers})' if numbers else ''}  [{statement.certainty}]"


def _document(analysis: Analysis, incident: Incident, chain: Chain | None) -> Mapping[str, object]:
    fields = {
        name: _safe(value)
        for name, value in dataclasses.asdict(incident).items()
        if name != "links"
    }
    return {
        "format": FORMAT,
        **fields,
        "strong_links": [_safe(dataclasses.asdict(link)) for link in incident.strong_links],
        "weak_links": [_safe(dataclasses.asdict(link)) for link in incident.weak_links],
        "start_ns": analysis.start_ns if analysis.session.timed else None,
        "end_ns": analysis.end_ns if analysis.session.timed else None,
        "reconstructed": _shown(analysis.reconstructed),
        "chain": chain_state(chain, analysis.session.id),
    }


def _safe(value: object) -> object:
    """Return plain JSON values with every text safe to show."""
    if isinstance(value, str):
        return _shown(str(value))
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return value


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
