"""Every screen in both sizes, in each theme, without colour and in ASCII, as it was accepted."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from tests.tui.snapshots import SCREENS, SIZES, kept, taken

DRAWN_WITH = "8.2.8"
"""Textual draws the scroll bars itself, and every release a little differently."""
pytestmark = pytest.mark.skipif(
    version("textual") != DRAWN_WITH, reason=f"the snapshots are drawn with Textual {DRAWN_WITH}"
)
NAMES = [(screen, size) for screen in SCREENS for size in SIZES]
MAIN = [(screen, size) for screen, size in NAMES
        if screen in {"sessions", "replay", "findings", "beside", "live"}]  # fmt: skip
THEMED = [*((*name, "dark") for name in NAMES),
          *((*name, theme) for name in MAIN for theme in ("light", "ansi"))]  # fmt: skip


def _name(screen: str, size: tuple[int, int]) -> str:
    return f"{screen}-{size[0]}x{size[1]}"


@pytest.mark.parametrize(("screen", "size", "theme"), THEMED)
async def test_a_screen_is_as_it_was_accepted(
    screen: str, size: tuple[int, int], theme: str
) -> None:
    shot = await taken(screen, size, theme=theme)
    assert shot.characters == kept(f"{_name(screen, size)}.txt", shot.characters)
    styles = f"{_name(screen, size)}-{theme}.styles"
    assert shot.styles == kept(styles, shot.styles)


@pytest.mark.parametrize(("screen", "size"), MAIN)
async def test_without_colour_the_same_is_read_and_marks_remain(
    screen: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shot = await taken(screen, size)
    assert shot.characters == kept(f"{_name(screen, size)}.txt", shot.characters)
    assert shot.styles == kept(f"{_name(screen, size)}-no-colour.styles", shot.styles)


@pytest.mark.parametrize(("screen", "size"), NAMES)
async def test_in_ascii(screen: str, size: tuple[int, int]) -> None:
    shot = await taken(screen, size, is_ascii=True)
    assert shot.characters == kept(f"{_name(screen, size)}-ascii.txt", shot.characters)
