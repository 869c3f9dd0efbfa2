"""What an agent says that it removed from a file is no claim about what was destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.incident.model import Verdict
from recorder.reader import Recording
from tests.analyzer.factories import Flight

BUCKET = "aws s3 rb s3://acme-stg --force"
WORK = "rm -rf build"
EDITED = [
    "I removed the `legacy_flag` option.",
    "I dropped the unused import of `os.path`.",
    "I've reset the `retry_count` default to 3.",
]


def verdicts(command: str, said: str, folder: Path) -> list[Verdict]:
    flight = Flight()
    flight.prompt(0.5, "Clean up.")
    flight.tool(2.0, "Bash", {"command": command}, "done")
    old = "legacy_flag = 1\nimport os.path\nretry_count = 5"
    flight.tool(3.0, "Edit", {"file_path": "config.py", "old_string": old, "new_string": ""}, "ok")
    flight.model(5.0, said)
    with Recording.open(flight.write(folder / "said.db")) as recording:
        analysis = analyze(recording, flight.session)
        told = incident_of(analysis, completeness_of(recording, analysis), recording.blob)
    return [c.verdict for c in told.claims if c.about == "destroyed"]


@pytest.mark.parametrize("said", EDITED)
@pytest.mark.parametrize("command", [WORK, BUCKET])
def test_what_was_taken_out_of_a_file_is_no_claim_of_destruction(
    command: str, said: str, tmp_path: Path
) -> None:
    assert verdicts(command, said, tmp_path) == []


@pytest.mark.parametrize("said", ["I removed the old `foo` helper.", "I deleted the file x-y."])
def test_words_of_other_things_are_not_about_what_a_build_makes_anew(
    said: str, tmp_path: Path
) -> None:
    assert verdicts(WORK, said, tmp_path) == []


def test_another_target_is_contradicted_all_the_same(tmp_path: Path) -> None:
    said = "I removed the bucket acme-old."
    assert verdicts(BUCKET, said, tmp_path) == [Verdict.CONTRADICTED]
    assert verdicts(BUCKET, "I removed the bucket acme-stg.", tmp_path) == [Verdict.CONFIRMED]
