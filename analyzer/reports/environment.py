"""Where the templates are, and how strictly they are filled in."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

__all__ = ["environment"]


def environment() -> Environment:
    """Return a template environment; a name that is not there is an error, never a blank.

    HTML is escaped by the environment, Markdown by its own filters.
    """
    return Environment(
        loader=PackageLoader("analyzer.reports"),
        autoescape=select_autoescape(("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
