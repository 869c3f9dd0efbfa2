"""`flightlog report`: the story of a session, with its evidence."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.analysis import analyze
from analyzer.casefile import CaseFile
from analyzer.chain import chain_in
from analyzer.commands.filters import filter_option
from analyzer.commands.selection import chosen_session, opened
from analyzer.completeness import completeness_of
from analyzer.filters import Filter, Scope
from analyzer.incident import incident_of
from analyzer.reports import REPORTERS, build
from analyzer.reports.evidence import refuse_evidence
from analyzer.reports.integrity import NOT_VERIFIED, integrity_of
from analyzer.rules.broken_chain import with_broken_chain
from recorder.commands.options import recording_option
from recorder.errors import FlightlogError
from recorder.safe_text import safe_text
from recorder.verify import verify


@click.command("report")
@click.argument("session", required=False)
@recording_option
@click.option(
    "--format",
    "style",
    type=click.Choice(tuple(REPORTERS)),
    default=next(iter(REPORTERS)),
    show_default=True,
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write to this file; - is standard output.",
)
@filter_option(Scope.ACTIONS)
@click.option("--no-verify", is_flag=True, help="Leave the recording unverified, and say so.")
def command(
    session: str | None,
    recording: str | None,
    style: str,
    output: Path | None,
    chosen: Filter,
    no_verify: bool,
) -> None:
    """Write the timeline report of a session.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest. Every
    statement says whether it was observed, inferred or reconstructed, and on which actions it
    stands. A filter chooses the lines of the timeline and the findings; the rest of the report, and
    what the rules see, is the whole session.

    \b
    Example:
      flightlog report
      flightlog report 3f2a --format html --output wipe.html
      flightlog report --filter "failed or destroys"
    """
    with opened(recording) as source:
        if output is not None:
            refuse_evidence(output, source.path)
        row = chosen_session(source, session)
        verified = None if no_verify else verify(source.path)
        chain = chain_in(verified) if verified else None
        analysis = with_broken_chain(analyze(source, row.id), chain)
        completeness = completeness_of(source, analysis)
        content = build(
            analysis,
            completeness,
            incident_of(analysis, completeness, source.blob),
            recording=source.path.name,
            meta=source.meta,
            chosen=chosen,
            entries=CaseFile(source.path).entries(row.id),
            integrity=integrity_of(verified) if verified else NOT_VERIFIED,
        )
    text = REPORTERS[style](content)
    if output is None or output == Path("-"):
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FlightlogError(f"cannot write {output}: {error.strerror or error}") from error
    click.echo(f"wrote {safe_text(str(output))}", err=True)
