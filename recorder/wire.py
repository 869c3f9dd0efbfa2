"""How records travel between processes of one machine: a length, then one JSON object.

Hooks, which are too short-lived to load a JSON parser, send their payload as it is (`HOOK` frames).
Only ever through the recorder's unix socket, in memory; what travels is not sealed yet.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from recorder.capture.hook.payload import MAGIC, HookPayload, decode_payload
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id

__all__ = [
    "MAX_FRAME",
    "decode_record",
    "encode_fields",
    "encode_frame",
    "encode_record",
    "join_frame",
    "read_frame",
    "record_fields",
]

MAX_FRAME = 64 * 1024 * 1024
"""Bytes of one frame; a larger record is refused by the client and counted as a gap."""
_LENGTH = struct.Struct("!I")


def encode_frame(record: Record | Sequence[Record], ack: int | None) -> bytes:
    """Return a record, or several to be committed together, as one frame.

    Args:
        record: a record or several.
        ack: asks for that number to be answered after the commit.
    """
    if isinstance(record, Record):
        return encode_fields(record_fields(record), ack)
    payload = _encoded({"ack": ack, "records": [record_fields(one) for one in record]})
    return _LENGTH.pack(len(payload)) + payload


def encode_fields(fields: dict[str, Any], ack: int | None) -> bytes:
    """Do as `encode_frame` with a record as `record_fields` gives it."""
    payload = _encoded({"ack": ack, "record": fields})
    return len(payload).to_bytes(_LENGTH.size) + payload


def encode_record(record: Record) -> bytes:
    """Return a record as JSON, for `join_frame`."""
    return _encoded(record_fields(record))


def join_frame(encoded: Sequence[bytes], ack: int | None) -> bytes:
    """Return encoded records as one frame, to be committed together; `ack` as above."""
    asked = b"null" if ack is None else b"%d" % ack
    payload = b'{"ack":%s,"records":[%s]}' % (asked, b",".join(encoded))
    return _LENGTH.pack(len(payload)) + payload


def read_frame(
    read: Callable[[int], bytes],
) -> tuple[list[Record] | HookPayload, int | None] | None:
    """Return the next frame's records or hook payload and its `ack` from a blocking stream, or None
    at its end. A hook's payload always asks for an answer.

    Raises:
        ValueError: the stream holds something else.
    """
    header = read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
    payload = read(length)
    if len(payload) < length:
        return None
    if payload.startswith(MAGIC):
        return decode_payload(payload), 0
    message = json.loads(payload)
    found = message["records"] if "records" in message else [message["record"]]
    return [decode_record(fields) for fields in found], message["ack"]


def _encoded(message: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(message, default=_as_json)
    except TypeError:
        # What orjson is too strict for: lone surrogates, long integers, keys that are no text
        return json.dumps(message, separators=(",", ":"), default=_as_json).encode()


def _as_json(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return dict(value) if isinstance(value, Mapping) else str(value)


def _as_texts(attributes: Mapping[str, Json]) -> dict[str, Json]:
    """Return a copy of attributes; bytes, which OpenTelemetry has and JSON has not, become text."""
    copied = dict(attributes)
    if bytes in map(type, copied.values()):
        for name, value in copied.items():
            if isinstance(value, bytes):
                copied[name] = value.decode("utf-8", "backslashreplace")
    return copied


def record_fields(record: Record) -> dict[str, Any]:
    """Return a record's fields as JSON values."""
    return {
        "witness": record.witness.value,
        "phase": record.phase.value,
        "kind": record.kind.value,
        "name": record.name,
        "session": record.session,
        "run": record.run,
        "ref": record.ref,
        "t": record.t_ns,
        "observed": record.observed_ns,
        "status": record.status.value,
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "parent_span_id": record.parent_span_id,
        "pid": record.pid,
        "attributes": record.attributes,
        "id": record.id,
    }


def decode_record(fields: Mapping[str, Any]) -> Record:
    """Return the record that `record_fields` describes.

    Raises:
        ValueError: a field is missing or of the wrong kind.
    """
    try:
        t_ns, pid = fields["t"], fields["pid"]
        return Record(
            witness=Witness(fields["witness"]),
            phase=Phase(fields["phase"]),
            kind=Kind(fields["kind"]),
            name=str(fields["name"]),
            session=str(fields["session"]),
            run=str(fields["run"]),
            ref=str(fields["ref"]),
            t_ns=None if t_ns is None else int(t_ns),
            observed_ns=int(fields["observed"]),
            status=Status(fields["status"]),
            trace_id=str(fields["trace_id"]),
            span_id=str(fields["span_id"]),
            parent_span_id=str(fields["parent_span_id"]),
            pid=None if pid is None else int(pid),
            attributes=_as_texts(fields["attributes"]),
            id=str(fields["id"] or new_id()),
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a record: {type(error).__name__} {error}") from error
