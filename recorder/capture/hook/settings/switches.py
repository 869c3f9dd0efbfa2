"""Settings of the user's own by which an agent runs no hook, or sends no telemetry, whatever else
stands there. They stay as they are: that an agent says nothing must be told, not changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recorder.capture.hook.settings.changes import Place
from recorder.capture.hook.settings.documents import parse
from recorder.capture.hook.settings.merge import has_ours, value_at
from recorder.capture.hook.settings.table import AgentSettings, Off

__all__ = ["hooks_off", "telemetry_off"]

_NO = frozenset({"0", "false", "no", "off", "none"})


def hooks_off(settings: AgentSettings, places: Iterable[Place]) -> str:
    """Return the setting by which an agent runs no hook of ours, and its file; empty: none.

    Raises:
        SettingsError: a file cannot be read or parsed.
    """
    return _first(settings, settings.no_hooks, places)


def telemetry_off(settings: AgentSettings, places: Iterable[Place]) -> str:
    """Return the setting by which an agent sends no telemetry, and its file; empty: none.

    Raises:
        SettingsError: a file cannot be read or parsed.
    """
    return _first(settings, settings.no_telemetry, places)


def _first(settings: AgentSettings, switches: tuple[Off, ...], places: Iterable[Place]) -> str:
    if not switches:
        return ""
    for place in places:
        written = [place.of(file) for file in settings.files if not file.script]
        for path in (*written, *settings.read_too(place.project)):
            if not path.is_file():
                continue
            document = parse(path, path.read_bytes())
            for keys, off in switches:
                if _is_off(value_at(document, keys), off):
                    return f"{'.'.join(keys)} in {path}"
    return ""


def _is_off(found: Any, off: bool) -> bool:
    if isinstance(found, list):
        return has_ours(found)  # of single hooks, by their commands
    if isinstance(found, str):
        return not off and found.strip().lower() in _NO
    return found is off
