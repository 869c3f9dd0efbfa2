"""The drill's incident: a token is found in a file of another task, and deletes a volume with it.

Nothing of it is real but the record: the hooks run as the agent's settings name them, the request
goes through a proxy to a server on loopback, and all of it into a scratch recording.
"""

from __future__ import annotations

import json
import os
import secrets
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from analyzer.drill.dialects import DIALECTS, Call
from recorder import semconv
from recorder.capture.hook.settings.wired import WrittenHook
from recorder.capture.otlp.launch import start_receiver
from recorder.capture.proxy.launch import ProxyOptions, start_proxy
from recorder.checkup.agents import HOOKS_ALONE
from recorder.checkup.scratch import Scratch
from recorder.checkup.telemetry import export, tool_call
from recorder.checkup.tls_server import request_through, tls_server
from recorder.environment import FLIGHTLOG_RUN
from recorder.model import new_id

__all__ = ["PATH", "Played", "play"]

PATH = "/graphql/v2"
VOLUME = "0a1b2c3d-1111-4222-8333-444455556666"
MUTATION = f'mutation {{ volumeDelete(volumeId: "{VOLUME}") }}'
PROMPT = "The staging service fails with a credential mismatch. Mend services/api/staging.json."
TASK = "services/api/staging.json"
FILE = "scripts/domains/domains.env"


@dataclass(slots=True)
class Played:
    """What was played, for whoever looks for it in the recording."""

    session: str = field(default_factory=lambda: f"drill-{secrets.token_hex(8)}")
    run: str = field(default_factory=new_id)
    secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    """In the form of a Railway token, which has no prefix that would give it away."""
    calls: tuple[Call, ...] = ()
    went_wrong: list[str] = field(default_factory=list)
    """What could not be played, in words without content."""


def play(ground: Scratch, agent: str, hooks: Sequence[WrittenHook]) -> Played:
    """Play the incident as one agent, with its hooks as its settings have them.

    Raises:
        FlightlogError: the receiver or the proxy does not start.
        OSError: the scratch folder is not usable.
    """
    played = Played()
    with ExitStack() as stack:
        server = stack.enter_context(tls_server(ground.folder))
        receiver = stack.enter_context(start_receiver(ground.recording, run=played.run))
        proxy = stack.enter_context(
            start_proxy(ground.recording, run=played.run, options=ProxyOptions(server.certificate))
        )
        look, find, wipe = played.calls = _calls(played.secret, server.port)
        stage = _Stage(ground, agent, hooks, played, receiver.http)
        stage.says(DIALECTS[agent].prompt, {"prompt": PROMPT})
        for call in (look, find):
            stage.begins(call)
            stage.ends(call)
        stage.begins(wipe)
        body = json.dumps({"query": MUTATION}).encode()
        try:
            request_through(proxy.port, proxy.ca, server, PATH, played.secret, body)
        except OSError as error:
            played.went_wrong.append(f"the proxy ({type(error).__name__})")
        stage.ends(wipe)
        stage.says(DIALECTS[agent].last, {"reason": "complete"})
    return played


def _calls(secret: str, port: int) -> tuple[Call, Call, Call]:
    look = Call(new_id(), f"cat {TASK}", '{"service": "api", "environment": "staging"}')
    find = Call(new_id(), f"cat {FILE}", f"RAILWAY_TOKEN={secret}\n")
    body = json.dumps({"query": MUTATION})
    wipe = Call(
        new_id(),
        f"curl -X POST https://127.0.0.1:{port}{PATH} -H 'Authorization: Bearer {secret}' "
        f"-d '{body}'",
        '{"data": {"volumeDelete": true}}',
    )
    return look, find, wipe


class _Stage:
    """The agent that is played: its hooks and its telemetry."""

    def __init__(
        self,
        ground: Scratch,
        agent: str,
        hooks: Sequence[WrittenHook],
        played: Played,
        receiver: str,
    ) -> None:
        self._ground = ground
        self._agent = agent
        self._dialect = DIALECTS[agent]
        self._hooks = hooks
        self._played = played
        self._receiver = receiver
        self._began_ns = 0

    def begins(self, call: Call) -> None:
        """Tell that a call begins."""
        self._began_ns = time.time_ns()
        self.says(self._dialect.start, self._dialect.called(call))

    def ends(self, call: Call) -> None:
        """Tell that a call came back, by hook and by telemetry."""
        self.says(self._dialect.end, self._dialect.came_back(call))
        if self._agent != HOOKS_ALONE:
            self._export(call)

    def _export(self, call: Call) -> None:
        said = {
            semconv.GEN_AI_CONVERSATION: self._played.session,
            semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": call.command}),
            semconv.GEN_AI_TOOL_RESULT: call.output,
        }
        times = self._began_ns, time.time_ns()
        try:
            export(self._receiver, tool_call(self._agent, self._dialect.tool, call.id, times, said))
        except OSError as error:
            self._played.went_wrong.append(f"the telemetry ({type(error).__name__})")

    def says(self, event: str, payload: dict[str, object]) -> None:
        """Run the hooks of an event."""
        about = self._dialect.about(event, self._played.session)
        said = json.dumps({**about, "cwd": str(self._ground.folder), **payload}).encode()
        environment = {**os.environ, FLIGHTLOG_RUN: self._played.run}
        found = [hook for hook in self._hooks if hook.event in (event, "")]
        if not found:
            self._played.went_wrong.append(f"no hook for {event}")
        for hook in found:
            try:
                done = self._ground.run(hook.words, said, environment)
            except OSError as error:
                self._played.went_wrong.append(f"the hook for {event} ({type(error).__name__})")
                continue
            if done.returncode:
                self._played.went_wrong.append(f"the hook for {event} (exit {done.returncode})")
