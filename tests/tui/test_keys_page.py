"""The page of keys is the table of actions."""

from __future__ import annotations

from pathlib import Path

from tui.actions import ACTS, Place
from tui.keys_page import keys_page

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"


def test_the_page_in_the_docs_is_current() -> None:
    made = "run python -m tui.keys_page > docs/keys.md"
    assert PAGE.read_text(encoding="utf-8") == keys_page(), made


def test_every_screen_and_every_action_stands_on_it() -> None:
    page = keys_page()
    for place in Place:
        assert f"## {place.value.capitalize()}\n" in page
    for act in ACTS:
        named = [row for row in page.splitlines() if row.endswith(f"| `{act.id}` |")]
        assert len(named) == len(act.places)
