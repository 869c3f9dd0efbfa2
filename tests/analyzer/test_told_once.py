"""Story, findings and controls tell one thing of one deed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.incident.model import Verdict
from analyzer.rules.sigma_rules import load_folder
from recorder.reader import Recording
from tests.analyzer.factories import Flight, rules_of
from tests.analyzer.rule_samples import shell, three_legs

DROP = "psql -h db.prod.shop.internal -d shop -c 'DROP DATABASE shop'"
BASE = """\
title: base
name: base
level: high
logsource: {product: flightlog}
detection: {a: {action.kind: tool_call}, condition: a}
---
title: many
level: high
correlation: {type: event_count, rules: [base], group-by: [session.id], timespan: 1m,
  condition: {gte: 2}GENERATE}
"""


def test_what_a_rule_contradicts_the_story_contradicts_too(tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(0.5, "Tidy up.")
    flight.model(1.0, "I delete the staging database and make it anew.")
    flight.tool(2.0, "Bash", {"command": DROP}, "DROP DATABASE")
    with Recording.open(flight.write(tmp_path / "said.db")) as recording:
        analysis = analyze(recording, flight.session)
        told = incident_of(analysis, completeness_of(recording, analysis), recording.blob)
    assert "R23" in rules_of(analysis)
    assert Verdict.CONTRADICTED in [c.verdict for c in told.claims]


def test_what_was_sent_after_a_secret_was_read_is_in_the_blast_radius(tmp_path: Path) -> None:
    flight = three_legs(poisoned=True)
    flight.tool(8.0, "Bash", {"command": "git push --force origin main"}, "forced update")
    with Recording.open(flight.write(tmp_path / "sent.db")) as recording:
        analysis = analyze(recording, flight.session)
        told = incident_of(analysis, completeness_of(recording, analysis), recording.blob)
    assert "R19" in rules_of(analysis)
    assert any("drop.example.net" in fact.text for fact in told.blast.sent)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("Reset the staging database.", True), ("Reset the production database.", False)],
)
def test_a_task_on_staging_that_hits_production_crosses(
    asked: str, expected: bool, tmp_path: Path
) -> None:
    flight = Flight()
    flight.prompt(0.5, asked)
    flight.tool(2.0, "Bash", {"command": DROP}, "DROP DATABASE")
    assert ("R05" in rules_of(flight.analyze(tmp_path))) is expected


def test_a_push_that_was_refused_after_a_commit_and_is_then_forced(tmp_path: Path) -> None:
    refused = "! [rejected] main -> main (fetch first)"
    flight = shell(
        (1.0, "git commit -am 'fix' && git push origin main", refused),
        (5.0, "git push --force origin main", "+ forced update"),
        failed=frozenset({0}),
    )
    assert "R12" in rules_of(flight.analyze(tmp_path))


@pytest.mark.parametrize(("generate", "expected"), [("", ["many"]), (", generate: true", None)])
def test_a_base_of_a_correlation_is_no_finding_unless_it_says_so(
    generate: str, expected: list[str] | None, tmp_path: Path
) -> None:
    text = BASE.replace("GENERATE", generate)
    (tmp_path / "own.yml").write_text(text)
    rules = load_folder(tmp_path)
    assert rules.broken == []
    assert [a.title for a in rules.abouts()] == (expected or ["base", "many"])
