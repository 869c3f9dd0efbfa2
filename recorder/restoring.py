"""Make a record of what was sealed and put away, so that it can be sealed once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recorder.model import Record, Role, Seal
from recorder.wire import decode_record

__all__ = ["restored"]


def restored(
    fields: Mapping[str, Any], blob: Callable[[str], bytes | None]
) -> tuple[Record, tuple[Seal, ...]]:
    """Return the record of sealed fields, its large values back in place, and its seals.

    Args:
        fields: as a body or a spool's line has them.
        blob: gives a large value's bytes by their digest, uncompressed.

    Raises:
        LookupError: a large value is not there any more.
        ValueError: the fields are no record.
    """
    attributes = dict(fields["attributes"])
    for name, ref in fields["blobs"].items():
        raw = blob(ref["digest"])
        if raw is None:
            raise LookupError("a large value of the record is gone")
        attributes[name] = raw.decode("utf-8", "surrogatepass")
    seals = tuple(
        Seal(
            s["fp"], s["class"], s["detector"], Role(s["role"]), s["place"], s["length"], s["hint"],
            s["suspected"], s.get("encoding", ""),
        )
        for s in fields["seals"]
    )  # fmt: skip
    return decode_record({**fields, "attributes": attributes}), seals
