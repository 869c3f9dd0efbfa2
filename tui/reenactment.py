"""Run the nine-second wipe for real: the sample's cloud and agent, our recorder and proxy.

Starts child processes and waits for them; what they did is told by the recording alone. The scratch
folder with the agent's files (and the tokens in them) is removed at the end, and every child ends
with this process, however it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from recorder.capture.proxy.launch import ProxyOptions, start_proxy
from recorder.child import ReadyChild, StartError
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.environment import FLIGHTLOG_KEYS, FLIGHTLOG_RECORDING, FLIGHTLOG_RUN
from recorder.errors import FlightlogError, RecorderBusyError, RecorderUnreachableError
from recorder.location import keys_root
from recorder.model import new_id
from recorder.reader import Recording
from tui.scratch import scratch_folder

__all__ = ["ReenactmentError", "Wipe", "reenact"]

SAMPLE = "nine_second_wipe"
AGENT_SECONDS = 300.0
INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


class ReenactmentError(FlightlogError):
    """The incident could not be run."""


@dataclass(frozen=True, slots=True)
class Wipe:
    """What the re-enactment left behind, apart from its recording."""

    session: str
    """Id of the session that was recorded."""
    volume: str
    backups: int
    """Backup files that lay beside the database before the agent began."""
    volume_is_gone: bool
    """True when the database and every backup are gone from disk."""


def reenact(
    recording: Path,
    *,
    speed: float,
    say: Callable[[str], None],
    cloud_port: int = 0,
    proxy_port: int = 0,
) -> Wipe:
    """Run the incident once, recorded into `recording`, and return what it did to the disk.

    Args:
        recording: where the evidence goes; appended to if it exists.
        speed: 1 for nine seconds, 9 for one.
        say: is told what goes on, a line at a time.
        cloud_port: where the cloud listens on loopback; 0 for any free port.
        proxy_port: where the recording proxy listens on loopback; 0 for any free port.

    Raises:
        FlightlogError: something could not be started, or the story did not run; one line why.
    """
    if shutil.which("curl") is None:
        raise ReenactmentError("the scripted agent calls its cloud with curl: install curl first")
    if recording.exists():
        Recording.open(recording).close()
    sample, run = _sample_folder(), new_id()
    with ExitStack() as stack:
        scratch = _scratch(stack)
        say("starting the loopback cloud, the recorder and the proxy")
        cloud = stack.enter_context(_cloud(sample, scratch, speed, cloud_port))
        stack.enter_context(_recorder(recording))
        proxy = stack.enter_context(
            start_proxy(
                recording, run=run, options=ProxyOptions(Path(cloud.ready["ca"])), port=proxy_port
            )
        )
        workspace = _workspace(sample, scratch, cloud)
        volume = scratch / "cloud" / "volumes" / cloud.ready["volume_id"]
        backups = len(list((volume / "backups").iterdir()))
        environment = {
            **_environment(scratch),
            **proxy.environment(),
            FLIGHTLOG_RECORDING: str(recording),
            FLIGHTLOG_RUN: run,
            FLIGHTLOG_KEYS: str(keys_root().absolute()),
        }
        try:
            _play(sample, workspace, speed, environment, say)
        except ReenactmentError as error:
            raise ReenactmentError(
                f"{error}; what was recorded until then is in {recording}"
            ) from error
        gone = not volume.exists()
    return Wipe(_session_of(recording, run), cloud.ready["volume_id"], backups, gone)


def _scratch(stack: ExitStack) -> Path:
    try:
        return stack.enter_context(scratch_folder())
    except StartError as error:
        raise ReenactmentError(f"there is no scratch folder to be had: {error}") from error


def _sample_folder() -> Path:
    """Return the sample's programs: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "samples", package.parent / "samples"):
        if (folder / SAMPLE / "agent.py").exists():
            return folder / SAMPLE
    raise ReenactmentError("this installation lacks the sample's programs; install flightlog again")


def _environment(scratch: Path) -> dict[str, str]:
    """Return a small environment: the agent finds tokens in its workspace, not in yours."""
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    package_root = str(Path(__file__).resolve().parents[1])
    return {**inherited, "HOME": str(home), "PYTHONPATH": package_root}


def _cloud(sample: Path, scratch: Path, speed: float, port: int) -> ReadyChild:
    root = scratch / "cloud"
    root.mkdir()
    command = [sys.executable, str(sample / "cloud.py"), "--root", str(root), "--tls"]
    command += ["--speed", str(speed), "--port", str(port), "--attended"]
    try:
        return ReadyChild.launch(command, environment=_environment(scratch))
    except StartError as error:
        raise ReenactmentError(f"the sample's cloud did not start: {error}") from error


@contextmanager
def _recorder(recording: Path) -> Iterator[None]:
    """Have a recorder for the recording: the one that runs already, or one of our own."""
    try:
        daemon = Daemon.launch(recording)
    except RecorderBusyError as busy:
        client = Client(recording)
        try:
            client.reach()
        except RecorderUnreachableError:
            raise busy from None
        finally:
            client.close()
        yield
        return
    with daemon:
        yield


def _workspace(sample: Path, scratch: Path, cloud: ReadyChild) -> Path:
    workspace = scratch / "workspace"
    # The ready line goes through standard input: it holds the tokens.
    done = subprocess.run(
        [sys.executable, str(sample / "workspace.py"), "--workspace", str(workspace)],
        input=json.dumps(dict(cloud.ready)).encode(),
        env=_environment(scratch),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise ReenactmentError(_last_line(done.stderr) or "the workspace could not be laid out")
    return workspace


def _play(
    sample: Path,
    workspace: Path,
    speed: float,
    environment: dict[str, str],
    say: Callable[[str], None],
) -> None:
    command = [sys.executable, str(sample / "agent.py"), "--workspace", str(workspace)]
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            [*command, "--speed", str(speed), "--narrate", "--attended"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as agent,
    ):
        try:
            for line in agent.stdout or ():
                say(line.rstrip())
            agent.wait(AGENT_SECONDS)
        except BaseException:
            agent.terminate()
            raise
        if agent.returncode:
            stderr.seek(0)
            reason = _last_line(stderr.read()) or f"exit code {agent.returncode}"
            raise ReenactmentError(f"the story did not run to its end: {reason}")


def _session_of(recording: Path, run: str) -> str:
    with Recording.open(recording) as reader:
        found = [row.id for row in reader.sessions() if row.run == run]
    if not found:
        raise ReenactmentError(f"the agent ran, but nothing of it is in {recording}")
    return found[-1]


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
