"""Rules that bear another file's id: a finding, and its dismissal, must be of one rule alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from analyzer.rules.about import About
from analyzer.rules.sigma_rules import Broken, SigmaRules

__all__ = ["without_doubles"]


def without_doubles(rules: SigmaRules, known: Mapping[str, str]) -> SigmaRules:
    """Return rules but those whose id another file's rule bears already; these are broken.

    Args:
        rules: what was loaded, in order.
        known: id -> the file, or the name, of the rule that bears it.
    """
    owners = dict(known)
    double: dict[tuple[str, str], Broken] = {}
    lines = {d.name: d.about for d in rules.detections if d.about}
    for about in rules.abouts():
        owner = owners.setdefault(about.id, about.source)
        if owner != about.source:
            line = next((int(n.rpartition(":")[2]) for n, a in lines.items() if a is about), 1)
            problem = f"{about.id} is the id of a rule in {owner} already; choose another"
            double[_key(about)] = Broken(about.source, line, "flightlog.rule", problem)
    return SigmaRules(
        # A correlation may stand on it all the same.
        [replace(d, about=_left(d.about, double)) for d in rules.detections],
        [c for c in rules.correlations if c.about is None or _key(c.about) not in double],
        [*rules.broken, *double.values()],
    )


def _key(about: About) -> tuple[str, str]:
    return about.source, about.id


def _left(about: About | None, double: Mapping[tuple[str, str], Broken]) -> About | None:
    return None if about is None or _key(about) in double else about
