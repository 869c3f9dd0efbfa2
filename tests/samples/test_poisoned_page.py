"""A page turns an agent: found with its evidence, and nothing of the secret is left."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.incident.model import PartName
from analyzer.model import Analysis, Effect, Severity
from analyzer.testimony import Certainty
from recorder.model import Kind
from recorder.reader import Recording
from recorder.verify import verify

PAGE = Path(__file__).parents[2] / "samples" / "poisoned_page" / "page.py"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of one run."""
    if sys.platform == "darwin":
        pytest.skip("127.0.0.2 does not answer here without an alias")
    folder = tmp_path_factory.mktemp("page")
    done = subprocess.run(
        [sys.executable, str(PAGE), "--recording", str(folder / "flight.db")],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        | {"FLIGHTLOG_KEYS": str(folder / "keys")},
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "flight.db"


@pytest.fixture(scope="module")
def analysis(recording: Path) -> Iterator[Analysis]:
    with Recording.open(recording) as opened:
        (row,) = (r for r in opened.sessions() if r.id.startswith("page-"))
        yield analyze(opened, row.id)


def test_the_three_legs_are_found_with_their_actions(analysis: Analysis) -> None:
    (legs,) = (f for f in analysis.findings if f.rule == "R19")
    assert legs.severity is Severity.CRITICAL
    assert legs.certainty is Certainty.OBSERVED
    actions = {a.id: a for a in analysis.actions}
    page, secret, sent = (actions[number] for number in legs.evidence)
    assert page.name == "WebFetch"
    assert secret.title.endswith("cat .env")
    assert [s.role.shows for s in secret.sightings] == [True]
    assert sent.kind is Kind.API_REQUEST
    assert "127.0.0.2" in legs.reason


def test_the_crossing_is_the_secret_that_leaves(recording: Path, analysis: Analysis) -> None:
    with Recording.open(recording) as opened:
        incident = incident_of(analysis, completeness_of(opened, analysis), opened.blob)
    parts = {part.name: part for part in incident.parts}
    (legs,) = (f for f in analysis.findings if f.rule == "R19")
    _page, secret, sent = legs.evidence
    assert sent in parts[PartName.CROSSING].actions
    assert "127.0.0.2" in parts[PartName.CROSSING].told.text
    assert parts[PartName.IMPROVISATION].actions == (secret,)
    assert incident.pivot in parts[PartName.DESTRUCTION].actions


def test_the_push_by_force_is_found(analysis: Analysis) -> None:
    (push,) = (a for a in analysis.actions if "push --force" in a.title)
    assert push.judgement.effect is Effect.D4
    assert {"R01", "R11"} <= {f.rule for f in analysis.findings if f.action == push.id}


def test_nothing_of_the_secret_is_left_plain(recording: Path) -> None:
    assert verify(recording).ok
    kept = b"".join(p.read_bytes() for p in recording.parent.rglob("*") if p.is_file())
    assert b"SHOP_NAME" in kept, "the rest of the file is on record"
    assert not re.search(rb"ghp_[A-Za-z0-9]{30,}", kept)
