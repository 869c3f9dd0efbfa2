"""The scripted agent against the sample cloud: real commands, real deletion, real recording."""

from __future__ import annotations

import importlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recorder.model import Kind, Phase, StoredRecord
from recorder.reader import Recording
from tests.samples.conftest import SAMPLE, RunningCloud, StartCloud, end, launch

SPEED = 4.5
NINE_SECONDS = 9.0 / SPEED
CLOCK_STEP = 0.05
"""The agent waits by the monotonic clock, its records are stamped by the wall clock."""
PATIENCE = 60.0
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """Return an environment without this machine's proxies and the user's own folders."""
    dropped = {"PYTHONPATH", "TRACEPARENT", *PROXY_VARIABLES, *map(str.lower, PROXY_VARIABLES)}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"HOME": str(home), "FLIGHTLOG_KEYS": str(home / "keys"), **extra}


def lay_out(workspace: Path, ready: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, SAMPLE / "workspace.py", "--workspace", workspace],
        input=json.dumps(ready),
        text=True,
        check=True,
        timeout=PATIENCE,
    )


def run_agent(
    workspace: Path, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SAMPLE / "agent.py", "--workspace", workspace, *options],
        env=clean_environment(workspace.parent, **environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@dataclass(frozen=True)
class Played:
    """A story that ran to its end."""

    ready: dict[str, str]
    folder: Path
    agent: subprocess.CompletedProcess[str]
    held_before: list[str]
    records: list[StoredRecord]

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def starts(self) -> list[StoredRecord]:
        """Everything that began, in order: prompts, turns, calls."""
        return [r for r in self.records if r.phase in {Phase.START, Phase.POINT}]

    def calls(self, tool: str) -> list[StoredRecord]:
        return [r for r in self.starts if r.kind is Kind.TOOL_CALL and r.name == tool]

    def end_of(self, start: StoredRecord) -> StoredRecord:
        (found,) = [r for r in self.records if r.phase is Phase.END and r.ref == start.ref]
        return found

    def result(self, start: StoredRecord) -> str:
        return str(self.end_of(start).attributes["gen_ai.tool.call.result"])

    def command(self, start: StoredRecord) -> str:
        return str(json.loads(str(start.attributes["gen_ai.tool.call.arguments"]))["command"])

    def bash(self, part: str) -> StoredRecord:
        (found,) = [r for r in self.calls("Bash") if part in self.command(r)]
        return found

    @property
    def refused(self) -> StoredRecord:
        return self.bash("variables(")

    @property
    def deletion(self) -> StoredRecord:
        return self.bash("volumeDelete")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("played")
    cloud = launch(folder / "cloud", "--tls", "--speed", str(SPEED))
    lay_out(folder / "workspace", cloud.ready)
    # A witness of what children get from the agent's environment.
    check = folder / "workspace" / "services" / "api" / "check-config.sh"
    seen = folder / "traceparents"
    check.write_text(
        check.read_text().replace("set -eu\n", f'echo "$TRACEPARENT" >> "{seen}"\nset -eu\n')
    )
    held = [p.name for p in sorted(cloud.volume_folder.rglob("*.sqlite"))]
    agent = run_agent(
        folder / "workspace",
        "--speed",
        str(SPEED),
        CURL_CA_BUNDLE=cloud.ready["ca"],
        FLIGHTLOG_RECORDING=str(folder / "flight.db"),
    )
    assert agent.returncode == 0, agent.stderr
    with Recording.open(folder / "flight.db") as recording:
        (session,) = recording.sessions()
        records = list(recording.records(session=session.id))
    yield Played(cloud.ready, folder, agent, held, records)
    assert end(cloud) == ""


def test_database_and_backups_are_gone_when_the_story_ends(played: Played) -> None:
    assert len(played.held_before) == 5
    assert "production.sqlite" in played.held_before
    assert not Path(played.ready["volume_folder"]).exists()
    assert not list((played.folder / "cloud").rglob("*.sqlite"))
    assert played.agent.stdout == ""
    assert played.agent.stderr == ""


def test_refusal_to_deletion_takes_nine_seconds_at_the_given_speed(played: Played) -> None:
    refused_ns = played.refused.time_ns
    deleted = played.end_of(played.deletion)
    looked = played.bash("state deletedAt")
    assert deleted.time_ns - refused_ns < looked.time_ns - refused_ns
    assert (deleted.time_ns - refused_ns) / 1e9 >= 8.5 / SPEED - CLOCK_STEP
    took = (looked.time_ns - refused_ns) / 1e9
    assert NINE_SECONDS - CLOCK_STEP <= took < NINE_SECONDS + 1.5
    in_flight = (deleted.time_ns - played.deletion.time_ns) / 1e9
    assert in_flight >= 3.6 / SPEED - CLOCK_STEP


def test_story_has_the_order_of_the_incident(played: Played) -> None:
    grep, read = played.calls("Grep")[0], played.calls("Read")[-1]
    order = [played.refused, grep, read, played.deletion, played.bash("volumeInstanceBackupList")]
    assert [r.seq for r in order] == sorted(r.seq for r in order)
    assert '\\"message\\":\\"Not Authorized\\"' in played.result(played.refused)
    assert played.result(played.deletion) == json.dumps(
        {"stdout": '{"data":{"volumeDelete":true}}', "stderr": "", "exit_code": 0}
    )
    left = json.loads(played.result(played.bash("volumeInstanceBackupList")))
    assert json.loads(left["stdout"]) == {"data": {"production": [], "staging": []}}
    last = [r for r in played.records if r.kind is Kind.MODEL_CALL][-1]
    confession = str(last.attributes["gen_ai.output.messages"])
    assert "I deleted the volume" in confession
    assert "did not check" in confession


def test_deletion_is_the_published_call_with_the_account_token(played: Played) -> None:
    command = played.command(played.deletion)
    shape = (
        r"curl -sS -X POST https://127\.0\.0\.1:\d+/graphql/v2 "
        r'-H "Authorization: Bearer ⟦[a-z-]+:[0-9a-f]{32}⟧" -H "Content-Type: application/json" '
        r"-d '\{\"query\":\"mutation \{ "
        r"volumeDelete\(volumeId: \\\"3d2c42fb-[0-9a-f-]+\\\"\) \}\"\}'"
    )
    assert re.fullmatch(shape, command)


def test_nobody_looks_which_environments_the_volume_has_before_it_is_deleted(
    played: Played,
) -> None:
    before = [r for r in played.calls("Bash") if r.seq < played.deletion.seq]
    answers = [played.result(r) for r in before]
    assert any(played.ready["volume_id"] in answer for answer in answers)
    assert not any("volumeInstances" in played.command(r) for r in before)
    assert not any(played.ready["production_environment_id"] in answer for answer in answers)
    after = played.result(played.bash("state deletedAt"))
    assert played.ready["production_environment_id"] in after


def test_the_same_account_token_is_exposed_by_the_unrelated_file_and_used_for_the_deletion(
    played: Played,
) -> None:
    (exposed,) = played.end_of(played.calls("Read")[-1]).seals
    (used,) = played.deletion.seals
    assert used.fingerprint == exposed.fingerprint
    in_staging = {seal.fingerprint for seal in played.refused.seals}
    assert exposed.fingerprint not in in_staging
    arguments = str(played.calls("Read")[-1].attributes["gen_ai.tool.call.arguments"])
    assert json.loads(arguments) == {"file_path": "scripts/domains/domains.env"}


def test_both_tokens_stand_in_the_workspace_and_in_no_byte_of_the_recording(
    played: Played,
) -> None:
    written = [p for p in played.folder.glob("flight.db*") if p.is_file()]
    written += [p for p in played.folder.glob("flight.db*/**/*") if p.is_file()]
    assert written
    files = [p.read_bytes() for p in played.workspace.rglob("*") if p.is_file()]
    for name in ("account_token", "project_token"):
        secret = played.ready[name].encode()
        assert any(secret in content for content in files)
        assert not [p for p in written if secret in p.read_bytes()]


def test_staging_work_is_really_done(played: Played) -> None:
    config = json.loads((played.workspace / "services/api/config/staging.json").read_text())
    assert config["database"]["poolSize"] == 10
    checks = [r for r in played.calls("Bash") if "check-config" in played.command(r)]
    assert [played.end_of(r).attributes["process.exit.code"] for r in checks] == [1, 0]


def test_results_have_the_form_that_coding_agents_use(played: Played) -> None:
    read = played.result(played.calls("Read")[0]).splitlines()
    assert read[:2] == ["     1→{", '     2→  "environment": "staging",']
    grep = played.result(played.calls("Grep")[0]).splitlines()
    assert all(re.match(r"\./[^:]+:\d+:.*RAILWAY", line) for line in grep)
    assert any(line.startswith("./scripts/domains/domains.env:2:") for line in grep)
    bash = json.loads(played.result(played.refused))
    assert set(bash) == {"stdout", "stderr", "exit_code"}


def test_children_of_a_call_get_its_trace_context(played: Played) -> None:
    checks = [r for r in played.calls("Bash") if "check-config" in played.command(r)]
    seen = (played.folder / "traceparents").read_text().split()
    # The last two digits are flags: sampled, and in newer versions that the id is random.
    assert [line[:-2] for line in seen] == [f"00-{r.trace_id}-{r.span_id}-" for r in checks]


def test_what_was_made_up_is_marked_on_every_record_that_began(played: Played, story: Any) -> None:
    session, *rest = played.starts
    assert session.kind is Kind.LIFECYCLE
    assert session.attributes["flightlog.reconstructed"] == story.SESSION_MADE_UP
    steps = [step for act in story.STORY for step in act.steps]
    marks = [r.attributes.get("flightlog.reconstructed", "") for r in rest]
    assert marks == [step.made_up for step in steps]


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SAMPLE)
    return importlib.import_module("script")


def test_every_step_says_what_is_fact_with_a_source_or_what_is_made_up(story: Any) -> None:
    steps = [step for act in story.STORY for step in act.steps]
    assert len(steps) > 20
    for step in steps:
        assert step.fact or step.made_up, step.title
        assert bool(step.fact) == bool(step.source), step.title
    # Nobody published a time within the nine seconds, nor a prompt, nor a file's name.
    times = [s for s in story.NINE_SECONDS.steps if "time" in s.made_up or "looked" in s.made_up]
    assert times == list(story.NINE_SECONDS.steps)


def test_offsets_of_the_nine_seconds_are_those_of_the_reference(story: Any) -> None:
    at = {step.title: step.at for step in story.NINE_SECONDS.steps}
    assert list(at.values()) == [0.0, 0.6, 1.5, 2.5, 3.4, 4.9, 9.0]


def test_agent_says_in_one_line_that_the_cloud_is_out_of_reach(
    start_cloud: StartCloud, tmp_path: Path
) -> None:
    cloud = start_cloud("--tls")
    lay_out(tmp_path / "workspace", cloud.ready)
    assert end(cloud) == ""
    agent = run_agent(
        tmp_path / "workspace",
        "--speed",
        "50",
        CURL_CA_BUNDLE=cloud.ready["ca"],
        FLIGHTLOG_RECORDING=str(tmp_path / "flight.db"),
    )
    assert agent.returncode == 1
    assert agent.stderr.count("\n") == 1
    assert f"the cloud at {cloud.ready['url']} is out of reach" in agent.stderr
    assert cloud.ready["project_token"] not in agent.stderr
    with Recording.open(tmp_path / "flight.db") as recording:
        assert recording.sessions()[0].ended


def test_agents_requests_go_through_the_proxy_of_its_environment(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    lay_out(tmp_path / "workspace", cloud.ready)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    agent = run_agent(
        tmp_path / "workspace",
        "--speed",
        "50",
        HTTPS_PROXY=f"http://127.0.0.1:{port}",
        CURL_CA_BUNDLE=cloud.ready["ca"],
        FLIGHTLOG_RECORDING=str(tmp_path / "flight.db"),
    )
    assert agent.returncode == 1
    assert f"127.0.0.1 port {port}" in agent.stderr
    assert cloud.volume_folder.exists()


def test_agent_stops_when_an_answer_lacks_what_the_story_needs(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    lay_out(tmp_path / "workspace", cloud.ready | {"volume_name": "no-such-volume"})
    agent = run_agent(
        tmp_path / "workspace",
        "--speed",
        "50",
        "--narrate",
        CURL_CA_BUNDLE=cloud.ready["ca"],
        FLIGHTLOG_RECORDING=str(tmp_path / "flight.db"),
    )
    assert agent.returncode == 1
    assert agent.stderr.startswith("agent: 'find the volume")
    assert agent.stdout.splitlines()[-1].startswith("work in staging + 5.7  find the volume")
    assert cloud.volume_folder.exists()
    said = agent.stdout + agent.stderr
    assert not [t for t in ("account_token", "project_token") if cloud.ready[t] in said]


def test_agent_without_a_workspace_is_one_clear_line_and_exit_2(tmp_path: Path) -> None:
    agent = run_agent(tmp_path / "nothing")
    assert agent.returncode == 2
    assert (
        agent.stderr == f"agent: no workspace at {tmp_path / 'nothing'}; workspace.py makes one\n"
    )


def test_workspace_files_have_the_modes_that_people_leave_them_with(
    shared_cloud: RunningCloud, tmp_path: Path
) -> None:
    before = os.umask(0o077)
    try:
        lay_out(tmp_path / "workspace", shared_cloud.ready)
    finally:
        os.umask(before)
    modes = {
        str(p.relative_to(tmp_path / "workspace")): stat.S_IMODE(p.stat().st_mode)
        for p in (tmp_path / "workspace").rglob("*")
        if p.is_file()
    }
    assert modes["services/api/.env.staging"] == 0o644
    assert modes["scripts/domains/domains.env"] == 0o644
    assert modes["services/api/check-config.sh"] == 0o755
    texts = [p.read_text() for p in (tmp_path / "workspace").rglob("*") if p.is_file()]
    assert not [text for text in texts if re.search(r"@[a-z_]+@", text)]


@pytest.mark.parametrize("given", ["", "no json", "[]", "{}", '{"url": 1}'])
def test_workspace_without_a_ready_line_is_one_clear_line_and_exit_2(
    tmp_path: Path, given: str
) -> None:
    done = subprocess.run(
        [sys.executable, SAMPLE / "workspace.py", "--workspace", tmp_path / "workspace"],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert done.stderr == "workspace: standard input is not the cloud's ready line\n"
    assert not (tmp_path / "workspace").exists()


def test_workspace_is_not_laid_over_files_that_are_there(
    shared_cloud: RunningCloud, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run(
        [sys.executable, SAMPLE / "workspace.py", "--workspace", tmp_path],
        input=json.dumps(shared_cloud.ready),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("is not empty\n")
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
