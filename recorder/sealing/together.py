"""Many short texts looked through as one: those to which nothing points hold no secret.

Most texts are ids, names, paths: looked through alone, each takes some ten calls into libraries,
which cost more than its letters do. Put together, one to a line, all of them take as many. What a
clue, a known secret or a piece of one points to is left to be looked through by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import accumulate

from recorder.model import Json, Record
from recorder.sealing.clean import SHORT
from recorder.sealing.clues import Clues
from recorder.sealing.joints import has_items, joint_ends
from recorder.sealing.known import KnownSecrets
from recorder.sealing.marks import words_of_lines
from recorder.sealing.recall import NO_MARKS, Recall
from recorder.utf8 import utf8

__all__ = ["clean_texts", "short_texts"]

FEW = 4
"""Texts of which each is looked through by itself."""


def short_texts(records: Iterable[Record], known: Collection[str]) -> Iterable[str]:
    """Return the short values of some records' attributes that are not known yet, each once."""
    found: dict[str, None] = {}
    for record in records:
        for value in record.attributes.values():
            if type(value) is str:
                if len(value) <= SHORT and value not in known:
                    found[value] = None
            elif type(value) is list or type(value) is dict:
                for text in _strings(value):
                    if len(text) <= SHORT and text not in known:
                        found[text] = None
    return found


def _strings(value: Json) -> Iterator[str]:
    """Yield all strings in a value, and the names of its members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def clean_texts(
    texts: Iterable[str], clues: Clues, known: KnownSecrets, recall: Recall
) -> dict[str, frozenset[bytes]]:
    """Return those of some short texts that hold no secret, each with its marks.

    Texts with escapes, several lines or a list in them are none of them: they are also looked
    through in other forms.
    """
    given = [text for text in texts if _is_one_line(text)]
    if len(given) < FEW:
        return {}
    whole = utf8("\n".join(given))
    lines = whole.split(b"\n")
    begins = [0, *accumulate(len(line) + 1 for line in lines)]
    # What ends on the blank behind a text is that text's.
    ends = [*clues.all_ends(whole), *known.ends(whole)]
    if known:
        ends += joint_ends(whole)
    touched = {bisect_right(begins, end - 1) - 1 for end in ends}
    clean: dict[str, frozenset[bytes]] = {}
    for number, (text, line, words) in enumerate(
        zip(given, lines, words_of_lines(whole), strict=True)
    ):
        if number in touched or known.is_cut(line):
            continue
        marks, recalled = recall.look(line, line, words) if words else (NO_MARKS, ())
        if not recalled and not (words and clues.is_word(words)):
            clean[text] = marks
    return clean


def _is_one_line(text: str) -> bool:
    # No colours, ends of lines or NUL: none of them can be printed.
    return (
        text.isprintable()
        and "\\" not in text
        and "⟦" not in text
        and "⟧" not in text
        and not ('",' in text and has_items(text))
    )
