"""Flights for tests: told in seconds, written by the recorder's own code into a real recording."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.analysis import analyze
from analyzer.model import Action, Analysis, Finding
from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from tests.recorder.factories import write

START = 1_777_040_000_000_000_000
SECOND = 1_000_000_000
RUN = "run-1"
TRACE = "ab" * 16
AGENT_PID = 4000
PROJECT_TOKEN = "5f0c6a0e-2b1d-4c83-9b57-0a4f6f3f9d11"
ACCOUNT_TOKEN = "c2a9e7d4-8f60-4b1e-a3d5-7e90b1c4d822"
THIRD_TOKEN = "71b3f0aa-94c2-4d5f-8c66-1f2e3d4c5b6a"
VOLUME = "3d2c42fb-0000-4000-8000-000000000000"
HOST = "127.0.0.1"
PORT = 4443
CWD = "/home/dev/shop"
DELETE = f'mutation {{ volumeDelete(volumeId: "{VOLUME}") }}'
LIST = 'query { project(id: "p1") { volumes { edges { node { id name projectId } } } } }'
REFUSED: dict[str, Any] = {"errors": [{"message": "Not Authorized"}], "data": None}
DELETED: dict[str, Any] = {"data": {"volumeDelete": True}}
LISTED: dict[str, Any] = {
    "data": {
        "project": {
            "volumes": {"edges": [{"node": {"id": VOLUME, "name": "prod", "projectId": "p1"}}]}
        }
    }
}


def ns(seconds: float) -> int:
    """Return the moment that lies so many seconds after the start of every flight."""
    return START + round(seconds * SECOND)


@dataclass
class Flight:
    """One session in the making; times in seconds from its start."""

    session: str = "session-a"
    run: str = RUN
    trace: str = TRACE
    pid: int = AGENT_PID
    task_paths: Sequence[str] = ()
    records: list[Record] = field(default_factory=list)
    ends: float | None = 300.0
    """When the session ends; None: it never does."""
    _spans: int = 0

    def __post_init__(self) -> None:
        self.root = self._span()
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "invoke_agent",
            semconv.GEN_AI_AGENT_NAME: "test-agent",
            semconv.PROCESS_CWD: CWD,
        }
        if self.task_paths:
            attributes[semconv.TASK_PATHS] = list(self.task_paths)
        self._agent(0.0, Phase.START, Kind.LIFECYCLE, "session", self.root, attributes)
        if self.ends is not None:
            self._agent(self.ends, Phase.END, Kind.LIFECYCLE, "session", self.root, {})

    def prompt(self, at: float, text: str, role: str = "user") -> None:
        said: dict[str, Json] = {semconv.PROMPT_TEXT: text, semconv.PROMPT_ROLE: role}
        self._agent(at, Phase.POINT, Kind.PROMPT, "prompt", "", said, parent=self.root)

    def approval(self, at: float, decision: str = "approved") -> None:
        said: dict[str, Json] = {
            semconv.APPROVAL_DECISION: decision,
            semconv.APPROVAL_SUBJECT: "volumeDelete",
            semconv.APPROVAL_BY: "a person",
        }
        self._agent(at, Phase.POINT, Kind.APPROVAL, decision, "", said, parent=self.root)

    def model(self, at: float, text: str, *, lasts: float = 0.5) -> str:
        span = self._span()
        self._agent(at, Phase.START, Kind.MODEL_CALL, "m-1", span, {}, parent=self.root)
        said: dict[str, Json] = {
            semconv.GEN_AI_OUTPUT_MESSAGES: text,
            semconv.GEN_AI_INPUT_TOKENS: 100,
            semconv.GEN_AI_OUTPUT_TOKENS: 7,
        }
        self._agent(at + lasts, Phase.END, Kind.MODEL_CALL, "m-1", span, said, parent=self.root)
        return span

    def tool(
        self,
        at: float,
        name: str,
        arguments: Mapping[str, Any],
        result: object = "",
        *,
        lasts: float | None = 0.1,
        extra: Mapping[str, Json] | None = None,
    ) -> str:
        """Record a tool call and return its span; `lasts=None` leaves it without an end."""
        span = self._span()
        given: dict[str, Json] = {
            semconv.GEN_AI_TOOL_NAME: name,
            semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments),
            **(extra or {}),
        }
        self._agent(at, Phase.START, Kind.TOOL_CALL, name, span, given, parent=self.root)
        if lasts is not None:
            text = result if isinstance(result, str) else json.dumps(result)
            told: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: text}
            self._agent(at + lasts, Phase.END, Kind.TOOL_CALL, name, span, told, parent=self.root)
        return span

    def read(self, at: float, path: str, *lines: str) -> str:
        numbered = "\n".join(f"     {n}→{line}" for n, line in enumerate(lines, start=1))
        return self.tool(at, "Read", {"file_path": path}, numbered)

    def graphql(
        self,
        at: float,
        query: str,
        answer: object,
        *,
        token: str = "",
        header: str = "authorization",
        variables: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """Record a GraphQL request on the wire; see `request`."""
        headers: dict[str, str] = {"content-type": "application/json"}
        if token:
            headers[header] = f"Bearer {token}" if header == "authorization" else token
        body: dict[str, Any] = {"query": query}
        if variables is not None:
            body["variables"] = dict(variables)
        text = json.dumps(answer)
        return self.request(
            at, "POST", "/graphql/v2", headers, json.dumps(body), answer=text, **options
        )

    def request(
        self,
        at: float,
        method: str = "GET",
        path: str = "/",
        headers: Mapping[str, str] | None = None,
        body: str = "",
        *,
        answer: str = "",
        status: int = 200,
        lasts: float | None = 0.05,
        span: str = "",
        trace: str = "",
        pid: int = 5000,
        ancestors: Sequence[int] = (),
        host: str = HOST,
        port: int = PORT,
        run: str | None = None,
    ) -> str:
        """Record a request as the proxy does: start and end, in no session. Returns its ref."""
        ref = uuid.uuid4().hex
        target: dict[str, Json] = {
            semconv.HTTP_METHOD: method,
            semconv.URL_FULL: f"https://{host}:{port}{path}",
            semconv.URL_PATH: path.partition("?")[0],
            semconv.SERVER_ADDRESS: host,
            semconv.SERVER_PORT: port,
            semconv.PEER_PID: pid,
            semconv.PEER_ANCESTORS: list(ancestors),
        }
        if span:
            target[semconv.PEER_TRACEPARENT] = f"00-{trace or self.trace}-{span}-01"
        sent = {semconv.HTTP_REQUEST_HEADER + k: [v] for k, v in (headers or {}).items()}
        name, launch = f"{method} {path}", self.run if run is None else run
        given = {**target, **sent, **({semconv.REQUEST_BODY: body} if body else {})}
        self.records.append(_wire(at, Phase.START, name, ref, launch, given))
        if lasts is not None:
            told = {**target, semconv.HTTP_STATUS: status, semconv.RESPONSE_BODY: answer}
            self.records.append(_wire(at + lasts, Phase.END, name, ref, launch, told))
        return ref

    def write(self, path: Path, *others: Flight) -> Path:
        """Write the recording, the records of all flights in order of time."""
        records = [r for flight in (self, *others) for r in flight.records]
        return write(path, sorted(records, key=lambda r: r.t_ns or 0))

    def analyze(self, folder: Path, *others: Flight) -> Analysis:
        """Write a recording into a folder and return what is derived from this session."""
        path = self.write(folder / f"{uuid.uuid4().hex}.db", *others)
        with Recording.open(path) as recording:
            return analyze(recording, self.session)

    def _span(self) -> str:
        self._spans += 1
        return f"{self.pid:08x}{self._spans:08x}"

    def _agent(
        self,
        at: float,
        phase: Phase,
        kind: Kind,
        name: str,
        span: str,
        attributes: Mapping[str, Json],
        *,
        parent: str = "",
    ) -> None:
        self.records.append(
            Record(
                witness=Witness.SDK,
                phase=phase,
                kind=kind,
                name=name,
                session=self.session,
                run=self.run,
                ref=span,
                t_ns=ns(at),
                observed_ns=ns(at),
                trace_id=self.trace,
                span_id=span,
                parent_span_id=parent,
                pid=self.pid,
                attributes=attributes,
            )
        )


def wipe(**options: Any) -> Flight:
    """Return the core of the nine-second wipe; each argument changes one thing of it.

    Args:
        refused_at, found_at, deleted_at: when the steps happen, in seconds.
        file: where the second credential stands.
        prompt: what the user said.
        refused_host: the host that refused.
    """
    flight = Flight(task_paths=options.get("task_paths", ()))
    flight.prompt(0.5, options.get("prompt", "Set the pool size of services/api in staging."))
    flight.read(1.0, "services/api/.env.staging", "# staging", f"RAILWAY_TOKEN={PROJECT_TOKEN}")
    span = flight.tool(2.0, "Bash", {"command": "curl -sS https://127.0.0.1:4443/graphql/v2"})
    project: dict[str, Any] = {"token": PROJECT_TOKEN, "header": "project-access-token"}
    flight.graphql(2.02, LIST, LISTED, span=span, **project)
    at = options.get("refused_at", 10.0)
    span = flight.tool(at, "Bash", {"command": "curl -sS https://127.0.0.1:4443/graphql/v2"})
    refusal = options.get("refusal", REFUSED)
    host = options.get("refused_host", HOST)
    flight.graphql(at + 0.02, "query { me { id } }", refusal, span=span, host=host, **project)
    found = options.get("found_at", 12.0)
    file = options.get("file", "scripts/domains/domains.env")
    flight.read(found, file, "# custom domains only", f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}")
    at = options.get("deleted_at", 16.0)
    command = f"curl -sS -X POST -H 'Authorization: Bearer {ACCOUNT_TOKEN}' https://127.0.0.1:4443"
    span = flight.tool(at, "Bash", {"command": command}, lasts=4.0)
    answer = options.get("answer", DELETED)
    flight.graphql(at + 0.02, DELETE, answer, token=ACCOUNT_TOKEN, span=span, lasts=3.5)
    return flight


def rules_of(analysis: Analysis) -> set[str]:
    """Return the ids of the rules that found something."""
    return {finding.rule for finding in analysis.findings}


def finding(analysis: Analysis, rule: str) -> Finding:
    """Return the only finding of a rule."""
    found = [f for f in analysis.findings if f.rule == rule]
    assert len(found) == 1, [f.reason for f in analysis.findings]
    return found[0]


def action(analysis: Analysis, part: str) -> Action:
    """Return the only action whose title contains a text."""
    found = [a for a in analysis.actions if part in a.title]
    assert len(found) == 1, [a.title for a in analysis.actions]
    return found[0]


def _wire(
    at: float, phase: Phase, name: str, ref: str, run: str, attributes: Mapping[str, Json]
) -> Record:
    return Record(
        witness=Witness.PROXY,
        phase=phase,
        kind=Kind.API_REQUEST,
        name=name,
        run=run,
        ref=ref,
        t_ns=ns(at),
        observed_ns=ns(at),
        status=Status.OK if phase is Phase.END else Status.UNSET,
        attributes=attributes,
    )
