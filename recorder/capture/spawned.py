"""Children that multiprocessing starts anew are recorded as forked ones are.

By `spawn` and `forkserver` a child is another Python that imports the program and is then sent the
process object; where the program begins to record under `if __name__ == "__main__":`, as most do,
nothing else in it would. What a process is configured with goes with each one that it starts, and
with theirs: ours begins to record when it arrives, before the child's own target is loaded.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import process, spawn
from pathlib import Path
from typing import Any

from recorder.capture import running
from recorder.quiet import quietly

__all__ = ["Settings", "turn_off", "turn_on"]

logger = logging.getLogger(__name__)

NAME = "flightlog"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a process was told to record."""

    recording: Path
    agent: str
    agent_version: str
    model: str
    durable_starts: bool
    session: str = ""
    """Of what the child does outside of any."""


@dataclass(frozen=True, slots=True)
class _Handed:
    """Begins to record where it is unpickled."""

    settings: Settings

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        if os.fsdecode(spawn.get_executable()) != sys.executable:
            return dict, ()  # a Python that may have no flightlog, and would not start for it
        session = ""
        begun = running.current()
        if begun is not None:
            with quietly():
                context = running.inner_span().get_span_context()
                session = begun.processor.session_inside(context)
        return _arrived, (replace(self.settings, session=session),)


def turn_on(settings: Settings) -> None:
    """Have the children that multiprocessing starts from now on recorded, too."""
    found = _configuration()
    if found is not None:
        found[NAME] = _Handed(settings)


def turn_off() -> None:
    """Have those that are started from now on left alone."""
    found = _configuration()
    if found is not None:
        found.pop(NAME, None)


def _configuration() -> dict[str, Any] | None:
    # No public name leads to it; where it is something else one day, children are left alone.
    found = getattr(process.current_process(), "_config", None)
    return found if isinstance(found, dict) else None


def _arrived(settings: Settings) -> _Handed:
    try:
        _begin(settings)
    except Exception as error:
        logger.warning("a child process is not recorded (%s)", type(error).__name__)
    return _Handed(settings)


def _begin(settings: Settings) -> None:
    if running.current() is not None:
        return  # the program began to record when it was imported
    from recorder import api  # noqa: PLC0415 - it loads this module

    api.start(
        settings.recording,
        agent=settings.agent,
        agent_version=settings.agent_version,
        model=settings.model,
        durable_starts=settings.durable_starts,
        instrument=True,
    )
    begun = running.current()
    if begun is not None and settings.session:
        begun.go_on_with(settings.session)
