"""Records and recordings for tests, made by the recorder's own code."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from recorder.location import spool_folder
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.sealing import Sealer
from recorder.service import Service
from recorder.store import Store

TOKEN = "9b2f6f0e-7e9b-4f35-8a2f-2a51c1d7c0aa"  # a made-up value in the shape of Railway's tokens


def record(
    name: str = "Bash",
    *,
    phase: Phase = Phase.POINT,
    kind: Kind = Kind.TOOL_CALL,
    session: str = "s1",
    attributes: Mapping[str, Json] | None = None,
    witness: Witness = Witness.SDK,
    ref: str = "",
) -> Record:
    """Return a record of a tool call, unless told otherwise."""
    return Record(
        witness=witness,
        phase=phase,
        kind=kind,
        name=name,
        session=session,
        ref=ref,
        t_ns=1_700_000_000_000_000_000,
        status=Status.UNSET,
        attributes=attributes or {},
    )


def write(path: Path, records: Iterable[Record], *, group: int = 10) -> Path:
    """Write a recording with a checkpoint after each group of records."""
    store = Store.open(path)
    sealer = Sealer(store.fingerprint_key, store.credentials())
    sealed = [sealer.seal(r) for r in records]
    for start in range(0, len(sealed), group):
        store.append(sealed[start : start + group], checkpoint=True)
    store.close()
    return path


def take_spool_in(path: Path) -> None:
    """Record until nothing waits in the spool: a hook seals behind itself what it noticed."""
    service = Service.start(path)
    limit = time.monotonic() + 60
    while list(spool_folder(path).glob("*")):
        assert time.monotonic() < limit, "the spool is taken in"
        time.sleep(0.02)
    service.stop()
