"""What the interpreter itself reports: files opened, removed, processes started, connections, and
requests of `http.client`.

PEP 578 audit events, which happen whether the agent tells of its actions or not. An audit hook
cannot be removed: it is set once and switched. It runs inside the agent's own calls, so it never
raises, never records what the recorder does, and leaves out what says nothing of the agent's work:
modules being imported, the interpreter's and installed packages' own files, devices.
"""

from __future__ import annotations

import logging
import os
import shlex
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry.trace import SpanKind

from recorder import semconv
from recorder.capture import running
from recorder.capture.plain_requests import request_of
from recorder.location import socket_path
from recorder.model import Json, Kind
from recorder.quiet import quiet

__all__ = ["turn_off", "turn_on"]

logger = logging.getLogger(__name__)

FILE_PATH = "file.path"
FILE_MODE = "file.mode"
"""`read`, `write`, `append`, `create`; also `remove`, `rename`, ... as the call is named."""
FILE_TARGET = "flightlog.file.target"
"""Where a file was renamed or linked to."""
PROCESS_COMMAND_LINE = "process.command_line"
PROCESS_EXECUTABLE = "process.executable.path"
NETWORK_TRANSPORT = "network.transport"
MAX_REMEMBERED = 4096
MAX_COMMAND = 64 * 1024

_ACCESS = os.O_WRONLY | os.O_RDWR
_READERS = frozenset({
    "<frozen importlib._bootstrap_external>", "<frozen importlib._bootstrap>", "<frozen zipimport>",
})  # fmt: skip
"""Code that opens modules, or keeps them compiled; the files are the program's, the act is not the
agent's."""
_SOURCE_READERS = frozenset({"linecache", "tokenize", "inspect"})
_SYSTEM = ("/dev/", "/proc/", "/sys/")


class _Watch:
    """What is left out, and what was recorded already."""

    def __init__(self, recording: Path) -> None:
        installed = {sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}
        self.silent_reads = (*_SYSTEM, *(f"{path}{os.sep}" for path in installed if path))
        self.recorder = str(socket_path(recording))
        self.seen: dict[tuple[str, str, int], None] = {}

    def is_new(self, path: str, mode: str, span_id: int) -> bool:
        """Tell whether a file is opened in this manner for the first time in a span."""
        key = (path, mode, span_id)
        if key in self.seen:
            return False
        if len(self.seen) >= MAX_REMEMBERED:
            self.seen.clear()
        self.seen[key] = None
        return True


_watch: _Watch | None = None
_is_set = False


def turn_on(recording: Path) -> None:
    """Begin to record audit events."""
    global _watch, _is_set  # noqa: PLW0603 - a hook is the process's
    _watch = _Watch(recording)
    if not _is_set:
        _is_set = True
        sys.addaudithook(_hook)


def turn_off() -> None:
    """Stop recording; the hook stays, and does nothing."""
    global _watch  # noqa: PLW0603
    _watch = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # Called for everything that the interpreter audits: what is not ours must cost next to nothing.
    if _watch is None or event not in _ON:
        return
    if quiet.now:
        return
    quiet.now = True
    try:
        begun = running.current()
        if begun is not None:
            _ON[event](begun, _watch, event, arguments)
    except Exception as error:
        logger.warning("an audit event could not be recorded (%s)", type(error).__name__)
    finally:
        quiet.now = False


def _opened(begun: running.Running, watch: _Watch, _event: str, arguments: tuple[Any, ...]) -> None:
    path, mode, flags = arguments
    name = _path(path)
    if not name:
        return
    how = _manner(mode, flags)
    if how == "read" and (name.startswith(watch.silent_reads) or _is_module_being_read()):
        return
    if _is_bytecode(name):
        return
    span_id = running.inner_span().get_span_context().span_id
    if watch.is_new(name, how, span_id):
        begun.submit_point(Kind.FILE, f"open {how}", {FILE_PATH: name, FILE_MODE: how})


def _changed(
    begun: running.Running, _watch: _Watch, event: str, arguments: tuple[Any, ...]
) -> None:
    name = _path(arguments[0])
    if not name or _is_bytecode(name):
        return
    verb = event.rpartition(".")[2]
    said: dict[str, Json] = {FILE_PATH: name, FILE_MODE: verb}
    if verb in {"rename", "link", "symlink"}:
        said[FILE_TARGET] = _path(arguments[1])
    begun.submit_point(Kind.FILE, verb, said)


def _started(
    begun: running.Running, _watch: _Watch, event: str, arguments: tuple[Any, ...]
) -> None:
    if event == "os.system":
        executable, command = "sh", _text(arguments[0])
    else:
        # os.spawn has a mode before what the others begin with.
        executable, argv = arguments[1:3] if event == "os.spawn" else arguments[:2]
        if event == "os.posix_spawn" and _caller() == "subprocess":
            return
        executable = _text(executable or "")
        command = _text(argv) if isinstance(argv, str | bytes) else shlex.join(map(_text, argv))
        executable = executable or command.partition(" ")[0]
    said: dict[str, Json] = {
        PROCESS_EXECUTABLE: executable,
        PROCESS_COMMAND_LINE: command[:MAX_COMMAND],
        "flightlog.audit.event": event,
    }
    if event == "subprocess.Popen" and arguments[2] is not None:
        said[semconv.PROCESS_CWD] = _path(arguments[2])
    # After exec nothing of this process is left that could still hand over what it holds.
    begun.submit_point(Kind.PROCESS, Path(executable).name, said, wait=event == "os.exec")


def _connected(
    begun: running.Running, watch: _Watch, _event: str, arguments: tuple[Any, ...]
) -> None:
    address = arguments[1]
    if isinstance(address, str | bytes):
        path = _path(address)
        if path != watch.recorder:
            said: dict[str, Json] = {semconv.SERVER_ADDRESS: path, NETWORK_TRANSPORT: "unix"}
            begun.submit_point(Kind.API_REQUEST, f"connect {path}", said)
    elif isinstance(address, tuple) and len(address) >= 2 and isinstance(address[1], int):
        host, port = _text(address[0]), address[1]
        said = {
            semconv.SERVER_ADDRESS: host,
            semconv.SERVER_PORT: port,
            NETWORK_TRANSPORT: "udp" if _is_datagram(arguments[0]) else "tcp",
        }
        begun.submit_point(Kind.API_REQUEST, f"connect {host}:{port}", said)


def _requested(
    begun: running.Running, _watch: _Watch, _event: str, arguments: tuple[Any, ...]
) -> None:
    if getattr(running.inner_span(), "kind", None) is SpanKind.CLIENT:
        return  # an instrumentation tells of it, with its answer
    connection, sent = arguments
    found = request_of(connection, sent, _frame_outside())
    if found is not None:
        begun.submit_point(Kind.API_REQUEST, *found)


def _manner(mode: object, flags: object) -> str:
    if isinstance(mode, str):
        letters = set(mode)
        if "a" in letters:
            return "append"
        if "x" in letters:
            return "create"
        return "write" if letters & {"w", "+"} else "read"
    bits = flags if isinstance(flags, int) else 0
    if not bits & _ACCESS:
        return "read"
    if bits & os.O_APPEND:
        return "append"
    return "create" if bits & os.O_EXCL else "write"


def _path(value: object) -> str:
    """Return a path as absolute text; empty for a descriptor."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str | bytes) or not value:
        return ""
    text = os.fsdecode(value)
    return text if text.startswith(("/", "\x00")) else os.path.abspath(text)


def _text(value: object) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return os.fsdecode(value) if isinstance(value, str | bytes) else str(value)


def _frame_outside() -> FrameType | None:
    """Return the frame of the code that the event came from."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame


def _caller() -> str:
    frame = _frame_outside()
    return str(frame.f_globals.get("__name__")) if frame is not None else ""


def _is_module_being_read() -> bool:
    frame = _frame_outside()
    if frame is None:
        return False
    return (
        frame.f_code.co_filename in _READERS or frame.f_globals.get("__name__") in _SOURCE_READERS
    )


def _is_bytecode(name: str) -> bool:
    """Tell whether an imported module is being kept compiled: not the agent's doing either."""
    is_kept = "/__pycache__/" in name or name.endswith("/__pycache__")
    return is_kept and _is_module_being_read()


def _is_datagram(socket: Any) -> bool:
    # SOCK_DGRAM is 2 wherever Python runs on POSIX.
    return getattr(socket, "type", 1) & 0xF == 2


type _Reaction = Callable[[running.Running, _Watch, str, tuple[Any, ...]], None]
_ON: Mapping[str, _Reaction] = {
    "open": _opened,
    **dict.fromkeys(
        ("os.remove", "os.rmdir", "os.rename", "os.truncate", "os.chmod", "os.chown", "os.link",
         "os.symlink", "os.mkdir", "shutil.rmtree"),
        _changed,
    ),
    **dict.fromkeys(
        ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"), _started
    ),
    "socket.connect": _connected,
    "http.client.send": _requested,
}  # fmt: skip
