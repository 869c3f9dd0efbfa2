"""AWS CloudTrail: event versions 1.0 to 1.11.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
`eventTime` is when the request was completed, in whole seconds, on AWS's own clock. Lake exports
bear the same names; the CLI's `lookup-events` wraps each event as text in `CloudTrailEvent`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from recorder.audit.entry import Entry, mapping, text
from recorder.audit.reading import audit_format
from recorder.model import Json
from recorder.transcripts.clocks import iso_ns

__all__ = ["AWS_ACCESS_KEY", "FORMAT", "entry_of", "is_entry", "unwrapped"]

AWS_ACCESS_KEY = "aws.access_key_id"
LOG = "aws.cloudtrail"


def unwrapped(document: Any) -> Iterable[Any] | None:
    """Return the events of a file's document, or None where it is no CloudTrail file.

    A delivered file is `{"Records": [...]}`, a lookup's answer `{"Events": [{"CloudTrailEvent"}]}`.
    """
    if not isinstance(document, Mapping):
        return None
    for name in ("Records", "Events"):
        listed = document.get(name)
        if isinstance(listed, list) and any(is_entry(_event(one)) for one in listed[:2]):
            return map(_event, listed)
    return None


def is_entry(event: Any) -> bool:
    """Tell whether a value is a CloudTrail event."""
    return isinstance(event, Mapping) and {"eventSource", "eventName", "eventTime"} <= event.keys()


def entry_of(event: Mapping[str, Any]) -> Entry:
    """Return what one event says."""
    identity = mapping(event.get("userIdentity"))
    source = text(event.get("eventSource"))
    read_only = event.get("readOnly")
    return Entry(
        log=LOG,
        id=text(event.get("eventID")) or text(event.get("requestID")),
        principal=_principal(identity, event),
        service=source.removesuffix(".amazonaws.com"),
        operation=text(event.get("eventName")),
        t_ns=iso_ns(event.get("eventTime")),
        request_id=text(event.get("requestID")),
        user_agent=text(event.get("userAgent")),
        client_address=text(event.get("sourceIPAddress")),
        error=text(event.get("errorCode")),
        error_message=text(event.get("errorMessage")),
        # Lake exports and some SDKs write it as text.
        is_read_only=read_only if isinstance(read_only, bool) else _boolean(read_only),
        host=text(mapping(event.get("tlsDetails")).get("clientProvidedHostHeader")) or source,
        request=event.get("requestParameters"),
        response=event.get("responseElements"),
        more=_more(event, identity),
    )


def _principal(identity: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return account and name; for an assumed role the ARN ends in role and session name."""
    arn = text(identity.get("arn"))
    name = text(identity.get("userName")) or arn.partition(":assumed-role/")[2]
    name = name or arn.rpartition(":")[2] or text(identity.get("principalId"))
    name = name or text(identity.get("invokedBy")) or text(identity.get("type"))
    account = text(identity.get("accountId")) or text(event.get("recipientAccountId"))
    return f"{account} {name}".strip() or "unknown"


def _more(event: Mapping[str, Any], identity: Mapping[str, Any]) -> dict[str, Json]:
    session = mapping(identity.get("sessionContext"))
    issuer = mapping(session.get("sessionIssuer"))
    return {
        "cloud.provider": "aws",
        "cloud.region": text(event.get("awsRegion")),
        "cloud.account.id": text(identity.get("accountId"))
        or text(event.get("recipientAccountId")),
        "rpc.system": "aws-api",
        AWS_ACCESS_KEY: text(identity.get("accessKeyId")),
        "flightlog.audit.principal.type": text(identity.get("type")),
        "flightlog.audit.principal.id": text(identity.get("principalId")),
        "flightlog.audit.principal.arn": text(identity.get("arn")),
        "flightlog.audit.principal.issuer": text(issuer.get("arn")),
        "flightlog.audit.mfa": text(mapping(session.get("attributes")).get("mfaAuthenticated")),
        "flightlog.audit.event.type": text(event.get("eventType")),
        "flightlog.audit.event.category": text(event.get("eventCategory")),
        "flightlog.audit.event.version": text(event.get("eventVersion")),
        "flightlog.audit.resources": text(event.get("resources")),
        "flightlog.audit.additional": text(event.get("additionalEventData")),
    }


def _event(item: Any) -> Any:
    wrapped = item.get("CloudTrailEvent") if isinstance(item, Mapping) else None
    if not isinstance(wrapped, str):
        return item
    try:
        return json.loads(wrapped)
    except ValueError:
        return item


def _boolean(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(text(value).lower())


FORMAT = audit_format(
    "cloudtrail",
    "AWS CloudTrail",
    ("event versions 1.0 to 1.11, as documented",),
    is_entry=is_entry,
    entry_of=entry_of,
    unwrapped=unwrapped,
)
