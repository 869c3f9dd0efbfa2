"""A guard at work: a real recorder, the real guard's process, and settings that a test chooses."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analyzer.guard.settings_file import GATES, GuardSettings, write_settings
from recorder.child import ReadyChild, python_command
from recorder.daemon import Daemon
from recorder.guarding.place import Mode
from recorder.model import StoredRecord
from recorder.reader import Recording
from tests.recorder.hook.conftest import Hooks

DEADLINE = 30.0


@dataclass(frozen=True)
class Post:
    """A recording with a guard."""

    recording: Path

    @property
    def hooks(self) -> Hooks:
        return Hooks(self.recording)

    def set(self, mode: Mode, controls: tuple[str, ...] = GATES) -> None:
        write_settings(self.recording, GuardSettings(mode, controls))

    def decisions(self, *sessions: str) -> list[StoredRecord]:
        """Wait for a decision in each of the sessions and return them, in order of `seq`."""
        found: list[StoredRecord] = []

        def are_there() -> bool:
            with Recording.open(self.recording) as recording:
                found[:] = [
                    r
                    for r in recording.records()
                    if "flightlog.guard.answer" in r.attributes and r.session in sessions
                ]
            return {r.session for r in found} == set(sessions)

        until(are_there, f"decisions in {sessions}")
        return found


def until(condition: Callable[[], bool], what: str) -> None:
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, f"not in time: {what}"
        time.sleep(0.02)


@contextlib.contextmanager
def guarding(recording: Path) -> Iterator[Post]:
    """Run a recorder and a guard for a recording."""
    command, environment = python_command("analyzer.guard.serving", "--recording", str(recording))
    with Daemon.launch(recording), ReadyChild.launch(command, environment=environment):
        yield Post(recording)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """One guard for a module's tests; each chooses the settings that it needs."""
    folder = tmp_path_factory.mktemp("guard")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIGHTLOG_KEYS", str(folder / "keys"))
        with guarding(folder / "flight.db") as made:
            yield made
