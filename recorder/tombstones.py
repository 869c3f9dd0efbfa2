"""The record that tells of others which were sealed once more, signed so that nobody else tells it.

Whoever can write to the file could change a record and append one that says it was sealed once
more: the log would hold both, and the next checkpoint cover them. So what such a record tells is
signed by the recording's key, in the way of https://c2sp.org/signed-note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder import semconv
from recorder.checkpoint import is_signed
from recorder.model import Json
from recorder.replacing import Replacement

__all__ = ["RESEALED", "Told", "tombstone"]

RESEALED = "resealed"
"""Name of the record."""
WHY = "what they held was recognised as secret only after it was stored"


def tombstone(origin: str, key: Ed25519PrivateKey, found: Sequence[Replacement]) -> dict[str, Json]:
    """Return the attributes of the record that tells of some others.

    Args:
        origin: the recording's, as in its checkpoints.
        key: that signs them.
        found: what stands in the others' places.
    """
    numbers, leaves = [one.seq for one in found], [one.leaf.hex() for one in found]
    return {
        semconv.COUNT: len(found),
        semconv.RESEALED_RECORDS: numbers,
        semconv.RESEALED_LEAVES: leaves,
        semconv.RESEALED_SIGNATURE: key.sign(_text(origin, numbers, leaves).encode()).hex(),
        semconv.REASON: WHY,
    }


class Told:
    """What the tombstones of a recording tell."""

    def __init__(self, origin: str, vkey: str) -> None:
        """Begin with nothing; only what `vkey` verifies counts."""
        self._origin, self._vkey = origin, vkey
        self._leaves: dict[int, str] = {}
        self._unsigned: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._leaves)

    def take(self, seq: int, fields: Mapping[str, Any]) -> None:
        """Take in what a body tells, if it is a tombstone's. Of itself and later ones it can tell
        none.
        """
        if (fields["kind"], fields["name"], fields["witness"]) != (
            "lifecycle", RESEALED, "recorder",
        ):  # fmt: skip
            return
        said = fields["attributes"]
        try:
            numbers, leaves = said[semconv.RESEALED_RECORDS], said[semconv.RESEALED_LEAVES]
            told = {n: leaf for n, leaf in zip(numbers, leaves, strict=True) if n < seq}
            signature = bytes.fromhex(said.get(semconv.RESEALED_SIGNATURE, ""))
        except (KeyError, TypeError, ValueError):
            return  # somebody else's, whoever it says it is of
        if is_signed(_text(self._origin, numbers, leaves), signature, self._vkey):
            self._leaves |= told
        else:
            self._unsigned |= dict.fromkeys(told, seq)

    def vouches_for(self, seq: int, leaf: str) -> bool:
        """Return whether a record was sealed once more, to what has this leaf hash."""
        return self._leaves.get(seq) == leaf

    def unsigned(self, seq: int) -> int | None:
        """Return the record that says so of another without being signed; None where none does."""
        return self._unsigned.get(seq)


def _text(origin: str, numbers: Sequence[int], leaves: Sequence[str]) -> str:
    """Return what is signed: no checkpoint, whose second line is a number."""
    told = "".join(f"{n} {leaf}\n" for n, leaf in zip(numbers, leaves, strict=True))
    return f"{origin}\n{RESEALED}\n{told}"
