"""Finding one's way in a replay by words: filter, search, a moment that is typed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from analyzer.filters import Filter, FilterError, Remarks, parse_filter, subjects_of
from analyzer.filters.grammar import as_pattern
from analyzer.moments import parse_seek
from tui.completion import endings
from tui.line import Line, Piece, Tone, line
from tui.playhead import Playhead
from tui.screens.replay_keys import ReplayKeys
from tui.widgets.action_list import ActionList
from tui.widgets.lines import OneLine
from tui.widgets.prompt import Prompt, Question

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
    sought: str = ""

    def apply_filter(self) -> None:
        """Show what is chosen: again, because what the case file says has changed."""
        if not self.chosen.is_empty:
            self._try(self.chosen, is_final=True)

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for a filter."""
        self._ask_filter(self.chosen.text)

    def action_like(self) -> None:
        """Ask for a filter that keeps what is like the action under the playhead."""
        action = self.scene.action(self.playhead.cursor) if self.scene and self.playhead else None
        if action is not None:
            self._ask_filter(f"lane:{action.lane.value} tool:{as_pattern(action.name)}")

    def _ask_filter(self, value: str) -> None:
        self.ask(
            Question(
                label="filter",
                value=value,
                changed=self._filter_changed,
                answered=self._filter_answered,
                history=self.flight.history["filter"],
                endings=lambda text: endings(text, self.scene),
            )
        )

    def _filter_changed(self, text: str) -> Line | None:
        try:
            chosen = parse_filter(text)
        except FilterError as error:
            return line(Piece(str(error), Tone.BAD))
        self._try(chosen, is_final=False)
        return line(chosen.words, tone=Tone.DIM)

    def _filter_answered(self, text: str) -> str | None:
        try:
            self._try(parse_filter(text), is_final=True)
        except FilterError as error:
            return str(error)
        return None

    @work(thread=True, exclusive=True, group="filter", exit_on_error=False)
    def _try(self, chosen: Filter, *, is_final: bool) -> None:
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
        prompt = self.query_one(Prompt)
        if not event.is_final:
            if prompt.is_open:
                prompt.say(line(f"{len(event.rows)} of {total} fit: {event.chosen.words}"))
            return
        self.chosen = event.chosen
        self.kept = None if event.chosen.is_empty else event.rows
        self.query_one(ActionList).choose(self.kept)
        shown = self.query_one("#filtered", OneLine)
        shown.show(line("filter ", Piece(self.chosen.words, Tone.ACCENT),
                        Piece(f"   hides {total - len(event.rows)} of {total}   & changes it",
                              Tone.DIM)))  # fmt: skip
        self.set_class(self.kept is not None, "-filtered")
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

    def action_search(self) -> None:
        """Ask what to search for."""
        self.ask(
            Question(
                label="/",
                changed=self._search_changed,
                answered=self._search_answered,
                cancelled=self._search_cancelled,
                history=self.flight.history["search"],
            )
        )

    def _search_changed(self, text: str) -> Line | None:
        if not text:
            return line("what is recorded of each action, in any case", tone=Tone.DIM)
        self._search(text)
        return line("searching ...", tone=Tone.DIM)

    def _search_answered(self, text: str) -> str | None:
        self.sought = text
        if text:
            self._search(text)
        return None

    def _search_cancelled(self) -> None:
        self.workers.cancel_group(self, "search")

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _search(self, text: str) -> None:
        worker, scene = get_current_worker(), self.scene
        if scene is None:
            return
        rows: list[int] = []
        wanted = text.casefold()
        # What is at hand answers at once; the index then knows the long bodies too.
        for row, action in enumerate(scene.analysis.actions):
            if worker.is_cancelled:
                return
            if wanted in action.title.casefold():
                rows.append(row)
        self.post_message(self.Found(text, tuple(rows), is_final=False))
        found = self.flight.source.search(scene, text, lambda: not worker.is_cancelled)
        if found is not None:
            self.post_message(self.Found(text, tuple(sorted({*found, *rows})), is_final=True))

    @on(Found)
    def _was_found(self, event: Found) -> None:
        prompt = self.query_one(Prompt)
        if prompt.is_open and prompt.typed.value == event.text:
            more = "" if event.is_final else "so far, still searching ..."
            prompt.say(line(f"{len(event.rows)} hits {more}"))
        if event.text != self.sought or prompt.is_open:
            return
        is_first = not self.hits
        self.hits = event.rows
        if event.is_final and not self.hits:
            self.say(f"nothing recorded of this session contains {event.text!r}")
        elif self.hits and (is_first or event.is_final):
            self._to_hit(1, is_here=True)

    def action_hit(self, by: int) -> None:
        """Go to the next or previous hit."""
        if not self.sought:
            self.say("search for something first: /")
        elif not self.hits:
            self.say(f"nothing recorded of this session contains {self.sought!r}")
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
        self.go(self.playhead.to_row(hits[place]))
        hidden = not self.is_shown(hits[place])
        self.say(
            f"hit {place + 1}/{len(hits)} of {self.sought!r}"
            + (", search wrapped" if has_wrapped else "")
            + (", hidden by the filter" if hidden else "")
        )

    # --- moments ------------------------------------------------------------------------------

    def action_moment(self) -> None:
        """Ask for a moment to go to."""
        said = "7.5, 1:07.5, +2m, -30s, 14:21:37Z, 50%, #31, or a rule such as R07"
        self.ask(
            Question(
                label="@",
                changed=lambda _text: line(said, tone=Tone.DIM),
                answered=self._moment_answered,
                history=self.flight.history["moment"],
            )
        )

    def _moment_answered(self, text: str) -> str | None:
        if self.scene is None or self.playhead is None or not text.strip():
            return None
        try:
            moment = parse_seek(text, self.scene.analysis, self.playhead.t_ns, self.scene.start_of)
        except ValueError as error:
            return f"@{text}: {error}"
        target = self.playhead.seek(moment)
        if text.strip().startswith("#"):
            number = text.strip()[1:]
            target = target.on_row(self.scene.row_of.get(int(number), -1))
        self.go(target)
        return None

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
