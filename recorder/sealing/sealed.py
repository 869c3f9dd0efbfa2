"""The only form in which a record may leave memory.

The store and the spool take nothing but a `SealedRecord`, and only `recorder.sealing.sealer` makes
one; a test reads every module to keep it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recorder.model import Seal


@dataclass(frozen=True, slots=True)
class SealedBlob:
    """A large sealed value, content-addressed and compressed."""

    digest: bytes
    size: int
    encoding: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record in which every secret has been replaced by its token."""

    fields: Mapping[str, Any]
    """The body but for `seq` and `salt`, which the store adds."""
    seals: tuple[Seal, ...]
    blobs: tuple[SealedBlob, ...]
