"""Values over time: any moment is the fold of all writes before it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.versions import CHECKPOINT_EVERY, FirstSeen, Latest, Total, VersionedMap

WRITES = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 9), st.none() | st.integers(0, 5)), max_size=60
)


@given(WRITES, st.integers(-1, 51))
def test_a_map_at_any_moment_is_the_fold_of_its_writes(
    writes: list[tuple[int, int, int | None]], t_ns: int
) -> None:
    writes.sort(key=lambda w: w[0])
    # Repeated, so that there are checkpoints between.
    many = [(t, key, value) for t, key, value in writes for _ in range(CHECKPOINT_EVERY // 8)]
    expected: dict[int, int] = {}
    for moment, key, value in many:
        if moment <= t_ns:
            expected.pop(key, None) if value is None else expected.__setitem__(key, value)
    assert VersionedMap(many).at(t_ns) == expected


def test_checkpoints_of_a_growing_map_hold_no_more_than_a_few_times_its_writes() -> None:
    writes: list[tuple[int, int, int | None]] = [(n, n, n) for n in range(50_000)]
    grown = VersionedMap(writes)
    assert sum(len(c) for c in grown._checkpoints) < 3 * len(writes)
    assert len(grown.at(49_999)) == 50_000
    assert list(grown.at(3)) == [0, 1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5))), st.integers(-1, 21))
def test_totals_newest_values_and_first_sightings(seen: list[tuple[int, int]], t_ns: int) -> None:
    seen.sort(key=lambda pair: pair[0])
    before = [value for moment, value in seen if moment <= t_ns]
    assert Total(seen).at(t_ns) == sum(before)
    assert Latest(seen, -1).at(t_ns) == (before[-1] if before else -1)
    assert FirstSeen(seen).at(t_ns) == tuple(dict.fromkeys(before))
