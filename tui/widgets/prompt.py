"""One line that a person types: a filter, words to search, a moment, a note.

It stands above the footer. What it says while somebody types, and what it does with the answer, the
screen that asks decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.widgets import Input

from recorder.safe_text import safe_text
from tui.line import Line, line
from tui.widgets.drawn import OneLine

__all__ = ["KEPT", "Prompt", "Question"]

KEPT = 50
"""Answers of each kind that can be had again with the up key."""


def _nothing(_text: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what becomes of the answer."""

    label: str
    answered: Callable[[str], str | None]
    """Takes the answer; returns what is wrong with it, and then it stays open."""
    value: str = ""
    changed: Callable[[str], Line | None] = _nothing
    """Says something of what stands there so far; None: it will be said later."""
    cancelled: Callable[[], None] = field(default=lambda: None)
    history: list[str] = field(default_factory=list)
    """Earlier answers, oldest first; the new one is added."""
    endings: Callable[[str], Sequence[str]] = field(default=lambda _text: ())
    """What the last word may become."""


class _Typed(Input):
    """The line itself."""

    BINDINGS = [  # noqa: RUF012 - Textual's own name
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "recall(-1)", "Earlier", show=False),
        Binding("down", "recall(1)", "Later", show=False),
        Binding("tab", "complete", "Complete", show=False),
    ]

    def action_cancel(self) -> None:
        """Close the prompt."""
        self.query_ancestor(Prompt).close(cancelled=True)

    def action_recall(self, by: int) -> None:
        """Take an earlier or later answer."""
        self.query_ancestor(Prompt).recall(by)

    def action_complete(self) -> None:
        """Finish the word."""
        self.query_ancestor(Prompt).complete()


class Prompt(Container):
    """The line with its label, and above it what is said of it."""

    class Closed(Message):
        """The keys are free again."""

    DEFAULT_CSS = """
    Prompt { height: 2; display: none; background: $panel; }
    Prompt.-open { display: block; }
    Prompt Horizontal { height: 1; }
    Prompt #prompt-label { width: auto; }
    Prompt Input, Prompt Input:focus {
        height: 1; border: none; padding: 0; width: 1fr; background: $panel;
    }
    """

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._question: Question | None = None
        self._place = 0

    def compose(self) -> ComposeResult:
        """What is said, the label, the line."""
        yield OneLine(id="prompt-said")
        with Horizontal():
            yield OneLine(id="prompt-label")
            yield _Typed(id="prompt-text", select_on_focus=False)

    @property
    def is_open(self) -> bool:
        """True while something is asked."""
        return self._question is not None

    @property
    def typed(self) -> Input:
        """The line."""
        return self.query_one("#prompt-text", Input)

    def ask(self, question: Question) -> None:
        """Ask; the line takes the keys until it is answered or cancelled."""
        self._question = question
        self._place = len(question.history)
        label = self.query_one("#prompt-label", OneLine)
        label.styles.width = len(question.label) + 1
        label.show(line(f"{question.label} "))
        self.add_class("-open")
        self.typed.value = question.value
        self.typed.cursor_position = len(question.value)
        self.say(question.changed(question.value) or ())
        self.typed.focus()

    def say(self, content: Line) -> None:
        """Say something of what stands there."""
        self.query_one("#prompt-said", OneLine).show(content)

    def close(self, *, cancelled: bool = False) -> None:
        """Give the keys back."""
        question, self._question = self._question, None
        self.remove_class("-open")
        self.post_message(self.Closed())
        if question is not None and cancelled:
            question.cancelled()

    def recall(self, by: int) -> None:
        """Show an earlier or later answer."""
        question = self._question
        if question is None or not question.history:
            return
        self._place = max(0, min(self._place + by, len(question.history)))
        answers = [*question.history, ""]
        self.typed.value = answers[self._place]
        self.typed.cursor_position = len(self.typed.value)

    def complete(self) -> None:
        """Finish the last word where there is one way, else say which there are."""
        if self._question is None:
            return
        value = self.typed.value
        endings = list(self._question.endings(value))
        if len(endings) == 1:
            self.typed.value = endings[0]
            self.typed.cursor_position = len(endings[0])
        elif endings:
            self.say(line("  ".join(ending.rpartition(" ")[2] for ending in endings)))

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        harmless = safe_text(event.value)
        if harmless != event.value:
            # A paste may hold what an agent wrote: the line shows it as every other part does.
            self.typed.value = harmless
        elif self._question is not None:
            said = self._question.changed(event.value)
            if said is not None:
                self.say(said)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        question = self._question
        if question is None:
            return
        wrong = question.answered(event.value)
        if wrong is not None:
            self.say(line(wrong))
            return
        kept = [text for text in question.history if text != event.value]
        question.history[:] = [*kept, *([event.value] if event.value else [])][-KEPT:]
        if self._question is question:
            self.close()
