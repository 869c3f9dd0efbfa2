"""The rules, listed one by one: what runs is what stands here."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.model import Finding
from analyzer.rules.base import Rule, Scene
from analyzer.rules.r02_destroyed_unread import DestroyedUnread
from analyzer.rules.r03_credential_from_elsewhere import CredentialFromElsewhere
from analyzer.rules.r06_refused_then_other_credential import RefusedThenOtherCredential
from analyzer.rules.r07_refused_then_destroyed import RefusedThenDestroyed
from analyzer.rules.r08_same_domain import SameDomainDeletion
from analyzer.rules.r24_tempo import Tempo

__all__ = ["RULES", "Rule", "Scene", "findings_of"]

RULES: tuple[Rule, ...] = (
    DestroyedUnread(),
    CredentialFromElsewhere(),
    RefusedThenOtherCredential(),
    RefusedThenDestroyed(),
    SameDomainDeletion(),
    Tempo(),
)


def findings_of(scene: Scene, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """Return what the rules find, in order of time, then the worst first."""
    found = [finding for rule in rules for finding in rule.examine(scene)]
    return tuple(sorted(found, key=lambda f: (f.t_ns, -f.severity, f.rule)))
