"""The flows in a file of mitmproxy's, told by the same hand as those of our own proxy.

Apart from the format's entry in the table, because loading mitmproxy costs every import a fifth of
a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from mitmproxy import http
from mitmproxy.io import FlowReader

from recorder import semconv
from recorder.capture.proxy.bodies import BodyTap
from recorder.capture.proxy.records import Exchange, Scribe
from recorder.capture.proxy.websockets import PassingMessage
from recorder.digests import digest_id
from recorder.model import Record
from recorder.transcripts.telling import made_session

__all__ = ["AGENT", "DamagedFlowsError", "tell"]

AGENT = "mitmproxy"


class DamagedFlowsError(ValueError):
    """A file whose flows could not all be read; the message quotes nothing of it."""


def tell(file: BinaryIO) -> Iterator[Record]:
    """Yield the records of a file's HTTP flows; connections without HTTP are left out.

    Raises:
        DamagedFlowsError: after the records of the flows before the damage.
    """
    session, number = "", 0
    try:
        for number, flow in enumerate(FlowReader(file).stream(), 1):
            if isinstance(flow, http.HTTPFlow):
                session = session or made_session(AGENT, flow.id)
                yield from _records(flow, session, f"flow {number}")
    # mitmproxy lets whatever its parsers raise through: a hostile file may raise anything.
    except Exception as error:
        raise DamagedFlowsError(
            f"flow {number + 1} cannot be read ({type(error).__name__}); the {number} before it can"
        ) from error


def _records(flow: http.HTTPFlow, session: str, key: str) -> Iterator[Record]:
    scribe, exchange = Scribe(""), Exchange()
    if not flow.client_conn.peername:
        flow.client_conn.peername = ("", 0)
    flow.request.stream = False
    _feed(exchange.request, flow.request)
    yield _filed(scribe.start(flow, exchange, None), session, key)
    if flow.response is not None:
        flow.response.stream = False
        _feed(exchange.response, flow.response)
    if flow.response is not None or flow.error is not None:
        yield _filed(scribe.end(flow, exchange, None), session, f"{key} end", flow)
    for number, message in enumerate(flow.websocket.messages if flow.websocket else [], 1):
        passed = PassingMessage()
        passed.tap.feed(message.content)
        record = scribe.message(flow, passed, None, sent=message.from_client)
        at = int(message.timestamp * 1_000_000_000) if message.timestamp else None
        ref = f"{flow.id} message {number}"
        yield _filed(replace(record, t_ns=at, ref=ref), session, f"{key} message {number}")


def _feed(tap: BodyTap, message: Any) -> None:
    content = message.raw_content
    if content:
        tap.feed(content)


def _filed(record: Record, session: str, key: str, ended: http.HTTPFlow | None = None) -> Record:
    """Return a record under the file's session, with an id that does not change."""
    t_ns = record.t_ns
    if ended is not None and ended.response is not None and not ended.response.timestamp_end:
        t_ns = None
    identity = f"{AGENT}\0{session}\0{key}"
    about = {semconv.GEN_AI_AGENT_NAME: AGENT, semconv.SOURCE_PLACE: key}
    return replace(
        record,
        t_ns=t_ns,
        session=session,
        attributes={**record.attributes, **about},
        id=digest_id(identity),
    )
