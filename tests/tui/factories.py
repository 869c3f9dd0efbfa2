"""Sessions built by hand, action by action: short, idle, long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings

from analyzer.model import (
    Action,
    Analysis,
    Credential,
    Finding,
    Outcome,
)
from analyzer.state import StateIndex
from recorder.model import Kind, SessionRow, Witness
from tui.scene import Scene

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Property tests say nothing about speed: the machine may be busy."""
START = 1_777_040_000 * 10**9
ACCOUNT = "9f2c" + "0" * 28
SEAL = f"⟦railway_token:{ACCOUNT}⟧"
ATTACK = (
    "\x1b]2;PWNED\x07\x1b]52;c;UFdORUQ=\x07\x9b31m\u202e[@click=app.exit]evil[/] [bold\x1b[2J"
    " \x1bc \u2066 \u200b [/nothing] $(reboot)"
)


def ms(value: float) -> int:
    """Return a moment that many milliseconds into a session."""
    return START + round(value * 1_000_000)


def action(
    number: int,
    kind: Kind,
    name: str,
    title: str,
    at: float,
    length: float | None = 50,
    **more: Any,
) -> Action:
    end = None if length is None else ms(at + length)
    default = Outcome.OPEN if length is None else Outcome.OK
    given: dict[str, Any] = {
        "session": "a17",
        "outcome": default,
        "records": (number,),
        "witnesses": (Witness.PROXY if kind is Kind.API_REQUEST else Witness.SDK,),
    }
    given.update(more)
    return Action(
        id=number, kind=kind, name=name, title=title, start_ns=ms(at), end_ns=end, **given
    )


def session(name: str = "a17f00d0deadbeef", **more: Any) -> SessionRow:
    given: dict[str, Any] = {
        "id": name,
        "agent": "cursor-like-agent",
        "agent_version": "0.1",
        "model": "scripted",
        "cwd": "/home/dev/pocket/worktree",
        "host": "laptop",
        "user": "dev",
        "witness": Witness.SDK,
        "run": "r1",
        "first_seq": 1,
        "last_seq": 60,
        "start_ns": START,
        "last_ns": ms(9_000),
        "records": 60,
        "ended": True,
    }
    given.update(more)
    return SessionRow(**given)


def analysis(
    actions: Sequence[Action],
    *,
    credentials: Sequence[Credential] = (),
    findings: Sequence[Finding] = (),
    reconstructed: str = "",
    row: SessionRow | None = None,
) -> Analysis:
    ends = [a.end_ns or a.start_ns for a in actions]
    return Analysis(
        session=row or session(last_ns=max(ends, default=START)),
        actions=tuple(sorted(actions, key=lambda a: (a.start_ns, a.id))),
        credentials=tuple(credentials),
        findings=tuple(findings),
        reconstructed=reconstructed,
        verifier_key="",
    )


def scene(of: Analysis) -> Scene:
    return Scene.of(of, StateIndex(of))


def idle() -> Analysis:
    """Return a session that waits: 1 s of work, 30 s of nothing, 1 s of work, 5 s, a last word."""
    return analysis(
        [
            action(1, Kind.PROMPT, "user", "begin", 0, 1_000),
            action(2, Kind.TOOL_CALL, "Bash", "ls", 31_000, 1_000),
            action(3, Kind.MODEL_CALL, "m", "done", 37_000, 0),
        ]
    )


def long(count: int) -> Analysis:
    """Return a session of many actions, a tenth of a second apart."""
    kinds = (Kind.TOOL_CALL, Kind.MODEL_CALL, Kind.API_REQUEST)
    return analysis(
        [
            action(n + 1, kinds[n % 3], "x", f"action number {n}", n * 100.0, 40)
            for n in range(count)
        ]
    )


def renamed(held: Analysis, name: str) -> Analysis:
    return replace(held, session=replace(held.session, id=name))
