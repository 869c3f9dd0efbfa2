"""Conversations as lists of chat messages, as OpenAI's and Anthropic's APIs take them.

Many formats hold such a list; they differ in what they put around it. A call is told in an
assistant's message, its result in a later one that names the call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recorder.model import Record
from recorder.transcripts.format import Damage
from recorder.transcripts.latest import Latest
from recorder.transcripts.one_by_one import Told, objects
from recorder.transcripts.telling import Telling, text_parts

__all__ = ["MessageReader", "arguments_of", "is_message", "usage_of"]

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "model", "ai"})
_ASSISTANTS = frozenset({"assistant", "model", "ai"})
_TOOLS = frozenset({"tool", "function"})
_SAID = ("content", "text")
_REFS = ("tool_call_id", "call_id", "action_id")
_NAMES = ("name", "tool_name")
_ARGUMENTS = ("arguments", "args", "input", "arguments_json")
_OUTPUTS = ("content", "output", "result", "output_preview")


def is_message(value: Any) -> bool:
    """Tell whether a value is a chat message."""
    return (
        isinstance(value, Mapping)
        and isinstance(role := value.get("role"), str)
        and role in ROLES
        and bool({"content", "text", "tool_calls", "function_call"} & value.keys())
    )


def arguments_of(raw: Any) -> Any:
    """Return a call's arguments: APIs write them as JSON inside a string."""
    if isinstance(raw, str):
        try:
            value = json.loads(raw)
        except ValueError:
            return raw
        return value if isinstance(value, dict | list) else raw
    return raw


def usage_of(usage: Any) -> tuple[Any, Any]:
    """Return (input, output) tokens of a usage object, under either API's names."""
    if not isinstance(usage, Mapping):
        return None, None
    return (
        usage.get("prompt_tokens", usage.get("input_tokens")),
        usage.get("completion_tokens", usage.get("output_tokens")),
    )


class MessageReader:
    """Tells the messages of one session, remembering which call an id belongs to."""

    def __init__(self, telling: Telling) -> None:
        self.telling = telling
        self.tools: Latest[str] = Latest()
        """Id of a call -> name of its tool."""
        self._last_call = ""

    def message(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Told]:
        """Yield the records of one message."""
        role, content = str(message.get("role")), _first(message, _SAID)
        results = message.get("tool_results")
        for number, (_, result) in enumerate(objects(results, f"{key} result"), 1):
            if isinstance(result, Damage):
                yield result
            else:
                yield self._result(result, f"{key} result {number}", t_ns)
        if role in _ASSISTANTS:
            yield from self._answer(message, key, t_ns)
        elif role in _TOOLS:
            if not results:
                yield self._result(message, f"{key} result", t_ns)
        else:
            yield from self._results(content, key, t_ns)
            said = text_parts(_without(content, "tool_result"))
            if said or not content:
                yield self.telling.prompt(key, said, t_ns, "user" if role == "user" else "system")

    def _result(self, result: Mapping[str, Any], place: str, t_ns: int | None) -> Record:
        ref = str(_first(result, _REFS) or self._last_call)
        name = str(_first(result, _NAMES) or self.tools.get(ref, ""))
        failed = result.get("is_error") is True or result.get("status") == "error"
        return self.telling.result(
            place, ref, name, text_parts(_first(result, (*_OUTPUTS, "text"))), t_ns,
            error="tool_error" if failed else None, exit_code=result.get("exit_code"),
        )  # fmt: skip

    def _answer(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Told]:
        content = _first(message, _SAID)
        said = text_parts(_without(content, "tool_use")) or str(message.get("refusal") or "")
        yield self.telling.answer(
            key,
            said,
            t_ns,
            model=str(message.get("model") or ""),
            usage=usage_of(message.get("usage")),
        )
        number = 0
        for call in _calls(message, key):
            if isinstance(call, Damage):
                yield call
                continue
            number += 1
            own, tool, arguments = call
            ref = own or f"{key} call {number}"
            self.tools[ref], self._last_call = tool, ref
            yield self.telling.call(f"{key} call {number}", ref, tool, arguments, t_ns)

    def _results(self, content: Any, key: str, t_ns: int | None) -> Iterator[Told]:
        if not isinstance(content, list):
            return
        for number, part in enumerate(content, 1):
            if not isinstance(part, Mapping) or part.get("type") != "tool_result":
                continue
            ref = str(part.get("tool_use_id") or self._last_call)
            failed = part.get("is_error") is True
            yield self.telling.result(
                f"{key} result {number}",
                ref,
                self.tools.get(ref, ""),
                text_parts(part.get("content")),
                t_ns,
                error="tool_error" if failed else None,
            )


def _calls(message: Mapping[str, Any], place: str) -> Iterator[tuple[str, str, Any] | Damage]:
    """Yield (id, tool, arguments) of each call that a message makes."""
    for _, call in objects(message.get("tool_calls"), f"{place} call"):
        if isinstance(call, Damage):
            yield call
            continue
        function = call.get("function")
        named = function if isinstance(function, Mapping) else call
        own, tool = _first(call, ("id", *_REFS)), _first(named, _NAMES)
        yield str(own or ""), str(tool or ""), arguments_of(_first(named, _ARGUMENTS))
    older = message.get("function_call")
    if isinstance(older, Mapping):
        yield "", str(older.get("name") or ""), arguments_of(older.get("arguments"))
    for part in _list(message.get("content")):
        if isinstance(part, Mapping) and part.get("type") == "tool_use":
            yield str(part.get("id") or ""), str(part.get("name") or ""), part.get("input")


def _first(value: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Return the first of some fields that is told: programs name them differently."""
    return next((value[name] for name in names if value.get(name) is not None), None)


def _without(content: Any, kind: str) -> Any:
    if not isinstance(content, list):
        return content
    return [p for p in content if not (isinstance(p, Mapping) and p.get("type") == kind)]


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
