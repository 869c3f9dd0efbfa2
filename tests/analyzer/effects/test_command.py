"""`flightlog effects`, as people and programs run it."""

from __future__ import annotations

import json
import subprocess
import sys

from click.testing import CliRunner

from analyzer.commands.effects import command

RUN = [sys.executable, "-c", "from tui.cli import main; main()", "effects"]


def test_json_lines_are_answered_one_by_one_and_bad_ones_named() -> None:
    lines = "\n".join([
        json.dumps({"id": "a", "surface": "shell", "text": "rm -rf ~"}),
        "no json",
        json.dumps({"id": "b", "surface": "telepathy", "text": "x"}),
        json.dumps({"id": "c", "surface": "sql", "text": "SELECT 1", "cwd": None, "host": None}),
        json.dumps({"id": "d", "surface": "shell", "text": "frobnicate"}),
    ])  # fmt: skip
    done = subprocess.run(
        [*RUN, "--jsonl"], input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == ["a", "c", "d"]
    assert [a["destructive"] for a in answers] == [True, False, None]
    assert set(answers[0]) == {"id", "effect", "destructive", "same_domain", "reasons"}
    assert answers[0]["effect"] == "D1"
    assert "line 2" in done.stderr
    assert "line 3: surface 'telepathy'" in done.stderr
    assert done.returncode == 2


def test_one_text_is_told_for_people_and_for_programs() -> None:
    told = CliRunner().invoke(command, [], input='rm -rf "$BUILD/"')
    assert "effect        D1" in told.stdout
    assert "$BUILD/ is / if its variable is empty" in told.stdout
    shown = CliRunner().invoke(command, ["--surface", "sql", "--json"], input="DROP TABLE x")
    document = json.loads(shown.stdout)
    assert (document["effect"], document["bulk"]) == ("D1", "all")


def test_escapes_in_a_command_do_not_reach_the_terminal() -> None:
    told = CliRunner().invoke(command, [], input="rm -rf '/srv/\x1b[2J'")
    assert "\x1b" not in told.stdout
