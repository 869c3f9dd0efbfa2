"""Real MCP servers and clients: the official SDK on both sides, our wrapper between them."""

from __future__ import annotations

import contextlib
import os
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest
from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CreateMessageResult, ElicitResult, TextContent

from recorder.model import Phase, StoredRecord, Witness
from recorder.reader import Recording
from recorder.service import Service

DEADLINE = 30.0
CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "transcripts.tar.xz"
FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))
SERVER = (sys.executable, str(Path(__file__).with_name("ops_server.py")), "stdio")
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
OPS_TOKEN = "5e0a7c1d-9b1f-4c57-a0de-9a3f2b7c6d11"


@dataclass
class Bench:
    """A recording, and what is found in it."""

    recording: Path
    environment: dict[str, str] = field(default_factory=dict)

    def wrapped(self, *server: str) -> list[str]:
        return [FLIGHTLOG, "mcp", "-r", str(self.recording), "--", *server]

    def records(self, name: str = "") -> list[StoredRecord]:
        with Recording.open(self.recording) as reader:
            found = [r for r in reader.records() if r.witness is Witness.MCP]
        return [record for record in found if not name or record.name == name]

    def pair(self, name: str) -> tuple[StoredRecord, StoredRecord]:
        """Wait for a call's two ends; the first may have come last, by the spool."""
        until(lambda: len(self.records(name)) == 2, f"both ends of {name}")
        end, start = sorted(self.records(name), key=lambda r: r.phase.value)
        assert (start.phase, end.phase) == (Phase.START, Phase.END)
        assert start.ref == end.ref
        return start, end

    def bytes_at_rest(self) -> bytes:
        """Everything that lies in the recording's folder: database, log, spool."""
        files = [path for path in self.recording.parent.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)

    def nowhere(self) -> TextIO:
        """Where the server's tracebacks go: its standard error is its own."""
        return Path(os.devnull).open("w")

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[ClientSession]:
        """A session of the SDK with the wrapped server, initialised."""
        command, *arguments = self.wrapped(*SERVER)
        parameters = StdioServerParameters(
            command=command, args=arguments, env=self.environment, cwd=self.recording.parent
        )
        with self.nowhere() as nowhere:
            async with (
                stdio_client(parameters, errlog=nowhere) as (read, write),
                ClientSession(
                    read,
                    write,
                    sampling_callback=sample,
                    elicitation_callback=elicit,
                ) as session,
            ):
                await session.initialize()
                yield session


async def sample(context: Any, params: Any) -> CreateMessageResult:
    del context, params
    text = TextContent(type="text", text="Yes.")
    return CreateMessageResult(role="assistant", content=text, model="tiny", stop_reason="endTurn")


async def elicit(context: Any, params: Any) -> ElicitResult:
    del context, params
    return ElicitResult(action="accept", content={"sure": True})


def until(condition: Callable[[], object], what: str) -> None:
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"not in time: {what}"
        time.sleep(0.02)


@pytest.fixture
def idle(tmp_path: Path) -> Bench:
    """No recorder is there yet."""
    folder = tmp_path / "flight"
    folder.mkdir()
    # The SDK's client passes nothing on that is not named here; and it kills a wrapper that has not
    # ended some seconds after it, as one that has to compile the detectors anew may not have.
    passed_on = {name: os.environ[name] for name in ("FLIGHTLOG_KEYS", "XDG_CACHE_HOME")}
    environment = {**passed_on, "FLIGHTLOG_LINGER": "0", "OPS_TOKEN": OPS_TOKEN}
    return Bench(folder / "flight.db", environment)


@pytest.fixture
def bench(idle: Bench) -> Iterator[Bench]:
    """With a recorder in this process."""
    service = Service.start(idle.recording)
    try:
        yield idle
    finally:
        service.stop()


@pytest.fixture(scope="session")
def captured_mcp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the SDK's client and server said to each other; skips where the corpora are absent."""
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    member = "transcripts/captured/sdk_otel/mcp-stdio-wire.jsonl"
    folder = tmp_path_factory.mktemp("mcp")
    with tarfile.open(CORPUS) as archive:
        archive.extract(member, folder, filter="data")
    return folder / member
