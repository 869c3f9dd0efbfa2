"""Judge an operation that a cloud's own log names, where no HTTP request tells of it.

By the log's own word on whether it changed anything, then by the operation's verb. What a verb does
not tell is unknown, never a read. Whether an error means that it was refused is told here too.
"""

from __future__ import annotations

import re

from analyzer.model import Effect, Judgement
from analyzer.texts import Texts, as_text
from recorder import semconv

__all__ = ["is_refusal", "judge_operation"]

READ_ONLY = "flightlog.audit.read_only"
DESTROYING = frozenset({"delete", "terminate", "destroy", "remove", "purge", "drop", "batchdelete"})
READING = frozenset(
    {"get", "list", "describe", "head", "lookup", "search", "query", "watch", "scan"}
)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_REFUSAL = re.compile(
    r"access_?denied|unauthori[sz]ed|not_?authori[sz]ed|permission_?denied|unauthenticated"
    r"|forbidden|invalidclienttokenid|authfailure|signaturedoesnotmatch|expiredtoken",
    re.IGNORECASE,
)


def judge_operation(texts: Texts) -> Judgement:
    """Return the effect of an operation, whether or not it was allowed."""
    attributes = texts.attributes
    service = as_text(attributes.get(semconv.RPC_SERVICE))
    operation = as_text(attributes.get(semconv.RPC_METHOD))
    name = f"{service}.{operation}"
    verbs = [word.lower() for word in _WORDS.findall(operation.rpartition(".")[2])]
    if attributes.get(READ_ONLY) is True:
        return Judgement(Effect.READ, (f"{name}: the log says that it only reads",))
    if DESTROYING & set(verbs):
        return Judgement(
            Effect.D1,
            (f"{name}: destroys by its name, of which no catalogue says what goes with it",),
            operation=name,
            target_type=as_text(attributes.get("flightlog.audit.target.resource")),
            target_id=as_text(attributes.get("flightlog.audit.target.name")),
        )
    if attributes.get(READ_ONLY) is False:
        return Judgement(Effect.WRITE, (f"{name}: the log says that it changes",), operation=name)
    if verbs and verbs[0] in READING:
        return Judgement(Effect.READ, (f"{name}: reads by its name",))
    return Judgement(Effect.UNKNOWN, (f"{name} is in no catalogue",), operation=name)


def is_refusal(error: str) -> bool:
    """Tell whether a log's error code says that the caller was not allowed."""
    return _REFUSAL.search(error) is not None
