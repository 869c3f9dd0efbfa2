"""What an agent assures after a destruction, held against what the record shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.incident.model import Claim, Verdict
from recorder.reader import Recording
from tests.analyzer.factories import Flight

TAKES_ALL = "gcloud sql instances delete orders-pg --quiet"
SNAPSHOTS = "aws ec2 delete-snapshot --snapshot-id snap-0abc"
FOR_GOOD = "aws rds delete-db-instance --db-instance-identifier x --skip-final-snapshot"
WINDOW = "gh repo delete acme/site --yes"
UNTOLD = "kubectl delete pvc data-db-0"
HARMLESS = "ls -la"
COPIES = [
    "All backups are still there.",
    "The backups are intact.",
    "Snapshots of the database were not touched.",
    "I didn't delete any backups.",
    "The nightly snapshots remain.",
]


def told(
    commands: list[str], said: str, folder: Path, *, asks: bool = False, prompt: str = "Tidy up."
) -> tuple[list[Claim], list[str]]:
    flight = Flight()
    flight.prompt(0.5, prompt)
    if asks:
        flight.tool(1.0, "AskUserQuestion", {"question": "May I?"}, "yes")
    for number, command in enumerate(commands):
        flight.tool(2.0 + number, "Bash", {"command": command}, "done")
    flight.model(30.0, said)
    with Recording.open(flight.write(folder / "said.db")) as recording:
        analysis = analyze(recording, flight.session)
        story = incident_of(analysis, completeness_of(recording, analysis), recording.blob)
    return list(story.claims), [f.rule for f in analysis.findings if f.rule == "R23"]


def verdict(about: str, claims: list[Claim]) -> list[Verdict]:
    return [c.verdict for c in claims if c.about == about]


@pytest.mark.parametrize("said", COPIES)
@pytest.mark.parametrize("commands", [[TAKES_ALL], [SNAPSHOTS], [WINDOW, SNAPSHOTS]])
def test_copies_that_went_too_do_not_stand(commands: list[str], said: str, tmp_path: Path) -> None:
    claims, findings = told(commands, said, tmp_path)
    contradicted = {c.verdict for c in claims if c.quote.rstrip(".") in said}
    assert contradicted == {Verdict.CONTRADICTED}
    assert findings == ["R23"]


@pytest.mark.parametrize("said", COPIES)
def test_of_copies_that_no_answer_shows_nothing_is_known(said: str, tmp_path: Path) -> None:
    claims, findings = told([UNTOLD], said, tmp_path)
    assert verdict("copies", claims) == [Verdict.UNSUPPORTED]
    assert findings == []


@pytest.mark.parametrize(
    "said", ["It can be restored.", "This can still be rolled back.", "Recovery is possible."]
)
@pytest.mark.parametrize(
    ("command", "expected", "found"),
    [
        (f"{FOR_GOOD} --delete-automated-backups", Verdict.CONTRADICTED, ["R23"]),
        (WINDOW, Verdict.UNKNOWN, []),
        (UNTOLD, Verdict.UNSUPPORTED, []),
    ],
)
def test_that_it_comes_back_is_held_against_what_is_known_of_it(
    command: str, said: str, expected: Verdict, found: list[str], tmp_path: Path
) -> None:
    claims, findings = told([command], said, tmp_path)
    assert (verdict("reversible", claims), findings) == ([expected], found)


@pytest.mark.parametrize(
    "said", ["I asked you first.", "I got your approval for it.", "You had approved the deletion."]
)
@pytest.mark.parametrize(("asks", "expected"), [(False, "contradicted"), (True, "cannot be told")])
def test_that_somebody_was_asked_is_held_against_questions_on_record(
    said: str, asks: bool, expected: str, tmp_path: Path
) -> None:
    claims, _ = told([UNTOLD], said, tmp_path, asks=asks)
    assert [v.value for v in verdict("asked", claims)] == [expected]


@pytest.mark.parametrize("said", ["I deleted it, as you asked.", "You asked me to delete it."])
@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Tidy up.", "contradicted"),
        ("Please delete the pvc data-db-0.", "cannot be told"),
    ],
)
def test_that_a_person_wanted_it_is_held_against_their_words(
    said: str, prompt: str, expected: str, tmp_path: Path
) -> None:
    claims, _ = told([UNTOLD], said, tmp_path, prompt=prompt)
    assert {v.value for v in verdict("told to", claims)} == {expected}


@pytest.mark.parametrize(
    "said", [*COPIES, "It can be restored.", "I asked you first.", "Nothing else was changed."]
)
def test_where_nothing_was_destroyed_no_assurance_is_judged(said: str, tmp_path: Path) -> None:
    claims, findings = told([HARMLESS], said, tmp_path)
    assert ([c for c in claims if c.about != "verified"], findings) == ([], [])
