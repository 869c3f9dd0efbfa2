"""A live view of the wipe that is held in memory, with a clock that stands: for snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analyzer.effects import marked_like_its_call
from analyzer.live import Event, Step
from analyzer.live_session import LiveState, Look
from analyzer.model import Action, Outcome
from analyzer.writing import Writer, Writing
from recorder.model import Kind
from tests.tui.factories import START, action
from tests.tui.wiped import wipe
from tui.screens.live import Live

__all__ = ["HeldLive"]

LATER_MS = 20_000
"""When the session goes on, after its last deletion."""
SECOND = 1_000_000_000
NOW_NS = START + 31 * SECOND


class HeldLive(Live):
    """The wipe while it goes on, and then a run of tests of which the last has not ended."""

    def __init__(self) -> None:
        super().__init__(wipe().session.id)
        self.now_ns = lambda: NOW_NS

    def feed(self) -> None:  # type: ignore[override]  # tells it at once, without a thread
        """Tell what is held."""
        held = wipe()
        begun = action(1, Kind.LIFECYCLE, "session", "session", 0, None, outcome=Outcome.OPEN,
                       reconstructed=held.reconstructed)  # fmt: skip
        self.post_message(self.Opened(replace(held.session, records=0)))
        self.tell([begun, *held.actions], first=True)

    def tell(self, actions: Iterable[Action], *, first: bool = False) -> None:
        """Tell of some actions, at first together with what was found of them."""
        held = {one.id: one for one in actions}
        # As the feed tells them.
        told = tuple(marked_like_its_call(one, held) for one in held.values())
        events = tuple(Event(Step.ENDED, one.start_ns, one) for one in told)
        now_ns = NOW_NS - 3 * SECOND if first else NOW_NS
        look = Look(
            now_ns=now_ns,
            seq=max(one.id for one in told),
            read=len(told),
            waiting=0,
            received_ns=now_ns - SECOND // 5,
            events=events,
            judged=told,
            findings=wipe().findings if first else (),
            remarks=(),
            state=LiveState(
                cwd="/dev/pocket/worktree",
                files=2,
                last_file="scripts/domains/renew.env",
                hosts=("backboard.railway.app",),
                credentials=("railway_token 41d0", "railway_token 9f2c"),
                used=frozenset({"railway_token 9f2c"}),
            ),
            writer=Writer(Writing.WRITES, ""),
            is_overtaken=False,
        )
        self.post_message(self.Grown(self.session_id, look))

    def go_on(self) -> None:
        """Tell of what the agent does afterwards."""
        runs = [
            action(60 + n, Kind.TOOL_CALL, "Bash", f"Bash pytest -q tests/unit/test_{n}.py",
                   LATER_MS + n * 500, 300)
            for n in range(17)
        ]  # fmt: skip
        last = action(90, Kind.TOOL_CALL, "Bash", "Bash terraform plan -out tf.plan",
                      LATER_MS + 9_000, None, outcome=Outcome.OPEN)  # fmt: skip
        self.tell([*runs, last])
