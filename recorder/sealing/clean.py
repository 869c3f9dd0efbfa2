"""Texts that were looked through and hold no secret.

Names, models, operations, paths come again and again: each is looked through once, and its marks
are made once. And agents tell a result twice: to the model, and in a form of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recorder.model import Json

__all__ = ["SHORT", "Clean", "Names"]

SHORT = 200
"""Characters of a text that is likely to come again: a name, a path, a model."""
MAX_KEPT = 10_000
_MAY_BE_PIECES = frozenset("\"'\\\n")
LONG = 100_000
"""Characters of a text that is not kept until it comes again."""
RECENT = 64
"""Longer texts that are kept: what comes a second time comes soon."""
MAX_SETS = 500
"""Sets of attributes' names that are kept, and characters of all names in one of them."""
MAX_SET = 4_000


@dataclass(frozen=True, slots=True)
class Names:
    """Names of attributes that come together, and hold no secret."""

    ordered: Sequence[str]
    marks: frozenset[bytes]


class Clean:
    """What is known to hold no secret, until more is known."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.texts: dict[str, frozenset[bytes]] = {}
        """Text that holds none -> its marks."""
        self.ahead: dict[str, frozenset[bytes]] = {}
        """The same for texts of the records that come next; most of them come once."""
        self._recent: dict[str, frozenset[bytes]] = {}
        self._until_now: dict[str, frozenset[bytes]] = {}
        """Short texts that were clean until a further secret became known."""
        self.attributes: dict[tuple[str, Json], frozenset[bytes]] = {}
        """Name and value -> the marks of both, where the value is no secret under its name."""
        self._names: dict[tuple[str, ...], Names | None] = {}
        """Names of a record's attributes, as they come; None where they came once."""

    def marks_of(self, text: str) -> frozenset[bytes] | None:
        """Return the marks of a text that is known to hold no secret."""
        if len(text) <= SHORT:
            marks = self.texts.get(text)
            if marks is None and (marks := self.ahead.get(text)) is not None:
                self.add_text(text, marks)
            return marks
        return self._recent.get(text) if len(text) <= LONG else None

    def add_text(self, text: str, marks: frozenset[bytes]) -> None:
        """Remember a text and its marks."""
        if len(text) > SHORT:
            if len(self._recent) >= RECENT:
                del self._recent[next(iter(self._recent))]
            if len(text) <= LONG:
                self._recent[text] = marks
            return
        if len(self.texts) >= MAX_KEPT:
            self.texts.clear()
            # The names are among them, and a pair is only kept where its name is.
            self._names.clear()
        self.texts[text] = marks

    def add_attribute(self, name: str, value: str, marks: frozenset[bytes]) -> None:
        """Remember a name and its value, and the value's marks."""
        if len(self.attributes) >= MAX_KEPT:
            self.attributes.clear()
        self.attributes[name, value] = marks

    def one_more_known(self) -> None:
        """Take note that a further secret is known, which may stand in what was clean."""
        if len(self._until_now) >= MAX_KEPT:
            self._until_now.clear()
        self._until_now |= self.texts
        self._until_now |= self.ahead
        self.texts.clear()
        self.ahead.clear()
        self._recent.clear()
        self.attributes.clear()
        self._names.clear()

    def until_now(self, text: str) -> frozenset[bytes] | None:
        """Return the marks of a short text that can hold no secret but one that became known since.

        Only of a text in one piece: others may hold a secret in pieces.
        """
        marks = self._until_now.pop(text, None)
        return marks if marks is not None and not _MAY_BE_PIECES.intersection(text) else None

    def names_of(self, attributes: Iterable[str]) -> Names | None:
        """Return what is known of the names of a record's attributes; None where nothing is."""
        return self._names.get(tuple(attributes))

    def came_before(self, attributes: Iterable[str]) -> bool:
        """Tell whether a record with attributes of these names came before."""
        names = tuple(attributes)
        if names in self._names:
            return True
        if len(self._names) >= MAX_SETS:
            self._names.clear()
        if sum(map(len, names)) <= MAX_SET:
            self._names[names] = None
        return False

    def add_names(
        self,
        attributes: Iterable[str],
        ordered: Sequence[str],
        marks: Iterable[frozenset[bytes] | None],
    ) -> None:
        """Remember the names of a record's attributes, if all of them are known to hold no secret.

        Args:
            attributes: the names, as they came before.
            ordered: the same in the order in which they are written.
            marks: those of each; None for one that is not known.
        """
        known = [of_one for of_one in marks if of_one is not None]
        if len(known) == len(ordered):
            self._names[tuple(attributes)] = Names(ordered, frozenset().union(*known))

    def clear(self) -> None:
        """Forget all: something became known that may stand in any of them."""
        self.texts.clear()
        self.ahead.clear()
        self._until_now.clear()
        self._recent.clear()
        self.attributes.clear()
        self._names.clear()
