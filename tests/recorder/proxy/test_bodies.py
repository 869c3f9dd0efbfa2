"""Bodies: kept in part, counted whole, and readable for the sealing."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from recorder.capture.proxy.bodies import ESCAPED, KEPT_BYTES, BodyTap, BodyText

TEXT = '{"query": "mutation { volumeDelete }", "name": "Zoë"}'


def tapped(*chunks: bytes) -> BodyTap:
    tap = BodyTap()
    for chunk in chunks:
        assert tap.feed(chunk) == chunk
    return tap


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT.encode()),
        ("gzip", gzip.compress(TEXT.encode(), mtime=0)),
        ("deflate", zlib.compress(TEXT.encode())),
        ("deflate", raw_deflate(TEXT.encode())),
        ("br", brotli.compress(TEXT.encode())),
        ("zstd", zstandard.compress(TEXT.encode())),
    ],
)
def test_content_coding_is_undone(coding: str, body: bytes) -> None:
    assert tapped(body).read("application/json", coding) == BodyText(TEXT, "", 0)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.compress)],
)
def test_what_stands_behind_the_first_piece_of_a_body_is_read_or_counted(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """Clients read them all: nothing may hide in the second."""
    pieces = [b'{"query": ', b"", b'"mutation { volumeDelete }"}']
    body = b"".join(map(encode, pieces))
    assert tapped(body).read("application/json", coding) == BodyText(
        b"".join(pieces).decode(), "", 0
    )
    if coding != "zstd":
        hidden = encode(b"") * 5_000 + encode(b"hidden")
        assert tapped(hidden).read("text/plain", coding).cut > 0
        padded = tapped(encode(b"all of it ") + b"no such coding").read("text/plain", coding)
        assert (padded.text, padded.cut) == ("all of it ", 14)


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(64_000_000))),
        ("br", brotli.compress(bytes(64_000_000), quality=1)),
        ("zstd", zstandard.compress(bytes(64_000_000))),
    ],
)
def test_compressed_bomb_is_kept_in_part_and_said_to_be_cut(coding: str, bomb: bytes) -> None:
    body = tapped(bomb).read("text/plain", coding)
    assert body.text is not None
    assert len(body.text) <= KEPT_BYTES
    assert body.cut > 0


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "rot13", "gzip, br"])
def test_coding_that_cannot_be_undone_keeps_nothing_and_counts_all(coding: str) -> None:
    assert tapped(b"no such coding").read("text/plain", coding) == BodyText(None, "", 14)


def test_compressed_file_is_not_kept_because_no_secret_could_be_found_in_it() -> None:
    archive = gzip.compress(b"RAILWAY_TOKEN=secret")
    assert tapped(archive).read("application/gzip") == BodyText(None, "", len(archive))


def test_binary_keeps_its_readable_parts_readable() -> None:
    body = tapped(b"\x00\x0a\xff\\vol-17").read("application/grpc")
    assert body == BodyText("\x00\n\\xff\\\\vol-17", ESCAPED, 0)


def test_declared_charset_is_used_where_it_is_not_utf_8() -> None:
    body = tapped("Zoë".encode("utf-16")).read("text/plain; charset=UTF-16")
    assert body == BodyText("Zoë", "", 0)


def test_body_over_the_limit_is_counted_and_digested_whole() -> None:
    chunk = b"words and " * 1000
    tap = tapped(*[chunk] * 200)
    body = tap.read("text/plain")
    assert body.text is not None
    assert tap.size == 2_000_000 == len(body.text) + body.cut
    assert tap.digest() == hashlib.sha256(chunk * 200).digest()


def test_cut_never_leaves_half_a_word_of_which_nobody_sees_that_it_is_a_secret() -> None:
    secret = b"ghp_" + b"a" * 36
    tap = tapped(b"x" * (KEPT_BYTES - 31) + b" token=" + b"\n" + secret + b" and more")
    body = tap.read("text/plain")
    assert body.text is not None
    assert "ghp_" not in body.text
    assert tap.size == len(body.text) + body.cut


def test_cut_in_the_middle_of_a_character_is_still_text() -> None:
    body = tapped(b"a" + "ë".encode() * KEPT_BYTES).read("text/plain")
    assert body.encoding == ""
    assert body.text is not None
    assert body.text.endswith("ë")
