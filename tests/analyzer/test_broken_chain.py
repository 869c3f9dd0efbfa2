"""R25 where verification shows that records are not as they were written."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.chain import chain_of
from analyzer.commands.findings import command as findings_command
from analyzer.commands.incident import command as incident_command
from analyzer.commands.report import command as report_command
from analyzer.model import Analysis, Severity
from analyzer.rules.broken_chain import with_broken_chain
from analyzer.testimony import Certainty
from recorder.reader import Recording
from tests.analyzer.rule_samples import SAMPLES


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return SAMPLES["R03"][0]().write(tmp_path / "flight.db")


def changed(recording: Path, sql: str) -> Path:
    with sqlite3.connect(recording) as database:
        database.execute(sql)
    database.close()
    return recording


ONE_BYTE = (
    "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'volumeDelete', 'volumeDelets') "
    "AS BLOB) WHERE seq = (SELECT min(seq) FROM records WHERE instr(CAST(body AS TEXT), "
    "'volumeDelete'))"
)


def analysis_of(recording: Path) -> Analysis:
    with Recording.open(recording) as source:
        (row,) = source.sessions()
        analysis = analyze(source, row.id)
    return with_broken_chain(analysis, chain_of(recording))


def test_a_changed_record_is_found_at_its_action(recording: Path) -> None:
    analysis = analysis_of(changed(recording, ONE_BYTE))
    (found,) = (f for f in analysis.findings if f.rule == "R25")
    (action,) = (a for a in analysis.actions if a.id == found.action)
    assert "volumeDelet" in f"{action.title} {action.attributes}"
    assert found.severity is Severity.HIGH
    assert found.certainty is Certainty.OBSERVED
    assert f"record {min(action.records)}" in found.reason


def test_a_record_that_was_taken_out_is_found_in_the_session(recording: Path) -> None:
    analysis = analysis_of(changed(recording, "DELETE FROM records WHERE seq = 6"))
    found = [f for f in analysis.findings if f.rule == "R25"]
    assert found
    assert "6" in found[0].reason


def test_an_intact_recording_has_no_such_finding(recording: Path) -> None:
    assert not [f for f in analysis_of(recording).findings if f.rule == "R25"]


def test_each_command_that_verifies_tells_it(recording: Path) -> None:
    changed(recording, ONE_BYTE)
    run, asked = CliRunner(), ["-r", str(recording)]
    listed = json.loads(run.invoke(findings_command, [*asked, "--json"]).stdout)
    assert "R25" in {row["rule"] for row in listed}
    unverified = json.loads(run.invoke(findings_command, [*asked, "--json", "--no-verify"]).stdout)
    assert "R25" not in {row["rule"] for row in unverified}
    assert run.invoke(findings_command, [*asked, "--fail-on", "high"]).exit_code == 1
    assert "The record is not as it was written" in run.invoke(report_command, asked).stdout
    assert run.invoke(incident_command, asked).exit_code == 0
