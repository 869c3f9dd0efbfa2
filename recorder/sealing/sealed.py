"""The only form in which a record may leave memory.

The store and the spool take nothing but a `SealedRecord`, and only `recorder.sealing.sealer` makes
one; a test reads every module to keep it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import zstandard

from recorder.model import Seal
from recorder.sealing.spans import SecretSpan


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
    marks: bytes | None = b""
    """Keyed marks of its token-like strings, `MARK_BYTES` each; None: there are too many."""


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A place in a text at which a secret was replaced."""

    span: SecretSpan
    """Where it stood in the original, and what found it."""
    fingerprint: str
    credential_class: str
    hint: str
    length: int
    """Characters of the secret itself."""
    is_new: bool
    """It was not known before and is from now on."""

    @property
    def token(self) -> str:
        """What the secret is called."""
        return f"⟦{self.credential_class}:{self.fingerprint}⟧"

    @property
    def in_text(self) -> str:
        """What stands there now."""
        return f"{self.span.quote}{self.token}{self.span.quote}"


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text in which every secret has been replaced by its token."""

    text: str
    places: tuple[SealedPlace, ...]
    """In the order of the text."""


def seal_as_json(seal: Seal) -> dict[str, Any]:
    """Return a seal as it stands in a body."""
    encoding = {"encoding": seal.encoding} if seal.encoding else {}
    return {
        "fp": seal.fingerprint,
        "class": seal.credential_class,
        "detector": seal.detector,
        "role": seal.role.value,
        "place": seal.place,
        "length": seal.length,
        "hint": seal.hint,
        "suspected": seal.suspected,
        **encoding,
    }


def uncompressed(blob: SealedBlob) -> bytes:
    """Return the bytes of a large sealed value."""
    return zstandard.ZstdDecompressor().decompress(blob.data, max_output_size=blob.size + 1)
