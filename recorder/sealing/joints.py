"""Texts that are written in pieces: `'ab' + 'cd'`, `"ab" "cd"`, or over the end of a line."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from recorder.sealing.database import Database, Pattern
from recorder.sealing.offsets import in_characters
from recorder.utf8 import utf8

__all__ = [
    "BETWEEN",
    "EVENTS",
    "Joined",
    "Parts",
    "has_few_items",
    "has_items",
    "has_joint_at_edge",
    "joined",
    "joined_events",
    "joined_in_json",
    "joined_items",
    "joint_ends",
]

_JOINT = re.compile(
    r"""(?<=[^\s\\])(?:\\{0,3}(?P<quote>["'])\s{0,8}(?:[+.&]|\\?\n)?\s{0,8}\\{0,3}(?P=quote)|\\\r?\n[ \t]{0,40})(?=\S)"""  # noqa: E501
)
_JOINTS = Database(
    [
        Pattern(
            0,
            r"""[^\s\\,:(\[{=](?:'\s{0,8}[+.&]?\s{0,8}\\?'|"\s{0,8}[+.&]?\s{0,8}\\?"|\\\r?\n[ \t]{0,40})[^\s,)\]}:]""",  # noqa: E501
            ignore_case=False,
        )
    ]
)
"""The clue that such a place may be in a text; it ends behind the first character after it.
Programs have one in every tenth line: they are only looked for where they may say something."""
_BLANK = r"(?:\s|\\{1,3}[nr])"
_JOINT_IN_JSON = re.compile(
    rf"""(?<=[^\s\\])(?:\\{{0,3}}(?P<quote>["']){_BLANK}{{0,8}}[+.&]?{_BLANK}{{0,8}}\\{{0,3}}(?P=quote)|(?:\\\r\n|\\{{3}}(?:r\\)?n)[ \t]{{0,40}})(?=\S)"""  # noqa: E501
)
"""In a program that is a string of JSON, or has Windows' ends of lines."""
_JOINTS_IN_JSON = Database(
    [
        Pattern(
            0,
            rf"""[^\s\\,:(\[{{=]\\{{0,3}}(?:'{_BLANK}{{0,8}}[+.&]?{_BLANK}{{0,8}}\\{{0,3}}'|"{_BLANK}{{0,8}}[+.&]?{_BLANK}{{0,8}}\\{{0,3}}"|\\(?:\r\n|\\\\(?:r\\)?n)[ \t]{{0,40}})[^\s,)\]}}:]""",  # noqa: E501
            ignore_case=False,
        )
    ]
)
_MAY_JOIN = re.compile(
    r"""['"\\](?<=[^\s\\,:(\[{=].)(?:(?<=['"])\s{0,8}[+.&]?\s{0,8}\\?['"]|(?<=\\)\r?\n[ \t]{0,40})[^\s,)\]}:]"""  # noqa: E501
)
"""Much the same for a few characters; each search begins at a quote."""
_TEXT_OF = (
    r"(?P<key>text|partial_json|content|arguments|thinking|delta|chunk|data|output|part|line"
    r"|response|log|stringValue|completion)"
)
_EVENT = re.compile(
    rf"\"(?:{_TEXT_OF}\\{{0,7}}\"\s?:|o\\{{0,7}}\",)\s?(?P<level>\\{{0,7}})\""
    r"(?P<value>(?:[^\"\\\n]++|(?!(?P=level)\")\\++\"?+)*+)(?P=level)\""
)
"""In a document, or in one that is a string of another; or what a terminal shows in a recording of
asciinema's."""
EVENTS = tuple(
    rf"\"{begin}\s?\\{{0,7}}\"[^\n\"]{{0,2000}}[\w+/=\-]\\{{0,7}}\""
    for begin in (rf"{_TEXT_OF.replace('?P<key>', '?:')}\\{{0,7}}\"\s?:", r"o\\{0,7}\",")
)
"""The clue that a stream's event, or the next item of a list, has a text that ends in a word."""
_ITEM = re.compile(r"\"(?P<value>[^\"\\\s]{1,600}+)\\{0,7}\"(?:[ \r\n]|\\n){0,40}[,\]]")
_BLANKS = r"[ \r\n]*+(?:\\n[ \r\n]*+){0,40}+"
_LISTED = re.compile(rf"\",{_BLANKS}\\{{0,7}}\"[^\"]{{0,600}}+\"{_BLANKS}[,\]]")
"""Two strings of a list, of which there may be more."""
BETWEEN = '",'
"""Stands between any two of them."""
_BETWEEN_ITEMS = re.compile(r"(?:\s|\\+n|\\)*")
_TOKEN_LIKE = re.compile(r"[0-9]|[a-z][A-Z]")
FEW = 16
LEAST = 8
"""Characters of two items of a list that may be one secret."""
EDGE = 1000
"""Characters of a piece, from where it meets the next."""
REACH = 80
"""Characters that a joint has at the most, and one on either side."""
MOSTLY = 10
AROUND = 5 * REACH
"""Characters of a text's edge that are sooner put together than all of it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A text put together from its pieces."""

    text: str
    joints: Sequence[int]
    """Where in it pieces meet."""
    places: Sequence[tuple[int, int]]
    """(where a piece begins in it, where in the original)."""

    def original(self, position: int) -> int:
        """Return where a character stands in the text as it was."""
        begin, at = self.places[bisect_right(self.places, position, key=itemgetter(0)) - 1]
        return at + position - begin

    def is_across(self, start: int, end: int) -> bool:
        """Return whether a joint lies within."""
        following = bisect_right(self.joints, start)
        return following < len(self.joints) and self.joints[following] < end

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where in the original the pieces of what stands between two characters are."""
        first = bisect_right(self.places, start, key=itemgetter(0)) - 1
        for number in range(first, bisect_left(self.places, end, key=itemgetter(0))):
            begin, at = self.places[number]
            is_last = number + 1 == len(self.places)
            stop = len(self.text) if is_last else self.places[number + 1][0]
            yield at + max(start, begin) - begin, at + min(end, stop) - begin


def joint_ends(raw: bytes, joints: Database = _JOINTS) -> list[int]:
    """Return behind which bytes of a text (UTF-8) a joint may be, ascending."""
    ends: list[int] = []

    def seen(_number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        ends.append(end)

    joints.scan(raw, seen)
    return ends


def _ends(text: str, joints: Database) -> list[int]:
    """Return behind which characters of a text a joint may be, ascending."""
    raw = utf8(text)
    ends = joint_ends(raw, joints)
    if not ends or len(raw) == len(text):
        return ends
    places = in_characters(raw, ends)
    return [places[end] for end in ends]


def has_joint_at_edge(text: str, plain: str, size: int) -> bool:
    """Return whether a joint may be among the first or last characters of a text.

    Args:
        text: any text.
        plain: the same without escapes (`plain_of`).
        size: so many characters.
    """
    near, last = REACH + size, len(plain) - REACH - size
    if last <= near:
        return _MAY_JOIN.search(plain) is not None
    if _MAY_JOIN.search(plain, 0, near) is None and _MAY_JOIN.search(plain, last) is None:
        return False
    if len(text) <= 2 * AROUND:
        return True
    head = joined(text[:AROUND], plain[:AROUND])
    if head is not None and head.joints[0] < size:
        return True
    tail = joined(text[-AROUND:], plain[-AROUND:])
    return tail is not None and tail.places[-1][1] > AROUND - size


def joined(text: str, plain: str) -> Joined | None:
    """Return a text put together over its joints; None where there are none.

    Args:
        text: any text.
        plain: the same without escapes (`plain_of`).
    """
    return _joined(text, _ends(plain, _JOINTS), _JOINT)


def joined_in_json(text: str) -> Joined | None:
    """Return a text put together over the joints of programs that are strings of JSON."""
    if "\\" not in text:
        return None
    return _joined(text, _ends(text, _JOINTS_IN_JSON), _JOINT_IN_JSON)


def _joined(text: str, hits: Sequence[int], joints: re.Pattern[str]) -> Joined | None:
    """Return a text put together over its joints, behind some of which there are these places."""
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    at = length = 0
    for hit in hits:
        joint = joints.search(text, max(at, hit - MOSTLY), hit + 1) or joints.search(
            text, max(at, hit - REACH), hit + 1
        )
        if joint is None:
            continue
        pieces.append(text[at : joint.start()])
        places.append((length, at))
        length += joint.start() - at
        at = joint.end()
    if not places:
        return None
    places.append((length, at))
    return Joined("".join([*pieces, text[at:]]), [begin for begin, _ in places[1:]], places)


def joined_events(text: str) -> Joined | None:
    """Return what the events of a stream, or a list's items, deliver in pieces, put together.

    Only the surroundings of the places at which a word may go on in the next piece.
    """
    by_key: dict[str | None, list[tuple[int, int]]] = {}
    for event in _EVENT.finditer(text):
        by_key.setdefault(event["key"], []).append(event.span("value"))
    parts = Parts(text)
    for pieces in by_key.values():
        filled = [(start, end) for start, end in pieces if start < end]
        for this, after in pairwise(filled):
            if not (text[this[1] - 1].isspace() or text[after[0]].isspace()):
                parts.meet(this, after)
    return parts.joined()


def has_items(text: str) -> bool:
    """Return whether strings follow each other in a list of JSON."""
    return _LISTED.search(text) is not None


def has_few_items(text: str) -> bool:
    """Return whether there are so few of them that each two can be looked at (1 µs each)."""
    return text.count(BETWEEN) <= FEW


def joined_items(text: str) -> Joined | None:
    """Return the strings that follow each other in lists of JSON (`["ab","cd"]`), put together.

    Only those that may be parts of one secret, not words: all of a run, and each two by themselves
    (what comes behind the secret's last part is none of it).
    """
    pairs: list[tuple[tuple[int, int], tuple[int, int]]] = []
    before: re.Match[str] | None = None
    for item in _ITEM.finditer(text):
        if before is not None and _BETWEEN_ITEMS.fullmatch(text, before.end(), item.start()):
            word = before["value"] + item["value"]
            if len(word) >= LEAST and _TOKEN_LIKE.search(word):
                pairs.append((before.span("value"), item.span("value")))
        before = item if text[item.end() - 1] == "," else None
    parts = Parts(text)
    for pair in pairs:
        parts.meet(*pair)
    if any(this[1] == after[0] for this, after in pairwise(pairs)):
        for pair in pairs[::2] + pairs[1::2]:
            parts.meet(*pair)
    return parts.joined()


class Parts:
    """Pieces of a text that meet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last = (0, 0)
        self._pieces: list[str] = []
        self._places: list[tuple[int, int]] = []
        self._joints: list[int] = []
        self._length = 0

    def meet(self, this: tuple[int, int], after: tuple[int, int]) -> None:
        """Put a piece behind another, which was the last or is the first of more."""
        if this != self._last:
            self._add("\n", this[0])
            self._put(max(this[0], this[1] - EDGE), this[1])
        elif this[1] - this[0] > EDGE:
            # Of what is long its beginning is there; its end is far from that.
            self._add("\n", this[0])
            self._put(max(this[0] + EDGE, this[1] - EDGE), this[1])
        self._joints.append(self._length)
        self._put(after[0], min(after[1], after[0] + EDGE))
        self._last = after

    def _put(self, start: int, end: int) -> None:
        self._add(self._text[start:end], start)

    def _add(self, piece: str, at: int) -> None:
        self._places.append((self._length, at))
        self._pieces.append(piece)
        self._length += len(piece)

    def joined(self) -> Joined | None:
        """Return all that was put together; None where there is nothing."""
        if not self._joints:
            return None
        return Joined("".join(self._pieces), self._joints, self._places)
