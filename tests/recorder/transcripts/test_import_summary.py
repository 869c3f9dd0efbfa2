"""What an import says at its end is true, also where it was interrupted or found little."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analyzer.commands.sessions import command as sessions
from recorder import semconv
from recorder.commands.import_ import command
from recorder.commands.verify import command as verify
from recorder.errors import FlightlogError
from recorder.model import Kind, Phase, Record
from recorder.reader import Recording
from recorder.store import Store
from recorder.transcripts.handing import Hand
from recorder.transcripts.progress import Progress
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling
from tests.recorder.transcripts.reading import jsonl


def prompts(count: int, session: str = "s") -> bytes:
    """Return the lines of a session."""
    return jsonl(
        {"type": "user", "sessionId": session, "uuid": f"{session}{n}",
         "message": {"role": "user", "content": f"say {n}"}}
        for n in range(count)
    )  # fmt: skip


def ran(recording: Path, *arguments: str) -> Result:
    """Return what an import in this process came to."""
    return CliRunner().invoke(command, ["-r", str(recording), *arguments])


def committed(recording: Path) -> int:
    """Return how many imported records a recording has."""
    with Recording.open(recording) as opened:
        return sum(bool(record.session) for record in opened.records())


def test_an_interrupted_import_counts_what_it_committed_of_the_file_in_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "rec" / "flight.db"
    (tmp_path / "a.jsonl").write_bytes(prompts(50, "first"))
    (tmp_path / "b.jsonl").write_bytes(prompts(3000, "second"))
    files = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    seen = 0

    def interrupt(_self: Progress, source: Source, _read: int) -> None:
        nonlocal seen
        seen += source.name.endswith("b.jsonl")
        if seen == 1500 and source.name.endswith("b.jsonl"):
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "watch", interrupt)
    stopped = ran(recording, *files)
    assert stopped.exit_code == 130
    assert stopped.stdout == (
        "Imported 1552 records of 2 sessions from 2 files: 1552 new, 0 there already.\n"
        f"See them: flightlog sessions -r {recording}\n"
    )
    assert committed(recording) == 1552
    seen = 0
    again = ran(recording, "--json", *files)
    told = json.loads(again.stdout)
    assert (told["stopped"], told["records"], told["new"]) == (True, 1552, 0)
    assert json.loads(ran(recording, "--json", *files).stdout)["new"] == 3052 - 1552


def test_what_small_files_tell_is_handed_over_together_and_counted_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    give = Hand.give

    def watched(self: Hand, records: Sequence[Record]) -> set[str]:
        given.append(len(records))
        return give(self, records)

    monkeypatch.setattr(Hand, "give", watched)
    folder, recording = tmp_path / "files", tmp_path / "flight.db"
    folder.mkdir()
    for number in range(30):
        # Every third says what the first one does.
        (folder / f"{number:02}.jsonl").write_bytes(prompts(9, f"s{number * (number % 3 > 0)}"))
    told = json.loads(ran(recording, "--json", str(folder)).stdout)
    assert given == [300]
    assert [f["records"] for f in told["files"]] == [10] * 30
    assert [f["new"] for f in told["files"]] == [10, 10, 10, *[0, 10, 10] * 9]
    assert committed(recording) == told["new"] == 210
    (folder / "30.jsonl").write_bytes(prompts(12, "s1"))
    told = json.loads(ran(recording, "--json", str(folder)).stdout)
    assert [f["new"] for f in told["files"]] == [0] * 30 + [3]


@pytest.mark.parametrize("name", ["har", "messages", "otlp", "aider", "cursor"])
def test_a_format_that_is_asked_for_and_not_there_is_damage(name: str, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(prompts(2))
    arguments = ["--format", name, str(tmp_path / "x.jsonl")]
    done = ran(tmp_path / "flight.db", "--dry-run", *arguments)
    assert f"x.jsonl: nothing of the format {name} is in it" in done.stderr
    assert "Warning: " in done.stderr
    assert ran(tmp_path / "flight.db", "--strict", "--dry-run", *arguments).exit_code == 2
    (tmp_path / "x.jsonl").write_bytes(b"")
    assert "nothing of the format" in ran(tmp_path / "f.db", "--dry-run", *arguments).stderr


def test_what_is_skipped_is_a_warning_and_the_help_says_what_it_costs(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    done = ran(tmp_path / "flight.db", "--dry-run", str(tmp_path / "empty.jsonl"))
    assert done.exit_code == 0
    assert "Warning: 1 file of no known format was skipped" in done.stderr
    (tmp_path / "notes.txt").write_text("hello")
    assert "2 files" in ran(tmp_path / "flight.db", "--dry-run", str(tmp_path)).stderr
    said = " ".join(CliRunner().invoke(command, ["--help"]).stdout.split())
    assert "damaged or skipped" in said
    assert "no terminal to ask on, --yes is needed" in said


def test_a_full_disk_is_said_once_with_the_count_and_shown_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording = tmp_path / "rec" / "flight.db"
    (tmp_path / "a.jsonl").write_bytes(prompts(20))
    (tmp_path / "b.jsonl").write_bytes(prompts(9000, "second"))
    assert ran(recording, str(tmp_path / "a.jsonl")).exit_code == 0
    opened = Store.open

    def small(path: Path, *, durability: str) -> Store:
        store = opened(path, durability=durability)
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 4}")
        return store

    with monkeypatch.context() as patch:
        patch.setattr(Store, "open", small)
        full = ran(recording, str(tmp_path / "b.jsonl"))
    assert [r.getMessage() for r in caplog.records if "not writable" in r.getMessage()] == [
        "recording not writable (SQLITE_FULL): records go to the spool"
    ]
    assert isinstance(full.exception, FlightlogError)
    failed = int(re.search(r"(\d+) records could not be committed", str(full.exception))[1])  # type: ignore[index]  # or the test fails
    assert 8000 < failed <= 9001
    assert f"{failed} of them wait in the spool" in str(full.exception)
    for command_of in (sessions, verify):
        said = CliRunner().invoke(command_of, ["-r", str(recording)])
        assert said.exit_code == 0
        waiting = re.search(r"(\d+) records wait in the spool beside the recording", said.stderr)
        assert waiting is not None
        # The recorder's own records wait there too.
        assert failed <= int(waiting[1]) < failed + 20
    assert json.loads(CliRunner().invoke(verify, ["-r", str(recording), "--json"]).stdout)[
        "waiting"
    ]
    assert ran(recording, str(tmp_path / "b.jsonl")).exit_code == 0
    assert committed(recording) == 9022
    assert "spool" not in CliRunner().invoke(sessions, ["-r", str(recording)]).stderr


@pytest.mark.parametrize("wrong", [-5, 2.5, "7", True])
def test_what_is_no_amount_is_not_counted_and_kept_as_it_was_told(wrong: Any) -> None:
    telling = Telling("claude-code", "s", "none")
    attributes = {semconv.GEN_AI_INPUT_TOKENS: wrong, semconv.GEN_AI_OUTPUT_TOKENS: 3}
    told = telling.record(Kind.MODEL_CALL, "m", Phase.WHOLE, "k", None, attributes).attributes
    assert semconv.GEN_AI_INPUT_TOKENS not in told
    assert told[semconv.GEN_AI_OUTPUT_TOKENS] == 3
    assert json.loads(str(told[semconv.RAW])) == {semconv.GEN_AI_INPUT_TOKENS: wrong}


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_the_session_that_is_offered_is_there_also_where_its_id_was_a_cookie(
    cut: int, tmp_path: Path
) -> None:
    session = "7c1d9a52-3b1d-4e63-9d6a-0c3f5b7d1e99"
    lines = prompts(3, session).replace(b"say 1", f"Cookie: session_id={session}".encode())
    path, recording = tmp_path / "x.jsonl", tmp_path / "flight.db"
    path.write_bytes(b"".join(lines.splitlines(keepends=True)[:cut]))
    assert ran(recording, str(path)).exit_code == 0
    path.write_bytes(lines)
    offered = re.search(r"flightlog replay (\S+)", ran(recording, str(path)).stdout)
    assert offered is not None
    with Recording.open(recording) as opened:
        assert opened.session(offered[1]).records == 4
    assert CliRunner().invoke(verify, ["-r", str(recording)]).exit_code == 0
