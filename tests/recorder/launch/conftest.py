"""Real commands under `flightlog run`, and a TLS server on loopback for them to speak to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording
from tests.recorder.proxy.conftest import Upstream, make_certificate, serving

DEADLINE = 30.0
FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))


@dataclass
class Ground:
    """Where a run happens."""

    recording: Path
    upstream: Upstream
    ways: tuple[str, ...] = ()
    """Options of every run here: which ways in there are."""

    def command(self, *agent: str, options: Sequence[str] = ()) -> list[str]:
        own = ["-r", str(self.recording), "--upstream-ca", str(self.upstream.certificate)]
        return [FLIGHTLOG, "run", *own, *self.ways, *options, "--", *agent]

    def run(
        self, *agent: str, options: Sequence[str] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*agent, options=options),
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def begin(self, *agent: str, options: Sequence[str] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*agent, options=options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def records(self, kind: Kind | None = None, name: str = "") -> list[StoredRecord]:
        with Recording.open(self.recording) as reader:
            return [
                record
                for record in reader.records()
                if (kind is None or record.kind is kind) and (not name or record.name == name)
            ]

    def requests(self, path: str) -> list[StoredRecord]:
        return [
            record
            for record in self.records(Kind.API_REQUEST)
            if record.attributes.get("url.path") == path and record.phase is Phase.START
        ]

    def bytes_at_rest(self) -> bytes:
        """Everything that lies in the recording's folder."""
        files = [path for path in self.recording.parent.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"not in time: {what}"
        time.sleep(0.02)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    folder = tmp_path / "flight"
    folder.mkdir()
    recording = folder / "flight.db"
    with serving(Upstream(make_certificate(tmp_path, "known"), recording)) as upstream:
        # The proxy's tests look into the recording at each arrival; here a run is still to make it.
        upstream.note_arrival = lambda path: None  # type: ignore[method-assign]
        yield Ground(recording, upstream)
