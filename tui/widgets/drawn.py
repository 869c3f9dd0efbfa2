"""Widgets that draw rows of safe text themselves, in the tones: the base of all on a screen."""

from __future__ import annotations

from typing import Protocol, cast

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.glyphs import UNICODE, Glyphs
from tui.line import Line, Tone
from tui.safe_content import to_strip

__all__ = ["TONES", "TONE_CSS", "Drawn", "OneLine", "glyphs_of", "tone_style"]

TONES = {tone.value for tone in Tone}
TONE_CSS = """
    & > .tone--normal { color: $foreground; }
    & > .tone--dim { color: $text-muted; }
    & > .tone--strong { color: $foreground; text-style: bold; }
    & > .tone--accent { color: $accent; }
    & > .tone--critical { color: $error; text-style: bold; }
    & > .tone--high { color: $warning; text-style: bold; }
    & > .tone--medium { color: $warning; }
    & > .tone--low { color: $secondary; }
    & > .tone--bad { color: $error; }
    & > .tone--good { color: $success; }
    & > .tone--made-up { color: $secondary; text-style: italic; }
    & > .tone--found { color: $foreground; text-style: bold underline; }
"""
"""What the tones look like. It stands at the screens: where every widget had the tones of its own,
a third of the time that a screen took to open or to change went into working them out."""


class HasGlyphs(Protocol):
    """An app that has chosen its signs."""

    glyphs: Glyphs


def glyphs_of(widget: Widget) -> Glyphs:
    """Return the signs that the app draws with."""
    return cast("HasGlyphs", widget.app).glyphs if hasattr(widget.app, "glyphs") else UNICODE


def tone_style(widget: Widget, tone: Tone) -> Style:
    """Return how a tone of the screen's looks on a widget's ground."""
    looks = widget.screen.get_component_styles(tone.value)
    _, ground = widget.background_colors
    ink = Style(color=(ground + looks.color).rich_color)
    return widget.rich_style + ink + looks.text_style


class Drawn(Widget):
    """A widget that draws its own rows in the tones; no markup, no renderables."""

    DEFAULT_CSS = "Drawn { width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tones: dict[Tone, Style] = {}

    def notify_style_update(self) -> None:
        """Look the tones up again: they are otherwise now."""
        self._tones.clear()
        super().notify_style_update()

    def draw(self, y: int) -> Line:
        """Return what a row shows."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw a row, cut or filled to the width."""
        return to_strip(self.draw(y), self.size.width, self._tone_style, glyphs_of(self))

    def _tone_style(self, tone: Tone) -> Style:
        style = self._tones.get(tone)
        if style is None:
            style = self._tones[tone] = tone_style(self, tone)
        return style


class OneLine(Drawn):
    """A single row, cut to the width."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, content: Line = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._content = content

    @property
    def content_line(self) -> Line:
        """What it shows."""
        return self._content

    def show(self, content: Line) -> None:
        """Show something else."""
        if content != self._content:
            self._content = content
            self.refresh()

    def draw(self, y: int) -> Line:
        """Return the row."""
        return self._content if y == 0 else ()
