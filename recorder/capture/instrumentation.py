"""Turn on the OpenTelemetry instrumentations that are installed, and off again.

Requests of libraries (requests, httpx, psycopg, botocore, ...) become spans of the agent's provider
and with them records. https://opentelemetry.io/docs/zero-code/python/ ; as there,
`OTEL_PYTHON_DISABLED_INSTRUMENTATIONS` names those that stay off.
"""

from __future__ import annotations

import logging
import os
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from opentelemetry.trace import TracerProvider

from recorder.saying import say

__all__ = ["turn_off", "turn_on"]

logger = logging.getLogger(__name__)

GROUP = "opentelemetry_instrumentor"
DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
_LIBRARY_IS_ABSENT = "DependencyConflictError"

_turned_on: list[tuple[str, Any]] = []


def turn_on(provider: TracerProvider) -> None:
    """Turn on every installed instrumentation whose library is there. Never raises.

    One that is on already stays as it is, and stays on when ours are turned off. One that fails is
    left out, with a warning.
    """
    disabled = {name.strip() for name in os.environ.get(DISABLED, "").split(",")}
    if "*" in disabled:
        return
    for found in entry_points(group=GROUP):
        if found.name in disabled:
            continue
        try:
            _turn_on(found, provider)
        except Exception as error:
            if type(error).__name__ == _LIBRARY_IS_ABSENT or _lacks_library(error):
                continue
            _complain(found.name, error)


def turn_off() -> None:
    """Turn off those that `turn_on` turned on."""
    while _turned_on:
        name, instrumentor = _turned_on.pop()
        try:
            instrumentor.uninstrument()
        except Exception as error:
            _complain(name, error)


def _turn_on(found: EntryPoint, provider: TracerProvider) -> None:
    instrumentor = found.load()()
    if getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
        return
    instrumentor.instrument(tracer_provider=provider, raise_exception_on_conflict=True)
    _turned_on.append((found.name, instrumentor))


def _lacks_library(error: Exception) -> bool:
    """Tell whether an instrumentation could not be loaded because what it is for is absent."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return missing is not None and not missing.startswith("opentelemetry")


def _complain(name: str, error: Exception) -> None:
    # The error's type only: its text is not ours, and could quote anything.
    say(
        f"flightlog: instrumentation {name!r} does not work here ({type(error).__name__}) and is "
        "left out"
    )
