"""`flightlog doctor`: real probes, agents as they lie on a machine, and what it says to mend."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from recorder.capture.hook.settings import table
from recorder.capture.otlp.launch import start_receiver
from recorder.checkup import probes
from recorder.checkup.check import Check, Verdict
from recorder.checkup.machine import check_machine
from recorder.checkup.scratch import scratch
from recorder.daemon import Daemon
from recorder.location import named_recording
from tests.command_line import flightlog
from tests.recorder.hook.switched_off import NO_HOOKS, NO_TELEMETRY, SHARED

WAYS = {
    "hook without a recorder (spool)", "hook", "recorder's socket", "OTLP over HTTP",
    "OTLP over gRPC", "proxy, with TLS", "Python SDK", "MCP",
}  # fmt: skip
TITLES = {"claude-code": "Claude Code", "codex": "Codex CLI", "gemini": "Gemini CLI"}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with no agents: a PATH of its own; returns the folder to put programs in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    return folder


def program(folder: Path, name: str) -> None:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def of(said: str, area: str) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in json.loads(said)["checks"] if c["area"] == area}


def test_a_probe_through_every_way_in_is_recorded_and_sealed_and_nothing_stays(
    machine: Path, own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del machine
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = sorted(own_folders.rglob("*"))
    done = flightlog("doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = of(done.stdout, "probe")
    assert set(found) == WAYS
    assert {check["verdict"] for check in found.values()} == {"well"}
    assert sorted(own_folders.rglob("*")) == before
    # Sockets of long paths have a folder of this user's there, which stays.
    assert [path for path in temporary.rglob("*") if not path.is_dir()] == []


def test_a_way_in_that_is_broken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("a text that quotes what was sent")

    monkeypatch.setattr(probes, "_by_grpc", refused)
    with scratch() as ground:
        checks = {check.name: check for check in probes.probe_all(ground)}
    assert checks["OTLP over gRPC"].verdict is Verdict.MEND
    assert checks["OTLP over gRPC"].found == "not recorded (ConnectionRefusedError)"
    assert checks["OTLP over gRPC"].mend
    assert checks["OTLP over HTTP"].verdict is Verdict.WELL


def test_a_secret_that_lies_in_the_clear_is_the_worst_finding() -> None:
    def leave_it_there(probe: Any) -> None:
        (ground.recording.parent / "leak").write_text(probe.secret)

    with scratch() as ground:
        probe = probes._Probe("leaking", leave_it_there, "")
        probes._send(probe)
        check = probes._judge(probe, ground.records(), ground.bytes_at_rest())
    assert check.verdict is Verdict.MEND
    assert "in the clear" in check.found


def test_the_environment_is_as_it_was_after_a_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLIGHTLOG_RECORDING", "mine.db")
    before = dict(os.environ)
    with scratch() as ground:
        assert os.environ["FLIGHTLOG_RECORDING"] == str(ground.recording)
    assert dict(os.environ) == before
    assert not ground.folder.exists()


@pytest.mark.parametrize("agent", ["claude-code", "codex", "gemini"])
def test_an_agent_that_is_here_and_not_wired_is_to_be_mended_by_the_command_it_names(
    agent: str, machine: Path, own_folders: Path, quick: Callable[[], dict[str, Check]]
) -> None:
    del own_folders
    title = TITLES[agent]
    assert title not in quick()
    program(machine, {"claude-code": "claude"}.get(agent, agent))
    check = quick()[title]
    assert check.verdict is Verdict.MEND
    assert "hooks" in check.found
    assert "telemetry" in check.found
    assert check.mend == f"flightlog install {agent}"
    done = flightlog(*check.mend.split()[1:], "--yes")
    assert done.returncode == 0
    check = quick()[title]
    # What Codex's user still has to do, nobody can do for them.
    assert check.verdict is (Verdict.NOTE if agent == "codex" else Verdict.WELL)
    assert str(named_recording("flight")) in check.found
    assert "otlp (to http://127.0.0.1:4318" in check.found


@pytest.fixture
def quick() -> Callable[[], dict[str, Check]]:
    """The agents' part alone, in this process."""
    from recorder.checkup.agents import check_agents

    return lambda: {check.name: check for check in check_agents(Path.home(), Path.cwd())}


def test_hooks_whose_program_is_gone_and_hooks_that_are_not_all_there(
    machine: Path, own_folders: Path, quick: Callable[[], dict[str, Check]]
) -> None:
    program(machine, "cursor-agent")
    assert flightlog("install", "cursor", "--yes").returncode == 0
    assert quick()["Cursor"].verdict is Verdict.WELL
    path = own_folders / ".cursor" / "hooks.json"
    settings = json.loads(path.read_text())
    del settings["hooks"]["preToolUse"]
    path.write_text(json.dumps(settings))
    assert "hooks for preToolUse" in quick()["Cursor"].found
    path.write_text(json.dumps(settings).replace(sys.executable, "/gone/python"))
    assert "the program that its hooks name" in quick()["Cursor"].found


def test_settings_that_cannot_be_read_are_one_line(
    machine: Path, own_folders: Path, quick: Callable[[], dict[str, Check]]
) -> None:
    program(machine, "codex")
    path = own_folders / ".codex" / "config.toml"
    path.parent.mkdir()
    path.write_text("[broken\n")
    check = quick()["Codex CLI"]
    assert check.verdict is Verdict.MEND
    assert f"{path}, line 1" in check.found


def test_codexs_hooks_count_once_their_user_has_trusted_them(
    machine: Path, own_folders: Path, quick: Callable[[], dict[str, Check]]
) -> None:
    program(machine, "codex")
    flightlog("install", "codex", "--yes")
    assert "trusted" in quick()["Codex CLI"].found
    path = own_folders / ".codex" / "config.toml"
    with path.open("a") as file:
        file.write(f'[hooks.state."{path}:pre_tool_use:0:0"]\ntrusted_hash = "sha256:00"\n')
    assert quick()["Codex CLI"].verdict is Verdict.WELL


@pytest.mark.parametrize(
    ("witness", "agent", "file", "content", "setting"),
    [("hook", *row) for row in NO_HOOKS] + [("otlp", *row) for row in NO_TELEMETRY],
)
def test_what_the_user_has_switched_off_is_no_witness_and_named(
    witness: str,
    agent: str,
    file: str,
    content: str,
    setting: str,
    machine: Path,
    own_folders: Path,
    quick: Callable[[], dict[str, Check]],
) -> None:
    del machine
    path = own_folders / file
    path.parent.mkdir()
    path.write_text(content)
    installed = flightlog("install", agent, "--yes")
    assert f"{setting} in {path}" in installed.stderr
    assert (f"{TITLES[agent]} records into" in installed.stderr) == (witness == "otlp")
    assert ("telemetry goes to" in installed.stderr) == (witness == "hook")
    check = quick()[TITLES[agent]]
    assert check.verdict is Verdict.MEND
    assert f"{witness} (" not in check.found
    assert f"{setting} in {path}" in check.mend


@pytest.mark.parametrize(("witness", "agent", "file", "content"), SHARED)
def test_what_a_projects_shared_settings_switch_off_is_no_witness_there(
    witness: str,
    agent: str,
    file: str,
    content: str,
    machine: Path,
    own_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quick: Callable[[], dict[str, Check]],
) -> None:
    del machine, own_folders
    assert flightlog("install", agent, "--yes").returncode == 0
    path = tmp_path / "project" / file
    path.parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project")
    assert f"{witness} (" in quick()[TITLES[agent]].found
    path.write_text(content)
    check = quick()[TITLES[agent]]
    assert check.verdict is Verdict.MEND
    assert f"{witness} (" not in check.found
    assert str(path) in check.mend


@pytest.mark.parametrize(
    ("agent", "folder", "content"),
    [
        ("claude-code", "managed-settings.json", '{"allowManagedHooksOnly": true}'),
        ("claude-code", "managed-settings.json", '{"disableAllHooks": true}'),
        ("gemini", "settings.json", '{"hooksConfig": {"enabled": false}}'),
    ],
)
def test_what_the_machines_own_settings_switch_off_is_no_witness(
    agent: str,
    folder: str,
    content: str,
    machine: Path,
    own_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quick: Callable[[], dict[str, Check]],
) -> None:
    del machine, own_folders
    path = tmp_path / "etc" / folder
    path.parent.mkdir()
    path.write_text(content)
    # The machine's own place is root's; it is read from here.
    monkeypatch.setattr(table, "CLAUDE_OF_MACHINE", path.parent)
    monkeypatch.setenv("GEMINI_CLI_SYSTEM_SETTINGS_PATH", str(path))
    assert flightlog("install", agent, "--yes").returncode == 0
    check = quick()[TITLES[agent]]
    assert check.verdict is Verdict.MEND
    assert "hook (" not in check.found
    assert str(path) in check.mend
    assert flightlog("uninstall", agent, "--yes").returncode == 0
    assert path.read_text() == content


def test_telemetry_that_goes_elsewhere_is_not_said_to_come_here(own_folders: Path) -> None:
    path = own_folders / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example:4318"}}')
    installed = flightlog("install", "claude-code", "--yes")
    assert "your OpenTelemetry stays as it is" in installed.stderr
    assert "telemetry goes to" not in installed.stderr


def test_transcripts_are_a_witness_too(
    machine: Path, own_folders: Path, quick: Callable[[], dict[str, Check]]
) -> None:
    program(machine, "codex")
    (own_folders / ".codex" / "sessions").mkdir(parents=True)
    assert "its own transcripts" in quick()["Codex CLI"].found


def test_an_agent_that_takes_the_address_from_its_environment_is_a_note(
    machine: Path, quick: Callable[[], dict[str, Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(machine, "copilot")
    flightlog("install", "copilot", "--yes")
    check = quick()["Copilot CLI"]
    assert (check.verdict, check.mend) == (Verdict.NOTE, "flightlog run -- copilot")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert quick()["Copilot CLI"].verdict is Verdict.WELL


def test_the_exit_code_and_the_text_say_that_something_is_to_be_mended(machine: Path) -> None:
    program(machine, "claude")
    done = flightlog("doctor")
    assert done.returncode == 1
    assert "✗ Claude Code" in done.stdout
    assert "→ flightlog install claude-code" in done.stdout
    assert done.stdout.rstrip().endswith("to mend")
    assert flightlog("doctor", "--nonsense").returncode == 2


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_sqlite_is_named_with_the_bug_it_may_have(tmp_path: Path) -> None:
    check = named(check_machine(tmp_path / "r.db", []), "SQLite")
    assert sqlite3.sqlite_version in check.found
    mended = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert check.verdict is (Verdict.WELL if mended else Verdict.NOTE)


def test_keys_that_others_can_read_are_to_be_mended(tmp_path: Path, own_folders: Path) -> None:
    recording = tmp_path / "r.db"
    with Daemon.launch(recording):
        checks = check_machine(recording, [])
        assert named(checks, "recorder").verdict is Verdict.WELL
        assert named(checks, "keys").verdict is Verdict.WELL
    key = next((own_folders / "keys").rglob("*.key"))
    key.chmod(0o644)
    checks = check_machine(recording, [])
    assert named(checks, "recorder").verdict is Verdict.NOTE
    broken = named(checks, "keys")
    assert broken.verdict is Verdict.MEND
    subprocess.run(["sh", "-c", broken.mend], check=True)
    assert named(check_machine(recording, []), "keys").verdict is Verdict.WELL


def test_a_key_that_is_damaged_is_named(tmp_path: Path, own_folders: Path) -> None:
    recording = tmp_path / "r.db"
    with Daemon.launch(recording):
        pass
    key = next((own_folders / "keys").rglob("*.key"))
    key.write_bytes(b"")
    broken = named(check_machine(recording, []), "keys")
    assert broken.verdict is Verdict.MEND
    assert str(key) in broken.found


def test_a_file_that_is_no_recording_is_to_be_mended(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(b"no database at all, but text that is long enough " * 50)
    assert named(check_machine(tmp_path / "r.db", []), "recording").verdict is Verdict.MEND


def test_a_receiver_that_nobody_runs_is_to_be_mended(tmp_path: Path) -> None:
    with start_receiver(tmp_path / "r.db") as receiver:
        check = named(check_machine(tmp_path / "r.db", [receiver.http]), "receiver")
        assert check.verdict is Verdict.WELL
    check = named(check_machine(tmp_path / "r.db", [receiver.http]), "receiver")
    assert check.verdict is Verdict.MEND
    assert check.mend == f"flightlog serve --http-port {receiver.http.rsplit(':', 1)[1]}"


def test_another_collector_where_telemetry_goes_is_not_taken_for_our_receiver(
    tmp_path: Path,
) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{other.server_address[1]}"
        check = named(check_machine(tmp_path / "r.db", [address]), "receiver")
    assert check.verdict is Verdict.NOTE
    assert check.found.startswith(f"{address} is no receiver of flightlog's")


def test_the_command_that_mends_a_receiver_is_told_for_this_machine_alone(tmp_path: Path) -> None:
    check = named(check_machine(tmp_path / "r.db", ["http://collector.invalid:4318"]), "receiver")
    assert check.verdict is Verdict.MEND
    assert "flightlog serve" not in check.mend
