"""The few signs that the screens draw with, once for Unicode and once for plain ASCII.

None of them has an emoji form. What a sign means is said in words on the help screen.
"""

from __future__ import annotations

import codecs
import locale
import sys
from dataclasses import dataclass

__all__ = ["ASCII", "SPELLED", "UNICODE", "Glyphs", "glyphs_for", "terminal_encoding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of signs."""

    ascii: bool
    cursor: str
    finding: str
    playhead: str
    bookmark: str
    density: str
    """Eight signs, few to many."""
    bar: str
    opened: str
    rule: str
    side: str
    cut: str
    reconstructed: str
    """One sign in Unicode, two in ASCII."""
    inferred: str
    inside: str
    """Before an action that stands in the one above."""
    arrow: str


UNICODE = Glyphs(
    ascii=False,
    cursor="›",
    finding="▲",
    playhead="┃",
    bookmark="◆",
    density="▁▂▃▄▅▆▇█",
    bar="█",
    opened="▒",
    rule="─",
    side="│",
    cut="…",
    reconstructed="≈",
    inferred="?",
    inside="└",
    arrow="←",
)
ASCII = Glyphs(
    ascii=True,
    cursor=">",
    finding="^",
    playhead="|",
    bookmark="+",
    density=".:-=+*#@",
    bar="#",
    opened="~",
    rule="-",
    side="|",
    cut="~",
    reconstructed="~r",
    inferred="?",
    inside="`",
    arrow="<-",
)

SPELLED = str.maketrans({"→": "->", "←": "<-", "…": "...", "⟦": "[[", "⟧": "]]"})
"""Signs that titles and paths are made with before any screen is known -> how ASCII spells them."""


def glyphs_for(encoding: str | None, *, ascii_only: bool = False) -> Glyphs:
    """Return the signs that a terminal or file with an encoding can show."""
    try:
        is_unicode = codecs.lookup(encoding or "ascii").name.startswith("utf")
    except LookupError:
        is_unicode = False
    return UNICODE if is_unicode and not ascii_only else ASCII


def terminal_encoding() -> str:
    """Return what the terminal can show, as the locale says.

    In a locale without UTF-8 (`LC_ALL=C`) Python writes UTF-8 all the same (PEP 540), and its
    streams say so; the terminal may show something else.
    """
    said = locale.getencoding()
    is_unicode = codecs.lookup(said).name.startswith("utf")
    return (sys.stdout.encoding or said) if is_unicode else said
