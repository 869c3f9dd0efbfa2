"""A session's calls that may have made requests, with what is needed to recognise them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.model import Action
from analyzer.outside.commands import Asked
from analyzer.texts import Blobs, Texts, as_text
from analyzer.tools import Family, arguments_of, command_of, family_of
from recorder import semconv
from recorder.model import Kind, Witness

__all__ = ["Call", "Request", "calls_of", "request_of"]

LOOKED_AT = 1_000_000
"""Characters of a call's result that request ids are looked for in."""
SHORTEST_ID = 12
"""Characters of an id that cannot stand in an output by chance."""
AUDIT_LOG = "flightlog.audit.log"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that ran a command."""

    id: int
    start_ns: int
    end_ns: int | None
    command: str
    result: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request that another witness told of."""

    action: Action
    asked: Asked
    at_ns: int
    """Its one time, as that witness's clock had it."""
    source: str
    """Whose clock: the log's name, or the tool that kept the capture."""
    caller: tuple[str, str]
    """Who asked, and from where."""
    request_id: str
    user_agent: str

    def is_named_in(self, call: Call) -> bool:
        """Tell whether the call's output has the id that the service gave the request."""
        return len(self.request_id) >= SHORTEST_ID and self.request_id in call.result


def calls_of(actions: Sequence[Action], blobs: Blobs) -> Iterator[Call]:
    """Yield the calls that ran a command, in order of start."""
    for action in actions:
        if action.kind is not Kind.TOOL_CALL:
            continue
        texts = Texts.of(action, blobs)
        raw = texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)
        command = command_of(arguments_of(raw))
        if family_of(action.name) is not Family.SHELL and not command:
            continue
        result = texts.whole(semconv.GEN_AI_TOOL_RESULT)[:LOOKED_AT]
        yield Call(action.id, action.start_ns, action.end_ns, command or raw, result)


def request_of(action: Action) -> Request:
    """Return an action of an outside witness as a request."""
    said = action.attributes

    def text(name: str) -> str:
        return as_text(said.get(name))

    log = text(AUDIT_LOG)
    is_audit = Witness.AUDIT in action.witnesses
    asked = Asked(
        log=log,
        service=text(semconv.RPC_SERVICE),
        operation=text(semconv.RPC_METHOD),
        method=text(semconv.HTTP_METHOD).upper(),
        path=text(semconv.URL_PATH),
        host=text(semconv.SERVER_ADDRESS),
        target=text("flightlog.audit.target.name"),
    )
    ended = action.end_ns if is_audit else None
    return Request(
        action=action,
        asked=asked,
        at_ns=ended or action.start_ns,
        source=log or text(semconv.GEN_AI_AGENT_NAME) or action.session,
        caller=(text("flightlog.audit.principal") or action.session, text(semconv.CLIENT_ADDRESS)),
        request_id=text(semconv.REQUEST_ID),
        user_agent=text(semconv.USER_AGENT),
    )
