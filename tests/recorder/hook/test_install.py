"""`flightlog install` and `uninstall` on settings files as people really keep them."""

from __future__ import annotations

import json
import shlex
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recorder.model import Kind
from recorder.reader import Recording
from tests.recorder.hook.conftest import Hooks
from tests.recorder.hook.settings_files import (
    AGENTS,
    FILE_OF,
    OWN,
    Run,
    files_below,
    parsed,
    put,
)
from tui.cli import flightlog


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("own", [True, False], ids=["own-settings", "no-file"])
def test_install_is_idempotent_and_uninstall_restores_every_byte_and_mode(
    agent: str, own: bool, run: Run, own_folders: Path
) -> None:
    if own:
        put(own_folders, agent, OWN[agent], 0o640)
    before = files_below(own_folders)
    assert run("install", agent, "--yes").code == 0
    installed = files_below(own_folders)
    assert installed != before
    again = run("install", agent, "--yes")
    assert (again.code, again.out) == (0, "")
    assert files_below(own_folders) == installed
    assert run("uninstall", agent, "--yes").code == 0
    assert files_below(own_folders) == before
    assert run("uninstall", agent, "--yes").code == 0
    assert files_below(own_folders) == before


@pytest.mark.parametrize("agent", AGENTS)
def test_the_users_own_hooks_comments_and_values_stay(
    agent: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, agent, OWN[agent])
    run("install", agent, "--yes")
    text = path.read_text(encoding="utf-8")
    if b"guard.sh" in OWN[agent]:
        assert text.count("guard.sh") == 1
    kept, own = parsed(path), tomllib.loads if path.suffix == ".toml" else json.loads
    for key, value in own(OWN[agent].decode()).items():
        assert key in kept
        if key not in ("hooks", "otel", "env"):
            assert kept[key] == value
    for comment in ("# mine: do not touch", "# the good one", "# where I am"):
        assert (comment in text) == (comment.encode() in OWN[agent])


@pytest.mark.parametrize("agent", AGENTS)
def test_the_diff_is_shown_before_anything_is_written(
    agent: str, run: Run, own_folders: Path
) -> None:
    put(own_folders, agent, OWN[agent])
    before = files_below(own_folders)
    shown = run("install", agent, "--dry-run")
    assert shown.code == 0
    assert f"+++ {own_folders / FILE_OF[agent]}" in shown.out
    assert files_below(own_folders) == before
    declined = CliRunner().invoke(flightlog, ["install", agent], input="n\n")
    assert declined.exit_code == 1
    assert "Write this?" in declined.output
    assert declined.output.index("+++") < declined.output.index("Write this?")
    assert declined.output.endswith("nothing was written\nAborted!\n")
    assert files_below(own_folders) == before
    agreed = CliRunner().invoke(flightlog, ["install", agent], input="y\n")
    assert agreed.exit_code == 0
    assert files_below(own_folders) != before


@pytest.mark.parametrize("agent", AGENTS)
def test_the_backup_holds_the_bytes_and_is_the_owners_alone(
    agent: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, agent, OWN[agent])
    run("install", agent, "--yes")
    (backup,) = path.parent.glob(f"{path.name}.flightlog-*.bak")
    assert backup.read_bytes() == OWN[agent]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def add_own_hook(path: Path, agent: str) -> None:
    """Edit a file as its user would, after install."""
    if path.suffix == ".toml":
        path.write_text(path.read_text() + '\n# later\n[tools]\nweb_search = true # "yes"\n')
        return
    document = parsed(path)
    document["later"] = {"deep": ["ü", 1]}
    hooks = document.setdefault("hooks", {})
    if agent != "opencode":
        hooks.setdefault("Stop", []).append({"command": "later.sh"})
    path.write_text(json.dumps(document, indent=3, ensure_ascii=False))


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("own", [True, False], ids=["own-settings", "no-file"])
def test_of_a_file_edited_meanwhile_ours_go_and_theirs_stay(
    agent: str, own: bool, run: Run, own_folders: Path
) -> None:
    path = own_folders / FILE_OF[agent]
    if own:
        put(own_folders, agent, OWN[agent])
    run("install", agent, "--yes")
    add_own_hook(path, agent)
    edited = parsed(path)
    done = run("uninstall", agent, "--yes")
    assert done.code == 0
    left = parsed(path)
    assert "client.py" not in path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        assert left["tools"] == edited["tools"]
        assert "# later" in path.read_text()
        assert (b"# the good one" in path.read_bytes()) == own
        left.pop("tools")
    else:
        assert left.pop("later") == {"deep": ["ü", 1]}
        hooks = left["hooks"]
        if agent != "opencode":
            assert hooks["Stop"].pop() == {"command": "later.sh"}
        for event in [event for event, entries in hooks.items() if not entries]:
            del hooks[event]
        if not hooks:
            del left["hooks"]
    load = tomllib.loads if path.suffix == ".toml" else json.loads
    expected = load(OWN[agent].decode()) if own else {}
    left.pop("version", None)
    expected.pop("version", None)
    assert left == expected
    assert list(path.parent.glob("*.flightlog-*")) == []


@pytest.mark.parametrize("agent", AGENTS)
def test_install_again_after_an_edit_keeps_the_edit_and_our_hooks_single(
    agent: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, agent, OWN[agent])
    run("install", agent, "--yes")
    count = path.read_text().count("client.py")
    add_own_hook(path, agent)
    edited = path.read_bytes()
    assert run("install", agent, "--yes").code == 0
    assert path.read_bytes() == edited
    run("install", agent, "--yes", "-r", str(own_folders / "other.db"))
    assert path.read_text().count("client.py") == count
    assert "later" in path.read_text()
    assert run("uninstall", agent, "--yes").code == 0
    assert "client.py" not in path.read_text()
    assert "later" in path.read_text()


@pytest.mark.parametrize("agent", [a for a in AGENTS if a != "opencode"])
def test_a_new_recording_replaces_the_old_entries(agent: str, run: Run, own_folders: Path) -> None:
    path = put(own_folders, agent, OWN[agent])
    run("install", agent, "--yes")
    count = path.read_text().count("client.py")
    run("install", agent, "--yes", "-r", str(own_folders / "other.db"))
    text = path.read_text()
    assert text.count("client.py") == text.count("other.db") == count
    run("uninstall", agent, "--yes")
    assert path.read_bytes() == OWN[agent]


def test_somebody_elses_exporter_stays_as_it_is(run: Run, own_folders: Path) -> None:
    own = b'{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}}'
    path = put(own_folders, "claude-code", own)
    done = run("install", "claude-code", "--yes")
    assert "stays as it is" in done.err
    assert parsed(path)["env"] == {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}


def test_a_projects_settings_alone_are_changed(run: Run, own_folders: Path, tmp_path: Path) -> None:
    before = files_below(own_folders)
    assert run("install", "claude-code", "--yes", "--project", str(tmp_path)).code == 0
    assert (tmp_path / ".claude/settings.local.json").exists()
    assert files_below(own_folders) == before
    assert run("uninstall", "claude-code", "--yes", "--project", str(tmp_path)).code == 0
    assert files_below(tmp_path) == {}
    assert run("install", "codex", "--user", "--project", str(tmp_path)).code == 2


def test_folders_that_agents_moved_are_followed(
    run: Run, own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del own_folders
    for agent, variable, name in (
        ("claude-code", "CLAUDE_CONFIG_DIR", "settings.json"),
        ("codex", "CODEX_HOME", "config.toml"),
        ("copilot", "COPILOT_HOME", "hooks/flightlog.json"),
    ):
        folder = tmp_path / f"ä {agent}"
        monkeypatch.setenv(variable, str(folder))
        assert run("install", agent, "--yes").code == 0
        assert (folder / name).exists()
        assert run("uninstall", agent, "--yes").code == 0


PAYLOADS: dict[str, tuple[str, dict[str, object]]] = {
    "claude-code": ("PreToolUse", {"session_id": "s", "hook_event_name": "PreToolUse"}),
    "codex": ("PreToolUse", {"session_id": "s", "hook_event_name": "PreToolUse"}),
    "gemini": ("BeforeTool", {"session_id": "s", "hook_event_name": "BeforeTool"}),
    "copilot": (
        "preToolUse",
        {"sessionId": "s", "toolName": "Bash", "toolArgs": {"command": "ls"}},
    ),
    "cursor": ("preToolUse", {"conversation_id": "s", "hook_event_name": "preToolUse"}),
}


@pytest.mark.parametrize("agent", PAYLOADS)
def test_the_command_line_as_written_records_even_from_a_folder_with_spaces(
    agent: str, run: Run, own_folders: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "my 'flights' ü" / "flight.db"
    recording.parent.mkdir()
    run("install", agent, "--yes", "-r", str(recording))
    event, payload = PAYLOADS[agent]
    entry: Any = parsed(own_folders / FILE_OF[agent])["hooks"][event][0]
    handler = entry.get("hooks", [entry])[0]
    command = handler.get("bash") or handler["command"]
    assert shlex.split(command)[-1] == str(recording)
    whole = {"tool_name": "Bash", "tool_input": {"command": "ls"}, **payload}
    stop = {**payload, "hook_event_name": "Stop"}
    for body in (whole, stop):
        done = subprocess.run(
            ["sh", "-c", command], input=json.dumps(body).encode(), capture_output=True, check=False
        )
        assert done.returncode == 0
        assert b"allow" not in done.stdout
    assert taken_in(recording) >= 1


def taken_in(recording: Path) -> int:
    """Take the spool in and count the calls."""
    from recorder.capture.hook.settle import settle

    # Each hook leaves a process behind that writes there: wait until they have ended.
    Hooks(recording).spooled()
    settle(recording)
    with Recording.open(recording) as reader:
        return sum(record.kind is Kind.TOOL_CALL for record in reader.records())
