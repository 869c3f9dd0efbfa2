"""`flightlog credentials [SESSION]`: follow credentials, and what to do about them."""

from __future__ import annotations

import json

import click

from analyzer.analysis import analyze
from analyzer.chain import Chain
from analyzer.commands.chain_lines import chain_state, chain_words, verified
from analyzer.commands.following_lines import document_of, lines_of
from analyzer.commands.selection import NEWEST, chosen_session, opened
from analyzer.following import Answers, Life, answers_of
from analyzer.model import Analysis
from analyzer.timeline import parse_moment
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["command"]

LEAST_DIGITS = 4
SELECT_KNOWING = """
SELECT r.session_id FROM sightings g JOIN records r USING (seq)
WHERE g.fingerprint GLOB ? AND r.session_id <> '' AND g.role <> 'declared'
ORDER BY g.seq DESC LIMIT 1
"""


@click.command("following")
@click.argument("session", required=False)
@recording_option
@json_option
@no_verify_option
@click.option(
    "--fingerprint", "-f", metavar="FP",
    help="Only the credential whose fingerprint begins so (4 digits or more), or of that name.",
)  # fmt: skip
@click.option(
    "--at", metavar="T", help="What was held at this moment: 7.5, 1:07.5, 50%, #31 or R07."
)
def command(
    session: str | None,
    recording: str | None,
    fingerprint: str | None,
    at: str | None,
    *,
    as_json: bool,
    no_verify: bool,
) -> None:
    """Follow the credentials of a session through every session that knows them.

    Tells where each was issued, exposed, in context, copied and used, by which witness, and
    answers: which were held at a moment, which came from outside the task's own files, which met a
    new host, which were used outside their declared purpose or environment, which to rotate now and
    in which order. Only what was found by structure, by an issuer's format or as a known value
    counts.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest.

    \b
    Example:
      flightlog credentials
      flightlog credentials last --at 12.5
      flightlog credentials --fingerprint 9f2c --json | jq '.rotate'
    """
    wanted = _wanted(fingerprint)
    with opened(recording) as source:
        chain = verified(source.path, no_verify=no_verify)
        row = _session(source, session, fingerprint)
        analysis = analyze(source, row.id)
        answers = answers_of(source, analysis, at_ns=_moment(at, analysis), wanted=wanted)
    if fingerprint and not answers.lives:
        raise FlightlogError(
            f"session {row.id} knows no credential {fingerprint!r}; 'flightlog credentials' lists "
            "those that it knows"
        )
    _show(analysis, answers, chain, as_json=as_json)


def _show(analysis: Analysis, answers: Answers, chain: Chain | None, *, as_json: bool) -> None:
    if as_json:
        document = {
            **document_of(analysis, answers), "chain": chain_state(chain, analysis.session.id),
        }  # fmt: skip
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo("\n".join([chain_words(chain), *lines_of(analysis, answers)]))


def _wanted(fingerprint: str | None) -> _Wanted:
    if fingerprint is None:
        return _Wanted("")
    is_hex = all(c in "0123456789abcdef" for c in fingerprint.lower())
    if len(fingerprint) < LEAST_DIGITS:
        raise click.UsageError(f"--fingerprint needs {LEAST_DIGITS} digits or more, or a name")
    return _Wanted(fingerprint.lower() if is_hex else fingerprint)


class _Wanted:
    """Chooses credentials by the beginning of a fingerprint, or by a name."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, life: Life) -> bool:
        """Tell whether a credential is asked for."""
        names = {life.credential.name, life.declared.get("name", "")}
        return life.fingerprint.startswith(self._text) or self._text in names


def _session(source: Recording, session: str | None, fingerprint: str | None) -> SessionRow:
    """Return the session asked about; without one, the newest that knows the credential."""
    if session in {None, NEWEST} and fingerprint is not None and fingerprint.isalnum():
        rows = source.rows(SELECT_KNOWING, (f"{fingerprint.lower()}*",))
        if rows:
            return source.session(str(rows[0][0]))
    return chosen_session(source, session)


def _moment(at: str | None, analysis: Analysis) -> int | None:
    if at is None:
        return None
    try:
        return parse_moment(at, analysis)
    except ValueError as error:
        raise click.UsageError(f"--at {at}: {error}") from error
