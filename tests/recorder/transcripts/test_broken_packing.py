"""What is packed and damaged: the good part is imported, the damage named by file and line."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from recorder.transcripts.handing import Nobody
from recorder.transcripts.importer import FileReport, Importer
from recorder.transcripts.places import sources_of
from tests.recorder.transcripts.reading import jsonl

LINES = 400


def lines() -> list[dict[str, Any]]:
    """Return prompts of one session, of which each takes some room when packed."""
    return [
        {"type": "user", "sessionId": "s", "uuid": f"u{n}", "timestamp": "2026-11-23T06:00:00Z",
         "message": {"role": "user", "content": os.urandom(300).hex()}}
        for n in range(LINES)
    ]  # fmt: skip


def zstd(content: bytes) -> bytes:
    """Return it compressed, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def zipped(content: bytes) -> bytes:
    """Return an archive of one member."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", content)
    return held.getvalue()


def reports(path: Path) -> list[FileReport]:
    """Return what an import says of every source of a path."""
    done: list[FileReport] = []
    Importer(Nobody()).run(sources_of(str(path)), done.append)
    return done


def cut(packed: bytes) -> bytes:
    """Return the first part."""
    return packed[: len(packed) * 6 // 10]


def overwritten(packed: bytes) -> bytes:
    """Return it with a hole."""
    at = len(packed) * 6 // 10
    return packed[:at] + b"\xff" * 400 + packed[at + 400 :]


@pytest.mark.parametrize(
    ("pack", "harm", "word"),
    [
        (gzip.compress, cut, "cut off here"),
        (gzip.compress, overwritten, "damaged here"),
        (zstd, cut, "cut off here"),
        (zstd, overwritten, "damaged here"),
        (zipped, overwritten, "damaged here"),
        (lzma.compress, cut, "cut off here"),
        (lzma.compress, overwritten, "damaged here"),
    ],
)
def test_what_came_out_before_the_damage_is_imported(
    pack: Callable[[bytes], bytes], harm: Callable[[bytes], bytes], word: str, tmp_path: Path
) -> None:
    path, content = tmp_path / "packed", jsonl(lines())
    path.write_bytes(harm(pack(content)))
    (report,) = reports(path)
    assert report.format == "claude-code"
    last = [damage for damage in report.damage if word in damage.reason]
    assert len(last) == 1
    # The damage stands in the line that follows the last one that was told.
    assert last[0].line > LINES * 0.2
    told = report.records - report.damaged - 1
    if harm is cut:
        assert report.damaged == 1
        assert last[0].line == told + 1
    assert "whole copy" in last[0].reason
    path.write_bytes(pack(content))
    (whole,) = reports(path)
    assert (whole.records, whole.damaged) == (LINES + 1, 0)


def test_where_the_source_breaks_off_is_named_first_however_many_lines_are_damaged(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "many.gz", jsonl(lines())
    content = told + b'{"type":\n' * 150 + told
    packed = gzip.compress(content)
    path.write_bytes(packed[:-8] + b"\xff" * 4 + packed[-4:])  # another checksum
    (report,) = reports(path)
    assert "damaged here" in report.damage[0].reason
    assert report.damage[0].line > LINES + 150
    assert [damage.line for damage in report.damage[1:]] == [LINES + n for n in range(1, 100)]
    assert report.damaged == 151


def test_small_files_and_cuts_at_the_end_of_a_line_are_named_too(tmp_path: Path) -> None:
    path, content = tmp_path / "small.gz", jsonl(lines()[:6])
    packed = gzip.compress(content)
    # Without the checksum at the end every line comes out, and yet nobody vouches for the whole.
    path.write_bytes(packed[:-8])
    (report,) = reports(path)
    assert (report.records, [d.line for d in report.damage]) == (8, [7])
    path.write_bytes(packed[:5])
    (nothing,) = reports(path)
    assert (nothing.format, nothing.damaged, nothing.damage[0].line) == ("", 1, 0)
    for pack, padding in ((zstd, b""), (gzip.compress, b"\x00" * 600)):
        path.write_bytes(pack(content[:1000]) + pack(content[1000:]) + padding)
        assert [(r.records, r.damaged) for r in reports(path)] == [(7, 0)]


def test_an_archive_without_its_end_is_damaged_and_does_not_hide_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(cut(zipped(jsonl(lines()))))
    locked = bytearray(zipped(jsonl(lines()[:1])))
    for header in (b"PK\x03\x04", b"PK\x01\x02"):
        locked[locked.index(header) + (6 if header == b"PK\x03\x04" else 8)] |= 1  # encrypted
    (tmp_path / "b.zip").write_bytes(locked)
    (tmp_path / "c.jsonl").write_text(json.dumps(lines()[0]) + "\n")
    archive, part, member, sound = reports(tmp_path)
    assert "its list of files" in archive.damage[0].reason
    assert part.name.endswith("a.zip!a.jsonl")
    assert 0 < part.records < LINES + 1
    assert "cut off here" in part.damage[0].reason
    assert member.name.endswith("b.zip!a.jsonl")
    assert "cannot be unpacked (RuntimeError)" in member.damage[0].reason
    assert (sound.records, sound.damaged) == (2, 0)


def test_an_archives_list_is_read_once_however_many_members_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.zip"
    members = {f"{n:03}.jsonl": jsonl(lines()[: 1 + n % 3 * 150]) for n in range(30)}
    members["packed.gz"] = gzip.compress(jsonl(lines()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    read: list[str] = []
    opened = zipfile.ZipFile.__init__

    def init(self: zipfile.ZipFile, file: Any, *more: Any) -> None:
        read.append(str(file))
        opened(self, file, *more)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", init)
    done = reports(path)
    assert read == [str(path)]
    assert [one.format for one in done] == ["claude-code"] * len(members)
    # Whoever keeps the sources reads them after the archive was let go of.
    told = {one.file_name: one.open().read() for one in list(sources_of(str(path)))}
    assert told == members | {"packed.gz": gzip.decompress(members["packed.gz"])}
