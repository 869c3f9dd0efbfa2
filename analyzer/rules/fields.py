"""The fields that rules may name: what each means, and when it is there.

One event is one action of a session, at the moment when it began, with what was known of the
session before it and how it ended. A field that has nothing to say is absent (null in Sigma); text
is compared without regard to case. Booleans are `true` or absent, never `false`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["FIELDS", "Field", "FieldType", "group_of"]


class FieldType(StrEnum):
    """What sort of value a field has."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event."""

    name: str
    type: FieldType
    meaning: str


_TABLE: Mapping[FieldType, Mapping[str, str]] = {
    FieldType.TEXT: {
        "session.id": "The session.",
        "session.mode": "Permission mode that the agent said it was in: plan, default, auto, ...",
        "session.frozen": "The person's words that forbid changes (a freeze, stop, do not run).",
        "session.launch": "How the agent was started with approvals off by a program: its command.",
        "action.kind": "tool_call, api_request, model_call, prompt, approval, process, lifecycle.",
        "action.name": "Name of the tool, method and path of the request, name of the event.",
        "action.title": "The action in one line, at most 500 characters, secrets sealed.",
        "action.outcome": "ok, failed, refused, denied, no result, open.",
        "action.command": "Shell command of a call, at most 4,000 characters.",
        "action.host": "Host that a request went to, with its port where it is not 80 or 443.",
        "action.method": "Method of an HTTP request.",
        "action.file": "File that a call read, edited or wrote, relative to the working folder.",
        "effect.class": "read, write, D1-D6, C1-C4, X1-X3, unknown.",
        "effect.operation": "Normalised operation, such as railway.volumeDelete.",
        "effect.environment": "production, staging, development, unknown, or the answer's names.",
        "effect.bypass": "Flags that answer a question before it is asked: --yes, --force.",
        "effect.surface": "Door that it came through: ui, cli, sdk, raw http, mcp, unknown.",
        "target.type": "What is acted on: volume, project, table, files.",
        "target.id": "Its id, name or path.",
        "target.outside": "Why the target lies outside the workspace; absent where it is inside.",
        "cred.fingerprint": "Keyed fingerprint of the credential that a request carried.",
        "cred.name": "Its short name: class and four digits.",
        "cred.first_place": "Where it was first seen: file and line, header, output.",
        "cred.outside_task": "Why the file that it was first seen in is outside the task.",
        "cred.misfit": "Why the operation is not what the credential is for (declared, or words "
        "beside it).",
        "cred.scope_gap": "Why credential and target are not known to be of one environment.",
        "crossing.host": "Host that refused another credential earlier, with no approval since.",
        "crossing.refused": "Name of the credential that was refused there.",
        "crossing.span": "`crossing.seconds` in words; says so where nobody recorded the times.",
        "crossing.reason": "Why the file of the credential in use is outside the task.",
        "recovery.softer": "The way to do it that can be called off, where a hard one was taken.",
        "egress.foreign": "Why nothing vouches for the host that data is sent to.",
        "approval.missing": "Why no approval and no person's words bind operation and target.",
        "plan.unread": "Why a plan that deletes is applied unseen.",
        "recorder.event": "What the recorder says of itself: gap, spool_torn, clock_step, ...",
        "request.unreadable": "Why the body or the wire of a request could not be read.",
    },
    FieldType.NUMBER: {
        "action.id": "Number of the action, below zero where only a command tells of it.",
        "action.time_us": "When it began, µs since the epoch; unique and rising in a session.",
        "cred.age_s": "Seconds from the first sighting of the credential in use to this action.",
        "cred.first_action": "Number of the action that first showed the credential in use.",
        "crossing.action": "Number of the request that was refused.",
        "crossing.seconds": "Seconds from the refusal, or from the first sighting of the other "
        "credential, whichever came first.",
        "plan.deletes": "How many deletions the output of a plan or dry run announces.",
    },
    FieldType.TRUTH: {
        "action.ran": "It may have had its effect: not denied, not refused, not failed.",
        "action.timed": "A witness told when it began; else it stands there by order alone.",
        "crossing.untimed": "Refusal, credential and use follow in order; nobody recorded when.",
        "effect.destroys": "It deletes or overwrites data, recovery copies or containers (D1-D4).",
        "effect.harms": "It destroys, disables a guard, cuts access off, or sends data out.",
        "effect.changes": "It harms or writes beyond the working folder.",
        "effect.same_domain": "Recovery copies go with it.",
        "effect.kills_recovery": "It destroys recovery copies (D2), disables a guard (D5), or "
        "takes them along.",
        "effect.irreversible": "It cannot be undone.",
        "target.remote": "The target is no file on this machine.",
        "target.nearby": "The target is this machine's own: installed software, local containers, "
        "trial machines.",
        "recovery.unknown": "Nobody can tell whether it can be undone, or whether copies go along.",
        "recovery.copied": "A copy was made in this session before.",
        "cred.first_shown": "The credential in use was shown in this session before.",
        "seek.secrets": "It looks for secrets, or opens one that the task does not need.",
        "data.untrusted": "It brings in words that anyone may have written: a web page, a ticket.",
        "data.secret": "A secret or private data came into the agent's hands.",
        "task.names_target": "A person's words in this session name the target.",
    },
}

FIELDS: Mapping[str, Field] = {
    name: Field(name, type_, meaning)
    for type_, table in _TABLE.items()
    for name, meaning in table.items()
}
"""Every field by its name. The list is an interface: names stay, new ones may come."""


def group_of(name: str) -> str:
    """Return the part of a field's name before the dot: what its evidence is kept under."""
    return name.partition(".")[0]
