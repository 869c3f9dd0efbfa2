"""How an action ended, as far as a later one may depend on it."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model import Action, Outcome

__all__ = ["Ended", "ended_of"]


@dataclass(frozen=True, slots=True)
class Ended:
    """An action that is over."""

    action: Action
    t_ns: int

    @property
    def went_wrong(self) -> bool:
        """True where it failed, or its own answer says that something went wrong."""
        return self.action.outcome in {Outcome.FAILED, Outcome.REFUSED} or bool(
            self.action.content_error
        )


def ended_of(action: Action) -> Ended:
    """Return an action's end."""
    return Ended(action, action.start_ns if action.until_ns is None else action.until_ns)
