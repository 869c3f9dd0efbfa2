"""Judge an operation that a cloud's own log names, where no HTTP request tells of it.

By the log's own word on whether it changed anything, then by the catalogue of the provider's
operations, then by the operation's verb. What a verb does not tell is unknown, never a read.
"""

from __future__ import annotations

import re
from dataclasses import replace

from analyzer.catalogue.commands import program_of
from analyzer.effects.clouds import judge_aws
from analyzer.effects.names import class_of, is_recovery, words_in
from analyzer.model import Effect, Judgement
from analyzer.texts import Texts, as_text
from recorder import semconv

__all__ = ["judge_operation"]

READ_ONLY = "flightlog.audit.read_only"
DESTROYING = frozenset({"delete", "terminate", "destroy", "remove", "purge", "drop", "batchdelete"})
READING = frozenset(
    {"get", "list", "describe", "head", "lookup", "search", "query", "watch", "scan"}
)


def judge_operation(texts: Texts) -> Judgement:
    """Return the effect of an operation, whether or not it was allowed."""
    attributes = texts.attributes
    service = as_text(attributes.get(semconv.RPC_SERVICE))
    operation = as_text(attributes.get(semconv.RPC_METHOD))
    name = f"{service}.{operation}"
    if attributes.get(READ_ONLY) is True:
        return Judgement(Effect.READ, (f"{name}: the log says that it only reads",))
    told = _told(texts, service, operation)
    changes = attributes.get(READ_ONLY) is False
    if changes and told.effect in {Effect.READ, Effect.UNKNOWN}:
        return Judgement(Effect.WRITE, (f"{name}: the log says that it changes",), operation=name)
    if told.effect in {Effect.READ, Effect.WRITE, Effect.UNKNOWN}:
        return told
    target = as_text(attributes.get("flightlog.audit.target.name"))
    kind = as_text(attributes.get("flightlog.audit.target.resource"))
    return replace(told, target_id=told.target_id or target, target_type=told.target_type or kind)


def _told(texts: Texts, service: str, operation: str) -> Judgement:
    """Return what the operation's name and parameters tell, by the catalogue first."""
    cloud = as_text(texts.attributes.get("cloud.provider"))
    if cloud == "aws":
        return judge_aws(service, operation, texts.whole(semconv.REQUEST_BODY))
    if cloud == "gcp" and (known := _of_gcloud(service, operation)):
        return known
    name = f"{service}.{operation}"
    words = words_in(operation.rpartition(".")[2])
    if DESTROYING & set(words):
        recovery = is_recovery(operation)
        nouns = [w for w in words_in(operation) if w not in DESTROYING]
        return Judgement(
            Effect.D2 if recovery else class_of(nouns),
            (f"{name}: destroys by its name, of which no catalogue says what goes with it",),
            operation=name,
            same_domain=True if recovery else None,
        )
    if words and words[0] in READING:
        return Judgement(Effect.READ, (f"{name}: reads by its name",))
    return Judgement(Effect.UNKNOWN, (f"{name} is in no catalogue",), operation=name)


def _of_gcloud(service: str, operation: str) -> Judgement | None:
    """Return what the catalogue says of a method of Google's, by the words that gcloud has for it.

    `cloudsql.instances.delete`, `v1.compute.disks.delete`, `storage.buckets.delete` and
    `google.cloud.sql.v1.SqlInstancesService.Delete` are `sql instances delete` and so on.
    """
    program = program_of("gcloud")
    parts = [p for p in operation.split(".") if not _NO_NAME.fullmatch(p)]
    if program is None or not parts:
        return None
    *owners, method = parts
    area = _AREAS.get(service, service)
    owner = owners[-1] if owners else ""
    if owner.endswith("Service") or owner[:1].isupper():  # a gRPC service: its name is the noun
        nouns = [w for w in words_in(owner) if w not in {"service", "admin", area}]
        owner = nouns[-1] if nouns else ""
    verb, *rest = words_in(method) or ("",)
    noun = "-".join(rest or words_in(owner))
    for words in ((area, noun, verb), (area, f"{noun}s", verb), (noun, verb), (f"{noun}s", verb)):
        for entry in program.entries:
            if not entry.anywhere and entry.fits(words, frozenset()):
                return Judgement(
                    entry.effect,
                    (f"{service}.{operation} is gcloud's {' '.join(words)}: {entry.effect}"
                     f" ({entry.source})", *((f"takes {entry.takes}",) if entry.takes else ())),
                    operation=f"{service}.{operation}",
                    same_domain=True if entry.effect is Effect.D2 else entry.same_domain,
                    irreversible=entry.irreversible, undo=entry.undo, cascade=entry.takes,
                )  # fmt: skip
    return None


_NO_NAME = re.compile(r"google|cloud|devtools|v\d\w*|beta|alpha|admin")
_AREAS = {
    "cloudsql": "sql", "sqladmin": "sql", "cloudresourcemanager": "projects", "cloudkms": "kms",
    "container": "container", "storage": "storage",
}  # fmt: skip
"""How gcloud calls what Google's services are called in its logs."""
