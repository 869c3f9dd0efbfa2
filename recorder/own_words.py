"""What the recorder says of itself: that it is there, what it lost, what the user declared."""

from __future__ import annotations

import os
import time

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Witness
from recorder.sealing.recall import Met

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


def declared(met: Met) -> Record:
    """Return the record that tells, in this recording, what the user said of a credential."""
    said = met.declaration
    told: dict[str, Json] = {
        semconv.CREDENTIAL_SECRET: met.token,
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
