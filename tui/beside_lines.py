"""Two aligned sessions in lines: one row for both, for screens and for pipes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.divergence import Alignment, Alike, Pair
from analyzer.timeline import Mark, offset_of
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, mark_tone
from tui.safe_content import fit
from tui.scene import Scene
from tui.words import agent_name, outcome_words

__all__ = ["SIGNS", "alignment_line", "beside_lines", "headings", "legend", "pair_line"]

SIGNS = {
    Alike.SAME: ("=", Tone.DIM),
    Alike.WORDS: ("-", Tone.DIM),
    Alike.OUTCOME: ("~", Tone.HIGH),
    Alike.OTHER: ("|", Tone.BAD),
    Alike.LEFT: ("<", Tone.BAD),
    Alike.RIGHT: (">", Tone.BAD),
}
"""What stands between the two sessions; the help and the foot of the list say what it means."""
SHORT = {
    Alike.SAME: "alike",
    Alike.WORDS: "reworded",
    Alike.OUTCOME: "other end",
    Alike.OTHER: "differ",
    Alike.LEFT: "A only",
    Alike.RIGHT: "B only",
}
"""The same in fewer words, which fit into a header of 80 cells."""
MIDDLE = 5
PLAIN_WIDTH = 160
LANE_FROM = 50
"""Cells of a side from which on it has room for the lane."""
type Scenes = tuple[Scene, Scene]


def headings(scenes: Scenes, width: int, glyphs: Glyphs, side: int) -> Line:
    """Return which session stands on which side; the side that keys act on is named."""
    pieces: list[Piece] = []
    for number, scene in enumerate(scenes):
        session = scene.analysis.session
        text = f" {'AB'[number]} {session.id[:8]}  {agent_name(session)}"
        tone = Tone.ACCENT if number == side else Tone.DIM
        pieces.append(Piece(fit(text, _half(width), glyphs), tone))
        pieces.append(Piece(" " * MIDDLE))
    return tuple(pieces[:-1])


def legend() -> str:
    """Return what the signs between the two sessions mean."""
    return " ".join(f"{SIGNS[alike][0]} {words}" for alike, words in SHORT.items())


def _half(width: int) -> int:
    return (width - MIDDLE) // 2


def alignment_line(alignment: Alignment, scenes: Scenes) -> Line:
    """Return in one line where two sessions first differ."""
    if alignment.first is None:
        return line("no divergence: both do the same, in the same order", tone=Tone.GOOD)
    pair = alignment.pairs[alignment.first]
    ats = []
    for name, scene, row in zip("AB", scenes, (pair.left, pair.right), strict=True):
        if row is None:
            ats.append(f"{name} has nothing here")
        else:
            action = scene.analysis.actions[row]
            ats.append(f"{name} {offset_of(scene.analysis, action.start_ns)} #{action.id}")
    count = len(alignment.differences)
    return line(
        Piece(f"first divergence in row {alignment.first + 1}: {pair.alike.value}", Tone.STRONG),
        f"  {', '.join(ats)}",
        Piece(f"  {count:,} rows differ, inferred", Tone.DIM),
        Piece("" if alignment.is_whole else "; some rows stand by number", Tone.HIGH),
    )


def pair_line(scenes: Scenes, pair: Pair, width: int, glyphs: Glyphs, *, is_cursor: bool) -> Line:
    """Return one row of both sessions in exactly `width` cells."""
    sign, tone = SIGNS[pair.alike]
    half = _half(width) - 1
    left = _action(scenes[0], pair.left, half, glyphs)
    right = _action(scenes[1], pair.right, half, glyphs)
    cursor = Piece(glyphs.cursor if is_cursor else " ", Tone.ACCENT)
    return (cursor, *left, Piece(f"  {sign}  ", tone), *right)


def _action(scene: Scene, row: int | None, width: int, glyphs: Glyphs) -> Line:
    if row is None:
        return line(" " * width)
    action, mark = scene.analysis.actions[row], scene.marks[row]
    offset = offset_of(scene.analysis, action.start_ns)
    made_up = glyphs.reconstructed if action.reconstructed else " " * len(glyphs.reconstructed)
    head = (
        Piece(mark.letter, mark_tone(mark)),
        Piece(f"{made_up} ", Tone.MADE_UP),
        Piece(f"{offset:>7} "),
        Piece(f"{action.lane.value:<5} " if width >= LANE_FROM else "", Tone.DIM),
    )
    tail = Piece(f" {outcome_words(action):<7.7}", Tone.DIM)
    room = width - sum(len(piece.text) for piece in (*head, tail))
    tone = mark_tone(mark) if mark > Mark.FAILED else Tone.NORMAL
    return (*head, Piece(fit(action.title, room, glyphs), tone), tail)


def beside_lines(scenes: Scenes, alignment: Alignment, glyphs: Glyphs) -> Iterator[Line]:
    """Yield both sessions for a pipe, with a line where they part."""
    yield headings(scenes, PLAIN_WIDTH, glyphs, -1)
    yield alignment_line(alignment, scenes)
    yield line(", ".join(f"{sign} {alike.value}" for alike, (sign, _) in SIGNS.items()))
    for number, pair in enumerate(alignment.pairs):
        if number == alignment.first:
            yield line(f"{' first divergence ':{glyphs.rule}^{PLAIN_WIDTH}}")
        yield pair_line(scenes, pair, PLAIN_WIDTH, glyphs, is_cursor=False)
