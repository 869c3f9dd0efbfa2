"""A report as Markdown: for pull requests, tickets and wikis."""

from __future__ import annotations

import re

from analyzer.reports.content import ReportContent
from analyzer.reports.environment import environment

__all__ = ["render"]

_TICKS = re.compile(r"`+")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&]|:(?=//))")


def render(content: ReportContent) -> str:
    """Return the report as Markdown (CommonMark with tables)."""
    template = environment()
    template.filters |= {"code": code, "plain": plain}
    return template.get_template("report.md.j2").render(report=content)


def code(text: str) -> str:
    """Return text as a code span that nothing in the text can end, fit for a table too."""
    if not text:
        return ""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text.replace('|', chr(0x2502))}{pad}{fence}"


def plain(text: str) -> str:
    """Return text in which nothing starts markup, HTML or a link."""
    return _SPECIAL.sub(r"\\\1", text)
