"""Where a report must not be written: in the place of what it reports on."""

from __future__ import annotations

from pathlib import Path

from recorder.errors import FlightlogError
from recorder.location import spool_folder

SQLITE = b"SQLite format 3\x00"
BESIDE = ("-wal", "-shm", "-journal", ".case-wal", ".case-shm", ".case-journal", ".recorder",
          ".guard.json")  # fmt: skip
"""What SQLite, the recorder and the guard keep beside a recording, and what is no database."""


def refuse_evidence(output: Path, recording: Path) -> None:
    """Refuse a place that holds a recording, or what lies beside one and belongs to it.

    A slip of the shell's completion (`-o flight.db`) would replace the evidence by a report on it.

    Raises:
        FlightlogError: there is such a file in this place.
    """
    place, evidence = output.resolve(), recording.resolve()
    beside = {evidence.with_name(evidence.name + ending) for ending in BESIDE}
    if place in beside or place.parent == spool_folder(evidence) or _is_database(place):
        raise FlightlogError(
            f"cannot write {output}: a recording, or a part of one, lies there; name another file"
        )


def _is_database(place: Path) -> bool:
    if not place.is_file():
        return False
    try:
        with place.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        # Nobody can tell what it is; writing it will say what is wrong with it.
        return False
