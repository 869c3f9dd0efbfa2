"""The main job, whole: a real agent wipes a real volume, and all but its secrets is on record."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analyzer.model import Action, Analysis, Effect, Outcome
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from recorder.location import socket_path
from recorder.model import Kind, Role, Witness
from recorder.reader import Recording
from tests.command_line import flightlog
from tests.demo.seen import analysis_of, records_of, tokens_in
from tui.reenactment import Wipe, reenact

SPEED = 9.0
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Told:
    """What the re-enactment was seen to do while it ran."""

    tokens: dict[str, str] = field(default_factory=dict)
    live_bytes: dict[str, bytes] = field(default_factory=dict)
    """Everything that lay beside the recording at some moment, by file name and moment."""


@pytest.fixture(scope="module")
def wiped(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, Wipe, Told]]:
    """Run the incident once for the tests of this module that only look at what it left."""
    folder = tmp_path_factory.mktemp("wipe")
    scratch = tmp_path_factory.mktemp("scratch")
    told = Told()
    recording = folder / "flight.db"

    def say(line: str) -> None:
        if "+" in line:
            told.tokens = told.tokens or tokens_in(scratch)
            for path in [p for p in folder.rglob("*") if p.is_file()]:
                told.live_bytes[f"{path.name} at {line}"] = path.read_bytes()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        patch.setattr("tempfile.tempdir", str(scratch))
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        wipe = reenact(recording, speed=SPEED, say=say)
        assert list(scratch.iterdir()) == [], "the scratch folder with the tokens is still there"
        yield recording, wipe, told


def deletion(analysis: Analysis) -> Action:
    (found,) = [a for a in analysis.actions if a.judgement.operation == "railway.volumeDelete"
                and a.kind is Kind.API_REQUEST]  # fmt: skip
    return found


def test_the_database_and_its_backups_are_gone_from_disk(wiped: tuple[Path, Wipe, Told]) -> None:
    _, wipe, _ = wiped
    assert wipe.backups >= 1
    assert wipe.volume_is_gone


def test_two_witnesses_tell_of_each_request_and_each_stands_in_the_call_that_made_it(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    analysis = analysis_of(recording, wipe.session)
    by_id = {action.id: action for action in analysis.actions}
    requests = [a for a in analysis.actions if a.kind is Kind.API_REQUEST]
    assert len(requests) >= 5
    for request in requests:
        assert request.witnesses == (Witness.PROXY,)
        assert request.join is not None
        assert (request.join.basis, request.join.certainty) == (
            "trace context",
            Certainty.OBSERVED,
        )
        call = by_id[request.join.parent]
        assert (call.kind, call.name) == (Kind.TOOL_CALL, "Bash")
        assert "curl" in call.title
        assert call.end_ns is not None
        assert request.end_ns is not None
        assert call.start_ns <= request.start_ns <= request.end_ns <= call.end_ns


def test_a_deletion_is_on_record_before_it_is_sent_and_its_answer_after(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    action = deletion(analysis_of(recording, wipe.session))
    start, end = action.records[0], action.records[-1]
    assert start < end
    assert action.outcome is Outcome.OK
    assert (action.judgement.effect, action.judgement.same_domain) in {
        (Effect.D1, True),
        (Effect.D3, True),
    }
    assert action.judgement.target_id == wipe.volume


def test_the_token_is_followed_from_the_unrelated_file_to_the_deletion(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    analysis = analysis_of(recording, wipe.session)
    action = deletion(analysis)
    used = {s.fingerprint for s in action.sightings if s.role is Role.USED}
    assert len(used) == 1
    (credential,) = [c for c in analysis.credentials if c.fingerprint in used]
    assert credential.first.file.endswith("scripts/domains/domains.env")
    assert credential.first.role is Role.EXPOSED
    assert credential.first.t_ns < action.start_ns
    assert action.id in [s.action for s in credential.uses]


def test_both_tokens_are_followed_from_file_to_header_by_the_command(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, told = wiped
    done = flightlog("credentials", wipe.session, "-r", str(recording), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    by_scope = {c["scope"]["value"]: c for c in document["credentials"]}
    ways = {
        "project": ("services/api/.env.staging", "header Project-Access-Token"),
        "account or workspace": ("scripts/domains/domains.env", "header Authorization"),
    }
    for scope, (file, header) in ways.items():
        sightings = by_scope[scope]["sightings"]
        first = sightings[0]
        assert (first["role"], first["file"], first["witness"]) == ("exposed", file, "sdk")
        uses = [s for s in sightings if (s["role"], s["place"]) == ("used", header)]
        assert {s["witness"] for s in uses} == {"proxy"}
        assert all(s["t_ns"] > first["t_ns"] and s["host"] for s in uses)
        assert all(step["strength"] == "same fingerprint" for step in by_scope[scope]["links"])
    account = by_scope["account or workspace"]["fingerprint"]
    assert [s["fingerprint"] for s in document["outside_task"]] == [account]
    assert document["rotate"][0]["fingerprint"] == account, "what destroyed is rotated first"
    assert not any(token in done.stdout for token in told.tokens.values())


def test_the_core_signature_is_found_and_stands_on_the_recorded_actions(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    analysis = analysis_of(recording, wipe.session)
    found = {f.rule: f for f in analysis.findings}
    assert {"R03", "R06", "R07", "R08"} <= set(found)
    signature = found["R07"]
    by_id = {action.id: action for action in analysis.actions}
    evidence = [by_id[number] for number in signature.evidence]
    assert any(a.outcome is Outcome.REFUSED for a in evidence)
    assert deletion(analysis).id in signature.evidence


def test_the_state_at_each_second_tells_what_is_alive_and_in_hand(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    analysis = analysis_of(recording, wipe.session)
    index = StateIndex(analysis)
    action = deletion(analysis)

    def states(t_ns: int) -> dict[str, str]:
        return {r.type: r.state for r in index.at(t_ns).resources if wipe.volume in r.id}

    assert states(action.start_ns)["volume"] == "alive"
    assert states(action.end_ns or 0)["volume"] == "deleted"
    assert states(action.end_ns or 0)["backups"] == "gone"
    assert len(index.at(action.start_ns).credentials) == 2
    assert len(index.at(analysis.start_ns).credentials) == 0


def test_what_nobody_published_is_marked_in_the_recording_itself(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, wipe, _ = wiped
    analysis = analysis_of(recording, wipe.session)
    assert "re-enactment" in analysis.reconstructed
    marked = [r for r in records_of(recording) if "flightlog.reconstructed" in r.attributes]
    assert {Kind.PROMPT, Kind.TOOL_CALL, Kind.MODEL_CALL, Kind.LIFECYCLE} <= {
        r.kind for r in marked
    }


def encodings(token: str) -> list[bytes]:
    raw = token.encode()
    return [
        raw,
        raw.upper(),
        raw.replace(b"-", b""),
        raw.hex().encode(),
        base64.b64encode(raw)[:40],
        raw[::-1],
        raw[:18],
    ]


def test_no_byte_that_was_written_holds_a_token(wiped: tuple[Path, Wipe, Told]) -> None:
    recording, _, told = wiped
    assert {UUID.fullmatch(token) is not None for token in told.tokens.values()} == {True}
    assert any("-wal at" in name for name in told.live_bytes)
    written = dict(told.live_bytes)
    written.update({p.name: p.read_bytes() for p in recording.parent.rglob("*") if p.is_file()})
    for style in ("md", "html", "json"):
        done = flightlog("report", "-r", str(recording), "--format", style)
        assert done.returncode == 0, done.stderr
        written[f"report {style}"] = (done.stdout + done.stderr).encode()
    for arguments in (
        ["sessions", "--json"],
        ["findings", "--json"],
        ["replay", "last", "--plain"],
    ):
        done = flightlog(*arguments, "-r", str(recording))
        written[" ".join(arguments)] = (done.stdout + done.stderr).encode()
    with Recording.open(recording) as reader:
        for (digest,) in reader.rows("SELECT digest FROM blobs"):
            assert isinstance(digest, bytes)
            written[f"blob {digest.hex()}"] = reader.blob(digest.hex()) or b""
    for name, content in written.items():
        for which, token in told.tokens.items():
            for encoded in encodings(token):
                assert encoded not in content, f"the {which} token is in {name}"
    everything = b"".join(written.values())
    assert "⟦railway-api-token:".encode() in everything


def test_the_recording_verifies_and_one_changed_byte_names_the_record(
    wiped: tuple[Path, Wipe, Told], tmp_path: Path
) -> None:
    recording, wipe, _ = wiped
    done = flightlog("verify", str(recording))
    assert done.returncode == 0, done.stdout
    number = deletion(analysis_of(recording, wipe.session)).id
    copy = tmp_path / "copy.db"
    with Recording.open(recording) as reader:
        (body,) = reader.rows("SELECT body FROM records WHERE seq = ?", (number,))[0]
    assert isinstance(body, bytes)
    content = recording.read_bytes()
    # One byte of the volume's id, in the file itself.
    position = body.index(wipe.volume.encode())
    at = content.find(body[position - 40 : position + 40]) + 40
    assert at > 40
    changed = bytearray(content)
    changed[at] ^= 1
    copy.write_bytes(changed)
    done = flightlog("verify", str(copy), "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert not report["ok"]
    assert number in [problem["seq"] for problem in report["problems"]]


def test_reports_are_whole_and_say_how_each_thing_is_known(
    wiped: tuple[Path, Wipe, Told], tmp_path: Path
) -> None:
    recording, wipe, _ = wiped
    out = tmp_path / "wipe.html"
    done = flightlog("report", "-r", str(recording), "--format", "html", "--output", str(out))
    assert done.returncode == 0, done.stderr
    page = out.read_text()
    assert "volumeDelete" in page
    assert all(word in page for word in ("observed", "inferred", "reconstructed", "R07"))
    document = json.loads(flightlog("report", "-r", str(recording), "--format", "json").stdout)
    assert wipe.session in json.dumps(document)
    text = flightlog("report", "-r", str(recording), "--format", "md").stdout
    assert "scripts/domains/domains.env" in text


def test_nothing_of_the_demo_is_left_running_or_lying_about(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, _, _ = wiped
    assert not socket_path(recording).exists()
    names = {p.name.removeprefix(recording.name) for p in recording.parent.iterdir()}
    assert names <= {"", ".recorder", "-wal", "-shm", "keys"}
