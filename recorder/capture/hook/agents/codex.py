"""OpenAI Codex CLI (0.169.0): hooks in `config.toml`; https://developers.openai.com/codex/hooks.

Its output schema refuses unknown keys: no answer at all decides nothing.
"""

from __future__ import annotations

from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent

AGENT = Agent(
    name="codex",
    title="Codex CLI",
    recorded_as="codex",
    answer=b"",
    holding=holding.deny_only,
    events={
        "SessionStart": steps.session_start,
        "UserPromptSubmit": steps.prompt,
        "PreToolUse": steps.tool_start,
        "PermissionRequest": steps.permission_request,
        "PostToolUse": steps.tool_end,
        "SubagentStart": steps.subagent_start,
        "SubagentStop": steps.subagent_end,
        "Stop": steps.answered,
    },
)
