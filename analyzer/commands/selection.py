"""Which session of which recording a command works on, and how it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recorder.errors import SessionNotFoundError
from recorder.location import resolve_recording
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["NEWEST", "chosen_session", "opened"]

NEWEST = "last"
"""Stands for the newest session where an id is expected."""


@contextmanager
def opened(value: str | None) -> Iterator[Recording]:
    """Open the recording that a `--recording` value means."""
    with Recording.open(resolve_recording(value)) as recording:
        yield recording


def chosen_session(recording: Recording, session: str | None) -> SessionRow:
    """Return the session with an id or the beginning of one; the newest without.

    Raises:
        SessionNotFoundError: there is none, or several fit.
    """
    if session is not None and session != NEWEST:
        return recording.session(session)
    rows = recording.sessions()
    if not rows:
        raise SessionNotFoundError(
            f"{recording.path} holds no session yet; record one with 'flightlog demo'"
        )
    return rows[-1]
