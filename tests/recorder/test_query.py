"""`flightlog query`: a person's own SQL, which harms nothing and can be called off."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command_line import flightlog
from tests.recorder.factories import record, write

ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) n FROM c"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "flight.db"
    write(path, [record() for _ in range(3)])
    return path


def test_a_query_that_never_ends_is_ended_by_ctrl_c(recording: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from tui.cli import main; main()",
         "query", "-r", str(recording), ENDLESS],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        computing(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def computing(pid: int) -> None:
    """Wait until the thread of the query has worked for a second: all is imported by then."""
    for _ in range(600):
        threads = Path(f"/proc/{pid}/task")
        worked = [
            int((task / "stat").read_text().rpartition(")")[2].split()[11])
            for task in threads.iterdir()
            if task.name != str(pid)
        ]
        if worked and max(worked) > os.sysconf("SC_CLK_TCK"):
            return
        time.sleep(0.1)
    raise AssertionError("the query never began")


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM records", "ATTACH 'other.db' AS o", "PRAGMA user_version = 3",
     "SELECT 1; SELECT 2", "", "SELECT nothing", "SELECT load_extension('x')"],
)  # fmt: skip
def test_what_is_no_question_is_one_clear_line_and_changes_nothing(
    recording: Path, sql: str
) -> None:
    before = recording.read_bytes()
    done = flightlog("query", "-r", recording, sql)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the query failed: ")
    assert done.stderr.count("\n") == 1
    assert recording.read_bytes() == before


def test_a_recording_on_read_only_media_can_be_asked(recording: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cd"
    folder.mkdir()
    shutil.copy(recording, folder / "flight.db")
    folder.chmod(0o555)
    (folder / "flight.db").chmod(0o444)
    # Root may write anywhere: as nobody the folder is truly read-only.
    done = flightlog("query", "-r", folder / "flight.db", "SELECT count(*) n FROM v_records")
    folder.chmod(0o755)
    assert json.loads(done.stdout) == [{"n": 3}], done


def test_the_answer_is_json_or_csv(recording: Path) -> None:
    sql = "SELECT kind, count(*) n FROM v_records GROUP BY kind ORDER BY kind"
    rows = json.loads(flightlog("query", "-r", recording, sql).stdout)
    table = flightlog("query", "-r", recording, "--format", "csv", sql).stdout
    assert table.splitlines() == ["kind,n", *(f"{row['kind']},{row['n']}" for row in rows)]
