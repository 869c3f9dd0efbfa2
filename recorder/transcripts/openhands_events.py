"""OpenHands V1 (SDK): a folder of one JSON file for each event, and `base_state.json` beside it.

Tested on SDK 1.58. Times have no zone: the machine's, read as UTC. A hook's event has a lower
number and a later time than the action it belongs to: the number is the order. An approval leaves
no event, so none is told; a rejection does, with who rejected as the source labels it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.latest import Latest
from recorder.transcripts.messages import arguments_of, usage_of
from recorder.transcripts.telling import Telling, as_text, text_parts

__all__ = ["AGENT", "Conversation", "recognises", "tell"]

AGENT = "openhands"
CLOCK = "iso8601 without zone"
NOTED = frozenset({
    "Condensation", "CondensationRequest", "CondensationSummaryEvent", "ConversationErrorEvent",
    "ConversationStateUpdateEvent", "LLMCompletionLogEvent", "PauseEvent", "TokenEvent",
})  # fmt: skip
"""Kinds that mean nothing here: they are kept as they stand."""


def recognises(event: Any) -> bool:
    """Tell whether a value is one event of a conversation."""
    return isinstance(event, Mapping) and {"id", "timestamp", "source", "kind"} <= event.keys()


def tell(session: str, events: Sequence[Any], state: Mapping[str, Any]) -> Iterator[Record]:
    """Yield the records of a conversation.

    Args:
        session: the conversation's id, as its folder is named.
        events: in the order of their numbers.
        state: `base_state.json`, or empty where it is missing.
    """
    by_id = {e.get("id"): e for e in events if isinstance(e, Mapping)}
    reader = Conversation(session, state, lambda own: by_id.get(own, {}))
    for number, event in enumerate(events):
        if isinstance(event, Mapping):
            yield from reader.event(event, is_first=not number)


class Conversation:
    """Tells events one by one, with what must be known of others."""

    def __init__(
        self, session: str, state: Mapping[str, Any], event_of: Callable[[str], Mapping[str, Any]]
    ) -> None:
        """Begin.

        Args:
            session: the conversation's id.
            state: `base_state.json`, or empty.
            event_of: returns the event of an id; empty where it is not to be had.
        """
        self.telling = Telling(AGENT, session, CLOCK)
        model = _mapping(_mapping(state.get("agent")).get("llm")).get("model")
        self.telling.model = str(model or "")
        self.telling.cwd = str(_mapping(state.get("workspace")).get("working_dir") or "")
        self._policy = str(_mapping(state.get("confirmation_policy")).get("kind") or "")
        self._usage = _usage_by_response(state)
        self._event_of = event_of
        self._responses: Latest[None] = Latest()

    def event(self, event: Mapping[str, Any], *, is_first: bool) -> Iterator[Record]:
        """Yield the records of one event; the conversation's start with the first."""
        if is_first:
            about: dict[str, Json] = {"flightlog.approval.policy": self._policy}
            at = iso_ns(event.get("timestamp"))
            yield self.telling.begin("session", at, about=about)
        key, t_ns, kind = f"event {event.get('id')}", iso_ns(event.get("timestamp")), event["kind"]
        match kind:
            case "ActionEvent":
                yield from self._action(event, key, t_ns)
            case "ObservationEvent" | "AgentErrorEvent" | "UserRejectObservation":
                yield from self._outcome(event, key, t_ns)
            case "MessageEvent":
                yield from self._message(event, key, t_ns)
            case "SystemPromptEvent":
                said = text_parts([event.get("system_prompt")])
                yield self.telling.prompt(key, said, t_ns, "system")
            case "HookExecutionEvent":
                yield from self._hook(event, key, t_ns)
            case _:
                name = str(kind)
                yield self.telling.note(key, name, event, t_ns, is_known=name in NOTED)

    def _action(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        thought = text_parts(event.get("thought") or "")
        yield from self._answer(event, key, thought, t_ns)
        ref, tool = self._call(event, key)
        made = _mapping(event.get("tool_call")).get("arguments")
        arguments = arguments_of(made) if made else event.get("action")
        yield self.telling.call(
            f"{key} call",
            ref,
            tool,
            arguments,
            t_ns,
            more={"flightlog.openhands.security_risk": str(event.get("security_risk") or "")},
        )

    def _outcome(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        ref, tool = self._call(event, str(event.get("action_id") or key))
        if event["kind"] == "UserRejectObservation":
            reason = str(event.get("rejection_reason") or "")
            by = str(event.get("rejection_source") or "user")
            yield self.telling.approval(
                f"{key} approval", ref, "denied", t_ns, by=by, reason=reason
            )
            yield self.telling.result(key, ref, tool, reason, t_ns, error="denied")
            return
        seen = _mapping(event.get("observation"))
        details = _mapping(seen.get("metadata"))
        failed = event["kind"] == "AgentErrorEvent" or seen.get("is_error") is True
        output = event.get("error") if failed and not seen else seen.get("content")
        exit_code = seen.get("exit_code", details.get("exit_code"))
        self.telling.cwd = str(details.get("working_dir") or self.telling.cwd)
        yield self.telling.result(
            key,
            ref,
            tool,
            text_parts(output) if output is not None else as_text(seen),
            t_ns,
            exit_code=exit_code,
            error="tool_error" if failed else "",
            more={
                "host.name": str(details.get("hostname") or ""),
                "user.name": str(details.get("username") or ""),
                "flightlog.openhands.timeout": seen.get("timeout") is True or None,
            },
        )

    def _message(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        said = text_parts(_mapping(event.get("llm_message")).get("content"))
        if event.get("source") == "agent":
            yield from self._answer(event, key, said, t_ns)
        else:
            yield self.telling.prompt(key, said, t_ns)

    def _hook(self, event: Mapping[str, Any], key: str, t_ns: int | None) -> Iterator[Record]:
        name = f"hook {event.get('hook_event_type')}"
        action = str(event.get("action_id") or "")
        ref, tool = self._call(self._event_of(action), "") if action else ("", "")
        if event.get("blocked") is True:
            reason = str(event.get("reason") or "")
            yield self.telling.approval(
                f"{key} approval", ref, "denied", t_ns, by="hook", subject=tool, reason=reason
            )
        said: dict[str, Json] = {
            "flightlog.hook.command": str(event.get("hook_command") or ""),
            "flightlog.hook.blocked": event.get("blocked") is True,
            "flightlog.hook.exit_code": event.get("exit_code")
            if isinstance(event.get("exit_code"), int)
            else None,
            "flightlog.source.raw": as_text(event),
        }
        status = Status.OK if event.get("success") is True else Status.ERROR
        yield self.telling.record(Kind.LIFECYCLE, name, Phase.POINT, key, t_ns, said, status=status)

    @staticmethod
    def _call(event: Mapping[str, Any], otherwise: str) -> tuple[str, str]:
        """Return the id and the tool of the call that an event speaks of."""
        ref = str(event.get("tool_call_id") or otherwise)
        return ref, str(event.get("tool_name") or "tool")

    def _answer(
        self, event: Mapping[str, Any], key: str, said: str, t_ns: int | None
    ) -> Iterator[Record]:
        """Yield the model's turn once, however many actions came of it."""
        response = str(event.get("llm_response_id") or "")
        if response and response in self._responses:
            return
        self._responses[response] = None
        usage = usage_of(self._usage.get(response))
        yield self.telling.answer(
            f"response {response}" if response else f"{key} model",
            said,
            t_ns,
            usage=usage,
            more={"gen_ai.response.id": response},
        )


def _usage_by_response(state: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metrics in _mapping(_mapping(state.get("stats")).get("usage_to_metrics")).values():
        usages = _mapping(metrics).get("token_usages")
        for usage in usages if isinstance(usages, list) else []:
            if isinstance(usage, Mapping) and isinstance(usage.get("response_id"), str):
                found[usage["response_id"]] = usage
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
