"""The gate between what an agent wrote and what a person's terminal, page or table shows.

Recorded text is hostile: escape codes that set the title or the clipboard, bidirectional overrides,
zero-width characters. This makes them visible instead of passing them on, and never deletes
silently. Screens, plain output and reports all come through here.
"""

from __future__ import annotations

import re

__all__ = ["safe_text", "shorten_seals"]

# C0 (without tab and newline), DEL, C1, line and paragraph separators, zero-width and
# bidirectional controls, interlinear and tag characters, lone surrogates, the byte-order mark.
_DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_NEWLINES = re.compile(r"\r\n|\n")
_SEAL = re.compile(r"⟦([^:⟦⟧]{1,64}):([0-9a-f]{4})[0-9a-f]{28}⟧")
TAB = "    "


def safe_text(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` with every control, bidirectional and zero-width character made visible.

    C0 controls become their control pictures (`␛`), the others `‹U+202E›`; tabs become four
    spaces; newlines stay where `keep_newlines` asks for it and become `⏎` elsewhere.
    """
    text = text.replace("\t", TAB)
    text = text.replace("\r\n", "\n") if keep_newlines else _NEWLINES.sub("⏎", text)
    return _DANGEROUS.sub(_visible, text)


def shorten_seals(text: str) -> str:
    """Return `text` with each seal token cut to its class and four digits, for narrow screens."""
    return _SEAL.sub(r"⟦\1:\2⟧", text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"‹U+{code:04X}›"
