"""What tells that no known secret stands in a text, whole or in pieces, is right about all of them.

The search for them is asked to look at every form in every text, and finds no more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer, known
from recorder.sealing.bones import bones_of
from recorder.sealing.encodings import forms_of
from recorder.sealing.joints import Joined, joined, joined_in_json, joined_items
from recorder.sealing.plain import plain_of
from recorder.sealing.recall import Recall
from recorder.sealing.spans import IN_PIECES, SecretSpan
from recorder.sealing.wrapped import unwrapped

KEY = b"k" * 32
SECRETS = (
    "9b2f6f0e-7e9b-4f35-8a2f-2a51c1d7c0aa",
    "Qw7dkeh3",
    "nr+n,r.n&n r",  # nothing of it but what stands between pieces
    "Zx81/kk+Q0ppW&W7 '\"é",
    "r\\nX9'n\"q, T.r+2",
    "пароль-и-ключ",
    "one line\nand\r\nanother 7Q",
    "a1B2" * 60,
    "Qw7dkeh3\ud83dKDne8Zt",
)
PIECES: dict[str, Callable[[list[str]], str]] = {
    "whole": "".join,
    "literals": lambda pieces: " + ".join(f"'{piece}'" for piece in pieces),
    "literals of other languages": lambda pieces: '"."'.join(["", *pieces, ""]),
    "literals side by side": lambda pieces: '" "'.join(["x = ", *pieces, ";"]),
    "literals over lines": lambda pieces: '"\\\n  "'.join(["x = ", *pieces, ";"]),
    "literals in JSON": lambda pieces: json.dumps("' . '".join(["x = ", *pieces, ";"])),
    "literals over lines in JSON": lambda pieces: json.dumps(
        '" +\n  "'.join(["x = ", *pieces, ";"])
    ),
    "over ends of lines": "\\\n    ".join,
    "over Windows' ends of lines": "\\\r\n    ".join,
    "over ends of lines in JSON": lambda pieces: json.dumps("\\\n  ".join(pieces)),
    "over Windows' ends of lines in JSON": lambda pieces: json.dumps("\\\r\n".join(pieces)),
    "a list": json.dumps,
    "a list over lines": lambda pieces: json.dumps(pieces, indent=2),
    "a list in JSON": lambda pieces: json.dumps({"out": json.dumps(pieces, indent=1)}),
    "a list apart by odd blanks": lambda pieces: f'["a","b","{'",\u2003"'.join(pieces)}"]',
    "lines": "\n".join,
    "Windows' lines": "\r\n".join,
    "lines in JSON": "\\n".join,
    "Windows' lines in JSON": "\\r\\n".join,
}
PADDING = ("", "x", "q" * 20, "# " + "w" * 30 + "\n", '"a","b",\n' * 20, ("k7" * 30 + "\n") * 100)


def forms(secret: str) -> list[str]:
    return [*dict.fromkeys(form for form, _ in forms_of(secret))]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """Return a secret, and a text in which it stands in some form and in some pieces, or a part."""
    secret = draw(st.sampled_from(SECRETS))
    form = draw(st.sampled_from(forms(secret)))
    cuts = draw(st.lists(st.integers(0, len(form)), max_size=5))
    before, after = draw(st.sampled_from(PADDING)), draw(st.sampled_from(PADDING))
    written = before[-30:] + form + after[:30]
    cuts = sorted({0, *(len(before[-30:]) + cut for cut in cuts), len(written)})
    pieces = [written[start:end] for start, end in pairwise(cuts)]
    text = before[:-30] + PIECES[draw(st.sampled_from([*PIECES]))](pieces) + after[30:]
    start = draw(st.sampled_from([0, 0, len(before), len(before) + 3]))
    return secret, text[start : len(text) - draw(st.sampled_from([0, 0, len(after), 9]))]


def finds(secret: str, text: str) -> list[SecretSpan]:
    """Return all finds but halves of a secret at the edges of a list, which is no text's edge."""
    sealer = Sealer(KEY, recall=Recall(KEY, tells=True))
    for value in (secret, "7c9e6679-7425-40de-944b-e07fc1f90ae7"):
        sealer.learn(value, SecretSpan(0, 0, "token", "declared"))
    is_edge = f"{known.CUT}, {IN_PIECES}" if '",' in text else None
    return [span for span in sealer.find(text) if span.encoding != is_edge]


@settings(max_examples=200, deadline=None)
@given(texts())
def test_no_find_is_lost(example: tuple[str, str]) -> None:
    secret, text = example
    found = finds(secret, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "bones_of", lambda _raw: b"")  # any form may stand anywhere
        patch.setattr(Recall, "knows_others", lambda _self: True)
        assert finds(secret, text) == found


@pytest.mark.parametrize("way", PIECES)
def test_the_cases_hold_what_is_found(way: str) -> None:
    secret = SECRETS[0].replace("-", "") * 2
    text = PIECES[way]([secret[:20], secret[20:40], secret[40:]])
    assert any(span.detector == "known_value" for span in finds(secret, text))


def put_together(text: str) -> list[Joined]:
    raw = text.encode("utf-8", "surrogatepass")
    wholes = [joined(text, plain_of(text)), joined_in_json(text)]
    wholes += [joined_items(text), unwrapped(text, raw)]
    return [whole for whole in wholes if whole is not None]


@settings(max_examples=150, deadline=None)
@given(texts())
def test_nothing_is_left_of_what_stands_between_pieces(example: tuple[str, str]) -> None:
    text = example[1]
    for whole in put_together(text):
        for joint in whole.joints:
            if 0 < joint < len(whole.text):
                between = text[whole.original(joint - 1) + 1 : whole.original(joint)]
                assert bones_of(between.encode("utf-8", "surrogatepass")) == b""


def test_of_no_blank_anything_is_left() -> None:
    blanks = [letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.isspace()]
    assert {bones_of(blank.encode()) for blank in blanks} == {b""}
    assert bones_of(b"a1\\n+ 'B2'") == b"a1B2"
