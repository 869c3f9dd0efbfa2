"""The agents whose hooks are understood, one module each."""

from __future__ import annotations

from recorder.capture.hook.agents import claude_code, codex, copilot, cursor, gemini, opencode
from recorder.capture.hook.agents.base import Agent

__all__ = ["AGENTS", "Agent"]

AGENTS: dict[str, Agent] = {
    module.AGENT.name: module.AGENT
    for module in (claude_code, cursor, codex, gemini, copilot, opencode)
}
"""Name on the command line -> the agent."""
