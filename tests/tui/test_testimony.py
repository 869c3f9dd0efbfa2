"""The detail body tells who said what of an action, and what of it cannot all be true."""

from __future__ import annotations

import json
from pathlib import Path

from analyzer.analysis import analyze
from analyzer.state import StateIndex
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from tests.analyzer.test_joining import SESSION, told
from tests.recorder.factories import write
from tui.body import action_lines
from tui.glyphs import UNICODE
from tui.scene import Scene


def body(tmp_path: Path, *records: Record) -> str:
    path = write(tmp_path / "flight.db", records)
    with Recording.open(path) as recording:
        analysis = analyze(recording, SESSION)
    scene = Scene.of(analysis, StateIndex(analysis))
    lines = action_lines(scene, 0, UNICODE)
    return "\n".join("".join(piece.text for piece in line) for line in lines)


def test_a_contradiction_stands_first_and_names_its_records(tmp_path: Path) -> None:
    text = body(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(Witness.HOOK, Phase.END, 2, status=Status.OK),
        told(Witness.OTLP, Phase.WHOLE, 1, process__exit__code=1),
    )
    assert text.splitlines()[1] == (
        "contradiction, exit code: success (hook, record 2), but exit code 1 (otlp, record 3)"
    )
    assert "came back: yes  exit code: 1  error in the answer: none seen" in text
    assert "record 2 hook: " in text
    assert "record 3 speaks of this action  by call id, observed" in text


def test_a_denied_call_says_by_what_label_and_whether_a_person_was_there(tmp_path: Path) -> None:
    text = body(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1),
        told(
            Witness.OTLP, Phase.POINT, 1.5, kind=Kind.APPROVAL, name="denied",
            flightlog__approval__decision="denied", flightlog__approval__by="config",
        ),
    )  # fmt: skip
    assert "permission denied by config  record 2; a person: absent  a rule decided" in text


def test_a_call_that_nobody_told_the_end_of_says_so(tmp_path: Path) -> None:
    text = body(
        tmp_path,
        told(Witness.HOOK, Phase.START, 1, arguments=json.dumps({"command": "x"})),
        told(Witness.HOOK, Phase.POINT, 3, kind=Kind.LIFECYCLE, name="Stop", call_id=""),
    )
    assert "no result recorded" in text.splitlines()[1]
    assert "open" not in text.splitlines()[0]
