"""Tar archives are folders of transcripts, however they are compressed, damaged or hostile."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from recorder.transcripts import tarred
from recorder.transcripts.places import sources_of
from recorder.transcripts.source import Source
from tests.recorder.transcripts.reading import jsonl, read

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes, "gz": gzip.compress, "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}  # fmt: skip


def session(name: str, count: int = 3) -> bytes:
    return jsonl(
        {"type": "user", "sessionId": name, "uuid": f"{name}{n}",
         "message": {"role": "user", "content": f"say {n}"}}
        for n in range(count)
    )  # fmt: skip


def archive(*members: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return held.getvalue()


def sources(folder: Path, content: bytes) -> list[Source]:
    path = folder / "x.bin"
    path.write_bytes(content)
    return list(sources_of(str(path)))


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("held", [tarred.HELD, 10])
def test_each_member_is_a_source_from_its_first_record(
    tmp_path: Path, packer: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarred, "HELD", held)
    content = archive(
        ("a/one.jsonl", session("s1")), ("b/two.jsonl.gz", gzip.compress(session("s2")))
    )
    found = sources(tmp_path, PACKERS[packer](content))
    assert [s.name.rpartition("x.bin")[2] for s in found] == ["!a/one.jsonl", "!b/two.jsonl.gz"]
    for source, name in zip(found, ("s1", "s2"), strict=True):
        _, records, damage = read(source)
        assert damage == []
        assert {r.session for r in records} == {name}
        assert len(records) == 4, "the session, and all it says"


@pytest.mark.parametrize("packer", PACKERS)
def test_an_archive_that_is_cut_off_or_damaged_gives_what_stands_before(
    tmp_path: Path, packer: str
) -> None:
    content = archive(("a.jsonl", session("s1")), ("b.jsonl", session("s2", 200)), ("c", b"x"))
    second = content.index(b"b.jsonl")
    overwritten = content[:second] + b"\xff" * 20 + content[second + 20 :]
    for cut in (content[: second + 900], content[: second + 100], content[:second], overwritten):
        found = sources(tmp_path, PACKERS[packer](cut))
        assert read(found[0])[1]
        assert "cut off or damaged" in found[-1].breakage.reason


def test_what_a_header_claims_takes_no_memory(tmp_path: Path) -> None:
    bomb = tarfile.TarInfo("x")
    bomb.type, bomb.size = tarfile.XHDTYPE, 300_000_000
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as out:
        out.write(bomb.tobuf())
        for _ in range(300):
            out.write(bytes(1_000_000))
    tracemalloc.start()
    (broken,) = sources(tmp_path, packed.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "cut off or damaged" in broken.breakage.reason
    assert peak < 30_000_000
