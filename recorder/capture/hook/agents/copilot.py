"""GitHub Copilot CLI (1.0.102): https://docs.github.com/copilot/reference/hooks-configuration.

Payloads do not name their event: the settings do, else it is told by the fields. Calls have no id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent, own_name


def _event_of(data: Mapping[str, Any], given: str) -> str:
    name = own_name(data, given)
    if name:
        return name[0].lower() + name[1:]
    for keys, event in _BY_FIELDS:
        if all(key in data for key in keys):
            return event
    return ""


_BY_FIELDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("toolName", "toolResult"), "postToolUse"),
    (("toolName", "error"), "postToolUseFailure"),
    (("toolName", "toolArgs"), "preToolUse"),
    (("source",), "sessionStart"),
    (("prompt",), "userPromptSubmitted"),
    (("stopReason",), "agentStop"),
    (("reason",), "sessionEnd"),
    (("error",), "errorOccurred"),
)

AGENT = Agent(
    name="copilot",
    title="Copilot CLI",
    recorded_as="github-copilot",
    answer=b"{}\n",
    holding=holding.plain,
    events={
        "sessionStart": steps.session_start,
        "sessionEnd": steps.session_end,
        "userPromptSubmitted": steps.prompt,
        "userPromptSubmit": steps.prompt,
        "preToolUse": steps.tool_start,
        "postToolUse": steps.tool_end,
        "postToolUseFailure": steps.tool_failed,
        "permissionRequest": steps.permission_request,
        "subagentStart": steps.subagent_start,
        "subagentStop": steps.subagent_end,
        "agentStop": steps.answered,
        "stop": steps.answered,
        "notification": steps.note,
    },
    event_of=_event_of,
)
