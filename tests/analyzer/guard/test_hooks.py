"""The guard in agents' hooks: the real hook command, in each agent's own protocol."""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from analyzer.analysis import analyze
from analyzer.model import Outcome
from recorder.capture.hook.agents import AGENTS
from recorder.capture.hook.settings.table import SETTINGS, Wiring
from recorder.child import ReadyChild, python_command
from recorder.guarding.place import Mode, guard_socket, mode_of, settings_path
from recorder.model import Kind
from recorder.reader import Recording
from tests.analyzer.guard.conftest import Post, until
from tests.recorder.hook.conftest import Hooks

HARM = {"command": "curl -X POST https://backboard.railway.app/graphql/v2 -H 'Authorization: "
        "Bearer c2a9e7d4-8f60-4b1e-a3d5-7e90b1c4d822' -d "
        '\'{"query":"mutation { volumeDelete(volumeId: \\"3d2c42fb\\") }"}\''}  # fmt: skip
HARMLESS = {"command": "ls -la"}


def call(agent: str, arguments: dict[str, str], number: int) -> tuple[str, dict[str, Any]]:
    """Return (event as the settings name it, payload) of an agent's hook before a shell call."""
    session = f"{agent}-{number}"
    base: dict[str, Any] = {"session_id": session, "cwd": "/w"}
    called = {"tool_name": "Bash", "tool_input": arguments, "tool_use_id": f"t{number}"}
    match agent:
        case "claude-code" | "codex":
            return "", {**base, **called, "hook_event_name": "PreToolUse"}
        case "gemini":
            named = {"tool_name": "run_shell_command", "tool_input": arguments}
            return "", {**base, **named, "hook_event_name": "BeforeTool"}
        case "copilot":
            text = json.dumps(arguments)
            given = {"sessionId": session, "cwd": "/w", "toolName": "bash", "toolArgs": text}
            return "preToolUse", {**given, "timestamp": 1_790_000_000_000 + number}
        case "cursor":
            said = {"conversation_id": session, "generation_id": str(number), "cwd": "/w"}
            return "", {**said, "hook_event_name": "beforeShellExecution", **arguments}
        case _:
            given = {"tool": "bash", "sessionID": session, "callID": f"c{number}", "cwd": "/w"}
            return "", {**given, "args": arguments, "hook_event_name": "tool.execute.before"}


def held(agent: str, printed: bytes) -> tuple[str, str]:
    """Return (decision, reason) that an agent reads out of what a hook printed."""
    value = json.loads(printed)
    match agent:
        case "claude-code" | "codex":
            inner = value["hookSpecificOutput"]
            assert inner["hookEventName"] == "PreToolUse"
            return inner["permissionDecision"], inner["permissionDecisionReason"]
        case "copilot":
            return value["permissionDecision"], value["permissionDecisionReason"]
        case "cursor":
            return value["permission"], value["agent_message"]
        case _:
            return value["decision"], value["reason"]


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_a_harmful_call_is_denied_and_a_harmless_one_is_not_spoken_of(
    post: Post, agent: str
) -> None:
    post.set(Mode.ENFORCE)
    neutral = AGENTS[agent].answer
    event, harmless = call(agent, HARMLESS, 1)
    done = post.hooks.run(agent, harmless, event)
    assert (done.returncode, done.stdout) == (0, neutral)
    event, harm = call(agent, HARM, 2)
    done = post.hooks.run(agent, harm, event)
    assert done.returncode == 0
    decision, reason = held(agent, done.stdout)
    assert decision == "deny"
    assert "volumeDelete" in reason
    assert "Safer:" in reason
    assert b"c2a9e7d4" not in done.stdout, "the reason quotes no secret"


def test_a_command_that_a_skill_brings_along_is_held_as_one_that_the_model_asks_for(
    post: Post,
) -> None:
    post.set(Mode.ENFORCE)
    _, harmless = call("claude-code", HARMLESS, 3)
    about = {"hook_event_name": "PreSkillShellCommand", "command_name": "deploy"}
    assert post.hooks.run("claude-code", {**harmless, **about}).stdout == b""
    _, harm = call("claude-code", HARM, 4)
    said = json.loads(post.hooks.run("claude-code", {**harm, **about}).stdout)["hookSpecificOutput"]
    assert said["hookEventName"] == "PreSkillShellCommand"
    assert said["permissionDecision"] == "deny"
    assert "volumeDelete" in said["permissionDecisionReason"]


@pytest.mark.parametrize("agent", ["claude-code", "codex", "opencode"])
@pytest.mark.parametrize("padding", ["", " " * 9_000])
def test_an_id_that_comes_again_is_judged_by_what_is_asked_now(
    post: Post, agent: str, padding: str
) -> None:
    post.set(Mode.ENFORCE)
    number = 5 + len(padding)
    for arguments in (HARMLESS, HARM, HARMLESS, HARM):
        event, asked = call(agent, {"command": f"{padding}{arguments['command']}"}, number)
        done = post.hooks.run(agent, asked, event)
        is_neutral = done.stdout == AGENTS[agent].answer
        assert is_neutral == (arguments is HARMLESS)


ASKING = {"claude-code": "ask", "copilot": "ask", "cursor": "ask",
          "codex": "deny", "gemini": "deny", "opencode": "deny"}  # fmt: skip
"""What cannot ask a person is told to be denied: a question would be let run."""


@pytest.mark.parametrize("agent", sorted(AGENTS))
def test_a_question_goes_to_a_person_where_the_agent_can_ask(post: Post, agent: str) -> None:
    post.set(Mode.ENFORCE, ("approval",))
    event, harm = call(agent, HARM, 3)
    decision, reason = held(agent, post.hooks.run(agent, harm, event).stdout)
    assert decision == ASKING[agent]
    assert "no approval names" in reason
    assert ("A person must decide" in reason) == (decision == "deny")


def test_observing_changes_nothing_and_records_what_it_would_have_said(post: Post) -> None:
    post.set(Mode.OBSERVE)
    for agent in sorted(AGENTS):
        event, harm = call(agent, HARM, 20)
        done = post.hooks.run(agent, harm, event)
        assert (done.returncode, done.stdout) == (0, AGENTS[agent].answer)
    found = post.decisions(*(f"{agent}-20" for agent in AGENTS))
    assert {r.attributes["flightlog.guard.answer"] for r in found} == {"deny"}
    assert {r.attributes["flightlog.guard.mode"] for r in found} == {"observe"}
    assert {r.kind for r in found} == {Kind.LIFECYCLE}


def test_without_settings_nobody_is_asked(post: Post) -> None:
    post.set(Mode.OFF)
    event, harm = call("claude-code", HARM, 30)
    assert post.hooks.run("claude-code", harm, event).stdout == b""
    post.set(Mode.ENFORCE)
    event, harm = call("claude-code", HARM, 31)
    assert post.hooks.run("claude-code", harm, event).stdout
    post.decisions("claude-code-31")
    with Recording.open(post.recording) as recording:
        of_30 = [r for r in recording.records() if r.session == "claude-code-30"]
    assert not [r for r in of_30 if "flightlog.guard.answer" in r.attributes]


def test_other_events_say_nothing_and_words_of_a_person_bind(post: Post) -> None:
    post.set(Mode.ENFORCE, ("approval",))
    said = {"session_id": "claude-code-40", "cwd": "/w", "hook_event_name": "UserPromptSubmit"}
    done = post.hooks.run("claude-code", {**said, "prompt": "Delete volume 3d2c42fb, it is mine."})
    assert (done.returncode, done.stdout) == (0, b"")
    event, harm = call("claude-code", HARM, 40)
    assert post.hooks.run("claude-code", harm, event).stdout == b""
    stop = {"session_id": "claude-code-40", "hook_event_name": "Stop"}
    assert post.hooks.run("claude-code", stop).stdout == b""


def test_a_denied_call_is_told_to_be_denied_by_a_control(post: Post) -> None:
    post.set(Mode.ENFORCE)
    event, harm = call("claude-code", HARM, 50)
    post.hooks.run("claude-code", harm, event)
    (record,) = post.decisions("claude-code-50")
    assert record.attributes["flightlog.approval.by"] == "flightlog guard"
    assert record.attributes["flightlog.guard.rulings"]
    with Recording.open(post.recording) as recording:
        analysis = analyze(recording, "claude-code-50")
    tool = next(a for a in analysis.actions if a.kind is Kind.TOOL_CALL)
    assert tool.decision is not None
    assert tool.decision.decision == "denied"
    assert tool.decision.presence.value == "absent"
    assert tool.outcome in {Outcome.DENIED, Outcome.OPEN}


def test_what_is_not_on_record_is_denied(post: Post) -> None:
    from recorder.guarding.ask import ask_about

    post.set(Mode.ENFORCE)
    hold = ask_about(post.recording, "0" * 32)
    assert hold is not None
    assert (hold.answer, "not on record" in hold.reason) == ("deny", True)


UNREADABLE = [
    '{"mode": "enforce", "controls": ["tempo"',
    '{"mode": "enforce", "controls": ["x"]}',
    '{"mode": "observe", "controls": ["tempo"',
    '{"mode": "Enforce", "controls": ["tempo"]}',
    "{broken",
    "",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_settings_that_cannot_be_understood_deny(post: Post, text: str) -> None:
    settings_path(post.recording).write_text(text)
    assert mode_of(post.recording) is Mode.ENFORCE, "the wrapper and the proxy wait, too"
    event, harmless = call("claude-code", HARMLESS, 60)
    decision, reason = held("claude-code", post.hooks.run("claude-code", harmless, event).stdout)
    assert decision == "deny"
    assert "guard.json" in reason


def test_a_guard_that_does_not_answer_denies(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path / "flight.db")
    Post(hooks.recording).set(Mode.ENFORCE)
    # Its lock is taken, so none can be started, and who listens hangs up.
    with (
        hooks.recording.with_name("flight.db.guard.lock").open("w") as lock,
        socket.socket(socket.AF_UNIX) as deaf,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        deaf.bind(str(guard_socket(hooks.recording)))
        deaf.listen(8)
        hanging_up = threading.Thread(target=_hang_up, args=(deaf,), daemon=True)
        hanging_up.start()
        for agent in ("claude-code", "cursor"):
            event, harmless = call(agent, HARMLESS, 70)
            done = hooks.run(agent, harmless, event)
            decision, reason = held(agent, done.stdout)
            assert decision == "deny"
            assert "cannot decide" in reason
        stop = {"session_id": "s", "hook_event_name": "Stop"}
        assert hooks.run("claude-code", stop).stdout == b"", "only what asks is denied"
        # One that was started and comes to it late finds no settings, and ends.
        Post(hooks.recording).set(Mode.OFF)
        deaf.shutdown(socket.SHUT_RDWR)
    hanging_up.join()


def _hang_up(deaf: socket.socket) -> None:
    while True:
        try:
            deaf.accept()[0].close()
        except OSError:
            return


def test_the_first_question_starts_a_guard_and_no_settings_end_it(tmp_path: Path) -> None:
    hooks = Hooks(tmp_path / "flight.db")
    Post(hooks.recording).set(Mode.ENFORCE)
    numbers = iter(range(80, 1000))

    def is_decided() -> bool:
        # Until it has started, which may take its time, nothing can be decided: that is denied.
        event, harm = call("claude-code", HARM, next(numbers))
        decision, reason = held("claude-code", hooks.run("claude-code", harm, event).stdout)
        assert decision == "deny"
        return "volumeDelete" in reason

    until(is_decided, "a guard that decides")
    Post(hooks.recording).set(Mode.OFF)
    until(lambda: not guard_socket(hooks.recording).exists(), "the guard's end")
    lock = hooks.recording.with_name("flight.db.guard.lock")
    until(lambda: _is_free(lock), "the guard's process to end")


def _is_free(lock: Path) -> bool:
    with lock.open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_recording_has_one_guard(post: Post) -> None:
    from recorder.child import StartError

    command, environment = python_command(
        "analyzer.guard.serving", "--recording", str(post.recording)
    )
    with pytest.raises(StartError, match="has a guard already"):
        ReadyChild.launch(command, environment=environment)


PLAY = """
const { Flightlog } = await import(process.argv[2])
const hooks = await Flightlog({ directory: "/w" })
for (const [call, command] of JSON.parse(process.argv[3])) {
  try {
    await hooks["tool.execute.before"](
      { tool: "bash", sessionID: "opencode-90", callID: call }, { args: { command } })
    console.log("runs")
  } catch (error) {
    console.log(error.message)
  }
}
"""


def test_opencodes_plugin_throws_only_what_a_guard_denies(post: Post, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    wiring = Wiring(post.recording)
    script = next(f for f in SETTINGS["opencode"].files if f.script)
    (tmp_path / "plugin.mjs").write_text(script.script_text(wiring, "opencode"))
    (tmp_path / "play.mjs").write_text(PLAY)

    def play(*calls: tuple[str, str]) -> list[str]:
        done = subprocess.run(
            [node, "play.mjs", "./plugin.mjs", json.dumps(calls)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    post.set(Mode.ENFORCE)
    harmless, harmful = play(("c1", "ls"), ("c2", HARM["command"]))
    assert harmless == "runs"
    assert "volumeDelete" in harmful
    post.set(Mode.OFF)
    assert play(("c3", HARM["command"])) == ["runs"]
