"""Times as transcripts write them: exact as far as they are written, none where they are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.transcripts.clocks import LATEST_NS, iso_ns, millis_ns, seconds_ns

BEGUN = 1_795_414_022
FRACTIONS = {
    "": 0, ".5": 500_000_000, ".087": 87_000_000, ",087": 87_000_000, ".087205": 87_205_000,
    ".0872051": 87_205_100, ",0872051": 87_205_100, ".087205123": 87_205_123,
    ".087205123456": 87_205_123,
}  # fmt: skip


@pytest.mark.parametrize("zone", ["Z", "+00:00", ""])
@pytest.mark.parametrize("fraction", FRACTIONS)
def test_every_figure_of_a_fraction_counts_down_to_nanoseconds(fraction: str, zone: str) -> None:
    written = datetime.fromtimestamp(BEGUN, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert iso_ns(f"{written}{fraction}{zone}") == BEGUN * 10**9 + FRACTIONS[fraction]


@given(st.floats() | st.integers() | st.integers(10**300, 10**400) | st.text("0123456789."))
def test_a_number_is_a_time_within_what_can_be_kept_or_none(value: float | str) -> None:
    for told in (seconds_ns(value), millis_ns(value)):
        assert told is None or 0 < told <= LATEST_NS
