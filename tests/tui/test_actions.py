"""The table of actions: every action has a key, a place to learn of it, and does something."""

from __future__ import annotations

import re

import pytest
from textual.binding import Binding

from tests.tui.wiped import wipe
from tui.actions import ACTS, Place, acts_of, bindings, entries
from tui.glyphs import ASCII, UNICODE, Glyphs
from tui.safe_content import as_text, width_of
from tui.screens.beside import Beside
from tui.screens.findings import Findings
from tui.screens.help import Help, help_lines
from tui.screens.live import Live
from tui.screens.replay import Replay
from tui.screens.room import Room
from tui.screens.sessions import Sessions
from tui.widgets.hints import fitting

ROOMS: dict[Place, type[Room]] = {
    Place.SESSIONS: Sessions,
    Place.REPLAY: Replay,
    Place.FINDINGS: Findings,
    Place.LIVE: Live,
    Place.BESIDE: Beside,
    Place.HELP: Help,
}


@pytest.mark.parametrize("place", Place)
def test_every_action_is_done_by_its_screen(place: Place) -> None:
    for act in acts_of(place):
        name = re.match(r"\w+", act.method)
        assert name is not None
        assert callable(getattr(ROOMS[place], f"action_{name[0]}", None)), act.id


@pytest.mark.parametrize("place", Place)
def test_no_key_means_two_things_on_one_screen(place: Place) -> None:
    keys = [key for act in acts_of(place) for key in act.keys.split()]
    assert len(keys) == len(set(keys))
    bound = [key for b in bindings(place) if isinstance(b, Binding) for key in b.key.split(",")]
    assert sorted(bound) == sorted(keys)


@pytest.mark.parametrize("place", Place)
def test_every_action_is_in_the_palette_and_in_the_help(place: Place) -> None:
    labels = {label for label, _, _ in entries(place)}
    text = "\n".join(as_text(row, UNICODE) for row in help_lines(place, UNICODE))
    for act in acts_of(place):
        assert act.label.format(key=3) in labels
        assert act.label.split("{")[0].strip() in text


def test_every_screen_hints_at_help_and_the_way_back_first() -> None:
    assert {act.id for act in ACTS if act.rank < 10} == {"help", "back"}


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_the_footer_fits_and_keeps_the_way_out(place: Place, width: int, glyphs: Glyphs) -> None:
    words = {"play": "space Pause"}
    shown = fitting(place, width, words, glyphs)
    text = "  ".join(hint.replace("←→", "<- ->" if glyphs.ascii else "←→") for _, hint in shown)
    assert width_of(text, glyphs) <= width
    assert text.endswith("q Back")
    if place is not Place.HELP:
        assert "? Help" in text


def test_help_explains_each_certainty_and_each_mark() -> None:
    for glyphs in (UNICODE, ASCII):
        text = "\n".join(as_text(row, glyphs) for row in help_lines(Place.REPLAY, glyphs))
        for word in ("observed", "inferred", "reconstructed", glyphs.reconstructed, "C H M L"):
            assert word in text
    assert wipe().reconstructed
