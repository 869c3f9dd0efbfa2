"""What a record keeps of a message's values: texts up to a limit, the rest counted and digested.

Media (base64 of images, sound, files) are not kept: the sealing could not look into them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from recorder import semconv
from recorder.capture.proxy.bodies import KEPT_BYTES, keyed_digest, without_half_word
from recorder.model import Json
from recorder.utf8 import utf8

__all__ = ["Excerpts"]

_DEEPEST = 60
_MEDIA = frozenset({"image", "audio"})


class Excerpts:
    """The texts of one record; says in the end what of them was left out."""

    def __init__(self, digest_key: bytes | None) -> None:
        """Begin.

        Args:
            digest_key: keys the digest of what is cut; without it there is none, because a bare
                digest lets anyone test guesses.
        """
        self._key = digest_key
        self._cut = 0
        self._whole = hashlib.sha256()

    def text(self, text: str) -> str:
        """Return a text, or its beginning up to a whole word."""
        if len(text) <= KEPT_BYTES // 4:
            return text
        raw = utf8(text)
        if len(raw) <= KEPT_BYTES:
            return text
        kept = without_half_word(raw[:KEPT_BYTES])
        self._leave_out(raw, len(raw) - len(kept))
        return kept.decode("utf-8", "ignore")

    def json(self, value: Any) -> str:
        """Return a value as JSON text without its media, or the beginning of that."""
        return self.text(json.dumps(self._without_media(value, 0), ensure_ascii=False))

    def content(self, content: Any) -> str:
        """Return MCP content (a list of blocks, or one) as the text that it is, else as JSON."""
        blocks = content if isinstance(content, list) else [content]
        lines = [self._block(block) for block in blocks]
        return self.text("\n".join(lines))

    def about(self) -> dict[str, Json]:
        """Return the attributes that say what was left out; none where nothing was."""
        if not self._cut:
            return {}
        said: dict[str, Json] = {semconv.MCP_CUT: self._cut}
        if self._key is not None:
            said[semconv.MCP_DIGEST] = keyed_digest(self._key, self._whole.digest())
        return said

    def _block(self, block: Any) -> str:
        if isinstance(block, str):
            return block
        # A block with more than its text (a resource's uri, annotations) is told whole.
        if isinstance(block, dict) and block.keys() == {"type", "text"}:
            return str(block["text"])
        return json.dumps(self._without_media(block, 0), ensure_ascii=False)

    def _without_media(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return value
        if isinstance(value, list):
            return [self._without_media(item, depth + 1) for item in value]
        if not isinstance(value, Mapping):
            return value
        media = "data" if value.get("type") in _MEDIA else "blob" if "uri" in value else ""
        return {
            name: self._omitted(inner)
            if name == media and isinstance(inner, str)
            else self._without_media(inner, depth + 1)
            for name, inner in value.items()
        }

    def _omitted(self, encoded: str) -> str:
        self._leave_out(utf8(encoded), len(encoded))
        return f"({len(encoded)} characters of base64, not kept)"

    def _leave_out(self, whole: bytes, cut: int) -> None:
        self._cut += cut
        self._whole.update(whole)
