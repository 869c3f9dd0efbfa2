"""Third parties' labelled commands: how many of the destructive ones are told, how many falsely."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analyzer.effects import Spoken, is_destructive, judge_text
from analyzer.model import Effect

BESIDE = Path(__file__).parents[4] / "shared" / "corpora"
CASES = Path(os.environ.get("FLIGHTLOG_CORPORA", BESIDE)) / "commands.jsonl"
OWN = Path(__file__).parent / "fresh_cases.jsonl"
SPOKEN = {"cmd": "shell", "powershell": "shell"}


@dataclass
class Score:
    """Counts over labelled cases."""

    destructive: int = 0
    told: int = 0
    harmless: int = 0
    false: int = 0
    taken_for_reads: int = 0
    kills: int = 0
    kills_told: int = 0
    kills_false: int = 0

    @property
    def recall(self) -> float:
        """Destructive cases that are told."""
        return self.told / self.destructive

    def __str__(self) -> str:
        return (
            f"destructive recall {self.recall:.3f} ({self.told}/{self.destructive}), false positives "
            f"{self.false / self.harmless:.4f} ({self.false}/{self.harmless}), missed as reads "
            f"{self.taken_for_reads}; backups go too: recall {self.kills_told / self.kills:.3f}, "
            f"precision {self.kills_told / (self.kills_told + self.kills_false):.3f}"
        )


def score(cases: list[dict[str, Any]]) -> Score:
    found = Score()
    for case in cases:
        if case.get("ambiguous"):
            continue
        spoken = Spoken(SPOKEN.get(case["lang"], case["lang"]))
        judgement = judge_text(spoken, case["command"])
        told, takes = is_destructive(judgement), bool(judgement.same_domain)
        if case["destructive"]:
            found.destructive += 1
            found.told += bool(told)
            found.taken_for_reads += judgement.effect is Effect.READ
        else:
            found.harmless += 1
            found.false += bool(told)
        if case["kills_backups"]:
            found.kills += 1
            found.kills_told += takes
        else:
            found.kills_false += takes
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def test_third_parties_commands(capsys: pytest.CaptureFixture[str]) -> None:
    if not CASES.exists():
        pytest.skip("the corpora are not here (shared/corpora beside the project)")
    found = score(lines(CASES))
    with capsys.disabled():
        sys.stdout.write(f"\n  corpus: {found}\n")
    assert found.recall >= 0.95
    assert found.false / found.harmless <= 0.02
    assert found.taken_for_reads / found.destructive <= 0.005
    assert found.kills_told / found.kills >= 0.9
    assert found.kills_told / (found.kills_told + found.kills_false) >= 0.95


def test_fresh_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """Cases written beside the corpus, in sets; each was measured before what it showed was mended.

    First looks: 0.86, 0.93, 0.964 (of 447), 0.848 (of 192, in directions not looked at
    before), 0.795 (of 251, programs that few know), 0.948 (of 110, Windows and
    recovery), 0.875 (of 143, wrappers and recipes), 0.860 (of 85,
    scripts and escapes), 0.989 (of 105, the everyday ones). Then, with destructive recall and false
    positives: 0.943 and 0 (of 138, operations of clusters, plans and forges), 0.778 and 0 (of 253,
    options of programs as manuals have them), 0.920 and 0 (of 204, recovery copies: 0.842 of those
    that go, 0.991 right), 0.758 and 0.019 (of 180, requests of APIs), 0.810 and 0 (of 219, SQL
    and its clients), 0.849 and 0.036 (of 270, one line each, Windows too). A second round: 0.838 and 0.040 (of 298,
    the subjects of guards' packs), 0.959 and 0.013 (of 347, recovery copies: 0.858 of those that go,
    0.995 right), 0.839 and 0.019 (of 410, options as manuals have them), 0.773 and 0.066 (of 261, requests
    of other vendors' APIs), 0.764 and 0.020 (of 248, scripts and programs), 0.933 and 0 (of 242,
    clouds' and forges' command lines), 0.809 and 0 (of 164, attack techniques),
    0.837 and 0 (of 285, a mixture, most programs not seen before), 0.958 and 0 (of 263, recovery
    copies: 0.895 of those that go, 0.994 right), 0.758 and 0.016 (of 245, programs with options of
    their own once more), 1.000 and 0 (of 244, in the proportions of the corpus). A third
    round, with the debatable ones counted as they were written: 0.960 and 0.019 (of 579, command lines
    of clouds, platforms, stores and migrations, Windows, evasions: 0.932 of the recovery copies that go,
    0.873 right), 0.839 and 0 (of 389, programs of hosts as manuals have them), 0.858 and 0.046 (of 353,
    SQL of many dialects, GraphQL, other vendors' APIs: 0.712 of the copies, 0.945 right), 0.909 and 0
    (of 361, manuals, guards' packs, techniques), 0.899 and 0.012 (of 461, recovery copies, SQL and APIs
    once more: 0.837 of the copies, 0.988 right), 0.870 and 0 (of 260, programs given inline, evasions and
    what looks alike), 0.862 and 0 (of 301, manuals of programs that few know, vendors' APIs, dialects), 0.927
    and 0 (of 227, in the proportions of the corpus: all of the copies), 0.955 and 0.098 (of 152, SQL, GraphQL and requests as the corpus has
    them: all of the copies, 0.970 right), 0 of 196 that agents run daily, 0.977 (of 131
    that end recovery copies: 0.901 of the copies, all right), 0.944 and 0 (of 94, once more in the
    corpus' proportions: all of the copies). A fourth round, once more in its proportions: 0.980 and 0
    (of 217: all of the copies), 0.970 and 0 (of 213: all of the copies, 0.867 right), 0.916 and 0.009
    (of 217, the programs among them rare: 0.882 of the copies, all right), 0.982 and 0.020
    (of 164, other vendors' APIs, schemas and dialects: all of the copies), 0.903 and 0 (of 202, rare programs
    and what they show), 0.852 and 0 (of 257, what guards' packs stop of clusters, plans, disks and forges: a
    third of what is missed waits for a plan or can be started again), 0.985 and 0 (of 204, recovery
    copies: 0.984 of those that go, all right), 0.869 and 0 (of 105, attack techniques), 0.937 and 0 (of 161, rare programs once more). Of whole vocabularies, labelled by their own
    descriptions: 0.990 and 0.002 (gcloud's 4,621 commands), 0.990 and 0.001 (AWS's 20,027
    operations), 0.958 and 0.007 (5,679 of Azure's), 0.914 and 0.006 (subcommands of 660 programs, by the
    completions that editors bring).
    """
    found = score(lines(OWN))
    with capsys.disabled():
        sys.stdout.write(f"\n  fresh: {found}\n")
    assert found.recall >= 0.95
    assert found.false / found.harmless <= 0.02
    assert found.kills_told / found.kills >= 0.9
    assert found.taken_for_reads == 0
