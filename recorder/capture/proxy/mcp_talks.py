"""Which MCP conversation a request over HTTP belongs to, and what becomes of its messages.

Three transports: streamable HTTP with a session (`Mcp-Session-Id`), the same without one (then ids
are unique within a request only), and the older HTTP+SSE, whose stream names the address to post
to. Used from one thread.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from recorder import semconv
from recorder.capture.mcp.conversation import Conversation, Scene
from recorder.capture.mcp.events import Event
from recorder.capture.mcp.message import Form, Message, Side, parse
from recorder.capture.mcp.methods import PREFIX, is_mcp_method
from recorder.model import Json, Record

__all__ = ["McpTalks", "Place", "Talk"]

MAX_CONVERSATIONS = 1000
HTTP_REF = "flightlog.http.ref"
"""`ref` of the request on the wire that a message came by."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by whom an HTTP request was made."""

    url: str
    session: str
    """The `Mcp-Session-Id` header, or empty."""
    declared: bool
    """The headers say that it is MCP."""
    ref: str
    client: tuple[str, int]
    """Who speaks: a process, or the connection where that is not known."""
    attributes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Talk:
    """One HTTP exchange's part in a conversation."""

    place: Place
    conversation: Conversation | None = None
    channel: str = ""
    ids: list[str] = field(default_factory=list)
    """Of the requests in its body."""


class McpTalks:
    """All conversations of one proxy."""

    def __init__(self, run: str, digest_key: bytes | None) -> None:
        self._run = run
        self._digest_key = digest_key
        self._known: OrderedDict[tuple[str, ...], Conversation] = OrderedDict()

    def posted(self, talk: Talk, body: bytes) -> list[Record]:
        """Return the records of a request's body, if it is MCP."""
        now, messages = time.time_ns(), parse(body)
        if not self._join(talk, messages):
            return []
        talk.ids = [m.id for m in messages if m.form is Form.REQUEST]
        return self._read(talk, Side.CLIENT, messages, now)

    def answered(self, talk: Talk, body: bytes, session: str) -> list[Record]:
        """Return the records of an answer's body; `session` is the id that it assigns, or empty."""
        self.assigned(talk, session)
        return self._read(talk, Side.SERVER, parse(body), time.time_ns())

    def assigned(self, talk: Talk, session: str) -> list[Record]:
        """Learn the id of a session from the answer to its first request."""
        if session and not talk.place.session and talk.conversation is not None:
            talk.conversation.tell({semconv.MCP_SESSION: session})
            self._keep(("session", session), talk.conversation)
        return []

    def streamed(self, talk: Talk, events: Sequence[Event]) -> list[Record]:
        """Return the records of events of a stream."""
        now = time.time_ns()
        records: list[Record] = []
        for event in events:
            if event.type == "endpoint" and talk.conversation is None:
                self._begin_older(talk, event.data.decode("utf-8", "replace"))
            elif talk.conversation is not None and event.type == "message":
                if event.size > len(event.data):
                    records += self.unreadable(talk, event.size)
                records += self._read(talk, Side.SERVER, parse(event.data), now)
        return records

    def follows(self, talk: Talk) -> None:
        """Find the conversation that a stream by itself (`GET`) belongs to."""
        if talk.place.session:
            talk.conversation = self._found(("session", talk.place.session), talk.place)

    def ended(self, talk: Talk, error_type: str) -> list[Record]:
        """Return the ends of what the request asked and will not be answered."""
        if talk.conversation is None:
            return []
        failed = talk.conversation.failed(talk.ids, error_type, time.time_ns(), talk.channel)
        return self._by(talk, failed)

    def unreadable(self, talk: Talk, size: int) -> list[Record]:
        """Return the record of a message that could not be looked into."""
        if talk.conversation is None:
            return []
        said: dict[str, Json] = {
            PREFIX + "from": Side.SERVER.value,
            semconv.MCP_CUT: size,
            semconv.REASON: "a message was too long or in a coding that is not read here",
        }
        return self._by(talk, [talk.conversation.point("mcp unreadable", said, time.time_ns())])

    def _join(self, talk: Talk, messages: Sequence[Message]) -> bool:
        """Find the conversation that a request belongs to; return whether there is one."""
        place = talk.place
        older = self._known.get(("posts", place.url))
        is_mcp = place.declared or any(is_mcp_method(message.method) for message in messages)
        if older is not None:
            talk.conversation = older
        elif not is_mcp or all(message.form is Form.UNREADABLE for message in messages):
            return False
        elif place.session:
            talk.conversation = self._found(("session", place.session), place)
        elif any(message.method == "initialize" for message in messages):
            talk.conversation = self._new(place)
        else:
            client = place.client
            talk.conversation = self._found(
                ("stateless", place.url, client[0], str(client[1])), place
            )
            talk.channel = place.ref
        return True

    def _begin_older(self, talk: Talk, endpoint: str) -> None:
        talk.conversation = self._new(talk.place)
        self._keep(("posts", urljoin(talk.place.url, endpoint.strip())), talk.conversation)

    def _found(self, key: tuple[str, ...], place: Place) -> Conversation:
        return self._known.get(key) or self._keep(key, self._new(place))

    def _keep(self, key: tuple[str, ...], conversation: Conversation) -> Conversation:
        self._known[key] = conversation
        if len(self._known) > MAX_CONVERSATIONS:
            self._known.popitem(last=False)
        return conversation

    def _new(self, place: Place) -> Conversation:
        attributes = dict(place.attributes)
        if place.session:
            attributes[semconv.MCP_SESSION] = place.session
        scene = Scene(
            run=self._run, transport="tcp", attributes=attributes, digest_key=self._digest_key
        )
        return Conversation(scene)

    def _read(self, talk: Talk, side: Side, messages: Sequence[Message], now: int) -> list[Record]:
        if talk.conversation is None:
            return []
        made: list[Record] = []
        for message in messages:
            made += talk.conversation.read(side, message, now, talk.channel)
        return self._by(talk, made)

    def _by(self, talk: Talk, records: Sequence[Record]) -> list[Record]:
        by: dict[str, Json] = {HTTP_REF: talk.place.ref}
        return [replace(r, attributes={**r.attributes, **by}) for r in records]
