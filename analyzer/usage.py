"""What a session's model calls used, counted once however often it was told.

Agents tell the usage of each call, its sum for the whole session, or both in two places; so the sum
counts only as far as it is more than what the calls themselves tell.
"""

from __future__ import annotations

from analyzer.model import Action
from recorder import semconv

__all__ = ["Usage"]

_NAMES = (semconv.GEN_AI_INPUT_TOKENS, semconv.GEN_AI_OUTPUT_TOKENS)


class Usage:
    """Tokens of one session, added up while it grows; an action that is told again counts once."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[int, int, bool]] = {}
        self._sums = {False: [0, 0], True: [0, 0]}
        """Of sums, and of calls one by one -> input and output tokens."""

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens so far."""
        one_by_one, sums = self._sums[False], self._sums[True]
        return max(one_by_one[0], sums[0]), max(one_by_one[1], sums[1])

    def take(self, action: Action) -> None:
        """Take in an action, or what it has become."""
        told = action.attributes
        now = [value if isinstance(value := told.get(name), int) else 0 for name in _NAMES]
        if not any(now):
            return
        is_sum = told.get(semconv.USAGE_IS_SUM) is True
        *before, was_sum = self._told.get(action.id, (0, 0, is_sum))
        self._told[action.id] = (now[0], now[1], is_sum)
        for number in range(len(_NAMES)):
            self._sums[bool(was_sum)][number] -= before[number]
            self._sums[is_sum][number] += now[number]
