"""Chats of VS Code's Copilot Chat: `chatreplay` exports, exported chats and stored `chatSessions`.

Tested on a chatreplay of 2025-10; chats after the source of VS Code 1.10x, and stored ones, which
are logs of changes since 2026-01, after lines of 1.13x. A replay gives a call one time, which is
that of its start. Calls of a chat have none but their request's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.chat_log import WHOLE, ChangedDocument, ChangeError
from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.documents import items_of, read_values
from recorder.transcripts.editors import user_folders
from recorder.transcripts.format import Damage, Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.mappings import Mappings
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.one_by_one import Told, objects, one_by_one
from recorder.transcripts.outcomes import exit_code_in
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["AGENT", "FORMAT", "recognises", "tell"]

AGENT = "copilot-chat"
THINKING = "thinking"
MAX_HELD = 32 * 1024 * 1024
"""Bytes of a log after which the requests before the last are told and let go of."""
_CONFIRMED: Mapping[int, tuple[str, str]] = {
    0: ("denied", ""),
    1: ("approved", "confirmation not needed"),
    2: ("approved", "setting"),
    3: ("approved", "lm service grant"),
    4: ("approved", "user action"),
    5: ("denied", "skipped by user"),
}
"""`isConfirmed.type` of a call: the decision, and by whom (VS Code's ToolConfirmKind). A hook
denies under the same number as a person does."""


def recognises(value: Any) -> bool:
    """Tell whether a value is such a chat."""
    if not isinstance(value, Mapping):
        return False
    if isinstance(value.get("prompts"), list) and "totalPrompts" in value:
        return True
    if isinstance(value.get("v"), Mapping):
        value = value["v"]
    return isinstance(value.get("requests"), list) and bool(
        {"requesterUsername", "responderUsername", "sessionId", "creationDate"} & value.keys()
    )


def _is_log(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("kind") == WHOLE and recognises(value)


def tell(document: Any, place: str) -> Iterator[Told]:
    """Yield the records of a chat."""
    if not recognises(document):
        telling = Telling(AGENT, made_session(AGENT, document), "none")
        yield telling.note(place, "chat entry", document, None)
    elif "prompts" in document:
        yield from _replay(document)
    else:
        yield from _chat(document)


class _Log:
    """Tells a chat that is stored as the log of its changes."""

    def __init__(self) -> None:
        self._changed = ChangedDocument()
        self._telling = Telling(AGENT, "", "epoch ms")
        self._held = 0
        self._told: set[str] = set()

    def line(self, line: Line, entry: Mapping[str, Any]) -> Iterator[Told]:
        """Make a change, and yield what it takes away: that was said and done."""
        try:
            lost = self._changed.change(entry)
        except ChangeError as error:
            yield Damage(str(error), kept=line.text)
            return
        chat = _mapping(self._changed.value)
        if not self._telling.session:
            made = made_session(AGENT, chat.get("creationDate"))
            self._telling.session = str(chat.get("sessionId") or made)
            yield self._telling.begin("session", millis_ns(chat.get("creationDate")))
        if entry.get("kind") == WHOLE:
            lost = [one for whole in lost for one in _list(_mapping(whole).get("requests"))]
        elif entry.get("k") != ["requests"]:
            lost = []
        kept = {_mapping(one).get("requestId") for one in _list(chat.get("requests"))}
        yield from self._requests([r for r in lost if _mapping(r).get("requestId") not in kept])
        self._held += len(line.data)
        if self._held > MAX_HELD:
            self._held = 0
            requests = _list(chat.get("requests"))
            yield from self._requests(requests[:-1])
            for request in requests[:-1]:
                if isinstance(request, dict):
                    request.clear()

    def rest(self) -> Iterator[Told]:
        """Yield what the document tells in the end."""
        yield from self._requests(_list(_mapping(self._changed.value).get("requests")))

    def _requests(self, requests: list[Any]) -> Iterator[Told]:
        def told(request: Mapping[str, Any], place: str) -> Iterator[Told]:
            own = str(request.get("requestId") or "")
            if request and own not in self._told:
                self._told |= {own} if own else set()
                yield from _request(self._telling, request, place)

        yield from one_by_one(requests, "request", told)


def _read(source: Source) -> Iterator[Item]:
    if not any(map(_is_log, source.sample[:2])):
        yield from read_values(source, tell)
        return
    log = _Log()
    yield from read_json_lines(source, log.line)
    yield from items_of(log.rest())


def _replay(document: Mapping[str, Any]) -> Iterator[Told]:
    prompts = Mappings(document.get("prompts"))
    first = prompts.first(1)
    beginning = [_list(p.get("logs"))[:1] for p in first]
    session = made_session(AGENT, [p.get("prompt") for p in first], beginning)
    telling = Telling(AGENT, session, "iso8601")
    yield telling.begin("session", None)

    def told(prompt: Mapping[str, Any], place: str) -> Iterator[Told]:
        yield telling.prompt(place, as_text(prompt.get("prompt") or ""), None)
        yield from one_by_one(
            prompt.get("logs"), f"{place} log", lambda log, at: _logged(telling, log, at)
        )

    yield from one_by_one(document.get("prompts"), "prompt", told)


def _logged(telling: Telling, log: Mapping[str, Any], key: str) -> Iterator[Told]:
    about = _mapping(log.get("metadata"))
    if log.get("kind") == "request":
        telling.model = str(about.get("model") or telling.model)
        usage = _mapping(about.get("usage"))
        more: dict[str, Json] = {
            semconv.END_NS: iso_ns(about.get("endTime")),
            semconv.REQUEST_ID: str(about.get("requestId") or ""),
            semconv.ERROR_TYPE: "" if "Success" in str(log.get("type")) else str(log.get("type")),
        }
        yield telling.answer(
            key, text_parts(_mapping(log.get("response")).get("message")),
            iso_ns(about.get("startTime")),
            usage=(usage.get("prompt_tokens"), usage.get("completion_tokens")), more=more,
        )  # fmt: skip
    elif log.get("kind") == "toolCall":
        ref, tool = str(log.get("id") or key), str(log.get("tool") or "")
        t_ns, output = iso_ns(log.get("time")), text_parts(log.get("response"))
        yield telling.call(key, ref, tool, arguments_of(log.get("args")), t_ns)
        if log.get("response") is not None:
            yield telling.result(f"{key} result", ref, tool, output, None)
    else:
        yield telling.note(key, str(log.get("kind") or "log"), log, None)


def _chat(chat: Mapping[str, Any]) -> Iterator[Told]:
    requests = Mappings(chat.get("requests"))
    beginning = [(r.get("requestId"), r.get("timestamp")) for r in requests.first(1)]
    own = chat.get("sessionId")
    telling = Telling(AGENT, str(own or made_session(AGENT, beginning)), "epoch ms")
    yield telling.begin("session", millis_ns(chat.get("creationDate")))
    yield from one_by_one(
        chat.get("requests"), "request", lambda request, at: _request(telling, request, at)
    )


def _request(telling: Telling, request: Mapping[str, Any], place: str) -> Iterator[Told]:
    key = str(request.get("requestId") or place)
    t_ns = millis_ns(request.get("timestamp"))
    outcome = _mapping(request.get("result"))
    about = _mapping(outcome.get("metadata"))
    # What is asked for may be `auto`.
    named = about.get("resolvedModel") or request.get("modelId")
    telling.model = str(named or telling.model)
    asked = request.get("message")
    words = asked if isinstance(asked, str) else _mapping(asked).get("text")
    role = "system" if request.get("isSystemInitiated") is True else "user"
    yield telling.prompt(key, as_text(words or ""), t_ns, role)
    listed = [part for _, part in objects(request.get("response"), f"{place} response")]
    yield from (part for part in listed if isinstance(part, Damage))
    parts = [part for part in listed if isinstance(part, Mapping)]
    texts = [(p.get("kind"), p["value"]) for p in parts if isinstance(p.get("value"), str)]
    said = "".join(text for kind, text in texts if kind != THINKING)
    error = _mapping(outcome.get("errorDetails")).get("message")
    more: dict[str, Json] = {
        "flightlog.thinking": "\n".join(text for kind, text in texts if kind == THINKING),
        semconv.ERROR_TYPE: "chat_error" if error else "",
        semconv.EXCEPTION_MESSAGE: str(error or ""),
        semconv.END_NS: millis_ns(request.get("responseTimestamp")),
    }
    usage = (about.get("promptTokens"), about.get("outputTokens", request.get("completionTokens")))
    yield telling.answer(f"{key} answer", said, t_ns, usage=usage, more=more)
    for number, part in enumerate(parts, 1):
        if not isinstance(part.get("value"), str) and not part.get("toolCallId"):
            name = str(part.get("kind") or "part")
            yield telling.note(f"{key} part {number}", name, part, None)
    yield from _calls(telling, about, parts, place, t_ns)


def _calls(
    telling: Telling,
    about: Mapping[str, Any],
    parts: list[Mapping[str, Any]],
    place: str,
    t_ns: int | None,
) -> Iterator[Told]:
    invoked = _by_model(
        {str(p["toolCallId"]): p for p in parts if p.get("toolCallId")},
        [str(_mapping(call).get("id")) for turn in _list(about.get("toolCallRounds"))
         for call in _list(_mapping(turn).get("toolCalls"))],
    )  # fmt: skip
    results = _mapping(about.get("toolCallResults"))
    told: set[str] = set()

    def call_of(call: Mapping[str, Any], _place: str) -> Iterator[Told]:
        ref, tool = str(call.get("id")), str(call.get("name") or "")
        told.add(ref)
        yield telling.call(ref, ref, tool, arguments_of(call.get("arguments")), t_ns)
        yield from _confirmed(telling, invoked.get(ref, {}), ref, tool)
        if ref in results:
            content = _mapping(results[ref]).get("content")
            output = "\n".join(_value(part) for part in _list(content))
            code = _terminal(invoked.get(ref, {}))[1]
            yield telling.result(
                f"{ref} result", ref, tool, output, None,
                exit_code=exit_code_in(output) if code is None else code,
                error=_denied(invoked.get(ref, {})),
            )  # fmt: skip

    yield from one_by_one(
        about.get("toolCallRounds"), f"{place} round",
        lambda turn, at: one_by_one(turn.get("toolCalls"), f"{at} call", call_of),
    )  # fmt: skip
    for ref, part in invoked.items():
        if ref not in told:
            tool = str(part.get("toolId") or "")
            yield telling.call(ref, ref, tool, part.get("toolSpecificData"), t_ns)
            yield from _confirmed(telling, part, ref, tool)
            if part.get("isComplete") is True:
                printed, code = _terminal(part)
                output = part.get("resultDetails") or printed
                yield telling.result(
                    f"{ref} result", ref, tool, output, None, exit_code=code, error=_denied(part)
                )


def _by_model(
    invoked: Mapping[str, Mapping[str, Any]], called: list[str]
) -> dict[str, Mapping[str, Any]]:
    """Return what was shown of each call by the id that the model gave it.

    Until 2025-10 what is shown had ids of its own; then it is as many, in the same order.
    """
    if len(invoked) == len(set(called)) and not invoked.keys() & set(called):
        return dict(zip(dict.fromkeys(called), invoked.values(), strict=True))
    return dict(invoked)


def _terminal(part: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return what a command printed in the terminal, and its exit code."""
    about = _mapping(part.get("toolSpecificData"))
    code = _mapping(about.get("terminalCommandState")).get("exitCode")
    printed = _mapping(about.get("terminalCommandOutput")).get("text")
    return printed if isinstance(printed, str) else "", code if type(code) is int else None


def _decided(part: Mapping[str, Any]) -> tuple[str, str]:
    """Return what was decided of a call, and by whom; nothing where it is not told."""
    told = part.get("isConfirmed")
    kind = _mapping(told).get("type", told)
    if isinstance(kind, bool):
        return ("approved" if kind else "denied"), ""
    return _CONFIRMED.get(kind, ("", "")) if isinstance(kind, int) else ("", "")


def _denied(part: Mapping[str, Any]) -> str | None:
    return "denied" if _decided(part)[0] == "denied" else None


def _confirmed(telling: Telling, part: Mapping[str, Any], ref: str, tool: str) -> Iterator[Told]:
    decision, by = _decided(part)
    if not decision:
        return
    human = "unknown" if not by else "likely" if "user" in by else "unlikely"
    yield telling.approval(
        f"{ref} decision", ref, decision, None, by=by, subject=tool,
        more={semconv.APPROVAL_LABEL: as_text(part["isConfirmed"]), semconv.APPROVAL_HUMAN: human},
    )  # fmt: skip


def _value(part: Any) -> str:
    value = part.get("value") if isinstance(part, Mapping) else part
    return text_parts([part]) if value is None else as_text(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


FORMAT = Format(
    name="vscode-chat",
    title="VS Code Copilot Chat",
    tested=("chatreplay of 2025-10", "chats of VS Code 1.13x"),
    recognises=lambda source: any(recognises(value) for value in source.sample[:2]),
    read=_read,
    places=(
        *user_folders("workspaceStorage/*/chatSessions/*.json*"),
        *user_folders("globalStorage/emptyWindowChatSessions/*.json*"),
    ),
)
