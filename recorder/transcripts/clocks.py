"""Times as transcripts write them, as ns since the Unix epoch (UTC).

A time that is absent or cannot be read is None, never "now". Who calls knows which clock it was.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

__all__ = ["has_zone", "iso_ns", "millis_ns", "seconds_ns"]

SECOND = 1_000_000_000
LATEST_NS = 2**63 - 1
"""SQLite holds no larger integer."""
_EPOCH = datetime.fromtimestamp(0, UTC)
LEAST_BEHIND = 7
"""Characters behind the point of more than microseconds."""
_FRACTION = re.compile(r"[.,](\d{7,})")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$", re.IGNORECASE)


def iso_ns(value: Any) -> int | None:
    """Return an ISO 8601 time in ns; one without a zone is read as UTC (see `has_zone`)."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    # datetime has microseconds; Google and Kubernetes may write nanoseconds.
    long = None if "." in value[-LEAST_BEHIND:] else _FRACTION.search(value)
    nanos = int(long[1][6:9].ljust(3, "0")) if long else 0
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - _EPOCH
    except (ValueError, OverflowError):
        return None
    return _kept((since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000 + nanos)


def has_zone(value: Any) -> bool:
    """Tell whether an ISO 8601 time names its zone."""
    return isinstance(value, str) and _ZONE.search(value.strip()) is not None


def millis_ns(value: Any) -> int | None:
    """Return milliseconds since the epoch in ns."""
    return _scaled(value, 1_000_000)


def seconds_ns(value: Any) -> int | None:
    """Return seconds since the epoch, whole or not, in ns."""
    return _scaled(value, SECOND)


def _scaled(value: Any, factor: int) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not abs(value) <= LATEST_NS:  # not even a number, or too large
        return None
    # Microseconds are as exact as a float of that size is.
    return _kept(value * factor if isinstance(value, int) else round(value * 1e6) * factor // 10**6)


def _kept(ns: int) -> int | None:
    return ns if 0 < ns <= LATEST_NS else None
