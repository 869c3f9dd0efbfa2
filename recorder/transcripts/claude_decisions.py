"""What Claude Code tells of the decision on a call.

Session files tell it beside the result (`permissionDecision`, `toolDenialKind`), the stream in a
list by the calls' ids (`tool_result_meta`); old versions tell denials only, in words. That a call
was interrupted or cancelled before it ran is nobody's decision on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recorder import semconv
from recorder.model import Json
from recorder.transcripts.outcomes import human_estimate, is_denial
from recorder.transcripts.telling import as_text

__all__ = ["Decided", "decided_on"]

NO_DENIAL = frozenset({"interrupted", "cancelled"})
_WORDS = {"accept": "approved", "reject": "denied"}
IN_WORDS = "text of the result"
INTERRUPTED = "[Request interrupted by user"
"""What stands in place of a result where a call was interrupted."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What is told of the decision on one call."""

    word: str
    """`approved`, `denied` or another word of the source; empty where nothing is told."""
    by: str
    label: str
    """As the source has it."""
    stopped: str
    """How a call that did not run was stopped, where nobody decided on it."""
    interactive: bool | None
    """Whether somebody sat before the agent; None where nothing tells."""

    @property
    def is_inferred(self) -> bool:
        """Whether only the words of the result tell it."""
        return self.label == IN_WORDS

    def about(self) -> dict[str, Json]:
        """Return what an approval's record says of who decided."""
        return {
            semconv.APPROVAL_LABEL: self.label,
            semconv.APPROVAL_HUMAN: human_estimate(self.by, interactive=self.interactive),
        }


def decided_on(
    ref: str, value: Mapping[str, Any], block: Mapping[str, Any], output: str
) -> Decided:
    """Return what a line tells of the decision on a call.

    Args:
        ref: the call's id.
        value: the line.
        block: the call's result in it.
        output: the result's text.
    """
    told = _told(ref, value)
    decision, kind = told.get("decision"), str(told.get("kind") or "")
    about = decision if isinstance(decision, Mapping) else {}
    word = str(about.get("decision") or "")
    word = _WORDS.get(word, word)
    if not word and kind:
        word = "" if kind in NO_DENIAL else "denied"
    label = as_text(told["label"]) if told else ""
    if not word and not kind and block.get("is_error") is True:
        if is_denial(output):
            word, label = "denied", IN_WORDS
        elif output.startswith(INTERRUPTED):
            kind = "interrupted"
    entry = str(value.get("entrypoint") or "")
    return Decided(
        word=word,
        by=str(about.get("source") or ""),
        label=label,
        stopped=kind if kind in NO_DENIAL else "",
        interactive=entry == "cli" if entry else None,
    )


def _told(ref: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line's decision and why the call did not run, under one pair of names."""
    label = {k: value[k] for k in ("permissionDecision", "toolDenialKind") if k in value}
    if label:
        decision, kind = value.get("permissionDecision"), value.get("toolDenialKind")
        return {"decision": decision, "kind": kind, "label": label}
    beside = value.get("tool_result_meta")
    for one in beside if isinstance(beside, list) else ():
        if isinstance(one, Mapping) and one.get("id") == ref:
            label = {k: v for k, v in one.items() if k != "id"}
            decision, kind = one.get("permission_decision"), one.get("non_execution_kind")
            return {"decision": decision, "kind": kind, "label": label} if label else {}
    return {}
