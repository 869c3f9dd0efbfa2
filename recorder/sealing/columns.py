"""Find secrets in columns: a head such as `password`, and values below it, in CSV and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import Clue, DenseClue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.lines import begin_of_line
from recorder.sealing.looks import is_random, is_wordlike
from recorder.sealing.names import NAME_WORDS, class_of_name, is_count, is_secret_name
from recorder.sealing.passwords import is_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_HEAD = {
    ",": Exact(r"^[ \t]*\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?(?:,[ \t]?\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?){1,40}[ \t\r]*$", re.MULTILINE),
    "\t": Exact(r"^[ ]*\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?(?:\t\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?){1,40}[ \t\r]*$", re.MULTILINE),
    ";": Exact(r"^[ \t]*\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?(?:;[ \t]?\\{0,7}[\"']?[A-Za-z_][\w \-]{0,40}\\{0,7}[\"']?){1,40}[ \t\r]*$", re.MULTILINE),
}  # fmt: skip
"""What a line of names is like, by what stands between them."""
_DRAWN_HEAD = Exact(
    r"^[ \t]*\|?(?:[ \t]*[A-Za-z_][\w \-]{0,60}\|){0,40}[ \t]*[\w \-]{2,60}\|?[ \t\r]*$",
    re.MULTILINE,
)
"""The same in a table that a client draws."""
_ALIGNED_HEAD = Exact(
    r"[ \t]{0,8}[A-Za-z][\w.\-]{0,40}(?: [A-Za-z][\w.\-]{0,30}){0,3}(?:[ ]{2,}[A-Za-z][\w.\-]{0,40}(?: [A-Za-z][\w.\-]{0,30}){0,3}){1,20}[ \t\r]*"
)
_CELL_OF_HEAD = Exact(r"\S+(?: \S+)*")
"""The same where blanks alone keep columns apart."""
_BOOTSTRAP = Exact(r"[a-z0-9]{6}\.[a-z0-9]{16}")
"""A token that machines join a cluster of Kubernetes with."""
LEAST_TOKEN = 16
LONGEST_HEAD = 1_000
"""Characters of a line of names."""
_RULE = Exact(r"^[ \t]*[+|]?[-=+| :]{3,}[ \t\r]*$")
_CLOSING = Exact(r"\\{0,7}\"[ ]{0,4}[,}\]\\]")
"""Ends a string of JSON, behind which its document goes on."""
_RECORD = Exact(
    r"^[ \t]*(?P<name>[A-Za-z_]\w{1,60})[ \t]*\|[ \t](?P<value>[^\s|⟦⟧]{4,4096})[ \t\r]*$",
    re.MULTILINE,
)
"""A line of a record that a client shows upright: `api_token | …`."""
_POINTER = Exact(r"[*&]{1,2}[a-z]\w*\.[A-Z]\w*")
"""A type of Go's: the fields of its structures stand in columns, too."""
ROWS = 100
"""Lines below a head that are looked at."""


def _below(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what stands below the heads in whose lines the hits end."""
    done = 0
    for hit in hits:
        last = hit - 1
        while text[last - 1] == " ":
            last -= 1  # what stood before the second line
        end = text.find("\n", last - 1, hit + LONGEST_HEAD)
        start = text.rfind("\n", max(0, hit - LONGEST_HEAD), last - 1) + 1
        if end < 0 or start < done:
            continue
        done = end
        line = text[begin_of_line(text, last - 1) : end]
        separator = next((s for s in _HEAD if s in line), "")
        if separator and _HEAD[separator].fullmatch(line):
            yield from _of_head(text, end, line, separator)


def _drawn(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what stands below the heads of tables that a client draws; hits end in the rule."""
    for hit in hits:
        end = text.rfind("\n", max(0, hit - LONGEST_HEAD), hit)
        start = text.rfind("\n", max(0, end - LONGEST_HEAD), max(0, end)) + 1
        head = text[start : max(0, end)].rpartition('"')[2]  # in a string of JSON
        if _DRAWN_HEAD.fullmatch(head):
            yield from _of_head(text, end, head, "|")


def _aligned(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what stands below the heads in whose lines the hits end, kept apart by blanks."""
    done = 0
    for hit in hits:
        start, end = begin_of_line(text, hit - 1), text.find("\n", hit - 1, hit + LONGEST_HEAD)
        if end < 0 or start < done:
            continue
        done = end
        head = text[start:end]
        if not _ALIGNED_HEAD.fullmatch(head):
            continue
        cells = [*_CELL_OF_HEAD.finditer(head)]
        edges = [cell.start() for cell in cells[1:]] + [LONGEST_HEAD]
        for cell, edge in zip(cells, edges, strict=True):
            name = cell[0].replace(" ", "_")
            if is_secret_name(name):
                yield from _in_column(text, end + 1, (cell.start(), edge), name)


def _in_column(text: str, at: int, edges: tuple[int, int], name: str) -> Iterator[SecretSpan]:
    for _ in range(ROWS):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)].rstrip("\r")
        if not line.strip():
            return
        value = line[slice(*edges)].strip()
        is_apart = not line[: edges[0]] or line[edges[0] - 1 : edges[0]] == " "
        if is_apart and _is_token(value) and not is_count(name, value):
            begin = at + line.index(value, edges[0])
            yield SecretSpan(begin, begin + len(value), class_of_name(name), "document")
        if end < 0:
            return
        at = end + 1


def _is_token(value: str) -> bool:
    if " " in value or is_harmless(value) or _POINTER.fullmatch(value):
        return False
    return (
        is_password(value)
        or _BOOTSTRAP.fullmatch(value) is not None
        or (len(value) >= LEAST_TOKEN and is_random(value))
    )


def _of_head(text: str, end: int, head: str, separator: str) -> Iterator[SecretSpan]:
    names = [_bare(cell).replace(" ", "_") for cell in head.split(separator)]
    columns = {n: name for n, name in enumerate(names) if name and is_secret_name(name)}
    if columns:
        yield from _rows(text, end + 1, head, separator, columns)


def _rows(
    text: str, at: int, head: str, separator: str, columns: dict[int, str]
) -> Iterator[SecretSpan]:
    count = head.count(separator) + 1
    for _ in range(ROWS):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        cells = line.split(separator)
        if line == head:
            return  # it begins anew
        if separator == "|" and not line.strip():
            return  # a heading of a text, underlined
        if not _RULE.match(line):
            if end < 0 or len(cells) != count:
                within = _within_string(line, separator, count)
                cells, end = within or cells, -1 if within else end
            if len(cells) != count:
                return
            place = at
            for number, cell in enumerate(cells):
                value = _bare(cell)
                name = columns.get(number, "")
                if name and len(value) >= 4 and _may_be_secret(name, value):
                    begin = place + cell.index(value)
                    yield SecretSpan(begin, begin + len(value), class_of_name(name), "document")
                place += len(cell) + 1
        if end < 0:
            return
        at = end + 1


def _within_string(line: str, separator: str, count: int) -> list[str]:
    """Return so many cells of a row that is the last of a string of JSON; or none."""
    for closing in _CLOSING.finditer(line):
        cells = line[: closing.start()].split(separator)
        if len(cells) >= count:
            return cells if len(cells) == count else []
    return []


def _may_be_secret(name: str, value: str) -> bool:
    is_word = is_wordlike(value) and not any(map(str.isdigit, value))
    if is_word or is_count(name, value):
        return False
    return not is_harmless(value) and " " not in value and "⟦" not in value


def _bare(cell: str) -> str:
    return cell.strip(" \t\r\"'`*\\")


def _upright(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _RECORD.finditer(text, start, end):
        if is_secret_name(match["name"]) and _may_be_secret(
            match["name"], match["value"].rstrip(",;")
        ):
            yield SecretSpan(*match.span("value"), class_of_name(match["name"]), "document")


_NAME = rf"\w{{0,40}}{NAME_WORDS}\w{{0,20}}"
CLUES = (
    DenseClue([rf"{NAME_WORDS}\w{{0,20}}\\{{0,7}}[\"']?(?:(?:[,;]|[ ]{{0,3}}\t)\\{{0,7}}[\"'A-Za-z_]|[ ]{{0,3}}\r?\n[ ]{{0,60}}\S)"], _below),
    DenseClue([r"(?:access|secret|api)[ ]key[\"']?(?:[,;\t][\"'A-Za-z_]|[ ]?\r?\n[ ]{0,60}\S)"], _below),
    DenseClue([rf"{NAME_WORDS}\w{{0,20}}[ ]{{0,60}}(?:\|[^\n]{{0,400}})?\r?\n[ \t]{{0,8}}[+|\-][-+=| ]{{3}}"], _drawn),
    DenseClue([rf"{NAME_WORDS}\w{{0,20}}[ ]{{2,60}}(?:[A-Za-z]|\r?\n)"], _aligned),
    Clue(rf"\n[ ]{{0,8}}{_NAME}[ ]{{0,40}}\|[ ]", 100, 4_200, _upright),
)  # fmt: skip
"""A clue for each way to write columns."""
