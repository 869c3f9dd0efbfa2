"""What an edit asked for, as a difference: before and after of a written file.

It is told from the call's own arguments. What stood in the file before comes from an earlier read
or write of the same session, where there is one; nobody looked into the file itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from analyzer.model import Action, Outcome
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.tools import Family, arguments_of, family_of, file_of
from recorder import semconv
from recorder.model import Json, Kind
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene
from tui.words import outcome_words

__all__ = ["diff_of"]

MAX_TEXT = 256 * 1024
"""Characters of a text that is compared; more would hold the screen up."""
MAX_ROWS = 4_000
LOOK_BACK = 20_000
"""Actions that are looked through for what stood in the file before."""
OLD = ("old_string", "old_str", "old_text")
NEW = ("new_string", "new_str", "new_text")
CONTENT = ("content", "file_text", "contents", "new_source")
PATCH = ("patch", "input", "diff")
PARTIAL = ("offset", "limit", "start_line", "end_line", "view_range")
_NUMBERED = re.compile(r"^ *\d+(?:→|\t)")


@dataclass(frozen=True, slots=True)
class _Before:
    """What stood in a file, and how that is known."""

    text: str
    action: int
    certainty: Certainty


def diff_of(scene: Scene, row: int, blobs: Blobs) -> tuple[list[Line], str]:
    """Return the difference that a row's action asks for, or none and why there is none."""
    action = scene.action(row)
    if action is None or action.kind is not Kind.TOOL_CALL or not _edits(action):
        return [], "it writes no file"
    arguments = arguments_of(Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    if not arguments:
        return [], "its arguments are no JSON"
    if sum(len(value) for value in arguments.values() if isinstance(value, str)) > MAX_TEXT:
        return [], f"a text over {MAX_TEXT // 1024} kB"
    rows = list(islice(_difference(scene, row, arguments, blobs), MAX_ROWS + 1))
    if not rows:
        return [], "its arguments tell no text"
    if len(rows) > MAX_ROWS:
        rows[MAX_ROWS:] = [line("... and more", tone=Tone.DIM)]
    return [_heading(action, file_of(arguments)), *rows], ""


def _edits(action: Action) -> bool:
    return family_of(action.name) is Family.EDIT


def _heading(action: Action, path: str) -> Line:
    ended = outcome_words(action)
    how = "it was done" if action.outcome is Outcome.OK else f"it ended: {ended}"
    return line(
        Piece(f"{path or 'file'}  ", Tone.STRONG),
        Piece(f"asked for by #{action.id}, observed; {how}; the file was not read", Tone.DIM),
    )


def _difference(
    scene: Scene, row: int, arguments: Mapping[str, Json], blobs: Blobs
) -> Iterator[Line]:
    patch = next((p for p in _texts(arguments, PATCH) if _is_patch(p)), None)
    if patch is not None:
        yield from map(_toned, patch.splitlines())
        return
    edits = arguments.get("edits")
    several = edits if isinstance(edits, list) else [arguments]
    for edit in several:
        if isinstance(edit, Mapping):
            old, new = next(_texts(edit, OLD), None), next(_texts(edit, NEW), None)
            if old is not None or new is not None:
                yield from _compared(old or "", new or "")
    content = next(_texts(arguments, CONTENT), None)
    if content is not None:
        before = _before(scene, row, file_of(arguments), blobs)
        if before is None:
            yield line("what stood there before is not recorded: all is shown as new",
                       tone=Tone.ACCENT)  # fmt: skip
        else:
            yield line(
                f"before: as #{before.action} has it",
                Piece(f"  {before.certainty.value}", Tone.DIM),
                tone=Tone.ACCENT,
            )
        yield from _compared(before.text if before else "", content)


def _texts(arguments: Mapping[str, Json], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = arguments.get(name)
        if isinstance(value, str):
            yield value


def _is_patch(text: str) -> bool:
    return text.startswith(("*** Begin Patch", "--- ", "diff --git"))


def _compared(old: str, new: str) -> Iterator[Line]:
    rows = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    # The first two rows name files that are not there.
    shown = list(islice(rows, 2, None))
    if not shown:
        yield line("no difference", tone=Tone.DIM)
    yield from map(_toned, shown)


def _toned(text: str) -> Line:
    if text.startswith("@@"):
        return line(text, tone=Tone.ACCENT)
    tone = {"+": Tone.GOOD, "-": Tone.BAD}.get(text[:1], Tone.NORMAL)
    return line(text, tone=tone)


def _before(scene: Scene, row: int, path: str, blobs: Blobs) -> _Before | None:
    """Return what a file held before a row's action, as the newest action that tells it has it."""
    if not path:
        return None
    actions = scene.analysis.actions
    for earlier in range(row - 1, max(-1, row - 1 - LOOK_BACK), -1):
        action = actions[earlier]
        family = family_of(action.name) if action.kind is Kind.TOOL_CALL else Family.OTHER
        if family not in {Family.EDIT, Family.READ}:
            continue
        texts = Texts.of(action, blobs)
        arguments = arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS))
        if file_of(arguments) != path or action.outcome is not Outcome.OK:
            continue
        return _told(action, family, arguments, texts)
    return None


def _told(
    action: Action, family: Family, arguments: Mapping[str, Json], texts: Texts
) -> _Before | None:
    """Return what an action tells of the whole file; an edit of a part tells nothing of it."""
    if family is Family.EDIT:
        content = next(_texts(arguments, CONTENT), None)
        return None if content is None else _Before(content, action.id, Certainty.OBSERVED)
    if any(name in arguments for name in PARTIAL) or texts.is_cut(semconv.GEN_AI_TOOL_RESULT):
        return None
    read = texts.whole(semconv.GEN_AI_TOOL_RESULT)
    if not read or len(read) > MAX_TEXT:
        return None
    rows = read.splitlines()
    if all(map(_NUMBERED.match, rows)):
        read = "\n".join(_NUMBERED.sub("", text, count=1) for text in rows)
    return _Before(read, action.id, Certainty.INFERRED)
