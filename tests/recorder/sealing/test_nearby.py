"""Words that speak of secrets: they are looked for only where something may be one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from recorder.sealing import Sealer
from recorder.sealing.clues import DenseClue
from recorder.sealing.detectors import DETECTORS

VALUE = "k3J9x2LmPq8Zt5Rw7Yv1"
LETTERS = "QwZrTpXsDfGhJkLmNbVcRtYuPoZx"
PROSE = "the token of the key is not in the cache because the build failed "
PIECES = [
    "token", "key", " ", "\n", "=", ": ", '"', "a", "word", "12", "2026-11-30", VALUE, VALUE[:9],
    LETTERS, "a.b/c1", "é", "\ud800", "x" * 15, "x" * 40, "ZQXWS-KCDER-VBHTR-FRTGU", "1" * 10,
]  # fmt: skip
NEARBY = next(c for c in DETECTORS if isinstance(c, DenseClue) and c.common_needs is not None)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_a_text_that_is_not_asked_for_common_words_holds_nothing_beside_them(text: str) -> None:
    assert NEARBY.common_needs is not None
    found = [m.end() for m in re.finditer("|".join(NEARBY.common), text, re.IGNORECASE)]
    spans = list(NEARBY.find(text, found)) if found else []
    if spans:
        assert NEARBY.common_needs(text.encode("utf-8", "surrogatepass"))


def test_prose_without_numbers_is_not_asked_and_a_value_in_it_is_found() -> None:
    assert NEARBY.common_needs is not None
    for size in (3, 40):
        prose = PROSE * size
        assert not NEARBY.common_needs((prose + "in 3 of 12 runs").encode())
        told = f"{prose}\nthe token {VALUE} {prose}"
        spans = Sealer(b"k" * 32).find(told)
        assert VALUE in {told[s.start : s.end] for s in spans}
