"""Every rule on a recording that it is for, and on a neighbour that it must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.rules import packaged_rules
from analyzer.rules.fields import FIELDS
from tests.analyzer.factories import rules_of
from tests.analyzer.rule_samples import SAMPLES


@pytest.mark.parametrize("rule", sorted(SAMPLES))
def test_a_rule_finds_what_it_is_for_and_nothing_beside_it(tmp_path: Path, rule: str) -> None:
    positive, negative = SAMPLES[rule]
    analysis = positive().analyze(tmp_path)
    found = [f for f in analysis.findings if f.rule == rule]
    assert found, sorted(rules_of(analysis))
    numbers = {a.id for a in analysis.actions}
    for finding in found:
        assert set(finding.evidence) <= numbers
        assert finding.action in finding.evidence
        assert "(not told)" not in finding.reason, "a field of its reason is not there"
        assert "\n" not in finding.reason
    assert rule not in rules_of(negative().analyze(tmp_path))


def test_every_rule_has_a_recording_for_and_against_it() -> None:
    assert SAMPLES.keys() == {about.id for about in packaged_rules().abouts}


def test_rules_name_only_documented_fields() -> None:
    named = {f for d in packaged_rules().sigma.detections for f in d.fields}
    assert named <= FIELDS.keys()
    assert all(field.meaning for field in FIELDS.values())
