"""Finding one's way in a replay by words: filter, search, a moment that is typed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from analyzer.filters import Filter, Remarks, subjects_of
from analyzer.model import Action, Finding
from analyzer.moments import parse_seek
from tui.playhead import Playhead
from tui.screens.replay_keys import ReplayKeys
from tui.widgets.action_list import ActionList

__all__ = ["ReplaySearch"]


class ReplaySearch(ReplayKeys):
    """What is chosen, what was found, and the keys that go there."""

    class Chosen(Message):
        """A filter was tried on every action."""

        def __init__(self, chosen: Filter, rows: tuple[int, ...], *, is_final: bool) -> None:
            super().__init__()
            self.chosen = chosen
            self.rows = rows
            self.is_final = is_final
            """It is to be applied, not only counted."""

    class Found(Message):
        """The session was searched."""

        def __init__(self, text: str, rows: tuple[int, ...], *, is_final: bool) -> None:
            super().__init__()
            self.text = text
            self.rows = rows
            self.is_final = is_final
            """Everything was searched, not only what is at hand."""

    kept: Sequence[int] | None = None
    """Rows that the filter shows; None: all."""
    remarks: Mapping[int, Remarks] = {}
    """What the case file says of each action."""
    hits: Sequence[int] = ()
    hit: int | None = None
    """The row that was gone to because it is a hit: there the body shows where it is one."""

    def apply_filter(self) -> None:
        """Show what is chosen: again, because what the case file says has changed."""
        if not self.chosen.is_empty:
            self.try_filter(self.chosen, is_final=True)

    def current(self) -> Action | None:
        """Return the action under the playhead."""
        return self.scene.action(self.playhead.cursor) if self.scene and self.playhead else None

    def at_hand(self) -> tuple[Iterable[Action], Iterable[Finding]]:
        """Return the actions and findings of which a filter's values are offered."""
        analysis = None if self.scene is None else self.scene.analysis
        return ((), ()) if analysis is None else (analysis.actions, analysis.findings)

    # --- filter -------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="filter", exit_on_error=False)
    def try_filter(self, chosen: Filter, *, is_final: bool) -> None:
        """Count what a filter keeps, and apply it if that is final."""
        worker, scene = get_current_worker(), self.scene
        if scene is None:
            return
        rows: list[int] = []
        for row, subject in enumerate(subjects_of(scene.analysis, self.remarks, scene.timeline)):
            if worker.is_cancelled:
                return
            if chosen.fits(subject):
                rows.append(row)
        self.post_message(self.Chosen(chosen, tuple(rows), is_final=is_final))

    @on(Chosen)
    def _was_chosen(self, event: Chosen) -> None:
        if self.scene is None:
            return
        total = len(self.scene.timeline.starts)
        if not event.is_final:
            self.count_fitting(event.chosen, len(event.rows), total)
            return
        self.chosen = event.chosen
        self.kept = None if event.chosen.is_empty else event.rows
        self.query_one(ActionList).choose(self.kept)
        self.show_filter(len(event.rows), total)
        if self.kept is not None:
            self.say("" if self.kept else "nothing fits the filter; & changes it")

    def beside(self, row: int, by: int) -> int | None:
        """Return the row that is shown `by` rows after (or before) a row; None beyond the ends."""
        if self.playhead is None:
            return None
        if self.kept is None:
            target = row + by
            return target if 0 <= target < len(self.playhead.timeline.starts) else None
        if by > 0:
            place = bisect_right(self.kept, row) + by - 1
        else:
            place = bisect_left(self.kept, row) + by
        return self.kept[place] if 0 <= place < len(self.kept) else None

    def is_shown(self, row: int) -> bool:
        """Tell whether a row is not hidden by a filter."""
        if self.kept is None:
            return True
        place = bisect_left(self.kept, row)
        return place < len(self.kept) and self.kept[place] == row

    # --- search -------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def look_for(self, text: str) -> None:
        """Search for a text: what is at hand answers at once, the index knows the long bodies."""
        worker, scene = get_current_worker(), self.scene
        if scene is None:
            return
        rows: list[int] = []
        wanted = text.casefold()
        for row, action in enumerate(scene.analysis.actions):
            if worker.is_cancelled:
                return
            if wanted in action.title.casefold():
                rows.append(row)
        self.post_message(self.Found(text, tuple(rows), is_final=False))
        analysis = scene.analysis
        found = self.flight.source.search(
            analysis.session, analysis.actions, text, lambda: not worker.is_cancelled
        )
        if found is not None:
            rows += [scene.row_of[number] for number in found if number in scene.row_of]
            self.post_message(self.Found(text, tuple(sorted(set(rows))), is_final=True))

    @on(Found)
    def _was_found(self, event: Found) -> None:
        is_first = not self.hits
        is_there = self.count_hits(event.text, len(event.rows), is_final=event.is_final)
        if event.text == self.sought and not self.is_asking:
            self.hits = event.rows
        if is_there and (is_first or event.is_final):
            self._to_hit(1, is_here=True)

    def action_hit(self, by: int) -> None:
        """Go to the next or previous hit."""
        if not self.sought:
            self.say("search for something first: /")
        elif not self.hits:
            self.say(self.nothing_found())
        else:
            self._to_hit(by, is_here=False)

    def _to_hit(self, by: int, *, is_here: bool) -> None:
        if self.playhead is None:
            return
        cursor, hits = self.playhead.cursor, self.hits
        if by > 0:
            place = bisect_left(hits, cursor) if is_here else bisect_right(hits, cursor)
        else:
            place = bisect_left(hits, cursor) - 1
        has_wrapped = not 0 <= place < len(hits)
        place %= len(hits)
        self.hit = hits[place]
        self.go(self.playhead.to_row(hits[place]))
        self.show_found()
        hidden = not self.is_shown(hits[place])
        self.say(
            f"hit {place + 1}/{len(hits)} of {self.sought!r}"
            + (", search wrapped" if has_wrapped else "")
            + (", hidden by the filter" if hidden else "")
        )

    def show_found(self) -> None:
        """Show in the body where the hit is one."""

    # --- moments ------------------------------------------------------------------------------

    def seek(self, text: str) -> None:
        """Go to the moment that a text stands for.

        Raises:
            ValueError: it stands for none.
        """
        if self.scene is None or self.playhead is None:
            return
        moment = parse_seek(text, self.scene.analysis, self.playhead.t_ns, self.scene.start_of)
        target = self.playhead.seek(moment)
        if text.strip().startswith("#"):
            number = text.strip()[1:]
            target = target.on_row(self.scene.row_of.get(int(number), -1))
        self.go(target)

    # --- rows of a sort -----------------------------------------------------------------------

    def go_among(self, rows: Sequence[int], by: int, what: str) -> None:
        """Go to the next or previous of some rows, or say that there is none."""
        if self.playhead is None:
            return
        cursor = self.playhead.cursor
        place = bisect_right(rows, cursor) if by > 0 else bisect_left(rows, cursor) - 1
        which = "later" if by > 0 else "earlier"
        is_there = 0 <= place < len(rows)
        self.go(self._at(rows[place]) if is_there else None, f"no {which} {what}")

    def _at(self, row: int) -> Playhead | None:
        """Return the playhead where the row's outcome is known, with that row under it."""
        if self.playhead is None or self.scene is None:
            return None
        action = self.scene.analysis.actions[row]
        return self.playhead.seek(action.until_ns or action.start_ns).on_row(row)

    def action_failure(self, by: int) -> None:
        """Go to the next or previous action that failed, was refused or denied."""
        if self.scene is not None:
            self.go_among(self.scene.failures, by, "failure")
