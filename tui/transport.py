"""The transport row in words: where the replay stands, how fast, what is skipped, what comes next.

Pure. It is composed for the width that there is; what matters least is left out first.
"""

from __future__ import annotations

from typing import NamedTuple

from analyzer.timeline import NO_OFFSET, format_offset
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.playhead import Playhead
from tui.safe_content import fit, width_of
from tui.scene import Scene

__all__ = ["spread", "transport_line"]


class _Form(NamedTuple):
    """How much the row says of where it stands and how it plays."""

    is_long: bool
    has_watch: bool
    """The time that it plays, beside the time of the session: all of it, where there is room."""
    is_watch_whole: bool = False
    is_terse: bool = False


LONG = _Form(is_long=True, has_watch=True)
SHORT = _Form(is_long=False, has_watch=True)
SHORT_WHOLE = _Form(is_long=False, has_watch=True, is_watch_whole=True)
TERSE = _Form(is_long=False, has_watch=True, is_watch_whole=True, is_terse=True)
BLIND = _Form(is_long=False, has_watch=False)


def transport_line(scene: Scene, playhead: Playhead, width: int, glyphs: Glyphs) -> Line:
    """Return the transport row."""
    long, short = (_next(scene, playhead, glyphs, is_long=is_long) for is_long in (True, False))
    # How far away it is matters least: the strip shows it. A clock that hides what it skips lies.
    candidates = (
        (LONG, long), (SHORT, long), (SHORT_WHOLE, long), (SHORT_WHOLE, short),
        (TERSE, short), (TERSE, short[:3]), (BLIND, short),
    )  # fmt: skip
    for form, right in candidates:
        left = _place(scene, playhead, form)
        if _width(left, glyphs) + _width(right, glyphs) + 2 <= width:
            return spread(left, right, width, glyphs)
    return spread(_place(scene, playhead, BLIND), short[:3], width, glyphs)


def _place(scene: Scene, playhead: Playhead, form: _Form) -> Line:
    """Return where it stands and how it plays."""
    timeline = playhead.timeline
    is_timed = scene.analysis.session.timed
    total = format_offset(timeline.length_ns) if is_timed else NO_OFFSET
    idle, stops = _on(playhead.skip_idle), _on(playhead.stop_at_findings)
    watch = ""
    if form.has_watch and is_timed and playhead.watch_ns != timeline.length_ns:
        whole = format_offset(playhead.watch_ns)
        watch = f" (plays {format_offset(playhead.watched_ns)}/{whole})"
        watch = f" ({whole})" if form.is_watch_whole else watch
    shown = f"{format_offset(playhead.offset_ns) if is_timed else NO_OFFSET}/{total}"
    settings = f"i:skip {idle}{watch}  p:stop {stops}"
    if form.is_long:
        settings = f"skip idle >2s: {idle}{watch}   stop at findings: {stops}"
    elif form.is_terse:
        settings = f"i:{idle}{watch}  p:{stops}"
    gap = "   " if form.is_long else "  "
    return line(
        Piece(
            "PLAY " if playhead.playing else "PAUSE", Tone.GOOD if playhead.playing else Tone.ACCENT
        ),
        Piece(f" {shown}", Tone.STRONG),
        f"{gap}{playhead.speed:g}x{gap}",
        Piece(settings, Tone.DIM),
        f"{gap}{playhead.cursor + 1}/{len(timeline.starts)}",
    )


def _on(value: bool) -> str:
    return "on" if value else "off"


def _next(scene: Scene, playhead: Playhead, glyphs: Glyphs, *, is_long: bool) -> Line:
    stop = playhead.next_stop
    if stop is None:
        here = sum(finding.t_ns == playhead.t_ns for finding in scene.analysis.findings)
        if here > 1:
            many = (
                f"{here} findings here, no later finding" if is_long else f"{here} here, the last"
            )
            return line(many, tone=Tone.DIM)
        return line("no later finding" if scene.analysis.findings else "no findings", tone=Tone.DIM)
    due = [finding for finding in scene.analysis.findings if finding.t_ns == stop.t_ns]
    worst = max(due, key=lambda finding: finding.severity)
    more = f" and {len(due) - 1} more" if is_long else f"+{len(due) - 1}"
    return line(
        "next " if is_long else "",
        Piece(f"{glyphs.finding} {worst.rule}", severity_tone(worst.severity)),
        more if len(due) > 1 else "",
        f" in {format_offset(stop.t_ns - playhead.t_ns)}" if scene.analysis.session.timed else "",
    )


def _width(pieces: Line, glyphs: Glyphs) -> int:
    return sum(width_of(piece.text, glyphs) for piece in pieces)


def spread(left: Line, right: Line, width: int, glyphs: Glyphs) -> Line:
    """Return one row with something at either side; where both do not fit, the left is cut."""
    room = width - _width(right, glyphs) - 1
    kept: list[Piece] = []
    for piece in left:
        size = width_of(piece.text, glyphs)
        if size > room:
            kept.append(Piece(fit(piece.text, room, glyphs), piece.tone))
            room = 0
            break
        kept.append(piece)
        room -= size
    return (*kept, Piece(" " * (max(room, 0) + 1)), *right)
