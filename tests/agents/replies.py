"""What a model would answer, in each vendor's wire format: one tool call after another, then text.

Formats: Anthropic Messages, OpenAI Responses and Chat Completions, Gemini generateContent; each as
far as the agents' own clients insist on.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

type Json = dict[str, Any]
type Events = list[tuple[str, Any]]
"""Server-sent events: (name or empty, data)."""

SHELLS = ("exec_command", "shell_command", "shell", "bash", "Bash", "run_shell_command")
"""What agents call the tool that runs a command."""
DONE = "Done."


def reply(path: str, request: Json, commands: Sequence[str]) -> Json | Events | None:
    """Return the answer to a request: a document, or events to stream; None for an unknown path."""
    for known, make in _BY_PATH:
        if known in path:
            return make(path, request, commands)
    return None


def _anthropic(path: str, request: Json, commands: Sequence[str]) -> Json | Events:
    del path
    step = sum(
        part.get("type") == "tool_result"
        for message in request.get("messages", [])
        if isinstance(message.get("content"), list)
        for part in message["content"]
    )
    names = [tool.get("name") for tool in request.get("tools") or []]
    usage = {"input_tokens": 1200, "cache_read_input_tokens": 0, "output_tokens": 1}
    message: Json = {
        "id": f"msg_{uuid.uuid4().hex[:16]}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    tool = _shell(names)
    if not request.get("stream"):
        return {**message, "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn"}
    block: Json = {"type": "text", "text": ""}
    delta: Json = {"type": "text_delta", "text": DONE}
    reason = "end_turn"
    if tool and step < len(commands):
        block = {"type": "tool_use", "id": f"toolu_{_id()}", "name": tool, "input": {}}
        arguments = {"command": commands[step], "description": f"step {step + 1}"}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
        reason = "tool_use"
    end = {"stop_reason": reason, "stop_sequence": None}
    return _named(
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": end, "usage": {"output_tokens": 40}},
        {"type": "message_stop"},
    )


def _responses(path: str, request: Json, commands: Sequence[str]) -> Events:
    del path
    outputs = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")
    step = sum(
        item.get("type") in outputs for item in request.get("input", []) if isinstance(item, dict)
    )
    tool = _shell(tool.get("name") for tool in request.get("tools") or [])
    item: Json = {
        "type": "message",
        "role": "assistant",
        "id": f"msg_{_id()}",
        "content": [{"type": "output_text", "text": DONE}],
    }
    if tool and step < len(commands):
        item = {
            "type": "function_call",
            "id": f"fc_{_id()}",
            "call_id": f"call_{_id()}",
            "name": tool,
            "arguments": json.dumps(_arguments(tool, commands[step])),
        }
    answer = {"id": f"resp_{_id()}"}
    usage = {"input_tokens": 1500, "output_tokens": 30, "total_tokens": 1530}
    return _named(
        {"type": "response.created", "response": answer},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {**answer, "usage": usage}},
    )


def _arguments(tool: str, command: str) -> Json:
    if tool == "exec_command":
        return {"cmd": command}
    return {"command": ["bash", "-lc", command] if tool == "shell" else command}


def _chat(path: str, request: Json, commands: Sequence[str]) -> Json | Events:
    del path
    step = sum(message.get("role") == "tool" for message in request.get("messages", []))
    tool = _shell(tool["function"]["name"] for tool in request.get("tools") or [])
    message: Json = {"role": "assistant", "content": DONE}
    reason = "stop"
    if tool and step < len(commands):
        arguments = {"command": commands[step], "description": f"step {step + 1}"}
        function = {"name": tool, "arguments": json.dumps(arguments)}
        call = {"index": 0, "id": f"call_{_id()}", "type": "function", "function": function}
        message, reason = {"role": "assistant", "content": "", "tool_calls": [call]}, "tool_calls"
    usage = {"prompt_tokens": 1500, "completion_tokens": 20, "total_tokens": 1520}
    base: Json = {
        "id": f"chatcmpl-{_id()}",
        "created": int(time.time()),
        "model": request.get("model"),
    }
    if not request.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
    base["object"] = "chat.completion.chunk"
    begun = {**base, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    ended = {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    return [("", begun), ("", {**ended, "usage": usage}), ("", "[DONE]")]


def _gemini(path: str, request: Json, commands: Sequence[str]) -> Json | Events:
    step = sum(
        "functionResponse" in part
        for content in request.get("contents", [])
        for part in content.get("parts", [])
    )
    tool = _shell(
        declared["name"]
        for tool in request.get("tools") or []
        for declared in tool.get("functionDeclarations", [])
    )
    part: Json = {"text": DONE}
    if request.get("generationConfig", {}).get("responseMimeType") == "application/json":
        # The router asks which model to take; the loop check asks who speaks next.
        choice = {"next_speaker": "user", "model_choice": "flash", "complexity_score": 1}
        part = {"text": json.dumps({"reasoning": "x", "complexity_reasoning": "x", **choice})}
    elif tool and step < len(commands):
        arguments = {"command": commands[step], "description": f"step {step + 1}"}
        part = {"functionCall": {"name": tool, "args": arguments}}
    content = {"role": "model", "parts": [part]}
    usage = {"promptTokenCount": 900, "candidatesTokenCount": 20, "totalTokenCount": 920}
    answer = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": usage,
        "modelVersion": "scripted",
        "responseId": _id(),
    }
    return [("", answer)] if "stream" in path else answer


def _count(path: str, request: Json, commands: Sequence[str]) -> Json:
    del path, request, commands
    return {"input_tokens": 100, "totalTokens": 100}


def _shell(names: Iterable[Any]) -> str:
    offered = set(names)
    return next((name for name in SHELLS if name in offered), "")


def _named(*events: Json) -> Events:
    return [(event["type"], event) for event in events]


def _id() -> str:
    return uuid.uuid4().hex[:12]


_BY_PATH: Sequence[tuple[str, Callable[[str, Json, Sequence[str]], Json | Events]]] = (
    ("count_tokens", _count),
    ("countTokens", _count),
    ("/messages", _anthropic),
    ("/responses", _responses),
    ("/chat/completions", _chat),
    ("enerateContent", _gemini),
)
