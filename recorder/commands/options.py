"""Options that commands of every room share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ["demo_option", "json_option", "no_verify_option", "recording_option", "writing_option"]

_MEANT = "The recording: a path, or a name in the data folder. Default: $FLIGHTLOG_RECORDING, then "


def recording_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--recording/-r` to read, to be resolved by `recorder.location.resolve_recording`."""
    return _option("your own (flight), or the demo's until there is one.")(function)


def writing_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--recording/-r` to append to, for `recorder.location.recording_to_write`."""
    return _option("your own (flight).")(function)


def demo_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--recording/-r` of the demo, which keeps apart from the user's own evidence."""
    return _option("the demo's own (demo).")(function)


def _option[F: Callable[..., Any]](default: str) -> Callable[[F], F]:
    return click.option("--recording", "-r", metavar="NAME_OR_PATH", help=_MEANT + default)


def no_verify_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--no-verify`."""
    return click.option(
        "--no-verify", is_flag=True, help="Leave the recording unverified, and say so."
    )(function)


def json_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(
        function
    )
