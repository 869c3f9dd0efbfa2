"""Finding one's way in a session while it is recorded: filter, search, a moment that is typed.

What comes later is filtered and searched as it comes; the whole is looked through by a thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from analyzer.filters import Filter, Scope
from analyzer.model import Action, Analysis, Finding
from analyzer.moments import parse_seek
from tui.live_tail import LiveTail, Snapshot
from tui.screens.live_keys import LiveKeys

__all__ = ["LiveSearch"]


class LiveSearch(LiveKeys):
    """What is chosen, what was found, and the keys that go there."""

    SCOPE = Scope.LIVE

    class Chosen(Message):
        """A filter was tried on every action."""

        def __init__(
            self, chosen: Filter, fitting: set[int], looked_at: Snapshot, *, is_final: bool
        ) -> None:
            super().__init__()
            self.chosen = chosen
            self.fitting = fitting
            self.looked_at = looked_at
            self.is_final = is_final
            """It is to be applied, not only counted."""

    class Found(Message):
        """The session was searched."""

        def __init__(
            self, text: str, hits: set[int], looked_at: Snapshot, *, is_final: bool
        ) -> None:
            super().__init__()
            self.text = text
            self.hits = hits
            self.looked_at = looked_at
            self.is_final = is_final
            """Everything was searched, not only what is at hand."""

    def at_hand(self) -> tuple[Iterable[Action], Iterable[Finding]]:
        """Return the actions and findings of which a filter's values are offered."""
        return (
            ((), ()) if self.tail is None else (self.tail.snapshot().values(), self.tail.findings)
        )

    # --- filter -------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="filter", exit_on_error=False)
    def try_filter(self, chosen: Filter, *, is_final: bool) -> None:
        """Count what a filter keeps, and apply it if that is final."""
        worker, tail = get_current_worker(), self.tail
        if tail is None:
            return
        looked_at, fitting = tail.snapshot(), set()
        for number, action in looked_at.items():
            if worker.is_cancelled:
                return
            if tail.fits(action, chosen):
                fitting.add(number)
        self.post_message(self.Chosen(chosen, fitting, looked_at, is_final=is_final))

    @on(Chosen)
    def _was_chosen(self, event: Chosen) -> None:
        tail = self.tail
        if tail is None:
            return
        if not event.is_final:
            self.count_fitting(event.chosen, len(event.fitting), len(tail))
            return
        here = self.current()
        self.chosen = event.chosen
        tail.choose(event.chosen, event.fitting, event.looked_at)
        self.listed.chosen_anew(here)
        self.paint()
        if not self.chosen.is_empty:
            self.say("" if tail.row_count else "nothing fits the filter so far; & changes it")

    # --- search -------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def look_for(self, text: str) -> None:
        """Search for a text: what is at hand answers at once, the index knows the long bodies."""
        worker, tail = get_current_worker(), self.tail
        if tail is None:
            return
        looked_at, hits, wanted = tail.snapshot(), set(), text.casefold()
        for number, action in looked_at.items():
            if worker.is_cancelled:
                return
            if tail.says(action, wanted):
                hits.add(number)
        self.post_message(self.Found(text, set(hits), looked_at, is_final=False))
        found = self.flight.source.search(
            tail.row, tuple(looked_at.values()), text, lambda: not worker.is_cancelled
        )
        if found is not None:
            self.post_message(self.Found(text, {*hits, *found}, looked_at, is_final=True))

    @on(Found)
    def _was_found(self, event: Found) -> None:
        tail = self.tail
        if tail is None:
            return
        is_first = tail.sought != event.text.casefold()
        if not self.count_hits(event.text, len(event.hits), is_final=event.is_final):
            return
        tail.search(event.text.casefold(), event.hits, event.looked_at)
        if is_first:
            # One reads at the newest: the hit that came last is the one that is looked for.
            self._to_hit(-1, is_here=True)
        else:
            self._say_hit("")

    def action_hit(self, by: int) -> None:
        """Go to the next or previous hit."""
        if not self.sought:
            self.say("search for something first: /")
        elif self.tail is None or not self.tail.hits:
            self.say(self.nothing_found())
        else:
            self._to_hit(by, is_here=False)

    def _to_hit(self, by: int, *, is_here: bool) -> None:
        """Go to a hit, round the end if need be."""
        tail, here = self.tail, self.current()
        if tail is None:
            return
        said = ""
        row = tail.row_of(here.id) if here is not None and is_here and tail.is_hit(here) else None
        if row is None:
            row = tail.beside(here, by, tail.hits)
        if row is None:
            row, said = tail.beside(None, by, tail.hits), ", search wrapped"
        self.go_row(row, f"the filter hides all {len(tail.hits)} hits of {self.sought!r}")
        if row is not None:
            self._say_hit(said)

    def _say_hit(self, more: str) -> None:
        tail, here = self.tail, self.current()
        if tail is None or here is None:
            return
        place = tail.hits.row_of((here.start_ns, here.id))
        which = "" if place is None else f"{place + 1}/"
        self.say(f"hit {which}{len(tail.hits)} of {self.sought!r}{more}")

    # --- moments ------------------------------------------------------------------------------

    def seek(self, text: str) -> None:
        """Go to the moment that a text stands for.

        Raises:
            ValueError: it stands for none.
        """
        tail, here = self.tail, self.current()
        if tail is None:
            return
        now_ns = tail.start_ns if here is None else here.start_ns
        moment = parse_seek(text, _known(tail), now_ns, tail.start_of)
        row = tail.row_at(moment)
        if text.strip().startswith("#"):
            number = int(text.strip()[1:])
            row = tail.row_of(number)
            self.go_row(row, f"#{number} is hidden by the filter")
        else:
            self.go_row(row, "the filter hides everything")


def _known(tail: LiveTail) -> Analysis:
    """Return as much of a session as a moment is counted from: its ends, and its findings."""
    return Analysis(
        session=replace(tail.row, last_ns=max(tail.row.last_ns, tail.received_ns)),
        actions=tail.ends(),
        credentials=(),
        findings=tuple(tail.findings),
        reconstructed="",
        verifier_key="",
    )
