"""The spool's files: written whole or not at all, and taken in whatever stands beside them."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recorder.sealing.aside import sealer_aside
from recorder.sealing.sealed import SealedRecord
from recorder.spool import Spool
from recorder.taking_in import Spooled, take_in
from tests.recorder.factories import record


def sealed(name: str, text: str = "") -> SealedRecord:
    return sealer_aside(bytes(32), "").seal(record(name, attributes={"text": text}))


def names_in(folder: Path) -> tuple[list[str], int]:
    """Take a spool in; return the names of its records, and how many lines were torn."""
    found: list[Spooled] = []
    take_in(folder, found.append)
    names = [record.name for spooled in found for record, _ in spooled.records]
    return names, sum(spooled.torn for spooled in found)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: what does is written in part, as on a disk that fills up."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_line_that_only_a_part_of_fits_is_not_written_and_spoils_no_other(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "flight.db.spool"
    spool = Spool(folder)
    spool.append(sealed("first"))
    (file,) = folder.iterdir()
    with room_for(file.stat().st_size + 100), pytest.raises(OSError, match="too large"):
        spool.append(sealed("second", "x " * 4000))
    spool.append(sealed("third"))
    assert names_in(folder) == (["first", "third"], 0)


@pytest.mark.parametrize(
    "stand_in_the_way",
    [lambda path: path.mkdir(), lambda path: path.symlink_to(path.name)],
    ids=["a folder", "a link in a circle"],
)
def test_what_cannot_be_opened_keeps_nothing_behind_it_from_being_taken(
    tmp_path: Path, stand_in_the_way: Callable[[Path], None]
) -> None:
    folder = tmp_path / "flight.db.spool"
    Spool(folder).append(sealed("behind"))
    stand_in_the_way(folder / "0.jsonl")
    found: list[Spooled] = []
    with pytest.raises(OSError, match=r"0\.jsonl"):
        take_in(folder, found.append)
    assert [record.name for spooled in found for record, _ in spooled.records] == ["behind"]
    assert [path.name for path in folder.iterdir()] == ["0.jsonl"]


def test_a_file_whose_records_cannot_be_committed_stays_and_the_next_is_taken(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "flight.db.spool"
    Spool(folder).append(sealed("odd"))
    (odd,) = folder.iterdir()
    odd.rename(folder / "0.jsonl")  # is looked at before the other
    Spool(folder).append(sealed("good"))
    taken: list[str] = []

    def commit(spooled: Spooled) -> None:
        if spooled.records[0][0].name == "odd":
            raise OverflowError
        taken.append(spooled.records[0][0].name)

    for _ in range(2):
        with pytest.raises(OverflowError):
            take_in(folder, commit)
        assert taken == ["good"]
    assert os.listdir(folder) == ["0.jsonl"]
