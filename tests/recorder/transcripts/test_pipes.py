"""What is no file: pipes are read as the standard input is; what cannot be read is named."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from recorder.reader import Recording
from recorder.transcripts import places
from recorder.transcripts.held import HELD, Held
from tests.recorder.transcripts.reading import jsonl
from tests.recorder.transcripts.test_import_summary import prompts, ran

IMPORT = shlex.join([sys.executable, "-c", "from tui.cli import main; main()", "import", "--json"])


def zipped(content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/b.jsonl", content)
    return packed.getvalue()


def told(folder: Path, shell: str) -> Any:
    """Return what an import says whose arguments a shell makes."""
    line = f"{IMPORT} -r {shlex.quote(str(folder / 'rec' / 'r.db'))} {shell}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True, cwd=folder)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "shell", ["<(cat x.jsonl)", "/dev/stdin <x.jsonl", "/dev/stdin < <(cat x.jsonl)", "- <x.jsonl",
              "- <x.zip", "<(cat x.zip)", "/dev/stdin <x.zip"],
)  # fmt: skip
def test_a_pipe_is_read_as_a_file_is(shell: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(prompts(3))
    (tmp_path / "x.zip").write_bytes(zipped(prompts(3)))
    said = told(tmp_path, shell)
    assert (said["new"], said["damaged"], said["unknown"]) == (4, 0, [])


def test_a_named_pipe_of_more_than_is_held_is_read_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    padding = "x" * (HELD // 8)
    content = jsonl({**json.loads(line), "padding": padding} for line in prompts(12).splitlines())
    assert len(content) > HELD
    writing = threading.Thread(target=pipe.write_bytes, args=(content,))
    writing.start()
    said = json.loads(ran(tmp_path / "r.db", "--json", str(pipe)).stdout)
    writing.join()
    assert (said["new"], said["damaged"]) == (13, 0)


@pytest.mark.parametrize(
    ("made", "reason"),
    [("link", "a link to nowhere, which is not there"), ("device", "a device or a socket")],
)
def test_what_cannot_be_read_is_named(made: str, reason: str, tmp_path: Path) -> None:
    path = Path("/dev/zero")
    if made == "link":
        path = tmp_path / "link"
        path.symlink_to("nowhere")
    (tmp_path / "x.jsonl").write_bytes(prompts(3))
    arguments = [str(path), str(tmp_path / "x.jsonl")]
    done = ran(tmp_path / "r.db", *arguments)
    assert done.exit_code == 0
    assert f"not read: {path}: {reason}" in done.stderr
    assert "Imported 4 records" in done.stdout
    assert ran(tmp_path / "r.db", "--strict", *arguments).exit_code == 2


@pytest.mark.parametrize(
    ("content", "reason", "records"),
    [
        (zipped(prompts(3))[:-20], "cut off or damaged", [0, 4]),
        (zipped(prompts(99)), "read from a pipe", [0]),
    ],
)
def test_a_zip_that_cannot_be_read_whole_from_a_pipe_is_named(
    content: bytes,
    reason: str,
    records: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "MAX_PIPED_ZIP", 2000)
    monkeypatch.setattr("recorder.transcripts.held.HELD", 100)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_bytes, args=(content,))
    writing.start()
    said = json.loads(ran(tmp_path / "r.db", "--json", str(pipe)).stdout)["files"]
    writing.join()
    assert [one["records"] for one in said] == records
    assert said[0]["damaged"] == 1
    assert reason in said[0]["damage"][0]["reason"]


def test_what_is_held_is_seen_again_and_never_more_than_was_allowed() -> None:
    held = Held(BytesIO(b"abc"))
    assert held.open().read(1) == b"a"
    assert held.open().read() == b"abc"
    assert held.whole(2) is None
    long = b"x" * (HELD + 5)
    assert Held(BytesIO(long)).whole(HELD + 4) is None
    assert Held(BytesIO(long)).whole(HELD + 5) == long


@pytest.mark.parametrize("name", ["codex", "gemini-cli", "vscode-chat", "cursor", "opencode"])
def test_of_a_format_that_is_not_there_nothing_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(prompts(5))
    done = ran(tmp_path / "r.db", "--format", name, str(tmp_path / "x.jsonl"))
    assert f"nothing of the format {name} is in it" in done.stderr
    assert "Imported 0 records of 0 sessions" in done.stdout
    with Recording.open(tmp_path / "r.db") as recording:
        assert recording.sessions() == []
        assert all(record.witness == "recorder" for record in recording.records())


def test_a_session_that_is_sealed_is_not_offered_by_a_name_that_it_has_not(tmp_path: Path) -> None:
    token = "ghp_Zk3nQ9xW2bTfR7yLmV5cJ8sD1hAeG4uP6oIq"
    (tmp_path / "x.jsonl").write_bytes(prompts(3, token))
    done = ran(tmp_path / "r.db", str(tmp_path / "x.jsonl"))
    assert "See them: flightlog sessions" in done.stdout
    assert token not in done.stdout
