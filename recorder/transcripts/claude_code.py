"""Claude Code: session files (JSON lines), its `stream-json` output, and lists of such lines.

Tested on 1.0, 2.0, 2.1 up to 2.1.330; its GitHub action writes what it streams as one list. One
block of a message stands on one line; the lines of a message repeat its usage. Sub-agents have
files of their own (`agent-*.jsonl`) or stand in the session's as side chains; they belong to the
session whose id they bear.
https://code.claude.com/docs/en/ calls the format internal: it is read by shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.claude_asking import Asked, Asking
from recorder.transcripts.claude_decisions import Decided, decided_on
from recorder.transcripts.claude_files import FilesSeen, TextsGiven
from recorder.transcripts.claude_line import (
    blocks_of,
    detail_beside,
    is_of,
    is_told,
    session_of,
    side_chain,
    speaker_of,
)
from recorder.transcripts.claude_types import NOTED, recognises
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.outcomes import exit_code_in
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "ClaudeReader", "recognises"]

AGENT = "claude-code"
CLOCK = "iso8601"
_MODEL = re.compile(rb'"model":\s?"((?!<)[^"]{1,100})"')
_USAGE: Mapping[str, str] = {
    "input_tokens": semconv.GEN_AI_INPUT_TOKENS,
    "output_tokens": semconv.GEN_AI_OUTPUT_TOKENS,
    "cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation_input_tokens": "gen_ai.usage.cache_creation.input_tokens",
}

NOTIFIED = "task-notification"
"""Mode of what came to a busy agent from what runs in the background."""


class ClaudeReader:
    """Tells the lines of one file, in their order."""

    def __init__(self, source: Source) -> None:
        known = (session_of(v) for v in source.entries if isinstance(v, dict))
        self._session = next((name for name in known if name), "")
        self._session = self._session or made_session(AGENT, source.id)
        found = _MODEL.search(source.beginning)
        self._model = found[1].decode("utf-8", "replace") if found else ""
        self._tellings: dict[str, Telling] = {}
        self._tools: Latest[str] = Latest()
        self._denied: Latest[None] = Latest()
        """Calls of which a line by itself said that they were not allowed."""
        self._asking = Asking()
        self._counted: Latest[dict[str, Json]] = Latest()
        self._source = source.id
        self._keys = EntryKeys()
        self._files = FilesSeen()
        self._given = TextsGiven()

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the records of one line."""
        t_ns = iso_ns(value.get("timestamp"))
        telling = self._tellings.get(session_of(value) or self._session)
        if telling is None:
            telling = self._begin(value)
            yield telling.begin("session", t_ns)
        telling.version = str(value.get("version") or telling.version)
        telling.cwd = str(value.get("cwd") or telling.cwd)
        own = value.get("uuid")
        key = own if isinstance(own, str) and own else self._key_of(line, telling.session, t_ns)
        message = value.get("message")
        match value.get("type"):
            case "assistant" if isinstance(message, dict):
                yield from self._answer(telling, value, message, key, t_ns)
            case "user" if isinstance(message, dict):
                yield from self._user(telling, value, message, key, t_ns)
            case "attachment":
                yield self._attachment(telling, value, key, t_ns, line)
            case "system":
                yield from self._system(telling, value, key, t_ns, line)
            case "control_request" | "control_response" if found := self._asking.of(value):
                yield self._asked(telling, found, value, key, t_ns)
            case "result":
                about: dict[str, Json] = {semconv.RAW: line.text}
                yield telling.end(key, t_ns, str(value.get("subtype") or ""), about=about)
            case kind:
                name = str(kind or "entry")
                yield telling.note(key, name, line.text, t_ns, is_known=name in NOTED)

    def _key_of(self, line: Line, session: str, t_ns: int | None) -> str:
        # Without a time, two files of a session may say the same and mean two things.
        file = "" if t_ns is not None else self._source
        return self._keys.of(line.data, f"{session} {file}")

    def _begin(self, value: Mapping[str, Any]) -> Telling:
        session = session_of(value) or self._session
        # What a file begins with tells nothing of another session in it.
        model = "" if self._tellings else self._model
        telling = Telling(AGENT, session, CLOCK, model=model)
        telling.version = str(value.get("version") or value.get("claude_code_version") or "")
        telling.cwd = str(value.get("cwd") or "")
        self._tellings[session] = telling
        return telling

    def _answer(
        self,
        telling: Telling,
        value: Mapping[str, Any],
        message: Mapping[str, Any],
        key: str,
        t_ns: int | None,
    ) -> Iterator[Record]:
        calls: list[Mapping[str, Any]] = []
        results: list[Mapping[str, Any]] = []
        words: list[Mapping[str, Any]] = []
        for block in blocks_of(message.get("content")):
            kind = str(block.get("type"))
            is_call, is_result = kind.endswith("tool_use"), kind.endswith("tool_result")
            (calls if is_call else results if is_result else words).append(block)
        usage = self._usage_news(str(message.get("id") or key), message.get("usage"))
        if words or usage or not calls:
            yield self._model_call(telling, value, message, words, usage, key, t_ns)
        about = side_chain(value)
        for block in calls:
            ref, tool = str(block.get("id") or key), str(block.get("name") or "")
            self._tools[ref] = tool
            self._given.remember(ref, block.get("input"))
            yield telling.call(f"{key} {ref}", ref, tool, block.get("input"), t_ns, about)
        detail = _either(value, "toolUseResult", "tool_use_result")
        for block in results:
            output = text_parts(block.get("content"))
            yield self._result(telling, value, block, key, output, detail, t_ns)
            detail = None

    def _model_call(
        self,
        telling: Telling,
        value: Mapping[str, Any],
        message: Mapping[str, Any],
        words: list[Mapping[str, Any]],
        usage: Mapping[str, Json],
        key: str,
        t_ns: int | None,
    ) -> Record:
        model = str(message.get("model") or telling.model)
        if not model.startswith("<"):
            telling.model = model
        failed = value.get("isApiErrorMessage") is True or "error" in value
        request = str(_either(value, "requestId", "request_id") or "")
        thoughts = [b for b in words if is_of(b, "thinking")]
        said = [b for b in words if not is_of(b, "thinking")] if thoughts else words
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: model,
            semconv.GEN_AI_OUTPUT_MESSAGES: text_parts(said),
            "flightlog.thinking": text_parts(thoughts),
            "gen_ai.response.id": str(message.get("id") or ""),
            "gen_ai.response.finish_reasons": str(message.get("stop_reason") or ""),
            semconv.REQUEST_ID: request,
            semconv.ERROR_TYPE: str(value.get("error") or "api_error") if failed else "",
            **usage,
            **side_chain(value),
        }
        ref = request or str(message.get("id") or "")
        status = Status.ERROR if failed else Status.OK
        return telling.record(
            Kind.MODEL_CALL, model or "model", Phase.WHOLE, key, t_ns, attributes,
            ref=ref, status=status,
        )  # fmt: skip

    def _usage_news(self, message: str, usage: Any) -> dict[str, Json]:
        """Return a message's usage where it is not what the line before told of it.

        Each line repeats it, and while the message is still coming the numbers grow: the last one
        told counts. Lines of one message are one action, of which what was told last stands.
        """
        if not isinstance(usage, dict):
            return {}
        told: dict[str, Json] = {
            target: usage[name] for name, target in _USAGE.items() if type(usage.get(name)) is int
        }
        news = {} if self._counted.pop(message, None) == told else told
        self._counted[message] = told
        return news

    def _user(
        self,
        telling: Telling,
        value: Mapping[str, Any],
        message: Mapping[str, Any],
        key: str,
        t_ns: int | None,
    ) -> Iterator[Record]:
        content = message.get("content")
        results = [b for b in blocks_of(content) if is_of(b, "tool_result")]
        # The line has one, however many results: told with each, a line could fill the disk.
        detail = _either(value, "toolUseResult", "tool_use_result")
        for block in results:
            output = text_parts(block.get("content"))
            decided = decided_on(str(block.get("tool_use_id") or key), value, block, output)
            yield from self._approval(telling, value, block, key, output, decided)
            yield self._result(telling, value, block, key, output, detail, t_ns, decided)
            detail = None
        said = content
        if results and isinstance(content, list):
            said = [b for b in content if not (isinstance(b, dict) and is_of(b, "tool_result"))]
        if not said and results:
            return
        yield _prompt(telling, value, said, key, t_ns)

    def _result(
        self,
        telling: Telling,
        value: Mapping[str, Any],
        block: Mapping[str, Any],
        key: str,
        output: str,
        detail: Any,
        t_ns: int | None,
        decided: Decided | None = None,
    ) -> Record:
        own = block.get("tool_use_id")
        ref = str(own or key)
        detail = self._files.told_once(telling.session, own if isinstance(own, str) else "", detail)
        failed = block.get("is_error") is True
        error = ""
        if failed:
            decided = decided or decided_on(ref, value, block, output)
            error = "denied" if decided.word == "denied" else decided.stopped or "tool_error"
        more: dict[str, Json] = {
            "flightlog.tool.result.detail": detail_beside(detail, output, self._given.take(ref)),
            "flightlog.tool.interrupted": is_told(detail, "interrupted"),
            semconv.EXCEPTION_MESSAGE: output if failed else "",
            **side_chain(value),
        }
        return telling.result(
            f"{key} {ref}",
            ref,
            self._tools.pop(ref, ""),
            output,
            t_ns,
            error=error,
            exit_code=exit_code_in(output) if failed else None,
            more=more,
        )

    def _approval(
        self,
        telling: Telling,
        value: Mapping[str, Any],
        block: Mapping[str, Any],
        key: str,
        output: str,
        decided: Decided,
    ) -> Iterator[Record]:
        """Yield who let a call pass or not.

        When it was decided is not told: the line's time is that of the result.
        """
        ref = str(block.get("tool_use_id") or key)
        was_told = ref in self._denied
        self._denied.pop(ref, None)
        if not decided.word or (was_told and decided.is_inferred):
            return
        yield telling.approval(
            f"{key} {ref}",
            ref,
            decided.word,
            None,
            by=decided.by,
            subject=self._tools.get(ref, ""),
            reason=output if decided.word == "denied" else "",
            more={
                **decided.about(),
                semconv.GEN_AI_TOOL_NAME: self._tools.get(ref, ""),
                **side_chain(value),
            },
        )

    def _attachment(
        self, telling: Telling, value: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Record:
        attachment = value.get("attachment")
        about = attachment if isinstance(attachment, dict) else {}
        kind = str(about.get("type") or "")
        if kind == "queued_command":
            # What came while the agent was busy has no line of its own.
            said = about.get("prompt")
            is_meta = about.get("isMeta") is True or about.get("commandMode") == NOTIFIED
            told = {**value, "origin": about.get("origin"), "message": {"content": said}}
            return _prompt(telling, told | ({"isMeta": True} if is_meta else {}), said, key, t_ns)
        if not kind.startswith("hook_"):
            return telling.note(key, f"attachment {kind}".strip(), line.text, t_ns)
        failed = "error" in kind
        code = about.get("exitCode")
        attributes: dict[str, Json] = {
            "flightlog.hook.event": str(about.get("hookEvent") or ""),
            "flightlog.hook.name": str(about.get("hookName") or ""),
            # A guard that crashed did not answer, and the call went on without it.
            "flightlog.hook.outcome": "did not answer" if failed else "answered",
            semconv.GEN_AI_TOOL_CALL_ID: str(about.get("toolUseID") or ""),
            semconv.PROCESS_EXIT_CODE: code if type(code) is int else None,
            semconv.RAW: line.text,
        }
        return telling.record(
            Kind.LIFECYCLE, kind, Phase.POINT, key, t_ns, attributes,
            status=Status.ERROR if failed else Status.OK,
        )  # fmt: skip

    def _system(
        self, telling: Telling, value: Mapping[str, Any], key: str, t_ns: int | None, line: Line
    ) -> Iterator[Record]:
        kind = str(value.get("subtype") or "system")
        if kind == "permission_denied":
            ref = str(value.get("tool_use_id") or key)
            self._denied[ref] = None
            yield telling.approval(
                key, ref, "denied", t_ns,
                by=str(value.get("decision_reason_type") or ""),
                subject=str(value.get("tool_name") or ""),
                reason=str(value.get("message") or ""),
                more={semconv.APPROVAL_LABEL: kind, semconv.APPROVAL_HUMAN: "unknown"},
            )  # fmt: skip
            return
        status = Status.ERROR if kind == "api_error" or value.get("level") == "error" else None
        attributes: dict[str, Json] = {semconv.RAW: line.text}
        yield telling.record(
            Kind.LIFECYCLE, kind, Phase.POINT, key, t_ns, attributes, status=status or Status.UNSET
        )

    def _asked(
        self, telling: Telling, asked: Asked, value: Mapping[str, Any], key: str, t_ns: int | None
    ) -> Record:
        """Return that the program around the agent was asked for a permission, or its answer."""
        if asked.word != "requested":
            self._denied[asked.ref] = None
        return telling.approval(
            key, asked.ref, asked.word, t_ns,
            by="", subject=asked.subject, reason=asked.reason,
            more={semconv.APPROVAL_LABEL: str(value["type"]), semconv.APPROVAL_HUMAN: "unknown"},
        )  # fmt: skip


def _prompt(
    telling: Telling, value: Mapping[str, Any], said: Any, key: str, t_ns: int | None
) -> Record:
    role = speaker_of(value)
    attributes: dict[str, Json] = {
        semconv.PROMPT_TEXT: text_parts(said),
        semconv.PROMPT_ROLE: role,
        "flightlog.prompt.id": str(value.get("promptId") or ""),
        **side_chain(value),
    }
    return telling.record(Kind.PROMPT, f"{role} prompt", Phase.POINT, key, t_ns, attributes)


def _either(value: Mapping[str, Any], name: str, streamed: str) -> Any:
    """Return what session files and the stream have under two names."""
    return value[name] if name in value else value.get(streamed)


FORMAT = Format(
    name="claude-code",
    title="Claude Code",
    tested=("1.0.51", "2.0", "2.1.17", "2.1.37", "2.1.285", "2.1.330"),
    recognises=lambda source: any(map(recognises, source.entries)),
    read=lambda source: read_json_lines(source, ClaudeReader(source).line),
    places=(
        "$CLAUDE_CONFIG_DIR/projects/*/**/*.jsonl",
        "~/.claude/projects/*/**/*.jsonl",
        "~/.config/claude/projects/*/**/*.jsonl",
    ),
)
