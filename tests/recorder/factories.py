"""Records and recordings for tests, made by the recorder's own code."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from recorder.location import spool_folder
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.sealing import Sealer
from recorder.service import Service
from recorder.store import Store
from recorder.writer import Writer

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


def stuck_writer(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Let recorders get stuck in sealing, and not be waited for when they are told to stop.

    Returns:
        what is set when one is, and what lets it go on.
    """
    is_stuck, may_go_on = threading.Event(), threading.Event()
    seal, stop = Sealer.seal_ready, Writer.stop

    def stuck(self: Sealer, given: Record, *rest: object) -> object:
        if threading.current_thread().name == "flightlog-writer" and not may_go_on.is_set():
            is_stuck.set()
            may_go_on.wait(60)
        return seal(self, given, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Sealer, "seal_ready", stuck)
    monkeypatch.setattr(Writer, "stop", lambda self: stop(self, 0.2))
    return is_stuck, may_go_on
