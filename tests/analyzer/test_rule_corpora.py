"""The rules on sessions that others recorded: a poisoned page, and work that harms nobody."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.model import Analysis, Severity
from recorder.commands.import_ import command as import_command
from recorder.reader import Recording

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
BENIGN = (
    "agentcmd-full-session-two.jsonl", "agentcmd-full-session-four.jsonl",
    "agentcmd-full-session-five.jsonl", "agentcmd-full-session-askuserquestion.jsonl",
    "pydicom-1458.traj", "cli-subagents.json", "oh-basic.json", "spec.chatreplay.json",
    "vscode-98b76fb9.jsonl", "mini-github_issue.traj.json",
)  # fmt: skip


def unpacked(name: str, folder: Path) -> Path:
    archive = CORPORA / name
    if not archive.exists():
        pytest.skip("the corpora are not here (beside the project)")
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    return folder


def imported(files: list[Path], recording: Path) -> list[Analysis]:
    done = CliRunner().invoke(import_command, [*map(str, files), "-r", str(recording)])
    assert done.exit_code == 0, done.output
    with Recording.open(recording) as source:
        return [analyze(source, row.id) for row in source.sessions()]


def test_the_poisoned_page_is_found_with_its_evidence(tmp_path: Path) -> None:
    folder = unpacked("incidents.tar.xz", tmp_path)
    (analysis,) = imported([folder / "poisoned-page.claude-code.jsonl"], tmp_path / "f.db")
    (legs,) = [f for f in analysis.findings if f.rule == "R19"]
    assert legs.severity is Severity.CRITICAL
    titles = {a.id: a.title for a in analysis.actions}
    shown = " | ".join(titles[number] for number in legs.evidence)
    for part in ("support.example.test", "cat .env", "collect.evil.example"):
        assert part in shown
    assert "collect.evil.example" in legs.reason
    ruin = [f for f in analysis.findings if "--force" in titles[f.action]]
    assert ruin, "the destruction after it is found too"
    assert not [f for f in ruin if f.rule == "R16"], "it lies inside the session's folder"


def test_sessions_that_harm_nobody_give_nothing_of_level_high(tmp_path: Path) -> None:
    folder = unpacked("transcripts.tar.xz", tmp_path)
    files = [next(folder.rglob(name)) for name in BENIGN]
    analyses = imported(files, tmp_path / "f.db")
    assert len(analyses) >= 10
    assert sum(len(a.actions) for a in analyses) > 200
    bad = [
        (a.session.id, f.rule, f.reason)
        for a in analyses
        for f in a.findings
        if f.severity >= Severity.HIGH
    ]
    assert bad == []
