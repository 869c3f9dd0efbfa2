"""Cline and Roo: a folder for each task, or one JSON document a session (Cline's SDK and CLI).

A task's folder has `ui_messages.json` (times, approvals), `api_conversation_history.json` (calls
and results in full) and, in Roo, `history_item.json`. Where the API's history has no times of its
own, an answer takes the time of the request that it answers, if there are as many of both. Calls
that older versions write as XML inside the answer's text are told from the rows. Results may stand
in words (`recorder.transcripts.cline_history`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.cline_history import HistoryReader
from recorder.transcripts.cline_rows import RowReader, is_row, request_times
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.messages import is_message
from recorder.transcripts.one_by_one import Told, one_by_one
from recorder.transcripts.telling import Telling, as_text, made_session

__all__ = ["AGENT", "is_session", "is_ui", "tell_session", "tell_task"]

AGENT = "cline"


def is_ui(document: Any) -> bool:
    """Tell whether a document is a task's `ui_messages.json`."""
    return isinstance(document, list) and any(map(is_row, document[:2]))


def is_session(document: Any) -> bool:
    """Tell whether a document is a session of the SDK or the CLI."""
    return (
        isinstance(document, Mapping)
        and isinstance(document.get("sessionId"), str)
        and isinstance(document.get("messages"), list)
        and bool({"system_prompt", "updated_at", "agent"} & document.keys())
    )


def tell_task(
    task: str, rows: Sequence[Any], history: Sequence[Any], item: Mapping[str, Any]
) -> Iterator[Told]:
    """Yield the records of a task.

    Args:
        task: the task's id, as its folder is named; empty where only Roo's item may tell it.
        rows: of `ui_messages.json`; empty where it is missing.
        history: of `api_conversation_history.json`; empty where it is missing.
        item: Roo's `history_item.json`; empty where it is missing.
    """
    agent = "roo" if item else AGENT
    session = task or str(item.get("id") or "") or made_session(agent, rows[:1] or history[:1])
    telling = Telling(agent, session, "epoch ms", cwd=str(item.get("workspace") or ""))
    first = rows[0].get("ts") if rows and isinstance(rows[0], Mapping) else item.get("ts")
    about: dict[str, Json] = {
        semconv.SESSION_PARENT: str(item.get("parentTaskId") or ""),
        "flightlog.cline.item": as_text(item) if item else "",
    }
    yield telling.begin("session", millis_ns(first), about=about)
    has_calls = any(_calls(message) for message in history)
    reader = RowReader(telling, calls=not has_calls)

    def told(row: Mapping[str, Any], key: str) -> Iterator[Told]:
        if is_row(row):
            yield from reader.row(row, key)
        else:
            yield telling.note(key, "row", row, None)

    yield from one_by_one(rows, "row", told)
    last = next((row.get("ts") for row in reversed(rows) if is_row(row)), None)
    yield from reader.settle("last row", millis_ns(last))
    yield from _history(telling, list(rows), history, has_calls=has_calls)


def tell_session(document: Mapping[str, Any]) -> Iterator[Told]:
    """Yield the records of a session of the SDK or the CLI; messages have times of their own."""
    telling = Telling(AGENT, str(document["sessionId"]), "epoch ms")
    messages = document["messages"]
    agent = document.get("agent")
    about: dict[str, Json] = {"flightlog.cline.agent": as_text(agent or "")}
    first = next((m.get("ts") for m in messages if isinstance(m, Mapping)), None)
    yield telling.begin("session", millis_ns(first), about=about)
    if isinstance(document.get("system_prompt"), str):
        yield telling.prompt("system prompt", document["system_prompt"], None, "system")
    reader = HistoryReader(telling)

    def told(message: Mapping[str, Any], key: str) -> Iterator[Told]:
        if not is_message(message):
            yield telling.note(key, "message", message, None)
            return
        yield from reader.message(message, key, millis_ns(message.get("ts")))

    yield from one_by_one(messages, "message", told)


def _history(
    telling: Telling, rows: list[Any], history: Sequence[Any], *, has_calls: bool
) -> Iterator[Told]:
    """Yield the API's history: its calls, or its messages as they are where the rows tell more."""
    times = request_times(rows)
    answers = sum(1 for m in history if isinstance(m, Mapping) and m.get("role") == "assistant")
    in_step = len(times) == answers
    reader, asked = HistoryReader(telling), 0

    def told(message: Mapping[str, Any], key: str) -> Iterator[Told]:
        nonlocal asked
        if not is_message(message):
            yield telling.note(key, "message", message, None)
            return
        t_ns = millis_ns(message.get("ts"))
        if t_ns is None and in_step and times:
            # A result belongs to the request that takes it along, an answer to the one before.
            asked += message.get("role") == "assistant"
            place = asked - (message.get("role") == "assistant")
            t_ns = times[min(place, len(times) - 1)]
        if has_calls or not rows:
            yield from reader.message(message, key, t_ns)
        else:
            yield telling.note(key, f"{message.get('role')} message", message, t_ns)

    yield from one_by_one(history, "message", told)


def _calls(message: Any) -> bool:
    content = message.get("content") if isinstance(message, Mapping) else None
    return isinstance(content, list) and any(
        isinstance(part, Mapping) and part.get("type") == "tool_use" for part in content
    )
