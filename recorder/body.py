"""A record's body: the line of JSON that is stored, hashed and never serialised again.

`seq`, a 16-byte salt (so that the leaf of a body removed later cannot be guessed back) and times as
strings (JSON numbers lose nanoseconds) stand in it; the columns of the table are only its index.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from recorder import semconv
from recorder.columns import column_text
from recorder.model import BlobRef, Kind, Phase, Role, Seal, Status, StoredRecord, Witness

__all__ = ["encode_body", "parse_body", "salts", "unreadable"]

SALT_BYTES = 16


def salts(count: int) -> list[str]:
    """Return so many salts: asking the kernel for each alone costs as much as all else of one."""
    drawn, digits = os.urandom(count * SALT_BYTES).hex(), 2 * SALT_BYTES
    return [drawn[at : at + digits] for at in range(0, len(drawn), digits)]


def encode_body(seq: int, fields: Mapping[str, Any], salt: str = "") -> bytes:
    """Return the body's bytes for sealed fields, numbered and salted: one line, UTF-8.

    Args:
        seq: the record's number.
        fields: its sealed fields.
        salt: a fresh one of `salts`; without one it is drawn here.
    """
    salt = salt or salts(1)[0]
    try:
        # The fields alone: to put two more before them would copy all of them.
        return b'{"seq":%d,"salt":"%s",%s' % (seq, salt.encode(), orjson.dumps(fields)[1:])
    except TypeError:
        # Lone surrogates, as in a file name that is not UTF-8, survive only as \\udcXX escapes;
        # orjson refuses them, and integers over 64 bits.
        document = {"seq": seq, "salt": salt, **fields}
        return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()


def parse_body(seq: int, body: bytes) -> StoredRecord:
    """Return the record that a body holds, its ids as the index has them: former releases kept
    what no index can hold.
    """
    fields = json.loads(body)
    t_ns = fields["t"]
    return StoredRecord(
        seq=seq,
        id=column_text(fields["id"]),
        witness=Witness(fields["witness"]),
        phase=Phase(fields["phase"]),
        kind=Kind(fields["kind"]),
        name=_same(column_text(fields["name"])),
        session=_same(column_text(fields["session"])),
        run=_same(column_text(fields["run"])),
        ref=column_text(fields["ref"]),
        t_ns=None if t_ns is None else int(t_ns),
        observed_ns=int(fields["observed"]),
        status=Status(fields["status"]),
        trace_id=fields["trace_id"],
        span_id=fields["span_id"],
        parent_span_id=fields["parent_span_id"],
        pid=fields["pid"],
        attributes={_same(name): value for name, value in fields["attributes"].items()},
        blobs={name: BlobRef(b["digest"], b["size"]) for name, b in fields["blobs"].items()},
        seals=tuple(
            Seal(
                fingerprint=s["fp"],
                credential_class=s["class"],
                detector=s["detector"],
                role=Role(s["role"]),
                place=s["place"],
                length=s["length"],
                hint=s["hint"],
                suspected=s["suspected"],
                encoding=s.get("encoding", ""),
            )
            for s in fields["seals"]
        ),
    )


@lru_cache(maxsize=4_096)
def _same(text: str) -> str:
    """Return one object for equal texts: a million records have the same few names."""
    return text


def unreadable(seq: int, session: str) -> StoredRecord:
    """Return what stands in for a record whose body cannot be read, so that none is passed over."""
    return StoredRecord(
        seq=seq,
        id=f"unreadable-{seq}",
        witness=Witness.RECORDER,
        phase=Phase.POINT,
        kind=Kind.LIFECYCLE,
        name="unreadable",
        session=session,
        run="",
        ref="",
        t_ns=None,
        observed_ns=0,
        status=Status.ERROR,
        trace_id="",
        span_id="",
        parent_span_id="",
        pid=None,
        attributes={
            semconv.REASON: f"the body of record #{seq} cannot be read: see flightlog verify"
        },
        blobs={},
        seals=(),
    )
