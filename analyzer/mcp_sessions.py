"""A `DELETE` that ends the client's own MCP session: no resource goes with it.

https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#session-management
That it is one is not the client's word: the server itself gave the session's id, in an answer to an
earlier request to the same address.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.extent import Surface
from analyzer.model import Action, Effect, Judgement
from analyzer.requests import header
from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Json

__all__ = ["McpSessions"]

SESSION = "mcp-session-id"


@dataclass(slots=True)
class McpSessions:
    """The sessions that servers gave out so far."""

    _given: dict[tuple[str, str], int] = field(default_factory=dict)
    """Address and id -> the action whose answer gave it."""

    def learn(self, request: Action) -> None:
        """Take note of the session that an answer gives."""
        given = _answered(request.attributes.get(semconv.HTTP_RESPONSE_HEADER + SESSION))
        if given and as_text(request.attributes.get(semconv.HTTP_METHOD)) == "POST":
            self._given.setdefault((_address(request), given), request.id)

    def ended_by(self, request: Action) -> Judgement | None:
        """Return the effect of a request that ends one of them; None for any other."""
        attributes = request.attributes
        if attributes.get(semconv.HTTP_METHOD) != "DELETE" or attributes.get(semconv.REQUEST_BODY):
            return None
        giver = self._given.get((_address(request), header(attributes, SESSION)))
        if giver is None:
            return None
        reason = f"it ends the MCP session that this server gave in answer to #{giver}"
        return Judgement(Effect.WRITE, (reason,), surface=Surface.HTTP)


def _address(request: Action) -> str:
    return as_text(request.attributes.get(semconv.URL_FULL))


def _answered(value: Json) -> str:
    return as_text(value[0] if isinstance(value, list) and value else value)
