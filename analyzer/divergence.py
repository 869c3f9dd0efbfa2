"""Two sessions aligned on their first divergence: where the second does something else.

Compared is what was done: tool calls by name and arguments, requests by what they ask for, prompts
by their words. A model's replies are alike whatever they say: two runs never use the same words,
and what matters is what follows. What every run has of its own is taken out: the folder that the
session runs in, and the ports of this machine's own servers; a credential is known by its class and
by being the first, second, ... that its session saw. The alignment is an inference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from itertools import zip_longest

from analyzer.model import Action, Analysis
from analyzer.texts import as_text
from recorder import semconv
from recorder.model import Kind

__all__ = ["Alignment", "Alike", "Pair", "align"]

MOST = 1_000
"""Actions of either session that are matched after the divergence; later ones stand by number."""
_PORT = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}")
_SEAL = re.compile(r"(?:⟦|\\u27e6)([^:⟦⟧\\]{1,64}):([0-9a-f]{32})(?:⟧|\\u27e7)")
"""As it stands in text, and in JSON that escapes all but ASCII."""
type _Deed = tuple[str, ...]


class Alike(Enum):
    """How two actions that stand in one row compare."""

    SAME = "alike"
    """The same was done, by what is compared: what a model wrote may differ in its words."""
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
    """False where the sessions are so long that later rows stand by number alone."""

    @property
    def differences(self) -> tuple[int, ...]:
        """The rows in which the sessions differ."""
        return tuple(n for n, pair in enumerate(self.pairs) if pair.alike is not Alike.SAME)


def align(left: Analysis, right: Analysis) -> Alignment:
    """Return two sessions row by row, with the row where they first differ."""
    deeds = _deeds(left), _deeds(right)
    ends = left.actions, right.actions
    pairs: list[Pair] = []
    begun = 0
    for a, b in zip(*deeds, strict=False):
        if a != b:
            break
        pairs.append(Pair(begun, begun, _ended(ends[0][begun], ends[1][begun])))
        begun += 1
    matched = begun + MOST
    for tag, a0, a1, b0, b1 in SequenceMatcher(
        None, deeds[0][begun:matched], deeds[1][begun:matched], autojunk=False
    ).get_opcodes():
        if tag == "equal":
            rows = zip(range(begun + a0, begun + a1), range(begun + b0, begun + b1), strict=True)
            pairs += [Pair(a, b, _ended(ends[0][a], ends[1][b])) for a, b in rows]
        else:
            pairs += _unlike(range(begun + a0, begun + a1), range(begun + b0, begun + b1))
    pairs += _by_number(deeds, matched, ends)
    first = next((n for n, pair in enumerate(pairs) if pair.alike is not Alike.SAME), None)
    return Alignment(tuple(pairs), first, max(map(len, deeds)) <= matched)


def _by_number(
    deeds: tuple[Sequence[_Deed], Sequence[_Deed]],
    since: int,
    ends: tuple[Sequence[Action], Sequence[Action]],
) -> Iterator[Pair]:
    """Yield what stands too far behind the divergence to be matched."""
    for a, b in zip_longest(range(since, len(deeds[0])), range(since, len(deeds[1]))):
        if a is not None and b is not None and deeds[0][a] == deeds[1][b]:
            yield Pair(a, b, _ended(ends[0][a], ends[1][b]))
        else:
            yield _pair(a, b)


def _unlike(left: range, right: range) -> Iterator[Pair]:
    for a, b in zip_longest(left, right):
        yield _pair(a, b)


def _pair(a: int | None, b: int | None) -> Pair:
    if b is None:
        return Pair(a, None, Alike.LEFT)
    return Pair(a, b, Alike.RIGHT if a is None else Alike.OTHER)


def _ended(a: Action, b: Action) -> Alike:
    same = a.outcome is b.outcome and a.exit_code == b.exit_code
    return Alike.SAME if same else Alike.OUTCOME


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
