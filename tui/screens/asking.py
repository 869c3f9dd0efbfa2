"""A filter, words to search, a moment, a note: asked for alike wherever actions are listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from analyzer.casefile import Entry
from analyzer.filters import Filter, FilterError, Scope, parse_filter
from analyzer.filters.grammar import as_pattern
from analyzer.model import Action, Finding
from tui.completion import endings
from tui.line import Line, Piece, Tone, line
from tui.screens.case_room import CaseRoom
from tui.widgets.drawn import OneLine
from tui.widgets.prompt import Prompt, Question

__all__ = ["EVERYTHING", "Asking"]

EVERYTHING = Filter()


class Asking(CaseRoom):
    """A screen of actions that are filtered, searched, and gone to by time."""

    SCOPE: ClassVar[Scope] = Scope.ACTIONS
    DEFAULT_CSS = """
    Asking #filtered { display: none; background: $panel; }
    Asking.-filtered #filtered { display: block; }
    """
    chosen: Filter = EVERYTHING
    """Which actions are shown."""
    sought: str = ""
    """What was searched for last."""
    entries: Sequence[Entry] = ()
    """What the case file says of the session."""

    def current(self) -> Action | None:
        """Return the action under the cursor."""
        raise NotImplementedError

    def at_hand(self) -> tuple[Iterable[Action], Iterable[Finding]]:
        """Return the actions and findings of which a filter's values are offered."""
        raise NotImplementedError

    def try_filter(self, chosen: Filter, *, is_final: bool) -> object:
        """Count what a filter keeps, and apply it if that is final."""
        raise NotImplementedError

    def look_for(self, text: str) -> object:
        """Search for a text; how many were found is said in the prompt."""
        raise NotImplementedError

    def seek(self, text: str) -> None:
        """Go to the moment that a text stands for.

        Raises:
            ValueError: it stands for none.
        """
        raise NotImplementedError

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for a filter."""
        self._ask_filter(self.chosen.text)

    def action_like(self) -> None:
        """Ask for a filter that keeps what is like the action under the cursor."""
        action = self.current()
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
                endings=lambda text: endings(text, *self.at_hand(), self.SCOPE),
            )
        )

    def _filter_changed(self, text: str) -> Line | None:
        try:
            chosen = parse_filter(text, self.SCOPE)
        except FilterError as error:
            return line(Piece(str(error), Tone.BAD))
        self.try_filter(chosen, is_final=False)
        return line(chosen.words, tone=Tone.DIM)

    def _filter_answered(self, text: str) -> str | None:
        try:
            self.try_filter(parse_filter(text, self.SCOPE), is_final=True)
        except FilterError as error:
            return str(error)
        return None

    def count_fitting(self, chosen: Filter, fitting: int, total: int) -> None:
        """Say how many a filter would keep, while it is typed."""
        prompt = self.query_one(Prompt)
        # Counted of what stood there before, it would take the place of what is wrong with this.
        if prompt.is_open and prompt.typed.value.strip() == chosen.text.strip():
            prompt.say(line(f"{fitting} of {total} fit: {chosen.words}"))

    def show_filter(self, fitting: int, total: int) -> None:
        """Say what the filter hides, as long as it hides anything."""
        shown = line(
            "filter ",
            Piece(self.chosen.words, Tone.ACCENT),
            Piece(f"   hides {total - fitting} of {total}   & changes it", Tone.DIM),
        )
        self.query_one("#filtered", OneLine).show(shown)
        self.set_class(not self.chosen.is_empty, "-filtered")

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
        self.look_for(text)
        return line("searching ...", tone=Tone.DIM)

    def _search_answered(self, text: str) -> str | None:
        self.sought = text
        if text:
            self.look_for(text)
        return None

    def _search_cancelled(self) -> None:
        self.workers.cancel_group(self, "search")

    @property
    def is_asking(self) -> bool:
        """True while something is typed that is not answered yet."""
        return self.query_one(Prompt).is_open

    def count_hits(self, text: str, hits: int, *, is_final: bool) -> bool:
        """Say how many hits there are; tell whether it is time to go to them."""
        prompt = self.query_one(Prompt)
        if prompt.is_open and prompt.typed.value == text:
            prompt.say(line(f"{hits} hits {'' if is_final else 'so far, still searching ...'}"))
        if text != self.sought or prompt.is_open:
            return False
        if is_final and not hits:
            self.say(self.nothing_found())
        return hits > 0

    def nothing_found(self) -> str:
        """Return that there are no hits."""
        return f"nothing recorded of this session contains {self.sought!r}"

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
        try:
            if text.strip():
                self.seek(text)
        except ValueError as error:
            return f"@{text}: {error}"
        return None

    # --- what is written down -----------------------------------------------------------------

    def action_bookmark(self) -> None:
        """Set or take back a bookmark."""
        action = self.current()
        if action is None:
            self.say("there is no action here to bookmark")
        else:
            self.toggle_bookmark(action.id)

    def action_note(self) -> None:
        """Ask for a note on the action under the cursor."""
        action = self.current()
        if action is None:
            self.say("there is no action here to note something of")
            return
        said = line(f"a note on #{action.id}; #word is a tag; secrets are sealed")
        self.ask(
            Question(
                label="note",
                changed=lambda _text: said,
                answered=lambda text: self.note_down(action.id, text),
            )
        )
