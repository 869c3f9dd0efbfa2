"""A session that is followed, in words: its header, the bar below the list, what is open now.

Pure. Composed for the width that there is; what matters least is left out first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.model import Action, Lane
from analyzer.timeline import format_length, format_offset
from analyzer.writing import Writing
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.live_tail import LiveTail
from tui.safe_content import fit, width_of
from tui.transport import spread
from tui.words import agent_name, short_path

__all__ = ["bar_line", "header_line", "live_at", "live_summary", "side_lines"]

LANES = (Lane.USER, Lane.MODEL, Lane.TOOL, Lane.API)
SECOND = 1_000_000_000
MOST_OPEN = 8
"""Open actions that the panel names."""


def live_at(tail: LiveTail, t_ns: int) -> str:
    """Return a moment (ns since the epoch) as time of the session."""
    return format_offset(t_ns - tail.start_ns)


def header_line(
    tail: LiveTail, chain: Line, clock_ns: int, width: int, glyphs: Glyphs, *, is_following: bool
) -> Line:
    """Return the first row: whether one sees the newest, what is followed, and how well."""
    row = tail.row
    place = live_at(tail, tail.now_ns(clock_ns)).partition(".")[0]
    _, lag = tail.pace(clock_ns)
    right = line(
        f"lag {lag:.1f}s  ",
        Piece(f"dropped {tail.dropped}", Tone.BAD if tail.dropped else Tone.NORMAL),
        "  ",
        *chain,
        Piece(f"#{tail.seq}", Tone.DIM),
    )
    badge = _badge(tail, is_following=is_following)
    who = f" {glyphs.cursor} {row.id[:8]}  {agent_name(row)}  "
    left = line(badge, f"{who}{short_path(row.cwd, 24)}  {place}")
    if _size((left, right), glyphs) >= width:
        left = line(badge, who + place)
    if _size((left, right), glyphs) >= width:
        left = line(badge, f" {glyphs.cursor} {row.id[:8]}  {place}")
    return spread(left, right, width, glyphs)


def _badge(tail: LiveTail, *, is_following: bool) -> Piece:
    if not is_following:
        return Piece(f"{tail.behind:,} BEHIND", Tone.ACCENT)
    if tail.waiting:
        return Piece(f"READING, {tail.waiting:,} TO GO", Tone.ACCENT)
    if tail.has_ended:
        return Piece("ENDED", Tone.STRONG)
    if tail.writer is not None and tail.writer.is_over:
        return Piece("NOT LIVE", Tone.BAD)
    return Piece("LIVE", Tone.GOOD)


def bar_line(
    tail: LiveTail, clock_ns: int, width: int, glyphs: Glyphs, *, cursor: Action | None
) -> Line:
    """Return the row below the list.

    Args:
        tail: what is followed.
        clock_ns: the time.
        width: cells.
        glyphs: the signs to draw with.
        cursor: the action that the reader stopped at; None while he follows.
    """
    said = [_writer(tail, clock_ns)]
    said += [_following(tail, clock_ns)] if cursor is None else _stopped(tail, cursor)
    said.insert(3, _newer(tail))
    parts = [part for part in said if part]
    while len(parts) > 1 and _size(parts, glyphs) > width - 2:
        # From the back, but not what came meanwhile: that is what the bar is for.
        del parts[-1]
    words: list[Piece] = []
    for number, part in enumerate(parts):
        words += [*([Piece("   ")] if number else []), *part]
    room = max(0, width - 2 - sum(width_of(piece.text, glyphs) for piece in words))
    rule = glyphs.rule
    return line(
        Piece(rule * (room // 2) + " ", Tone.ACCENT),
        *words,
        Piece(" " + rule * (room - room // 2), Tone.ACCENT),
    )


def _size(parts: Sequence[Line], glyphs: Glyphs) -> int:
    return sum(width_of(p.text, glyphs) for part in parts for p in part) + 3 * (len(parts) - 1)


def _writer(tail: LiveTail, clock_ns: int) -> Line:
    """Say that nothing more is to come, and how that is known."""
    writer = tail.writer
    if tail.has_ended:
        return line("SESSION ENDED", tone=Tone.STRONG)
    if writer is None or not writer.is_over:
        return ()
    ago = _ago(clock_ns - tail.received_ns)
    count = len(tail.running())
    were = f"{count} action{' was' if count == 1 else 's were'} open"
    if writer.writing is Writing.STOPPED:
        return line(f"RECORDER STOPPED {ago} ago, {were}", tone=Tone.STRONG)
    return line(
        Piece(f"WRITER GONE {ago} ago", Tone.BAD),
        f", last record #{tail.seq}, {were}",
        Piece(f" ({writer.basis})", Tone.DIM),
    )


def _ago(ns: int) -> str:
    return f"{ns // SECOND} s" if ns < 100 * SECOND else format_length(ns)


def _following(tail: LiveTail, clock_ns: int) -> Line:
    if tail.waiting:
        return line(f"READING   {tail.waiting:,} records wait", tone=Tone.ACCENT)
    if tail.has_ended or (tail.writer is not None and tail.writer.is_over):
        return line("this is the end", tone=Tone.DIM)
    rate, lag = tail.pace(clock_ns)
    return line(Piece("FOLLOWING", Tone.GOOD), f"   {rate:,.0f} records/s   lag {lag:.1f}s")


def _newer(tail: LiveTail) -> Line:
    if tail.newer is None:
        return ()
    return line(f"session {tail.newer.id[:8]} began, S lists", tone=Tone.ACCENT)


def _stopped(tail: LiveTail, cursor: Action) -> Iterator[Line]:
    yield line(Piece(f"PAUSED at {live_at(tail, cursor.start_ns)}", Tone.STRONG))
    count, worst = tail.found_behind
    found = f", {count} finding{'' if count == 1 else 's'} " if worst else ""
    yield line(
        f"{tail.behind:,} new{found}",
        *([Piece(worst.letter, severity_tone(worst))] if worst else []),
    )
    yield line("G or f: follow", tone=Tone.DIM)
    if len(tail):
        yield line(f"newest {live_at(tail, tail.ends()[-1].start_ns)}", tone=Tone.DIM)


def side_lines(tail: LiveTail, clock_ns: int, width: int, glyphs: Glyphs) -> list[Line]:
    """Return the panel beside the list: what is open, what is held, the last minute."""
    now_ns = tail.now_ns(clock_ns)
    lines = [line("OPEN NOW", tone=Tone.STRONG), *_open(tail, now_ns, width, glyphs), ()]
    lines += [line("STATE", tone=Tone.STRONG), *_state(tail), ()]
    lines.append(line("LAST 60 SECONDS", tone=Tone.STRONG))
    lines += [_minute(tail, lane, clock_ns, width, glyphs) for lane in LANES]
    lines += [(), line("LAST FINDING", tone=Tone.STRONG)]
    if not tail.findings:
        return [*lines, line("none so far", tone=Tone.DIM)]
    last = tail.findings[-1]
    tone = severity_tone(last.severity)
    lines.append(
        line(
            Piece(f"{last.severity.letter} ", tone),
            f"{live_at(tail, last.t_ns)} ",
            Piece(f"{last.rule} ", Tone.DIM),
            Piece(last.title, tone),
            Piece(f"  #{last.action} {last.certainty.value}", Tone.DIM),
        )
    )
    return lines


def _open(tail: LiveTail, now_ns: int, width: int, glyphs: Glyphs) -> Iterator[Line]:
    running = tail.running()
    if not running:
        yield line("nothing", tone=Tone.DIM)
    # The newest: what waits below a hundred others is most likely the one that has to end first.
    for action in running[-MOST_OPEN:]:
        length = f" {format_length(max(0, now_ns - action.start_ns)):>6}"
        room = max(width - len(length) - 6, 1)
        yield line(
            Piece(f"{action.lane.value:<6}", Tone.DIM),
            fit(action.title, room, glyphs),
            Piece(length, Tone.ACCENT),
        )
    if len(running) > MOST_OPEN:
        yield line(f"and {len(running) - MOST_OPEN} that began before", tone=Tone.DIM)


def _state(tail: LiveTail) -> Iterator[Line]:
    state = tail.state
    if state.cwd:
        yield line(f"cwd     {state.cwd}")
    last = f", last {state.last_file}" if state.last_file else ""
    yield line(f"files   {state.files} touched{last}")
    yield line(f"hosts   {', '.join(state.hosts) or 'none'}")
    if not state.credentials:
        yield line("creds   none seen")
    for name in state.credentials:
        used = "used" if name in state.used else "seen, not used"
        yield line("creds   ", Piece(name, Tone.ACCENT), Piece(f" {used}", Tone.DIM))
    if state.input_tokens or state.output_tokens:
        yield line(f"tokens  in {state.input_tokens:,} out {state.output_tokens:,}")


def _minute(tail: LiveTail, lane: Lane, clock_ns: int, width: int, glyphs: Glyphs) -> Line:
    cells = tail.minute(lane, clock_ns, max(min(width - 6, 60), 1))
    most = max(cells, default=0)
    top = len(glyphs.density)
    signs = [glyphs.density[-(-n * top // most) - 1] if n else " " for n in cells]
    return line(Piece(f"{lane.value:<6}", Tone.DIM), Piece("".join(signs), Tone.GOOD))


def live_summary(tail: LiveTail, clock_ns: int, glyphs: Glyphs) -> Line:
    """Return what is open and held in one row, for narrow screens."""
    running, state = tail.running(), tail.state
    pieces: list[str | Piece] = [Piece("nothing open", Tone.DIM)]
    if running:
        newest = running[-1]
        length = format_length(max(0, tail.now_ns(clock_ns) - newest.start_ns))
        more = f" and {len(running) - 1} more" if len(running) > 1 else ""
        title = fit(newest.title, min(width_of(newest.title, glyphs), 28), glyphs)
        pieces = [Piece(f"{newest.lane.value} open {length} ", Tone.ACCENT), f"{title}{more}"]
    pieces.append(f"   creds {', '.join(state.credentials) or 'none'}")
    pieces.append(f"   hosts {', '.join(state.hosts[-2:]) or 'none'}")
    return line(*pieces)
