"""Cline's and Roo's `ui_messages.json`: what the person saw, row by row, in epoch milliseconds.

Each row is something the agent says or asks. A row that asks to run something is a request for
approval; where the agent says that it runs something, nobody was asked (auto-approval). That it was
approved is told only by the output that follows: the answer itself leaves no row. What came of a
call that prints no rows stands in the next request to the model, which takes it along in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.cline_history import DENIED, result_in
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.telling import Telling, as_text

__all__ = ["RowReader", "is_row", "request_times"]

RUNS = frozenset({"command", "tool", "use_mcp_server", "browser_action_launch"})
OUTPUTS = frozenset({"command_output", "mcp_server_response", "browser_action_result"})
PROMPTS = frozenset({"task", "user_feedback", "user_feedback_diff"})
ANSWERS = frozenset({"text", "reasoning", "completion_result"})
ERRORS = frozenset({
    "error", "api_req_failed", "diff_error", "clineignore_error", "rooignore_error",
    "mistake_limit_reached",
})  # fmt: skip
COMMAND = "execute_command"
TELL_CONTENT = frozenset(
    {"listFilesTopLevel", "listFilesRecursive", "searchFiles", "listCodeDefinitionNames"}
)
"""Tools whose row holds what came of them; elsewhere its content is a path, or what is written."""
NEEDS_APPROVAL = "REQ_APP"
"""Cline's mark behind a command that its model wants a person to see."""


def is_row(value: Any) -> bool:
    """Tell whether a value is a row."""
    return (
        isinstance(value, Mapping)
        and value.get("type") in ("ask", "say")
        and "ts" in value
        and bool({"ask", "say"} & value.keys())
    )


def request_times(rows: list[Any]) -> list[int | None]:
    """Return when each model request was started, in order."""
    return [
        millis_ns(row.get("ts"))
        for row in rows
        if is_row(row) and row.get("say") == "api_req_started"
    ]


class RowReader:
    """Tells rows one by one, remembering the call that waits for its output."""

    def __init__(self, telling: Telling, *, calls: bool) -> None:
        """Begin.

        Args:
            telling: the session.
            calls: whether calls are told from the rows, or the API's history has them in full.
        """
        self.telling = telling
        self._calls = calls
        self._usage: dict[str, Any] = {}
        self._open: tuple[str, str, str] | None = None
        """(ref, tool, output so far) of the call that ran last."""
        self._asked = False
        self._is_first = True

    def row(self, row: Mapping[str, Any], key: str) -> Iterator[Record]:
        """Yield the records of one row; a partial row is a later one in the making."""
        if row.get("partial") is True:
            return
        what, t_ns = str(row.get(str(row["type"])) or ""), millis_ns(row.get("ts"))
        said = as_text(row.get("text") or "")
        # The task that begins a session is said as a text, too.
        is_task, self._is_first = self._is_first and what == "text", False
        made = row.get("modelInfo")
        if isinstance(made, Mapping):
            self.telling.model = str(made.get("modelId") or self.telling.model)
        if what in OUTPUTS:
            yield from self._output(key, said, t_ns)
            return
        if what == "api_req_started":
            yield from self._taken_along(key, _object(said).get("request"), t_ns)
        yield from self.settle(key, t_ns)
        if what == "api_req_started":
            self._usage = _object(said)
            if self._usage.get("cancelReason"):
                yield self._answer(f"{key} model", "", t_ns)
        elif what in RUNS:
            yield from self._run(row, what, key, said, t_ns)
        elif (what in PROMPTS or is_task) and row["type"] == "say":
            yield self.telling.prompt(key, said, t_ns)
        elif what in ANSWERS and row["type"] == "say":
            yield self._answer(key, said, t_ns)
        else:
            error = (said or what) if what in ERRORS else ""
            yield self.telling.note(key, what, row, t_ns, error)

    def settle(self, key: str, t_ns: int | None) -> Iterator[Record]:
        """Yield the end of the call whose output is complete, if one is."""
        if self._open is None:
            return
        (ref, tool, output), self._open = self._open, None
        if output:
            yield self.telling.result(f"{key} result", ref, tool, output, t_ns)

    def _run(
        self, row: Mapping[str, Any], what: str, key: str, said: str, t_ns: int | None
    ) -> Iterator[Record]:
        if self._usage:
            yield self._answer(f"{key} model", "", t_ns)
        tool, arguments = _call(what, said)
        self._asked = row["type"] == "ask"
        if self._calls:
            yield self.telling.call(key, key, tool, arguments, t_ns)
            content = arguments.get("content") if tool in TELL_CONTENT else ""
            self._open = (key, tool, as_text(content or ""))
        decision = "requested" if self._asked else "approved"
        yield self.telling.approval(
            f"{key} approval",
            key if self._calls else "",
            decision,
            t_ns,
            by="ask" if self._asked else "auto_approved",
            subject=f"{tool} {as_text(arguments)}",
        )

    def _taken_along(self, key: str, request: Any, t_ns: int | None) -> Iterator[Record]:
        """Yield what the next request tells of the call that waits for its output."""
        found = result_in(request) if self._open and isinstance(request, str) else None
        if self._open is None or found is None:
            return
        (ref, tool, output), said = self._open, found[1]
        if said.startswith(DENIED):
            self._open, self._asked = None, False
            yield self.telling.approval(
                f"{key} approval", ref, "denied", t_ns, by="user", subject=tool, reason=said,
                more={semconv.APPROVAL_LABEL: "text of the result",
                      semconv.APPROVAL_HUMAN: "likely"},
            )  # fmt: skip
            yield self.telling.result(f"{key} result", ref, tool, said, t_ns, error="denied")
        elif tool != COMMAND or not output:
            yield from self._output(key, said, t_ns)
            self._open = (ref, tool, said)

    def _output(self, key: str, said: str, t_ns: int | None) -> Iterator[Record]:
        if self._open is None:
            yield self.telling.note(key, "output", said, t_ns)
            return
        ref, tool, output = self._open
        self._open = (ref, tool, f"{output}\n{said}" if output else said)
        if self._asked:
            self._asked = False
            by = "output followed"
            yield self.telling.approval(f"{key} approval", ref, "approved", t_ns, by=by)

    def _answer(self, key: str, said: str, t_ns: int | None) -> Record:
        spent, self._usage = self._usage, {}
        more: dict[str, Json] = {
            "gen_ai.usage.cache_read.input_tokens": spent.get("cacheReads"),
            "flightlog.model.cost_usd": spent.get("cost"),
            "error.type": as_text(spent.get("cancelReason") or ""),
        }
        usage = (spent.get("tokensIn"), spent.get("tokensOut"))
        return self.telling.answer(key, said, t_ns, usage=usage, more=more)


def _call(what: str, said: str) -> tuple[str, dict[str, Any]]:
    """Return (tool, arguments) of a row that runs something."""
    if what == "command":
        return COMMAND, {"command": said.removesuffix(NEEDS_APPROVAL)}
    fields = _object(said)
    if what == "tool" and fields:
        return str(fields.get("tool") or "tool"), {k: v for k, v in fields.items() if k != "tool"}
    if what == "use_mcp_server" and fields:
        tool = str(fields.get("toolName") or fields.get("uri") or "mcp")
        return f"{fields.get('serverName')}.{tool}", {"arguments": fields.get("arguments")}
    return what, {"text": said}


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
