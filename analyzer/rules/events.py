"""One action as rules see it: documented fields, and what each stands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from analyzer.model import Action
from analyzer.rules.fields import group_of
from analyzer.testimony import Certainty

__all__ = ["Event", "Value"]

type Value = str | int | float | bool


@dataclass(slots=True)
class Event:
    """An action with its fields; see `analyzer.rules.fields` for what they mean."""

    action: Action
    t_us: int
    fields: dict[str, Value] = field(default_factory=dict)
    basis: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Field or group of fields -> earlier actions that it stands on."""
    certainties: dict[str, Certainty] = field(default_factory=dict)
    """Field or group of fields -> how it is known, where that is not plainly observed."""
    is_told_by_requests: bool = False
    """Requests that it made are on record: what it used where, they tell."""

    def say(
        self,
        name: str,
        value: Value | None,
        basis: Iterable[int] = (),
        certainty: Certainty | None = None,
    ) -> None:
        """Set a field where there is something to say."""
        if value is None or value == "" or value is False:
            return
        self.fields[name] = value
        numbers = tuple(basis)
        if numbers:
            self.basis[name] = numbers
        if certainty is not None:
            self.certainties[name] = certainty

    def evidence(self, names: Iterable[str]) -> tuple[int, ...]:
        """Return the actions that some of its fields stand on, its own last."""
        numbers: dict[int, None] = {}
        for name in names:
            for key in (name, group_of(name)):
                numbers.update(dict.fromkeys(self.basis.get(key, ())))
        numbers.pop(self.action.id, None)
        return (*numbers, self.action.id)

    def certainty(self, names: Iterable[str]) -> list[Certainty]:
        """Return how some of its fields are known."""
        found = []
        for name in names:
            if name in self.fields:
                told = self.certainties.get(name, self.certainties.get(group_of(name)))
                if told is not None:
                    found.append(told)
        return found
