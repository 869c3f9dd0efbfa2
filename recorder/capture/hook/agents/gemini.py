"""Gemini CLI (0.61.0): https://geminicli.com/docs/hooks/reference/. Calls have no id."""

from __future__ import annotations

from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent
from recorder.capture.hook.event import Event
from recorder.model import Record


def _notification(event: Event) -> list[Record]:
    """Return a notification; the one for a tool's permission is the request itself."""
    if event.data.get("notification_type") == "ToolPermission":
        return steps.permission_request(event)
    return steps.note(event)


AGENT = Agent(
    name="gemini",
    title="Gemini CLI",
    recorded_as="gemini-cli",
    answer=b"{}\n",
    holding=holding.gemini,
    events={
        "SessionStart": steps.session_start,
        "SessionEnd": steps.session_end,
        "BeforeAgent": steps.prompt,
        "AfterAgent": steps.answered,
        "BeforeModel": steps.model_request,
        "AfterModel": steps.model_request,
        "BeforeTool": steps.tool_start,
        "AfterTool": steps.tool_end,
        "Notification": _notification,
    },
)
