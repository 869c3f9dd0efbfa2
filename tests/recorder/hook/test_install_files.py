"""Settings files that are broken, linked, locked or written in another manner: none is harmed."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomlkit

from recorder.launch.receiving import is_answered
from tests.recorder.hook.settings_files import (
    AGENTS,
    FILE_OF,
    JSON_OF,
    OWN,
    Run,
    files_below,
    parsed,
    put,
)
from tui.cli import main

BROKEN: dict[str, tuple[str, bytes, str]] = {
    "json-comma": ("claude-code", b'{\n  "a": 1,,\n}\n', "line 2"),
    "json-of-javascript": ("gemini", b"{\n  // mine\n  a: 1\n}\n", "line 3"),
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


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
@pytest.mark.parametrize("agent", AGENTS)
def test_what_is_no_file_is_neither_waited_for_nor_changed(
    agent: str, make: Callable[[Path], None], run: Run, own_folders: Path
) -> None:
    path = own_folders / FILE_OF[agent]
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    done = run("install", agent, "--yes")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"{path} is no file" in done.err


@pytest.mark.parametrize("words", [["install"], ["uninstall"]], ids=str)
def test_where_nobody_can_be_asked_nothing_is_written(
    words: list[str], run: Run, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words == ["uninstall"]:
        run("install", "claude-code", "--yes")
    before = files_below(own_folders)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = run(*words, "claude-code")
    assert done.code == 2
    assert done.err.endswith("nobody answered, so nothing was written; --yes does not ask\n")
    assert files_below(own_folders) == before


@pytest.mark.parametrize(
    "endpoint",
    ["nonsense", "ftp://h:1", "http://", "http://h:99999", "http://h:0", "localhost:4318",
     "http://[::1", "http://h:1?x=y", "http://h:1/\n"],
)  # fmt: skip
def test_what_is_no_address_gets_into_no_settings(
    endpoint: str, run: Run, own_folders: Path
) -> None:
    before = files_below(own_folders)
    done = run("install", "claude-code", "--yes", "--endpoint", endpoint)
    assert done.code == 2
    assert "is no address; write http://HOST:PORT" in done.err
    assert files_below(own_folders) == before


@pytest.mark.parametrize(
    ("endpoint", "is_told"),
    [("http://collector.example:4318", True), ("https://collector.example:4318", False)],
)
def test_that_telemetry_would_cross_a_network_in_clear_is_told(
    endpoint: str, *, is_told: bool, run: Run, own_folders: Path
) -> None:
    done = run("install", "claude-code", "--yes", "--endpoint", endpoint)
    assert done.code == 0
    assert ("cross the network in clear" in done.err) == is_told
    assert endpoint.encode() in b"".join(
        content for content, _ in files_below(own_folders).values()
    )


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


@pytest.mark.parametrize("manner", [b"\n", b"\r\n"])
@pytest.mark.parametrize("agent", ["codex", "gemini"])
def test_a_table_that_was_empty_before_is_there_after_the_undo(
    agent: str, manner: bytes, run: Run, own_folders: Path
) -> None:
    content = {
        "codex": b'# c\nmodel = "x"\n[hooks]\n',
        "gemini": b'{\n  "hooks": {},\n  "telemetry": {}\n}\n',
    }[agent].replace(b"\n", manner)
    path = put(own_folders, agent, content)
    assert run("install", agent, "--yes").code == 0
    assert path.read_bytes() != content
    assert run("uninstall", agent, "--yes").code == 0
    assert path.read_bytes() == content


@pytest.mark.parametrize("agent", AGENTS)
def test_what_we_would_write_too_is_the_users_where_it_stood_before(
    agent: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, agent, b"")
    run("install", agent, "--yes")
    written = parsed(path)
    run("uninstall", agent, "--yes")
    assert written
    for key, value in written.items():
        theirs = value if isinstance(value, str | int) else type(value)()
        alone = {key: theirs}
        content = (tomlkit.dumps(alone) if path.suffix == ".toml" else json.dumps(alone)).encode()
        path.write_bytes(content)
        run("install", agent, "--yes")
        assert len(parsed(path)) == len(written)
        assert run("uninstall", agent, "--yes").code == 0
        assert path.read_bytes() == content, key


@pytest.mark.parametrize("agent", JSON_OF)
def test_nothing_of_ours_is_left_beside_a_key_that_was_added_later(
    agent: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, agent, b'{"mine": [1]}')
    run("install", agent, "--yes")
    path.write_text(json.dumps({**parsed(path), "later": {}}))
    assert run("uninstall", agent, "--yes").code == 0
    assert parsed(path) == {"mine": [1], "later": {}}


def test_where_nobody_receives_telemetry_install_says_what_to_start(
    run: Run, own_folders: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        endpoint = f"http://127.0.0.1:{there.getsockname()[1]}"
        assert "listens" not in run("install", "codex", "--yes", "--endpoint", endpoint).err
    said = run("install", "codex", "--yes", "--endpoint", endpoint).err
    assert f"telemetry goes to {endpoint}, where nothing listens" in said
    assert f"--http-port {endpoint.rpartition(':')[2]}" in said
    assert "listens" not in run("install", "cursor", "--yes", "--endpoint", endpoint).err


def test_install_starts_the_receiver_that_it_is_asked_for(run: Run, own_folders: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    words = ("--yes", "--serve", "--endpoint", endpoint, "--recording", str(own_folders / "r.db"))
    said = run("install", "gemini", *words).err
    found = re.search(r"as process (\d+)", said)
    assert found, said
    try:
        assert is_answered(endpoint)
        assert "nothing listens" not in said
    finally:
        os.kill(int(found[1]), signal.SIGTERM)
        os.waitpid(int(found[1]), 0)


def test_a_receiver_that_cannot_start_is_one_line_with_the_command_that_tells_why(
    run: Run, own_folders: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    (own_folders / "file").write_text("in the way")
    recording = str(own_folders / "file" / "r.db")
    words = ("--yes", "--serve", "--endpoint", endpoint, "--recording", recording)
    done = run("install", "gemini", *words)
    assert done.code == 2
    last = done.err.splitlines()[-1]
    assert last.startswith("Error: the receiver that was started ended at once")
    assert f"serve --recording {recording} --http-port" in last
