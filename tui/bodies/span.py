"""An action as a span: its identities, exact times and witnesses, and every attribute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from analyzer.model import Action
from recorder.model import Json
from tui.bodies.raw import FUTURE
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene

__all__ = ["span_lines"]

LABEL = 10
MAX_TEXT = 2_000
NS = 10**9


def span_lines(scene: Scene, row: int, t_ns: int | None = None) -> list[Line]:
    """Return the span of a row's action, as it was known at a moment (ns since the epoch)."""
    action = scene.action(row, t_ns)
    if action is None:
        return [line("before the first action", tone=Tone.DIM)]
    return [
        line(f"#{action.id} {action.name}", tone=Tone.STRONG),
        *_identity(scene, action, scene.analysis.actions[row]),
        line(""),
        line("attributes", tone=Tone.STRONG),
        *(_fact(name, action.attributes[name]) for name in sorted(action.attributes)),
        line(""),
        line("resource", tone=Tone.STRONG),
        *_resource(scene),
    ]


def _identity(scene: Scene, action: Action, whole: Action) -> Iterator[Line]:
    """Yield what tells an action from others; `whole` is the same as it ended, if it did."""
    yield _entry("trace", action.trace_id or "none recorded")
    yield _entry("span", action.span_id or "none recorded")
    if action.join is not None:
        joined = f"#{action.join.parent} by {action.join.basis}"
        yield _entry("parent", joined, action.join.certainty.value)
    yield _entry("kind", action.kind.value)
    is_pending = action.until_ns is None and whole.until_ns is not None
    # Of what has not come back by now nobody knows how it did.
    came = "" if is_pending else f", came back: {action.transport.value}"
    status = [f"{action.outcome.value}{came}"]
    status += [f"exit code {action.exit_code}"] if action.exit_code is not None else []
    yield _entry("status", ", ".join(status))
    is_placed = action.placed is not None
    yield _entry("start", "unknown" if is_placed else _exact(action.start_ns))
    is_timed = action.end_ns is not None and action.is_end_timed
    missing = FUTURE if is_pending else "not recorded"
    yield _entry("end", _exact(action.end_ns or 0) if is_timed else missing)
    if action.pid is not None:
        yield _entry("process", str(action.pid))
    yield _entry("known", action.known_by)
    yield _entry("records", ", ".join(map(str, action.records)) or "none")
    for link in action.links:
        yield _entry("link", f"record {link.seq} by {link.basis}", link.certainty.value)
    for name, digest in sorted(action.blob_of.items()):
        yield _entry("blob", f"{name} {digest}")
    inside = [child for child in scene.analysis.actions[scene.row_of[action.id] :][:500]
              if child.join is not None and child.join.parent == action.id]  # fmt: skip
    if inside:
        yield _entry("holds", ", ".join(f"#{child.id}" for child in inside))


def _resource(scene: Scene) -> Iterator[Line]:
    session = scene.analysis.session
    facts = {
        "session": session.id, "run": session.run, "agent": session.agent,
        "version": session.agent_version, "model": session.model, "host": session.host,
        "user": session.user, "cwd": session.cwd,
    }  # fmt: skip
    for name, value in facts.items():
        if value:
            yield _entry(name, value)
    for clock in scene.analysis.clocks:
        ahead = clock.ahead_ns / NS
        yield _entry("clock", f"{clock.name} is {ahead:+.3f} s ahead of {clock.by}, inferred")


def _exact(ns: int) -> str:
    seconds, rest = divmod(ns, NS)
    day = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{day}.{rest:09d}Z"


def _entry(name: str, value: str, note: str = "") -> Line:
    return line(Piece(f"{name:<{LABEL}}", Tone.DIM), value, Piece(f"  {note}", Tone.DIM))


def _fact(name: str, value: Json) -> Line:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cut = f" ... {len(text) - MAX_TEXT:,} more in Raw" if len(text) > MAX_TEXT else ""
    return line(Piece(f"{name}  ", Tone.DIM), text[:MAX_TEXT], Piece(cut, Tone.DIM))
