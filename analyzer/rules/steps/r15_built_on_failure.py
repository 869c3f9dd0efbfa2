"""R15: a change failed, and the following ones assume that it did not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule, finding_of
from analyzer.testimony import Certainty

_MAKES = re.compile(
    r"\b(?:mkdir|New-Item|mktemp|cp|copy|git\s+(?:stash|clone|checkout|bundle)|pg_dump|mysqldump"
    r"|tar|rsync|cd|createdb)\b[^\n;|&]*",
    re.IGNORECASE,
)
_MOVES = re.compile(r"\b(?:mv|move|Move-Item|rm|del|rmdir|Remove-Item|ren|rename)\b[^\n;|&]*", re.I)
_LOOKS = re.compile(r"\b(?:ls|dir|stat|test|cat|find|Test-Path|Get-ChildItem|git\s+status|\[ )")
_NAME = re.compile(r"[\w.-]*[A-Za-z][\w.-]{2,}")


class BuiltOnFailure(StepRule):
    """Check that a step had its effect before the next one stands on it."""

    about = About(
        id="R15",
        title="A failed step was built upon",
        severity=Severity.MEDIUM,
        description="A command that makes something (a folder, a copy, a dump) failed, or nobody "
        "recorded how it ended; the next commands move or delete into or on top of it without "
        "having looked.",
        false_positives=("A step that failed because what it makes was there already.",),
        tags=("attack.t1485", "owasp.asi08"),
        strong=False,
    )

    def __init__(self) -> None:
        self._failed: tuple[int, frozenset[str], str] | None = None

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding where something is moved or deleted on top of what was not made."""
        command = event.fields.get("action.command")
        failed = self._failed
        if failed is None or not isinstance(command, str):
            return
        del memory
        number, names, made = failed
        moved = _MOVES.search(command)
        if moved and names & _names(moved[0]):
            self._failed = None
            yield finding_of(
                self.about,
                event.action,
                reason=f"#{number} ({made}) did not work; #{event.action.id} goes on as if it had, "
                "and nothing was looked at between",
                evidence=(number, event.action.id),
                certainty=Certainty.INFERRED,
            )
        elif _LOOKS.search(command):
            self._failed = None

    def end(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Remember a step that makes something and did not end well."""
        command = event.fields.get("action.command")
        if isinstance(command, str) and memory.ended and memory.ended[-1].went_wrong:
            made = _MAKES.search(command)
            if made and _names(made[0]):
                self._failed = (event.action.id, _names(made[0]), made[0].strip()[:80])
        yield from ()


def _names(command: str) -> frozenset[str]:
    """Return the names of files in a command: the last parts of its paths."""
    words = [w.strip("'\"").rstrip("/\\") for w in command.split()[1:] if not w.startswith("-")]
    tails = (re.split(r"[\\/]", w) for w in words)
    return frozenset(
        part for tail in tails for part in tail if _NAME.fullmatch(part) and "$" not in part
    )
