"""mini-swe-agent: an object with `trajectory_format` (2.x), or a bare list of messages (1.x).

Tested on 2.4.6 and on a 1.x file. In 2.x calls have ids, results a return code and float seconds;
in 1.x a call is a fenced block of shell and its result the next message, without ids or times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Record
from recorder.transcripts.clocks import seconds_ns
from recorder.transcripts.documents import read_document
from recorder.transcripts.format import Format, Item
from recorder.transcripts.messages import MessageReader, is_message
from recorder.transcripts.one_by_one import Told, one_by_one
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "mini-swe-agent"
SHELL = "bash"
_BLOCK = re.compile(r"```(?:mswea_bash_command|bash)[ \t]*\n(.*?)\n```", re.DOTALL)
_RETURNED = re.compile(r"<returncode>(-?\d{1,10})</returncode>")


def recognises(document: Any) -> bool:
    """Tell whether a document is a trajectory of either shape."""
    if isinstance(document, Mapping):
        format_name = document.get("trajectory_format")
        if isinstance(format_name, str) and format_name.startswith("mini-swe-agent"):
            return True
        info = document.get("info")
        return (
            isinstance(info, Mapping)
            and "mini_version" in info
            and isinstance(document.get("messages"), list)
        )
    return (
        isinstance(document, list)
        and any(_RETURNED.search(text_parts(m.get("content"))) for m in _messages(document[:8]))
        and any(_BLOCK.search(text_parts(m.get("content"))) for m in _messages(document[:8]))
    )


def tell(document: Any) -> Iterator[Told]:
    """Yield the records of one trajectory."""
    around = document if isinstance(document, Mapping) else {}
    messages = document if isinstance(document, list) else around.get("messages")
    messages = messages if isinstance(messages, list) else []
    info = _mapping(around.get("info"))
    config = _mapping(info.get("config"))
    times = [_time(m) for m in messages if isinstance(m, Mapping)]
    first_ns = next((t for t in times if t is not None), None)
    session = made_session(AGENT, messages[:2], first_ns)
    telling = Telling(AGENT, session, "epoch s", version=str(info.get("mini_version") or ""))
    telling.model = str(_mapping(config.get("model")).get("model_name") or "")
    telling.cwd = str(_mapping(config.get("environment")).get("cwd") or "")
    yield telling.begin("session", first_ns)
    reader = _Messages(telling)
    yield from one_by_one(messages, "message", reader.message)
    if info.get("exit_status") and not reader.ended:
        yield telling.end("exit", None, str(info["exit_status"]))


class _Messages:
    """The messages of a trajectory, with the call that waits for its result."""

    def __init__(self, telling: Telling) -> None:
        self.telling = telling
        self.ended = False
        self._reader = MessageReader(telling)
        self._pending = ""

    def message(self, message: Mapping[str, Any], key: str) -> Iterator[Told]:
        """Yield the records of one message."""
        role, said = message.get("role"), text_parts(message.get("content"))
        extra, t_ns = _mapping(message.get("extra")), _time(message)
        if role == "exit":
            self.ended = True
            reason = str(extra.get("exit_status") or said)
            yield self.telling.end(key, t_ns, reason)
        elif role == "tool" or (role == "user" and self._pending):
            yield self._result(message, extra, key, said, t_ns)
        elif role == "assistant":
            yield from self._answer(message, extra, key, said, t_ns)
        elif is_message(message):
            yield from self._reader.message(message, key, t_ns)
        else:
            yield self.telling.note(key, "message", message, t_ns)

    def _answer(
        self,
        message: Mapping[str, Any],
        extra: Mapping[str, Any],
        key: str,
        said: str,
        t_ns: int | None,
    ) -> Iterator[Told]:
        response = _mapping(extra.get("response"))
        yield from self._reader.message(
            {**message, "model": response.get("model"), "usage": response.get("usage")}, key, t_ns
        )
        block = None if message.get("tool_calls") else _BLOCK.search(said)
        self._pending = ""
        if block is not None:
            self._pending = f"{key} call 1"
            yield self.telling.call(
                self._pending, self._pending, SHELL, {"command": block[1]}, t_ns
            )

    def _result(
        self,
        message: Mapping[str, Any],
        extra: Mapping[str, Any],
        key: str,
        said: str,
        t_ns: int | None,
    ) -> Record:
        ref = str(message.get("tool_call_id") or self._pending or key)
        self._pending = ""
        returned = _RETURNED.search(said[:4096])
        code = extra.get("returncode", int(returned[1]) if returned else None)
        trouble = str(extra.get("exception_info") or "")
        return self.telling.result(
            f"{key} result",
            ref,
            self._reader.tools.get(ref, SHELL),
            extra.get("raw_output", said),
            t_ns,
            error="tool_error" if trouble else None if code is None else "",
            exit_code=code,
            more={"exception.message": as_text(trouble)},
        )


def _time(message: Mapping[str, Any]) -> int | None:
    value = _mapping(message.get("extra")).get("timestamp", message.get("timestamp"))
    return seconds_ns(value) if isinstance(value, int | float) else None


def _messages(values: list[Any]) -> Iterator[Mapping[str, Any]]:
    return (value for value in values if is_message(value))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read(source: Source) -> Iterator[Item]:
    return read_document(source, tell)


FORMAT = Format(
    name="mini-swe-agent",
    title="mini-swe-agent trajectory",
    tested=("1.x", "2.4.6"),
    recognises=lambda source: any(recognises(value) for value in source.sample),
    read=_read,
    places=(
        "~/.config/mini-swe-agent/*.traj.json",
        "~/Library/Application Support/mini-swe-agent/*.traj.json",
    ),
)
