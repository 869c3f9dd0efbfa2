"""Copying, in the ways that work: the desktop's own program where there is one, else OSC 52.

It says which way was taken, because the terminal does not tell whether it obeyed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from textual.app import App

__all__ = ["copy_text"]

MAX_OSC = 64 * 1024
"""Bytes; terminals drop longer OSC 52 sequences without a word."""
TIMEOUT = 2


def copy_text(app: App[object], text: str, *, is_remote: bool = False) -> str:
    """Copy text, already made safe, and return what was done with it, for people.

    Args:
        app: the app whose terminal is asked.
        text: what to copy.
        is_remote: the screen is not of this machine's user: nothing of his is touched.
    """
    data = text.encode()
    local = None if is_remote or "SSH_CONNECTION" in os.environ else _program()
    if local and _piped(local, data):
        return f"copied {len(text):,} characters with {local[0]}"
    if len(data) <= MAX_OSC:
        app.copy_to_clipboard(text)
        return f"copied {len(text):,} characters through the terminal (OSC 52)"
    if is_remote:
        return f"too long for the clipboard of a browser: {len(data):,} bytes"
    return f"too long for the clipboard: wrote {_file(data)}"


def _program() -> list[str] | None:
    candidates = [["pbcopy"]]
    if os.environ.get("WAYLAND_DISPLAY"):
        candidates.append(["wl-copy"])
    if os.environ.get("DISPLAY"):
        candidates.append(["xclip", "-selection", "clipboard"])
    return next((command for command in candidates if shutil.which(command[0])), None)


def _piped(command: list[str], data: bytes) -> bool:
    try:
        done = subprocess.run(
            command,
            input=data,
            timeout=TIMEOUT,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _file(data: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix="flightlog-", suffix=".txt")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return Path(name)
