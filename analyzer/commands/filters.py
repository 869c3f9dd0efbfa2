"""Which actions a command is asked for: by kind, witness, outcome and words. Shared options."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from analyzer.model import Action, Outcome
from recorder.model import Kind, Witness

__all__ = ["Filter", "filter_options"]

KINDS = tuple(kind.value for kind in Kind)
WITNESSES = tuple(witness.value for witness in Witness)
OUTCOMES = tuple(outcome.value.replace(" ", "-") for outcome in Outcome)


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of actions; an empty part of it chooses all."""

    kinds: frozenset[Kind] = frozenset()
    witnesses: frozenset[Witness] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    text: str = ""
    """Stands in the title or the name, in upper or lower case."""

    @classmethod
    def of(
        cls, kinds: Sequence[str], witnesses: Sequence[str], outcomes: Sequence[str], text: str
    ) -> Filter:
        """Return the filter that the options' values mean."""
        return cls(
            frozenset(map(Kind, kinds)),
            frozenset(map(Witness, witnesses)),
            frozenset(Outcome(value.replace("-", " ")) for value in outcomes),
            text.casefold(),
        )

    def fits(self, action: Action) -> bool:
        """Tell whether an action, as it is known now, is one of those asked for."""
        return (
            (not self.kinds or action.kind in self.kinds)
            and (not self.witnesses or not self.witnesses.isdisjoint(action.witnesses))
            and (not self.outcomes or action.outcome in self.outcomes)
            and self.text in f"{action.name}\n{action.title}".casefold()
        )


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets what they choose as `chosen`."""

    @functools.wraps(function)
    def chosen(
        *arguments: Any,
        kinds: tuple[str, ...],
        witnesses: tuple[str, ...],
        outcomes: tuple[str, ...],
        text: str,
        **others: Any,
    ) -> None:
        function(*arguments, chosen=Filter.of(kinds, witnesses, outcomes, text), **others)

    options = (
        click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS),
                     help="Only actions of this kind; may be given again."),
        click.option("--witness", "witnesses", multiple=True, type=click.Choice(WITNESSES),
                     help="Only actions that this witness tells of; may be given again."),
        click.option("--status", "outcomes", multiple=True, type=click.Choice(OUTCOMES),
                     help="Only actions that stand so; may be given again."),
        click.option("--text", default="", help="Only actions whose line contains this."),
    )  # fmt: skip
    result: Callable[..., None] = chosen
    for option in reversed(options):
        result = option(result)
    return result
