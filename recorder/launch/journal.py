"""The launch's own session: `session` and `run` around it, and a process record for each process.

Its session id is the run's id: by that a reader knows the session that owns whatever of the run no
agent has declared.
"""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from recorder import semconv
from recorder.client import Client
from recorder.current_folder import current_folder
from recorder.launch.foreground import Ended, name_of_signal
from recorder.launch.processes import Seen
from recorder.launch.sockets import Past
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id
from recorder.own_words import own_record

__all__ = ["Journal"]

PROCESS_PARENT = "process.parent_pid"
PROCESS_COMMAND_LINE = "process.command_line"
PROCESS_EXECUTABLE = "process.executable.name"
PROCESS_SIGNAL = "flightlog.process.signal"


class Journal:
    """Writes the records of one launch."""

    def __init__(self, client: Client, run: str) -> None:
        self._client = client
        self._run = run

    def begin(self, name: str, arguments: Sequence[str], about: Mapping[str, Json]) -> bool:
        """Record that the run starts; return whether it is durable.

        Args:
            name: what the agent is called.
            arguments: the command as it was given, its name first.
            about: further attributes of the run.
        """
        cwd = str(current_folder() or "")
        self._own(
            "session",
            Phase.START,
            {
                semconv.GEN_AI_OPERATION: "invoke_agent",
                semconv.GEN_AI_AGENT_NAME: name,
                semconv.PROCESS_CWD: cwd,
                semconv.HOST_NAME: socket.gethostname(),
                semconv.USER_NAME: _user(),
            },
        )
        said = {**_command(arguments), semconv.PROCESS_CWD: cwd, **about}
        return self._own("run", Phase.START, said, wait=True)

    def end(self, ended: Ended, about: Mapping[str, Json]) -> bool:
        """Record how the run ended; return whether it is durable."""
        attributes: dict[str, Json] = {semconv.PROCESS_EXIT_CODE: ended.exit_code, **about}
        if ended.signal_name:
            attributes[PROCESS_SIGNAL] = ended.signal_name
        status = Status.ERROR if ended.exit_code else Status.OK
        self._own("run", Phase.END, attributes, status=status)
        return self._own("session", Phase.END, {}, status=status, wait=True)

    def connected_past(self, past: Past) -> None:
        """Record a connection that went past the proxy."""
        self._client.submit(
            Record(
                witness=Witness.AUDIT,
                phase=Phase.POINT,
                kind=Kind.API_REQUEST,
                name=f"connect {past.host}:{past.port}",
                session=self._run,
                run=self._run,
                ref=new_id(),
                t_ns=time.time_ns(),
                pid=past.pid,
                attributes={
                    semconv.SERVER_ADDRESS: past.host,
                    semconv.SERVER_PORT: past.port,
                    semconv.NETWORK_TRANSPORT: "tcp",
                    semconv.PROCESS_PID: past.pid,
                },
            )
        )

    def gap(self, reason: str) -> None:
        """Record that something is missing that cannot be counted, and why."""
        self._client.submit(own_record("gap", Phase.POINT, {semconv.REASON: reason}), wait=True)

    def unseen(self, reason: str) -> None:
        """Record what this run could not see, and why."""
        self._client.submit(own_record("unseen", Phase.POINT, {semconv.REASON: reason}))

    def close(self) -> None:
        """Let go of the recorder, once it has everything."""
        self._client.close()

    def process_started(self, seen: Seen) -> None:
        """Record a process's start."""
        attributes: dict[str, Json] = {
            semconv.PROCESS_PID: seen.pid,
            PROCESS_PARENT: seen.ppid,
            **_command(seen.argv),
        }
        if seen.cwd:
            attributes[semconv.PROCESS_CWD] = seen.cwd
        self._of_process(seen, Phase.START, seen.start_ns, attributes, Status.UNSET)

    def process_executed(self, seen: Seen) -> None:
        """Record that a process executes another program now."""
        attributes = _command(seen.argv)
        self._of_process(seen, Phase.POINT, time.time_ns(), attributes, Status.UNSET)

    def process_ended(self, seen: Seen, t_ns: int, status: int | None) -> None:
        """Record a process's end, with its exit code where the system told it."""
        attributes: dict[str, Json] = {}
        outcome = Status.UNSET
        if status is not None:
            killed = os.WIFSIGNALED(status)
            code = 128 + os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
            attributes[semconv.PROCESS_EXIT_CODE] = code
            if killed:
                attributes[PROCESS_SIGNAL] = name_of_signal(os.WTERMSIG(status))
            outcome = Status.ERROR if code else Status.OK
        self._of_process(seen, Phase.END, t_ns, attributes, outcome)

    def _own(
        self,
        name: str,
        phase: Phase,
        attributes: Mapping[str, Json],
        *,
        status: Status = Status.UNSET,
        wait: bool = False,
    ) -> bool:
        record = Record(
            witness=Witness.AUDIT,
            phase=phase,
            kind=Kind.LIFECYCLE,
            name=name,
            session=self._run,
            run=self._run,
            ref=f"{name}:{self._run}",
            t_ns=time.time_ns(),
            status=status,
            pid=os.getpid(),
            attributes=attributes,
        )
        return self._client.submit(record, wait=wait)

    def _of_process(
        self, seen: Seen, phase: Phase, t_ns: int, attributes: Mapping[str, Json], status: Status
    ) -> None:
        self._client.submit(
            Record(
                witness=Witness.AUDIT,
                phase=phase,
                kind=Kind.PROCESS,
                name=Path(seen.argv[0]).name if seen.argv else seen.name,
                session=self._run,
                run=self._run,
                ref=seen.ref,
                t_ns=t_ns,
                status=status,
                pid=seen.pid,
                attributes=attributes,
            )
        )


def _command(arguments: Sequence[str]) -> dict[str, Json]:
    """Return a command as one line only: as a list, the sealing could not see `-u name:password`
    across its items.
    """
    if not arguments:
        return {}
    return {
        PROCESS_COMMAND_LINE: shlex.join(arguments),
        PROCESS_EXECUTABLE: Path(arguments[0]).name,
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user may have no name.
        return str(os.getuid())
