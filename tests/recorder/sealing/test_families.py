"""Patterns that are looked for as one: each is found wherever it was found by itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing.clues import Clue, Clues, DenseClue
from recorder.sealing.detectors import DETECTORS
from recorder.sealing.families import Family, families_of
from recorder.sealing.names import NAME_WORDS

TRIGGERS = {
    number: trigger
    for number, clue in enumerate(DETECTORS)
    if isinstance(clue, Clue) or (isinstance(clue, DenseClue) and not clue.is_frequent)
    for trigger in [clue.triggers[0] if isinstance(clue, DenseClue) else clue.trigger]
    if isinstance(trigger, str)
}
FAMILIES = families_of(TRIGGERS, NAME_WORDS)
CLUES = Clues(DETECTORS)


def test_the_detectors_have_families_of_names_with_something_behind_and_before() -> None:
    assert [len(family.members) > 5 for family in FAMILIES] == [True, True]


@pytest.mark.parametrize("family", FAMILIES, ids=["behind", "before"])
@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    before=st.sampled_from(["", "x " * 800, "a token is a token, "]),
    behind=st.sampled_from(["", " x" * 800, "\nand tokens: none"]),
)
def test_a_member_is_told_wherever_its_own_pattern_matches(
    family: Family, data: st.DataObject, before: str, behind: str
) -> None:
    number = data.draw(st.sampled_from(family.members))
    pattern = re.compile(TRIGGERS[number], re.IGNORECASE | re.ASCII)
    letters = st.characters(codec="ascii")
    text = before + data.draw(st.from_regex(pattern, fullmatch=True, alphabet=letters)) + behind
    raw = text.encode()
    ends = CLUES.look(text, raw, ()).get(number, [])
    found = pattern.search(text)
    assert found is not None
    assert ends, "it is told at all"
    assert ends[0] <= found.end(), "where it ends at the latest"


def test_what_is_written_as_several_or_within_a_group_belongs_to_no_family() -> None:
    part = "(?:ab|cd)"
    alone = {0: f"x|-{part}", 1: f"-(?:{part}|ef)", 2: f"{part}=|y", 3: f"word {part}", 4: "other"}
    together = {5: f"{part}=", 6: f"{part}[|]", 7: f"<{part}", 8: rf"\|[ ]{part}"}
    behind, before = families_of(alone | together, part)
    assert (behind.members, before.members) == ((5, 6), (7, 8))
