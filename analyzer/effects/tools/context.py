"""What a judge of one tool is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.effects.places import Place
from analyzer.effects.shell.invocation import Invocation
from analyzer.model import Judgement

__all__ = ["Context", "Tool"]


@dataclass(frozen=True, slots=True)
class Context:
    """A command, where it runs, and the way to judge a shell text that it holds."""

    command: Invocation
    place: Place
    depth: int
    judge: Callable[[str, int, str, str], Judgement]

    def shell(self, text: str, elsewhere: str = "") -> Judgement:
        """Judge a shell text that the command runs."""
        return self.judge(text, self.depth + 1, self.command.folder, elsewhere)


type Tool = Callable[[Context], Judgement | None]
"""Judges one program's commands; None: it knows nothing of this one."""
