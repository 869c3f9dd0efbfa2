"""The help: every key of the screen that it was opened from, the signs, and how sure is sure.

Made from the table of actions and the table of signs, so that it cannot be out of date.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from analyzer.filters import Scope, help_entries
from analyzer.model import Effect
from tui.actions import Keymap, Place, acts_of, bindings, key_name
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line
from tui.screens.room import Room
from tui.widgets.lines import LineList
from tui.words import EFFECTS, LEGEND

__all__ = ["Help", "help_lines"]

KEYS = 18


class Help(Room):
    """The help for one screen, then for all."""

    PLACE = Place.HELP
    BINDINGS = bindings(Place.HELP)
    AUTO_FOCUS = "#help"
    DEFAULT_CSS = "Help #help { height: 1fr; }"

    def __init__(self, about: Place) -> None:
        super().__init__()
        self.about = about

    def furniture(self) -> Iterable[Widget]:
        """One long text."""
        yield LineList(id="help", indent=KEYS + 3)

    def on_mount(self) -> None:
        """Write it."""
        self.show_header(line(f"Help {self.glyphs.cursor} {self.about.value}"))
        self.query_one("#help", LineList).show(
            help_lines(self.about, self.glyphs, self.flight.keymap)
        )

    def action_edge(self, by: int) -> None:
        """Go to the top or the bottom."""
        view = self.query_one("#help", LineList)
        view.scroll_to(y=view.row_count() if by > 0 else 0, animate=False, immediate=True)


def help_lines(about: Place, glyphs: Glyphs, keymap: Keymap | None = None) -> list[Line]:
    """Return the help's text: this screen's keys first."""
    lines = _keys(about, keymap)
    lines += [line(""), line("signs", tone=Tone.STRONG), *_signs(glyphs)]
    lines += [line(""), line("how sure a statement is", tone=Tone.STRONG)]
    for word, meaning in LEGEND:
        shown = meaning.format(inferred=glyphs.inferred, reconstructed=glyphs.reconstructed)
        lines.append(_entry(word, shown))
    lines += [line(""), line("what an action does (effect)", tone=Tone.STRONG)]
    lines += [_entry(effect.value, EFFECTS[effect]) for effect in Effect]
    lines += [line(""), line("what a filter (&) may say", tone=Tone.STRONG)]
    scope = Scope.LIVE if about is Place.LIVE else Scope.ACTIONS
    lines += [_entry(sign, meaning) for sign, meaning in help_entries(scope)]
    lines += [line(""), line("mouse", tone=Tone.STRONG)]
    lines.append(_entry("strip", "click or drag to go to a moment"))
    lines.append(_entry("rows", "click to select, double click to open, drag to select text"))
    lines.append(_entry("shift+drag", "select with the terminal itself"))
    for place in Place:
        if place not in {about, Place.HELP}:
            lines += [line(""), *_keys(place, keymap)]
    return lines


def _keys(place: Place, keymap: Keymap | None) -> list[Line]:
    lines = [line(f"keys: {place.value}", tone=Tone.STRONG)]
    for act in acts_of(place, keymap):
        keys = act.keys.split()
        many = f"{key_name(keys[0])}...{key_name(keys[-1])}"
        shown = many if len(keys) > 4 else " ".join(map(key_name, keys))
        label = act.label.format(key=" 0..9") if "{key}" in act.label else act.label
        lines.append(_entry(shown, label.replace(" 0..90 %", " 0, 10 ... 90 %")))
    return lines


def _signs(glyphs: Glyphs) -> Iterable[Line]:
    yield _entry("C H M L", "a finding: critical, high, medium, low")
    yield _entry("x", "failed or refused")
    yield _entry(glyphs.reconstructed, "reconstructed: made up where nobody published it")
    yield _entry(glyphs.inside, "stands inside the action above (a request in its tool call)")
    yield _entry(glyphs.inside + glyphs.inferred, "the same, inferred")
    yield _entry(f"{glyphs.finding} {glyphs.playhead}", "finding, playhead")
    yield _entry(glyphs.bookmark, "bookmark: set by a person, kept in the case file")
    yield _entry(
        "~", "in the marker row: idle time, skipped: nothing begins, ends or is found for over 2 s"
    )
    density = f"{glyphs.density[0]}...{glyphs.density[-1]}"
    yield _entry(density, "how much began then; colour is the worst of it")
    yield _entry(f"{glyphs.bar} {glyphs.opened}", "in the lanes: done, never ended")
    yield _entry("e U", "in the lane of credentials: exposed, used")


def _entry(sign: str, meaning: str) -> Line:
    return line(Piece(f"   {sign:<{KEYS}}", Tone.ACCENT), meaning)
