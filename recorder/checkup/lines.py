"""A check-up for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recorder.checkup.check import Check, Verdict
from recorder.safe_text import safe_text

__all__ = ["documents", "lines"]

_SIGNS = {Verdict.WELL: "✓", Verdict.NOTE: "·", Verdict.MEND: "✗"}


def lines(checks: Sequence[Check]) -> Iterable[str]:
    """Yield the check-up line by line, its areas apart, and a last line with the sum."""
    width = max((len(safe_text(check.name)) for check in checks), default=0)
    for area in dict.fromkeys(check.area for check in checks):
        yield f"{area}s" if area != "machine" else area
        for check in (check for check in checks if check.area == area):
            name, sign = safe_text(check.name), _SIGNS[check.verdict]
            yield f"  {sign} {name:<{width}}  {safe_text(check.found)}"
            if check.expected and check.needs_mending:
                yield f"    {'':<{width}}  expected: {safe_text(check.expected)}"
            if check.mend:
                yield f"    {'':<{width}}  → {safe_text(check.mend)}"
    broken = sum(check.needs_mending for check in checks)
    yield f"{broken} of {len(checks)} to mend" if broken else f"all {len(checks)} are well"


def documents(checks: Iterable[Check]) -> list[dict[str, str]]:
    """Return the check-up for JSON."""
    return [
        {
            "area": check.area,
            "name": safe_text(check.name),
            "verdict": check.verdict.value,
            "found": safe_text(check.found),
            "expected": safe_text(check.expected),
            "mend": safe_text(check.mend),
        }
        for check in checks
    ]
