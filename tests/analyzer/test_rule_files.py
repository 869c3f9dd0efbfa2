"""Rules of one's own: what a folder gives, what is broken in it, and `flightlog rules`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.commands.findings import command as findings_command
from analyzer.commands.rules import command
from analyzer.rules.ruleset import rules_of
from analyzer.rules.sigma_rules import load_folder
from tests.analyzer.factories import wipe
from tests.analyzer.rule_samples import SAMPLES

GOOD = """\
title: Anything that talks to the account
level: medium
logsource: {product: flightlog}
detection:
  sel:
    cred.name|startswith: RAILWAY-API-TOKEN
    action.kind: api_request
  condition: sel
falsepositives: [Everything]
flightlog: {rule: U01, reason: '#{action.id} carries {cred.name}'}
"""


def broken(text: str, tmp_path: Path) -> tuple[int, str, str]:
    (tmp_path / "own.yml").write_text(GOOD + "---\n" + text)
    rules = load_folder(tmp_path)
    assert [a.id for a in rules.abouts()] == ["U01"], "the good one still runs"
    (found,) = rules.broken
    assert found.file == str(tmp_path / "own.yml")
    assert str(found).startswith(f"{found.file}:{found.line}: ")
    return found.line - GOOD.count("\n") - 1, found.field, found.problem


HEAD = "title: t\nlevel: high\n"


@pytest.mark.parametrize(
    ("text", "line", "field", "problem"),
    [
        (HEAD + "detection:\n  a:\n    effect.destroyed: true\n  condition: a\n", 5,
         "detection.effect.destroyed", "effect.destroys?"),
        ("title: t\nlevel: severe\ndetection:\n  a: {action.id: 1}\n  condition: a\n", 2, "level",
         "'severe' is none of"),
        (HEAD + "detection:\n  a: {action.id: 1}\n  condition: a and b\n", 5,
         "detection.condition", "'b'"),
        (HEAD + "detection:\n  a:\n    action.name|re: 'a(?=b)'\n  condition: a\n", 5,
         "detection.action.name|re", "is no pattern of RE2: invalid perl operator"),
        (HEAD + "detection:\n  a:\n    action.name|re:\n      - a\n      - 'b('\n  condition: a\n",
         7, "detection.action.name|re", "missing )"),
        (HEAD + "detection:\n  a:\n    - action.id: 1\n      action.name|startwith: a\n"
         "  condition: a\n", 6, "detection.action.name|startwith", "startwith (startswith?)"),
        (HEAD + "detection:\n  a: [word]\n  condition: a\n", 3, "detection", "name the field"),
        (HEAD + "detection:\n  a: {action.id: 1}\n  condition: a\nflightlog: {reason: '{x.y}'}\n",
         6, "flightlog.reason", "no such field: x.y"),
        (HEAD + "correlation:\n  type: event_count\n  rules: [nobody]\n  group-by: [session.id]\n"
         "  timespan: 10s\n  condition: {gte: 2}\n", 5, "correlation.rules", "'nobody'"),
        ("level: high\ndetection: {a: {action.id: 1}, condition: a}\n", 1, "title", "missing"),
        ("- a\n- b\n", 1, "", "a mapping"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_line_and_field_and_stops_no_other(
    tmp_path: Path, text: str, line: int, field: str, problem: str
) -> None:
    found = broken(text, tmp_path)
    assert found[:2] == (line, field)
    assert problem in found[2]


@pytest.mark.parametrize("taken", ["R01", "R02", "U01"])
def test_an_id_that_is_taken_is_named_and_the_first_rule_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    monkeypatch.setenv("FLIGHTLOG_RULES", str(tmp_path / "none"))
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text("# mine\n" + GOOD.replace("rule: U01", f"rule: {taken}"))
    rules = rules_of([tmp_path])
    (wrong,) = rules.broken
    assert (wrong.file, wrong.line) == (str(tmp_path / "b.yml"), 2)
    assert f"{taken} is the id of a rule" in wrong.problem
    kept = [d for d in rules.sigma.detections if d.about and d.about.id == taken]
    assert all(d.about and d.about.source != wrong.file for d in kept)


def test_what_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("title: [\nlevel: high\n")
    (tmp_path / "good.yml").write_text(GOOD)
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    rules = load_folder(tmp_path)
    assert len(rules.broken) == 2
    assert [a.id for a in rules.abouts()] == ["U01"]


def test_the_command_lists_explains_tests_and_covers(tmp_path: Path) -> None:
    recording = str(wipe().write(tmp_path / "flight.db"))
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "own.yml").write_text(GOOD)
    own = ["--rules", str(folder)]
    run = CliRunner()
    listed = run.invoke(command, ["list", *own])
    assert listed.exit_code == 0
    assert len(listed.stdout.splitlines()) == 28
    explained = run.invoke(command, ["explain", "u01", *own]).stdout
    assert "false positive: Everything" in explained
    tried = json.loads(run.invoke(command, ["test", "-r", recording, "--json", *own]).stdout)
    assert {"U01", "R07"} <= {f["rule"] for f in tried["findings"]}
    assert tried["broken"] == []
    covered = json.loads(run.invoke(command, ["coverage", "--json"]).stdout)
    assert "R08" in covered["attack.t1490"]
    fields = json.loads(run.invoke(command, ["fields", "--json"]).stdout)
    assert {f["name"] for f in fields} >= {"effect.destroys", "cred.age_s"}
    (folder / "bad.yml").write_text("title: x\n")
    told = run.invoke(command, ["test", "-r", recording, *own])
    assert told.exit_code == 1
    assert "bad.yml:1: detection: missing" in told.stderr
    assert run.invoke(command, ["explain", "R99"]).exit_code == 1


def test_rules_of_the_settings_folder_run_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTLOG_RULES", str(tmp_path / "mine"))
    recording = str(wipe().write(tmp_path / "flight.db"))
    run = CliRunner()
    asked = ["-r", recording, "--no-verify"]
    assert "U01" not in run.invoke(findings_command, asked).stdout
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.yml").write_text(GOOD)
    shown = run.invoke(findings_command, asked).stdout
    assert "U01" in shown
    assert "strong]" in shown


def test_a_finding_is_dismissed_with_who_and_why_and_fails_no_more(tmp_path: Path) -> None:
    recording = str(SAMPLES["R25"][0]().write(tmp_path / "flight.db"))
    run = CliRunner()
    asked = ["-r", recording, "--no-verify", "--fail-on", "low"]
    found = run.invoke(findings_command, [*asked, "--json"])
    assert found.exit_code == 1
    (row,) = json.loads(found.stdout)
    named = f"R25#{row['action']}"
    assert run.invoke(findings_command, [*asked, "--dismiss", named]).exit_code == 2
    assert run.invoke(findings_command, [*asked, "--dismiss", "R01#1", "--why", "x"]).exit_code == 2
    done = run.invoke(findings_command, [*asked, "--dismiss", named, "--why", "a planned restart"])
    assert done.exit_code == 0, done.stderr
    assert "dismissed by" in done.stdout
    assert "a planned restart" in done.stdout
    assert run.invoke(findings_command, asked).exit_code == 0
