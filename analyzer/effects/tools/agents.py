"""Other agents that a command starts, and the words by which nobody is asked any more."""

from __future__ import annotations

from analyzer.effects.tools.context import Context, Tool
from analyzer.model import Effect, Judgement

__all__ = ["AGENT_TOOLS"]

_UNASKED = {
    "claude": ("--dangerously-skip-permissions",),
    "gemini": ("--yolo", "-y"),
    "codex": ("--dangerously-bypass-approvals-and-sandbox", "--yolo"),
    "q": ("--trust-all-tools",),
    "copilot": ("--allow-all-tools", "--allow-all"),
}
"""Program -> its options; source: each program's reference of its command line."""


def _agent(context: Context) -> Judgement | None:
    name, words = context.command.name, context.command.arguments
    given = tuple(w for w in words if w in _UNASKED[name])
    if not given:
        return None
    why = f"{name} {given[0]}: an agent that asks nobody is started"
    return Judgement(Effect.X2, (why,), operation=name, bypass=given)


AGENT_TOOLS: dict[str, Tool] = dict.fromkeys(_UNASKED, _agent)
