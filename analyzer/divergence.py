"""Two sessions aligned on their first divergence: where the second does something else.

Compared is what was done: tool calls by name and arguments, requests by what they ask for, prompts
by their words. A model's replies stand in one row whatever they say: two runs never use the same
words, and what matters is what follows; that the words differ is told, and is no difference. What
every run has of its own is taken out: the folder that the session runs in, and the ports of this
machine's own servers; a credential is known by its class and by being the first, second, ... that
its session saw. The alignment is an inference.

What both sessions did just once is matched first, in order, and what lies between is matched in
turn (patience), so that a session of any length is aligned to its end at a bounded cost.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import pairwise, zip_longest

from analyzer.model import Action, Analysis
from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Kind

__all__ = ["Alignment", "Alike", "Pair", "align"]

MOST = 1_000
"""Actions of either session between two that are matched which are compared each with each; where
more lie there, and nothing among them stands out, they stand by number."""
SPENT = 50
"""Comparisons for each action, at most."""
_PORT = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")
_SEAL = re.compile(r"(?:⟦|\\u27e6)([^:⟦⟧\\]{1,64}):([0-9a-f]{32})(?:⟧|\\u27e7)")
"""As it stands in text, and in JSON that escapes all but ASCII."""
type _Deed = tuple[str, ...]


class Alike(Enum):
    """How two actions that stand in one row compare."""

    SAME = "alike"
    WORDS = "other words"
    """A model's reply in both, in other words: no difference in what was done."""
    OUTCOME = "other outcome"
    """The same was done and ended differently."""
    OTHER = "different"
    LEFT = "only in the first"
    RIGHT = "only in the second"


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: an action of each session, or of one."""

    left: int | None
    """Row of the first session's action."""
    right: int | None
    alike: Alike


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two sessions, row by row."""

    pairs: tuple[Pair, ...]
    first: int | None
    """The row where they first differ; None: they never do."""
    is_whole: bool
    """False where some rows stand by number alone: too many of them are much alike."""

    @property
    def differences(self) -> tuple[int, ...]:
        """The rows in which the sessions differ."""
        return tuple(n for n, pair in enumerate(self.pairs) if pair.alike not in ALIKE)


ALIKE = frozenset({Alike.SAME, Alike.WORDS})


def align(left: Analysis, right: Analysis) -> Alignment:
    """Return two sessions row by row, with the row where they first differ."""
    matches, is_whole = _matched(*_numbered(_deeds(left), _deeds(right)))
    ends = left.actions, right.actions
    pairs: list[Pair] = []
    begun_a = begun_b = 0
    for a, b in [*matches, (len(ends[0]), len(ends[1]))]:
        pairs += _unlike(range(begun_a, a), range(begun_b, b))
        if a < len(ends[0]):
            pairs.append(Pair(a, b, _compared(ends[0][a], ends[1][b])))
        begun_a, begun_b = a + 1, b + 1
    first = next((n for n, pair in enumerate(pairs) if pair.alike not in ALIKE), None)
    return Alignment(tuple(pairs), first, is_whole)


def _numbered(*deeds: Sequence[_Deed]) -> tuple[list[int], ...]:
    """Return what was done as numbers, equal ones for equal deeds: they are compared often."""
    known: dict[_Deed, int] = {}
    return tuple([known.setdefault(deed, len(known)) for deed in session] for session in deeds)


def _matched(a: list[int], b: list[int]) -> tuple[list[tuple[int, int]], bool]:
    """Return which places of two sessions belong together, in order; and whether all was matched
    by what was done.
    """
    found: list[tuple[int, int]] = []
    is_whole = True
    blocks = [(0, len(a), 0, len(b))]
    # A session may be made so that matching it takes for ever.
    left = max(SPENT * (len(a) + len(b)), SPENT * MOST * MOST)
    while blocks:
        a0, a1, b0, b1 = blocks.pop()
        while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
            found.append((a0, b0))
            a0, b0 = a0 + 1, b0 + 1
        while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
            found.append((a1, b1))
        is_small = max(a1 - a0, b1 - b0) <= MOST
        left -= (a1 - a0) * (b1 - b0) if is_small else a1 - a0 + b1 - b0
        if is_small and left >= 0:
            within = SequenceMatcher(None, a[a0:a1], b[b0:b1], autojunk=False)
            for i, j, size in within.get_matching_blocks():
                found += zip(
                    range(a0 + i, a0 + i + size), range(b0 + j, b0 + j + size), strict=True
                )
            continue
        anchors = _anchors(a[a0:a1], b[b0:b1]) if left >= 0 else []
        if not anchors and a0 < a1 and b0 < b1:
            is_whole = False
            near = zip(range(a0, a1), range(b0, b1), strict=False)
            found += [(i, j) for i, j in near if a[i] == b[j]]
            continue
        for i, j in anchors:
            found.append((a0 + i, b0 + j))
        ends = [(a0 - 1, b0 - 1), *((a0 + i, b0 + j) for i, j in anchors), (a1, b1)]
        blocks += [(i + 1, i2, j + 1, j2) for (i, j), (i2, j2) in pairwise(ends)]
    return sorted(found), is_whole


def _anchors(a: list[int], b: list[int]) -> list[tuple[int, int]]:
    """Return what either session did just once, as far as it stands in the same order in both."""
    once = _once(b)
    pairs = [(i, once[deed]) for deed, i in _once(a).items() if deed in once]
    # The longest rising run of places: the last of the best run of each length, and what led there.
    tops: list[int] = []
    at: list[int] = []
    led: list[int] = []
    for n, (_, j) in enumerate(pairs):
        length = bisect_left(tops, j)
        tops[length : length + 1] = [j]
        at[length : length + 1] = [n]
        led.append(at[length - 1] if length else -1)
    chosen = []
    n = at[-1] if at else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = led[n]
    return chosen[::-1]


def _once(deeds: list[int]) -> dict[int, int]:
    """Return deed -> place, of those that were done just once, in order of place."""
    counts = Counter(deeds)
    return {deed: place for place, deed in enumerate(deeds) if counts[deed] == 1}


def _unlike(left: range, right: range) -> Iterator[Pair]:
    for a, b in zip_longest(left, right):
        yield _pair(a, b)


def _pair(a: int | None, b: int | None) -> Pair:
    if b is None:
        return Pair(a, None, Alike.LEFT)
    return Pair(a, b, Alike.RIGHT if a is None else Alike.OTHER)


def _compared(a: Action, b: Action) -> Alike:
    if a.outcome is not b.outcome or a.exit_code != b.exit_code:
        return Alike.OUTCOME
    return Alike.SAME if _words(a) == _words(b) else Alike.WORDS


def _words(action: Action) -> str:
    """Return what a model said, of a reply."""
    if action.kind is not Kind.MODEL_CALL:
        return ""
    return as_text(action.attributes.get(semconv.GEN_AI_OUTPUT_MESSAGES)) or action.title


def _deeds(analysis: Analysis) -> list[_Deed]:
    cwd = analysis.session.cwd.rstrip("/")
    places = {c.fingerprint: str(n) for n, c in enumerate(analysis.credentials, start=1)}

    def common(text: str) -> str:
        text = text.replace(cwd, ".") if cwd else text
        text = _PORT.sub(r"\1", text)
        return _SEAL.sub(lambda seal: f"{seal[1]}:{places.get(seal[2], '?')}", text)

    return [_deed(action, common) for action in analysis.actions]


def _deed(action: Action, common: Callable[[str], str]) -> _Deed:
    """Return what an action is told from another by."""
    said = action.attributes
    if action.kind is Kind.MODEL_CALL:
        return (action.kind.value,)
    if action.kind is Kind.TOOL_CALL and semconv.GEN_AI_TOOL_ARGUMENTS in said:
        told = [as_text(said[semconv.GEN_AI_TOOL_ARGUMENTS])]
    elif action.kind is Kind.API_REQUEST and semconv.URL_FULL in said:
        told = [as_text(said.get(name)) for name in (semconv.URL_FULL, semconv.REQUEST_BODY)]
    elif action.kind is Kind.PROMPT:
        told = [as_text(said.get(semconv.PROMPT_TEXT)) or action.title]
    elif action.kind is Kind.LIFECYCLE:
        told = []
    else:
        told = [action.title]
    return (action.kind.value, action.name, *map(common, told))
