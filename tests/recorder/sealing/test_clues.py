"""Looking closely only where a clue is: finds the same, in any text, from any cache."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.location import cache_folder
from recorder.sealing.clues import Clue, Clues
from recorder.sealing.exact import Exact
from recorder.sealing.prefilter import Expression, Prefilter
from recorder.sealing.spans import SecretSpan

WORD = Exact(r"key=(?P<value>[a-z]{4,9})")


def keys(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in WORD.finditer(text, start, end):
        yield SecretSpan(match.start("value"), match.end("value"), "key", "test")


CLUES = Clues([Clue("key=", 4, 12, keys)])


@given(
    st.lists(st.sampled_from(["key=abcdefgh", "é", "⟦", "\ud800", "x", " ", "key=", "😀", "\0"]))
)
def test_what_is_found_by_clues_is_what_is_found_without(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = {(s.start, s.end) for s in CLUES.follow(text, CLUES.look(text))}
    assert found == {m.span("value") for m in WORD.finditer(text)}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_patterns_are_compiled_once_for_a_machine_and_for_their_owner_alone() -> None:
    expressions = [Expression(r"once-[0-9]{4,9}")]
    Prefilter(expressions).prepare()
    (made,) = cache_folder().glob("*.hsdb")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    before = made.stat().st_mtime_ns
    assert Prefilter(expressions).ends(b"a once-1234 b") == {0: [11]}
    assert made.stat().st_mtime_ns == before


def test_a_damaged_cache_is_made_anew_and_an_unwritable_one_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expressions = [Expression(r"damaged-[0-9]{4}")]
    Prefilter(expressions).prepare()
    for file in cache_folder().glob("*.hsdb"):
        file.write_bytes(b"not a database")
    assert Prefilter(expressions).ends(b"damaged-0000") == {0: [12]}
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Prefilter(expressions).ends(b"damaged-0000") == {0: [12]}
