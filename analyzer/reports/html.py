"""A report as one HTML file: no script, nothing loaded from anywhere, readable printed."""

from __future__ import annotations

from analyzer.reports.content import ReportContent
from analyzer.reports.environment import environment

__all__ = ["render"]


def render(content: ReportContent) -> str:
    """Return the report as one self-contained HTML page."""
    return environment().get_template("report.html.j2").render(report=content)
