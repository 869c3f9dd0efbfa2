"""The findings of one session: what the rules found, why, and the actions each stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on, work
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from analyzer.casefile import CaseFileError, Entry, Sort
from analyzer.model import Finding
from analyzer.timeline import offset_of
from tui.actions import Place, bindings
from tui.case_lines import case_lines
from tui.clipboard import copy_text
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.scene import Scene
from tui.screens.room import Room
from tui.transport import spread
from tui.widgets.lines import LineList, OneLine, RowView
from tui.widgets.prompt import Question
from tui.words import banner, count_words

__all__ = ["Findings", "finding_account"]


class Findings(Room):
    """List, reason and evidence of a session's findings."""

    PLACE = Place.FINDINGS
    BINDINGS = bindings(Place.FINDINGS)
    AUTO_FOCUS = "#findings"
    DEFAULT_CSS = """
    Findings #banner { display: none; }
    Findings.-reenacted #banner { display: block; }
    Findings #main { layout: horizontal; height: 1fr; }
    Findings #findings { width: 2fr; height: 1fr; }
    Findings #account { width: 3fr; height: 1fr; border-left: solid $panel-lighten-2; }
    Findings #account:focus { border-left: solid $accent; }
    Findings.-narrow #main { layout: vertical; }
    Findings.-narrow #findings { width: 1fr; height: 1fr; max-height: 7; }
    Findings.-narrow #account { width: 1fr; height: 2fr; border-left: none;
        border-top: solid $panel-lighten-2; }
    Findings.-narrow #account:focus { border-left: none; border-top: solid $accent; }
    Findings.-ascii #account { border-left: ascii $panel-lighten-2; }
    Findings.-ascii.-narrow #account { border-left: none; border-top: ascii $panel-lighten-2; }
    """

    class Decided(Message):
        """The case file was read."""

        def __init__(self, decided: Mapping[tuple[str, int], Entry], said: str) -> None:
            super().__init__()
            self.decided = decided
            self.said = said

    class CaseFailed(Message):
        """The case file could not be read or written."""

        def __init__(self, reason: str) -> None:
            super().__init__()
            self.reason = reason

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene
        self.decided: Mapping[tuple[str, int], Entry] = {}
        """Rule and action -> the last decision on that finding."""

    def furniture(self) -> Iterable[Widget]:
        """The list and the account of the finding under the cursor."""
        yield OneLine(banner(self.scene, self.glyphs), id="banner")
        with Container(id="main"):
            yield LineList(id="findings", has_cursor=True)
            yield LineList(id="account")

    def on_mount(self) -> None:
        """Fill the list."""
        self.set_class(self.glyphs.ascii, "-ascii")
        self.set_class(self.scene.is_reenactment(), "-reenacted")
        self._show(0)
        self._read_case()

    def resized(self) -> None:
        """Compose the header again."""
        analysis = self.scene.analysis
        left = line(f"Findings {self.glyphs.cursor} {analysis.session.id[:8]}")
        sorts = [decision.sort for decision in self.decided.values()]
        accepted, dismissed = sorts.count(Sort.ACCEPTED), sorts.count(Sort.DISMISSED)
        decided = f"{accepted} accepted, {dismissed} dismissed   " if sorts else ""
        right = (*line(decided, tone=Tone.DIM), *count_words(analysis.findings))
        self.show_header(spread(left, right, self.size.width, self.glyphs))

    def current(self) -> Finding | None:
        """Return the finding under the cursor."""
        findings = self.scene.analysis.findings
        row = self.query_one("#findings", LineList).cursor
        return findings[row] if row < len(findings) else None

    def _show(self, cursor: int) -> None:
        listed = self.query_one("#findings", LineList)
        listed.cursor = cursor
        findings = self.scene.analysis.findings
        rows = [self._row(finding, row == cursor) for row, finding in enumerate(findings)]
        listed.show(rows or [line("the rules found nothing in this session")], keep_place=True)
        listed.move_to(cursor)
        finding = self.current()
        if finding is not None:
            account = finding_account(self.scene, finding)
            decision = self.decided.get((finding.rule, finding.action))
            account[1:1] = case_lines([decision] if decision else [])
            self.query_one("#account", LineList).show(account)

    @work(thread=True, group="case", exit_on_error=False)
    def _read_case(self, said: str = "") -> None:
        try:
            decided = self.flight.case.decisions(self.scene.analysis.session.id)
        except CaseFileError as error:
            self.post_message(self.CaseFailed(str(error)))
        else:
            self.post_message(self.Decided(decided, said))

    @work(thread=True, group="case", exit_on_error=False)
    def _decide(self, finding: Finding, sort: Sort, reason: str) -> None:
        session = self.scene.analysis.session.id
        try:
            self.flight.case.add(session, finding.action, sort, reason, rule=finding.rule)
        except CaseFileError as error:
            self.post_message(self.CaseFailed(str(error)))
        else:
            self._read_case(f"{finding.rule} {sort.value}")

    @on(CaseFailed)
    def _case_failed(self, event: CaseFailed) -> None:
        self.say(event.reason)

    @on(Decided)
    def _was_decided(self, event: Decided) -> None:
        self.decided = event.decided
        self._show(self.query_one("#findings", LineList).cursor)
        self.resized()
        if event.said:
            self.say(event.said)

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

    def _row(self, finding: Finding, is_cursor: bool) -> Line:
        at = offset_of(self.scene.analysis, finding.t_ns)
        tone = severity_tone(finding.severity)
        decision = self.decided.get((finding.rule, finding.action))
        is_aside = decision is not None and decision.sort is Sort.DISMISSED
        return line(
            Piece(self.glyphs.cursor if is_cursor else " ", Tone.ACCENT),
            Piece(f"{finding.severity.letter} ", tone),
            f"{at:>7} ",
            Piece(f"{finding.rule} ", Tone.DIM),
            Piece(finding.title, Tone.DIM if is_aside else tone),
            Piece(f"  {decision.sort.value}" if decision else "", Tone.ACCENT),
        )

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        if event.view.id == "findings" and event.row < len(self.scene.analysis.findings):
            self._show(event.row)
            if event.twice:
                self.action_open()

    def action_move(self, by: int) -> None:
        """Move through the findings, or scroll the account."""
        pane = self.pane()
        if pane is not None and pane.id == "account":
            pane.scroll_rows(by)
        else:
            row = self.query_one("#findings", LineList).cursor + by
            last = len(self.scene.analysis.findings) - 1
            if 0 <= row <= last or abs(by) > 1:
                self._show(max(0, min(row, last)))
            else:
                self.say("no more findings")

    def action_edge(self, by: int) -> None:
        """Go to the first or the last finding."""
        self._show(max(0, len(self.scene.analysis.findings) - 1) if by > 0 else 0)

    def action_open(self) -> None:
        """Replay at the finding."""
        finding = self.current()
        if finding is None:
            self.say("there is no finding to replay")
        else:
            self.flight.go_replay(self.scene, finding)

    def action_replay(self) -> None:
        """Go to the replay where it stands."""
        self.flight.go_replay(self.scene)

    def action_sessions(self) -> None:
        """Open the list of sessions."""
        self.flight.go_sessions()

    def action_copy(self) -> None:
        """Copy the mouse's selection, else the account of the finding."""
        account = self.query_one("#account", LineList).text()
        self.say(
            copy_text(
                self.app, self.get_selected_text() or account, is_remote=self.flight.read_only
            )
        )


def finding_account(scene: Scene, finding: Finding) -> list[Line]:
    """Return what a finding says, why, and each action that it stands on."""
    tone = severity_tone(finding.severity)
    lines = [
        line(
            Piece(f"{finding.severity.letter} {finding.rule} {finding.title}", tone),
            Piece(f"  {finding.certainty.value}", Tone.DIM),
        ),
        line(""),
        line(Piece("why", Tone.STRONG), f"  {finding.reason}"),
    ]
    if finding.fingerprint:
        credential = scene.credential_of.get(finding.fingerprint)
        name = credential.name if credential else finding.fingerprint[:4]
        lines.append(line(Piece("cred", Tone.STRONG), f" {name}  (its value was never stored)"))
    if finding.tags:
        lines.append(line(Piece("tags", Tone.STRONG), f" {' '.join(finding.tags)}"))
    lines += [line(""), line("stands on", tone=Tone.STRONG)]
    lines += [_evidence(scene, finding, action_id) for action_id in finding.evidence]
    return lines


def _evidence(scene: Scene, finding: Finding, action_id: int) -> Line:
    row = scene.row_of.get(action_id)
    if row is None:
        return line(f"  #{action_id} is not in this session", tone=Tone.DIM)
    action = scene.analysis.actions[row]
    at = offset_of(scene.analysis, action.start_ns)
    decisive = "  <- decisive" if action_id == finding.action else ""
    made_up = ", reconstructed" if action.reconstructed else ""
    return line(
        f"  {at:>7} {action.lane.value:<5} {action.title} ",
        Piece(f"#{action.id} {action.outcome.value}{made_up}", Tone.DIM),
        Piece(decisive, Tone.ACCENT),
    )
