"""The gate to the screen: whatever was recorded, what comes out is inert and fits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tests.tui.factories import ATTACK, SEAL, unhurried
from tui.glyphs import ASCII, UNICODE, Glyphs, glyphs_for
from tui.line import Piece, line
from tui.safe_content import MAX_CELLS, as_text, fit, safe, to_strip, wrap

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
texts = st.text() | st.sampled_from([ATTACK, "日本語テキスト", "e\u0301\u0301", "👩‍👩‍👧", "ﷺ" * 9])
glyph_sets = st.sampled_from([UNICODE, ASCII])


@unhurried
@given(texts, st.integers(0, 200), glyph_sets)
def test_a_fitted_text_has_exactly_its_width_and_no_control(
    text: str, width: int, glyphs: Glyphs
) -> None:
    shown = fit(text, width, glyphs)
    assert cell_len(shown) == width
    assert not CONTROLS.search(shown)


@unhurried
@given(st.lists(texts, max_size=4), st.integers(1, 120), glyph_sets)
def test_a_row_on_the_screen_has_exactly_its_width_and_every_segment_a_style(
    parts: list[str], width: int, glyphs: Glyphs
) -> None:
    strip = to_strip(line(*parts), width, lambda _tone: Style(), glyphs)
    assert strip.cell_length == width
    assert all(segment.style is not None for segment in strip)
    assert not CONTROLS.search(strip.text)


@unhurried
@given(st.lists(texts, max_size=4), st.integers(3, 60), glyph_sets)
def test_wrapping_loses_nothing_but_spaces_and_stays_within_the_width(
    parts: list[str], width: int, glyphs: Glyphs
) -> None:
    pieces = line(*parts)
    rows = wrap(pieces, width, glyphs, indent=1)
    joined = "".join(as_text(row, glyphs) for row in rows)
    assert joined.replace(" ", "") == as_text(pieces, glyphs).replace(" ", "")
    for row in rows:
        assert cell_len(as_text(row, glyphs)) <= max(width, 2)


@unhurried
@given(texts)
def test_ascii_output_is_ascii(text: str) -> None:
    assert safe(text, ASCII).isascii()


def test_an_attack_is_shown_and_not_swallowed() -> None:
    shown = safe(ATTACK, UNICODE)
    assert "␛]52;c;UFdORUQ=␇" in shown
    assert "‹U+202E›" in shown
    assert "[@click=app.exit]evil[/]" in shown


def test_seals_are_shortened_and_stay_different() -> None:
    assert safe(f"Bearer {SEAL}", UNICODE) == "Bearer ⟦railway_token:9f2c⟧"


def test_a_huge_line_is_cut_before_anything_measures_it_and_the_cut_is_said() -> None:
    shown = safe("x" * 1_000_000, UNICODE)
    assert len(shown) < MAX_CELLS + 40
    assert shown.endswith("… 998,000 more")


def test_a_cut_row_says_that_it_is_cut() -> None:
    assert fit("abcdef", 4, UNICODE) == "abc…"
    strip = to_strip((Piece("abcd"), Piece("ef")), 4, lambda _tone: Style(), UNICODE)
    assert strip.text == "abc…"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", UNICODE), ("UTF8", UNICODE), ("ascii", ASCII), (None, ASCII), ("latin-1", ASCII),
     ("no-such", ASCII)],
)  # fmt: skip
def test_signs_follow_the_encoding(encoding: str | None, expected: Glyphs) -> None:
    assert glyphs_for(encoding) is expected
    assert glyphs_for(encoding, ascii_only=True) is ASCII


def test_only_the_gate_makes_things_to_draw() -> None:
    import ast
    from pathlib import Path

    import tui

    makers = {"Segment", "Strip", "Content", "Text", "Static", "Label", "Markdown"}
    for path in Path(tui.__file__).parent.rglob("*.py"):
        if path.name == "safe_content.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert name not in makers, f"{path.name}:{node.lineno} makes a {name}"
                assert name != "notify", f"{path.name}:{node.lineno}: notify takes markup"
                assert not any(k.arg == "markup" for k in node.keywords), f"{path}:{node.lineno}"
