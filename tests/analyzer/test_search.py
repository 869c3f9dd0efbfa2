"""Search: what is found; that the index keeps up, and is thrown away when it must be."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.analysis import analyze
from analyzer.filters import subjects_of
from analyzer.model import Analysis
from analyzer.search import index_path, search
from recorder.reader import Recording
from tests.analyzer.factories import Flight, wipe
from tests.tui.factories import unhurried

LONG = "needle-at-the-end"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched")
    flight = Flight(session="long-one", trace="0e" * 16, run="run-0", pid=1)
    flight.tool(0.0, "Bash", {"command": "cat big"}, {"output": "x" * 200_000 + LONG})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        return flight.write(folder / "flight.db", wipe())


@pytest.fixture
def recording(written: Path) -> Iterator[Recording]:
    index_path(written).unlink(missing_ok=True)
    with Recording.open(written) as opened:
        yield opened


def found(recording: Recording, analysis: Analysis, text: str) -> set[int] | None:
    rows = search(recording, analysis.session.id, analysis.actions, text, lambda: True)
    return None if rows is None else set(rows)


def test_it_finds_what_every_action_says_long_bodies_included(recording: Recording) -> None:
    wiped, long = analyze(recording, "session-a"), analyze(recording, "long-one")
    hits = found(recording, long, "NEEDLE-at")
    assert hits == {a.id for a in long.actions if a.name == "Bash"}
    assert found(recording, wiped, LONG) == set(), "another session's"
    for text in ("volumeDelete", '"query"', "rm -rf /nowhere", "' OR 1=1 --", "* NEAR("):
        expected = {
            s.action.id for s in subjects_of(wiped) if s.action and text.casefold() in s.text
        }
        assert found(recording, wiped, text) == expected
    assert stat.S_IMODE(index_path(recording.path).stat().st_mode) == 0o600


@settings(unhurried, max_examples=30)
@given(st.text(min_size=3, max_size=12))
def test_any_text_may_be_looked_for(written: Path, text: str) -> None:
    with Recording.open(written) as opened:
        analysis = analyze(opened, "session-a")
        rows = search(opened, analysis.session.id, analysis.actions, text, lambda: True)
    assert rows is not None
    assert rows <= {a.id for a in analysis.actions}


def test_the_index_is_kept_and_grows_with_the_session(recording: Recording) -> None:
    whole = analyze(recording, "session-a")
    part = replace(whole, actions=whole.actions[: len(whole.actions) // 2])
    last = whole.actions[-1]
    first = found(recording, part, last.title)
    inode = index_path(recording.path).stat().st_ino
    second = found(recording, whole, last.title)
    assert first is not None
    assert second is not None
    assert last.id in second - first
    assert index_path(recording.path).stat().st_ino == inode


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 500])
def test_an_index_of_something_else_is_made_anew(recording: Recording, damage: bytes) -> None:
    index_path(recording.path).write_bytes(damage)
    assert found(recording, analyze(recording, "session-a"), "volumeDelete")


def test_without_a_place_for_an_index_it_is_made_in_memory(recording: Recording) -> None:
    index_path(recording.path).mkdir()
    try:
        assert found(recording, analyze(recording, "session-a"), "volumeDelete")
    finally:
        index_path(recording.path).rmdir()


def test_what_was_removed_from_the_recording_leaves_the_index(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = analyze(recording, "long-one")
    assert found(recording, long, LONG)
    assert b"needle" in index_path(recording.path).read_bytes().lower() or found(
        recording, long, "needle"
    )
    monkeypatch.setattr("analyzer.search._removed", lambda _recording: 1)
    monkeypatch.setattr(recording, "blob", lambda _digest: None)
    assert found(recording, long, LONG) == set()


def test_a_search_that_nobody_waits_for_ends(recording: Recording) -> None:
    analysis = analyze(recording, "session-a")
    assert search(recording, "session-a", analysis.actions, "curl", lambda: False) is None
    assert found(recording, analysis, "curl")
