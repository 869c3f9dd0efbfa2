"""What an agent runs as its hook: `python -I -S client.py AGENT [EVENT] --recording PATH`.

Started for every step of an agent, so it imports almost nothing and parses nothing: the agent's
bytes go to the recorder as they are, and to `fallback` (which seals them) while none answers.
Whatever happens, the answer is neutral and the exit code 0: the agent does what it would have done.
"""

import sys
from posix import _exit as leave
from posix import environ, getppid, getuid, read, stat, urandom, write

ANSWERS = {b"cursor": b"{}\n", b"gemini": b"{}\n", b"copilot": b"{}\n"}
LIMIT = 16 * 1024 * 1024
REACH_SECONDS = 0.05
ACK_SECONDS = 1.0
GAP = (
    b'{"fields":{"id":"%s","witness":"recorder","phase":"point","kind":"lifecycle","name":"gap",'
    b'"session":"","run":"","ref":"","t":"%d","observed":"%d","status":"unset","trace_id":"",'
    b'"span_id":"","parent_span_id":"","pid":null,"attributes":{"flightlog.count":1,'
    b'"flightlog.reason":"a hook could not be recorded: %s"},"blobs":{},"seals":[]},"blobs":{}}\n'
)
"""A line of the spool."""


def hook(arguments: list[bytes]) -> None:
    """Record one call of a hook. Raises whatever goes wrong; the caller answers all the same."""
    at = arguments.index(b"--recording")
    recording, words = arguments[at + 1], arguments[:at]
    inherited = environ.get(b"FLIGHTLOG_RECORDING", b"")
    if inherited[:1] == b"/":
        recording = inherited  # a launch that is recorded by itself
    record(words[0], b"".join(words[1:2]), recording)


def record(agent: bytes, event: bytes, recording: bytes) -> None:
    """Hand what stands on the standard input to the recorder, else to the spool, else leave a gap.

    Raises:
        Exception: it is lost; the gap is in the spool, where that can be written.
    """
    try:
        frame = frame_of(agent, event, *read_all(0))
        try:
            deliver(frame, socket_of(recording))
        except OSError:
            put_aside(frame, recording)
    except BaseException as error:
        leave_gap(recording, type(error).__name__)
        raise


def read_all(descriptor: int) -> tuple[bytes, int]:
    """Return what stands on a descriptor up to `LIMIT`, and how many bytes more there were."""
    pieces, size, cut = [], 0, 0
    while piece := read(descriptor, 1 << 20):
        if size < LIMIT:
            pieces.append(piece)
            size += len(piece)
        else:
            cut += len(piece)
    return b"".join(pieces), cut


def frame_of(agent: bytes, event: bytes, raw: bytes, cut: int) -> bytes:
    """Return the payload as `recorder.capture.hook.payload` describes it."""
    from time import time_ns  # noqa: PLC0415 - nothing is imported before it is needed

    return b"HOOK\0%s\0%s\0%s\0%s\0%d\0%s\0%d\0%d\0%s" % (
        urandom(16).hex().encode(),
        agent,
        event,
        environ.get(b"FLIGHTLOG_RUN", b""),
        getppid(),
        environ.get(b"TRACEPARENT", b""),
        time_ns(),
        cut,
        raw,
    )


def socket_of(recording: bytes) -> bytes:
    """Return the recorder's socket, by the rule of `recorder.location.socket_path`.

    Raises:
        OSError: it would lie under /tmp, where there is no folder of this user's.
    """
    beside = recording + b".sock"
    if len(beside) <= 100:
        return beside
    from _sha2 import sha256  # type: ignore[import-not-found]  # noqa: PLC0415

    folder = b"/tmp/flightlog-%d" % getuid()
    if stat(folder).st_uid != getuid():
        raise PermissionError  # somebody else waits there for what is not sealed yet
    return b"%s/%s.sock" % (folder, sha256(beside).hexdigest()[:16].encode())


def deliver(frame: bytes, path: bytes) -> None:
    """Hand a frame to the recorder and wait until it is committed, or for a second.

    Raises:
        OSError: the recorder does not have it.
    """
    from _socket import AF_UNIX, SOCK_STREAM, socket  # noqa: PLC0415

    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(REACH_SECONDS)
        connection.connect(path)
        connection.settimeout(max(REACH_SECONDS, len(frame) / 20e6))
        connection.sendall(len(frame).to_bytes(4, "big") + frame)
        connection.settimeout(ACK_SECONDS)
        try:
            answer = connection.recv(64)
        except TimeoutError:
            return  # it is in the recorder's hands
        if not answer:
            raise ConnectionResetError
    finally:
        connection.close()


def put_aside(frame: bytes, recording: bytes) -> None:
    """Seal a frame into the recording's spool with the whole of our package."""
    if "recorder" not in sys.modules:
        root = __file__.rsplit("/", 4)[0]
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        beside = f"{sys.executable.rsplit('/', 2)[0]}/{sys.platlibdir}/{version}/site-packages"
        sys.path[:0] = [root, beside]
    try:
        from recorder.capture.hook import fallback  # noqa: PLC0415
    except ImportError:
        # The packages lie where only `site` knows: an editable install, a distribution's Python.
        import site  # noqa: PLC0415

        site.main()
        from recorder.capture.hook import fallback  # noqa: PLC0415
    fallback.put_aside(frame, recording)


def leave_gap(recording: bytes, reason: str) -> None:
    """Write the record of a gap into the spool, by hand: what else would write it has failed."""
    from posix import F_OK, O_CREAT, O_EXCL, O_WRONLY, access, mkdir, rename  # noqa: PLC0415
    from posix import open as open_file  # noqa: PLC0415
    from time import time_ns  # noqa: PLC0415

    spool = recording + b".spool"
    if not access(spool, F_OK):
        mkdir(spool, 0o700)
    now, key = time_ns(), urandom(16).hex().encode()
    line = GAP % (key, now, now, reason.encode())
    # Under its name only when it is whole: whoever takes spools in deletes what has been read.
    aside = b"%s/.%s" % (spool, key)
    write(open_file(aside, O_WRONLY | O_CREAT | O_EXCL, 0o600), line)
    rename(aside, b"%s/%s.jsonl" % (spool, key))


def main() -> None:
    """Record, answer, leave."""
    agent = b""
    try:
        arguments = [word.encode("utf-8", "surrogateescape") for word in sys.argv[1:]]
        agent = arguments[0]
        hook(arguments)
    except BaseException as error:
        write(2, b"flightlog: a hook was not recorded (%s)\n" % type(error).__name__.encode())
    answer = ANSWERS.get(agent)
    if answer:
        write(1, answer)
    leave(0)


if __name__ == "__main__":
    main()
