"""An action as it was known at a moment before it ended: nothing of it comes from later.

A replay that stands in the middle of a request must not tell its answer yet.
"""

from __future__ import annotations

from dataclasses import replace

from analyzer.model import Action, Outcome
from analyzer.texts import Texts
from analyzer.titles import title_of
from recorder import semconv
from recorder.model import Status

__all__ = ["as_known_at"]

_ENDS = frozenset({
    semconv.GEN_AI_TOOL_RESULT,
    semconv.GEN_AI_OUTPUT_MESSAGES,
    semconv.PROCESS_EXIT_CODE,
    semconv.ERROR_TYPE,
    semconv.EXCEPTION_MESSAGE,
    semconv.HTTP_STATUS,
    semconv.HTTP_RESPONSE_SIZE,
    semconv.RESPONSE_BODY,
    semconv.RESPONSE_DIGEST,
    semconv.RPC_STATUS,
    semconv.MCP_ANSWER,
    semconv.MCP_IS_ERROR,
    semconv.END_NS,
})  # fmt: skip
_END_PREFIXES = (semconv.HTTP_RESPONSE_HEADER, "gen_ai.usage.", "gen_ai.response.")


def as_known_at(action: Action, t_ns: int) -> Action:
    """Return an action as it was known at a moment (ns since the epoch): open until it ended."""
    if action.end_ns is None or action.end_ns <= t_ns:
        return action
    attributes = {name: value for name, value in action.attributes.items() if not _is_end(name)}
    blob_of = {name: digest for name, digest in action.blob_of.items() if not _is_end(name)}
    return replace(
        action,
        attributes=attributes,
        blob_of=blob_of,
        title=title_of(action.kind, action.name, Texts(attributes, blob_of), Outcome.OPEN),
        end_ns=None,
        outcome=Outcome.OPEN,
        exit_code=None,
        transport=Status.UNSET,
        content_error="",
        contradictions=(),
        silences=(),
        sightings=tuple(seen for seen in action.sightings if seen.t_ns <= t_ns),
        resources=(),
    )


def _is_end(attribute: str) -> bool:
    return attribute in _ENDS or attribute.startswith(_END_PREFIXES)
