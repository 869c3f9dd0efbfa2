"""However settings are written, so they stay: comments, trailing commas, dotted keys."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from recorder.capture.hook.settings.json_edits import read
from recorder.capture.hook.settings.table import SETTINGS
from tests.recorder.hook.settings_files import JSON_OF, OWN, Run, files_below, put

GUARD = '[{ hooks = [{ type = "command", command = "guard.sh" }] }]'
TOML = {
    "dotted": 'model = "x"\notel.environment = "home" # where\notel.log_user_prompt = false\n',
    "dotted hooks": f'hooks.PreToolUse = {GUARD} # mine\nhooks.Stop = []\nmodel = "x"\n',
    "dotted deep": 'otel.trace.a.b = 1 # deep\nhooks.state.x.hash = "h"\nmodel = "x"\n',
    "dotted then headed": f'hooks.Stop = {GUARD}\n[otel.trace] # below\nx = 1\n[b]\nc.d = 2\n',
    "quoted": f'"otel"."environment" = "x" # "q"\n\'hooks\'.Stop = {GUARD}\n',
    "in one line": f'otel = {{ environment = "home" }} # c\nhooks = {{ Stop = {GUARD} }}\n',
    "in a table": f"[hooks] # ours\nPreToolUse = {GUARD} # mine\n[hooks.x]\ny = 1\n",
    "in pieces": '[otel]\nenvironment = "a"\n[b]\nc = 1\n[otel.trace]\nx = "y"\n[hooks.state]\n',
}  # fmt: skip


def commented(agent: str) -> str:
    """Return an agent's settings with a comment in every line, and trailing commas."""
    lines = json.dumps(json.loads(OWN[agent]), indent=3, ensure_ascii=False).splitlines()
    said = [
        f"{line if line.endswith(('{', '[', ',')) or number == len(lines) else f'{line},'}"
        f' // note {number} of {agent}: "[" }}'
        for number, line in enumerate(lines, 1)
    ]
    return "\n".join(["/* above */", *said, "// below", ""])


def toml_of(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


@pytest.mark.parametrize("agent", JSON_OF)
def test_comments_of_every_line_stay_and_go_back_to_the_byte(
    agent: str, run: Run, own_folders: Path
) -> None:
    given = commented(agent)
    path = put(own_folders, agent, given.encode())
    before = files_below(own_folders)
    assert run("install", agent, "--yes").code == 0
    text = path.read_text()
    notes = [line.partition("//")[2] for line in given.splitlines()]
    assert not [note for note in notes if note not in text]
    assert "/* above */" in text
    wired = read(text)
    assert wired != json.loads(OWN[agent])
    assert json.loads(OWN[agent]).items() <= {**wired, **_containers(agent)}.items()
    installed = files_below(own_folders)
    assert run("install", agent, "--yes").out == ""
    assert files_below(own_folders) == installed
    assert run("uninstall", agent, "--yes").code == 0
    assert files_below(own_folders) == before


def _containers(agent: str) -> dict[str, Any]:
    """Return the settings of the user's that ours are put into."""
    return {k: v for k, v in json.loads(OWN[agent]).items() if k in {"hooks", "env", "telemetry"}}


@pytest.mark.parametrize("agent", JSON_OF)
def test_of_commented_settings_edited_meanwhile_ours_go_and_every_comment_stays(
    agent: str, run: Run, own_folders: Path
) -> None:
    given = commented(agent)
    path = put(own_folders, agent, given.encode())
    run("install", agent, "--yes")
    path.write_text(path.read_text() + "// later\n")
    assert run("uninstall", agent, "--yes").code == 0
    text = path.read_text()
    assert read(text) == json.loads(OWN[agent])
    assert not [line for line in given.splitlines() if line.partition("//")[2] not in text]
    assert text.endswith("// later\n")


@pytest.mark.parametrize("manner", TOML)
def test_toml_in_any_manner_is_wired_once_and_goes_back_to_the_byte(
    manner: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, "codex", TOML[manner].encode())
    before = files_below(own_folders)
    assert run("install", "codex", "--yes").code == 0
    own, wired = tomllib.loads(TOML[manner]), toml_of(path)
    assert "exporter" in wired["otel"]
    assert all("client.py" in str(wired["hooks"][event][-1]) for event in ("Stop", "PreToolUse"))
    assert all(wired["otel"][name] == value for name, value in own.get("otel", {}).items())
    assert not [line for line in TOML[manner].splitlines() if not _stands(line, path)]
    assert run("install", "codex", "--yes").out == ""
    assert run("uninstall", "codex", "--yes").code == 0
    assert files_below(own_folders) == before


@pytest.mark.parametrize("manner", TOML)
def test_of_toml_in_any_manner_edited_meanwhile_ours_go(
    manner: str, run: Run, own_folders: Path
) -> None:
    path = put(own_folders, "codex", TOML[manner].encode())
    run("install", "codex", "--yes")
    path.write_text(path.read_text() + "\n# later\n[zz]\nq = 1\n")
    assert run("uninstall", "codex", "--yes").code == 0
    assert toml_of(path) == {**tomllib.loads(TOML[manner]), "zz": {"q": 1}}
    assert not [line for line in TOML[manner].splitlines() if not _stands(line, path)]
    assert "# later" in path.read_text()


def _stands(line: str, path: Path) -> bool:
    """Tell whether a line's comment is there, or its key where it has none."""
    return (line.partition("#")[2] or line.partition("=")[0].strip()) in path.read_text()


@pytest.mark.parametrize("agent", SETTINGS)
@pytest.mark.parametrize(
    "endpoints", [["http://127.0.0.1:1"], ["http://127.0.0.1:1", "http://a:2"]]
)
def test_folders_that_were_made_go_again_and_others_stay(
    agent: str, endpoints: list[str], run: Run, own_folders: Path
) -> None:
    mine = own_folders / "project"
    (mine / "kept").mkdir(parents=True)
    for endpoint in endpoints:
        wired = run("install", agent, "--yes", "--project", str(mine), "--endpoint", endpoint)
        assert wired.code == 0
    assert any(path.is_file() for path in mine.rglob("*"))
    assert run("uninstall", agent, "--yes", "--project", str(mine)).code == 0
    assert [path.name for path in mine.rglob("*")] == ["kept"]
