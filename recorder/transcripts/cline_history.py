"""Messages of Cline's and Roo's API history: results in words, and what is spent on an answer.

Where a provider takes no results of its own kind, Cline writes them as texts that begin with the
call: `[read_file for 'a.py'] Result:`. They stand in the order of the calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recorder import semconv
from recorder.model import Kind, Phase, Record, Status
from recorder.transcripts.latest import Latest
from recorder.transcripts.messages import MessageReader
from recorder.transcripts.one_by_one import Told
from recorder.transcripts.telling import Telling, text_parts

__all__ = ["DENIED", "HistoryReader", "result_in"]

_HEAD = re.compile(
    r"\A\[(\w{1,100})(?: for '.{0,20000}?')?[^\n]{0,500}?\] Result:[ \t]*\n?", re.DOTALL
)
AROUND = "<environment_details>"
_BY_PERSON = re.compile(r"<(?:feedback|user_message|answer|task)>")
DENIED = "The user denied this operation"
NO_CALL = "[ERROR] "
"""What Cline itself answers to a turn that it cannot use."""


def result_in(text: str) -> tuple[str, str] | None:
    """Return the tool and the result that a text tells in words; None where it tells none."""
    head = _HEAD.match(text)
    if head is None:
        return None
    return head[1], text[head.end() :].partition(AROUND)[0].rstrip("\n")


class HistoryReader:
    """Tells the messages of one task, one by one."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._reader = MessageReader(telling)
        self._open: Latest[str] = Latest()
        """Calls without a result so far -> their tools, in order."""

    def message(self, message: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Told]:
        """Yield the records of one message."""
        made = message.get("modelInfo")
        model = made.get("modelId") or made.get("id") if isinstance(made, Mapping) else made
        self._telling.model = str(model or self._telling.model)
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        whole = {**message, "usage": message.get("usage") or _spent(message.get("metrics"))}
        if message.get("role") == "user":
            told = self._told_in_words(parts) if parts else content
            whole["content"] = told
            if self._is_programs(told):
                whole["role"] = "system"
        for part in parts:
            if isinstance(part, Mapping) and part.get("type") == "tool_use" and part.get("id"):
                self._open[str(part["id"])] = str(part.get("name") or "")
        for one in self._reader.message(whole, key, t_ns):
            yield from self._decided(one)

    def _told_in_words(self, parts: list[Any]) -> list[Any]:
        """Return the parts of a message, results in words as the results that they are."""
        told: list[Any] = []
        waits: dict[str, Any] | None = None
        for part in parts:
            about = part if isinstance(part, Mapping) else {}
            text = about.get("text")
            if about.get("type") == "tool_result":
                self._open.pop(str(about.get("tool_use_id")), None)
            found = result_in(text) if isinstance(text, str) and self._open else None
            if found is not None:
                tool, said = found
                ref = next((r for r, t in self._open.items() if t == tool), next(iter(self._open)))
                del self._open[ref]
                waits = {"type": "tool_result", "tool_use_id": ref, "content": said}
                told.append(waits)
                waits = None if said else waits
            elif waits is not None and isinstance(text, str) and not text.startswith(AROUND):
                # What came back may stand in a part of its own.
                waits["content"], waits = text, None
            else:
                told.append(part)
                waits = None
        return told

    def _is_programs(self, content: Any) -> bool:
        """Tell whether a message's words beside its results are Cline's own."""
        parts = content if isinstance(content, list) else [content]
        results = [p for p in parts if isinstance(p, Mapping) and p.get("type") == "tool_result"]
        words = text_parts([p for p in parts if p not in results])
        return (bool(results) or words.startswith(NO_CALL)) and not _BY_PERSON.search(words)

    def _decided(self, one: Told) -> Iterator[Told]:
        said = one.attributes.get(semconv.GEN_AI_TOOL_RESULT) if isinstance(one, Record) else None
        if (
            not isinstance(one, Record)
            or (one.kind, one.phase) != (Kind.TOOL_CALL, Phase.END)
            or not str(said or "").startswith(DENIED)
        ):
            yield one
            return
        place = str(one.attributes.get(semconv.SOURCE_PLACE))
        yield self._telling.approval(
            f"{place} decision", one.ref, "denied", None, by="user", subject=one.name,
            reason=str(said),
            more={semconv.APPROVAL_LABEL: "text of the result", semconv.APPROVAL_HUMAN: "likely"},
        )  # fmt: skip
        denied = {**one.attributes, semconv.ERROR_TYPE: "denied"}
        yield replace(one, status=Status.ERROR, attributes=denied)


def _spent(metrics: Any) -> dict[str, Any]:
    if not isinstance(metrics, Mapping):
        return {}
    tokens = metrics.get("tokens")
    spent = tokens if isinstance(tokens, Mapping) else {}
    return {
        "input_tokens": metrics.get("inputTokens", metrics.get("tokensIn", spent.get("prompt"))),
        "output_tokens": metrics.get(
            "outputTokens", metrics.get("tokensOut", spent.get("completion"))
        ),
    }
