"""opencode's sessions, message by message and part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.telling import Telling, as_text

__all__ = ["AGENT", "PartTeller", "mapping", "time_of"]

AGENT = "opencode"
CLOCK = "epoch ms"
NOTED = frozenset({
    "agent", "compaction", "file", "part", "patch", "reasoning", "retry", "snapshot",
    "step-finish", "step-start", "subtask", "text",
})  # fmt: skip
"""Types of parts that mean nothing here: they are kept as they stand."""


class PartTeller:
    """Tells one session, message by message and part by part."""

    def __init__(self, session: str) -> None:
        self.telling = Telling(AGENT, session, CLOCK)
        self._begun = False
        self._is_child = False
        self._task = ""
        """Message by which another session's agent gave this one its task."""

    def session(self, info: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the session's start."""
        if self._begun:
            return
        self._begun = True
        model = mapping(info.get("model"))
        self.telling.version = str(info.get("version") or "")
        self.telling.cwd = str(info.get("directory") or "")
        self.telling.model = str(model.get("id") or model.get("modelID") or "")
        parent = str(info.get("parentID") or info.get("parent_id") or "")
        self._is_child = bool(parent)
        about: dict[str, Json] = {
            semconv.SESSION_PARENT: parent,
            "flightlog.opencode.permission": as_text(info.get("permission") or ""),
        }
        yield self.telling.begin("session", millis_ns(time_of(info, "created")), about)

    def message(self, info: Mapping[str, Any]) -> Iterator[Record]:
        """Yield what a message tells beside its parts: a model's turn with its usage."""
        yield from self.session({})
        if info.get("role") != "assistant":
            return
        self.telling.model = str(info.get("modelID") or self.telling.model)
        self.telling.cwd = str(mapping(info.get("path")).get("cwd") or self.telling.cwd)
        key, done = str(info.get("id")), millis_ns(time_of(info, "completed"))
        error = info.get("error")
        if done is None and not error:
            # It is being written still: a later copy tells its usage.
            return
        tokens = mapping(info.get("tokens"))
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: self.telling.model,
            semconv.GEN_AI_INPUT_TOKENS: _count(tokens.get("input")),
            semconv.GEN_AI_OUTPUT_TOKENS: _count(tokens.get("output")),
            "gen_ai.usage.cache_read.input_tokens": _count(
                mapping(tokens.get("cache")).get("read")
            ),
            semconv.ERROR_TYPE: str(mapping(error).get("name") or "error") if error else "",
            semconv.EXCEPTION_MESSAGE: as_text(error) if error else "",
            semconv.END_NS: done,
        }
        yield self.telling.record(
            Kind.MODEL_CALL, self.telling.model or "model", Phase.WHOLE, key,
            millis_ns(time_of(info, "created")), attributes,
            ref=key, status=Status.ERROR if error else Status.OK,
        )  # fmt: skip

    def part(self, part: Mapping[str, Any], role: str, t_ns: int | None = None) -> Iterator[Record]:
        """Yield what a part of a message tells.

        Args:
            part: the part.
            role: of its message; empty where that is not known.
            t_ns: the message's time, for parts that have none.
        """
        yield from self.session({})
        key, kind = str(part.get("id")), part.get("type")
        message = str(part.get("messageID") or "")
        begun = millis_ns(time_of(part, "start"))
        if kind == "tool":
            yield from self._tool(part, key)
        elif kind == "text" and role == "user":
            self._task = self._task or message
            speaker = "agent" if self._is_child and message == self._task else role
            said = str(part.get("text") or "")
            yield self.telling.prompt(key, said, begun or t_ns, speaker)
        elif kind in {"text", "reasoning"} and (role or begun is not None):
            where = semconv.GEN_AI_OUTPUT_MESSAGES if kind == "text" else "flightlog.thinking"
            attributes: dict[str, Json] = {
                semconv.GEN_AI_OPERATION: "chat",
                where: str(part.get("text") or ""),
            }
            yield self.telling.record(
                Kind.MODEL_CALL, self.telling.model or "model", Phase.POINT, key, begun or t_ns,
                attributes, ref=message,
            )  # fmt: skip
        else:
            name = str(kind or "part")
            yield self.telling.note(key, name, part, begun, is_known=name in NOTED)

    def _tool(self, part: Mapping[str, Any], key: str) -> Iterator[Record]:
        state = mapping(part.get("state"))
        ref, tool = str(part.get("callID") or key), str(part.get("tool") or "")
        begun, ended = millis_ns(time_of(state, "start")), millis_ns(time_of(state, "end"))
        yield self.telling.call(f"{key} call", ref, tool, state.get("input"), begun)
        status, error = state.get("status"), as_text(state.get("error") or "")
        if status not in {"completed", "error"}:
            return
        denied = (
            "rejected permission" in error
            or "prevents you from using" in error
            or state.get("errorType") == "permission.rejected"
        )
        if denied:
            # When it was decided is not told: the end is that of the call.
            yield self.telling.approval(
                f"{key} decision", ref, "denied", None,
                by="user" if "user rejected" in error else "rule", subject=tool, reason=error,
                more={
                    semconv.APPROVAL_LABEL: error,
                    # The same words are written where nobody was there to ask.
                    semconv.APPROVAL_HUMAN: "unknown" if "user rejected" in error else "unlikely",
                },
            )  # fmt: skip
        failed = "denied" if denied else "tool_error" if status == "error" else ""
        metadata = mapping(state.get("metadata"))
        yield self.telling.result(
            f"{key} result", ref, tool, state.get("output") if status == "completed" else error,
            ended, error=failed, exit_code=metadata.get("exit"),
            more={semconv.EXCEPTION_MESSAGE: error},
        )  # fmt: skip


def time_of(value: Mapping[str, Any], name: str) -> Any:
    """Return one of the times that an object tells."""
    return mapping(value.get("time")).get(name)


def _count(value: Any) -> int | None:
    return value if type(value) is int else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object; otherwise one without members."""
    return value if isinstance(value, Mapping) else {}
