"""How an action ended: three separate things, and which of them decides.

Transport (did the exchange complete), the exit code, and the content: a GraphQL server answers
HTTP 200 to a call that it refuses, so a status alone proves no success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from analyzer.model import Outcome
from analyzer.refusals import is_refusal
from analyzer.texts import Texts, as_text
from recorder import semconv
from recorder.model import Json, Kind, Status

__all__ = [
    "DENIED",
    "answer_errors",
    "answers_of",
    "content_error_of",
    "exit_code_of",
    "http_status",
    "is_denied",
    "outcome_of",
]

REFUSAL = re.compile(
    r"not[ _]authori[sz]ed|unauthori[sz]ed|unauthenticated|not[ _]authenticated|forbidden"
    r"|permission[ _]denied|access[ _]denied|insufficient[ _](?:scope|permission)",
    re.IGNORECASE,
)
REFUSED_STATUS = frozenset({401, 403})
MAX_ANSWER_CHARACTERS = 4_000_000
"""A larger answer is not parsed for errors."""


UNANSWERED = frozenset({
    "client_disconnected", "connection_closed", "connection_reset", "proxy_stopped", "timeout",
})  # fmt: skip
"""Ends without an answer of a request that may have been sent: what it did is not known."""
DENIED = "denied"
REJECTED = re.compile(r"^exec_command failed: CreateProcess \{ message: \"Rejected\(")
"""What Codex answers for a command that its own policy refuses; no decision is reported."""


def outcome_of(kind: Kind, status: Status, texts: Texts, *, ended: bool) -> Outcome:
    """Return how an action ended."""
    if not ended:
        return Outcome.OPEN
    if kind is Kind.API_REQUEST:
        return _of_request(status, texts)
    exit_code = exit_code_of(texts)
    if status is Status.ERROR or texts.attributes.get(semconv.ERROR_TYPE):
        return Outcome.FAILED
    return Outcome.FAILED if exit_code or content_error_of(kind, texts) else Outcome.OK


def is_denied(decision: str, status: Status, texts: Texts) -> bool:
    """Tell whether a call never ran because the agent's side denied it.

    Args:
        decision: how a permission for it was decided; empty without one.
        status: what the witnesses said of the call's end.
        texts: the call's attributes.
    """
    if texts.attributes.get(semconv.ERROR_TYPE) == DENIED:
        return True
    if decision.startswith(DENIED):
        return status is not Status.OK and exit_code_of(texts) is None
    result = texts.attributes.get(semconv.GEN_AI_TOOL_RESULT)
    return status is Status.ERROR and isinstance(result, str) and bool(REJECTED.match(result))


def content_error_of(kind: Kind, texts: Texts) -> str:
    """Return what the answer itself says went wrong; empty where it says nothing.

    GraphQL errors of a request; of an MCP tool, a result with `isError`.
    """
    if kind is Kind.API_REQUEST:
        errors = [error for answer in answers_of(texts) for error in answer_errors(answer)]
        return str(errors[0].get("message", "error")) if errors else ""
    result = texts.attributes.get(semconv.GEN_AI_TOOL_RESULT)
    if kind is not Kind.TOOL_CALL or not isinstance(result, str) or '"isError"' not in result:
        return ""
    value = _load(texts.whole(semconv.GEN_AI_TOOL_RESULT))
    return "isError" if isinstance(value, dict) and value.get("isError") is True else ""


def exit_code_of(texts: Texts) -> int | None:
    """Return the exit code of the process that the action ran; None where none was reported."""
    code = texts.attributes.get(semconv.PROCESS_EXIT_CODE)
    if isinstance(code, int):
        return code
    result = texts.attributes.get(semconv.GEN_AI_TOOL_RESULT)
    if isinstance(result, str) and '"exit_code"' in result[:4096] + result[-4096:]:
        value = _load(texts.whole(semconv.GEN_AI_TOOL_RESULT))
        if isinstance(value, dict) and isinstance(value.get("exit_code"), int):
            return int(value["exit_code"])
    return None


def http_status(attributes: Mapping[str, Json]) -> int | None:
    """Return the status code of an HTTP answer; None while there is none."""
    status = attributes.get(semconv.HTTP_STATUS)
    if isinstance(status, str) and status.isdigit():
        return int(status)
    return status if isinstance(status, int) else None


def answers_of(texts: Texts) -> list[dict[str, Any]]:
    """Return the GraphQL answers in a response body: one, or one per entry of a batch."""
    body = texts.whole(semconv.RESPONSE_BODY)
    if body.lstrip()[:1] not in {"{", "["} or len(body) > MAX_ANSWER_CHARACTERS:
        return []
    value = _load(body)
    entries = value if isinstance(value, list) else [value]
    return [e for e in entries if isinstance(e, dict) and ("data" in e or "errors" in e)]


def answer_errors(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries of an answer's GraphQL error list."""
    errors = answer.get("errors")
    return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []


def _of_request(status: Status, texts: Texts) -> Outcome:
    code = http_status(texts.attributes)
    if code in REFUSED_STATUS:
        return Outcome.REFUSED
    if code is None:
        return _without_status(status, texts)
    errors = [error for answer in answers_of(texts) for error in answer_errors(answer)]
    if any(_refuses(error) for error in errors):
        return Outcome.REFUSED
    if errors or code >= 400:
        return Outcome.FAILED
    if texts.attributes.get(semconv.ERROR_TYPE) and not _is_left_stream(texts):
        return Outcome.FAILED
    return Outcome.OK


def _is_left_stream(texts: Texts) -> bool:
    """Tell whether a client left an event stream between two events: that is how these end."""
    kind = texts.attributes.get(f"{semconv.HTTP_RESPONSE_HEADER}content-type")
    if texts.attributes.get(semconv.ERROR_TYPE) != "client_disconnected":
        return False
    if "text/event-stream" not in as_text(kind):
        return False
    is_cut = bool(texts.attributes.get(semconv.BODY_CUT))
    return is_cut or texts.whole(semconv.RESPONSE_BODY).endswith(("\n\n", "\r\n\r\n", "\r\r"))


def _without_status(status: Status, texts: Texts) -> Outcome:
    error = texts.attributes.get(semconv.ERROR_TYPE)
    if semconv.RPC_METHOD in texts.attributes and is_refusal(str(error or "")):
        return Outcome.REFUSED
    if error in UNANSWERED:
        return Outcome.NO_RESULT
    return Outcome.FAILED if status is Status.ERROR or error else Outcome.OK


def _refuses(error: Mapping[str, Any]) -> bool:
    extensions = error.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else ""
    return any(REFUSAL.search(str(text)) for text in (error.get("message", ""), code))


def _load(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value
