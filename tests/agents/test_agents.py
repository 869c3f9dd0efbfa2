"""Real agents, each tool call seen by two witnesses at least: `pytest -m agents`.

Needs npm, and minutes: not part of the usual run. What it measured last stands in docs/agents.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.capture.otlp.launch import start_receiver
from recorder.model import Kind, Witness
from tests.agents.clis import CLIS, Cli
from tests.agents.conftest import COMMANDS, FLIGHTLOG, SECRET, Ground

pytestmark = [pytest.mark.agents, pytest.mark.timeout(600)]

each_agent = pytest.mark.parametrize("cli", CLIS, ids=[cli.name for cli in CLIS])


def settings_of(home: Path) -> dict[str, bytes]:
    """The files that configure agents, for a person: none of what they keep for themselves."""
    names = (
        ".codex/config.toml", ".gemini/settings.json", "config/opencode/opencode.json",
        ".claude/settings.json", ".copilot/hooks/flightlog.json",
    )  # fmt: skip
    return {name: (home / name).read_bytes() for name in names if (home / name).exists()}


def report(ground: Ground, how: str) -> None:
    """Print what the table in docs/agents.md says (pytest -rP shows it)."""
    seen = {"declared": ground.witnesses(), "seen besides": ground.others()}
    said = {key: [sorted(who) for who in value] for key, value in seen.items()}
    print(f"{ground.cli.name} {ground.version}, {how}: {json.dumps(said)}")  # noqa: T201 - the result


def check(ground: Ground) -> None:
    witnesses = ground.witnesses()
    assert all(len(who) >= 2 for who in witnesses), witnesses
    assert ground.times_started(Witness.HOOK) == [1] * len(COMMANDS)
    assert SECRET.encode() not in ground.bytes_at_rest()


@each_agent
def test_under_run_each_call_has_two_witnesses_and_no_settings_change(
    cli: Cli, arena: Callable[[Cli], Ground]
) -> None:
    ground = arena(cli)
    before = settings_of(ground.home)
    command = [FLIGHTLOG, "run", "-r", str(ground.recording), "--"]
    done = ground.run([*command, ground.program, *cli.arguments])
    assert done.returncode == 0, done.stderr[-2000:]
    report(ground, "flightlog run")
    check(ground)
    assert settings_of(ground.home) == before


@each_agent
def test_once_installed_each_call_has_two_witnesses(
    cli: Cli, arena: Callable[[Cli], Ground]
) -> None:
    ground = arena(cli)
    before = settings_of(ground.home)
    with start_receiver(ground.recording) as receiver:
        wiring = ["--endpoint", receiver.http, "-r", str(ground.recording)]
        done = ground.run([FLIGHTLOG, "install", cli.name, "--yes", *wiring])
        assert done.returncode == 0, done.stderr
        told = {name: value.format(otlp=receiver.http) for name, value in cli.telemetry.items()}
        # Codex takes the switch before its subcommand.
        command = [ground.program, *cli.after_install, *cli.arguments]
        done = ground.run(command, **told)
        assert done.returncode == 0, done.stderr[-2000:]
    report(ground, "flightlog install")
    check(ground)
    ground.run([FLIGHTLOG, "uninstall", cli.name, "--yes"])
    assert settings_of(ground.home) == before


@each_agent
def test_an_agent_that_is_installed_and_run_has_each_call_once(
    cli: Cli, arena: Callable[[Cli], Ground]
) -> None:
    ground = arena(cli)
    elsewhere = str(ground.home / "elsewhere.db")
    done = ground.run([FLIGHTLOG, "install", cli.name, "--yes", "-r", elsewhere])
    assert done.returncode == 0, done.stderr
    command = [FLIGHTLOG, "run", "-r", str(ground.recording), "--", ground.program]
    done = ground.run([*command, *cli.after_install, *cli.arguments])
    assert done.returncode == 0, done.stderr[-2000:]
    check(ground)


def test_a_command_that_a_skill_runs_while_it_loads_is_declared(
    arena: Callable[[Cli], Ground],
) -> None:
    # No call of the model's: its only hook is an event that older versions do not have.
    ground = arena(CLIS[0])
    skill = ground.workspace / ".claude/skills/look/SKILL.md"
    skill.parent.mkdir(parents=True)
    skill.write_text("---\nname: look\ndescription: looks\n---\nHere: !`echo by-the-skill`\n")
    command = [FLIGHTLOG, "run", "-r", str(ground.recording), "--", ground.program]
    done = ground.run([*command, "-p", "/look", "--allowedTools", "Bash"])
    assert done.returncode == 0, done.stderr[-2000:]
    calls = [r for r in ground.records() if r.kind is Kind.TOOL_CALL]
    said = {r.witness for r in calls if "by-the-skill" in str(dict(r.attributes))}
    assert said == {Witness.HOOK}
    check(ground)
