"""Hooks that did not answer, as the agent's own telemetry or transcript tells: guards that failed.

Every product lets the call run then, unless it is told otherwise. Claude Code counts them in
`hook_execution_complete` (which names the tool, not the call) and names the call in its transcript.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.drafts import Draft
from analyzer.identity import Channel, call_id_of
from analyzer.likeness import tool_of
from analyzer.testimony import Certainty, Silence
from analyzer.texts import as_text
from recorder.model import Kind, StoredRecord

__all__ = ["Silences"]

COMPLETE = "hook_execution_complete"
COUNTS = (("num_non_blocking_error", "error"), ("num_cancelled", "cancelled"))
NAMED = {"hook_non_blocking_error": "error", "hook_cancelled": "cancelled"}
"""Records that are about one failed hook of one call."""
BEFORE = "PreToolUse"
HOOK_NAMES = ("hook_name", "hookName", "flightlog.hook.hook_name")


@dataclass(slots=True)
class Silences:
    """Waits with each failed hook for the call that it was to guard."""

    _before: dict[str, list[Silence]] = field(default_factory=dict)
    """Tool -> failures of hooks that ran before a call which is not known yet."""
    _latest: dict[str, Draft] = field(default_factory=dict)
    """Tool -> its newest call."""

    def note(self, record: StoredRecord, known: Draft | None) -> Draft | None:
        """Take in a lifecycle record; return the call that a failed hook belongs to, where known.

        Args:
            record: the record.
            known: the call whose id the record bears.
        """
        how = _how(record)
        if not how:
            return None
        hook = next((as_text(v) for n in HOOK_NAMES if (v := record.attributes.get(n))), "hook")
        if known is not None:
            known.silences.append(Silence(hook, how, record.seq, Certainty.OBSERVED))
            return known
        event, _, tool = hook.partition(":")
        silence = Silence(hook, how, record.seq, Certainty.INFERRED)
        call = self._latest.get(tool.lower())
        if event != BEFORE and call is not None:
            call.root.silences.append(silence)
            return call.root
        self._before.setdefault(tool.lower(), []).append(silence)
        return None

    def called(self, record: StoredRecord, call: Draft, channel: Channel) -> None:
        """Take in a record of a call: of a log, it is the one that the last failed hook was for."""
        if channel not in {Channel.LOG, Channel.TRANSCRIPT}:
            return
        tool = tool_of(record)
        waiting = self._before.pop(tool, None)
        if waiting:
            call.silences += waiting
            call.action = None
        if record.kind is Kind.TOOL_CALL:
            self._latest[tool] = call

    @staticmethod
    def call_of(record: StoredRecord) -> str:
        """Return the id of the call that a record about a failed hook names; else empty."""
        return call_id_of(record) if record.name in NAMED else ""


def _how(record: StoredRecord) -> str:
    if record.name in NAMED:
        return NAMED[record.name]
    if record.name != COMPLETE:
        return ""
    for name, how in COUNTS:
        if as_text(record.attributes.get(name)) not in {"", "0"}:
            return how
    return ""
