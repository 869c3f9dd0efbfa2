"""What one OTLP request holds, whichever way it was encoded: sources, spans, log records.

Short-lived values between a decoder and the records; not sealed, so they go nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from recorder import semconv
from recorder.digests import digest_id
from recorder.model import Json

__all__ = [
    "LogItem",
    "MalformedError",
    "Rejected",
    "Source",
    "SpanItem",
    "identity_of",
    "source_of",
]

_COMMON = (semconv.SERVICE_NAME, semconv.HOST_NAME, semconv.USER_NAME, semconv.PROCESS_CWD)
"""Attributes of a resource that stand in each of its records; the whole stands in one record."""


class MalformedError(ValueError):
    """The request's body is not what its content type says; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Source:
    """The resource and the instrumentation scope that spans or log records come from."""

    resource: Mapping[str, Json]
    scope: str = ""
    scope_version: str = ""
    common: Mapping[str, Json] = field(default_factory=dict)
    digest: int = 0
    """Hash of the resource and the scope, equal for equal ones in this process."""
    key: bytes = b""
    """Digest of the same, equal everywhere."""

    @property
    def service(self) -> str:
        """The resource's `service.name`; empty without one."""
        name = self.resource.get(semconv.SERVICE_NAME)
        return name if isinstance(name, str) else ""

    @property
    def pid(self) -> int | None:
        """The resource's process id; None where it says none."""
        pid = self.resource.get(semconv.PROCESS_PID)
        return pid if isinstance(pid, int) and not isinstance(pid, bool) else None


@dataclass(slots=True)
class SpanItem:
    """A span that has ended. Ids in lower-case hexadecimal, times in ns since the epoch."""

    source: Source
    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: int
    """1 internal, 2 server, 3 client, 4 producer, 5 consumer; 0 unspecified."""
    start_ns: int
    end_ns: int
    status: int
    """0 unset, 1 ok, 2 error."""
    message: str
    attributes: dict[str, Json]
    events: list[tuple[str, int, dict[str, Json]]]
    """Name, time, attributes."""
    size: int
    """Bytes that it took in the request, or about so many."""
    identity: str = ""
    """Follows from the content and its source: a client that sends it again says the same."""


@dataclass(slots=True)
class LogItem:
    """A log record. Times in ns since the epoch; 0 where none was given."""

    source: Source
    trace_id: str
    span_id: str
    t_ns: int
    observed_ns: int
    severity: str
    event_name: str
    body: Json
    attributes: dict[str, Json]
    size: int
    """Bytes that it took in the request, or about so many."""
    identity: str = ""
    """Follows from the content and its source: a client that sends it again says the same."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A span or log record that could not be read."""

    reason: str


def source_of(resource: Mapping[str, Json], scope: str = "", scope_version: str = "") -> Source:
    """Return a source with the attributes that each of its records carries."""
    common: dict[str, Json] = {name: resource[name] for name in _COMMON if name in resource}
    if scope:
        common[semconv.SCOPE_NAME] = scope
    whole = repr((sorted(resource.items(), key=_first), scope, scope_version))
    key = sha256(whole.encode("utf-8", "backslashreplace")).digest()
    return Source(resource, scope, scope_version, common, hash(whole), key)


def identity_of(source: Source, raw: bytes) -> str:
    """Return the id of the record that a span's or a log record's bytes become."""
    return digest_id(source.key + raw)


def _first(pair: tuple[str, Json]) -> str:
    return pair[0]
