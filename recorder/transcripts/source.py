"""One source of a transcript: a file, a member of an archive, or the standard input, as bytes.

Compression and byte order marks are undone here; what a format sees is one stream from its
beginning, as often as it asks. Modification times are not looked at: agents' clients rewrite them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from recorder.digests import marked
from recorder.transcripts.carried import bare, is_carried
from recorder.transcripts.json_text import NotJsonError, TooLargeError, parse, trimmed
from recorder.transcripts.laid_out import documents_in, is_several, may_be_several
from recorder.transcripts.long_json import parse_long
from recorder.transcripts.mending import joined, mended
from recorder.transcripts.packed import Breakage
from recorder.transcripts.torn import pieces_of
from recorder.utf8 import utf8

__all__ = ["HEAD", "Source"]

HEAD = 64 * 1024
SAMPLE_LINES = 32
LAID_OUT_LINES = 4
"""Lines that a document which is laid out over many is known by."""
MAX_SAMPLE = 512 * 1024
"""Bytes after which no further line is looked at."""
MAX_FIRST_LINE = 8 * 1024 * 1024
LOOKED_AT_ONCE = 1024 * 1024
MAX_LOOKED_AT = 4 * 1024 * 1024
"""Bytes of a first line whose end is looked for in what may be a pipe: so much is held of one."""
UTF_16 = frozenset({b"\xff\xfe", b"\xfe\xff"})
"""Marks that a text in that encoding begins with."""
TELLING = ("type", "subtype", "role", "kind", "event", "action", "observation", "source")
"""Fields that say what an entry is."""
BLANK = b" \t\r\n\x00"
LARGE_DOCUMENT = 4 * 1024 * 1024
"""Bytes of a JSON document of which only a bit at a time becomes objects."""
MAX_DOCUMENT = 128 * 1024 * 1024
"""Bytes of a JSON document that is read, after long strings in it were cut: it stays in memory."""
MAX_MENDED = 16 * 1024 * 1024
"""Bytes of a damaged document of which the good part is looked for."""


@dataclass
class Source:
    """Something that may hold a transcript."""

    name: str
    """As shown: the path, and `!member` for a part of an archive."""
    opener: Callable[[], BinaryIO]
    """Opens the content from its beginning, decompressed."""
    size: int = 0
    """Bytes as stored; 0 where that is not known."""
    local: Path | None = None
    """The file itself, where the content is a file as it stands (a database must be opened so)."""
    breakage: Breakage = field(default_factory=Breakage)
    """Where the content cannot be read on, as far as it was read."""
    too_large: str = ""
    """Why a document was not looked into."""
    _documents: list[Any] = field(default_factory=list)

    def open(self) -> BinaryIO:
        """Return the content, decompressed, from its beginning; UTF-16 (by its mark) as UTF-8."""
        stream = self.opener()
        mark = self.head[:3]
        if mark[:2] in UTF_16:
            return _Utf8(stream, "utf-16")
        if mark == b"\xef\xbb\xbf":
            stream.read(3)
        return stream

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB as they stand."""
        with self.opener() as stream:
            return stream.read(HEAD)

    @cached_property
    def beginning(self) -> bytes:
        """The first 64 KiB of a text, as `open` has it."""
        if self.head[:2] not in UTF_16:
            return self.head.lstrip(b"\xef\xbb\xbf")
        with self.open() as stream:
            return stream.read(HEAD)

    @cached_property
    def id(self) -> str:
        """Return a short id of the source by its beginning: a longer copy of it has the same.

        Made from the first line (at most 64 KiB) that can be read, for entries that no id of their
        own names.
        """
        lines = self.beginning.lstrip(b"\x00 \t\r\n").split(b"\n", SAMPLE_LINES)
        first = lines[0]
        if first.strip() in {b"{", b"["}:
            # A document laid out over many lines: its first line says nothing.
            first = b"\n".join(line.rstrip(b",\r") for line in lines[:LAID_OUT_LINES])
        else:
            first = next(filter(None, map(_first_object, lines[:SAMPLE_LINES])), first)
        # As it is in a copy with other ends of lines.
        return marked(sha256(first.rstrip(b"\r")).hexdigest()[:12])

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders that the source lies in, the nearest first."""
        parts = self.name.replace("!", "/").split("/")
        return tuple(reversed(parts[:-1]))

    @property
    def file_name(self) -> str:
        """Name of the file without its folders."""
        return self.name.replace("!", "/").rpartition("/")[2]

    @cached_property
    def sample(self) -> list[Any]:
        """Values of the first lines that hold JSON; for a JSON document in many lines, itself.

        Empty for anything else. Read once; a format's `recognises` may look at it freely.
        """
        if self.is_carried:
            return self._first_lines()
        begins = self.head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
        is_text = begins[:1] in {b"{", b"["} or begins[:2] in UTF_16
        if not is_text and b'\n{"' not in self.head:
            return []
        # A bracket alone in its line begins a document that is laid out over many.
        values = [] if begins.partition(b"\n")[0].strip() in {b"{", b"["} else self._first_lines()
        if values:
            return values
        if self.is_laid_out:
            return self._first_documents()
        if self.is_several():
            return self._beginning()
        document = self.document
        return [] if document is None else [document]

    @cached_property
    def entries(self) -> list[Any]:
        """`sample`, where a list is told by what it holds: lines that were gathered in one."""
        found: list[Any] = []
        for value in self.sample:
            found += islice(value, SAMPLE_LINES) if isinstance(value, list) else [value]
        return found

    @cached_property
    def is_carried(self) -> bool:
        """Whether before each of its lines stands what a carrier wrote."""
        return is_carried(self.beginning)

    @cached_property
    def is_gathered(self) -> bool:
        """Whether it is one JSON document that is a list, or is laid out over many lines.

        Programs gather so what an agent writes line by line.
        """
        begins = self.beginning.lstrip(BLANK)
        may_be = begins[:1] == b"[" or may_be_several(begins)
        return may_be and not self.is_laid_out and not self.is_several()

    def _first_lines(self) -> list[Any]:
        """Return the objects and lists in the first lines; a bad line does not hide the rest."""
        values: list[Any] = []
        seen = 0
        with self.open() as stream:
            for _ in range(SAMPLE_LINES):
                line = stream.readline(MAX_FIRST_LINE)
                seen += len(line)
                if not line or (values and seen > MAX_SAMPLE):
                    break
                line = bare(line.rstrip(b"\r\n")) if self.is_carried else line
                values += [value for value in _in_line(line) if isinstance(value, dict | list)]
        return values

    def _first_documents(self) -> list[Any]:
        values: list[Any] = []
        with self.open() as stream:
            for _, _, text in islice(documents_in(stream, MAX_FIRST_LINE), LAID_OUT_LINES):
                values += [] if isinstance(text, int) else _in_line(text)
        return [value for value in values if isinstance(value, dict | list)]

    def _beginning(self) -> list[Any]:
        """Return what a first line begins with that is too long to be looked at as a whole."""
        with self.open() as stream:
            value = mended(stream.readline(MAX_SAMPLE))
        return [value] if isinstance(value, dict | list) else []

    @cached_property
    def is_laid_out(self) -> bool:
        """Whether it is a row of JSON documents, each laid out over many lines."""
        if not may_be_several(self.beginning):
            return False
        with self.open() as stream:
            return is_several(stream)

    def is_several(self) -> bool:
        """Tell whether the first line ends as a value does and the next one begins as one does.

        No JSON document goes on so: it need not be read as one to know that it is several.
        """
        most = MAX_LOOKED_AT if self.local is None else sys.maxsize
        end = b""
        with self.open() as stream:
            while not end.endswith(b"\n"):
                piece = stream.readline(min(LOOKED_AT_ONCE, most))
                most -= len(piece)
                if not piece:
                    return False
                end = end[-8:] + piece
            begins = stream.read(HEAD).lstrip(BLANK)[:1]
        return end.rstrip(BLANK)[-1:] in {b"}", b"]"} and begins in {b"{", b"["}

    @property
    def document(self) -> Any:
        """The whole content as one JSON value; None where it is none or too large.

        Of a document that is cut off or damaged, what stands before the damage (see `damage`).
        """
        if not self._documents:
            try:
                with self.open() as stream:
                    text = trimmed(stream, MAX_DOCUMENT)
                large = len(text) > LARGE_DOCUMENT
                self._documents.append(parse_long(text) if large else parse(bytes(text)))
            except TooLargeError as error:
                self.too_large = str(error)
                self._documents += [None, str(error)]
            except NotJsonError as error:
                value, is_whole = self._good_part()
                self._documents += [value] if is_whole else [value, str(error)]
        return self._documents[0]

    @property
    def damage(self) -> str:
        """Why `document` is None, or not the whole; empty where it is."""
        if self.document is None and len(self._documents) == 1:
            return "a JSON document of nothing"
        return self._documents[1] if len(self._documents) > 1 else ""

    def _good_part(self) -> tuple[Any, bool]:
        """Return what can be read of what is no JSON document, and whether that is all of it."""
        begins = self.head.lstrip(b"\xef\xbb\xbf\x00 \t\r\n")[:1]
        if begins not in {b"{", b"["}:
            return None, False
        with self.open() as stream:
            content = stream.read(MAX_MENDED + 1)
        values, is_whole = joined(content) if begins == b"[" else ([], False)
        if values:
            return values, is_whole and len(content) <= MAX_MENDED
        return mended(content[:MAX_MENDED]), False

    def without_odd(self) -> Source:
        """Return the same source to look at, less the entries whose type is no word."""
        shown = copy(self)
        shown.__dict__.pop("entries", None)
        shown.__dict__["sample"] = [
            [one for one in islice(value, SAMPLE_LINES) if _has_words(one)]
            if isinstance(value, list)
            else value
            for value in self.sample
            if _has_words(value)
        ]
        return shown

    def forget(self) -> None:
        """Let go of what was read for `sample` and `document`."""
        self._documents.clear()
        for name in ("sample", "entries"):
            self.__dict__.pop(name, None)


def _has_words(value: Any) -> bool:
    """Tell whether what says of an entry what it is can be looked up."""
    return not isinstance(value, dict) or not any(
        isinstance(value.get(name), dict | list) for name in TELLING
    )


def _in_line(line: bytes) -> list[Any]:
    try:
        return [parse(line)]
    except NotJsonError:
        return [parse(piece.text) for piece in pieces_of(line) if piece.is_whole]


def _first_object(line: bytes) -> bytes:
    """Return the first object that a line holds as it stands there; nothing where it holds none."""
    if not line.startswith(b"{"):
        return b""
    try:
        return line if isinstance(parse(line), dict) else b""
    except NotJsonError:
        return next((piece.text for piece in pieces_of(line) if piece.is_whole), b"")


class _Utf8(io.BufferedReader):
    """A stream in another encoding, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__(_Recoding(stream, encoding), 1 << 20)


class _Recoding(io.RawIOBase):
    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = utf8(self._text.read(1 << 16))
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self._text.close()
        super().close()
