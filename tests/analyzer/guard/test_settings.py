"""The guard's settings: what a person sets, and one clear line for what cannot be understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.commands.guard import command
from analyzer.guard.settings_file import GATES, read_settings
from recorder.errors import FlightlogError
from recorder.guarding.place import Mode, mode_of, settings_path


def run(recording: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, [*arguments, "-r", str(recording)])
    return done.exit_code, done.output


def test_controls_are_turned_on_one_by_one_and_only_observe_at_first(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    assert read_settings(path).mode is Mode.OFF
    assert run(path, "on", "tempo")[0] == 0
    assert (mode_of(path), read_settings(path).controls) == (Mode.OBSERVE, ("tempo",))
    run(path, "on", "approval", "--enforce", "--host", "*.example.com", "--root", str(tmp_path))
    chosen = read_settings(path)
    assert (chosen.mode, chosen.controls) == (Mode.ENFORCE, ("approval", "tempo"))
    assert chosen.settings.hosts == ("*.example.com",)
    assert chosen.settings.roots == (str(tmp_path),)
    code, text = run(path, "status", "--json")
    assert json.loads(text)["controls"] == ["approval", "tempo"]
    assert json.loads(text)["answers"] is False
    run(path, "off", "approval")
    assert read_settings(path).controls == ("tempo",)
    run(path, "on", "all")
    assert read_settings(path).controls == GATES
    code, text = run(path, "status")
    assert (code, text.count("  on ")) == (0, len(GATES))
    run(path, "off")
    assert not settings_path(path).exists()


def test_what_is_no_control_is_refused(tmp_path: Path) -> None:
    code, text = run(tmp_path / "flight.db", "on", "pitr")
    assert code == 2
    assert "no control is called 'pitr'" in text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "line 1"),
        ("[]", "no JSON object"),
        ('{"mode": "perhaps"}', "not observe or enforce"),
        ("{}", "not observe or enforce"),
        ('{"mode": "observe", "controls": ["x"]}', "no control 'x'"),
        ('{"mode": "observe", "controls": "tempo"}', "no list of texts"),
        ('{"mode": "observe", "burst": 0}', "above zero"),
        ('{"mode": "observe", "reaction_seconds": true}', "above zero"),
        ('{"modus": 1}', "nothing is called 'modus'"),
    ],
)
def test_settings_that_cannot_be_understood_name_what_is_wrong(
    tmp_path: Path, text: str, part: str
) -> None:
    path = tmp_path / "flight.db"
    settings_path(path).write_text(text)
    with pytest.raises(FlightlogError, match=part) as caught:
        read_settings(path)
    assert "flightlog guard on" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_limits_are_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    text = '{"mode": "enforce", "reaction_seconds": 2.5, "burst": 7, "approval_seconds": 60}'
    settings_path(path).write_text(text)
    settings = read_settings(path).settings
    assert (settings.reaction_ns, settings.burst, settings.approval_ns) == (
        2_500_000_000, 7, 60_000_000_000,
    )  # fmt: skip
