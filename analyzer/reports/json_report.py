"""A report as JSON, for machines: the same content, field by field."""

from __future__ import annotations

import dataclasses
import json

from analyzer.reports.content import ReportContent

__all__ = ["FORMAT", "render"]

FORMAT = "flightlog.report/1"


def render(content: ReportContent) -> str:
    """Return the report as JSON."""
    document = {"format": FORMAT, **dataclasses.asdict(content)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
