"""What carries a cloud's log entries to where they are kept, and wraps them on the way.

CloudWatch Logs (events, subscriptions), EventBridge, CloudTrail Lake, Pub/Sub, Docker's log driver
and log collectors: the entry stands inside, often as JSON in a string.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.transcripts.json_text import NotJsonError, parse

__all__ = ["carried"]

LISTS = ("events", "logEvents")
OBJECTS = ("detail", "eventData", "_source")
TEXTS = ("message", "log", "MESSAGE", "_raw")


def carried(value: Any) -> Iterator[Any]:
    """Yield what a carrier's document holds; nothing where it is none."""
    if not isinstance(value, Mapping):
        return
    for name in OBJECTS:
        if isinstance(inner := value.get(name), Mapping):
            yield inner
            return
    for name in LISTS:
        if isinstance(listed := value.get(name), list):
            for one in listed:
                yield from carried(one)
            return
    for name in TEXTS:
        inner = value.get(name)
        if isinstance(inner, Mapping):
            inner = _decoded(inner.get("data"))
        found = _parsed(inner)
        if found is not None:
            yield found
            return


def _parsed(text: Any) -> Any:
    """Return the object that a text holds; None where it holds none."""
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        value = parse(text.encode("utf-8", "surrogateescape"))
    except NotJsonError:
        return None
    return value if isinstance(value, Mapping) else None


def _decoded(data: Any) -> str | None:
    if not isinstance(data, str):
        return None
    try:
        return base64.b64decode(data, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return None
