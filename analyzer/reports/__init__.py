"""Reports of a session, one module for each format."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzer.reports import html, json_report, markdown
from analyzer.reports.build import build
from analyzer.reports.content import Integrity, ReportContent

__all__ = ["REPORTERS", "Integrity", "ReportContent", "build"]

REPORTERS: Mapping[str, Callable[[ReportContent], str]] = {
    "md": markdown.render,
    "html": html.render,
    "json": json_report.render,
}
"""Format -> what lays a report out in it."""
