"""flightlog's recorder: capture what an AI agent does, seal it, append it to a recording.

    import recorder

    recorder.start(agent="my-agent")

    @recorder.tool
    def read_file(path: str) -> str: ...

    with recorder.session():
        recorder.prompt("make the tests pass")
        read_file("README.md")

Names are loaded when they are first used: importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recorder.api import (
        ModelCall,
        approval,
        credential,
        model_call,
        prompt,
        session,
        start,
        stop,
        tool,
    )
    from recorder.errors import FlightlogError
    from recorder.reader import Recording

__all__ = [
    "FlightlogError",
    "ModelCall",
    "Recording",
    "approval",
    "credential",
    "model_call",
    "prompt",
    "session",
    "start",
    "stop",
    "tool",
]

_HOME = {"FlightlogError": "recorder.errors", "Recording": "recorder.reader"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'recorder' has no attribute {name!r}")
    return getattr(import_module(_HOME.get(name, "recorder.api")), name)
