"""`flightlog credential seals`: what was sealed, by which detector, to find the false ones."""

from __future__ import annotations

import json
from typing import Any

import click

from recorder.commands.options import json_option, recording_option
from recorder.location import resolve_recording
from recorder.reader import Recording
from recorder.safe_text import safe_text
from recorder.waiting import waiting_at

__all__ = ["command"]

SELECT_SEALS = """
SELECT c.fingerprint, c.class, c.hint, count(*) AS times, min(g.seq) AS first,
       json_group_array(DISTINCT g.detector) AS detectors,
       (SELECT place FROM sightings f WHERE f.fingerprint = c.fingerprint
        ORDER BY seq LIMIT 1) AS place
FROM credentials c JOIN sightings g USING (fingerprint)
GROUP BY c.fingerprint ORDER BY first
"""
GUESSES = frozenset({"nearby", "prefix"})
"""Detectors that go by looks alone."""
FOLLOWS = frozenset({"known_value"})
"""Detectors that find again what another found."""


@click.command("seals")
@recording_option
@json_option
@click.option("--suspected", is_flag=True, help="Only what was sealed for its looks alone.")
def command(recording: str | None, *, as_json: bool, suspected: bool) -> None:
    """List what was sealed: class, detector, how often, and where first.

    What is no secret after all, `flightlog credential allow` lets be from then on.

    \b
    Example:
      flightlog credential seals --suspected
      flightlog credential seals --json | jq '.[] | select(.times > 100)'
    """
    with Recording.open(resolve_recording(recording)) as source:
        seals = [_seal(row) for row in source.rows(SELECT_SEALS)]
        waiting = waiting_at(source.path)
    if waiting:
        click.echo(f"note: {waiting}", err=True)
    shown = [seal for seal in seals if seal["suspected"] or not suspected]
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for seal in shown:
        doubt = "  suspected" if seal["suspected"] else ""
        click.echo(
            safe_text(
                f"{seal['fingerprint']}  {seal['class']}  {', '.join(seal['detectors'])}"
                f"  {seal['times']} times, first in record {seal['first_record']}: {seal['place']}"
                f"{doubt}"
            )
        )
    if not shown:
        click.echo("nothing was sealed", err=True)


def _seal(row: Any) -> dict[str, Any]:
    fingerprint, credential_class, hint, times, first, detectors, place = row
    found = sorted(json.loads(detectors))
    return {
        "fingerprint": fingerprint,
        "class": credential_class,
        "hint": hint,
        "times": times,
        "first_record": first,
        "place": place,
        "detectors": found,
        "suspected": bool(GUESSES & set(found)) and set(found) <= GUESSES | FOLLOWS,
    }
