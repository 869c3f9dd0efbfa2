"""Everything that is known of one action, as lines: what it is, what is held against it, its text.

Pure. Long values are cut here, before anything measures or wraps them, and the cut is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from analyzer.model import Action, Effect, Finding, Sighting
from analyzer.testimony import Certainty
from analyzer.timeline import length_of, offset_of
from recorder import semconv
from recorder.model import Json
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, mark_tone, severity_tone
from tui.scene import Scene
from tui.testimony import doubt_lines, testimony_lines
from tui.words import EFFECTS, outcome_words

__all__ = ["FIRST", "MAX_VALUE", "Whole", "action_lines", "whole_of"]

MAX_VALUE = 64 * 1024
"""Characters of one value that are shown; the rest is counted."""
FIRST = {
    semconv.PROMPT_TEXT: "prompt",
    semconv.GEN_AI_OUTPUT_MESSAGES: "the model said (its claim, not evidence)",
    semconv.GEN_AI_TOOL_ARGUMENTS: "arguments",
    semconv.GEN_AI_TOOL_RESULT: "result",
    semconv.URL_FULL: "url",
    semconv.REQUEST_BODY: "request body",
    semconv.RESPONSE_BODY: "response body",
}
"""The attributes that people look for first, in this order; the others follow by name."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A large value that was read: what is shown of it, and how much is not."""

    text: str
    more: int
    """Bytes that are not in the text."""


type Blobs = Mapping[str, Whole]
"""Attribute name -> its value, for those that are cut short in the action."""


def whole_of(data: bytes) -> Whole:
    """Return what an account shows of a large value; no more than that is ever decoded."""
    shown = data[:MAX_VALUE].decode("utf-8", "backslashreplace")
    return Whole(shown, max(0, len(data) - MAX_VALUE))


def action_lines(
    scene: Scene,
    row: int,
    glyphs: Glyphs,
    blobs: Blobs | None = None,
    *,
    written: Iterable[Line] = (),
    t_ns: int | None = None,
) -> list[Line]:
    """Return the whole account of an action, unwrapped; what is held against it comes first.

    Args:
        scene: the session.
        row: the action's row.
        glyphs: the signs to write with.
        blobs: the whole of values that are cut short in the action.
        written: what people wrote down of it, which stands apart from what was found.
        t_ns: tell only what was known at this moment (ns since the epoch); default: everything.
    """
    whole, action = scene.action(row), scene.action(row, t_ns)
    if whole is None or action is None:
        return [line("before the first action", tone=Tone.DIM)]
    lines = [_heading(scene, row, action)]
    for finding in scene.findings_of.get(action.id, ()):
        lines += _finding(finding)
    lines += doubt_lines(action)
    noted = [(Piece("  "), *row) for row in written]
    if noted:
        lines += [line("case file", tone=Tone.STRONG), *noted]
    lines += _standing(scene, action, glyphs)
    lines += [_sighting(scene, sighting) for sighting in action.sightings]
    lines += testimony_lines(action)
    lines += _values(action, blobs or {})
    if action is not whole:
        lines += _what_comes(scene, action, whole, glyphs, blobs or {})
    return lines


def _what_comes(
    scene: Scene, known: Action, whole: Action, glyphs: Glyphs, blobs: Blobs
) -> Iterator[Line]:
    """Yield what an action that is still open will have brought when it ends, and say so."""
    length = length_of(whole)
    yield line("")
    yield line(
        f"{glyphs.rule * 3} still open; below is the future: {outcome_words(whole)} after {length}",
        tone=Tone.ACCENT,
    )
    for sighting in whole.sightings:
        if sighting not in known.sightings:
            yield _sighting(scene, sighting)
    later = {n: v for n, v in whole.attributes.items() if n not in known.attributes}
    yield from _values(replace(whole, attributes=later), blobs)


def _heading(scene: Scene, row: int, action: Action) -> Line:
    placed = "" if action.placed is None else f", {action.placed.words}"
    known = "+".join(witness.value for witness in action.witnesses) or "no witness"
    at = offset_of(scene.analysis, action.start_ns)
    length = length_of(action)
    return line(
        Piece(f"#{action.id} {action.name}", mark_tone(scene.marks[row])),
        f"  {at}  {outcome_words(action)}" + ("" if length == "open" else f"  {length}"),
        Piece(f"  observed by {known}{placed}", Tone.DIM),
    )


def _standing(scene: Scene, action: Action, glyphs: Glyphs) -> Iterator[Line]:
    if action.reconstructed:
        yield line(
            f"{glyphs.reconstructed} partly made up: {action.reconstructed}", tone=Tone.MADE_UP
        )
    join = action.join
    if join and join.parent in scene.row_of:
        parent = scene.analysis.actions[scene.row_of[join.parent]]
        yield line(
            f"inside #{parent.id} {parent.name}",
            Piece(f"  by {join.basis}, {join.certainty.value}", Tone.DIM),
        )
    judged = action.judgement
    if judged.effect not in {Effect.UNKNOWN, Effect.READ}:
        yield _effect(action)
        for reason in judged.reasons:
            yield line(f"  {reason}", tone=Tone.DIM)


def _effect(action: Action) -> Line:
    judged = action.judgement
    target = " ".join(part for part in (judged.target_type, judged.target_id) if part)
    facts = [judged.operation, target]
    if judged.environment != "unknown":
        facts.append(judged.environment)
    if judged.same_domain is not None:
        facts.append("its recovery copies go too" if judged.same_domain else "copies are kept")
    if judged.irreversible is not None:
        facts.append("irreversible" if judged.irreversible else "reversible")
    tone = Tone.CRITICAL if judged.effect.destroys else Tone.ACCENT
    return line(
        Piece(f"effect {judged.effect.value}: {EFFECTS[judged.effect]}", tone),
        "".join(f", {fact}" for fact in facts if fact),
        Piece(f"  {Certainty.INFERRED.value}", Tone.DIM),
    )


def _finding(finding: Finding) -> Iterator[Line]:
    tone = severity_tone(finding.severity)
    yield line(
        Piece(f"{finding.severity.letter} {finding.rule} {finding.title}", tone),
        Piece(f"  {finding.certainty.value}", Tone.DIM),
    )
    yield line(f"  {finding.reason}")


def _sighting(scene: Scene, sighting: Sighting) -> Line:
    credential = scene.credential_of.get(sighting.fingerprint)
    name = credential.name if credential else f"credential {sighting.fingerprint[:4]}"
    to = f" to {sighting.host}" if sighting.host else ""
    return line(
        Piece(f"credential {name} ", Tone.ACCENT),
        f"{sighting.role.value} in {sighting.place}{to}",
        Piece(f"  {sighting.certainty.value}", Tone.DIM),
    )


# --- recorded values --------------------------------------------------------------------------


def _values(action: Action, blobs: Blobs) -> Iterator[Line]:
    attributes = action.attributes
    for name, heading in FIRST.items():
        if name in attributes:
            is_cut = name in action.blob_of and name not in blobs
            yield from _value(heading, _known(action, name, blobs), is_cut=is_cut)
    rest = sorted(name for name in attributes if name not in FIRST)
    if rest:
        yield line("")
        yield line("recorded attributes", tone=Tone.STRONG)
        for name in rest:
            value = _plain(_known(action, name, blobs))
            yield line(Piece(f"{name}  ", Tone.DIM), value[:MAX_VALUE])


def _known(action: Action, name: str, blobs: Blobs) -> Json:
    read = blobs.get(name)
    if read is None:
        return action.attributes[name]
    more = f"\n... {read.more:,} bytes more, the tab Raw has them" if read.more else ""
    return read.text + more


def _value(heading: str, value: Json, *, is_cut: bool) -> Iterator[Line]:
    note = " (only its beginning)" if is_cut else ""
    yield line("")
    yield line(Piece(heading, Tone.STRONG), Piece(note, Tone.DIM))
    opened = _opened(value)
    if isinstance(opened, Mapping):
        for key, inner in opened.items():
            yield from _entry(key, inner)
    else:
        yield from _text(_plain(opened))


def _opened(value: Json) -> Json:
    """Return what a string of JSON holds; arguments and bodies are recorded as such strings."""
    if isinstance(value, str) and value[:1] in {"{", "["} and len(value) <= MAX_VALUE:
        try:
            parsed: Json = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return parsed
    return value


def _entry(key: str, value: Json) -> Iterator[Line]:
    text = _plain(value)
    if "\n" not in text:
        yield line(Piece(f"{key}: ", Tone.DIM), text[:MAX_VALUE])
        return
    yield line(f"{key}:", tone=Tone.DIM)
    for row in _text(text):
        yield (Piece("  "), *row)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _text(text: str) -> Iterator[Line]:
    for row in text[: 2 * MAX_VALUE].replace("\r\n", "\n").split("\n"):
        yield line(row)
    if len(text) > 2 * MAX_VALUE:
        more = len(text) - 2 * MAX_VALUE
        yield line(f"... {more:,} characters more, the tab Raw has them", tone=Tone.DIM)
