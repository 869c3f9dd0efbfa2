"""Every format of transcripts that can be imported, in the order in which they are tried.

The first that recognises a source reads it, so the more telling ones come first. Other packages add
theirs by an entry point in the group `flightlog.transcripts` whose value is a `Format`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from recorder.errors import FlightlogError
from recorder.transcripts.format import Format
from recorder.transcripts.one_by_one import ODD
from recorder.transcripts.source import Source

__all__ = ["MODULES", "UnknownFormatError", "detect", "format_named", "formats", "recognised"]

GROUP = "flightlog.transcripts"

MODULES: tuple[str, ...] = (
    # Each ends in FORMAT.
    "recorder.transcripts.claude_code",
    "recorder.transcripts.codex",
    "recorder.transcripts.gemini",
    "recorder.transcripts.copilot",
    "recorder.transcripts.vscode_chat",
    "recorder.transcripts.cursor",
    "recorder.transcripts.opencode",
    "recorder.transcripts.hook_logs",
    "recorder.transcripts.atif",
    "recorder.transcripts.openhands_files",
    "recorder.transcripts.openhands_stored",
    "recorder.transcripts.mini_swe_agent",
    "recorder.transcripts.swe_agent",
    "recorder.transcripts.cline_files",
    "recorder.transcripts.aider",
    "recorder.transcripts.pi",
    "recorder.transcripts.claude_agent_sdk",
    "recorder.transcripts.claude_workflow",
    "recorder.transcripts.otlp_lines",
    "recorder.transcripts.har",
    "recorder.transcripts.mitmproxy_flows",
    "recorder.transcripts.http_log",
    "recorder.audit.cloudtrail",
    "recorder.audit.kubernetes",
    "recorder.audit.gcp",
    "recorder.audit.github",
    # Any list of messages: after all that hold one.
    "recorder.transcripts.openai_messages",
)


class UnknownFormatError(FlightlogError):
    """There is no format of that name."""


@cache
def formats() -> Mapping[str, Format]:
    """Return name -> format, those of other packages last.

    Raises:
        FlightlogError: another package's entry point is no format.
    """
    return {one.name: one for one in _in_order()}


def format_named(name: str) -> Format:
    """Return a format.

    Raises:
        UnknownFormatError: there is none of that name.
    """
    try:
        return formats()[name]
    except KeyError:
        known = ", ".join(formats())
        raise UnknownFormatError(f"no format {name!r}; there are: {known}") from None


def detect(source: Source) -> Format | None:
    """Return the format of a source by its content; None where no format recognises it."""
    return next((one for one in _in_order() if recognised(one, source)), None)


def recognised(one: Format, source: Source) -> bool:
    """Tell whether a format knows a source as its own."""
    try:
        return one.recognises(source)
    except ODD:
        # What is shaped so oddly that a format stumbles over it is not of that format; one odd
        # entry among others does not hide what they are.
        pass
    try:
        return one.recognises(source.without_odd())
    except ODD:
        return False


def _in_order() -> Iterator[Format]:
    """Yield every format, each loaded when those before it are not the one that is looked for.

    Loading all of them takes as long as reading 3 MB.
    """
    yield from map(_own, MODULES)
    yield from _of_others()


@cache
def _own(module: str) -> Format:
    one: Format = import_module(module).FORMAT
    return one


@cache
def _of_others() -> tuple[Format, ...]:
    found: dict[str, Format | None] = dict.fromkeys(_own(module).name for module in MODULES)
    for point in entry_points(group=GROUP):
        loaded = point.load()
        if not isinstance(loaded, Format):
            raise FlightlogError(f"entry point {point.name} of {GROUP} is no Format: {point.value}")
        found.setdefault(loaded.name, loaded)
    return tuple(one for one in found.values() if one)
