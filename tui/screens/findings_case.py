"""Which findings are shown, and what people decide and write of them, in the case file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from analyzer.casefile import Entry, Sort, remarks_of
from analyzer.filters import Filter, FilterError, finding_subjects, parse_filter
from analyzer.model import Finding
from tui.line import Line, Piece, Tone, line
from tui.scene import Scene
from tui.screens.case_room import CaseRoom
from tui.widgets.prompt import Question

__all__ = ["FindingsCase"]

EVERYTHING = Filter()


class Order(Enum):
    """How findings are sorted."""

    TIME = "by time"
    WORST = "worst first"
    RULE = "by rule"


class FindingsCase(CaseRoom):
    """The case file's and the filter's part of the findings."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.shown: Sequence[Finding] = scene.analysis.findings
        """Those that the filter keeps, in the chosen order."""
        self.chosen = EVERYTHING
        self.order = Order.TIME
        self.notes: Sequence[Entry] = ()
        self.decided: Mapping[tuple[str, int], Entry] = {}
        """Rule and action -> the last decision on that finding."""

    def current(self) -> Finding | None:
        """Return the finding under the cursor."""
        raise NotImplementedError

    def show_findings(self, cursor: int) -> None:
        """Show those that are chosen, with the cursor on one."""
        raise NotImplementedError

    def shown_session(self) -> str:
        """Return the whole id of the session that is written of."""
        return self.scene.analysis.session.id

    def case_read(self, entries: Sequence[Entry]) -> None:
        """Show what was decided and noted."""
        sorts = {Sort.ACCEPTED, Sort.DISMISSED}
        self.decided = {(e.rule, e.action): e for e in entries if e.sort in sorts}
        self.notes = [e for e in entries if e.sort in {Sort.NOTE, Sort.TAG}]
        self._choose(self.chosen)
        self.resized()

    def _decide(self, finding: Finding, sort: Sort, reason: str) -> None:
        said = f"{finding.rule} {sort.value}"
        self.write_down(finding.action, [(sort, reason)], said, finding.rule)

    def action_accept(self) -> None:
        """Say that the finding holds."""
        finding = self.current()
        if finding is not None:
            self._decide(finding, Sort.ACCEPTED, "")

    def action_set_aside(self) -> None:
        """Ask why the finding does not matter, and keep the answer."""
        finding = self.current()
        if finding is None:
            return
        said = line(f"why does {finding.rule} not matter here?")

        def answered(reason: str) -> str | None:
            if not reason.strip():
                return "a dismissal needs a reason"
            self._decide(finding, Sort.DISMISSED, reason.strip())
            return None

        self.ask(Question(label="because", changed=lambda _text: said, answered=answered))

    def rechoose(self) -> None:
        """Show what is chosen of the findings that there are now."""
        self._choose(self.chosen)

    # --- filter, order, notes -----------------------------------------------------------------

    def _choose(self, chosen: Filter) -> None:
        """Show the findings that a filter keeps, in order; the cursor stays on its finding."""
        here = self.current()
        self.chosen = chosen
        every = finding_subjects(self.scene.analysis, remarks_of(self.notes))
        kept = [finding for finding, subject in every if chosen.fits(subject)]
        if self.order is Order.WORST:
            kept.sort(key=lambda finding: (-finding.severity, finding.t_ns))
        elif self.order is Order.RULE:
            kept.sort(key=lambda finding: (finding.rule, finding.t_ns))
        self.shown = kept
        self.show_findings(kept.index(here) if here in kept else 0)
        self.resized()

    def action_filter(self) -> None:
        """Ask which findings are to be shown."""

        def changed(text: str) -> Line:
            try:
                return line(parse_filter(text).words, tone=Tone.DIM)
            except FilterError as error:
                return line(Piece(str(error), Tone.BAD))

        def answered(text: str) -> str | None:
            try:
                self._choose(parse_filter(text))
            except FilterError as error:
                return str(error)
            return None

        history = self.flight.history["filter"]
        self.ask(
            Question(
                label="filter",
                value=self.chosen.text,
                changed=changed,
                answered=answered,
                history=history,
            )
        )

    def action_sort(self) -> None:
        """Take the next order."""
        orders = list(Order)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._choose(self.chosen)
        self.say(f"sorted: {self.order.value}")

    def action_note(self) -> None:
        """Ask for a note on the finding's action."""
        finding = self.current()
        if finding is None:
            self.say("there is no finding to note something of")
            return
        what = f"a note on #{finding.action} of {finding.rule}"
        said = line(f"{what}; #word is a tag; secrets are sealed")

        self.ask(
            Question(
                label="note",
                changed=lambda _text: said,
                answered=lambda text: self.note_down(finding.action, text, finding.rule),
            )
        )
