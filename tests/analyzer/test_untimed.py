"""A transcript without any time: its order tells a story, its import's clock tells nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analyzer.analysis import analyze
from analyzer.frames import actions_frame, sightings_frame
from analyzer.model import Analysis
from analyzer.testimony import Certainty
from recorder.reader import Recording
from tests.command_line import flightlog

REFUSED = "11111111-2222-4333-8444-555555555555"
FOUND = "4f7c2b9e-8a1d-4c3e-9b5f-1a2b3c4d5e6f"
API = "https://backboard.railway.com/graphql/v2"
COMMANDS = (
    ("cat deploy/staging.yml", "service: api"),
    (f"curl -i {API} -H 'Authorization: Bearer {REFUSED}' -d '{{\"query\":\"{{ me {{ id }} }}\"}}'",
     'HTTP/1.1 401 Unauthorized\r\n\r\n{"errors":[{"message":"Not Authorized"}]}'),
    ("grep -rn RAILWAY_TOKEN /srv/other", f"/srv/other/.env:1:RAILWAY_TOKEN={FOUND}"),
    ("cat /srv/other/.env", f"RAILWAY_TOKEN={FOUND}"),
    (f"curl -s {API} -H 'Authorization: Bearer {FOUND}'"
     ' -d \'{"query":"mutation { volumeDelete(volumeId: \\"v1\\") }"}\'',
     '{"data":{"volumeDelete":true}}'),
)  # fmt: skip


def messages() -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = [{"role": "user", "content": "tidy up staging"}]
    for number, (command, output) in enumerate(COMMANDS):
        call = {"name": "bash", "arguments": json.dumps({"command": command})}
        asked = {"id": f"c{number}", "type": "function", "function": call}
        said.append({"role": "assistant", "content": None, "tool_calls": [asked]})
        said.append({"role": "tool", "tool_call_id": f"c{number}", "content": output})
    return said


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untimed")
    source = folder / "messages.json"
    source.write_text(json.dumps(messages()))
    path = folder / "flight.db"
    said("import", "-r", str(path), str(source))
    return path


@pytest.fixture(scope="module")
def analysis(recording: Path) -> Analysis:
    with Recording.open(recording) as source:
        (row,) = source.sessions()
        assert not row.timed
        return analyze(source, row.id)


def said(*arguments: str) -> str:
    done = flightlog(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def asked(recording: Path, command: str) -> Any:
    return json.loads(said(command, "-r", str(recording), "--json", "last"))


def test_what_order_tells_is_found_and_no_length_of_time_is_claimed(analysis: Analysis) -> None:
    found = {finding.rule: finding for finding in analysis.findings}
    assert {"R03", "R06", "R07"} <= found.keys()
    for rule in ("R03", "R06", "R07"):
        assert "a time that nobody recorded" in found[rule].reason
    assert not any(" 0.0 s" in finding.reason for finding in analysis.findings)


def test_faster_than_a_person_reacts_is_not_said_where_nobody_knows_how_fast(
    analysis: Analysis,
) -> None:
    assert "R24" not in {finding.rule for finding in analysis.findings}


def test_what_an_output_tells_of_a_resource_is_inferred(analysis: Analysis) -> None:
    (deletion,) = (a for a in analysis.actions if a.judgement.operation == "railway.volumeDelete"
                   and a.id < 0)  # fmt: skip
    assert deletion.title.startswith("mutation volumeDelete → ok")
    assert {state.certainty for state in deletion.resources} == {Certainty.INFERRED}


def test_frames_hold_no_time_of_the_import(analysis: Analysis) -> None:
    for frame in (actions_frame(analysis), sightings_frame(analysis)):
        assert len(frame)
        assert frame["datetime"].isna().all()
        assert frame["timestamp"].isna().all()
        assert isinstance(frame["timestamp"].dtype, pd.Int64Dtype)
    actions = [abs(number) for number in sightings_frame(analysis)["action"]]
    assert actions == sorted(actions)


def test_documents_for_machines_hold_no_time_of_the_import(recording: Path) -> None:
    credentials = asked(recording, "credentials")
    assert credentials["held_at_ns"] is None
    seen = [s for life in credentials["credentials"] for s in life["sightings"]]
    assert seen
    assert {s["t_ns"] for s in seen} == {None}
    for tried in asked(recording, "controls")["sessions"]:
        for verdict in tried["controls"]:
            assert (verdict["t_ns"], verdict["second"]) == (None, None)


def test_the_tempo_brake_cannot_tell(recording: Path) -> None:
    (tried,) = asked(recording, "controls")["sessions"]
    (tempo,) = (v for v in tried["controls"] if v["control"] == "tempo")
    assert tempo["verdict"] == "cannot tell"
    assert "nobody recorded" in tempo["reason"]
    assert "live" not in tempo["reason"]


def test_the_decisive_seconds_are_put_in_order_alone(recording: Path) -> None:
    told = said("incident", "-r", str(recording), "last")
    assert "--:--.- " in told
    assert "(+0.0 s)" not in told
    assert "(-0.0 s)" not in told


def test_a_replay_claims_no_length_of_time(recording: Path) -> None:
    told = said("replay", "--plain", "-r", str(recording), "last")
    assert re.search(r"^human   #\d+, time unknown  last word or decision", told, re.MULTILINE)
    assert re.findall(r"\b\d+(?:\.\d+)?(?:ms|s|min)\b", told) == []
