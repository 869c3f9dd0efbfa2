"""Colour on terminals that want it, and nowhere else; a letter always says the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import click

from analyzer.model import Severity

__all__ = ["painted", "wants_colour"]

COLOURS: Mapping[Severity, str] = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "yellow",
    Severity.MEDIUM: "cyan",
    Severity.LOW: "blue",
}


def wants_colour() -> bool:
    """Tell whether stdout is a terminal whose user has not said no (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def painted(text: str, severity: Severity) -> str:
    """Return text in the colour of a severity, where colour is wanted."""
    return click.style(text, fg=COLOURS[severity], bold=True) if wants_colour() else text
