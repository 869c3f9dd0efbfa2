"""The folder that this process is in: whoever removed a worktree may stand in what is gone."""

from __future__ import annotations

from pathlib import Path

__all__ = ["current_folder"]


def current_folder() -> Path | None:
    """Return the current folder, or None where it was removed or cannot be reached."""
    try:
        return Path.cwd()
    except OSError:
        return None
