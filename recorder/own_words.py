"""What the recorder says of itself: that it is there, what it lost, what the user declared."""

from __future__ import annotations

import os
import time

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Witness
from recorder.sealing.declarations import Declaration

__all__ = ["declared", "gap", "own_record"]


def own_record(
    name: str, phase: Phase, attributes: dict[str, Json], kind: Kind = Kind.LIFECYCLE
) -> Record:
    """Return a record in which the recorder speaks of itself."""
    now = time.time_ns()
    return Record(
        witness=Witness.RECORDER,
        phase=phase,
        kind=kind,
        name=name,
        t_ns=now,
        observed_ns=now,
        pid=os.getpid(),
        attributes=attributes,
    )


def declared(said: Declaration, secret: str) -> Record:
    """Return the record that tells, in one recording, what the user said of a credential.

    Args:
        said: what was declared.
        secret: its value, or the token that it has there.
    """
    told: dict[str, Json] = {
        semconv.CREDENTIAL_SECRET: secret,
        semconv.CREDENTIAL_NAME: said.name,
        semconv.CREDENTIAL_SCOPE: said.scope,
        semconv.CREDENTIAL_PURPOSE: said.purpose,
        semconv.CREDENTIAL_ENVIRONMENT: said.environment,
    }
    given: dict[str, Json] = {name: text for name, text in told.items() if text}
    return own_record("declared", Phase.POINT, given, Kind.CREDENTIAL)


def gap(number: int, reason: str) -> Record:
    """Return the record that makes lost records visible."""
    return own_record("gap", Phase.POINT, {semconv.COUNT: number, semconv.REASON: reason})
