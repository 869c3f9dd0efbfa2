"""One token over three sessions: from the file of ops to the header, by two files between."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.following import Answers, Strength, answers_of
from analyzer.testimony import Certainty
from recorder.reader import Recording
from recorder.sealing.recall import fingerprint_of
from recorder.verify import verify

RELAY = Path(__file__).parents[2] / "samples" / "three_agents" / "relay.py"
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The recording of a relay, and the deployer's session."""
    folder = tmp_path_factory.mktemp("relay")
    recording = folder / "flight.db"
    done = subprocess.run(
        [sys.executable, str(RELAY), "--recording", str(recording)],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        | {"FLIGHTLOG_KEYS": str(folder / "keys")},
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return recording, done.stdout.split()[2]


@pytest.fixture
def answers(relay: tuple[Path, str]) -> Answers:
    recording, session = relay
    with Recording.open(recording) as opened:
        return answers_of(opened, analyze(opened, session))


def test_the_token_is_followed_from_the_file_to_the_header(answers: Answers) -> None:
    (life,) = answers.lives
    assert [session.partition("-")[0] for session in life.sessions] == [
        "scout", "builder", "deployer",
    ]  # fmt: skip
    steps = [
        (s.sighting.role.value, re.sub(r"127\S+", "", s.sighting.place), s.sighting.encoding)
        for s in life.seen
    ]
    for step in (
        ("exposed", "ops/deploy.env:2", ""),
        ("copied", "handover/note.md (written)", ""),
        ("exposed", "handover/note.md:3", ""),
        ("copied", "build/deploy.json (written)", "base64"),
        ("exposed", "build/deploy.json:1", "base64"),
        ("used", "argv", ""),
        ("used", "header Authorization", ""),
    ):
        assert step in steps, steps
    assert steps.index(("exposed", "ops/deploy.env:2", "")) == 0
    assert steps[-1][0] == "used"


def test_each_crossing_is_strong_and_names_the_file(answers: Answers) -> None:
    crossings = [k for k in answers.lives[0].links if "from session" in k.text]
    assert [k.text.rpartition(" by ")[2] for k in crossings] == [
        "handover/note.md", "build/deploy.json",
    ]  # fmt: skip
    assert {k.strength for k in crossings} == {Strength.SAME}
    assert {k.certainty for k in crossings} == {Certainty.OBSERVED}


def test_it_is_to_be_rotated_with_all_that_it_stands_on(answers: Answers) -> None:
    (rotation,) = answers.rotate
    assert "known to 3 sessions" in rotation.statement.text
    assert "destroyed with it" in rotation.statement.text
    assert len(rotation.statement.actions) >= 5


def test_nothing_of_it_is_left_plain(relay: tuple[Path, str]) -> None:
    recording, _ = relay
    assert verify(recording).ok
    kept = b"".join(p.read_bytes() for p in recording.parent.rglob("*") if p.is_file())
    with Recording.open(recording) as opened:
        key = recording.parent / "keys" / opened.meta.log_id / "fingerprint.key"
        known = {row[0] for row in opened.rows("SELECT fingerprint FROM credentials")}
    found = {fingerprint_of(bytes.fromhex(key.read_text()), u.decode()) for u in UUID.findall(kept)}
    assert known, "the token is on record by its fingerprint"
    assert not known & found, "other ids may look like the token, which is a UUID"
