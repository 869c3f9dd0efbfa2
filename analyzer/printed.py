"""What a shell tool printed, out of the form in which its agent hands it on.

Claude Code gives an object with `stdout` and `stderr`, Codex one with `output`, MCP servers a list
of blocks of text; others give the text itself.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["printed"]

MAX_TEXT = 4_000_000
TEXTS = (
    "stdout",
    "output",
    "aggregated_output",
    "text",
    "stderr",
    "llmContent",
    "content",
    "result",
)
"""Members that hold what was printed; an object with none of them is itself what was printed."""


def printed(result: str) -> str:
    """Return what was printed; the result as it is where it has no form that is known."""
    if result[:1] not in {"{", "[", '"'} or len(result) > MAX_TEXT:
        return result
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return result
    text = _text_in(value, 0)
    return result if text is None else text


def _text_in(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return value
    if depth > 3:
        return None
    if isinstance(value, list):
        parts = [_text_in(item, depth + 1) for item in value if isinstance(item, dict | str)]
        return "\n".join(part for part in parts if part) if any(parts) else None
    if isinstance(value, dict):
        parts = [_text_in(value[key], depth + 1) for key in TEXTS if value.get(key)]
        return "\n".join(part for part in parts if part) if any(parts) else None
    return None
