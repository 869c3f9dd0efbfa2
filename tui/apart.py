"""A long session, read and analysed in a process of its own, so that the screens stay quick and
hold only what is looked at.

The child (`python -m tui.apart`) writes the actions by the page and everything else behind them,
into files without a name that the parent gave it; on its standard output it says how far it is.
Whoever does not wait any longer ends it.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import select
import subprocess
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from analyzer.analysis import Progress, analyze
from analyzer.paging import PagedActions, PagedAnalysis, page_file
from analyzer.state import StateIndex
from recorder.errors import FlightlogError
from recorder.reader import Recording
from tui.scene import Scene

__all__ = ["given_files", "hand_over", "load_apart", "new_files", "take_over"]

NUMBER = array("q").itemsize
TOLD_SECONDS = 0.2
"""Between two words to the parent, and between two looks whether anybody still waits."""
FAILED = 2


class Files(NamedTuple):
    """What a session is handed over in; our own child wrote it, and nobody else can."""

    pages: BinaryIO
    """Its actions, by the page."""
    columns: BinaryIO
    """Numbers of eight bytes, one column behind the other."""
    rest: BinaryIO


@contextmanager
def new_files() -> Iterator[Files]:
    """Give files without a name, for as long as they are handed over."""
    with page_file() as pages, page_file() as columns, page_file() as rest:
        yield Files(pages, columns, rest)


@contextmanager
def given_files(numbers: Sequence[str]) -> Iterator[Files]:
    """Give the files that a parent process opened."""
    with ExitStack() as opened:
        yield Files(*(opened.enter_context(os.fdopen(int(n), "wb")) for n in numbers))


def load_apart(path: Path, session_id: str, progress: Progress) -> Scene:
    """Return a session, analysed by a child process.

    Args:
        path: the recording.
        session_id: whole id of the session.
        progress: called again and again, also where nothing moves; what it raises ends the child.

    Raises:
        FlightlogError: it could not be read; with what the child said.
    """
    with new_files() as files:
        _read(path, session_id, progress, [file.fileno() for file in files])
        return take_over(files)


def _read(path: Path, session_id: str, progress: Progress, files: Sequence[int]) -> None:
    program = [sys.executable, "-P", "-m", "tui.apart", str(path), session_id, *map(str, files)]
    with subprocess.Popen(
        program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        pass_fds=files,
    ) as child:  # fmt: skip
        try:
            said = _listen(child, progress)
            is_well = child.wait() == 0
        finally:
            child.kill()
    if not is_well:
        raise FlightlogError(said or f"reading {session_id} failed; try again")


def _listen(child: subprocess.Popen[bytes], progress: Progress) -> str:
    """Tell how far a child is until it ends; return what it complained of."""
    done, total, complaint = 0, 0, ""
    for said in _lines(child):
        word, _, more = said.partition(" ")
        if word == "failed":
            complaint = more
        elif said:
            done, total = int(word), int(more)
        progress(done, total)
    return complaint


def _lines(child: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield what a child says, by the line; an empty one where it says nothing for a while."""
    assert child.stdout is not None  # noqa: S101 - it was asked for
    held = b""
    while True:
        ready, _, _ = select.select([child.stdout], [], [], TOLD_SECONDS)
        if not ready:
            yield ""
            continue
        data = os.read(child.stdout.fileno(), 65536)
        if not data:
            return
        *lines, held = (held + data).split(b"\n")
        yield from (line.decode() for line in lines)


class _Packer(pickle.Pickler):
    """Writes columns of numbers into a file of their own, to be looked into where they are."""

    def __init__(self, out: BinaryIO, columns: BinaryIO) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self._columns = columns

    def persistent_id(self, obj: Any) -> tuple[int, int] | None:
        """Return where a column stands, of what is one."""
        if not isinstance(obj, array) or not obj:
            return None
        place = self._columns.tell()
        self._columns.write(obj)
        return place, len(obj)


class _Unpacker(pickle.Unpickler):
    """Reads what a `_Packer` wrote; a column takes memory only where somebody looks at it."""

    def __init__(self, packed: BinaryIO, columns: BinaryIO) -> None:
        super().__init__(packed)
        size = os.fstat(columns.fileno()).st_size
        if size:
            shared = mmap.mmap(columns.fileno(), size, access=mmap.ACCESS_READ)
            # A bisection looks here and there: what lies around need not come along.
            shared.madvise(mmap.MADV_RANDOM)
            self._columns = memoryview(shared)

    def persistent_load(self, pid: Any) -> memoryview[int]:
        """Return a column."""
        place, count = pid
        return self._columns[place : place + count * NUMBER].cast("q")


def hand_over(scene: Scene, files: Files) -> None:
    """Write a session into files."""
    paged = PagedAnalysis.of(scene.analysis, files.pages)
    _Packer(files.rest, files.columns).dump(replace(scene, analysis=paged))
    for file in files:
        file.flush()


def take_over(files: Files) -> Scene:
    """Return the session that stands in files; whoever gave them may close them."""
    files.rest.seek(0)
    scene: Scene = _Unpacker(files.rest, files.columns).load()
    actions = scene.analysis.actions
    assert isinstance(actions, PagedActions)  # noqa: S101 - `hand_over` made them
    actions.open(files.pages)
    return scene


def main(arguments: list[str]) -> int:
    """Read and analyse a session for the process that started this one."""
    path, session_id, *numbers = arguments
    # It ends with what it was started for: looking for cycles in all of that would be in vain.
    gc.disable()

    def progress(done: int, total: int) -> None:
        sys.stdout.write(f"{done} {total}\n")
        sys.stdout.flush()

    try:
        with Recording.open(Path(path)) as recording:
            analysis = analyze(recording, session_id, progress=progress)
    except FlightlogError as error:
        sys.stdout.write("failed " + " ".join(str(error).split()) + "\n")
        return FAILED
    with given_files(numbers) as files:
        hand_over(Scene.of(analysis, StateIndex(analysis)), files)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
