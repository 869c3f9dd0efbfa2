"""Short texts that were looked through and hold no secret.

Names, models, operations, paths come again and again: each is looked through once, and its marks
are made once.
"""

from __future__ import annotations

from recorder.model import Json

__all__ = ["SHORT", "Clean"]

SHORT = 200
"""Characters of a text that is likely to come again: a name, a path, a model."""
MAX_KEPT = 10_000


class Clean:
    """What is known to hold no secret, until more is known."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.texts: dict[str, frozenset[bytes]] = {}
        """Text that holds none -> its marks."""
        self.attributes: dict[tuple[str, Json], frozenset[bytes]] = {}
        """Name and value -> the marks of both, where the value is no secret under its name."""

    def add_text(self, text: str, marks: frozenset[bytes]) -> None:
        """Remember a text and its marks."""
        if len(self.texts) >= MAX_KEPT:
            self.texts.clear()
        self.texts[text] = marks

    def add_attribute(self, name: str, value: str, marks: frozenset[bytes]) -> None:
        """Remember a name and its value, and the value's marks."""
        if len(self.attributes) >= MAX_KEPT:
            self.attributes.clear()
        self.attributes[name, value] = marks

    def clear(self) -> None:
        """Forget all: something became known that may stand in any of them."""
        self.texts.clear()
        self.attributes.clear()
