"""What is declared once all is stored, and nobody records any more, stands nowhere either."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from recorder import semconv
from recorder.client import Client
from recorder.commands.credential import command
from recorder.daemon import Daemon
from recorder.reader import Recording
from recorder.verify import verify
from tests.recorder.test_declared import at_rest, recorded, told

VALUES = [
    "kx/7Qm+pL2vR9tZw4Ns8",
    "q\"u\\o'te&<é>ö 9",
    "plumbob-horsewick",
    "tandrel mosswick 77 oaken",
    "83920174",
]
WRITTEN: dict[str, Callable[[str], str]] = {
    "bare": str,
    "base64": lambda v: base64.b64encode(f"user:{v}".encode()).decode(),
    "hex": lambda v: v.encode().hex(),
    "percent": lambda v: quote(v, safe=""),
    "reversed": lambda v: v[::-1],
}


def declare(path: Path, value: str, name: str = "found later") -> Result:
    arguments = ["add", name, "--stdin", "-r", str(path)]
    return CliRunner().invoke(command, arguments, input=value)


def results(path: Path) -> list[str]:
    with Recording.open(path) as recording:
        said = [record.attributes for record in recording.records()]
    return [str(a[semconv.GEN_AI_TOOL_RESULT]) for a in said if semconv.GEN_AI_TOOL_RESULT in a]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("written", WRITTEN)
def test_what_is_declared_with_no_recorder_is_sealed_in_what_is_stored(
    written: str, value: str, tmp_path: Path
) -> None:
    path = tmp_path / "flight.db"
    form = WRITTEN[written](value)
    recorded(path, told(f"is it {form} there?"), told("it is not"))
    assert form in results(path)[0]
    done = declare(path, value)
    assert done.exit_code == 0
    assert f"sealed in 1 record of {path}" in done.output
    assert form not in results(path)[0]
    assert form.encode() not in at_rest(tmp_path)
    with Recording.open(path) as recording:
        seals = [seal for record in recording.records() for seal in record.seals]
    assert len({seal.fingerprint for seal in seals}) == 1
    assert verify(path).ok
    assert "no record of" in declare(path, value, "again").output


def test_what_waits_in_the_spool_is_sealed_too(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    client = Client(path)
    assert not client.submit(told(f"is it {VALUES[0]}?")), "there is no recorder"
    client.close()
    assert VALUES[0].encode() in at_rest(tmp_path)
    assert declare(path, VALUES[0]).exit_code == 0
    assert VALUES[0].encode() not in at_rest(tmp_path)


def test_a_recorder_that_runs_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, told(f"is it {VALUES[0]} there?"))
    with Daemon.launch(path):
        done = declare(path, VALUES[0])
    assert "the running recorder knows it from now on" in done.output
    assert VALUES[0].encode() not in at_rest(tmp_path)


def test_a_recording_that_is_not_there_is_not_begun(tmp_path: Path) -> None:
    assert declare(tmp_path / "flight.db", VALUES[0]).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_looked_through_is_told_and_the_value_is_declared(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    path.write_text("no recording")
    done = declare(path, VALUES[0])
    assert done.exit_code == 0
    assert "declared found later" in done.output
    assert "was not looked through" in done.output
    assert path.read_text() == "no recording"
