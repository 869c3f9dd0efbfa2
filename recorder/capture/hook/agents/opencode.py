"""opencode (1.18.33): hooks are JS plugins, https://opencode.ai/docs/plugins/.

Ours hands every hook's input and output on as `{"hook_event_name", ...}`, under the plugin API's
own names; bus events stand under `event.` and their type.
"""

from __future__ import annotations

from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent

AGENT = Agent(
    name="opencode",
    title="opencode",
    recorded_as="opencode",
    answer=b"",
    holding=holding.opencode,
    events={
        "tool.execute.before": steps.tool_start,
        "tool.execute.after": steps.tool_end,
        "chat.message": steps.prompt,
        "permission.asked": steps.permission_request,
        "permission.replied": steps.permission_answered,
        "session.created": steps.session_start,
        "session.deleted": steps.session_end,
        "session.idle": steps.answered,
    },
)
