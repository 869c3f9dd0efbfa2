"""`flightlog install` and `uninstall` on settings files as people really keep them."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recorder.capture.hook.settings.table import SETTINGS
from recorder.model import Kind
from recorder.reader import Recording
from tui.cli import flightlog, main

ENDPOINT = "http://127.0.0.1:4318"
AGENTS = list(SETTINGS)
JSON_OF = {
    "claude-code": ".claude/settings.json",
    "cursor": ".cursor/hooks.json",
    "gemini": ".gemini/settings.json",
    "copilot": ".copilot/hooks/flightlog.json",
    "opencode": "config/opencode/opencode.json",
}
"""Settings file in JSON, below HOME (XDG_CONFIG_HOME is HOME/config in tests)."""
FILE_OF = {**JSON_OF, "codex": ".codex/config.toml"}
OWN = {
    "claude-code": b"""{
    "permissions": {"allow": ["Bash(ls *)"]},
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "guard.sh"}]}]
    },
    "env": {"MINE": "\xc3\xbc\xe2\x80\x94"}
}
""",
    "cursor": b'{"version": 1, "hooks": {"preToolUse": [{"command": "guard.sh"}]}}\n',
    "codex": b"""# mine: do not touch
model = "gpt-5" # the good one

[model_providers.own]
base_url = "http://127.0.0.1:9/v1"

[[hooks.PreToolUse]]
matcher = "Bash"
[[hooks.PreToolUse.hooks]]
type = "command"
command = "guard.sh"

[otel]
environment = "home" # where I am
""",
    "gemini": b"""{
\t"ui": {"theme": "\xe5\xa4\x9c"},
\t"hooks": {"BeforeTool": [{"hooks": [{"type": "command", "command": "guard.sh"}]}]}
}
""",
    "copilot": b'{"version": 1, "hooks": {"preToolUse": [{"bash": "guard.sh"}]}}',
    "opencode": b'{\n  "$schema": "https://opencode.ai/config.json",\n  "theme": "night"\n}\n',
}
"""What a user has there already."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


type Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["flightlog", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return command


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and mode."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def put(home: Path, agent: str, content: bytes, mode: int = 0o644) -> Path:
    path = home / FILE_OF[agent]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def parsed(path: Path) -> dict[str, Any]:
    text = path.read_bytes().decode("utf-8-sig")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


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


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "json-comma": ("claude-code", b'{\n  "a": 1,,\n}\n', "line 2"),
    "json-comment": ("gemini", b'{\n  // mine\n  "a": 1\n}\n', "line 2"),
    "json-list": ("cursor", b"[1]\n", "line 1"),
    "json-cut": ("copilot", b'{"version": 1, "hooks": {"preTo', "line 1"),
    "json-deep": ("opencode", b'{"a":' + b"[" * 100_000, "line 1"),
    "toml": ("codex", b'model = "x"\n[otel\nlog = 1\n', "line 2"),
    "toml-twice": ("codex", b"a = 1\na = 2\n", "line"),
    "no-utf8": ("claude-code", b'{\n"a": "\xff"}\n', "line 2"),
    "hooks-of-another-kind": ("claude-code", b'{"hooks": "none"}', "hooks"),
    "event-of-another-kind": ("gemini", b'{"hooks": {"BeforeTool": {}}}', "hooks.BeforeTool"),
    "toml-otel-of-another-kind": ("codex", b"otel = 3\n", "otel"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_kept_as_it_is_ends_in_one_clear_line_and_no_change(
    case: str, run: Run, own_folders: Path
) -> None:
    agent, content, place = BROKEN[case]
    path = put(own_folders, agent, content)
    before = files_below(own_folders)
    done = run("install", agent, "--yes")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert str(path) in done.err
    assert place in done.err
    assert files_below(own_folders) == before


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("manner", ["crlf", "bom", "crlf-bom", "no-final-newline", "empty"])
def test_line_ends_and_byte_order_mark_are_kept(
    agent: str, manner: str, run: Run, own_folders: Path
) -> None:
    content = OWN[agent]
    if "crlf" in manner:
        content = content.replace(b"\n", b"\r\n")
    if "bom" in manner:
        content = b"\xef\xbb\xbf" + content
    if manner == "no-final-newline":
        content = content.rstrip()
    if manner == "empty":
        content = b""
    path = put(own_folders, agent, content)
    assert run("install", agent, "--yes").code == 0
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") == ("bom" in manner)
    if "crlf" in manner and b"\r\n" in content:
        assert written.count(b"\n") == written.count(b"\r\n")
    else:
        assert b"\r" not in written
    parsed(path)
    run("uninstall", agent, "--yes")
    assert path.read_bytes() == content


@pytest.mark.parametrize("agent", AGENTS)
def test_a_linked_file_stays_a_link_and_its_target_changes(
    agent: str, run: Run, own_folders: Path, tmp_path: Path
) -> None:
    link = own_folders / FILE_OF[agent]
    target = tmp_path / "dotfiles" / Path(FILE_OF[agent]).name
    target.parent.mkdir()
    target.write_bytes(OWN[agent])
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert run("install", agent, "--yes").code == 0
    assert link.is_symlink()
    assert target.read_bytes() != OWN[agent]
    run("uninstall", agent, "--yes")
    assert link.is_symlink()
    assert target.read_bytes() == OWN[agent]


@contextmanager
def as_somebody_who_is_not_root(folder: Path) -> Iterator[None]:
    """Root may write everywhere; drop it for a moment."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("agent", AGENTS)
def test_a_folder_that_cannot_be_written_ends_in_one_clear_line_and_no_change(
    agent: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        monkeypatch.setenv("HOME", name)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        path = put(home, agent, OWN[agent])
        (path.parent / "plugin").mkdir()
        before = files_below(home)
        with as_somebody_who_is_not_root(home):
            for folder in (path.parent / "plugin", path.parent):
                folder.chmod(0o555)
            done = run("install", agent, "--yes")
            for folder in (path.parent, path.parent / "plugin"):
                folder.chmod(0o755)
        assert done.code == 2
        assert done.err.count("\n") == 1
        assert "cannot be written" in done.err
        assert files_below(home) == before


def test_a_file_where_a_folder_belongs_ends_in_one_clear_line(run: Run, own_folders: Path) -> None:
    (own_folders / ".claude").write_text("a file")
    done = run("install", "claude-code", "--yes")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert ".claude" in done.err


def test_a_file_that_changes_while_the_person_reads_the_diff_is_not_written(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(own_folders, "claude-code", OWN["claude-code"])

    def edited_meanwhile(*_words: object, **_options: object) -> bool:
        path.write_bytes(b'{"other": 1}')
        return True

    monkeypatch.setattr("click.confirm", edited_meanwhile)
    monkeypatch.setattr(sys, "argv", ["flightlog", "install", "claude-code"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert path.read_bytes() == b'{"other": 1}'


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

    settle(recording)
    with Recording.open(recording) as reader:
        return sum(record.kind is Kind.TOOL_CALL for record in reader.records())
