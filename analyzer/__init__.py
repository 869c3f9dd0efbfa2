"""Derive what happened from a recording: pure functions, nothing is stored and nothing is drawn.

Loaded lazily, so that a command which only needs a type does not pay for the derivation.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.analysis import analyze

__all__ = ["analyze"]


def __getattr__(name: str) -> object:
    """Load an exported name when it is first used (PEP 562)."""
    if name == "analyze":
        return import_module("analyzer.analysis").analyze
    raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
