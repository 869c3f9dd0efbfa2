"""A session line by line, for pipes, logs and people who listen to their terminal.

The second door to the outside: it writes only through `safe_text`. No width, no colour, no cursor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from analyzer.begun import as_known_at
from analyzer.casefile import Entry, remarks_of
from analyzer.chain import Chain
from analyzer.filters import Filter, subjects_of
from analyzer.model import Analysis
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from analyzer.timeline import (
    Mark,
    format_length,
    format_offset,
    idle_before,
    length_of,
    offset_of,
)
from tui.case_lines import case_lines
from tui.glyphs import Glyphs, glyphs_for, terminal_encoding
from tui.line import Line, line
from tui.safe_content import as_text
from tui.scene import Scene
from tui.words import LEGEND, agent_name, count_words, nested_title, outcome_words, when
from tui.world import world_lines

__all__ = ["print_timeline"]

EVERYTHING = Filter()


def print_timeline(
    analysis: Analysis,
    out: TextIO,
    *,
    chain: Chain | None,
    until_ns: int | None = None,
    ascii: bool = False,  # noqa: A002
    chosen: Filter = EVERYTHING,
    entries: Sequence[Entry] = (),
) -> None:
    """Write a session's time line: a line per action, its findings below it, the state at the end.

    Args:
        analysis: the session.
        out: where to write; what it cannot encode is escaped.
        chain: what verifying the recording showed; None when it was not verified, which is said.
        until_ns: tell what was known at this moment (ns since the epoch); default: the end.
        ascii: write nothing but ASCII, escaping the rest.
        chosen: which actions are told.
        entries: what the case file says of the session.
    """
    # A stream in memory has no encoding and takes everything.
    encoding = terminal_encoding() if out is sys.stdout else out.encoding or "utf-8"
    glyphs = glyphs_for(encoding, ascii_only=ascii)
    scene = Scene.of(analysis, StateIndex(analysis))
    for row in timeline_lines(scene, glyphs, chain, until_ns, chosen, entries):
        out.write(as_text(row, glyphs).rstrip() + "\n")


def timeline_lines(
    scene: Scene,
    glyphs: Glyphs,
    chain: Chain | None,
    until_ns: int | None,
    chosen: Filter = EVERYTHING,
    entries: Sequence[Entry] = (),
) -> Iterator[Line]:
    """Yield the lines that `print_timeline` writes."""
    yield from _heading(scene, glyphs, chain)
    idle = idle_before(scene.timeline)
    t_ns = scene.timeline.end_ns if until_ns is None else until_ns
    subjects = list(subjects_of(scene.analysis, remarks_of(entries)))
    rows = range(scene.timeline.index_at(t_ns) + 1)
    kept = [row for row in rows if chosen.fits(subjects[row])]
    if not chosen.is_empty:
        yield line(f"filter {chosen.words}: hides {len(rows) - len(kept)} of {len(rows)}")
    for row in kept:
        if row in idle and chosen.is_empty:
            yield line(f"    ... idle {format_length(idle[row])} ...")
        yield _action(scene, row, glyphs, t_ns)
        yield from _findings(scene, row, t_ns)
        said = [e for e in entries if e.action == scene.analysis.actions[row].id]
        yield from (line("        ", *words) for words in case_lines(said))
    yield line("")
    yield from world_lines(scene, scene.states.at(t_ns), glyphs)


def _heading(scene: Scene, glyphs: Glyphs, chain: Chain | None) -> Iterator[Line]:
    session, timeline = scene.analysis.session, scene.timeline
    began, length = when(timeline.start_ns), format_offset(timeline.length_ns)
    took = f"{began}  {length} long" if session.timed else "time unknown"
    yield line(
        f"session {session.id}  {agent_name(session)}  {took}  "
        f"{len(scene.analysis.actions)} actions  ",
        "findings ",
        *count_words(scene.analysis.findings),
    )
    yield line(chain.words if chain else "not verified; 'flightlog verify' does it")
    if scene.is_reenactment():
        yield line(
            f"{glyphs.reconstructed} RE-ENACTMENT, reconstructed: {scene.analysis.reconstructed}"
        )
    for word, meaning in LEGEND:
        shown = meaning.format(inferred=glyphs.inferred, reconstructed=glyphs.reconstructed)
        yield line(f"  {word}: {shown}")
    yield line("")


def _action(scene: Scene, row: int, glyphs: Glyphs, t_ns: int) -> Line:
    action, mark = as_known_at(scene.analysis.actions[row], t_ns), scene.marks[row]
    made_up = glyphs.reconstructed if action.reconstructed else ""
    at = offset_of(scene.analysis, action.start_ns)
    title = nested_title(action, scene.nests[row], glyphs)
    return line(
        f"{at:>7} {mark.letter}{made_up:<2} {action.lane.value:<5} {title}  "
        f"[{length_of(action)}, {outcome_words(action)}, {_known(scene, row)}] "
        f"#{action.id}"
        + (f"  {glyphs.reconstructed} made up: {action.reconstructed}" if made_up else "")
    )


def _known(scene: Scene, row: int) -> str:
    action, nest = scene.analysis.actions[row], scene.nests[row]
    known = action.known_by
    if nest.parent is None or nest.certainty is Certainty.OBSERVED or action.join is None:
        return known
    return f"{known}, its place {nest.certainty.value} by {action.join.basis}"


def _findings(scene: Scene, row: int, t_ns: int) -> Iterator[Line]:
    action = scene.analysis.actions[row]
    if scene.marks[row] <= Mark.FAILED:
        return
    for finding in scene.findings_of.get(action.id, ()):
        if finding.t_ns > t_ns:
            continue
        yield line(
            f"        {finding.severity.letter} {finding.rule} {finding.title}: {finding.reason} "
            f"({finding.certainty.value})"
        )
