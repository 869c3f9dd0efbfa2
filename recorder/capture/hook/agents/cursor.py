"""Cursor: https://cursor.com/docs/agent/hooks.

Shell and MCP calls come twice where the generic hooks fire too: once with an id, once with the
command. The specific ones bear no id and are recorded as calls of their own.
"""

from __future__ import annotations

import json
from typing import Any

from recorder import semconv
from recorder.capture.hook import holding, steps
from recorder.capture.hook.agents.base import Agent
from recorder.capture.hook.event import Event
from recorder.model import Json, Kind, Phase, Record, Status

SHELL = "Shell"


def _shell_start(event: Event) -> list[Record]:
    return [_shell(event, Phase.START, {}, Status.UNSET)]


def _shell_end(event: Event) -> list[Record]:
    said: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: event.text("output")}
    return [_shell(event, Phase.END, said, Status.OK)]


def _shell(event: Event, phase: Phase, said: dict[str, Json], status: Status) -> Record:
    arguments = {"command": event.text("command")}
    return steps.call_record(event, phase, SHELL, arguments, "", said, status)


def _mcp_start(event: Event) -> list[Record]:
    return [_mcp(event, Phase.START, {}, Status.UNSET)]


def _mcp_end(event: Event) -> list[Record]:
    said: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: event.text("result_json")}
    return [_mcp(event, Phase.END, said, Status.OK)]


def _mcp(event: Event, phase: Phase, said: dict[str, Json], status: Status) -> Record:
    arguments = event.take("tool_input")
    if isinstance(arguments, str):
        arguments = _parsed(arguments)
    tool, call_id = event.text("tool_name"), event.text("tool_use_id")
    return steps.call_record(event, phase, tool, arguments, call_id, said, status)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _file(event: Event) -> list[Record]:
    said: dict[str, Json] = {"file.path": event.text("file_path")}
    return [event.record(Kind.FILE, event.name, Phase.POINT, said)]


AGENT = Agent(
    name="cursor",
    title="Cursor",
    recorded_as="cursor",
    answer=b"{}\n",
    holding=holding.cursor,
    events={
        "sessionStart": steps.session_start,
        "sessionEnd": steps.session_end,
        "beforeSubmitPrompt": steps.prompt,
        "preToolUse": steps.tool_start,
        "postToolUse": steps.tool_end,
        "postToolUseFailure": steps.tool_failed,
        "beforeShellExecution": _shell_start,
        "afterShellExecution": _shell_end,
        "beforeMCPExecution": _mcp_start,
        "afterMCPExecution": _mcp_end,
        "beforeReadFile": _file,
        "afterFileEdit": _file,
        "beforeTabFileRead": _file,
        "afterTabFileEdit": _file,
        "subagentStart": steps.subagent_start,
        "subagentStop": steps.subagent_end,
        "afterAgentResponse": steps.answered,
        "stop": steps.note,
    },
)
