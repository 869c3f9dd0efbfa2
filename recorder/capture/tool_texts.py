"""What instrumentations wrap a tool's arguments and results in, taken off again.

LangChain's wraps the result as a serialised ToolMessage, and in OpenLLMetry the arguments as the
text of a Python value inside a JSON object. OpenLLMetry's own decorators tell what a function was
called with, by place and by name.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from recorder.model import Json

__all__ = ["as_json_text", "call_id_in", "names_a_call", "unwrapped_arguments"]

MAX_PARSED = 200_000
"""Characters; a longer text is not looked into."""
MAX_LITERAL = 50_000
_WRAPPERS = ("data", "kwargs", "output", "update")
_MAX_DEPTH = 4


def as_json_text(value: Json) -> str:
    """Return a structure as the JSON text that arguments stand as everywhere else."""
    return json.dumps(value, ensure_ascii=False)


def unwrapped_arguments(text: str) -> str:
    """Return a tool's arguments as the JSON object that they are, where OpenLLMetry wrapped them;
    anything else as it is.
    """
    if text.startswith('{"args"'):
        return _called_with(text)
    if not text.startswith('{"input_str"'):
        return text
    document = _loaded(text)
    inner = document.get("input_str") if isinstance(document, dict) else None
    if not isinstance(inner, str) or not 0 < len(inner) <= MAX_LITERAL:
        return text
    if isinstance(_loaded(inner), dict):
        return inner
    try:
        # Literals only: nothing is called or looked up.
        value = ast.literal_eval(inner)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _called_with(text: str) -> str:
    document = _loaded(text)
    if not isinstance(document, dict) or set(document) != {"args", "kwargs"}:
        return text
    placed, named = document["args"], document["kwargs"]
    if not isinstance(placed, list) or not isinstance(named, dict) or "args" in named:
        return text
    return json.dumps({"args": placed, **named} if placed else named, ensure_ascii=False)


def names_a_call(result: str) -> bool:
    """Return whether it is worth looking for the id of a call in a result."""
    return '"tool_call_id"' in result


def call_id_in(result: str) -> str:
    """Return the id of the call that a serialised ToolMessage answers; empty where there is none.

    Only where the message's own members are: what the tool returned is text of anybody's making.
    """
    if not names_a_call(result):
        return ""
    for layer in _layers(_loaded(result), _MAX_DEPTH):
        call_id = layer.get("tool_call_id")
        if isinstance(call_id, str) and call_id:
            return call_id
    return ""


def _layers(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if not isinstance(value, dict) or not depth:
        return
    yield value
    for name in _WRAPPERS:
        yield from _layers(value.get(name), depth - 1)


def _loaded(text: str) -> Any:
    if not text.startswith("{") or len(text) > MAX_PARSED:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
