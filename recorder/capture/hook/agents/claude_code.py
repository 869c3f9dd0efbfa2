"""Claude Code (2.1.332): https://code.claude.com/docs/en/hooks. VS Code reads the same files.

No answer at all decides nothing. `PostToolBatch` is the only event after a denied call. A command
that a skill runs while it loads is told by `PreSkillShellCommand` alone, and its end by nothing.
"""

from __future__ import annotations

from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent

AGENT = Agent(
    name="claude-code",
    title="Claude Code",
    recorded_as="claude-code",
    answer=b"",
    holding=holding.by_permission,
    events={
        "SessionStart": steps.session_start,
        "SessionEnd": steps.session_end,
        "UserPromptSubmit": steps.prompt,
        "PreToolUse": steps.tool_start,
        "PreSkillShellCommand": steps.tool_start,
        "PostToolUse": steps.tool_end,
        "PostToolUseFailure": steps.tool_failed,
        "PostToolBatch": steps.tool_batch,
        "PermissionRequest": steps.permission_request,
        "PermissionDenied": steps.permission_denied,
        "SubagentStart": steps.subagent_start,
        "SubagentStop": steps.subagent_end,
        "Stop": steps.answered,
    },
)
