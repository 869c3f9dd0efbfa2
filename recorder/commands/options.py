"""Options that commands of every room share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ["json_option", "recording_option"]


def recording_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--recording/-r`, to be resolved by `recorder.location.resolve_recording`."""
    return click.option(
        "--recording",
        "-r",
        metavar="NAME_OR_PATH",
        help="The recording: a path, or a name in the data folder. "
        "Default: $FLIGHTLOG_RECORDING, then your own, then the demo's.",
    )(function)


def json_option[F: Callable[..., Any]](function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(
        function
    )
