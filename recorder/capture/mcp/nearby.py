"""A recorder for those who started none: a process of ours while no other one answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from recorder.capture.hook.fallback import take_in_later
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.errors import FlightlogError, RecorderBusyError, RecorderUnreachableError
from recorder.location import spool_folder

__all__ = ["NearbyRecorder"]

LOOK_SECONDS = 1.0
MOST_SECONDS = 60.0
"""Between two looks after starts that failed, each pause twice the one before: a start takes half a
second of a core, and where nothing can be recorded it fails for as long as the client lives."""


class NearbyRecorder:
    """Sees to it that the recording has a recorder, from a thread: nobody waits for its start."""

    def __init__(
        self, recording: Path, ready: Callable[[], None], complain: Callable[[str], None]
    ) -> None:
        """Begin.

        Args:
            recording: where everything goes.
            ready: called once there is a recorder, or there will be none for now.
            complain: says to a person, in one line, why there is none.
        """
        self._recording = recording
        self._ready = ready
        self._complain = complain
        self._daemon: Daemon | None = None
        self._complained = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="flightlog-nearby", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop a recorder of ours; what waits in the spool is taken in by one that comes later."""
        self._stop.set()
        self._thread.join()
        if self._daemon is not None:
            self._daemon.stop()
        if any(spool_folder(self._recording).glob("*.jsonl")):
            with contextlib.suppress(OSError):
                take_in_later(self._recording)

    def _keep(self) -> None:
        pause = LOOK_SECONDS
        while True:
            is_there = self._answers() or self._launch()
            pause = LOOK_SECONDS if is_there else min(2 * pause, MOST_SECONDS)
            self._ready()
            if self._stop.wait(pause):
                return

    def _answers(self) -> bool:
        if self._daemon is not None and self._daemon.process.poll() is None:
            return True
        client = Client(self._recording)
        try:
            client.reach()
        except RecorderUnreachableError:
            return False
        finally:
            client.close()
        return True

    def _launch(self) -> bool:
        """Start a recorder; return whether there is one of ours now."""
        try:
            self._daemon = Daemon.launch(self._recording)
        except RecorderBusyError:
            return False  # somebody was quicker, or is busy: the spool holds what comes until then
        except (FlightlogError, OSError) as error:
            if not self._complained:
                self._complained = True
                self._complain(str(error))
            return False
        return True
