"""Write down what a transcript tells of one session, as records.

What every format needs: ids that come out the same when the same file, or a longer copy of it, is
read again; the transcript's own times, or none; names from the semantic conventions. Formats know
where things stand in their files; what the things are called in a recording is known only here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from recorder import semconv
from recorder.digests import bare, digest_id, marked
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.transcripts.outcomes import content_error
from recorder.utf8 import utf8

__all__ = ["Telling", "as_text", "made_session", "text_parts"]

MAX_NAME = 200
"""Characters of a name or an id; the whole of it stays in its attribute."""
MOST_LEVELS = 3
"""Objects inside objects whose strings are looked at one by one."""
USAGE = "gen_ai.usage."
_OPAQUE = re.compile("image|audio|video|document|file|redacted|encrypted", re.IGNORECASE)
"""Types of parts that hold what is no text."""
NO_CLOCK = "none"
"""The format has no times: records stand in the order of the file, and only that is known."""


@dataclass(slots=True)
class Telling:
    """One session as a transcript tells it."""

    agent: str
    session: str
    clock: str
    """How times were written: `iso8601`, `iso8601 without zone`, `epoch ms`, `epoch s`, `none`."""
    version: str = ""
    model: str = ""
    cwd: str = ""
    witness: Witness = Witness.TRANSCRIPT
    _told: dict[str, str] = field(default_factory=dict)
    """What has been said of the session as a whole, so that it is said once."""
    _news: tuple[str, str, str] = ("", "", "")
    """What was looked at last for something to say."""

    def begin(self, key: str, t_ns: int | None, about: Mapping[str, Json] | None = None) -> Record:
        """Return the session's start."""
        said: dict[str, Json] = {semconv.GEN_AI_OPERATION: "invoke_agent", **(about or {})}
        return self.record(
            Kind.LIFECYCLE, "session", Phase.START, key, t_ns, said, ref=f"session {self.session}"
        )

    def end(
        self, key: str, t_ns: int | None, reason: str = "", about: Mapping[str, Json] | None = None
    ) -> Record:
        """Return the session's end, with the reason where the transcript gives one."""
        said: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "invoke_agent",
            semconv.REASON: reason,
            **(about or {}),
        }
        return self.record(
            Kind.LIFECYCLE, "session", Phase.END, key, t_ns, said, ref=f"session {self.session}"
        )

    def prompt(self, key: str, said: str, t_ns: int | None, role: str = "user") -> Record:
        """Return what a person, or a program in a person's place, told the agent."""
        attributes: dict[str, Json] = {semconv.PROMPT_TEXT: said, semconv.PROMPT_ROLE: role}
        return self.record(Kind.PROMPT, f"{role} prompt", Phase.POINT, key, t_ns, attributes)

    def answer(
        self,
        key: str,
        said: str,
        t_ns: int | None,
        *,
        model: str = "",
        usage: tuple[Any, Any] = (None, None),
        more: Mapping[str, Json] | None = None,
        ref: str = "",
    ) -> Record:
        """Return a model's turn, with input and output tokens where they are told.

        What is told of one turn in several places has one `ref`.
        """
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: model or self.model,
            semconv.GEN_AI_OUTPUT_MESSAGES: said,
            semconv.GEN_AI_INPUT_TOKENS: _count(usage[0]),
            semconv.GEN_AI_OUTPUT_TOKENS: _count(usage[1]),
            **(more or {}),
        }
        name = model or self.model or "model"
        return self.record(Kind.MODEL_CALL, name, Phase.WHOLE, key, t_ns, attributes, ref=ref)

    def call(
        self,
        key: str,
        ref: str,
        tool: str,
        arguments: Any,
        t_ns: int | None,
        more: Mapping[str, Json] | None = None,
    ) -> Record:
        """Return a tool call's start."""
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "execute_tool",
            semconv.GEN_AI_TOOL_NAME: tool,
            semconv.GEN_AI_TOOL_CALL_ID: ref,
            semconv.GEN_AI_TOOL_ARGUMENTS: "" if arguments is None else as_text(arguments),
            **(more or {}),
        }
        return self.record(
            Kind.TOOL_CALL, tool or "tool", Phase.START, key, t_ns, attributes, ref=ref
        )

    def result(
        self,
        key: str,
        ref: str,
        tool: str,
        output: Any,
        t_ns: int | None,
        *,
        error: str | None = None,
        exit_code: Any = None,
        more: Mapping[str, Json] | None = None,
    ) -> Record:
        """Return a tool call's end.

        Args:
            key: where it stands in the transcript.
            ref: the call's id.
            tool: the call's tool.
            output: what came back.
            t_ns: when.
            error: what went wrong with the call itself; empty where the transcript says that
                nothing did, None where it does not say. A program that fails is no such error.
            exit_code: the program's, where one ran; anything but an integer is left out.
            more: what else is told.
        """
        text = "" if output is None else as_text(output)
        status = Status.UNSET if error is None else Status.ERROR if error else Status.OK
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "execute_tool",
            semconv.GEN_AI_TOOL_NAME: tool,
            semconv.GEN_AI_TOOL_CALL_ID: ref,
            semconv.GEN_AI_TOOL_RESULT: text,
            semconv.CONTENT_ERROR: content_error(text),
            semconv.PROCESS_EXIT_CODE: _count(exit_code),
            semconv.ERROR_TYPE: error,
            **(more or {}),
        }
        return self.record(
            Kind.TOOL_CALL, tool or "tool", Phase.END, key, t_ns, attributes, ref=ref, status=status
        )

    def approval(
        self,
        key: str,
        ref: str,
        decision: str,
        t_ns: int | None,
        *,
        by: str,
        subject: str = "",
        reason: str = "",
        more: Mapping[str, Json] | None = None,
    ) -> Record:
        """Return a decision on a call: the transcript's own label, and who is said to decide."""
        attributes: dict[str, Json] = {
            semconv.APPROVAL_DECISION: decision,
            semconv.APPROVAL_BY: by,
            semconv.APPROVAL_SUBJECT: subject,
            semconv.GEN_AI_TOOL_CALL_ID: ref,
            semconv.REASON: reason,
            **(more or {}),
        }
        return self.record(Kind.APPROVAL, decision, Phase.POINT, key, t_ns, attributes, ref=ref)

    def note(
        self,
        key: str,
        name: str,
        raw: Any,
        t_ns: int | None,
        error: str = "",
        *,
        is_known: bool = True,
    ) -> Record:
        """Return something that has no meaning of its own here, kept whole under its own name.

        With an `error`, what the transcript tells is that something went wrong: the error's words.
        What is not known is of a type that no version wrote on which the format was tested.
        """
        said: dict[str, Json] = {
            semconv.RAW: as_text(raw),
            semconv.EXCEPTION_MESSAGE: error,
            semconv.SOURCE_UNKNOWN: None if is_known else True,
        }
        status = Status.ERROR if error else Status.UNSET
        return self.record(
            Kind.LIFECYCLE, name or "entry", Phase.POINT, key, t_ns, said, status=status
        )

    def record(
        self,
        kind: Kind,
        name: str,
        phase: Phase,
        key: str,
        t_ns: int | None,
        attributes: Mapping[str, Json],
        *,
        ref: str = "",
        status: Status = Status.UNSET,
    ) -> Record:
        """Return a record of this session.

        Args:
            kind: what it speaks of.
            name: its name; long ones are cut.
            phase: which part of it.
            key: where it stands in the transcript; the same in every copy of the file.
            t_ns: the transcript's own time, or None where there is none.
            attributes: empty values are left out.
            ref: id that it shares with the other records of the same action.
            status: outcome, as the transcript tells it.
        """
        about: dict[str, Json] = {
            semconv.GEN_AI_AGENT_NAME: self.agent,
            semconv.GEN_AI_CONVERSATION: self.session,
            # Which call of an entry it is, its id says.
            semconv.SOURCE_PLACE: key.removesuffix(f" {ref}") if ref else key,
            semconv.SOURCE_CLOCK: self.clock if t_ns is not None else NO_CLOCK,
        }
        news = self.version, self.model, self.cwd
        if news != self._news:
            self._news = news
            self._tell_news(about)
        said: dict[str, Json] = {n: v for n, v in attributes.items() if v not in ("", None)}
        if USAGE in "".join(said):
            _refuse_what_is_no_amount(said)
        identity = "\0".join((self.agent, self.session, key, kind, phase, ref))
        return Record(
            witness=self.witness,
            phase=phase,
            kind=kind,
            name=name[:MAX_NAME],
            session=self.session[:MAX_NAME],
            ref=ref[:MAX_NAME],
            t_ns=t_ns,
            status=status,
            attributes=about | said,
            id=digest_id(identity),
        )

    def _tell_news(self, about: dict[str, Json]) -> None:
        """Add what is known of the session and was not said in the record before."""
        told = self._told
        for name, value in (
            (semconv.GEN_AI_AGENT_VERSION, self.version),
            (semconv.GEN_AI_MODEL, self.model),
            (semconv.PROCESS_CWD, self.cwd),
        ):
            if value and told.get(name) != value:
                about[name] = told[name] = value


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


def as_text(value: Any) -> str:
    """Return a value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return _json(value, MOST_LEVELS)
    except TypeError:  # half a surrogate pair, or an integer of over 64 bits
        return _encode(value)


def _json(value: Any, levels: int) -> str:
    """Return what `_encode` does, its strings written by orjson: long ones are a fifth the work."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return orjson.dumps(value).decode()
    if kind is dict and levels and set(map(type, value)) == {str}:
        written = [f"{_json(n, levels)}: {_json(v, levels - 1)}" for n, v in value.items()]
        return f"{{{', '.join(written)}}}"
    return _encode(value)


def text_parts(content: Any) -> str:
    """Return the text of a message's content: a string, or a list of parts of which some are text.

    Parts that hold no text are written as they stand, but for images and the like, of which only
    the type is told.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return as_text(content)
    return "\n".join(_part(part) for part in content)


def made_session(agent: str, *beginning: Any) -> str:
    """Return an id for a session whose format gives it none, made from how it begins.

    A longer copy of the same file begins alike, so it goes on in the same session.
    """
    said = utf8(bare(as_text(beginning)))
    return f"{agent}-{marked(sha256(said).hexdigest()[:16])}"


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping):
        for name in ("text", "content", "thinking"):
            if isinstance(part.get(name), str):
                return str(part[name])
        kind = part.get("type", "part")
        if isinstance(kind, str) and _OPAQUE.search(kind):
            return f"[{kind}]"
    return as_text(part)


def _refuse_what_is_no_amount(said: dict[str, Json]) -> None:
    """Take out what must not be summed up; it is kept as it was told."""
    refused = [n for n, v in said.items() if n.startswith(USAGE) and not _is_amount(v)]
    if refused:
        raw = as_text({name: said.pop(name) for name in refused})
        said.setdefault(semconv.RAW, raw)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
