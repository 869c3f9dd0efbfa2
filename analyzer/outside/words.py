"""What is said of a clock, in one sentence for reports."""

from __future__ import annotations

from analyzer.testimony import Clock

__all__ = ["clock_words"]

SECOND = 1_000_000_000


def clock_words(clock: Clock) -> str:
    """Return how far a witness's clock is from the agent's, with the bounds of the estimate."""
    low, high = clock.low_ns / SECOND, clock.high_ns / SECOND
    moments = f"{clock.pairs} moment{'' if clock.pairs == 1 else 's'}"
    seen = f"({low:+.1f} to {high:+.1f} s, from {moments} that both tell of)"
    if not clock.ahead_ns:
        return f"The clock of {clock.name} agrees with {clock.by} clock {seen}."
    direction = "ahead of" if clock.ahead_ns > 0 else "behind"
    apart = f"{abs(clock.ahead_ns) / SECOND:.1f} s"
    shown = f"what it tells is shown by {clock.by} clock"
    return f"The clock of {clock.name} is {apart} {direction} {clock.by} clock {seen}; {shown}."
