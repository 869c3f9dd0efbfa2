"""A statement of SQL in plain words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Statement"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement."""

    words: tuple[str, ...]
    """Upper case, a literal as `'`."""
    literals: tuple[str, ...]
    text: str
    depth: int

    def has(self, *wanted: str) -> bool:
        """Tell whether these words stand one after the other."""
        size = len(wanted)
        return any(self.words[n : n + size] == wanted for n in range(len(self.words) - size + 1))

    def after(self, word: str) -> str:
        """Return what follows a word; empty where it does not stand there."""
        if word not in self.words:
            return ""
        return " ".join(self.words[self.words.index(word) + 1 :])
