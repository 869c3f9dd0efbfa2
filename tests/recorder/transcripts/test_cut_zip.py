"""A zip archive that is cut off anywhere: what stands before the cut is read."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from tests.recorder.transcripts.reading import jsonl
from tests.recorder.transcripts.test_broken_packing import lines, reports

MEMBERS = 4


class Pipe(io.RawIOBase):
    """What cannot be gone back in: sizes then stand behind each member."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # what zipfile hands over
        self.written += bytes(data)
        return len(data)


def archive(method: int, *, piped: bool = False, packed: bool = False) -> bytes:
    held = io.BytesIO()
    pipe = Pipe()
    with zipfile.ZipFile(pipe if piped else held, "w", method) as made:
        made.writestr("folder/", b"")
        for number in range(MEMBERS):
            content = jsonl({**line, "sessionId": f"s{number}"} for line in lines()[:20])
            made.writestr(f"t/{number}.jsonl", gzip.compress(content) if packed else content)
    return pipe.written if piped else held.getvalue()


KINDS = {
    "deflated": archive(zipfile.ZIP_DEFLATED),
    "stored": archive(zipfile.ZIP_STORED),
    "deflated, through a pipe": archive(zipfile.ZIP_DEFLATED, piped=True),
    "of compressed files": archive(zipfile.ZIP_STORED, packed=True),
    "of compressed files, deflated through a pipe": archive(
        zipfile.ZIP_DEFLATED, piped=True, packed=True
    ),
}


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_each_member_before_the_cut_is_told_whole(made: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(made)
    whole = {r.name: r.records for r in reports(tmp_path / "a.zip") if r.records}
    assert len(whole) == MEMBERS
    told = []
    for tenths in range(1, 10):
        (tmp_path / "a.zip").write_bytes(made[: len(made) * tenths // 10])
        found = {r.name: r.records for r in reports(tmp_path / "a.zip")}
        parts = {name: n for name, n in found.items() if n}
        assert all(n <= whole[name] for name, n in parts.items())
        assert sum(n < whole[name] for name, n in parts.items()) <= 1
        told.append(sum(parts.values()))
    assert told == sorted(told)
    assert told[-1] >= sum(whole.values()) // 2


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_an_archive_that_lost_its_list_alone_tells_all_and_says_so(
    made: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(made[: made.index(b"PK\x01\x02")])
    found = reports(tmp_path / "a.zip")
    assert sum(bool(r.records) for r in found) == MEMBERS
    assert ["its list of files" in d.reason for r in found for d in r.damage] == [True]


@pytest.mark.parametrize("at", range(4, 64, 3))
def test_a_header_of_nonsense_leads_nowhere(at: int, tmp_path: Path) -> None:
    made = bytearray(KINDS["deflated"][:-200])
    made[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.zip").write_bytes(made)
    assert all(r.records >= 0 for r in reports(tmp_path / "a.zip"))
    assert any(r.damaged for r in reports(tmp_path / "a.zip"))
