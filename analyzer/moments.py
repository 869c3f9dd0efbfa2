"""A moment of a session as a person writes it, also counted from where a replay stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from analyzer.filters.values import parse_duration
from analyzer.model import Analysis
from analyzer.timeline import SECOND, StartOf, parse_moment

__all__ = ["parse_seek"]

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?[zZ]", re.ASCII)


def parse_seek(text: str, analysis: Analysis, now_ns: int, start_of: StartOf | None = None) -> int:
    """Return the moment (ns since the epoch) that a text stands for.

    Takes what `parse_moment` takes, and `+2m` or `-30s` from where the replay stands, and a time of
    day in UTC as `14:21:37Z`.

    Raises:
        ValueError: it is none of these, or not within the session.
    """
    text = text.strip()
    if text[:1] in {"+", "-"}:
        try:
            by = parse_duration(text[1:])
        except ValueError as error:
            raise ValueError(f"{text[1:]!r} is no length of time; expected {error}") from error
        moment = now_ns + (by if text[0] == "+" else -by)
        return max(analysis.start_ns, min(moment, analysis.end_ns))
    found = _CLOCK.fullmatch(text)
    if found is None:
        return parse_moment(text, analysis, start_of)
    moment = _clock(found, analysis.start_ns)
    if not analysis.start_ns - SECOND < moment <= analysis.end_ns + SECOND:
        raise ValueError(f"the session did not run at {text}")
    return max(analysis.start_ns, min(moment, analysis.end_ns))


def _clock(found: re.Match[str], start_ns: int) -> int:
    """Return the first such time of day that does not lie before the session."""
    start = datetime.fromtimestamp(start_ns // SECOND, UTC)
    hour, minute, second = (int(part) for part in found.groups()[:3])
    moment = start.replace(hour=hour, minute=minute, second=second)
    if moment < start - timedelta(seconds=1):
        moment += timedelta(days=1)
    fraction = int((found[4] or "0").ljust(9, "0"))
    return int(moment.timestamp()) * SECOND + fraction
