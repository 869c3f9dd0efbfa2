"""The whole text of an attribute: a record holds the beginning of a large one, a blob the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analyzer.model import Action
from recorder.model import Json
from recorder.reader import Recording

__all__ = ["Blobs", "Texts", "as_text", "body_text", "no_blobs"]

type Blobs = Callable[[str], bytes | None]
"""Hands out the bytes of a blob by its digest; None where it was removed."""


def no_blobs(_digest: str) -> bytes | None:
    """Stand in for a recording where only the beginnings of large values are wanted."""
    return None


def as_text(value: Json) -> str:
    """Return a JSON value as the text that a person would read."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Texts:
    """The attributes of one action, each whole where the recording still has it."""

    attributes: Mapping[str, Json]
    blob_of: Mapping[str, str] = field(default_factory=dict)
    blobs: Blobs = no_blobs

    @classmethod
    def of(cls, action: Action, blobs: Blobs = no_blobs) -> Texts:
        """Return the texts of an action."""
        return cls(action.attributes, action.blob_of, blobs)

    def whole(self, attribute: str) -> str:
        """Return the attribute's text; its beginning where the blob was removed; else empty."""
        digest = self.blob_of.get(attribute)
        if digest is not None:
            data = self.blobs(digest)
            if data is not None:
                return data.decode("utf-8", "replace")
        return as_text(self.attributes.get(attribute))

    def is_cut(self, attribute: str) -> bool:
        """Tell whether only the beginning of the attribute can be had."""
        digest = self.blob_of.get(attribute)
        return digest is not None and self.blobs(digest) is None


def body_text(recording: Recording, action: Action, attribute: str) -> str:
    """Return the whole text of an action's attribute, fetching its blob from the recording."""
    return Texts.of(action, recording.blob).whole(attribute)
