"""The main job, whole: a real agent wipes a real volume, and all but its secrets is on record."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from analyzer.analysis import analyze
from analyzer.model import Action, Analysis, Effect, Outcome
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from recorder.daemon import Daemon
from recorder.location import DEFAULT_NAME, DEMO_NAME, named_recording, socket_path
from recorder.model import Kind, Role, StoredRecord, Witness
from recorder.reader import Recording
from recorder.verify import verify
from tui.reenactment import ReenactmentError, Wipe, reenact

SPEED = 9.0
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Told:
    """What the re-enactment was seen to do while it ran."""

    tokens: dict[str, str] = field(default_factory=dict)
    live_bytes: dict[str, bytes] = field(default_factory=dict)
    """Everything that lay beside the recording at some moment, by file name and moment."""


def flightlog(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from tui.cli import main; main()", *arguments],
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def tokens_in(scratch: Path) -> dict[str, str]:
    """Return the agent's two tokens, read from its own files while it works."""
    (project,) = scratch.glob("flightlog-demo-*/workspace/services/api/.env.staging")
    (account,) = scratch.glob("flightlog-demo-*/workspace/scripts/domains/domains.env")
    return {
        "project": re.findall(r"^RAILWAY_TOKEN=(\S+)", project.read_text(), re.MULTILINE)[0],
        "account": re.findall(r"^RAILWAY_API_TOKEN=(\S+)", account.read_text(), re.MULTILINE)[0],
    }


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


def analysis_of(recording: Path, session: str) -> Analysis:
    with Recording.open(recording) as reader:
        return analyze(reader, session)


def records_of(recording: Path) -> list[StoredRecord]:
    with Recording.open(recording) as reader:
        return list(reader.records())


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


def test_a_killed_agent_leaves_its_call_in_flight_in_the_recording(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"

    def kill_in_mid_call(line: str) -> None:
        if "delete" not in line or "+" not in line:
            return
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            sent = [
                r
                for r in records_of(recording)
                if r.kind is Kind.API_REQUEST and "volumeDelete" in str(r.attributes)
            ]
            if sent:
                break
            time.sleep(0.02)
        (agent,) = [
            child
            for child in psutil.Process().children(recursive=True)
            if any(part.endswith("agent.py") for part in child.cmdline())
        ]
        agent.send_signal(signal.SIGKILL)

    with pytest.raises(ReenactmentError, match="did not run to its end") as told:
        reenact(recording, speed=3.0, say=kill_in_mid_call)
    assert str(recording) in str(told.value)
    assert verify(recording).ok
    with Recording.open(recording) as reader:
        (row,) = reader.sessions()
    assert not row.ended
    analysis = analysis_of(recording, row.id)
    open_calls = [a for a in analysis.actions if a.outcome is Outcome.OPEN]
    assert "volumeDelete" in [a for a in open_calls if a.kind is Kind.TOOL_CALL][-1].title
    # What was sent may have been done: neither failed nor harmless because nobody heard the answer.
    (sent,) = [
        a
        for a in analysis.actions
        if a.kind is Kind.API_REQUEST and a.judgement.operation == "railway.volumeDelete"
    ]
    assert sent.outcome in {Outcome.OPEN, Outcome.NO_RESULT}
    assert {"R07", "R08"} <= {f.rule for f in analysis.findings if f.action == sent.id}
    states = {r.type: r.state for r in StateIndex(analysis).at(analysis.end_ns).resources}
    assert states["volume"] == states["backups"] == "unknown"
    report = flightlog("report", "-r", str(recording), "--format", "md").stdout
    assert "volumeDelete (D1)" in report
    assert "failed" not in report.split("volumeDelete (D1)")[1].splitlines()[0]
    text = flightlog("replay", "last", "--plain", "-r", str(recording)).stdout
    assert "open" in text


def test_the_demo_opens_the_replay_in_a_real_terminal_at_any_usual_size(
    tmp_path: Path, tmux: Callable[..., str]
) -> None:
    recording = tmp_path / "flight.db"
    program = shlex.join([sys.executable, "-c", "from tui.cli import main; main()"])
    command = f"{program} demo --fast -r {recording}; echo ended with $?; exec cat"
    tmux("new-session", "-d", "-s", "t", "-x", "120", "-y", "36", command)

    def until(*words: str) -> str:
        deadline = time.monotonic() + 60
        while True:
            screen = tmux("capture-pane", "-p", "-t", "t")
            if all(word in screen for word in words):
                return screen
            assert time.monotonic() < deadline, f"{words} did not appear in:\n{screen}"
            time.sleep(0.05)

    until("Replay ›", "RE-ENACTMENT", "chain ok", "findings C2")
    tmux("send-keys", "-t", "t", "e")
    until("Read scripts/domains/domains.env", "M R21 Hunting for secrets")
    tmux("send-keys", "-t", "t", "e")
    decisive = until("mutation volumeDelete", "C R07 Refused, then destroyed")
    assert "railway-api-token" in decisive
    assert "scripts/domains/domains.env" in decisive
    tmux("send-keys", "-t", "t", "G")
    until("DELETED", "GONE")
    tmux("resize-window", "-t", "t", "-x", "80", "-y", "24")
    until("Replay ›", "q Back")
    tmux("send-keys", "-t", "t", "F")
    until("R07", "R08")
    tmux("send-keys", "-t", "t", "q", "q", "q")
    until("ended with 0")


def test_the_tail_shows_a_call_while_it_is_still_running(tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    main = [sys.executable, "-c", "from tui.cli import main; main()"]
    with subprocess.Popen(
        [*main, "demo", "--no-tui", "--fast", "-r", str(recording)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as demo:
        deadline = time.monotonic() + 30
        while not recording.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with subprocess.Popen(
            [*main, "tail", "--json", "-r", str(recording)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as tail:
            seen = []
            demo_done = False
            for line in tail.stdout or ():
                event = json.loads(line)
                seen.append(event)
                if "session" in str(event.get("name")) and event["event"] == "ended":
                    break
            demo_done = demo.wait(60) == 0
            tail.send_signal(signal.SIGINT)
            assert tail.wait(20) == 0
    assert demo_done
    calls = [e for e in seen if "volumeDelete" in json.dumps(e) and e.get("kind") == "tool_call"]
    assert [e["event"] for e in calls] == ["started", "ended"]
    assert {e["rule"] for e in seen if e["event"] == "finding"} >= {"R07", "R08"}


def test_the_hints_at_the_end_open_this_recording_whatever_else_there_is(
    own_folders: Path,
) -> None:
    named_recording(DEFAULT_NAME).parent.mkdir(parents=True)
    Daemon.launch(named_recording(DEFAULT_NAME)).stop()
    done = flightlog("demo", "--fast", "--no-tui")
    assert done.returncode == 0
    (hint,) = [line for line in done.stderr.splitlines() if line.startswith("next ")]
    (session,) = [line.split()[1] for line in done.stderr.splitlines() if "session  " in line]
    replay, report, check = [part.split()[1:] for part in hint.removeprefix("next").split("|")]
    assert session in flightlog(*replay).stdout
    page = own_folders / "wipe.html"
    assert flightlog(*[str(page) if part == page.name else part for part in report]).returncode == 0
    assert session in page.read_text()
    assert str(named_recording(DEMO_NAME)) in flightlog(*check).stdout


def processes_of(recording: Path, scratch: Path) -> list[psutil.Process]:
    """Return what still runs for a demo: its children name the recording or the scratch folder."""

    def texts(process: psutil.Process) -> str:
        about = process.info
        return " ".join([*(about["cmdline"] or ()), *(about["environ"] or {}).values()])

    running = psutil.process_iter(["cmdline", "environ"])
    return [p for p in running if str(recording) in texts(p) or str(scratch) in texts(p)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_however_the_demo_ends_its_children_and_the_tokens_are_gone(
    tmp_path: Path, number: signal.Signals
) -> None:
    recording, scratch = tmp_path / "flight.db", tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()",
         "demo", "--no-tui", "-r", str(recording)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:  # fmt: skip
        assert demo.stderr
        for line in demo.stderr:
            if "+" in line:
                break
        assert tokens_in(scratch)
        demo.send_signal(number)
        said = demo.stderr.read()
        demo.wait(60)
    deadline = time.monotonic() + 60
    while (left := processes_of(recording, scratch)) or any(scratch.iterdir()):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert verify(recording).ok
    if number is signal.SIGKILL:
        return
    assert demo.returncode == 128 + number
    assert f"interrupted; what was recorded until then is in {recording}" in said


def test_the_demo_says_in_one_line_what_it_lacks(tmp_path: Path) -> None:
    done = flightlog("demo", "--fast", "--no-tui", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "install curl" in done.stderr
    letter = tmp_path / "letter.db"
    letter.write_text("somebody's letter " * 20)
    done = flightlog("demo", "--fast", "--no-tui", "-r", str(letter))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert done.stderr.splitlines()[0].startswith("Error: "), "it began before it looked"
    assert letter.read_text().startswith("somebody's")


def test_a_place_that_cannot_be_written_is_named_rightly(tmp_path: Path) -> None:
    keys, blocking = tmp_path / "keys", tmp_path / "file"
    keys.write_text("no folder")
    done = flightlog("demo", "--no-tui", "-r", str(tmp_path / "x.db"), FLIGHTLOG_KEYS=str(keys))
    assert done.returncode == 2
    assert f"keys in {keys}" in done.stderr.splitlines()[-1]
    blocking.write_text("no folder")
    done = flightlog("demo", "--no-tui", "-r", str(blocking / "x.db"))
    assert done.returncode == 2
    assert f"{blocking} is a file, not a folder" in done.stderr.splitlines()[-1]
    assert "File exists" not in done.stderr


@pytest.mark.parametrize("option", ["--cloud-port", "--proxy-port"])
def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = flightlog("demo", "--no-tui", "-r", str(tmp_path / "flight.db"), option, port)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        done.stderr.splitlines()[-1]
    ]
    assert port in done.stderr
    assert "in use" in done.stderr


def test_nothing_of_the_demo_is_left_running_or_lying_about(
    wiped: tuple[Path, Wipe, Told],
) -> None:
    recording, _, _ = wiped
    assert not socket_path(recording).exists()
    names = {p.name.removeprefix(recording.name) for p in recording.parent.iterdir()}
    assert names <= {"", ".recorder", "-wal", "-shm", "keys"}
