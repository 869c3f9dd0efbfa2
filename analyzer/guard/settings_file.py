"""The guard's settings: one JSON file beside the recording, written by `flightlog guard`."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analyzer.controls import CONTROLS
from analyzer.controls.settings import SECOND, Settings
from recorder.errors import FlightlogError
from recorder.guarding.place import Mode, settings_path

__all__ = ["GATES", "GuardSettings", "read_settings", "write_settings"]

GATES = tuple(control.id for control in CONTROLS if control.gates)
"""Controls that can be turned on: the others are properties of the place."""
_SECONDS = {
    "reaction_seconds": "reaction_ns",
    "burst_seconds": "burst_ns",
    "approval_seconds": "approval_ns",
}
_KNOWN = {"mode", "controls", "hosts", "roots", "burst", *_SECONDS}


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """What a person has set up."""

    mode: Mode = Mode.OFF
    controls: tuple[str, ...] = ()
    """Ids of those that are on; none is on by itself."""
    settings: Settings = field(default_factory=Settings)


def read_settings(recording: Path) -> GuardSettings:
    """Return a recording's guard settings; off where there is no file.

    Raises:
        FlightlogError: the file cannot be understood; one line with what is wrong and what to do.
    """
    path = settings_path(recording)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return GuardSettings()
    except (OSError, UnicodeDecodeError) as error:
        raise FlightlogError(f"{path} cannot be read: {error}") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise _wrong(path, f"line {line} is no JSON") from error
    if not isinstance(value, dict):
        raise _wrong(path, "it is no JSON object")
    return _settings(path, value)


def write_settings(recording: Path, chosen: GuardSettings) -> Path:
    """Write a recording's guard settings, whole or not at all; remove them where they are off.

    Raises:
        FlightlogError: they cannot be written.
    """
    path = settings_path(recording)
    try:
        if chosen.mode is Mode.OFF:
            path.unlink(missing_ok=True)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
        ) as aside:
            aside.write(json.dumps(_document(chosen), indent=2) + "\n")
        os.replace(aside.name, path)
    except OSError as error:
        raise FlightlogError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def _settings(path: Path, value: dict[str, Any]) -> GuardSettings:
    odd = sorted(set(value) - _KNOWN)
    if odd:
        raise _wrong(path, f"nothing is called {odd[0]!r} (known: {', '.join(sorted(_KNOWN))})")
    mode, controls = value.get("mode", ""), value.get("controls", [])
    if mode not in {Mode.OBSERVE.value, Mode.ENFORCE.value}:
        raise _wrong(path, f"mode is {mode!r}, not observe or enforce")
    for name in _texts(path, "controls", controls):
        if name not in GATES:
            raise _wrong(path, f"there is no control {name!r} (there are: {', '.join(GATES)})")
    base = Settings(
        hosts=_texts(path, "hosts", value.get("hosts", [])),
        roots=_texts(path, "roots", value.get("roots", [])),
    )
    if "burst" in value:
        base = replace(base, burst=int(_number(path, "burst", value["burst"])))
    spans = {
        name: int(_number(path, name, value[name]) * SECOND) for name in _SECONDS if name in value
    }
    base = replace(
        base,
        reaction_ns=spans.get("reaction_seconds", base.reaction_ns),
        burst_ns=spans.get("burst_seconds", base.burst_ns),
        approval_ns=spans.get("approval_seconds", base.approval_ns),
    )
    return GuardSettings(Mode(mode), tuple(controls), base)


def _texts(path: Path, name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(path, f"{name} is no list of texts")
    return tuple(value)


def _number(path: Path, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise _wrong(path, f"{name} is no number above zero")
    return float(value)


def _document(chosen: GuardSettings) -> dict[str, Any]:
    settings = chosen.settings
    return {
        "mode": chosen.mode.value,
        "controls": list(chosen.controls),
        "hosts": list(settings.hosts),
        "roots": list(settings.roots),
        "burst": settings.burst,
        **{name: getattr(settings, spelled) / SECOND for name, spelled in _SECONDS.items()},
    }


def _wrong(path: Path, what: str) -> FlightlogError:
    return FlightlogError(
        f"{path}: {what}; mend it, or write it anew with 'flightlog guard on CONTROL'"
    )
