"""Records what passes between a client and a server on standard streams.

All of it happens in the inbox's thread of the scribe, the loading of the pipeline's parts included:
a server does not start later because it is recorded.
"""

from __future__ import annotations

import logging
import os
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recorder import semconv
from recorder.capture.mcp.conversation import Conversation, Scene, must_be_durable
from recorder.capture.mcp.message import Form, Side, parse
from recorder.capture.mcp.messages import Opened, Over, Passed, Said
from recorder.capture.mcp.methods import PREFIX
from recorder.current_folder import current_folder
from recorder.environment import FLIGHTLOG_RUN
from recorder.errors import FlightlogError
from recorder.guarding.ask import ask_about
from recorder.guarding.hold import Hold, cannot_decide
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id

if TYPE_CHECKING:
    from recorder.capture.mcp.nearby import NearbyRecorder
    from recorder.client import Client

__all__ = ["Journal", "Wrapped"]

SERVER = "mcp server"
READY_SECONDS = 3.0
"""How long a recorder's start is waited for while no call has to be recorded."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The server that is wrapped."""

    command: tuple[str, ...]
    pid: int
    recording: str | None
    """As named on the command line; None: by the environment, else the user's own."""
    name: str
    """What the agent is called; empty: the client's program."""
    client: int
    """The client's process."""
    t_ns: int = 0
    """When it was started, in ns since the Unix epoch."""


class Journal:
    """Writes the records of one wrapped server. Not recording is said once, and harms nothing."""

    def __init__(self, wrapped: Wrapped, say: Callable[[Opened | Said], None]) -> None:
        """Begin.

        Args:
            wrapped: the server.
            say: tells the wrapper.
        """
        self._wrapped = wrapped
        self._say = say
        self._ref = new_id()
        self._scene = Scene()
        self._conversation = Conversation(self._scene)
        self._client: Client | None = None
        self._nearby: NearbyRecorder | None = None
        self._recording: Path | None = None

    def open(self, go: threading.Event) -> None:
        """Find the recording, see to a recorder, and record that the server was started."""
        # Standard error is the server's: what is lost is counted in the record, not told there.
        logging.getLogger("recorder").addHandler(logging.NullHandler())
        try:
            self._open(go)
        except (FlightlogError, OSError, ValueError) as error:
            said = str(error) if isinstance(error, FlightlogError) else type(error).__name__
            self._complain(said)
        finally:
            if self._recording is None:
                self._say(Opened(None))

    def _complain(self, why: str) -> None:
        self._say(Said(f"flightlog: the MCP server runs, not recorded: {why}"))

    def record(self, passed: Passed) -> Hold | None:
        """Record one line, and ask a guard about a call in it, where there is one."""
        if self._client is None:
            return cannot_decide("nothing is recorded")
        try:
            records = self._records(passed)
        # Whatever a hostile message sets off: it costs its record, and the record says so.
        except Exception as error:
            reason = f"a message could not be recorded ({type(error).__name__})"
            records = [self._gap(1, reason, passed.t_ns)]
        hold = None
        for record in records:
            self._client.submit(record, wait=must_be_durable(record))
            if must_be_durable(record) and passed.side is Side.CLIENT and self._recording:
                hold = hold or ask_about(self._recording, record.id)
        if hold is not None:
            self._denied(passed)
        return hold

    def _denied(self, passed: Passed) -> None:
        """Record the ends of requests that are not passed on."""
        ids = [m.id for m in parse(passed.line.raw) if m.form is Form.REQUEST]
        for record in self._conversation.failed(ids, "denied", time.time_ns(), ""):
            if self._client is not None:
                self._client.submit(record)

    def end(self, over: Over | None) -> None:
        """Record how the server ended, and let go of the recorder.

        Args:
            over: how; None where the wrapper was killed, and nobody saw it.
        """
        if self._client is not None:
            said, status = _about_end(over)
            now = time.time_ns() if over is None else over.t_ns
            said.update(self._conversation.summary())
            self._own(SERVER, Phase.END, said, now, status=status)
            if self._scene.session:
                self._own("session", Phase.END, {}, now, status=status, wait=True)
            self._client.close()
        if self._nearby is not None:
            self._nearby.stop()

    def _open(self, go: threading.Event) -> None:
        # Here and not above: the server has been started meanwhile.
        from recorder.capture.mcp.nearby import NearbyRecorder  # noqa: PLC0415
        from recorder.capture.mcp.surroundings import (  # noqa: PLC0415
            about_client,
            of_the_launch,
        )
        from recorder.capture.proxy.peer import describe  # noqa: PLC0415
        from recorder.client import Client  # noqa: PLC0415
        from recorder.location import recording_to_write  # noqa: PLC0415

        client = self._wrapped.client
        os.environ.update(of_the_launch(os.environ, client))
        recording = recording_to_write(self._wrapped.recording).absolute()
        self._recording = recording
        self._say(Opened(recording))
        peer, run = describe(client), os.environ.get(FLIGHTLOG_RUN, "")
        connection = new_id()
        self._scene = Scene(
            connection=connection,
            # Outside a launch the connection is a session by itself: no other one is known.
            session="" if run else f"mcp-{connection}",
            run=run,
            pid=self._wrapped.pid,
            attributes=about_client(peer),
            digest_key=_digest_key(recording),
        )
        self._conversation = Conversation(self._scene)
        self._nearby = NearbyRecorder(recording, go.set, self._complain)
        # What is recorded before there is a recorder takes the way by the spool, and comes last.
        go.wait(READY_SECONDS)
        self._client = Client(recording)
        name = self._wrapped.name or (peer.executable if peer else "") or "mcp client"
        if self._scene.session:
            self._own("session", Phase.START, _about_session(name), self._wrapped.t_ns)
        command = {
            "process.command_line": shlex.join(self._wrapped.command),
            semconv.PROCESS_CWD: str(current_folder() or ""),
        }
        self._own(SERVER, Phase.START, command, self._wrapped.t_ns)

    def _records(self, passed: Passed) -> list[Record]:
        made: list[Record] = []
        if passed.lost:
            reason = "messages passed faster than they could be recorded"
            made.append(self._gap(passed.lost, reason, passed.t_ns))
        if passed.line.size > len(passed.line.raw):
            said: dict[str, Json] = {
                PREFIX + "from": passed.side.value,
                semconv.MCP_CUT: passed.line.size,
                semconv.REASON: "a message was too long to be read",
            }
            made.append(self._conversation.point("mcp unreadable", said, passed.t_ns))
        for message in parse(passed.line.raw):
            made += self._conversation.read(passed.side, message, passed.t_ns)
        return made

    def _gap(self, count: int, reason: str, t_ns: int) -> Record:
        said: dict[str, Json] = {semconv.COUNT: count, semconv.REASON: reason}
        return self._conversation.point("gap", said, t_ns)

    def _own(
        self,
        name: str,
        phase: Phase,
        said: Mapping[str, Json],
        t_ns: int,
        *,
        status: Status = Status.UNSET,
        wait: bool = False,
    ) -> None:
        if self._client is None:
            return
        scene = self._scene
        record = Record(
            witness=Witness.MCP,
            phase=phase,
            kind=Kind.LIFECYCLE,
            name=name,
            session=scene.session,
            run=scene.run,
            ref=f"{name}:{self._ref}",
            t_ns=t_ns,
            status=status,
            pid=scene.pid,
            attributes={**scene.attributes, semconv.MCP_CONNECTION: scene.connection, **said},
        )
        self._client.submit(record, wait=wait)


def _about_end(over: Over | None) -> tuple[dict[str, Json], Status]:
    if over is None:
        reason = "the wrapper was killed: how the server ended is not known"
        return {semconv.REASON: reason}, Status.UNSET
    ended = over.ended
    said: dict[str, Json] = {semconv.PROCESS_EXIT_CODE: ended.exit_code}
    if ended.signal_name:
        said["flightlog.process.signal"] = ended.signal_name
    return said, Status.ERROR if ended.exit_code else Status.OK


def _about_session(name: str) -> dict[str, Json]:
    import getpass  # noqa: PLC0415
    import socket  # noqa: PLC0415

    said: dict[str, Json] = {
        semconv.GEN_AI_OPERATION: "invoke_agent",
        semconv.GEN_AI_AGENT_NAME: name,
        semconv.PROCESS_CWD: str(current_folder() or ""),
        semconv.HOST_NAME: socket.gethostname(),
    }
    try:
        said[semconv.USER_NAME] = getpass.getuser()
    except (OSError, KeyError):
        return said  # a container's user may have no name
    return said


def _digest_key(recording: Path) -> bytes | None:
    """Return the recording's fingerprint key, or None while there is no recording yet."""
    from recorder.keys import fingerprint_key  # noqa: PLC0415
    from recorder.reader import Recording  # noqa: PLC0415

    try:
        with Recording.open(recording) as opened:
            return fingerprint_key(opened.meta.log_id, opened.meta.keys)[0]
    except (FlightlogError, OSError, ValueError):
        return None
