"""What entries of all cloud logs have in common: who asked for what, from where, and the answer.

The log's own words, under OpenTelemetry's names where it has one. Nothing is judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recorder import semconv
from recorder.digests import digest_id
from recorder.model import Json, Kind, Phase, Record, Status, Witness

__all__ = ["Entry", "as_json", "mapping", "record_of", "text"]

MAX_NAME = 200
"""Characters of a name or an id; the whole of it stays in its attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a cloud's log, read."""

    log: str
    """Which log: `aws.cloudtrail`, `github.audit`, `kubernetes.audit`, `gcp.audit`."""
    id: str
    """The log's own id of the entry: the same entry, exported twice, has the same."""
    principal: str
    """Who asked, as far as the log tells: an account and a name."""
    service: str
    operation: str
    t_ns: int | None
    request_id: str = ""
    """The id that the service gave the request; witnesses on the other side may know it."""
    user_agent: str = ""
    client_address: str = ""
    error: str = ""
    """The log's error code; empty where it reports none."""
    error_message: str = ""
    is_read_only: bool | None = None
    """Whether the log says that nothing was changed; None where it does not say."""
    phase: Phase = Phase.WHOLE
    status_code: int | None = None
    method: str = ""
    url_path: str = ""
    host: str = ""
    request: Any = None
    """Parameters of the request."""
    response: Any = None
    more: Mapping[str, Json] = field(default_factory=dict)
    """What else is worth a name of its own."""


def record_of(entry: Entry, observed_ns: int) -> Record:
    """Return the record of an entry, of kind `api_request` and witness `audit`."""
    failed = bool(entry.error) or (entry.status_code or 0) >= 400
    attributes: dict[str, Json] = {
        "flightlog.audit.log": entry.log,
        "flightlog.audit.entry.id": entry.id,
        "flightlog.audit.principal": entry.principal,
        "flightlog.audit.read_only": entry.is_read_only,
        semconv.GEN_AI_AGENT_NAME: entry.log,
        semconv.USER_NAME: entry.principal,
        semconv.RPC_SERVICE: entry.service,
        semconv.RPC_METHOD: entry.operation,
        semconv.REQUEST_ID: entry.request_id,
        semconv.USER_AGENT: entry.user_agent,
        semconv.CLIENT_ADDRESS: entry.client_address,
        semconv.SERVER_ADDRESS: entry.host,
        semconv.HTTP_METHOD: entry.method,
        semconv.URL_PATH: entry.url_path.partition("?")[0],
        semconv.URL_QUERY: entry.url_path.partition("?")[2],
        semconv.HTTP_STATUS: entry.status_code,
        semconv.ERROR_TYPE: entry.error or (str(entry.status_code) if failed else ""),
        semconv.EXCEPTION_MESSAGE: entry.error_message,
        semconv.REQUEST_BODY: as_json(entry.request),
        semconv.RESPONSE_BODY: as_json(entry.response),
        **entry.more,
    }
    if entry.phase is Phase.WHOLE and entry.t_ns is not None:
        attributes[semconv.END_NS] = entry.t_ns
    settled = Status.UNSET if entry.phase is Phase.START else Status.OK
    return Record(
        witness=Witness.AUDIT,
        phase=entry.phase,
        kind=Kind.API_REQUEST,
        name=f"{entry.service}.{entry.operation}".strip(".")[:MAX_NAME] or entry.log,
        session=f"{entry.log} {entry.principal}"[:MAX_NAME],
        ref=f"{entry.log} {entry.request_id or entry.id}"[:MAX_NAME],
        t_ns=entry.t_ns,
        observed_ns=observed_ns,
        status=Status.ERROR if failed else settled,
        attributes={name: value for name, value in attributes.items() if value not in ("", None)},
        id=digest_id(f"{entry.log}\0{entry.id}\0{entry.phase}"),
    )


def text(value: Any) -> str:
    """Return a value of the log as text; empty for nothing, JSON for what is no text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object of the log, or an empty one where there is none."""
    return value if isinstance(value, Mapping) else {}


def as_json(value: Any) -> str:
    """Return a part of the log as JSON text; empty where there is none."""
    return "" if value in (None, "", {}, []) else json.dumps(value, ensure_ascii=False, default=str)
