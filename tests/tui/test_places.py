"""Places of a list: the same order as one that is written out, at a million rows as at ten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.factories import unhurried
from tui.places import Places


@unhurried
@given(
    st.integers(0, 30),
    st.sets(st.integers(0, 29)),
    st.one_of(st.none(), st.sets(st.integers(0, 29))),
)
def test_places_are_those_of_the_list_written_out(
    count: int, idle: set[int], kept: set[int] | None
) -> None:
    gaps = sorted(row for row in idle if row < count)
    rows = None if kept is None else sorted(row for row in kept if row < count)
    written: list[int] = []
    for row in range(count) if rows is None else rows:
        if rows is None and row and row in gaps:
            written.append(-row)
        written.append(row)
    places = Places(count, gaps, rows)
    assert [places.entry(place) for place in range(len(places))] == written
    for row in range(count):
        assert places.shows(row) == (row in written)
        shown = [n for n in written if 0 <= n <= row]
        expected = written.index(shown[-1]) if shown else -1
        assert places.place_of(row) == expected
