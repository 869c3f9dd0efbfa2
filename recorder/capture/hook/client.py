"""What an agent runs as its hook: `python -I -S client.py AGENT [EVENT] --recording PATH`.

Started for every step of an agent, so it imports almost nothing and parses nothing: the agent's
bytes go to the recorder as they are, and to `fallback` (which seals them) while none answers.
Whatever happens, the answer is neutral and the exit code 0: the agent does what it would have done.
Only where a person has set a guard up that enforces, its answer is the hook's, and a denial where
it has none.
"""

import posix
import sys
from posix import _exit as leave
from posix import close, environ, getppid, getuid, read, stat, urandom, write

ANSWERS = {b"cursor": b"{}\n", b"gemini": b"{}\n", b"copilot": b"{}\n"}
ASKING = (b"PreToolUse", b"PreSkillShellCommand", b"preToolUse", b"BeforeTool", b"before")
"""In the payloads, or the settings' event, of hooks that can hold a call back."""
GUARD_SECONDS = 3.0
LIMIT = 16 * 1024 * 1024
REACH_SECONDS = 0.05
ACK_SECONDS = 1.0
SEAL_SECONDS = 120
"""A child that has not sealed its frame by then never will; it ends."""
GAP = (
    b'{"fields":{"id":"%s","witness":"recorder","phase":"point","kind":"lifecycle","name":"gap",'
    b'"session":"","run":"","ref":"","t":"%d","observed":"%d","status":"unset","trace_id":"",'
    b'"span_id":"","parent_span_id":"","pid":null,"attributes":{"flightlog.count":1,'
    b'"flightlog.reason":"a hook could not be recorded: %s"},"blobs":{},"seals":[]},"blobs":{}}\n'
)
"""A line of the spool."""
MARK = b'{"notice": true,' + GAP[1:]
"""The same, for as long as nothing else stands in its file."""
UNDER_WAY = "the process that sealed it ended before it was done"


def hook(arguments: list[bytes]) -> bytes:
    """Record one call of a hook; return what it is to print, empty for the neutral answer.

    Raises whatever goes wrong; the caller answers all the same.
    """
    at = arguments.index(b"--recording")
    recording, words = arguments[at + 1], arguments[:at]
    inherited = environ.get(b"FLIGHTLOG_RECORDING", b"")
    if inherited[:1] == b"/":
        recording = inherited  # a launch that is recorded by itself
    frame = taken(words[0], b"".join(words[1:2]), recording)
    try:
        hand_over(frame, recording)
    except BaseException as error:
        # The guard hears of it all the same: what is not on record it cannot decide.
        complain(error)
    return consult(frame, recording)


def record(agent: bytes, event: bytes, recording: bytes) -> bytes:
    """Take what stands on the standard input, hand it over, and return it as a frame.

    Raises whatever goes wrong: it is lost, and the gap is in the spool, where that can be written.
    """
    frame = taken(agent, event, recording)
    hand_over(frame, recording)
    return frame


def taken(agent: bytes, event: bytes, recording: bytes) -> bytes:
    """Return what stands on the standard input as a frame; else leave a gap and raise."""
    try:
        return frame_of(agent, event, *read_all(0))
    except BaseException as error:
        leave_gap(recording, type(error).__name__)
        raise


def hand_over(frame: bytes, recording: bytes) -> None:
    """Hand a frame to the recorder, else to the spool; else leave a gap and raise."""
    try:
        try:
            deliver(frame, socket_of(recording))
        except (ConnectionRefusedError, FileNotFoundError):
            put_aside_behind(frame, recording, notice(frame, recording))
        except OSError:
            # A recorder may have it, and leaves it out then: no notice tells of it twice. What
            # takes a recorder long takes this process longer than the agent's patience.
            behind = None if is_waited_for(recording) else marked(recording)
            put_aside_behind(frame, recording, behind)
    except BaseException as error:
        leave_gap(recording, type(error).__name__)
        raise


def put_aside_behind(frame: bytes, recording: bytes, descriptor: int | None) -> None:
    """Seal a frame in a child, for that takes long; here, where no notice stands for it."""
    from posix import dup2, fork, setsid  # noqa: PLC0415

    if descriptor is None:
        seal_here(frame, recording)
        return
    if fork():
        return
    try:
        # Not of the agent's session, nor at the other end of what it waits on.
        setsid()
        nothing = posix.open(b"/dev/null", posix.O_RDWR)
        for standard in range(3):
            dup2(nothing, standard)
        from signal import alarm  # noqa: PLC0415

        alarm(SEAL_SECONDS)
        put_aside(frame, recording, descriptor)
    finally:
        leave(0)


def seal_here(frame: bytes, recording: bytes) -> None:
    """Seal a frame into the spool; should this process be ended meanwhile, a mark stands there."""
    from posix import ftruncate  # noqa: PLC0415

    descriptor = marked(recording)
    try:
        put_aside(frame, recording, descriptor)
    except BaseException:
        ftruncate(descriptor, 0)  # a gap with the reason will be told
        raise
    finally:
        close(descriptor)


def is_waited_for(recording: bytes) -> bool:
    """Tell whether a guard or a launch needs a frame whole before the hook ends."""
    return bool(environ.get(b"FLIGHTLOG_RUN")) or posix.access(
        recording + b".guard.json", posix.F_OK
    )


def notice(frame: bytes, recording: bytes) -> int | None:
    """Leave a notice of a frame in the spool; return its file, locked until this process and its
    children end. None where what a guard, a launch or an agent waits for must be whole before.
    """
    if is_waited_for(recording):
        return None
    try:
        with_our_package()
        from recorder.capture.hook.notice import no_recording, notice_of  # noqa: PLC0415

        write(2, no_recording(recording))
        lines = notice_of(frame)
        return spool(recording, lines) if lines else None
    except Exception:
        return None  # whatever it is, the whole frame is sealed instead


def complain(error: BaseException) -> None:
    """Say that a hook was not recorded, and nothing of what was in it."""
    write(2, b"flightlog: a hook was not recorded (%s)\n" % type(error).__name__.encode())


def consult(frame: bytes, recording: bytes) -> bytes:
    """Ask the guard that a person has set up, if any, and return what the hook is to print.

    Raises:
        Refused: it enforces, cannot be asked, and nothing of ours can say so in the agent's words.
    """
    settings = recording + b".guard.json"
    if not posix.access(settings, posix.F_OK):
        return b""
    try:
        descriptor = posix.open(settings, posix.O_RDONLY)
        text = read(descriptor, 1 << 20)
        close(descriptor)
        # As recorder.guarding.place.mode_of: what is not whole, or says neither word, enforces.
        observes = b'"observe"' in text and text.rstrip().endswith(b"}")
        enforces = not observes or b'"enforce"' in text
    except OSError:
        enforces = True
    address = b""
    try:
        address = socket_of(recording + b".guard")
        return question(frame, address, waits=enforces)
    except OSError:
        if not enforces:
            return b""
    try:
        with_all_it_needs()
        from recorder.capture.hook.refusing import ask_again  # noqa: PLC0415

        return ask_again(frame, recording)
    except BaseException as error:
        if any(word in frame for word in ASKING):
            raise Refused from error
        return b""


class Refused(Exception):  # noqa: N818 - it is an answer
    """A call is denied by the exit code alone."""


def question(frame: bytes, address: bytes, *, waits: bool) -> bytes:
    """Ask a guard; return its reply, or nothing at once where nobody waits for it.

    Raises:
        OSError: it does not answer.
    """
    from _socket import AF_UNIX, SOCK_STREAM, socket  # noqa: PLC0415

    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(REACH_SECONDS)
        connection.connect(address)
        connection.settimeout(GUARD_SECONDS if waits else REACH_SECONDS)
        connection.sendall(len(frame).to_bytes(4, "big") + frame)
        if not waits:
            return b""
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "big"):
            piece = connection.recv(1 << 16)
            if not piece:
                raise ConnectionResetError
            answer += piece
        return answer[4:]
    finally:
        connection.close()


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
    """Hand a frame to the recorder and wait until it is committed, at most for a second.

    Raises:
        OSError: it may not have it for good; the spool leaves out what a recorder has.
    """
    from _socket import AF_UNIX, SOCK_STREAM, socket  # noqa: PLC0415

    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(REACH_SECONDS)
        connection.connect(path)
        connection.settimeout(max(REACH_SECONDS, len(frame) / 20e6))
        connection.sendall(len(frame).to_bytes(4, "big") + frame)
        connection.settimeout(ACK_SECONDS)
        if not connection.recv(64):
            raise ConnectionResetError
    finally:
        connection.close()


def put_aside(frame: bytes, recording: bytes, noticed: int | None = None) -> None:
    """Seal a frame into the recording's spool with the whole of our package.

    Args:
        frame: the frame.
        recording: the recording.
        noticed: the locked file of the spool in which a notice of it stands.
    """
    with_all_it_needs()
    from recorder.capture.hook import fallback  # noqa: PLC0415

    fallback.put_aside(frame, recording, noticed)


def with_our_package() -> None:
    """Make our package importable."""
    if "recorder" not in sys.modules:
        root = __file__.rsplit("/", 4)[0]
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        beside = f"{sys.executable.rsplit('/', 2)[0]}/{sys.platlibdir}/{version}/site-packages"
        sys.path[:0] = [root, beside]


def with_all_it_needs() -> None:
    """Make the whole of our package, and what it needs, importable."""
    with_our_package()
    try:
        from recorder.capture.hook import fallback  # noqa: F401, PLC0415
    except ImportError:
        # The packages lie where only `site` knows: an editable install, a distribution's Python.
        import site  # noqa: PLC0415

        site.main()


def leave_gap(recording: bytes, reason: str) -> None:
    """Write the record of a gap into the spool, by hand: what else would write it has failed."""
    from time import time_ns  # noqa: PLC0415

    now = time_ns()
    line = GAP % (urandom(16).hex().encode(), now, now, reason.encode())
    close(spool(recording, line))


def marked(recording: bytes) -> int:
    """Leave a gap in the spool that stands if this process is ended before it has put a frame
    there; return the file, locked.
    """
    from time import time_ns  # noqa: PLC0415

    now = time_ns()
    return spool(recording, MARK % (urandom(16).hex().encode(), now, now, UNDER_WAY.encode()))


def spool(recording: bytes, lines: bytes) -> int:
    """Write lines into the spool for good, as a file of their own; return it, locked."""
    from fcntl import LOCK_EX, flock  # noqa: PLC0415

    folder = recording + b".spool"
    name = urandom(16).hex().encode()
    # Under its name only when it is whole: whoever takes spools in deletes what has been read.
    aside = b"%s/.%s" % (folder, name)
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_EXCL | posix.O_APPEND
    for again in range(9, -1, -1):
        # Others may make it at the same moment, or remove it with the last file that was in it.
        try:
            if not posix.access(folder, posix.F_OK):
                posix.mkdir(folder, 0o700)
            descriptor = posix.open(aside, flags, 0o600)
            break
        except (FileExistsError, FileNotFoundError):
            if not again:
                raise
            from os import makedirs  # noqa: PLC0415 - the first on a new machine has no folder yet

            makedirs(folder, 0o700, exist_ok=True)
    flock(descriptor, LOCK_EX)
    write(descriptor, lines)
    posix.rename(aside, b"%s/%s.jsonl" % (folder, name))
    posix.fsync(descriptor)
    named = posix.open(folder, posix.O_RDONLY)
    posix.fsync(named)
    close(named)
    return descriptor


def main() -> None:
    """Record, ask the guard where there is one, answer, leave."""
    agent = answer = b""
    try:
        while (spare := posix.open(b"/dev/null", posix.O_RDWR)) < 3:
            pass  # this stream was closed: a file of ours would stand there, and be written to
        close(spare)
        arguments = [word.encode("utf-8", "surrogateescape") for word in sys.argv[1:]]
        agent = arguments[0]
        answer = hook(arguments)
    except Refused:
        # What every agent that can be held understands without a word of its protocol.
        write(2, b"flightlog guard cannot decide, so it denies\n")
        leave(2)
    except BaseException as error:
        complain(error)
    answer = answer or ANSWERS.get(agent, b"")
    if answer:
        write(1, answer)
    leave(0)


if __name__ == "__main__":
    main()
