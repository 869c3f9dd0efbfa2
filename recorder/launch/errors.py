"""Why a command could not be run; exit codes are a shell's."""

from __future__ import annotations

from recorder.errors import FlightlogError

__all__ = ["CannotRunError", "CommandNotFoundError"]


class CommandNotFoundError(FlightlogError):
    """There is no program of that name."""

    exit_code = 127


class CannotRunError(FlightlogError):
    """The program is there and cannot be executed."""

    exit_code = 126
