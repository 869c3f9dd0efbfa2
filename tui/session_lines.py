"""What a session is in lines: its row in the list, and the preview of what it was about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from analyzer.casefile import Entry
from analyzer.model import Action, Credential
from analyzer.timeline import NO_OFFSET, Mark, format_offset
from recorder.model import Kind, Role, SessionRow
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, mark_tone
from tui.safe_content import fit
from tui.scene import Scene
from tui.words import agent_name, finding_line, outcome_words, when

__all__ = ["columns_line", "preview_lines", "session_line", "sum_lines"]

AGENT_WIDTH = 7
CENTURY_FROM = 76
"""Cells from which on a row has room for all digits of the year."""
FINDINGS_WIDTH = 11
"""Cells for `C2 H3 M1 L4`."""
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
LONG = 4 * DAY
"""From here on (ns) a length is told in days."""
FEW = 3
"""Hosts that a preview names."""
ENDS = 3
"""First and last actions that a preview names."""


def columns_line(width: int) -> Line:
    """Return the headings over the columns of `session_line`."""
    start = "start (UTC)".ljust(16 - _left_out(width))
    head = f"   {'session':<8} {start} {'length':>9} "
    tail = f" {'records':>7}  {'chain':<5} {'findings':<{FINDINGS_WIDTH}}"
    agent = "agent".ljust(max(width - len(head) - len(tail), AGENT_WIDTH))
    return line(head + agent + tail, tone=Tone.DIM)


def session_line(
    row: SessionRow,
    judged: tuple[Mark, Line] | None,
    chain: str,
    width: int,
    glyphs: Glyphs,
    *,
    is_cursor: bool,
) -> Line:
    """Return one session as a row of `width` cells; `chain` is `ok`, `BAD`, or empty so far."""
    mark, counts = judged if judged is not None else (Mark.NONE, line(glyphs.cut, tone=Tone.DIM))
    length = _length(row.last_ns - row.start_ns) if row.timed else NO_OFFSET
    length += " " if row.ended else "+"
    began = when(row.start_ns)[_left_out(width) : 16] if row.timed else "no time"
    began = began.ljust(16 - _left_out(width))
    head = (
        Piece(glyphs.cursor if is_cursor else " ", Tone.ACCENT),
        Piece(f"{mark.letter} ", mark_tone(mark)),
        Piece(f"{row.id[:8]:<8} "),
        Piece(f"{began} ", Tone.DIM),
        Piece(f"{length:>9} "),
    )
    tail = (
        Piece(f" {row.records:>7}  ", Tone.DIM),
        Piece(f"{chain:<5} ", Tone.CRITICAL if chain == "BAD" else Tone.DIM),
    )
    room = width - sum(len(piece.text) for piece in (*head, *tail)) - FINDINGS_WIDTH
    agent = fit(agent_name(row), max(room, AGENT_WIDTH), glyphs)
    return (*head, Piece(agent), *tail, *counts)


def _left_out(width: int) -> int:
    return 0 if width >= CENTURY_FROM else 2


def _length(ns: int) -> str:
    """Return a length that keeps to its column: no tenths from an hour on, then days alone."""
    if ns >= LONG:
        return f"{ns // DAY:,} d"
    offset = format_offset(ns)
    return offset if ns < HOUR else offset.partition(".")[0]


def preview_lines(
    scene: Scene, glyphs: Glyphs, *, sums: Sequence[Line] = (), chain: str = ""
) -> list[Line]:
    """Return what a session was about: findings, credentials, sums, first and last actions.

    Args:
        scene: the session.
        glyphs: the signs to write with.
        sums: what `sum_lines` told, away from the screen's thread.
        chain: what verifying the recording showed; empty so far.
    """
    analysis = scene.analysis
    session = analysis.session
    length = format_offset(scene.timeline.length_ns) if session.timed else "time unknown"
    lines = [
        line(f"{agent_name(session)}  {session.model}  {length}"),
    ]
    who = f"{session.user or '?'}@{session.host or '?'}" if session.user or session.host else ""
    if who or session.cwd:
        lines.append(line(f"{who}  {session.cwd or 'folder unknown'}".strip(), tone=Tone.DIM))
    if scene.is_reenactment():
        text = f"{glyphs.reconstructed} re-enactment, reconstructed: {analysis.reconstructed}"
        lines.append(line(text, tone=Tone.MADE_UP))
    lines += [line(""), *(finding_line(found, analysis) for found in analysis.findings)]
    if not analysis.findings:
        lines.append(line("no findings", tone=Tone.DIM))
    lines.append(line(""))
    lines += _credentials(scene, glyphs)
    lines += [line(""), *sums, _fact("chain", chain or "being verified"), line("")]
    lines += [line("first", tone=Tone.STRONG), *map(_short, analysis.actions[:ENDS])]
    if len(analysis.actions) > ENDS:
        lines += [
            line("last", tone=Tone.STRONG),
            *map(_short, analysis.actions[max(ENDS, len(analysis.actions) - ENDS) :]),
        ]
    return lines


def _credentials(scene: Scene, glyphs: Glyphs) -> list[Line]:
    lines = [line("credentials", tone=Tone.STRONG)]
    for credential in scene.analysis.credentials:
        uses = _times_used(scene, credential)
        used = {0: ", never used", 1: ", used once"}.get(uses, f", used {uses} times")
        lines.append(
            line(
                Piece(f"  {credential.name}", Tone.ACCENT),
                f" {glyphs.arrow} {credential.first.place}{used}",
                Piece(f"  {credential.first.certainty.value}", Tone.DIM),
            )
        )
    return lines if scene.analysis.credentials else [line("no credentials seen", tone=Tone.DIM)]


def sum_lines(scene: Scene, entries: Sequence[Entry]) -> Iterator[Line]:
    """Yield a session in numbers: what was asked, done, touched, spent, written down; slow."""
    analysis = scene.analysis
    task = next((a for a in analysis.actions if a.kind is Kind.PROMPT), None)
    if task is not None:
        yield _fact("task", task.title)
    kinds = Counter(action.lane.value for action in analysis.actions)
    yield _fact("done", ", ".join(f"{count:,} {lane}" for lane, count in kinds.most_common()))
    end = scene.states.at(analysis.end_ns)
    yield _fact("files", f"{len(end.touched):,} touched, {len(end.written):,} written")
    yield _fact("hosts", ", ".join(end.hosts[:FEW]) or "none")
    cost = f", ${end.cost_usd:,.2f}" if end.cost_usd else ", cost not recorded"
    yield _fact("tokens", f"in {end.input_tokens:,} out {end.output_tokens:,}{cost}")
    sorts = Counter(entry.sort.value for entry in entries)
    written = ", ".join(f"{count} {sort}" for sort, count in sorts.items())
    yield _fact("case", written or "nothing written down")


def _fact(name: str, value: str) -> Line:
    return line(Piece(f"{name:<7} ", Tone.DIM), value)


def _times_used(scene: Scene, credential: Credential) -> int:
    """Count uses: a request and the call that made it are one, though both show the credential."""
    used = {sighting.action for sighting in credential.sightings if sighting.role is Role.USED}
    actions = [scene.analysis.actions[scene.row_of[n]] for n in used if n in scene.row_of]
    callers = {action.join.parent for action in actions if action.join is not None}
    return len(used - callers)


def _short(action: Action) -> Line:
    return line(
        Piece(f"  {action.lane.value:<6}", Tone.DIM),
        f"{action.title}  ",
        Piece(outcome_words(action), Tone.DIM),
    )
