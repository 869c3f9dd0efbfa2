"""A format that another package brings by its entry point is told, behind all of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
from recorder.model import Kind, Phase
from recorder.transcripts.format import Entry, Format
from recorder.transcripts.telling import Telling

def read(source):
    telling = Telling("other", "other-session", "none")
    yield Entry([telling.begin("begin", None)], 1, 0)

FORMAT = Format(name="NAME", title="Other", tested=("1",), read=read,
                recognises=lambda source: source.head.startswith(b"OTHER"))
NO_FORMAT = 1
"""
CLAUDE = (
    '{"type":"user","sessionId":"s1","uuid":"u1","message":{"role":"user","content":"go on"}}\n'
)
IMPORT = "import sys; from tui.cli import main; sys.argv[:1] = ['flightlog', 'import']; main()"


def imported(
    folder: Path, content: str, *, name: str = "other", entry: str = "FORMAT"
) -> subprocess.CompletedProcess[str]:
    about = folder / "other_agent-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other-agent\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        f"[flightlog.transcripts]\nother = other_agent:{entry}\n"
    )
    (folder / "other_agent.py").write_text(MODULE.replace("NAME", name))
    (folder / "log").write_text(content)
    return subprocess.run(
        [sys.executable, "-c", IMPORT, str(folder / "log"), "--dry-run", "--json"],
        env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_it_reads_what_it_recognises(tmp_path: Path) -> None:
    done = imported(tmp_path, "OTHER\n")
    assert '"format": "other"' in done.stdout, done.stderr


def test_none_takes_the_name_of_one_of_ours(tmp_path: Path) -> None:
    done = imported(tmp_path, "OTHER\n", name="codex")
    assert '"format": "codex"' not in done.stdout, done.stderr


@pytest.mark.parametrize(("content", "code"), [(CLAUDE, 0), ("OTHER\n", 2)])
def test_what_is_no_format_is_named_where_it_is_reached(
    tmp_path: Path, content: str, code: int
) -> None:
    done = imported(tmp_path, content, entry="NO_FORMAT")
    assert done.returncode == code, done.stderr
    assert ("is no Format" in done.stderr) == bool(code)
