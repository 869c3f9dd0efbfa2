"""How far an action reaches at once, and through which door."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Bulk", "Surface"]


class Bulk(StrEnum):
    """How much an action takes at once."""

    ONE = "one"
    """What it names, or what a condition picks out."""
    SOME = "some"
    """Several that it names, or a pattern."""
    ALL = "all"
    """Everything in its reach: a whole table, folder, prefix."""
    UNKNOWN = "unknown"


class Surface(StrEnum):
    """The door through which an action reaches the world."""

    UI = "ui"
    CLI = "cli"
    SDK = "sdk"
    HTTP = "raw http"
    MCP = "mcp"
    UNKNOWN = "unknown"
