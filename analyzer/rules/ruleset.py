"""All rules that run: flightlog's own, and those of a user's folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import platformdirs

from analyzer.model import Finding
from analyzer.rules.about import About
from analyzer.rules.doubles import without_doubles
from analyzer.rules.sigma_rules import Broken, SigmaRules, load_folder, load_packaged
from analyzer.rules.step import StepRule
from analyzer.rules.steps import STEPS

__all__ = ["RuleSet", "about_of", "packaged_rules", "rules_of", "user_folder"]


@dataclass(frozen=True)
class RuleSet:
    """Rules in Sigma and rules that are code."""

    sigma: SigmaRules
    classes: tuple[type[StepRule], ...] = STEPS
    folders: tuple[Path, ...] = field(default=())

    def steps(self) -> list[StepRule]:
        """Return the rules that are code, new for a session."""
        return [make() for make in self.classes]

    @property
    def abouts(self) -> tuple[About, ...]:
        """What the rules say of themselves, by id, each id once."""
        found: dict[str, About] = {}
        for about in (*(c.about for c in self.classes), *self.sigma.abouts()):
            found.setdefault(about.id, about)
        return tuple(found[key] for key in sorted(found))

    @property
    def broken(self) -> tuple[Broken, ...]:
        """What of the folders cannot run."""
        return tuple(self.sigma.broken)


@cache
def packaged_rules() -> RuleSet:
    """Return the rules that come with flightlog."""
    return RuleSet(load_packaged())


def rules_of(folders: Sequence[Path] = ()) -> RuleSet:
    """Return flightlog's rules, those of the settings folder and those of more folders."""
    own = user_folder()
    wanted = tuple(folder for folder in (own, *folders) if folder.is_dir())
    stamps = tuple(
        (str(path), path.stat().st_mtime_ns)
        for folder in wanted
        for path in sorted(folder.rglob("*.y*ml"))
    )
    return _loaded(wanted, stamps) if stamps else packaged_rules()


@lru_cache(maxsize=4)
def _loaded(wanted: tuple[Path, ...], _stamps: tuple[tuple[str, int], ...]) -> RuleSet:
    """Return the rules of some folders, read once while their files stay the same."""
    sigma = SigmaRules()
    sigma.add(packaged_rules().sigma)
    for folder in wanted:
        sigma.add(load_folder(folder))
    code = {rule.about.id: "flightlog itself" for rule in STEPS}
    return RuleSet(without_doubles(sigma, code), folders=wanted)


def about_of(finding: Finding, rules: RuleSet | None = None) -> About:
    """Return what the rule behind a finding says of itself.

    Of a rule that is no longer there it is what the finding tells.
    """
    known = {about.id: about for about in (rules or rules_of()).abouts}
    return known.get(finding.rule) or About(
        id=finding.rule,
        title=finding.title,
        severity=finding.severity,
        description="",
        tags=finding.tags,
        strong=finding.strong,
    )


def user_folder() -> Path:
    """Return the settings folder for rules; it need not be there."""
    told = os.environ.get("FLIGHTLOG_RULES")
    if told:
        return Path(told)
    return platformdirs.user_config_path("flightlog", appauthor=False) / "rules"
