"""The footer: what the keys do, most important first, always within the width.

Textual's own footer loses its last keys without a word on narrow terminals; this one drops the
least important and always keeps `? Help` and `q Back`.
"""

from __future__ import annotations

from textual import events

from tui.actions import Act, Keymap, Place, acts_of
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line
from tui.safe_content import width_of
from tui.widgets.drawn import Drawn, glyphs_of

__all__ = ["Hints", "fitting"]

GAP = 2


class Hints(Drawn):
    """One row of keys; a message takes its place until the next key."""

    DEFAULT_CSS = "Hints { height: 1; dock: bottom; }"

    def __init__(self, place: Place) -> None:
        super().__init__(id="hints")
        self._place = place
        self._message = ""
        self.words: dict[str, str] = {}
        """Hints that say something else for now: act id -> hint."""

    @property
    def message(self) -> str:
        """What it says instead of the keys; empty when it shows the keys."""
        return self._message

    def say(self, message: str) -> None:
        """Say something instead of the keys; an empty message brings the keys back."""
        if message != self._message:
            self._message = message
            self.refresh()

    def reword(self, act_id: str, hint: str) -> None:
        """Name a key by what it does now."""
        if self.words.get(act_id) != hint:
            self.words[act_id] = hint
            self.refresh()

    def draw(self, y: int) -> Line:
        """Return the message or the keys."""
        glyphs = glyphs_of(self)
        pieces: Line = ()
        if y == 0 and self._message:
            pieces = line(f" {self._message}", tone=Tone.STRONG)
        elif y == 0:
            pieces = tuple(piece for _, hint in self._shown() for piece in _hint(hint, glyphs))
            # Where the keys fill the row, a gap after the last would cut it short.
            pieces = (*pieces[:-1], Piece(pieces[-1].text.rstrip(), pieces[-1].tone))
        return pieces

    def _shown(self) -> list[tuple[Act, str]]:
        keymap = getattr(self.app, "keymap", None)
        return fitting(self._place, self.size.width, self.words, glyphs_of(self), keymap)

    def on_click(self, event: events.Click) -> None:
        """Do what the hint under the pointer says."""
        left = 0
        for act, hint in self._shown():
            right = left + width_of(_spelled(hint, glyphs_of(self)), glyphs_of(self)) + GAP
            if left <= event.x < right and not self._message:
                self.call_later(self.screen.run_action, act.method)
                return
            left = right


def fitting(
    place: Place,
    width: int,
    words: dict[str, str],
    glyphs: Glyphs,
    keymap: Keymap | None = None,
) -> list[tuple[Act, str]]:
    """Return the hints that fit into a width, by rank; the two of lowest rank number come last."""
    # What a hint is reworded to names the key of the table: another key has its own hint.
    words = {act: hint for act, hint in words.items() if act not in (keymap or {})}
    ranked = sorted((act for act in acts_of(place, keymap) if act.hint), key=lambda act: act.rank)
    always = [act for act in ranked if act.rank < 10]
    chosen: list[Act] = []
    room = width - sum(_size(act, words, glyphs) for act in always) + GAP
    for act in ranked:
        if act in always:
            continue
        room -= _size(act, words, glyphs)
        if room < 0:
            break
        chosen.append(act)
    order = [*chosen, *sorted(always, key=lambda act: -act.rank)]
    return [(act, words.get(act.id, act.hint)) for act in order]


def _size(act: Act, words: dict[str, str], glyphs: Glyphs) -> int:
    return width_of(_spelled(words.get(act.id, act.hint), glyphs), glyphs) + GAP


def _spelled(hint: str, glyphs: Glyphs) -> str:
    return hint.replace("←→", "<- ->") if glyphs.ascii else hint


def _hint(hint: str, glyphs: Glyphs) -> tuple[Piece, Piece]:
    keys, _, label = _spelled(hint, glyphs).rpartition(" ")
    return Piece(f"{keys} ", Tone.ACCENT), Piece(label + " " * GAP, Tone.DIM)
