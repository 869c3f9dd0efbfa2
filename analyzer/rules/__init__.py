"""The rules and what runs them: Sigma over documented fields, and a few that are code.

One engine, two tempos: `findings_of` over a whole session, `analyzer.rules.live` over one that is
under way. The same events, the same rules, the same findings.
"""

from __future__ import annotations

from analyzer.rules.about import About
from analyzer.rules.base import Scene
from analyzer.rules.engine import findings_of
from analyzer.rules.ruleset import RuleSet, about_of, packaged_rules, rules_of

__all__ = ["About", "RuleSet", "Scene", "about_of", "findings_of", "packaged_rules", "rules_of"]
