"""Short texts that were looked through and hold no secret.

Names, models, operations, paths come again and again: each is looked through once, and its marks
are made once.
"""

from __future__ import annotations

__all__ = ["SHORT", "Clean"]

SHORT = 200
"""Characters of a text that is likely to come again: a name, a path, a model."""
MAX_KEPT = 10_000


class Clean:
    """What is known to hold no secret, until more is known."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._texts: dict[str, frozenset[bytes]] = {}
        self._attributes: dict[tuple[str, str], frozenset[bytes]] = {}

    def text(self, text: str) -> frozenset[bytes] | None:
        """Return the marks of a text that holds none; None where that is not known."""
        return self._texts.get(text)

    def add_text(self, text: str, marks: frozenset[bytes]) -> None:
        """Remember a text and its marks."""
        if len(self._texts) >= MAX_KEPT:
            self._texts.clear()
        self._texts[text] = marks

    def attribute(self, name: str, value: str) -> frozenset[bytes] | None:
        """Return the marks of a value that is none under its name; None where it is not known."""
        return self._attributes.get((name, value))

    def add_attribute(self, name: str, value: str, marks: frozenset[bytes]) -> None:
        """Remember a name and its value, and the value's marks."""
        if len(self._attributes) >= MAX_KEPT:
            self._attributes.clear()
        self._attributes[name, value] = marks

    def clear(self) -> None:
        """Forget all: something became known that may stand in any of them."""
        self._texts.clear()
        self._attributes.clear()
