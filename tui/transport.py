"""The transport row in words: where the replay stands, how fast, what is skipped, what comes next.

Pure. It is composed for the width that there is; what matters least is left out first.
"""

from __future__ import annotations

from analyzer.timeline import NO_OFFSET, format_offset
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.playhead import Playhead
from tui.safe_content import fit, width_of
from tui.scene import Scene

__all__ = ["spread", "transport_line"]


def transport_line(scene: Scene, playhead: Playhead, width: int, glyphs: Glyphs) -> Line:
    """Return the transport row."""
    long, short = (_next(scene, playhead, glyphs, is_long=is_long) for is_long in (True, False))
    candidates = (
        (_place(scene, playhead, is_long=True, has_watch=True), long),
        (_place(scene, playhead, is_long=True, has_watch=False), long),
        (_place(scene, playhead, is_long=False, has_watch=True), long),
        (_place(scene, playhead, is_long=False, has_watch=True), short),
        (_place(scene, playhead, is_long=False, has_watch=False), short),
        # How far away it is matters least: the strip shows it.
        (_place(scene, playhead, is_long=False, has_watch=False), short[:3]),
    )
    for left, right in candidates:
        if _width(left, glyphs) + _width(right, glyphs) + 2 <= width:
            return spread(left, right, width, glyphs)
    left, right = candidates[-1]
    return spread(left, right, width, glyphs)


def _place(scene: Scene, playhead: Playhead, *, is_long: bool, has_watch: bool) -> Line:
    """Return where it stands and how it plays; short, the time that it plays is the whole alone."""
    timeline = playhead.timeline
    is_timed = scene.analysis.session.timed
    total = format_offset(timeline.length_ns) if is_timed else NO_OFFSET
    idle, stops = _on(playhead.skip_idle), _on(playhead.stop_at_findings)
    watch = ""
    is_compressed = is_timed and playhead.watch_ns != timeline.length_ns
    if has_watch and is_compressed and is_long:
        at = format_offset(playhead.watched_ns)
        watch = f" (plays {at}/{format_offset(playhead.watch_ns)})"
    elif has_watch and is_compressed:
        watch = f" ({format_offset(playhead.watch_ns)})"
    shown = f"{format_offset(playhead.offset_ns) if is_timed else NO_OFFSET}/{total}"
    settings = f"i:skip {idle}{watch}  p:stop {stops}"
    if is_long:
        settings = f"skip idle >2s: {idle}{watch}   stop at findings: {stops}"
    gap = "   " if is_long else "  "
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
