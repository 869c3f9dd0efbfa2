"""Hooks for one run: what each known agent is given, and that nothing of the user's changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from recorder.capture.hook.settings.table import SETTINGS
from recorder.launch.hooks import hooks_for
from recorder.model import Kind, Phase, Witness
from tests.recorder.hook.conftest import Hooks
from tests.recorder.hook.switched_off import NO_HOOKS
from tests.recorder.launch.conftest import FLIGHTLOG, Ground

PAYLOAD = {
    "session_id": "s1",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "ls"},
    "tool_use_id": "toolu_1",
}
TWICE = """#!{python}
# An agent that runs every hook it is given, from its plug-ins and from its own settings.
import json, pathlib, subprocess, sys
folders = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--plugin-dir"]
files = [pathlib.Path(folder, "hooks/hooks.json") for folder in folders]
files += [path for path in [pathlib.Path.home() / ".claude/settings.json"] if path.exists()]
for path in files:
    for group in json.loads(path.read_text())["hooks"].get("PreToolUse", []):
        for hook in group["hooks"]:
            subprocess.run(hook["command"], shell=True, input={payload!r}.encode(), check=True)
sys.exit(7 if files else 3)
"""


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def agent_program(folder: Path, name: str = "claude") -> str:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(TWICE.format(python=sys.executable, payload=json.dumps(PAYLOAD)))
    program.chmod(0o755)
    return str(program)


def test_an_agents_hooks_are_recorded_without_a_change_to_its_settings(
    ground: Ground, tmp_path: Path, own_folders: Path
) -> None:
    settings = own_folders / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"hooks": {"PreToolUse": [{"hooks": [{"command": "true"}]}]}}')
    before = everything_below(settings.parent)
    done = ground.run(agent_program(tmp_path / "bin"))
    assert done.returncode == 7
    calls = [r for r in ground.records(Kind.TOOL_CALL) if r.witness is Witness.HOOK]
    assert [(r.ref, r.phase) for r in calls] == [("toolu_1", Phase.START)]
    assert calls[0].run
    assert everything_below(settings.parent) == before
    assert "1 tool call" in done.stderr


def test_an_agent_that_is_wired_for_good_has_each_call_recorded_once(
    ground: Ground, tmp_path: Path, own_folders: Path
) -> None:
    other = own_folders / "other.db"
    wire = [FLIGHTLOG, "install", "claude-code", "--yes", "-r", str(other)]
    subprocess.run(wire, check=True, capture_output=True)
    ground.run(agent_program(tmp_path / "bin"))
    calls = [r for r in ground.records(Kind.TOOL_CALL) if r.witness is Witness.HOOK]
    assert [r.ref for r in calls] == ["toolu_1"]
    assert not other.exists(), "the run's recording is the one of the run"


def test_hooks_that_are_wired_to_what_is_gone_are_replaced_for_the_run(
    ground: Ground, tmp_path: Path, own_folders: Path
) -> None:
    settings = own_folders / ".claude" / "settings.json"
    settings.parent.mkdir()
    gone = "/gone/python -I -S /gone/recorder/capture/hook/client.py claude-code --recording /r.db"
    hook = {"type": "command", "command": f"{gone} || true"}
    settings.write_text(json.dumps({"hooks": {"PreToolUse": [{"hooks": [hook]}]}}))
    ground.run(agent_program(tmp_path / "bin"))
    assert [r.ref for r in ground.records(Kind.TOOL_CALL)] == ["toolu_1"]


def test_the_same_payload_of_two_hooks_is_recorded_once_also_through_the_spool(
    ground: Ground, tmp_path: Path
) -> None:
    from recorder.capture.hook.settle import settle
    from recorder.reader import Recording

    recording = tmp_path / "spooled" / "flight.db"
    recording.parent.mkdir()
    hooks = Hooks(recording)
    for _ in range(2):
        assert hooks.run("claude-code", PAYLOAD).returncode == 0
    assert hooks.spooled(), "written by a process that each hook leaves behind"
    settle(recording)
    with Recording.open(recording) as reader:
        assert [r.ref for r in reader.records() if r.witness is Witness.HOOK] == ["toolu_1"]
    del ground


def test_what_an_older_version_does_not_know_costs_it_no_hook_that_it_knows(tmp_path: Path) -> None:
    # Claude Code 2.1.197 leaves out a plugin altogether whose hooks name an event it has not.
    added = hooks_for("claude", {}, tmp_path / "r.db")
    assert set(added.arguments[::2]) == {"--plugin-dir"}
    file = SETTINGS["claude-code"].files[0]
    plugins = [
        set(json.loads(Path(folder, "hooks/hooks.json").read_text())["hooks"])
        for folder in added.arguments[1::2]
    ]
    added.remove()
    assert file.newer
    assert plugins == [set(file.events) - file.newer, set(file.newer)]


def test_codex_is_given_its_hooks_as_overrides_that_are_toml_and_trusted(tmp_path: Path) -> None:
    added = hooks_for("/usr/bin/codex", {}, tmp_path / "ü 'r'.db")
    assert set(added.arguments[::2]) == {"-c"}
    values = tomllib.loads("\n".join(added.arguments[1::2]))
    state = values["hooks"].pop("state")
    assert set(values["hooks"]) == set(SETTINGS["codex"].files[0].events)
    assert len(state) == len(values["hooks"])
    assert "/<session-flags>/config.toml:pre_tool_use:0:0" in state
    assert added.folder is None


def test_the_digest_that_codex_trusts_is_codexs_own() -> None:
    from recorder.launch.hooks import _codex_digest

    # As Codex CLI 0.169.0 itself answers `hooks/list` for this hook (`currentHash`).
    handler = {"type": "command", "command": "recorder hook", "timeout": 10}
    assert _codex_digest("pre_tool_use", {"hooks": [handler]}) == (
        "sha256:4de2a1d49955d9261030fa06889e30e0f050de3987fb339ed11043b62b28a436"
    )


def test_opencodes_own_content_stays_beside_ours(tmp_path: Path) -> None:
    own = {"plugin": ["own-plugin"], "theme": "night"}
    given = {"OPENCODE_CONFIG_CONTENT": json.dumps(own)}
    added = hooks_for("opencode", given, tmp_path / "r.db")
    content: dict[str, Any] = json.loads(added.environment["OPENCODE_CONFIG_CONTENT"])
    assert content["theme"] == "night"
    first, ours = content["plugin"]
    assert first == "own-plugin"
    script = Path(ours.removeprefix("file://"))
    assert str(tmp_path / "r.db") in script.read_text()
    added.remove()
    assert not script.exists()


def test_content_that_cannot_be_read_is_left_alone_and_said(tmp_path: Path) -> None:
    added = hooks_for("opencode", {"OPENCODE_CONFIG_CONTENT": "{ // mine\n}"}, tmp_path / "r.db")
    assert (added.arguments, added.environment, added.folder) == ((), {}, None)
    assert "opencode's hooks" in added.blind


@pytest.mark.skipif(os.geteuid() != 0, reason="Gemini CLI reads such files from root's alone")
def test_geminis_system_defaults_are_kept_and_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recorder.launch import hooks

    monkeypatch.setattr(hooks, "_is_roots", lambda folder: folder == tmp_path)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    theirs = tmp_path / "defaults.json"
    own: dict[str, Any] = {"ui": {"theme": "x"}, "hooks": {"BeforeTool": [{"hooks": []}]}}
    theirs.write_text(json.dumps(own))
    given = {"GEMINI_CLI_SYSTEM_DEFAULTS_PATH": str(theirs)}
    added = hooks_for("gemini", given, tmp_path / "r.db")
    path = Path(added.environment["GEMINI_CLI_SYSTEM_DEFAULTS_PATH"])
    document = json.loads(path.read_text())
    assert document["ui"] == {"theme": "x"}
    assert document["hooks"]["BeforeTool"][0] == {"hooks": []}
    assert "client.py" in json.dumps(document["hooks"]["BeforeTool"][1])
    assert json.loads(theirs.read_text()) == own


def test_where_gemini_would_not_read_them_the_run_says_what_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    added = hooks_for("gemini", {}, tmp_path / "r.db")
    assert "flightlog install gemini" in added.blind
    assert added.environment == {}


@pytest.mark.parametrize(("agent", "file", "content", "setting"), NO_HOOKS)
def test_hooks_that_the_user_has_switched_off_are_said_to_be_unseen(
    agent: str, file: str, content: str, setting: str, tmp_path: Path, own_folders: Path
) -> None:
    path = own_folders / file
    path.parent.mkdir()
    path.write_text(content)
    hooks = hooks_for(SETTINGS[agent].program, {}, tmp_path / "r.db")
    try:
        assert f"{setting} in {path}" in hooks.blind
    finally:
        hooks.remove()
    assert path.read_text() == content


def test_a_program_that_is_no_known_agent_gets_nothing(tmp_path: Path) -> None:
    added = hooks_for("/bin/sh", {}, tmp_path / "r.db")
    assert (added.arguments, added.environment, added.folder, added.blind) == ((), {}, None, "")


def test_the_folder_of_a_run_is_gone_after_it(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    ground.run(agent_program(tmp_path / "bin"))
    assert [path for path in temporary.iterdir() if "flightlog-run" in path.name] == []
