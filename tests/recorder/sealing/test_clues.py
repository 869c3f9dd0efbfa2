"""Looking closely only where a clue is: finds the same, in any text, from any cache."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recorder.location import cache_folder
from recorder.sealing.clues import Clue, Clues, DenseClue, WordClue
from recorder.sealing.detectors import DETECTORS
from recorder.sealing.exact import Exact
from recorder.sealing.marks import words_in
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
    found = {
        (s.start, s.end)
        for s in CLUES.follow(text, CLUES.look(text, text.encode("utf-8", "surrogatepass"), ()))
    }
    assert found == {m.span("value") for m in WORD.finditer(text)}


@given(st.lists(st.sampled_from(["key=abcdefgh", "\n", "key=", "x" * 9, "y\n" * 20, "key=ab "])))
def test_what_ends_with_its_line_is_found_in_each_line_however_far_apart_they_are(
    pieces: list[str],
) -> None:
    text = "".join(pieces)
    clues = Clues([Clue("key=", 4, 60, keys, is_of_line=True)])
    found = {(s.start, s.end) for s in clues.follow(text, clues.look(text, text.encode(), ()))}
    assert found == {m.span("value") for m in WORD.finditer(text)}


HEX = "0123456789abcdef" * 2
WITHOUT_LETTERS = Exact(rf"(?<![a-z0-9\-]){HEX}\.(?P<value>[a-z]{{4}})")


def dotted(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in WITHOUT_LETTERS.finditer(text, start, end):
        yield SecretSpan(*match.span("value"), "key", "test")


@example([HEX, "- " * 2_000, f"{HEX}.abcd"])
@given(
    st.lists(
        st.sampled_from(
            [f"{HEX}.abcd", HEX, f"%{HEX}", f"%4{HEX}", f"{HEX[2:]}.abcd", "%41", "%z", " ", "é",
             f"b{HEX}.abcd", f"{HEX}-", "x" * 600, "- " * 2_000, "- " * 40]
        )
    )
)  # fmt: skip
def test_what_has_no_letters_of_its_own_is_found_beside_each_long_word(pieces: list[str]) -> None:
    text = "".join(pieces)
    raw = text.encode()
    clues = Clues([Clue(r"[a-f0-9]{8}\.[a-z]{4}", 60, 20, dotted, is_bare=True)])
    found = {(s.start, s.end) for s in clues.follow(text, clues.look(text, raw, words_in(raw)))}
    assert found == {m.span("value") for m in WITHOUT_LETTERS.finditer(text)}


LETTERED = [clue for clue in DETECTORS if isinstance(clue, Clue) and clue.letter]


@pytest.mark.parametrize("clue", LETTERED, ids=[str(clue.trigger)[:20] for clue in LETTERED])
@given(st.data())
def test_no_trigger_matches_without_the_letter_that_it_is_looked_for_by(
    clue: Clue, data: st.DataObject
) -> None:
    for trigger in triggers_of(clue):
        matched = data.draw(st.from_regex(re.compile(trigger, re.ASCII), fullmatch=True))
        assert clue.letter in matched


def test_what_has_a_letter_that_few_texts_have_is_found_in_those() -> None:
    both = Prefilter([Expression((r"[a-z]{3}@",), letter="@"), Expression(("abc",))])
    assert both.ends(b"abc@x abc abc@") == {0: [4, 14], 1: [3, 9, 13]}
    assert both.ends(b"abc") == {1: [3]}
    assert sorted(both.all_ends(b"abc@")) == [3, 4]


def triggers_of(clue: Clue | DenseClue) -> Sequence[str]:
    if isinstance(clue, DenseClue):
        return clue.triggers
    return [clue.trigger] if isinstance(clue.trigger, str) else clue.trigger


def test_no_trigger_has_a_class_of_letters_that_are_several_bytes() -> None:
    """Vectorscan would take each byte for a letter, and does not even find those."""
    triggers = [
        trigger
        for clue in DETECTORS
        if not isinstance(clue, WordClue)
        for trigger in triggers_of(clue)
    ]
    classes = [found for t in triggers for found in re.findall(r"\[(?:\\.|[^\]\\])*\]", t)]
    assert len(classes) > 1000
    assert [written for written in classes if not written.isascii()] == []


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_patterns_are_compiled_once_for_a_machine_and_for_their_owner_alone() -> None:
    expressions = [Expression((r"once-[0-9]{4,9}",))]
    Prefilter(expressions).prepare()
    (made,) = cache_folder().glob("*.hsdb")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    before = made.stat().st_mtime_ns
    assert Prefilter(expressions).ends(b"a once-1234 b") == {0: [11]}
    assert made.stat().st_mtime_ns == before


def test_of_a_run_that_matches_at_each_letter_only_as_many_hits_are_told_as_are_needed() -> None:
    text = b"A" * 10_000 + b" " * 30 + b"AAA"
    looked: list[tuple[int, int]] = []

    def find(_text: str, start: int, end: int) -> Iterator[SecretSpan]:
        looked.append((start, end))
        return iter(())

    clues = Clues([Clue("AA", 4, 6, find)])
    hits = clues.look(text.decode(), text, ())
    assert len(hits[0]) < 2_100
    assert list(clues.follow(text.decode(), hits)) == []
    assert looked == [(0, 10_006), (10_028, 10_033)], "as with a hit behind each letter"


@pytest.mark.parametrize("between", [1, 2_000])
@pytest.mark.parametrize("count", [1, 63, 64, 65, 500])
def test_a_word_that_stands_in_every_line_is_told_wherever_it_stands(
    count: int, between: int
) -> None:
    raw = (b"Token" + b"." * between + b"KEY new_key|") * count + b"keytoken"
    both = Prefilter(
        [Expression((r"new_key[|]",)), Expression(("new_key",), True, common=("token", "key"))]
    )
    ends = [m.end() for m in re.finditer(rb"token|key", raw, re.IGNORECASE)]
    bars = [m.end() for m in re.finditer(rb"new_key[|]", raw)]
    assert both.ends(raw) == {0: bars, 1: ends}


NUMBER = re.compile(
    rb"(?:token|key)[A-Za-z0-9_]{0,40}+[\"']?\s?[=:]\s?[\"']?\d{1,8}+(?:[,;}\])\n \"']|$)"
)


@given(
    st.lists(
        st.sampled_from(
            ["token", "key", "_id", "s", "x" * 45, ": ", "=", " ", '"', "'", "1", "12345678",
             ",", "}", "\n", ".", "-", "é", "\t"]
        )
    )
)  # fmt: skip
def test_a_word_in_every_line_is_told_unless_it_is_the_name_of_a_number(pieces: list[str]) -> None:
    raw = (" " * 300 + "".join(pieces)).encode()
    told = Prefilter([Expression((), True, common=("token", "key"))]).ends(raw).get(0, [])
    words = list(re.finditer(rb"token|key", raw))
    assert {m.end() for m in words if not NUMBER.match(raw, m.start())} <= set(told)
    assert set(told) <= {m.end() for m in words}


@pytest.mark.parametrize(
    "number", ["tokens: 12,", '"input_tokens": 5}', "key=7\n", "token_a = '1'"]
)
def test_the_name_of_a_number_in_every_line_is_not_told(number: str) -> None:
    told = Prefilter([Expression((), True, common=("token", "key"))])
    assert told.ends((number + "\n").encode() * 100) == {}


def planted(content: bytes) -> Path:
    """Put other patterns, well compiled, where those of `EXPRESSIONS` are looked for."""
    (place,) = cache_folder().glob("*.hsdb")
    place.write_bytes(content)
    return place


EXPRESSIONS = [Expression((r"mine-[0-9]{4}",))]


@pytest.mark.parametrize(
    "hostile", ["garbage", "empty", "cut", "open to others", "a link", "a pipe", "an open folder"]
)
def test_a_cache_that_is_damaged_or_could_be_anyones_is_made_anew(hostile: str) -> None:
    Prefilter([Expression((r"theirs-[0-9]{4}",))]).prepare()
    (theirs,) = cache_folder().glob("*.hsdb")
    content = theirs.read_bytes()
    theirs.unlink()
    Prefilter(EXPRESSIONS).prepare()
    place = planted(content)
    assert Prefilter(EXPRESSIONS).ends(b"theirs-0000") == {0: [11]}, "the test's own premise"
    if hostile == "garbage":
        place.write_bytes(b"not a database" * 10)
    elif hostile == "empty":
        place.write_bytes(b"")
    elif hostile == "cut":
        place.write_bytes(content[:-1])
    elif hostile == "open to others":
        place.chmod(0o660)
    elif hostile == "a link":
        place.symlink_to(place.rename(place.with_suffix(".elsewhere")))
    elif hostile == "a pipe":
        place.unlink()
        os.mkfifo(place)
    else:
        place.parent.chmod(0o777)
    assert Prefilter(EXPRESSIONS).ends(b"theirs-0000 mine-0000") == {0: [21]}


def test_what_cannot_be_kept_is_compiled_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Prefilter(EXPRESSIONS).ends(b"mine-0000") == {0: [9]}
