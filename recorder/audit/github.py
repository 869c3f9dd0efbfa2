"""GitHub audit log: JSON array or lines, from the web's export, the REST API or the log stream.

https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise
Times are milliseconds since the epoch; `created_at` is when it happened, `@timestamp` when the log
took it in. `hashed_token` is GitHub's SHA-256 of the token, not the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.audit.entry import Entry, text
from recorder.audit.reading import audit_format
from recorder.model import Json
from recorder.transcripts.clocks import iso_ns, millis_ns

__all__ = ["FORMAT", "entry_of", "is_entry"]

LOG = "github.audit"
READ_TYPES = {"access": True, "create": False, "modify": False, "remove": False, "transfer": False}
"""`operation_type` -> whether nothing was changed; other types do not tell."""
NAMED = frozenset({
    "_document_id", "@timestamp", "created_at", "action", "actor", "actor_ip", "user_agent",
    "request_id", "request_method", "url_path", "query_string", "status_code", "request_body",
})  # fmt: skip
"""Fields that stand under names of their own; all others are kept under `flightlog.audit.`."""


def is_entry(event: Any) -> bool:
    """Tell whether a value is an entry of the audit log."""
    return (
        isinstance(event, Mapping)
        and isinstance(event.get("action"), str)
        and ("@timestamp" in event or "created_at" in event)
        and bool({"_document_id", "actor", "actor_id", "org", "business"} & event.keys())
    )


def entry_of(event: Mapping[str, Any]) -> Entry:
    """Return what one entry says."""
    method, path = text(event.get("request_method")), text(event.get("url_path"))
    query, action = text(event.get("query_string")), text(event.get("action"))
    at = event.get("created_at") or event.get("@timestamp")
    code = event.get("status_code")
    return Entry(
        log=LOG,
        id=text(event.get("_document_id")) or f"{action} {text(at)} {text(event.get('actor'))}",
        principal=text(event.get("actor")) or text(event.get("user")) or "unknown",
        service="github",
        operation=action,
        t_ns=iso_ns(at) if isinstance(at, str) else millis_ns(at),
        request_id=text(event.get("request_id")),
        user_agent=text(event.get("user_agent")),
        client_address=text(event.get("actor_ip")),
        is_read_only=READ_TYPES.get(text(event.get("operation_type"))),
        status_code=int(code) if isinstance(code, int | str) and str(code).isdigit() else None,
        method=method,
        url_path=f"{path}?{query}" if query else path,
        host="api.github.com" if method else "",
        request=event.get("request_body"),
        more=_more(event),
    )


def _more(event: Mapping[str, Any]) -> dict[str, Json]:
    more: dict[str, Json] = {
        f"flightlog.audit.{name}": value if isinstance(value, bool | int) else text(value)
        for name, value in event.items()
        if name not in NAMED
    }
    kind = text(event.get("action")).partition(".")[0]
    # What an action is on has the name of its first word; what has no name is part of a repository.
    target = text(event.get(kind)) or text(event.get("repo"))
    if target:
        more["flightlog.audit.target.name"] = target
        more["flightlog.audit.target.resource"] = "repository" if kind == "repo" else kind
    return more


FORMAT = audit_format(
    "github-audit",
    "GitHub audit log",
    ("web export, REST API and stream, as documented in 2026",),
    is_entry=is_entry,
    entry_of=entry_of,
    unwrapped=lambda _document: None,
)
