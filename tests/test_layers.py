"""The rooms stay apart: in the import graph and, which is not the same, at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("pandas", "numpy", "textual", "rich", "sqlite_utils", "mitmproxy", "graphql")


def loaded(statement: str) -> set[str]:
    """Return which of the heavy packages a statement loads in a fresh interpreter."""
    program = f"{statement}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")[-2].split())


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "import recorder",
        "import recorder; recorder.start, recorder.session, recorder.tool",
        "import recorder.service, recorder.client, recorder.store, recorder.reader",
        "from recorder.capture.proxy import launch",
    ],
)
def test_recording_loads_nothing_heavy_into_an_agent(statement: str) -> None:
    assert loaded(statement) == set()


def test_an_agent_that_records_loads_nothing_heavy_either(tmp_path: Path) -> None:
    program = (
        f"import recorder\nrecorder.start({str(tmp_path / 'flight.db')!r})\n"
        "@recorder.tool\ndef f(): return 1\n"
        "with recorder.session(): f()\n"
        "recorder.stop()"
    )
    assert loaded(program) == set()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["verify", "--help"], ["bogus"], ["verify", "no.db"]]
)
def test_the_command_line_loads_what_it_needs_and_no_more(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom tui.cli import main\n"
        f"sys.argv = ['flightlog', *{arguments!r}]\n"
        "try: main()\nexcept SystemExit: pass"
    )
    assert loaded(program) == set()


def test_the_analyzer_is_headless() -> None:
    assert "textual" not in loaded("import analyzer.analysis, analyzer.state, analyzer.timeline")


def test_no_module_has_grown_two_subjects() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for folder in ("recorder", "analyzer", "tui", "samples")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
