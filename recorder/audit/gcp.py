"""Google Cloud audit logs: `LogEntry` whose `protoPayload` is a `google.cloud.audit.AuditLog`.

https://cloud.google.com/logging/docs/audit/understanding-audit-logs
A long operation has two entries with one `operation.id`: `first` starts it, `last` ends it. In
BigQuery they are rows: https://cloud.google.com/logging/docs/export/bigquery
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.audit.entry import Entry, mapping, text
from recorder.audit.reading import audit_format
from recorder.model import Json, Phase
from recorder.transcripts.clocks import iso_ns

__all__ = ["FORMAT", "entry_of", "is_entry", "unwrapped"]

LOG = "gcp.audit"
PAYLOADS = ("protoPayload", "protopayload_auditlog")
"""Where an entry has its payload: as exported, and in a row of BigQuery."""
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""`google.rpc.Code`, by number."""


def is_entry(event: Any) -> bool:
    """Tell whether a value is an audit log entry."""
    return isinstance(event, Mapping) and "methodName" in _payload(event)


def unwrapped(document: Any) -> list[Any] | None:
    """Return the entries of an answer of `entries.list`; None for anything else."""
    entries = document.get("entries") if isinstance(document, Mapping) else None
    if isinstance(entries, list) and any(map(is_entry, entries[:2])):
        return entries
    return None


def entry_of(event: Mapping[str, Any]) -> Entry:
    """Return what one entry says."""
    payload = _payload(event)
    asked = mapping(payload.get("requestMetadata"))
    who = mapping(payload.get("authenticationInfo"))
    operation = mapping(event.get("operation"))
    code = mapping(payload.get("status")).get("code")
    first, last = (str(operation.get(name)).lower() == "true" for name in ("first", "last"))
    log = text(event.get("logName")).rpartition("%2F")[2]
    return Entry(
        log=LOG,
        id=f"{text(event.get('insertId'))} {text(event.get('timestamp'))}".strip(),
        principal=text(who.get("principalEmail")) or text(who.get("principalSubject")) or "unknown",
        service=text(payload.get("serviceName")).removesuffix(".googleapis.com"),
        operation=text(payload.get("methodName")),
        t_ns=_time(event.get("timestamp")),
        request_id=text(operation.get("id")),
        user_agent=text(asked.get("callerSuppliedUserAgent")),
        client_address=text(asked.get("callerIp")),
        error=_code(code),
        error_message=text(mapping(payload.get("status")).get("message")),
        is_read_only=_is_read_only(log, payload),
        phase=Phase.WHOLE if first == last else Phase.START if first else Phase.END,
        host=text(payload.get("serviceName")),
        request=payload.get("request") or payload.get("requestJson"),
        response=payload.get("response") or payload.get("responseJson"),
        more=_more(event, payload, who),
    )


def _payload(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((held for name in PAYLOADS if (held := mapping(event.get(name)))), {})


def _time(told: Any) -> int | None:
    return iso_ns(told.replace(" UTC", "Z")) if isinstance(told, str) else None


def _code(code: Any) -> str:
    if isinstance(code, str) and code.isascii() and code.isdigit():
        code = int(code[:9])  # BigQuery writes whole numbers as text.
    if not isinstance(code, int) or code == 0:
        return ""
    return CODES[code] if code < len(CODES) else str(code)


def _is_read_only(log: str, payload: Mapping[str, Any]) -> bool | None:
    """Admin activity changes things; data access says of each permission what it is for."""
    if log == "activity":
        return False
    checked = payload.get("authorizationInfo")
    kinds = {
        text(item.get("permissionType"))
        for item in (checked if isinstance(checked, list) else [])
        if isinstance(item, Mapping) and item.get("permissionType")
    }
    return all(kind.endswith("_READ") for kind in kinds) if kinds else None


def _more(
    event: Mapping[str, Any], payload: Mapping[str, Any], who: Mapping[str, Any]
) -> dict[str, Json]:
    resource = mapping(event.get("resource"))
    labels = mapping(resource.get("labels"))
    return {
        "cloud.provider": "gcp",
        "cloud.account.id": text(labels.get("project_id")),
        "cloud.region": text(labels.get("location") or labels.get("zone")),
        "gcp.log_name": text(event.get("logName")),
        "flightlog.audit.target.name": text(payload.get("resourceName")),
        "flightlog.audit.target.resource": text(resource.get("type")),
        "flightlog.audit.principal.key": text(who.get("serviceAccountKeyName")),
        "flightlog.audit.permissions": text(payload.get("authorizationInfo")),
        "flightlog.audit.metadata": text(payload.get("metadata") or payload.get("metadataJson")),
        "flightlog.audit.severity": text(event.get("severity")),
    }


FORMAT = audit_format(
    "gcp-audit",
    "Google Cloud audit logs",
    ("google.cloud.audit.AuditLog and its rows in BigQuery, as documented",),
    is_entry=is_entry,
    entry_of=entry_of,
    unwrapped=unwrapped,
)
