"""`flightlog drill`: through hooks as install wrote them, and through hooks that are broken."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analyzer.drill import score
from analyzer.drill.dialects import DIALECTS
from analyzer.drill.incident import Played
from recorder.capture.hook.settings.table import SETTINGS
from recorder.capture.otlp.launch import start_receiver
from recorder.checkup.check import Verdict
from recorder.checkup.scratch import scratch
from tests.command_line import flightlog

AGENTS = list(SETTINGS)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `flightlog serve` would be on the user's machine."""
    folder = tmp_path_factory.mktemp("serve")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        with start_receiver(folder / "users.db") as receiver:
            yield receiver.http


def scores(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {c["name"].split(": ")[1]: c for c in json.loads(done.stdout)["checks"]}


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_agent_that_can_be_wired_has_its_dialect() -> None:
    assert set(DIALECTS) == set(SETTINGS)
    for name, dialect in DIALECTS.items():
        events = {event for file in SETTINGS[name].files for event in file.events}
        if events:
            assert {dialect.prompt, dialect.start, dialect.end, dialect.last} <= events


@pytest.mark.parametrize("agent", AGENTS)
def test_a_wired_agent_has_full_scores_and_nothing_stays_behind(
    agent: str,
    endpoint: str,
    own_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert flightlog("install", agent, "--yes", "--endpoint", endpoint).returncode == 0
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = files_below(own_folders)
    done = flightlog("drill", "--agent", agent, "--json")
    found = scores(done)
    assert list(found) == ["captured", "sealed", "detected", "exportable"]
    missed = {name: c["found"] for name, c in found.items() if c["verdict"] != "well"}
    assert missed == {}
    assert done.returncode == 0
    assert files_below(own_folders) == before
    assert [path for path in temporary.rglob("*") if not path.is_dir()] == []


def test_without_a_wired_agent_it_says_which_command_wires_one() -> None:
    done = flightlog("drill")
    assert done.returncode == 2
    assert "flightlog install AGENT" in done.stderr
    assert done.stderr.count("\n") == 1
    assert flightlog("drill", "--agent", "nobody").returncode == 2


def test_without_its_hooks_an_agent_is_not_captured_and_the_mend_mends(endpoint: str) -> None:
    done = flightlog("drill", "--agent", "claude-code", "--json")
    assert done.returncode == 1
    found = scores(done)
    assert "0 of 3 starts by hook" in found["captured"]["found"]
    assert found["captured"]["mend"] == "flightlog install claude-code"
    words = found["captured"]["mend"].split()[1:]
    assert flightlog(*words, "--yes", "--endpoint", endpoint).returncode == 0
    assert flightlog("drill", "--agent", "claude-code").returncode == 0


def test_a_hook_that_is_missing_or_whose_program_is_gone_is_named(
    endpoint: str, own_folders: Path
) -> None:
    flightlog("install", "claude-code", "--yes", "--endpoint", endpoint)
    path = own_folders / ".claude" / "settings.json"
    settings = json.loads(path.read_text())
    del settings["hooks"]["PostToolUse"]
    path.write_text(json.dumps(settings))
    captured = scores(flightlog("drill", "--json"))["captured"]
    assert "0 of 3 ends by hook" in captured["found"]
    assert "no hook for PostToolUse" in captured["found"]
    path.write_text(json.dumps(settings).replace(sys.executable, "/gone/python"))
    captured = scores(flightlog("drill", "--json"))["captured"]
    assert "the hook for PreToolUse (FileNotFoundError)" in captured["found"]


def test_telemetry_that_goes_nowhere_is_named_with_its_mend(tmp_path: Path) -> None:
    with start_receiver(tmp_path / "r.db") as receiver:
        flightlog("install", "gemini", "--yes", "--endpoint", receiver.http)
    captured = scores(flightlog("drill", "--json"))["captured"]
    assert "nothing answers" in captured["found"]
    assert captured["mend"].startswith("flightlog serve --http-port ")


@pytest.mark.parametrize(
    ("agent", "file", "content"),
    [
        ("claude-code", ".claude/settings.json", '{"disableAllHooks": true}'),
        ("codex", ".codex/config.toml", 'otel.exporter = "none"\n'),
    ],
)
def test_what_is_switched_off_is_no_success_of_a_drill(
    agent: str,
    file: str,
    content: str,
    endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert flightlog("install", agent, "--yes", "--endpoint", endpoint).returncode == 0
    path = tmp_path / "project" / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    monkeypatch.chdir(tmp_path / "project")
    captured = scores(flightlog("drill", "--json"))["captured"]
    assert captured["verdict"] == "mend"
    assert f"in {path}" in captured["found"]


@pytest.mark.parametrize("agent", ["copilot", "opencode"])
def test_telemetry_by_the_environment_alone_is_claimed_only_where_that_names_an_address(
    agent: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert flightlog("install", agent, "--yes", "--endpoint", endpoint).returncode == 0
    captured = scores(flightlog("drill", "--json"))["captured"]
    assert captured["verdict"] == "well"
    assert "only where its environment names the address" in captured["found"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    assert "by hook and by telemetry" in scores(flightlog("drill", "--json"))["captured"]["found"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    assert "nothing answers" in scores(flightlog("drill", "--json"))["captured"]["found"]


def test_a_credential_in_the_clear_is_found() -> None:
    played = Played()
    with scratch() as ground:
        assert score._sealed(ground, played)[2] == ""
        (ground.recording.parent / "leak").write_text(played.secret)
        _, _, wrong, mend = score._sealed(ground, played)
    assert wrong == "the credential lies in the clear"
    assert mend


def test_settings_that_cannot_be_read_end_in_one_line(own_folders: Path) -> None:
    path = own_folders / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"hooks": "/recorder/capture/hook/client.py",,}')
    done = flightlog("drill", "--agent", "claude-code")
    assert done.returncode == 2
    assert f"{path}, line 1" in done.stderr


def test_what_cannot_be_played_is_a_score_not_a_crash(
    monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("a text that quotes")

    monkeypatch.setattr(score, "play", broken)
    (check,) = score.drill("codex", own_folders, own_folders)
    assert check.verdict is Verdict.MEND
    assert check.found == "the drill could not be played (OSError)"
