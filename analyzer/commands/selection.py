"""Which session of which recording a command works on, and how it is opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from analyzer.outside.witnesses import is_outside
from recorder.errors import SessionNotFoundError
from recorder.location import resolve_recording
from recorder.model import SessionRow
from recorder.reader import Recording
from recorder.waiting import waiting_at

__all__ = ["NEWEST", "chosen_session", "newest_first", "opened"]

NEWEST = "last"
"""Stands for the newest session where an id is expected."""


@contextmanager
def opened(value: str | None) -> Iterator[Recording]:
    """Open the recording that a `--recording` value means; say at the end what waits beside it."""
    with Recording.open(resolve_recording(value)) as recording:
        yield recording
        if words := waiting_at(recording.path):
            click.echo(f"note: {words}", err=True)


def chosen_session(recording: Recording, session: str | None) -> SessionRow:
    """Return the session with an id or the beginning of one; without, the newest of an agent.

    What a cloud's log or a capture of the wire was filed under is no agent's; it is the newest only
    where there is nothing else.

    Raises:
        SessionNotFoundError: there is none, or several fit.
    """
    if session is not None and session != NEWEST:
        return recording.session(session)
    rows = newest_first(recording.sessions())
    if not rows:
        if words := waiting_at(recording.path):
            raise SessionNotFoundError(f"{recording.path} holds no session yet; {words}")
        raise SessionNotFoundError(
            f"{recording.path} holds no session yet; record one with 'flightlog demo'"
        )
    return next((row for row in rows if not is_outside(row)), rows[0])


def newest_first(rows: Sequence[SessionRow]) -> list[SessionRow]:
    """Return sessions by when they began, the newest first; what has no time when it was read."""
    return sorted(rows, key=lambda row: (row.start_ns, row.first_seq), reverse=True)
