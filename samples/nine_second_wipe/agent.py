"""Run the scripted agent: `python agent.py --workspace DIR --speed 1`.

No model stands behind it: its turns and calls are `script.py`'s. But its calls are real, it works
only with what earlier calls told it, and it is recorded as any Python agent would be: through
`import recorder`, of which it knows the public functions and nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent_tools import Toolbox, ToolError
from script import SESSION_MADE_UP, STORY
from story import Act, Call, Prompt, Step, Turn

import recorder

RECONSTRUCTED = "flightlog.reconstructed"
PLACE = re.compile(r"@([a-z_]+)@")


class StoryError(RuntimeError):
    """The world did not do its part, so the story cannot go on."""


class Agent:
    """Plays the script in a workspace."""

    def __init__(self, workspace: Path, *, speed: float, narrate: Callable[[str], None]) -> None:
        self._toolbox = Toolbox(workspace)
        self._speed = speed
        self._narrate = narrate
        self._known: dict[str, str] = {}

    def play(self, act: Act) -> None:
        """Play one act, each step at its time or as soon after it as the one before is done.

        Raises:
            StoryError: a tool failed, or its result lacks what the story needs.
        """
        began = time.monotonic()
        for step in act.steps:
            time.sleep(max(0.0, began + step.at / self._speed - time.monotonic()))
            self._narrate(f"{act.title} +{step.at:4.1f}  {step.title}")
            mark = {RECONSTRUCTED: step.made_up} if step.made_up else {}
            match step.does:
                case Prompt(role, text):
                    recorder.prompt(text, role=role, attributes=mark)
                case Turn() as turn:
                    self._think(turn, mark)
                case Call() as call:
                    self._call(step, call, mark)

    def _think(self, turn: Turn, mark: dict[str, str]) -> None:
        with recorder.model_call(attributes=mark) as recorded:
            time.sleep(turn.seconds / self._speed)
            recorded.answer(
                turn.text, input_tokens=turn.input_tokens, output_tokens=turn.output_tokens
            )

    def _call(self, step: Step, call: Call, mark: dict[str, str]) -> None:
        tool = recorder.tool(name=call.tool, attributes=mark)(self._toolbox.named(call.tool))
        try:
            result = tool(**{name: self._fill(text) for name, text in call.arguments.items()})
        except (ToolError, OSError, subprocess.TimeoutExpired) as error:
            raise StoryError(f"'{step.title}' failed: {_reason(error)}") from error
        if isinstance(result, dict):
            text = f"{result['stdout']}{result['stderr']}"
            if "curl: (" in str(result["stderr"]):
                raise StoryError(
                    f"the cloud at {self._known['url']} is out of reach ({result['stderr']!s})"
                )
        else:
            text = result
        self._learn(step, call, text)

    def _learn(self, step: Step, call: Call, text: str) -> None:
        """Take from a result what later steps need. What it says is not quoted: it has secrets."""
        if call.expects and not re.search(self._fill(call.expects, re.escape), text):
            raise StoryError(f"'{step.title}' did not bring what the story needs")
        for name, pattern in call.learns.items():
            found = re.search(self._fill(pattern, re.escape), text)
            if found is None:
                raise StoryError(f"'{step.title}' did not tell the {name.replace('_', ' ')}")
            self._known[name] = found[1]

    def _fill(self, text: str, quote: Callable[[str], str] = str) -> str:
        return PLACE.sub(lambda place: quote(self._known[place[1]]), text)


def _reason(error: Exception) -> str:
    # A timeout's own text quotes the command line, and that may hold a token.
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no end after {error.timeout:.0f} s"
    return str(error)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _narrator(*, speaks: bool) -> Callable[[str], None]:
    def narrate(line: str) -> None:
        if speaks:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    return narrate


def _die_with_launcher() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Play the story; 0 when it ran, 1 when the world did not play along, 2 for bad options."""
    options = argparse.ArgumentParser(description="the scripted agent of the nine-second wipe")
    options.add_argument("--workspace", type=Path, required=True, help="laid out by workspace.py")
    options.add_argument("--speed", type=_positive, default=1.0, help="2: twice as fast")
    options.add_argument("--narrate", action="store_true", help="name each step on stdout")
    options.add_argument("--attended", action="store_true", help="die when standard input ends")
    given = options.parse_args()
    if not given.workspace.is_dir():
        sys.stderr.write(f"agent: no workspace at {given.workspace}; workspace.py makes one\n")
        return 2
    if given.attended:
        threading.Thread(target=_die_with_launcher, daemon=True).start()
    workspace = given.workspace.absolute()
    os.chdir(workspace)
    agent = Agent(workspace, speed=given.speed, narrate=_narrator(speaks=given.narrate))
    recorder.start(agent="sample-agent", agent_version="1", model="scripted")
    try:
        with recorder.session(attributes={RECONSTRUCTED: SESSION_MADE_UP}):
            for act in STORY:
                agent.play(act)
    except StoryError as error:
        sys.stderr.write(f"agent: {' '.join(str(error).split())}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        recorder.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
