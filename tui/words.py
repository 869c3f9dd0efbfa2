"""How actions, findings and sessions are put into words: one place for screens, pipe and picture.

Pure; the lines it returns hold raw recorded text, which the gates make safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analyzer.begun import as_known_at
from analyzer.model import Action, Analysis, Effect, Finding, Outcome, Severity
from analyzer.testimony import Certainty
from analyzer.timeline import Mark, Nest, length_of, offset_of
from recorder.model import SessionRow
from tui.glyphs import Glyphs
from tui.line import Line, Piece, Tone, line, mark_tone, severity_tone
from tui.safe_content import fit
from tui.scene import Scene

__all__ = [
    "EFFECTS",
    "LEGEND",
    "RowLook",
    "action_row",
    "agent_name",
    "banner",
    "count_words",
    "finding_line",
    "outcome_words",
    "row_line",
    "short_path",
    "when",
]

MAX_DEPTH = 4
EFFECTS = {
    Effect.READ: "only reads",
    Effect.WRITE: "writes",
    Effect.D1: "destroys data",
    Effect.D2: "destroys recovery copies",
    Effect.D3: "destroys a container with all it holds",
    Effect.D4: "overwrites or replaces",
    Effect.D5: "disables a guard",
    Effect.D6: "cuts access",
    Effect.C1: "looks for a credential",
    Effect.C2: "reads a credential",
    Effect.C3: "uses a credential",
    Effect.C4: "uses a credential outside its purpose",
    Effect.X1: "carries data out",
    Effect.X2: "starts an agent without approvals",
    Effect.X3: "acts after it was told to stop",
    Effect.UNKNOWN: "not known",
}
LEGEND = (
    ("observed", "a witness recorded it; said of everything that carries no other mark"),
    ("inferred", "derived from what was recorded, by the rule that is named; mark {inferred}"),
    (
        "reconstructed",
        "partly made up, to fill what nobody published, and marked so in the recording; "
        "mark {reconstructed}, with what was made up",
    ),
)


def outcome_words(action: Action) -> str:
    """Return how an action ended, in at most eight columns for all but huge exit codes."""
    if action.outcome is Outcome.FAILED and action.exit_code:
        return f"exit {action.exit_code}"
    if action.outcome is Outcome.NO_RESULT:
        return "no end"
    return action.outcome.value


def outcome_tone(action: Action) -> Tone:
    """Return the tone of an action's outcome."""
    if action.outcome in {Outcome.OPEN, Outcome.NO_RESULT}:
        return Tone.ACCENT
    bad = action.outcome in {Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED}
    return Tone.BAD if bad else Tone.DIM


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLook:
    """How one row of a list is drawn."""

    is_cursor: bool
    is_future: bool
    """Dimmed, and as it came out; what has begun is drawn as it was known."""
    is_bookmarked: bool = False
    at: str | None = None
    """The time, in the words that the reader chose; None: session time."""
    skip: int = 0
    """Characters of the title that are left out at its beginning."""


def row_line(
    scene: Scene, row: int, width: int, glyphs: Glyphs, look: RowLook, *, t_ns: int | None = None
) -> Line:
    """Return one action as a row of exactly `width` cells.

    What has begun is drawn as it was known at `t_ns` (ns since the epoch); the future, which is
    dimmed, as it came out.
    """
    action = scene.analysis.actions[row]
    if t_ns is not None and not look.is_future:
        action = as_known_at(action, t_ns)
    pieces = action_row(
        action,
        look.at or offset_of(scene.analysis, action.start_ns),
        scene.marks[row],
        nested_title(action, scene.nests[row], glyphs)[look.skip :],
        width,
        glyphs,
        sign=glyphs.cursor if look.is_cursor else glyphs.bookmark if look.is_bookmarked else " ",
    )
    return tuple(Piece(piece.text, Tone.DIM) for piece in pieces) if look.is_future else pieces


def action_row(
    action: Action,
    at: str,
    mark: Mark,
    title: str,
    width: int,
    glyphs: Glyphs,
    *,
    sign: str = " ",
    length: str | None = None,
) -> Line:
    """Return one action as a row of exactly `width` cells.

    Args:
        action: as it is to be told.
        at: when it began, in session time.
        mark: the worst that is known of it.
        title: what it is called here.
        width: cells.
        glyphs: the signs to draw with.
        sign: what stands in the first column: the cursor, a bookmark.
        length: how long it took; default: as it tells itself.
    """
    made_up = glyphs.reconstructed if action.reconstructed else " " * len(glyphs.reconstructed)
    length = length_of(action).replace("unknown", "?") if length is None else length
    # That it is open is told once, by how it ended.
    length = "" if length == outcome_words(action) else length
    head = (
        Piece(sign, Tone.ACCENT),
        Piece(mark.letter, mark_tone(mark)),
        Piece(f"{made_up} ", Tone.MADE_UP),
        # What only the order tells is no time that anyone saw.
        Piece(f"{at:>7}{' ' if action.placed is None else '?'}"),
        Piece(f"{action.lane.value:<5} ", Tone.DIM),
    )
    tail = (
        Piece(f" {length:>6}", Tone.DIM),
        Piece(f" {outcome_words(action):<7.7}", outcome_tone(action)),
    )
    room = width - sum(len(piece.text) for piece in (*head, *tail))
    tone = mark_tone(mark) if mark > Mark.FAILED else Tone.NORMAL
    return (*head, Piece(fit(title, room, glyphs), tone), *tail)


def nested_title(action: Action, nest: Nest, glyphs: Glyphs) -> str:
    """Return an action's title, indented by how deep it stands in others."""
    if nest.parent is None:
        return action.title
    sure = glyphs.inferred if nest.certainty is not Certainty.OBSERVED else ""
    indent = "  " * (min(nest.depth, MAX_DEPTH) - 1)
    where = "" if nest.near else f" (in #{nest.parent})"
    return f"{indent}{glyphs.inside}{sure} {action.title}{where}"


def finding_line(finding: Finding, analysis: Analysis) -> Line:
    """Return one finding: severity first, then when, which rule, what."""
    return line(
        Piece(finding.severity.letter, severity_tone(finding.severity)),
        f" {offset_of(analysis, finding.t_ns)} ",
        Piece(f"{finding.rule} ", Tone.DIM),
        Piece(finding.title, severity_tone(finding.severity)),
        Piece(f"  #{finding.action} {finding.certainty.value}", Tone.DIM),
    )


def count_words(findings: Sequence[Finding]) -> Line:
    """Return how many findings there are of each severity: `C1 H2`, or `none`."""
    pieces: list[Piece] = []
    for severity in sorted(Severity, reverse=True):
        count = sum(finding.severity is severity for finding in findings)
        if count:
            gap = " " if pieces else ""
            pieces.append(Piece(f"{gap}{severity.letter}{count}", severity_tone(severity)))
    return tuple(pieces) or line("none", tone=Tone.DIM)


def banner(reconstructed: str, glyphs: Glyphs) -> Line:
    """Return what of a session was made up; shown above it as long as anything was."""
    return line(
        f"{glyphs.reconstructed} RE-ENACTMENT, reconstructed: ",
        Piece(reconstructed, Tone.MADE_UP),
        tone=Tone.MADE_UP,
    )


def agent_name(session: SessionRow) -> str:
    """Return the agent with its version, or that it is not known."""
    return " ".join(part for part in (session.agent, session.agent_version) if part) or "agent ?"


def short_path(path: str, width: int) -> str:
    """Return the end of a path, which tells more than its beginning."""
    if len(path) <= width:
        return path
    parts = path.split("/")
    while len(parts) > 1 and len("/".join(parts)) > width - 2:
        parts.pop(0)
    return "…/" + "/".join(parts)


def when(ns: int) -> str:
    """Return a moment as date and time of day in UTC."""
    return datetime.fromtimestamp(ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
