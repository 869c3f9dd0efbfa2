"""The findings of one session: what the rules found, why, and the actions each stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.containers import Container
from textual.widget import Widget

from analyzer.casefile import Sort
from analyzer.chain import Chain
from analyzer.model import Credential, Finding
from analyzer.timeline import offset_of
from tui.actions import Place, bindings
from tui.case_lines import case_lines
from tui.clipboard import copy_text
from tui.finding_lines import finding_items
from tui.line import Line, Piece, Tone, line, severity_tone
from tui.provenance import chain_items, credential_columns, credential_line
from tui.scene import Scene
from tui.screens.findings_case import FindingsCase
from tui.transport import spread
from tui.widgets.drawn import OneLine
from tui.widgets.lines import LineList
from tui.widgets.rows import RowView
from tui.words import banner, count_words
from tui.world import Item

__all__ = ["Findings"]


class Findings(FindingsCase):
    """List, reason and evidence of a session's findings."""

    PLACE = Place.FINDINGS
    BINDINGS = bindings(Place.FINDINGS)
    AUTO_FOCUS = "#findings"
    DEFAULT_CSS = """
    Findings #banner { display: none; }
    Findings.-reenacted #banner { display: block; }
    Findings #main { layout: horizontal; height: 1fr; }
    Findings #lists { width: 2fr; height: 1fr; }
    Findings #findings { height: 2fr; }
    Findings #held { height: 1; color: $text-muted; background: $panel; }
    Findings #credentials { height: 1fr; }
    Findings #account { width: 3fr; }
    Findings.-narrow #main { layout: vertical; }
    Findings.-narrow #lists { width: 1fr; height: 7; }
    Findings.-narrow #findings { height: 1fr; }
    Findings.-narrow #held, Findings.-narrow #credentials { display: none; }
    Findings.-narrow.-credentials #findings { display: none; }
    Findings.-narrow.-credentials #held, Findings.-narrow.-credentials #credentials
        { display: block; }
    Findings.-narrow #account { width: 1fr; height: 2fr; }
    """

    _chain: Chain | None = None
    _cited: Sequence[int | None] = ()
    """The action that each row of the account stands on."""

    def furniture(self) -> Iterable[Widget]:
        """The list and the account of the finding under the cursor."""
        yield OneLine(banner(self.scene.analysis.reconstructed, self.glyphs), id="banner")
        with Container(id="main"):
            with Container(id="lists"):
                yield LineList(id="findings", has_cursor=True)
                yield OneLine(credential_columns(), id="held")
                yield LineList(id="credentials", has_cursor=True)
            yield LineList(id="account", has_cursor=True, is_quiet=True, indent=9, classes="panel")

    def on_mount(self) -> None:
        """Fill the list."""
        self.set_class(self.scene.is_reenactment(), "-reenacted")
        self._show_credentials(0)
        self.show_findings(0)
        self.read_case()
        self.verify()

    def verified(self, chain: Chain) -> None:
        """Show whether the recording is as it was written."""
        self._chain = chain
        self._show_account(keep=True)
        self.reload_doubtful(chain, self.scene)

    def reloaded(self, scene: Scene) -> None:
        """List what verification has found, too."""
        self.scene = scene
        self.rechoose()

    def resized(self) -> None:
        """Compose the header again."""
        analysis = self.scene.analysis
        left = line(f"Findings {self.glyphs.cursor} {analysis.session.id[:8]}")
        sorts = [decision.sort for decision in self.decided.values()]
        accepted, dismissed = sorts.count(Sort.ACCEPTED), sorts.count(Sort.DISMISSED)
        every = len(analysis.findings)
        decided = f"{every - len(self.decided)} open  {accepted} accepted  {dismissed} dismissed   "
        if not self.chosen.is_empty:
            decided = f"filter {self.chosen.words}: {len(self.shown)} of {every}   {decided}"
        right = (*line(decided, tone=Tone.DIM), *count_words(analysis.findings))
        self.show_header(spread(left, right, self.size.width, self.glyphs))

    @property
    def _listed(self) -> LineList:
        return self.query_one("#findings", LineList)

    @property
    def _held(self) -> LineList:
        return self.query_one("#credentials", LineList)

    def current(self) -> Finding | None:
        """Return the finding under the cursor."""
        row = self._listed.cursor
        return self.shown[row] if row < len(self.shown) else None

    def credential(self) -> Credential | None:
        """Return the credential under the cursor, where its list has the keys."""
        held, row = self.scene.analysis.credentials, self._held.cursor
        is_asked = self.has_class("-credentials")
        return held[row] if is_asked and row < len(held) else None

    def show_findings(self, cursor: int) -> None:
        """Show those that are chosen, with the cursor on one."""
        rows = [self._row(finding, row == cursor) for row, finding in enumerate(self.shown)]
        nothing = "the rules found nothing in this session"
        if self.scene.analysis.findings:
            nothing = "no finding fits the filter; & changes it"
        self._listed.show(rows or [line(nothing)], keep_place=True)
        self._listed.move_to(cursor)
        self._show_account()

    def _show_credentials(self, cursor: int) -> None:
        held = self.scene.analysis.credentials
        rows = [
            credential_line(self.scene, one, self.glyphs.cursor if row == cursor else " ")
            for row, one in enumerate(held)
        ]
        self._held.show(rows or [line("no credential was seen", tone=Tone.DIM)], keep_place=True)
        self._held.move_to(cursor)

    def on_descendant_focus(self) -> None:
        """Show the account of what the keys act on."""
        if self.focused in {self._listed, self._held}:
            self.set_class(self.focused is self._held, "-credentials")
            self._show_account()

    def _show_account(self, *, keep: bool = False) -> None:
        finding, credential = self.current(), self.credential()
        items: list[Item] = []
        if credential is not None:
            items = chain_items(self.scene, credential.fingerprint)
        elif finding is not None:
            decision = self.decided.get((finding.rule, finding.action))
            said = [entry for entry in self.notes if entry.action == finding.action]
            said += [decision] if decision else []
            items = finding_items(
                self.scene, finding, self.glyphs, self._chain, written=case_lines(said)
            )
        self._cited = [item.action for item in items]
        account = self.query_one("#account", LineList)
        account.show([item.content for item in items], keep_place=keep, has_wrap=True)

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

    # --- moving -------------------------------------------------------------------------------

    @on(RowView.Picked)
    def _picked(self, event: RowView.Picked) -> None:
        view, row = event.view, event.row
        if view is self._listed and row < len(self.shown):
            self.show_findings(row)
        elif view is self._held and row < len(self.scene.analysis.credentials):
            self._show_credentials(row)
            self._show_account()
        elif isinstance(view, LineList):
            view.move_to(view.line_of(row))
        if event.twice:
            self.action_open()

    def action_pane(self, by: int) -> None:
        """Go to the next or previous pane; the account lies between both lists and is of either."""
        account = self.query_one("#account", LineList)
        panes = [self._listed, account, self._held]
        here = next((n for n, pane in enumerate(panes) if pane is self.focused), 0)
        pane = panes[(here + by) % len(panes)]
        if pane is not account:
            # On narrow screens the two lists take turns; one that is not shown takes no keys.
            self.set_class(pane is self._held, "-credentials")
        self.call_after_refresh(pane.focus)

    def action_move(self, by: int) -> None:
        """Move through the findings, the credentials, or the account."""
        pane = self.pane()
        if isinstance(pane, LineList) and pane.id == "account":
            pane.move_to(pane.cursor + by)
            return
        is_held = pane is self._held
        count = len(self.scene.analysis.credentials) if is_held else len(self.shown)
        cursor = (self._held if is_held else self._listed).cursor
        row = max(0, min(cursor + by, count - 1))
        if row == cursor:
            self.say(f"no more {'credentials' if is_held else 'findings'}")
        if is_held:
            self._show_credentials(row)
            self._show_account()
        else:
            self.show_findings(row)

    def action_edge(self, by: int) -> None:
        """Go to the first or the last row."""
        pane = self.pane()
        rows = pane.row_count() if pane is not None else len(self.shown)
        self.action_move(by * max(rows, 2))

    def action_open(self) -> None:
        """Replay at the finding, or at what the account's row stands on."""
        pane = self.pane()
        if isinstance(pane, LineList) and pane.id == "account":
            cited = self._cited[pane.cursor] if pane.cursor < len(self._cited) else None
            row = None if cited is None else self.scene.row_of.get(cited)
            if cited is None or row is None:
                self.say("this row stands on no single action")
            else:
                self.flight.go_replay(self.scene, (cited, self.scene.timeline.starts[row]))
            return
        finding, credential = self.current(), self.credential()
        if credential is not None:
            first = credential.first
            self.flight.go_replay(self.scene, (first.action, first.t_ns))
        elif finding is None:
            self.say("there is no finding to replay")
        else:
            self.flight.go_replay(self.scene, (finding.action, finding.t_ns))

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
