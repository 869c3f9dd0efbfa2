"""Gemini CLI: chats as one JSON document (2025), as a log of upserts in lines, and `stream-json`.

Tested on chats of 2025-10 and on 0.61. In the log a later line with the same id replaces the
earlier one: a call's result comes that way. What `$rewindTo` drops stays: it was said and done.
Nothing tells decisions or exit codes but the words of a result; `success` is said of commands that
failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.documents import read_document
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.one_by_one import Told, one_by_one
from recorder.transcripts.outcomes import exit_code_in, human_estimate
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "GeminiReader", "recognises"]

AGENT = "gemini-cli"
STREAM = frozenset({"init", "message", "tool_use", "tool_result", "error", "result"})
_TYPES = frozenset({"user", "gemini", "info", "warning", "error"})

NOTED = frozenset({"$rewindTo", "entry", *STREAM, *_TYPES})
"""Lines without a meaning of their own here; a later header is an entry without a type."""
CONTEXT = "<session_context>"
"""What the CLI itself says before the first prompt, in a person's place."""
NOT_ALLOWED = "User did not allow tool call"


def recognises(value: Any) -> bool:
    """Tell whether a value is such a chat, or a line of one."""
    if not isinstance(value, Mapping):
        return False
    messages = value.get("messages")
    if isinstance(messages, list):
        is_chat = {"lastUpdated", "startTime", "projectHash"} & value.keys()
        return bool(is_chat) and (not messages or any(map(_is_message, messages[:3])))
    if "projectHash" in value and "sessionId" in value:
        return True
    if value.get("type") == "gemini" and {"id", "timestamp", "content"} <= value.keys():
        return True
    return value.get("type") == "init" and {"session_id", "model", "timestamp"} <= value.keys()


class GeminiReader:
    """Tells the messages of one chat, in their order, and of each what is new in it."""

    def __init__(self, source: Source) -> None:
        self._telling = Telling(AGENT, "", "iso8601")
        self._source = source.id
        self._keys = EntryKeys()
        self._begun = False
        self._speaker = "user"
        self._told: Latest[None] = Latest()
        """Keys of what was told: a message comes again with every change."""
        self._tools: Latest[str] = Latest()

    def document(self, chat: Mapping[str, Any]) -> Iterator[Told]:
        """Yield the records of a chat in one document."""
        yield from self._begin(chat)
        yield from one_by_one(chat.get("messages"), "message", self._message)

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Told]:
        """Yield the records of one line."""
        named = _is_message(value) and value.get("id")
        key = str(named or self._keys.of(line.data))
        if value.get("type") in STREAM and "id" not in value:
            yield from self._stream(value, f"stream {key}", line)
            return
        if "sessionId" in value and not self._begun:
            yield from self._begin(value)
            return
        yield from self._begin({})
        patch = value.get("$set")
        if isinstance(patch, Mapping):
            messages = patch.get("messages")
            yield from one_by_one(messages, f"{key} message", self._message)
            if not isinstance(messages, list) and set(patch) != {"lastUpdated"}:
                yield self._telling.note(key, "$set", line.text, None)
        elif _is_message(value):
            yield from self._message(value, key)
        else:
            name = "$rewindTo" if "$rewindTo" in value else str(value.get("type") or "entry")
            t_ns, known = iso_ns(value.get("timestamp")), name in NOTED
            yield self._telling.note(key, name, line.text, t_ns, is_known=known)

    def _begin(self, header: Mapping[str, Any]) -> Iterator[Record]:
        if self._begun:
            return
        self._begun = True
        own = header.get("sessionId") or header.get("session_id")
        self._telling.session = str(own or made_session(AGENT, self._source))
        self._telling.model = str(header.get("model") or "")
        # What a sub-agent is given to do, another agent says.
        self._speaker = "agent" if header.get("kind") == "subagent" else "user"
        about: dict[str, Json] = {
            "flightlog.gemini.project": str(header.get("projectHash") or ""),
            "flightlog.gemini.kind": str(header.get("kind") or ""),
        }
        t_ns = iso_ns(header.get("startTime") or header.get("timestamp"))
        yield self._telling.begin("session", t_ns, about)

    def _message(self, message: Mapping[str, Any], place: str) -> Iterator[Told]:
        key, t_ns = str(message.get("id") or place), iso_ns(message.get("timestamp"))
        kind, said = message.get("type"), text_parts(_words(message.get("content")))
        if kind == "user":
            if said and self._first(key):
                speaker = "system" if said.startswith(CONTEXT) else self._speaker
                yield self._telling.prompt(key, said, t_ns, speaker)
        elif kind == "gemini":
            if message.get("model"):
                self._telling.model = str(message["model"])
            if self._first(key):
                yield self._answer(message, key, said, t_ns)
        elif self._first(key):
            error = (said or "error") if kind == "error" else ""
            yield self._telling.note(key, str(kind or "message"), message, t_ns, error)
        yield from one_by_one(
            message.get("toolCalls"), f"{key} call", lambda call, at: self._call(call, at, t_ns)
        )

    def _answer(self, message: Mapping[str, Any], key: str, said: str, t_ns: int | None) -> Record:
        tokens = message.get("tokens")
        counts = tokens if isinstance(tokens, Mapping) else {}
        thoughts = message.get("thoughts")
        return self._telling.answer(
            key, said, t_ns,
            usage=(counts.get("input"), counts.get("output")),
            more={
                "gen_ai.usage.cache_read.input_tokens": counts.get("cached"),
                "flightlog.thinking": as_text(thoughts) if thoughts else "",
            },
        )  # fmt: skip

    def _call(self, call: Mapping[str, Any], place: str, t_ns: int | None) -> Iterator[Record]:
        ref, tool = str(call.get("id") or place), str(call.get("name") or "")
        if self._first(f"{ref} call"):
            # The message's time: the call's own is that of its result.
            yield self._telling.call(f"{ref} call", ref, tool, call.get("args"), t_ns)
        status = call.get("status")
        ended = status in {"success", "error", "cancelled"} or call.get("result")
        if not ended or not self._first(f"{ref} result"):
            return
        output, error = _response(call.get("result"))
        output = output or text_parts(call.get("resultDisplay"))
        failed = {"error": "tool_error", "cancelled": "cancelled"}.get(str(status), "")
        if NOT_ALLOWED in error:
            failed = "denied"
            yield self._telling.approval(
                f"{ref} decision", ref, "denied", None, by="user", subject=tool, reason=error,
                more={
                    semconv.APPROVAL_LABEL: error,
                    semconv.APPROVAL_HUMAN: human_estimate("user", interactive=None),
                },
            )  # fmt: skip
        yield self._telling.result(
            f"{ref} result", ref, tool, output or error, iso_ns(call.get("timestamp")),
            error=failed, exit_code=exit_code_in(output),
            more={"flightlog.gemini.status": str(status), semconv.EXCEPTION_MESSAGE: error},
        )  # fmt: skip

    def _stream(self, value: Mapping[str, Any], key: str, line: Line) -> Iterator[Record]:
        """Yield what a line of `-o stream-json` tells."""
        t_ns, kind = iso_ns(value.get("timestamp")), value.get("type")
        yield from self._begin(value)
        ref = str(value.get("tool_id") or key)
        match kind:
            case "message" if value.get("role") == "user":
                yield self._telling.prompt(key, text_parts(value.get("content")), t_ns)
            case "message":
                yield self._telling.answer(key, text_parts(value.get("content")), t_ns)
            case "tool_use":
                tool = self._tools[ref] = str(value.get("tool_name") or "")
                yield self._telling.call(f"{ref} call", ref, tool, value.get("parameters"), t_ns)
            case "tool_result":
                output = as_text(value.get("output") or "")
                failed = "" if value.get("status") == "success" else "tool_error"
                yield self._telling.result(
                    f"{ref} result", ref, self._tools.pop(ref, ""), output, t_ns,
                    error=failed, exit_code=exit_code_in(output),
                )  # fmt: skip
            case "result":
                stats = value.get("stats")
                if isinstance(stats, Mapping):
                    yield self._telling.answer(
                        f"{key} usage", "", t_ns,
                        usage=(stats.get("input_tokens"), stats.get("output_tokens")),
                        more={
                            "gen_ai.usage.cache_read.input_tokens": stats.get("cached"),
                            semconv.USAGE_IS_SUM: True,
                        },
                    )  # fmt: skip
                about: dict[str, Json] = {semconv.RAW: line.text}
                yield self._telling.end(key, t_ns, str(value.get("status") or ""), about)
            case "init":
                pass
            case _:
                error = as_text(value.get("message") or "error") if kind == "error" else ""
                yield self._telling.note(key, str(kind), line.text, t_ns, error)

    def _first(self, key: str) -> bool:
        """Return whether this is told for the first time."""
        if key in self._told:
            return False
        self._told[key] = None
        return True


def _is_message(value: Any) -> bool:
    if not isinstance(value, Mapping) or "content" not in value:
        return False
    kind = value.get("type")
    return isinstance(kind, str) and kind in _TYPES


def _words(content: Any) -> Any:
    """Return a message's parts without results, which stand with their calls too."""
    if not isinstance(content, list):
        return content
    return [p for p in content if not (isinstance(p, Mapping) and "functionResponse" in p)]


def _response(result: Any) -> tuple[str, str]:
    """Return the output and the error of a call's result."""
    outputs, errors = [], []
    for part in [result] if isinstance(result, str) else _list(result):
        answer = part.get("functionResponse") if isinstance(part, Mapping) else None
        response = answer.get("response") if isinstance(answer, Mapping) else None
        if isinstance(response, Mapping):
            outputs.append(as_text(response.get("output", "")))
            errors.append(as_text(response.get("error") or ""))
        else:
            outputs.append(text_parts(part))
    return "\n".join(filter(None, outputs)), "\n".join(filter(None, errors))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read(source: Source) -> Iterator[Item]:
    reader = GeminiReader(source)
    first = source.sample[0] if source.sample else None
    if isinstance(first, Mapping) and isinstance(first.get("messages"), list):
        yield from read_document(source, lambda chat: GeminiReader(source).document(chat))
    else:
        yield from read_json_lines(source, reader.line)


FORMAT = Format(
    name="gemini-cli",
    title="Gemini CLI",
    tested=("chats of 2025-10", "0.61"),
    recognises=lambda source: any(recognises(value) for value in source.entries[:4]),
    read=_read,
    places=(
        "$GEMINI_CLI_HOME/.gemini/tmp/*/chats/**/*.json*",
        "~/.gemini/tmp/*/chats/**/*.json*",
    ),
)
