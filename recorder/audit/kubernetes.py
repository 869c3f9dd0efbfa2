"""Kubernetes API server audit log: events of `audit.k8s.io/v1`, one JSON object a line.

https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
One request has an event for each stage it went through, joined by `auditID`: `RequestReceived` is a
start, `ResponseComplete` and `Panic` an end; `ResponseStarted` (watches) lies between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.audit.entry import Entry, mapping, text
from recorder.audit.reading import audit_format
from recorder.model import Json, Phase
from recorder.transcripts.clocks import iso_ns

__all__ = ["FORMAT", "entry_of", "is_entry", "unwrapped"]

LOG = "kubernetes.audit"
PHASES = {
    "RequestReceived": Phase.START,
    "ResponseStarted": Phase.POINT,
    "ResponseComplete": Phase.END,
    "Panic": Phase.END,
}
METHODS = {
    "get": "GET", "list": "GET", "watch": "GET", "create": "POST", "update": "PUT",
    "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETE",
}  # fmt: skip
"""https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
(requests to no resource have their HTTP method, in lower case, as verb)."""


def unwrapped(document: Any) -> list[Any] | None:
    """Return the events of an `EventList`, as webhooks receive it; None for anything else."""
    items = document.get("items") if isinstance(document, Mapping) else None
    if isinstance(items, list) and any(map(is_entry, items[:2])):
        return items
    return None


def is_entry(event: Any) -> bool:
    """Tell whether a value is an audit event."""
    return isinstance(event, Mapping) and "auditID" in event and "stage" in event


def entry_of(event: Mapping[str, Any]) -> Entry:
    """Return what one event says; its request shares its `ref` with that of the other stages."""
    stage, verb = text(event.get("stage")), text(event.get("verb"))
    target, status = mapping(event.get("objectRef")), mapping(event.get("responseStatus"))
    user = mapping(event.get("user"))
    addresses = event.get("sourceIPs")
    code = status.get("code")
    failed = isinstance(code, int) and code >= 400
    resource = "/".join(
        part for part in (text(target.get("resource")), text(target.get("subresource"))) if part
    )
    return Entry(
        log=LOG,
        id=f"{text(event.get('auditID'))} {stage}",
        principal=text(user.get("username")) or "unknown",
        service="kubernetes",
        operation=f"{verb} {resource}".strip(),
        t_ns=iso_ns(event.get("stageTimestamp") or event.get("requestReceivedTimestamp")),
        request_id=text(event.get("auditID")),
        user_agent=text(event.get("userAgent")),
        client_address=text(addresses[0]) if isinstance(addresses, list) and addresses else "",
        error=(text(status.get("reason")) or str(code)) if failed else "",
        error_message=text(status.get("message")) if failed else "",
        is_read_only=verb in {"get", "list", "watch", "head", "options"} if verb else None,
        phase=PHASES.get(stage, Phase.POINT),
        status_code=code if isinstance(code, int) else None,
        method=METHODS.get(verb, verb.upper()),
        url_path=text(event.get("requestURI")),
        request=event.get("requestObject"),
        response=event.get("responseObject"),
        more=_more(event, target, user),
    )


def _more(
    event: Mapping[str, Any], target: Mapping[str, Any], user: Mapping[str, Any]
) -> dict[str, Json]:
    notes = mapping(event.get("annotations"))
    return {
        "k8s.namespace.name": text(target.get("namespace")),
        "flightlog.audit.target.resource": text(target.get("resource")),
        "flightlog.audit.target.name": text(target.get("name")),
        "flightlog.audit.target.subresource": text(target.get("subresource")),
        "flightlog.audit.stage": text(event.get("stage")),
        "flightlog.audit.level": text(event.get("level")),
        "flightlog.audit.principal.groups": text(user.get("groups")),
        "flightlog.audit.impersonated": text(
            mapping(event.get("impersonatedUser")).get("username")
        ),
        "flightlog.audit.source_addresses": text(event.get("sourceIPs")),
        "flightlog.audit.decision": text(notes.get("authorization.k8s.io/decision")),
        "flightlog.audit.decision.reason": text(notes.get("authorization.k8s.io/reason")),
    }


FORMAT = audit_format(
    "kubernetes-audit",
    "Kubernetes audit log",
    ("audit.k8s.io/v1, as documented",),
    is_entry=is_entry,
    entry_of=entry_of,
    unwrapped=unwrapped,
)
