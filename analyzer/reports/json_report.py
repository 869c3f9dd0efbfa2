"""A report as JSON, for machines: the same content, field by field."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from analyzer.reports.content import UNTIMED, ReportContent
from analyzer.timeline import NO_OFFSET

__all__ = ["FORMAT", "render"]

TIMES = frozenset({"start", "end", "duration", "time"})
UNKNOWN = (UNTIMED, NO_OFFSET, NO_OFFSET[:-2], "unknown")
FORMAT = "flightlog.report/1"


def render(content: ReportContent) -> str:
    """Return the report as JSON."""
    document = {"format": FORMAT, **_told(dataclasses.asdict(content))}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _told(value: Any) -> Any:
    """Return a part of the document with null where people read that a time is not known."""
    if isinstance(value, dict):
        return {k: None if k in TIMES and v in UNKNOWN else _told(v) for k, v in value.items()}
    return [_told(v) for v in value] if isinstance(value, list | tuple) else value
