"""One client and one server: their messages in, records out. No I/O.

Three facts of an answer are kept apart: that it came (`flightlog.mcp.answer`), the JSON-RPC error
(`rpc.response.status_code`), and what the content says of itself (`flightlog.mcp.is_error`).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recorder import semconv
from recorder.capture.mcp.excerpts import Excerpts
from recorder.capture.mcp.message import Form, Message, Side, id_text
from recorder.capture.mcp.methods import PREFIX, meaning_of
from recorder.capture.mcp.tools import ToolList
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id

__all__ = ["Conversation", "Scene", "must_be_durable"]

MAX_OPEN = 10_000
"""Requests without an answer that are remembered."""
MAX_PARTY = 200
"""Characters of a name or a version that a party introduces itself by; longer ones are not kept."""
COUNTED = frozenset({"ping", "notifications/progress"})
"""Methods that are counted and not recorded one by one."""
CANCELLED = "notifications/cancelled"
_SPEC = "io.modelcontextprotocol/"
_PLAIN_META = frozenset(
    {"traceparent", "tracestate", "progressToken", _SPEC + "clientCapabilities",
     _SPEC + "protocolVersion", _SPEC + "clientInfo"}
)  # fmt: skip
_CALL_ID = re.compile(r"(?:^|[./_])tool_?(?:use|call)_?id$", re.IGNORECASE)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a conversation takes place: what its messages do not say themselves."""

    connection: str = field(default_factory=new_id)
    session: str = ""
    run: str = ""
    pid: int | None = None
    """The server's process; None where it is not on this machine."""
    transport: str = "pipe"
    attributes: Mapping[str, Json] = field(default_factory=dict)
    """Of every record: the client's process, the session's id on the wire, ..."""
    digest_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """A request that waits for its answer."""

    ref: str
    method: str
    name: str
    params: Mapping[str, Any]
    """Kept only where the answer cannot be understood without them."""
    attributes: Mapping[str, Json]
    trace_id: str
    parent_span_id: str


def must_be_durable(record: Record) -> bool:
    """Tell whether what a record speaks of must wait until the record is safe."""
    return record.kind is Kind.TOOL_CALL and record.phase is Phase.START


class Conversation:
    """Reads the messages of one connection in the order in which they passed."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._open: OrderedDict[tuple[str, Side, str], _Open] = OrderedDict()
        self._inputs: OrderedDict[tuple[str, str], _Open] = OrderedDict()
        """(request state, key) -> what a server asked inside a result (protocol 2026-07-28)."""
        self._tools = ToolList()
        self._parties: dict[str, Json] = {}
        self._counts: dict[str, int] = {}

    def read(self, side: Side, message: Message, t_ns: int, channel: str = "") -> list[Record]:
        """Return the records of a message.

        Args:
            side: who sent it.
            message: what was sent.
            t_ns: when it passed (ns since the epoch).
            channel: within which ids are unique, where that is not the whole connection.
        """
        self._count(f"from_{side.value}")
        if message.method in COUNTED:
            self._count(message.method)
        match message.form:
            case Form.REQUEST:
                return self._request(side, message, t_ns, channel)
            case Form.NOTIFICATION:
                return self._notification(side, message, t_ns, channel)
            case Form.ANSWER:
                return self._answer(side, message, t_ns, channel)
            case Form.UNREADABLE:
                return [self._unreadable(side, message, t_ns)]

    def tell(self, said: Mapping[str, Json]) -> None:
        """Learn something that all further records say."""
        self._parties |= said

    def summary(self) -> dict[str, Json]:
        """Return what the end of the connection says of all of it."""
        counts = {PREFIX + name.replace("/", "."): n for name, n in self._counts.items()}
        waiting = [o for o in self._open.values() if o.method not in COUNTED]
        return {**counts, PREFIX + "unanswered": len(waiting), **self._parties}

    def failed(self, ids: Sequence[str], error_type: str, t_ns: int, channel: str) -> list[Record]:
        """Return the ends of a client's requests that no answer can come to any more.

        Args:
            ids: of the requests, as `Message.id` has them; those that were answered are passed by.
            error_type: what went wrong on the way.
            t_ns: when (ns since the epoch).
            channel: as for `read`.
        """
        records: list[Record] = []
        for request in ids:
            opened = self._open.pop((channel, Side.CLIENT, request), None)
            if opened is not None and opened.method not in COUNTED:
                said = {**opened.attributes, semconv.ERROR_TYPE: error_type}
                keep = self._excerpts()
                records.append(self._of(opened, Phase.END, t_ns, said, keep, Status.ERROR))
        return records

    def point(
        self, name: str, said: Mapping[str, Json], t_ns: int, phase: Phase = Phase.POINT
    ) -> Record:
        """Return a record of the connection itself."""
        return self._record(phase, Kind.LIFECYCLE, name, new_id(), t_ns, said)

    def _request(self, side: Side, message: Message, t_ns: int, channel: str) -> list[Record]:
        params = message.params
        meta = params.get("_meta")
        meta = meta if isinstance(meta, dict) else {}
        self._introduce(message.method, params, meta)
        records = self._inputs_answered(params, t_ns)
        opened = self._opened(side, message, meta)
        self._remember(self._open, (channel, side, message.id), opened)
        if message.method in COUNTED:
            return records
        keep = self._excerpts()
        said = {
            **opened.attributes,
            **self._about_meta(meta, keep),
            **meaning_of(message.method).asked(params, keep),
        }
        return [*records, self._of(opened, Phase.START, t_ns, said, keep)]

    def _opened(self, side: Side, message: Message, meta: Mapping[str, Any]) -> _Open:
        trace = _TRACEPARENT.fullmatch(str(meta.get("traceparent", "")))
        attributes: dict[str, Json] = {
            semconv.MCP_METHOD: message.method,
            PREFIX + "from": side.value,
        }
        if message.id:
            attributes[semconv.JSONRPC_ID] = message.id.strip('"')
        for name, value in meta.items():
            # Of its answer, too: by this id both are joined to what else tells of the call.
            if isinstance(value, str) and _CALL_ID.search(name):
                attributes[semconv.GEN_AI_TOOL_CALL_ID] = value
        return _Open(
            ref=new_id(),
            method=message.method,
            name=meaning_of(message.method).name(message.method, message.params),
            params=message.params if message.method == "tools/list" else {},
            attributes=attributes,
            trace_id=trace[1] if trace else "",
            parent_span_id=trace[2] if trace else "",
        )

    def _notification(self, side: Side, message: Message, t_ns: int, channel: str) -> list[Record]:
        if message.method in COUNTED:
            return []
        keep = self._excerpts()
        said = {
            semconv.MCP_METHOD: message.method,
            PREFIX + "from": side.value,
            **meaning_of("").asked(message.params, keep),
            **keep.about(),
        }
        cancelled = self._cancelled((channel, side), message, said, t_ns)
        if cancelled is not None:
            return [cancelled]
        return [self.point(meaning_of("").name(message.method, {}), said, t_ns)]

    def _cancelled(
        self, sender: tuple[str, Side], message: Message, said: Mapping[str, Json], t_ns: int
    ) -> Record | None:
        """Return the point at which an open request was given up; its answer may still come."""
        if message.method != CANCELLED:
            return None
        opened = self._open.get((*sender, id_text(message.params.get("requestId"))))
        if opened is None:
            return None
        kind = meaning_of(opened.method).kind
        attributes = {**opened.attributes, **said, PREFIX + "cancelled": True}
        return self._record(Phase.POINT, kind, opened.name, opened.ref, t_ns, attributes)

    def _answer(self, side: Side, message: Message, t_ns: int, channel: str) -> list[Record]:
        opened = self._open.pop((channel, side.other, message.id), None)
        keep = self._excerpts()
        if opened is None:
            value = message.error if message.error is not None else message.result
            said: dict[str, Json] = {
                semconv.JSONRPC_ID: message.id.strip('"'),
                PREFIX + "from": side.value,
                PREFIX + "result": keep.json(value),
                semconv.REASON: "an answer to a request that was not seen, or was answered before",
            }
            return [self.point("mcp unexpected answer", {**said, **keep.about()}, t_ns)]
        if opened.method in COUNTED:
            return []
        self._learn_server(opened.method, message.result)
        records = [self._end(opened, message, keep, t_ns), *self._inputs_asked(message, t_ns)]
        if opened.method == "tools/list":
            offer = self._tools.take(opened.params, message.result)
            if offer is not None:
                told = self._excerpts()
                said = {**opened.attributes, **offer.attributes(told)}
                records.append(self.point(offer.name, {**said, **told.about()}, t_ns))
        return records

    def _end(self, opened: _Open, message: Message, keep: Excerpts, t_ns: int) -> Record:
        said: dict[str, Json] = dict(opened.attributes)
        status = Status.OK
        if message.error is not None:
            code = message.error.get("code")
            said |= {
                semconv.MCP_ANSWER: "error",
                semconv.RPC_STATUS: str(code),
                semconv.ERROR_TYPE: str(code),
                semconv.EXCEPTION_MESSAGE: keep.text(str(message.error.get("message", ""))),
            }
            if message.error.get("data") is not None:
                said[PREFIX + "error.data"] = keep.json(message.error["data"])
            return self._of(opened, Phase.END, t_ns, said, keep, Status.ERROR)
        said[semconv.MCP_ANSWER] = "result"
        said |= meaning_of(opened.method).answered(message.result, keep)
        if said.get(semconv.MCP_IS_ERROR) is True:
            said[semconv.ERROR_TYPE] = "tool_error"
            status = Status.ERROR
        result_type = _inner(message.result, "resultType")
        if isinstance(result_type, str) and result_type != "complete":
            said[PREFIX + "result_type"] = result_type
        return self._of(opened, Phase.END, t_ns, said, keep, status)

    def _inputs_asked(self, message: Message, t_ns: int) -> list[Record]:
        """Return the starts of what a server asks of the client inside a result."""
        asked = _inner(message.result, "inputRequests")
        state = str(_inner(message.result, "requestState") or "")
        records: list[Record] = []
        for key, request in asked.items() if isinstance(asked, dict) else ():
            method, params = _inner(request, "method"), _inner(request, "params")
            params = params if isinstance(params, dict) else {}
            inside = Message(Form.REQUEST, method=str(method), params=params)
            opened = self._opened(Side.SERVER, inside, {})
            self._remember(self._inputs, (state, key), opened)
            keep = self._excerpts()
            said = {**opened.attributes, **meaning_of(inside.method).asked(params, keep)}
            records.append(self._of(opened, Phase.START, t_ns, said, keep))
        return records

    def _inputs_answered(self, params: Mapping[str, Any], t_ns: int) -> list[Record]:
        """Return the ends of what was asked inside a result: a client answers in its next call."""
        answers = params.get("inputResponses")
        state = str(params.get("requestState") or "")
        records: list[Record] = []
        for key, result in answers.items() if isinstance(answers, dict) else ():
            opened = self._inputs.pop((state, key), None)
            if opened is not None:
                answer = Message(Form.ANSWER, result=result)
                records.append(self._end(opened, answer, self._excerpts(), t_ns))
        return records

    def _unreadable(self, side: Side, message: Message, t_ns: int) -> Record:
        keep = self._excerpts()
        said: dict[str, Json] = {
            PREFIX + "from": side.value,
            semconv.REASON: f"a message could not be read: {message.reason}",
            PREFIX + "text": keep.text(message.text),
        }
        return self.point("mcp unreadable", {**said, **keep.about()}, t_ns)

    def _introduce(self, method: str, params: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        is_first = method == "initialize"
        client = params.get("clientInfo") if is_first else meta.get(_SPEC + "clientInfo")
        version = params.get("protocolVersion") if is_first else None
        self._know("flightlog.mcp.client", client)
        self._know_version(version or meta.get(_SPEC + "protocolVersion"))

    def _learn_server(self, method: str, result: Any) -> None:
        meta = _inner(result, "_meta")
        info = _inner(result, "serverInfo") or _inner(meta, _SPEC + "serverInfo")
        self._know(semconv.MCP_SERVER, info)
        if method == "initialize":
            self._know_version(_inner(result, "protocolVersion"))

    def _know(self, name: str, info: Any) -> None:
        for key, value in (
            (name, _inner(info, "name")),
            (name + ".version", _inner(info, "version")),
        ):
            if isinstance(value, str) and len(value) <= MAX_PARTY:
                self._parties[key] = value

    def _know_version(self, version: Any) -> None:
        if isinstance(version, str) and len(version) <= MAX_PARTY:
            self._parties[semconv.MCP_PROTOCOL] = version

    def _about_meta(self, meta: Mapping[str, Any], keep: Excerpts) -> dict[str, Json]:
        said: dict[str, Json] = {}
        rest = {name: value for name, value in meta.items() if name not in _PLAIN_META}
        if rest:
            said[PREFIX + "meta"] = keep.json(rest)
        traceparent = meta.get("traceparent")
        if isinstance(traceparent, str) and _TRACEPARENT.fullmatch(traceparent):
            said[semconv.PEER_TRACEPARENT] = traceparent
        return said

    def _of(
        self,
        opened: _Open,
        phase: Phase,
        t_ns: int,
        said: Mapping[str, Json],
        keep: Excerpts,
        status: Status = Status.UNSET,
    ) -> Record:
        kind = meaning_of(opened.method).kind
        trace = opened.trace_id, opened.parent_span_id
        told = {**said, **keep.about()}
        return self._record(phase, kind, opened.name, opened.ref, t_ns, told, status, trace)

    def _record(
        self,
        phase: Phase,
        kind: Kind,
        name: str,
        ref: str,
        t_ns: int,
        said: Mapping[str, Json],
        status: Status = Status.UNSET,
        trace: tuple[str, str] = ("", ""),
    ) -> Record:
        scene = self._scene
        return Record(
            witness=Witness.MCP,
            phase=phase,
            kind=kind,
            name=name,
            session=scene.session,
            run=scene.run,
            ref=ref,
            t_ns=t_ns,
            status=status,
            trace_id=trace[0],
            parent_span_id=trace[1],
            pid=scene.pid,
            attributes={
                **scene.attributes,
                **self._parties,
                semconv.MCP_CONNECTION: scene.connection,
                semconv.NETWORK_TRANSPORT: scene.transport,
                **said,
            },
        )

    def _excerpts(self) -> Excerpts:
        return Excerpts(self._scene.digest_key)

    def _count(self, name: str) -> None:
        self._counts[name] = self._counts.get(name, 0) + 1

    def _remember[K](self, known: OrderedDict[K, _Open], key: K, opened: _Open) -> None:
        known[key] = opened
        known.move_to_end(key)
        if len(known) > MAX_OPEN:
            known.popitem(last=False)


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
