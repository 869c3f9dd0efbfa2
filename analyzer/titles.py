"""One line for each kind of action: what a person needs to recognise it in a list.

Sealed text, not yet safe for a terminal: whoever shows it passes it through `safe_text`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from analyzer.model import Outcome
from analyzer.outcomes import http_status
from analyzer.requests import request_of
from analyzer.texts import Texts, as_text
from analyzer.tools import (
    Family,
    arguments_of,
    command_of,
    family_of,
    file_of,
    pattern_of,
)
from recorder import semconv
from recorder.model import Json, Kind

__all__ = ["title_of"]

LONGEST = 300
"""Characters; a title is for lists, the whole text is in the action."""


def title_of(kind: Kind, name: str, texts: Texts, outcome: Outcome) -> str:
    """Return the line for an action."""
    maker = _MAKERS.get(kind, _plain)
    title = " ".join(maker(name, texts, outcome).split())
    return title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"


def answer_text(texts: Texts) -> str:
    """Return what a model answered, as text: from the plain form or the conventions' JSON parts."""
    raw = texts.whole(semconv.GEN_AI_OUTPUT_MESSAGES)
    if raw.lstrip()[:1] not in {"[", "{"}:
        return raw
    try:
        return "\n".join(_parts(json.loads(raw))) or raw
    except (ValueError, RecursionError):
        return raw


def _parts(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _parts(item)]
    if isinstance(value, Mapping):
        inner = [value[key] for key in ("parts", "content", "text") if key in value]
        return [text for item in inner for text in _parts(item)]
    return []


def _tool(name: str, texts: Texts, _outcome: Outcome) -> str:
    raw = texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    if not raw and semconv.NOT_KEPT in texts.attributes:
        return f"{name} (its input was not kept)"
    arguments = arguments_of(raw)
    match family_of(name):
        case Family.SHELL:
            detail = command_of(arguments)
        case Family.SEARCH:
            detail = " in ".join(filter(None, (pattern_of(arguments), file_of(arguments))))
        case Family.LIST:
            detail = pattern_of(arguments) or file_of(arguments)
        case Family.READ | Family.EDIT:
            detail = file_of(arguments)
        case Family.OTHER:
            detail = ""
    return f"{name} {detail or raw}"


def _request(name: str, texts: Texts, outcome: Outcome) -> str:
    if semconv.RPC_METHOD in texts.attributes:
        target = as_text(texts.attributes.get("flightlog.audit.target.name"))
        answer = "→ ok" if outcome is Outcome.OK else _answer(texts, outcome)
        return " ".join(filter(None, (name, target, answer)))
    if semconv.HTTP_METHOD not in texts.attributes:
        reason = as_text(texts.attributes.get(semconv.REASON))
        return f"{name} (not read: {reason})" if reason else name
    request = request_of(texts)
    line = f"{request.method} {request.host}{request.path}"
    operations = _operations(texts)
    # On a narrow screen the end is cut: what was asked for stands first where the body tells it,
    # because every request of such an API has the same line.
    if operations:
        return f"{operations} {_answer(texts, outcome)}, {line}"
    return f"{line} {_answer(texts, outcome)}"


def _answer(texts: Texts, outcome: Outcome) -> str:
    status = http_status(texts.attributes)
    if outcome is Outcome.OPEN:
        return "→ …"
    words = {Outcome.REFUSED: " refused", Outcome.FAILED: " failed"}
    if status is not None:
        return f"→ {status}{words.get(outcome, '')}"
    if semconv.ANSWER_UNSEEN in texts.attributes:
        return "→ answer not seen"
    error = as_text(texts.attributes.get(semconv.ERROR_TYPE))
    is_answered = semconv.RESPONSE_BODY in texts.attributes
    if outcome is Outcome.NO_RESULT and (is_answered or semconv.STATUS_UNTOLD in texts.attributes):
        return "→ status not told"
    told = words.get(outcome, " ok") if is_answered else " no answer"
    return f"→ {error}" if error else f"→{told}"


def _operations(texts: Texts) -> str:
    graphql = request_of(texts).graphql
    if graphql is None:
        return ""
    if graphql.unreadable:
        return "GraphQL, unreadable"
    by_type: dict[str, list[str]] = {}
    for operation, selected in graphql.root_fields():
        by_type.setdefault(operation.type, []).append(selected.name)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_type.items())


def _model(name: str, texts: Texts, outcome: Outcome) -> str:
    if outcome is Outcome.OPEN and semconv.GEN_AI_OUTPUT_MESSAGES not in texts.attributes:
        return f"{name} …"
    lines = answer_text(texts).strip().splitlines()
    tokens = [
        as_text(texts.attributes.get(key, ""))
        for key in (semconv.GEN_AI_INPUT_TOKENS, semconv.GEN_AI_OUTPUT_TOKENS)
    ]
    count = f" [{tokens[0] or '?'} in, {tokens[1] or '?'} out]" if any(tokens) else ""
    return (lines[0] if lines else name) + count


def _prompt(name: str, texts: Texts, _outcome: Outcome) -> str:
    role = as_text(texts.attributes.get(semconv.PROMPT_ROLE)) or "user"
    return f"{role}: {texts.whole(semconv.PROMPT_TEXT) or name}"


def _approval(name: str, texts: Texts, _outcome: Outcome) -> str:
    attributes = texts.attributes
    decision = as_text(attributes.get(semconv.APPROVAL_DECISION)) or name
    by = as_text(attributes.get(semconv.APPROVAL_BY))
    subject = as_text(attributes.get(semconv.APPROVAL_SUBJECT))
    return f"{decision}{f' by {by}' if by else ''}{f': {subject}' if subject else ''}"


def _process(name: str, texts: Texts, _outcome: Outcome) -> str:
    return texts.whole("process.command_line") or name


def _lifecycle(name: str, texts: Texts, _outcome: Outcome) -> str:
    agent = as_text(texts.attributes.get(semconv.GEN_AI_AGENT_NAME))
    return f"session of {agent}" if name == "session" and agent else name


def _plain(name: str, _texts: Texts, _outcome: Outcome) -> str:
    return name


_MAKERS: Mapping[Kind, Callable[[str, Texts, Outcome], str]] = {
    Kind.TOOL_CALL: _tool,
    Kind.API_REQUEST: _request,
    Kind.MODEL_CALL: _model,
    Kind.PROMPT: _prompt,
    Kind.APPROVAL: _approval,
    Kind.PROCESS: _process,
    Kind.LIFECYCLE: _lifecycle,
}
