"""Where a guard's settings and socket lie, and what the settings say at first sight."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from recorder.location import socket_path

__all__ = ["Mode", "guard_socket", "mode_of", "settings_path"]

ENFORCES, OBSERVES = b'"enforce"', b'"observe"'
"""The words by which hooks, which read no JSON, know whether they must wait for the answer."""


class Mode(StrEnum):
    """What a guard does with its answers."""

    OFF = "off"
    """There are no settings: nobody is asked."""
    OBSERVE = "observe"
    """Decisions are recorded; the agent goes on as if nobody had been asked."""
    ENFORCE = "enforce"


def settings_path(recording: Path) -> Path:
    """Return the file of a recording's guard settings, beside the recording."""
    return recording.with_name(recording.name + ".guard.json")


def guard_socket(recording: Path) -> Path:
    """Return the guard's unix socket, by the same rule as the recorder's."""
    return socket_path(recording.with_name(recording.name + ".guard"))


def mode_of(recording: Path) -> Mode:
    """Return what a recording's guard settings ask for.

    Settings that are there and cannot be read, are not whole, or say neither word enforce: who set
    a guard up is not left without. `recorder/capture/hook/client.py` and the plugin of opencode
    read them by the same rule.
    """
    try:
        text = settings_path(recording).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Mode.OFF
    except OSError:
        return Mode.ENFORCE
    observes = OBSERVES in text and ENFORCES not in text and text.rstrip().endswith(b"}")
    return Mode.OBSERVE if observes else Mode.ENFORCE
