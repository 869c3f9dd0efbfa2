"""Keeps the recorder, the proxy and the receiver of a run alive: who dies is started again.

A proxy that comes back listens on the same port with a new authority, which is added to the files
that the children's variables name: new processes trust it at once, those that loaded the old one
are refused once and then passed through unread. No request fails for longer than the restart. A
receiver that comes back listens where it did.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recorder.capture.otlp.launch import ReceiverProcess, start_receiver
from recorder.capture.proxy.launch import ProxyOptions, ProxyProcess, start_proxy
from recorder.client import Client
from recorder.daemon import Daemon
from recorder.errors import FlightlogError, RecorderBusyError, RecorderUnreachableError

__all__ = ["Keeper", "recorder_for"]

LOOK_SECONDS = 0.25
JOIN_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 2.0
"""How long a recorder that does not answer is waited for before another start is tried."""
MAX_RESTARTS = 20
RECEIVER_HOST = "127.11.7.1" if sys.platform == "linux" else "127.0.0.1"
"""An address that nobody else has, where loopback is a whole network: clients can be told to reach
it without the proxy, and few of them know exceptions for one port only."""


def recorder_for(recording: Path) -> Daemon | Client:
    """Return a recorder process of our own, or a connection to the one that there is.

    Several runs may begin, and end, at the same moment: one that holds the recording and does not
    answer is beginning or ending.

    Raises:
        RecorderBusyError: somebody holds the recording and does not answer for long.
        RecordingError: it cannot be recorded there.
    """
    limit = time.monotonic() + JOIN_SECONDS
    while True:
        try:
            return Daemon.launch(recording, shared=True)
        except RecorderBusyError:
            joined = _joined(recording)
            if joined is not None:
                return joined
            if time.monotonic() > limit:
                raise


def _joined(recording: Path) -> Client | None:
    """Return a connection to the recorder, waiting a moment for one."""
    client = Client(recording)
    limit = time.monotonic() + LOOK_AGAIN_SECONDS
    while True:
        try:
            client.reach()
        except RecorderUnreachableError:
            if time.monotonic() > limit:
                client.close()
                return None
            time.sleep(LOOK_SECONDS)
        else:
            return client


class Keeper:
    """Holds what records a run, restarts what dies, and stops all in the right order."""

    def __init__(
        self,
        recording: Path,
        run: str,
        *,
        proxy: ProxyOptions | None,
        receiver: bool = True,
        pass_on: Mapping[str, Any] | None = None,
    ) -> None:
        """Start the recorder, then the proxy and the receiver.

        Args:
            recording: where everything goes.
            run: id of the launch.
            proxy: how requests are recorded on the wire; None: not at all.
            receiver: whether telemetry is received.
            pass_on: where telemetry goes on to.

        Raises:
            FlightlogError: one of them cannot start.
        """
        self._recording = recording
        self._run = run
        self._options = proxy
        self._pass_on = pass_on
        self._restarts = 0
        self._tell: Callable[[str], None] = lambda reason: None
        self.broken: list[str] = []
        """What was not seen because something had died, each to follow on "what"."""
        self._folders: set[Path] = set()
        self._stop = threading.Event()
        self._is_stopped = False
        self._thread: threading.Thread | None = None
        self.daemon: Daemon | None = None
        """The recorder, where it is ours."""
        self._joined: Client | None = None
        """A connection that keeps the recorder of another run at work for this one."""
        self._find_recorder()
        self.proxy: ProxyProcess | None = None
        self.certificates: tuple[Path, Path] | None = None
        """The certificate and the bundle that the children's variables name."""
        self.receiver: ReceiverProcess | None = None
        try:
            # Both load much before they are ready: at the same time.
            with ThreadPoolExecutor(1) as beside:
                started = beside.submit(self._start_receiver) if receiver else None
                if proxy is not None:
                    self.proxy = start_proxy(recording, run=run, options=proxy)
                    self.certificates = self.proxy.ca, self.proxy.ca_bundle
            if started is not None:
                started.result()
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self) -> set[int]:
        """Processes that belong to the recorder, not to the run."""
        found = set()
        if self.daemon is not None:
            found.add(self.daemon.process.pid)
        if self.proxy is not None:
            found.add(self.proxy.pid)
        if self.receiver is not None:
            found.add(self.receiver.pid)
        return found

    def listens_at(self, host: str, port: int) -> bool:
        """Tell whether an address is the proxy's or the receiver's."""
        if self.proxy is not None and (host, port) == ("127.0.0.1", self.proxy.port):
            return True
        return self.receiver is not None and host == urlsplit(self.receiver.http).hostname

    @property
    def restarts(self) -> int:
        """How often something died and was started again."""
        return self._restarts

    def keep(
        self,
        starting: Callable[[], AbstractContextManager[object]],
        tell: Callable[[str], None],
    ) -> None:
        """Begin to look after them.

        Args:
            starting: surrounds the start of a process.
            tell: records what is missing because one of them had died.
        """
        self._tell = tell
        self._thread = threading.Thread(
            target=self._keep, args=(starting,), name="flightlog-keeper", daemon=True
        )
        self._thread.start()

    def look_no_more(self) -> None:
        """Stop looking after them; they go on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def remove_folders(self) -> None:
        """Remove what proxies that died have left for the processes that use it."""
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """Stop proxy and receiver, then the recorder; what waits in the spool is taken in first.

        Stopping twice is fine.
        """
        if self._is_stopped:
            return
        self._is_stopped = True
        self.look_no_more()
        if self.proxy is not None:
            self.proxy.stop()
        if self.receiver is not None:
            self.receiver.stop()
        if self.daemon is not None:
            if self.daemon.process.poll() is not None:
                self._revive_daemon()
            self.daemon.stop()
        if self._joined is not None:
            self._joined.close()
        self.remove_folders()

    def _keep(self, starting: Callable[[], AbstractContextManager[object]]) -> None:
        while not self._stop.wait(LOOK_SECONDS) and self._restarts < MAX_RESTARTS:
            daemon_died = self._recorder_is_gone()
            proxy_died = self.proxy is not None and self.proxy.has_ended()
            receiver_died = self.receiver is not None and self.receiver.has_ended()
            if not daemon_died and not proxy_died and not receiver_died:
                continue
            with starting():
                if daemon_died:
                    self._revive_daemon()
                if proxy_died:
                    self._revive_proxy()
                if receiver_died:
                    self._revive_receiver()

    def _revive_daemon(self) -> None:
        self._restarts += 1
        with contextlib.suppress(FlightlogError):
            # Another process may have become the recorder meanwhile: then it is the one.
            self._find_recorder()

    def _find_recorder(self) -> None:
        found = recorder_for(self._recording)
        self.daemon = found if isinstance(found, Daemon) else None
        self._joined = found if isinstance(found, Client) else None

    def _recorder_is_gone(self) -> bool:
        if self.daemon is not None:
            return self.daemon.process.poll() is not None
        return self._joined is not None and not self._joined.is_connected()

    def _revive_proxy(self) -> None:
        if self.proxy is None or self.certificates is None:
            return
        self._restarts += 1
        began = time.monotonic()
        port, (certificate, bundle) = self.proxy.port, self.certificates
        self._folders.add(certificate.parent)
        self.proxy.stop()
        is_back = False
        with contextlib.suppress(FlightlogError, OSError):
            self.proxy = start_proxy(
                self._recording, run=self._run, options=self._options, port=port
            )
            is_back = True
            certificate.write_bytes(certificate.read_bytes() + self.proxy.ca.read_bytes())
            bundle.write_bytes(bundle.read_bytes() + self.proxy.ca.read_bytes())
        self._say_broken("requests", "the recording proxy had died", began, is_back=is_back)

    def _say_broken(self, what: str, why: str, began: float, *, is_back: bool) -> None:
        """Tell of a hole: it is as long as another start took, and a look before it."""
        seconds = time.monotonic() - began + LOOK_SECONDS
        until = f"within about {seconds:.1f} s" if is_back else "and it could not be started again"
        reason = f"{what} that failed or were not recorded: {why} {until}"
        self.broken.append(reason)
        self._tell(reason)

    def _start_receiver(self) -> None:
        self.receiver = start_receiver(
            self._recording, run=self._run, host=RECEIVER_HOST, pass_on=self._pass_on
        )

    def _revive_receiver(self) -> None:
        if self.receiver is None:
            return
        self._restarts += 1
        began = time.monotonic()
        http, grpc = urlsplit(self.receiver.http), urlsplit(self.receiver.grpc)
        self.receiver.stop()
        is_back = False
        with contextlib.suppress(FlightlogError):
            self.receiver = start_receiver(
                self._recording,
                run=self._run,
                host=RECEIVER_HOST,
                http_port=http.port or 0,
                grpc_port=grpc.port or 0,
                pass_on=self._pass_on,
            )
            is_back = True
        self._say_broken("exports of telemetry", "its receiver had died", began, is_back=is_back)
