"""Values as a tree of JSON that is opened branch by branch: what is closed costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from recorder.model import Json
from tui.bodies.raw import Part
from tui.line import Line, Piece, Tone, line

__all__ = ["MAX_TREE", "JsonTree", "tree_of"]

MAX_TREE = 4 * 1024 * 1024
"""Bytes of a value that are parsed; reading more would hold the screen up."""
CHUNK = 200
"""Children that a branch shows at a time."""
OPENED = 60
"""Rows up to which branches are open at first."""
MAX_TEXT = 2_000
type Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    key: str
    value: Json
    more: int = 0
    """For the row below the children that are shown: how many are not."""


def tree_of(parts: Sequence[Part]) -> tuple[JsonTree | None, str]:
    """Return the tree of those values that are JSON, or None and why there is none."""
    roots: list[tuple[str, Json]] = []
    large = 0
    for part in parts:
        if part.data[:64].lstrip()[:1] not in {b"{", b"["}:
            continue
        if len(part.data) > MAX_TREE:
            large += 1
            continue
        with suppress(orjson.JSONDecodeError):
            roots.append((part.heading, orjson.loads(part.data)))
    if roots:
        return JsonTree(roots), ""
    if large:
        return None, f"over {MAX_TREE // 1024**2} MB of JSON"
    return None, "no value of it is JSON" if parts else "nothing of it was recorded"


class JsonTree:
    """The rows of a tree that are open."""

    def __init__(self, roots: Sequence[tuple[str, Json]]) -> None:
        """Take named values; open what has room."""
        self._roots = roots
        self._shown: dict[Path, int] = {}
        """Open branch -> how many of its children are shown."""
        self._rows: list[_Row] = []
        self._open_some()

    def _open_some(self) -> None:
        """Open level by level while there is room on a screen."""
        level: list[tuple[Path, Json]] = [((n,), value) for n, (_, value) in enumerate(self._roots)]
        count = len(level)
        while level:
            below: list[tuple[Path, Json]] = []
            for path, value in level:
                children = _children(value)
                if not children or count + len(children) > OPENED:
                    continue
                self._shown[path] = CHUNK
                count += len(children)
                below += [((*path, n), child) for n, (_, child) in enumerate(children)]
            level = below
        self._walk()

    def _walk(self) -> None:
        self._rows = [
            row
            for number, (key, value) in enumerate(self._roots)
            for row in self._branch((number,), key, value)
        ]

    def _branch(self, path: Path, key: str, value: Json) -> Iterator[_Row]:
        yield _Row(path, key, value)
        shown = self._shown.get(path, 0)
        if not shown:
            return
        children = _children(value)
        for number, (name, child) in enumerate(children[:shown]):
            yield from self._branch((*path, number), name, child)
        if len(children) > shown:
            yield _Row(path, "", None, len(children) - shown)

    def toggle(self, row: int) -> bool:
        """Open or close the branch in a row, or show more of it; False where there is none."""
        if not 0 <= row < len(self._rows):
            return False
        found = self._rows[row]
        if found.more:
            self._shown[found.path] += CHUNK
        elif self._shown.pop(found.path, 0) == 0:
            if not _children(found.value):
                return False
            self._shown[found.path] = CHUNK
        self._walk()
        return True

    def lines(self) -> list[Line]:
        """Return the rows that are open."""
        return [self._line(row) for row in self._rows]

    def _line(self, row: _Row) -> Line:
        depth = len(row.path) - 1
        if row.more:
            text = f"{'  ' * (depth + 1)}... {row.more:,} more, enter shows {CHUNK} of them"
            return line(text, tone=Tone.ACCENT)
        size = len(_children(row.value))
        sign = ("- " if row.path in self._shown else "+ ") if size else "  "
        return line(
            Piece(f"{'  ' * depth}{sign}", Tone.ACCENT),
            Piece(f"{row.key}: " if row.key else "", Tone.DIM),
            _shown(row.value),
        )


def _children(value: Json) -> Sequence[tuple[str, Json]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list):
        return [(str(number), child) for number, child in enumerate(value)]
    return ()


def _shown(value: Json) -> Piece:
    if isinstance(value, Mapping):
        return Piece(f"{{{len(value):,}}}", Tone.DIM)
    if isinstance(value, list):
        return Piece(f"[{len(value):,}]", Tone.DIM)
    if isinstance(value, str):
        cut = f" ... {len(value) - MAX_TEXT:,} more" if len(value) > MAX_TEXT else ""
        return Piece(f'"{value[:MAX_TEXT]}"{cut}')
    return Piece(orjson.dumps(value).decode(), Tone.ACCENT)
