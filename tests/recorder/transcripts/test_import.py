"""`flightlog import` as people run it: real files, real recordings."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import lzma
import os
import re
import signal
import subprocess
import sys
import termios
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from recorder import semconv
from recorder.daemon import Daemon
from recorder.model import StoredRecord, Witness
from recorder.reader import Recording
from recorder.transcripts import json_text
from recorder.transcripts.json_text import Trimmer, trimmed
from recorder.transcripts.lines import Line, lines
from recorder.verify import verify
from tests.command_line import flightlog
from tests.recorder.transcripts.reading import in_memory, jsonl

FLIGHTLOG = [sys.executable, "-c", "from tui.cli import main; main()"]


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = flightlog(*arguments)
    assert done.returncode == code, done.stderr
    return done


def imported(recording: Path, *arguments: str) -> Any:
    return json.loads(run("import", "-r", str(recording), "--json", *arguments).stdout)


def stored(recording: Path) -> list[StoredRecord]:
    with Recording.open(recording) as opened:
        return [r for r in opened.records() if r.session or r.name == "damage"]


def bytes_at_rest(folder: Path, recording: Path) -> bytes:
    parts = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    with Recording.open(recording) as opened:
        digests = {b.digest for r in opened.records() for b in r.blobs.values()}
        parts += [opened.blob(digest) or b"" for digest in digests]
    return b"".join(parts)


def conversation(count: int, session: str = "s1") -> list[dict[str, Any]]:
    """Return the lines of a session with that many calls and results."""
    found: list[dict[str, Any]] = []
    for n in range(count):
        at = f"2026-11-23T06:{n // 60 % 60:02d}:{n % 60:02d}.000Z"
        common = {"sessionId": session, "version": "2.1.330", "cwd": "/w", "timestamp": at}
        use = {"type": "tool_use", "id": f"c{n}", "name": "Bash", "input": {"command": f"echo {n}"}}
        result = {"type": "tool_result", "tool_use_id": f"c{n}", "content": f"{n}"}
        found += [
            {**common, "type": "assistant", "uuid": f"{session}-a{n}",
             "message": {"id": f"m{n}", "model": "m", "content": [use],
                         "usage": {"input_tokens": 1, "output_tokens": 2}}},
            {**common, "type": "user", "uuid": f"{session}-u{n}",
             "message": {"role": "user", "content": [result]}},
        ]  # fmt: skip
    return found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "rec" / "flight.db"


def test_the_whole_corpus_comes_in_without_a_crash_and_without_a_secret_at_rest(
    corpus: Path, incidents: Path, recording: Path
) -> None:
    said = imported(recording, str(corpus), str(incidents))
    assert said["damaged"] == 0
    assert said["new"] > 12_000
    formats = {file["format"] for file in said["files"]}
    assert {
        "claude-code", "codex", "gemini-cli", "copilot-cli", "vscode-chat", "cursor", "opencode",
        "hook-log", "openhands-trajectory", "swe-agent", "mini-swe-agent", "atif", "messages",
        "otlp", "har", "mitmproxy",
    } <= formats  # fmt: skip
    at_rest = bytes_at_rest(recording.parent, recording)
    planted = [
        b"sk_test_FAKE0000000000000000", b"staging_FAKE_token_0001", b"admin_FAKE_key_9999",
        b"querytoken_FAKE", b"sk-FAKE-agentkey-000000000000",
    ]  # fmt: skip
    whole = b"".join(p.read_bytes() for p in corpus.rglob("*") if p.is_file())
    assert all(secret in whole for secret in planted), "or the test shows nothing"
    assert [secret for secret in planted if secret in at_rest] == []
    listed = json.loads(run("sessions", "-r", str(recording), "--json").stdout)
    assert len(listed) > 250
    again = imported(recording, str(corpus), str(incidents))
    assert again["new"] == 0
    assert verify(recording).ok


def test_a_longer_copy_adds_its_new_part_under_any_name(tmp_path: Path, recording: Path) -> None:
    whole = conversation(10)
    short, long = tmp_path / "short.jsonl", tmp_path / "renamed.log"
    short.write_bytes(jsonl(whole[:8]) + jsonl(whole[8:9])[:40])
    long.write_bytes(jsonl(whole))
    first = imported(recording, str(short))
    assert (first["damaged"], first["files"][0]["damage"][0]["line"]) == (1, 9)
    before = len(stored(recording))
    second = imported(recording, str(long))
    assert second["records"] == second["new"] + before - 1, "all but the damage was there"
    refs = [r.ref for r in stored(recording) if r.kind == "tool_call" and r.phase == "start"]
    assert refs == [f"c{n}" for n in range(10)]


@pytest.mark.parametrize(
    "packing", ["gz", "zst", "xz", "zip", "folder", "glob", "stdin", "utf-16", "bom"]
)
def test_every_packing_tells_the_same(packing: str, tmp_path: Path, recording: Path) -> None:
    content, stdin, path = jsonl(conversation(5)), b"", tmp_path / "in" / "x"
    path.parent.mkdir()
    argument = str(path)
    match packing:
        case "gz":
            path.write_bytes(gzip.compress(content))
        case "zst":
            path.write_bytes(zstandard.compress(content))
        case "xz":
            half = content.index(b"\n", len(content) // 2)
            path.write_bytes(
                lzma.compress(content[:half]) + b"\0" * 8 + lzma.compress(content[half:])
            )
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a/b.jsonl", content)
                archive.writestr("README", "no transcript")
        case "folder" | "glob":
            path.write_bytes(content)
            argument = str(path.parent) if packing == "folder" else str(tmp_path / "*" / "?")
        case "stdin":
            argument, stdin = "-", content
        case "utf-16":
            path.write_bytes(content.decode().encode("utf-16"))
        case _:
            path.write_bytes(b"\xef\xbb\xbf" + content)
    if stdin:
        command = [*FLIGHTLOG, "import", "-r", str(recording), "--json", argument]
        said = json.loads(
            subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout
        )
    else:
        said = imported(recording, argument)
    assert (said["new"], said["damaged"]) == (16, 0)


def test_damage_is_named_by_file_and_line_and_the_rest_is_imported(
    tmp_path: Path, recording: Path
) -> None:
    values = conversation(4)
    latin = json.dumps({**values[2], "cwd": "/caf\u00e9"}, ensure_ascii=False).encode("latin-1")
    path = tmp_path / "damaged.jsonl"
    path.write_bytes(
        b"\x00" * 50 + jsonl(values[:1]) + b'{"type": "user", broken\n' + b"\x00" * 9 + b"\n"
        + jsonl(values[1:2]) + latin + b"\n" + b"[1, 2]\n" + jsonl(values[3:])[:-30]
    )  # fmt: skip
    done = run("import", "-r", str(recording), str(path))
    errors = done.stderr.splitlines()
    named = [line for line in errors if line.startswith("damaged: ")]
    assert [line.split(":")[2] for line in named] == ["1", "2", "3", "6", "11"]
    assert errors[-1] == "Warning: 5 damaged parts are only named, not told."
    records = stored(recording)
    assert [r.attributes[semconv.SOURCE_PLACE] for r in records if r.name == "damage"] == [
        "line 1", "line 2", "line 3", "line 6", "line 11",
    ]  # fmt: skip
    kept = [r.ref for r in records if r.kind == "tool_call"]
    assert kept == ["c0", "c0", "c1", "c1", "c2", "c2", "c3"]
    assert any("/caf\udce9" in str(r.attributes.get(semconv.PROCESS_CWD)) for r in records)
    run("import", "-r", str(recording), "--strict", str(path), code=2)


def test_what_cannot_be_opened_or_is_no_transcript_ends_in_one_line(
    tmp_path: Path, recording: Path
) -> None:
    done = run("import", "-r", str(recording), str(tmp_path / "nothing"), code=2)
    assert done.stderr.count("\n") == 1
    assert "no such file" in done.stderr
    (tmp_path / "notes.txt").write_text("hello")
    # A large buffer is filled before anything of it is seen: what is cut must lie behind it.
    values = ({**v, "x": os.urandom(6000).hex()} for v in conversation(200))
    broken = gzip.compress(jsonl(values))
    (tmp_path / "broken.gz").write_bytes(broken[:-20_000])
    said = imported(recording, str(tmp_path / "notes.txt"), str(tmp_path / "broken.gz"))
    assert [Path(name).name for name in said["unknown"]] == ["notes.txt"]
    assert said["files"][0]["new"] > 0, "what came out of the broken archive"
    assert said["damaged"] == 1
    done = run("import", "-r", str(recording), "--format", "nonsense", "-", code=2)
    assert "claude-code" in done.stderr


def test_times_of_receipt_keep_the_order_and_are_not_the_records_own(
    tmp_path: Path, recording: Path
) -> None:
    path = tmp_path / "x.jsonl"
    values = conversation(3)
    del values[2]["timestamp"]
    path.write_bytes(jsonl(values))
    os.utime(path, (1, 1))
    imported(recording, str(path))
    records = stored(recording)
    observed = [r.observed_ns for r in records]
    assert observed == sorted(set(observed))
    assert all(r.t_ns is None or r.t_ns < r.observed_ns for r in records)
    assert [r.attributes[semconv.SOURCE_ORDINAL] for r in records] == list(range(len(records)))
    untold = [r for r in records if r.t_ns is None]
    assert len(untold) == 2
    assert {r.attributes[semconv.SOURCE_ORDER] for r in untold} == {"inferred"}
    assert {r.witness for r in records} == {Witness.TRANSCRIPT}


def test_an_import_goes_through_the_recorder_that_is_at_work(
    tmp_path: Path, recording: Path
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(jsonl(conversation(500)))
    recording.parent.mkdir()
    with Daemon.launch(recording):
        said = imported(recording, str(path))
        assert said["new"] == 1501
        assert len(stored(recording)) == 1501
        assert imported(recording, str(path))["new"] == 0
    assert verify(recording).ok


def test_an_interrupt_keeps_what_is_committed_and_a_second_run_goes_on(
    tmp_path: Path, recording: Path
) -> None:
    fifo = tmp_path / "endless"
    values = conversation(2000)
    command = [*FLIGHTLOG, "import", "-r", str(recording), "-"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    # More than what is held of the standard input before anything is read of it.
    filler = jsonl({**v, "padding": "x" * 4000} for v in values)
    process.stdin.write(filler)
    process.stdin.flush()
    while not recording.exists() or not stored(recording):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors.decode()
    kept = len(stored(recording))
    assert kept > 0
    fifo.write_bytes(filler)
    said = imported(recording, str(fifo))
    assert said["records"] == 6001
    assert said["new"] == 6001 - kept
    assert verify(recording).ok


def test_a_terminal_is_shown_how_far_it_is_how_fast_and_how_long_it_takes(
    tmp_path: Path, recording: Path
) -> None:
    hostile = tmp_path / "long\x1b[2J.jsonl"
    hostile.write_bytes(jsonl(conversation(10_000)))
    master, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    command = [*FLIGHTLOG, "import", "-r", str(recording), str(hostile)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal) as importing:
        os.close(terminal)
        written = b""
        with contextlib.suppress(OSError):  # what a terminal says when its last user has left
            while part := os.read(master, 65536):
                written += part
    os.close(master)
    assert importing.returncode == 0
    drawn, cleared = written.rsplit(b"\r\x1b[K", 1)
    bars = drawn.decode().split("\r\x1b[K")[1:]
    assert all(
        re.fullmatch(r"[█░]{20} +\d+%  [\d.]+ .?B at [\d.]+ .?B/s  \S+ left  long.*", bar)
        for bar in bars
    ), bars
    assert bars
    assert max(map(len, bars)) < 80
    assert b"\x1b[2J" not in written
    assert b"%" not in cleared


def test_a_dry_run_records_nothing_and_the_formats_are_listed(
    tmp_path: Path, recording: Path
) -> None:
    (tmp_path / "x.jsonl").write_bytes(jsonl(conversation(2)))
    done = run("import", "-r", str(recording), "--dry-run", str(tmp_path / "x.jsonl"))
    assert done.stdout == "Would import 7 records of 1 session from 1 file.\n"
    assert not recording.exists()
    listed = json.loads(run("import", "--format", "list", "--json").stdout)
    assert all(one["name"] and one["title"] and one["tested"] for one in listed)


def test_a_scan_finds_what_is_in_the_usual_places_by_content(
    own_folders: Path, recording: Path
) -> None:
    folder = own_folders / ".claude" / "projects" / "-w"
    folder.mkdir(parents=True)
    (folder / "s1.jsonl").write_bytes(jsonl(conversation(2)))
    os.utime(folder / "s1.jsonl", (1, 1))
    (folder / "notes.jsonl").write_text("{}\n")
    (folder / "empty.jsonl").touch()
    found = json.loads(run("import", "--scan", "--json").stdout)
    assert [(f["format"], f["begins"]) for f in found] == [("claude-code", "2026-11-23 06:00")]
    done = run("import", "-r", str(recording), "--scan")
    assert "--yes" in done.stderr
    assert ("notes.jsonl" in done.stderr, "empty.jsonl" in done.stderr) == (True, False)
    assert not recording.exists()
    assert run("import", "-r", str(recording), "--scan", "--yes").returncode == 0
    assert len(stored(recording)) == 7


def test_a_folder_of_many_files_and_unknown_ones(tmp_path: Path, recording: Path) -> None:
    for n in range(300):
        (tmp_path / f"{n:04}.jsonl").write_bytes(jsonl(conversation(1, f"s{n}")))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    said = imported(recording, str(tmp_path))
    assert (len(said["files"]), said["new"]) == (300, 1200)
    assert len(said["unknown"]) >= 1


def _peak_mib(path: Path, recording: Path) -> int:
    """Return the most memory that an import of a file took, as the kernel counted it."""
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc, where the kernel counts a process's memory")
    code = (
        "import sys; from tui.cli import main\n"
        "sys.argv = ['flightlog', *sys.argv[1:]]\n"
        "try: main()\n"
        # Not getrusage: its peak begins with that of the process that forked this one.
        "finally: sys.stderr.write(open('/proc/self/status').read())\n"
    )
    arguments = ["import", "-r", str(recording), str(path)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=True)
    return int(done.stderr.split(b"VmHWM:")[1].split()[0]) >> 10


def test_a_line_of_fifty_megabytes_is_imported_in_bounded_memory(
    tmp_path: Path, recording: Path
) -> None:
    values = conversation(2)
    values[1]["message"]["content"][0]["content"] = 'line \u2713 \\ "quoted"\n' * 2_700_000
    path = tmp_path / "wide.jsonl"
    path.write_bytes(jsonl(values))
    assert path.stat().st_size > 50_000_000
    assert _peak_mib(path, recording) < 300
    (result,) = [r for r in stored(recording) if r.ref == "c0" and r.phase == "end"]
    with Recording.open(recording) as opened:
        digest = result.blobs[semconv.GEN_AI_TOOL_RESULT].digest
        kept = (opened.blob(digest) or b"").decode()
    assert kept.startswith('line \u2713 \\ "quoted"\n' * 1000)
    assert "bytes were left out]" in kept[-60:]
    assert len(stored(recording)) == 7


@given(st.text(max_size=60), st.integers(1, 7), st.integers(5, 30))
def test_cutting_long_strings_leaves_valid_json_and_short_ones_alone(
    text: str, step: int, limit: int
) -> None:
    value = {"a": text, "b": ["x", {"c": text + '"\\'}], "short": "yes"}
    written = json.dumps(value, ensure_ascii=bool(step % 2)).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "MAX_STRING", limit)
        trimmer = Trimmer()
        pieces = [trimmer.feed(written[i : i + step]) for i in range(0, len(written), step)]
        patch.setattr(json_text, "CHUNK", step)
        assert trimmed(io.BytesIO(written), 10**6) == b"".join(pieces)
    back = json.loads(b"".join(pieces).decode("utf-8", "surrogatepass"))
    assert back["short"] == "yes"
    raw = json.dumps(text, ensure_ascii=bool(step % 2)).encode("utf-8", "surrogatepass")[1:-1]
    if len(raw) <= limit:
        assert back["a"] == text
    else:
        beginning, _, mark = back["a"].rpartition("…[")
        assert text.startswith(beginning)
        assert mark.endswith("bytes were left out]")


def test_lines_are_read_as_they_come_not_all_at_once() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b'{"a": "%s"}\n' % (b"x" * 1000)

    content = b"".join(line for line, _ in zip(endless(), range(20_000), strict=False))
    tracemalloc.start()
    count = sum(isinstance(line, Line) for line in lines(in_memory(content)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 2_000_000
