"""Agents installed once into a cache folder, and a scratch place for each to work in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import pytest

from recorder.model import Kind, StoredRecord, Witness
from recorder.reader import Recording
from tests.agents.clis import Cli
from tests.agents.scripted_model import ScriptedModel, serving

FLIGHTLOG = str(Path(sys.executable).with_name("flightlog"))
SECRET = "sk_live_Vq3Zr8Lw5Xk2Nd7Ty4Gh6Jm"
COMMANDS = (
    "ls -la && cat .env",
    f"curl -s -H 'Authorization: Bearer {SECRET}' CLOUD/cloud/volumes",
    "cat missing-file",
)
TRACES = ("cat .env", "/cloud/volumes", "cat missing-file")
"""By these words a record is known to speak of the first, second, third command."""
LIMIT = 300


@dataclass
class Ground:
    """One agent's scratch home and workspace, and the recording of what it does there."""

    cli: Cli
    program: str
    version: str
    model: ScriptedModel
    home: Path
    workspace: Path
    recording: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "CLAUDE"))}
        return {**kept, **self.cli.environment(self.model.url), **more}

    def run(self, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.workspace,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    def records(self) -> list[StoredRecord]:
        with Recording.open(self.recording) as reader:
            return list(reader.records())

    def witnesses(self) -> list[set[str]]:
        """Who declared each command as a tool call, command by command."""
        return [self._who(trace, Kind.TOOL_CALL) for trace in TRACES]

    def others(self) -> list[set[str]]:
        """Who saw something of each command without the agent's help."""
        kinds = Kind.PROCESS, Kind.API_REQUEST
        return [set().union(*(self._who(trace, kind) for kind in kinds)) for trace in TRACES]

    def _who(self, trace: str, kind: Kind) -> set[str]:
        return {
            record.witness.value
            for record in self.records()
            if record.kind is kind and trace in str(dict(record.attributes))
        }

    def times_started(self, witness: Witness) -> list[int]:
        """How many distinct calls a witness declared, command by command."""
        calls = [r for r in self.records() if r.kind is Kind.TOOL_CALL and r.witness is witness]
        return [
            len({r.ref or r.id for r in calls if trace in str(dict(r.attributes))})
            for trace in TRACES
        ]

    def bytes_at_rest(self) -> bytes:
        files = [path for path in self.recording.parent.rglob("*") if path.is_file()]
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture(scope="session")
def installed() -> Callable[[Cli], str]:
    """Install an agent's newest version from npm, or take the one in the cache where npm has no
    way out; return its program."""
    cache = Path(os.environ.get("FLIGHTLOG_AGENTS") or platformdirs.user_cache_path("flightlog"))
    # The user's own npm settings name the registry; tests move HOME away from under it.
    home = os.environ["HOME"]

    def program(cli: Cli) -> str:
        if shutil.which("npm") is None:
            pytest.skip("needs npm")
        folder = cache / "agents" / cli.name
        found = folder / "node_modules" / ".bin" / cli.program
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder)]
        # By its tag: without, npm takes an old version that asks for less of node than is here.
        subprocess.run(
            [*command, f"{cli.package}@latest"],
            env={**os.environ, "HOME": home},
            capture_output=True, text=True, timeout=LIMIT * 2, check=False,
        )  # fmt: skip
        if not found.exists():
            pytest.skip(f"npm does not install {cli.package} here")
        return str(found)

    return program


@pytest.fixture
def arena(
    installed: Callable[[Cli], str], own_folders: Path, tmp_path: Path
) -> Iterator[Callable[[Cli], Ground]]:
    """Make the ground for one agent."""
    with serving(ScriptedModel(COMMANDS)) as model:

        def ground(cli: Cli) -> Ground:
            program = installed(cli)
            workspace, folder = tmp_path / "workspace", tmp_path / "recording"
            workspace.mkdir()
            folder.mkdir()
            (workspace / ".env").write_text(f"RAILWAY_TOKEN={SECRET}\n")
            cli.prepare(own_folders, model.url)
            version = subprocess.run(
                [program, "--version"], capture_output=True, text=True, timeout=LIMIT, check=False
            )
            said = version.stdout.strip().splitlines() or ["?"]
            return Ground(
                cli, program, said[0], model, own_folders, workspace, folder / "flight.db"
            )

        yield ground
