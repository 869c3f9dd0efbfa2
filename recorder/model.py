"""The words that every room speaks: what a record, a seal and a session are.

Pure values, no I/O. A `Record` is what a witness reports, still unsealed and only ever in memory;
a `StoredRecord` is what a reader gets back. What records *mean* is not decided here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
"""A value that JSON can hold."""


class Witness(StrEnum):
    """Who reported a record."""

    SDK = "sdk"
    OTLP = "otlp"
    HOOK = "hook"
    PROXY = "proxy"
    MCP = "mcp"
    TRANSCRIPT = "transcript"
    AUDIT = "audit"
    RECORDER = "recorder"
    """The recorder itself: start, stop, gaps, spools, rotated keys."""


class Phase(StrEnum):
    """Which part of an action a record reports."""

    START = "start"
    END = "end"
    WHOLE = "whole"
    POINT = "point"


class Kind(StrEnum):
    """What sort of action a record speaks of."""

    TOOL_CALL = "tool_call"
    API_REQUEST = "api_request"
    CREDENTIAL = "credential"
    MODEL_CALL = "model_call"
    PROMPT = "prompt"
    APPROVAL = "approval"
    FILE = "file"
    PROCESS = "process"
    LIFECYCLE = "lifecycle"


class Status(StrEnum):
    """What the witness said of the outcome (OpenTelemetry span status, lower case)."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


class Role(StrEnum):
    """What happened to a credential at a sighting."""

    EXPOSED = "exposed"
    """It was shown: a file, a tool's output, an answer."""
    USED = "used"
    """It was sent to something or handed to a program."""
    ISSUED = "issued"
    """Its issuer gave it out."""
    IN_CONTEXT = "in context"
    """It stood in what was said to a model or what the model said."""
    COPIED = "copied"
    """It was written to a further place."""
    DECLARED = "declared"
    """Its owner named it; that is no sighting by itself."""

    @property
    def shows(self) -> bool:
        """True when it was shown to whoever was there, or stood in a model's context."""
        return self in {Role.EXPOSED, Role.IN_CONTEXT}


def new_id() -> str:
    """Return a fresh 128-bit identifier as 32 hexadecimal digits."""
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing a witness reports, before sealing. It may hold secrets: never write it anywhere."""

    witness: Witness
    phase: Phase
    kind: Kind
    name: str
    session: str = ""
    """Session id; empty where the witness cannot know it (a request on the wire)."""
    run: str = ""
    """Id of the launch (`FLIGHTLOG_RUN`) that the witness was started in; empty without one."""
    ref: str = ""
    """The id under which witnesses speak of the same action; a start and its end share it."""
    t_ns: int | None = None
    """The witness's own time, ns since the Unix epoch (UTC); None where it gave none."""
    observed_ns: int = field(default_factory=time.time_ns)
    """When the record was received, ns since the Unix epoch (UTC)."""
    status: Status = Status.UNSET
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    pid: int | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    """OpenTelemetry attributes under their names as received."""
    id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Seal:
    """A place where a secret stood in a record and was replaced by its token."""

    fingerprint: str
    """Keyed fingerprint (HMAC-SHA-256, first 16 bytes, in hexadecimal) of the secret."""
    credential_class: str
    detector: str
    """What found it: `header`, `url`, `argv`, `assignment`, `shape`, `known_value`, ..."""
    role: Role
    place: str
    """Where in the record: an attribute's name, and `:line N` (from 1) in text of several lines."""
    length: int
    """Length of the secret in characters."""
    hint: str = ""
    """A prefix that is public by the issuer's design, such as `ghp_`."""
    suspected: bool = False
    """Found by entropy alone: not to be built upon."""
    encoding: str = ""
    """How the secret was written where it stood: `base64`, `percent`, ...; empty as it is."""


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A value that was too large for the record's body and stands in the blobs table."""

    digest: str
    """SHA-256 of the uncompressed sealed bytes, hexadecimal."""
    size: int
    """Bytes, uncompressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it stands in a recording: sealed, numbered, immutable."""

    seq: int
    witness: Witness
    phase: Phase
    kind: Kind
    name: str
    session: str
    run: str
    ref: str
    t_ns: int | None
    observed_ns: int
    status: Status
    trace_id: str
    span_id: str
    parent_span_id: str
    pid: int | None
    attributes: Mapping[str, Json]
    """Sealed. Values over 4 KiB stand in `blobs` under the same name; here is their beginning."""
    blobs: Mapping[str, BlobRef]
    seals: tuple[Seal, ...]
    id: str

    @property
    def time_ns(self) -> int:
        """The witness's time, or the time of receipt where it gave none (ns since the epoch)."""
        return self.observed_ns if self.t_ns is None else self.t_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session as the recording's index knows it."""

    id: str
    agent: str
    agent_version: str
    model: str
    cwd: str
    host: str
    user: str
    witness: Witness
    run: str
    first_seq: int
    last_seq: int
    start_ns: int
    last_ns: int
    """Time of the newest record (ns since the epoch)."""
    records: int
    ended: bool
    """True when a witness reported the session's end."""
    timed: bool = True
    """False where no witness gave any time: `start_ns` and `last_ns` are then those of receipt."""
