"""Entries of clouds' logs with the fields that their vendors document, and made-up values."""

from __future__ import annotations

import json
from typing import Any

ACCESS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"  # AWS's own example, cut so that scanners leave it alone


def cloudtrail(
    operation: str,
    at: str,
    *,
    service: str = "ec2",
    error: str = "",
    number: int = 1,
    read_only: bool = False,
    agent: str = "aws-cli/2.15.0 md/command#ec2",
    parameters: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a management event of version 1.11."""
    event: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEID:deploy-agent",
            "arn": "arn:aws:sts::123456789012:assumed-role/deployer/deploy-agent",
            "accountId": "123456789012",
            "accessKeyId": ACCESS_KEY,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLEID",
                    "arn": "arn:aws:iam::123456789012:role/deployer",
                    "accountId": "123456789012",
                    "userName": "deployer",
                },
                "attributes": {"creationDate": "2026-04-24T09:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": at,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": agent,
        "requestParameters": parameters or {"instancesSet": {"items": [{"instanceId": "i-0abc"}]}},
        "responseElements": None,
        "requestID": f"59dbff89-35bd-4eac-99ed-be587ed8{number:04x}",
        "eventID": f"c4f53ed6-1111-2222-3333-be587ed8{number:04x}",
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.us-east-1.amazonaws.com",
        },
    }
    if error:
        event |= {"errorCode": error, "errorMessage": "You are not authorized to do this."}
    return event


def github(action: str, **more: Any) -> dict[str, Any]:
    """Return an entry as the log stream has it."""
    return {
        "@timestamp": 1_777_021_230_500,
        "_document_id": f"doc-{action}-{more.get('request_id', '')}",
        "action": action,
        "actor": "octo-agent",
        "actor_id": 583231,
        "actor_ip": "203.0.113.7",
        "actor_location": {"country_code": "DE"},
        "business": "octo-corp",
        "created_at": 1_777_021_230_250,
        "hashed_token": "3tUXfu8LMbuCvXMxWGY5VTgRJ0XZyfaQWbKOLmN5Xz0=",
        "operation_type": "remove",
        "org": "octo-org",
        "programmatic_access_type": "Personal access token (classic)",
        "repo": "octo-org/octo-repo",
        "token_id": 42,
        "token_scopes": "repo,delete_repo",
        "user_agent": "curl/8.5.0",
        **more,
    }


def kubernetes(stage: str, verb: str = "delete", code: int = 200, **more: Any) -> dict[str, Any]:
    """Return one stage of a request."""
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "RequestResponse",
        "auditID": "9d2b2e2a-6f9f-4a2e-8d0c-000000000001",
        "stage": stage,
        "requestURI": "/api/v1/namespaces/shop/persistentvolumeclaims/data",
        "verb": verb,
        "user": {"username": "system:serviceaccount:ci:agent", "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.7"],
        "userAgent": "kubectl/v1.33.0 (linux/amd64) kubernetes/1234567",
        "objectRef": {
            "resource": "persistentvolumeclaims", "namespace": "shop", "name": "data",
            "apiVersion": "v1",
        },
        "requestReceivedTimestamp": "2026-04-24T09:00:30.100200Z",
        "stageTimestamp": "2026-04-24T09:00:30.100200Z"
        if stage == "RequestReceived"
        else "2026-04-24T09:00:30.300400Z",
        **more,
    }  # fmt: skip
    if stage == "ResponseComplete":
        event["responseStatus"] = {"metadata": {}, "code": code}
        event["annotations"] = {"authorization.k8s.io/decision": "allow"}
        if code >= 400:
            event["responseStatus"] |= {"status": "Failure", "reason": "Forbidden"}
    return event


def gcp(method: str, *, code: int = 0, **more: Any) -> dict[str, Any]:
    """Return an entry of the admin activity log."""
    return {
        "insertId": f"insert-{method}",
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "compute.googleapis.com",
            "methodName": method,
            "resourceName": "projects/shop-prod/zones/europe-west1-b/instances/db-1",
            "authenticationInfo": {
                "principalEmail": "agent@shop-prod.iam.gserviceaccount.com",
                "serviceAccountKeyName": "//iam.googleapis.com/projects/shop-prod/keys/k1",
            },
            "authorizationInfo": [{"permission": "compute.instances.delete", "granted": True}],
            "requestMetadata": {
                "callerIp": "203.0.113.7",
                "callerSuppliedUserAgent": "google-cloud-sdk gcloud/470.0.0",
            },
            "request": {"@type": "type.googleapis.com/compute.instances.delete"},
            "status": {"code": code, "message": "denied"} if code else {},
        },
        "receiveTimestamp": "2026-04-24T09:00:31.000000001Z",
        "resource": {"type": "gce_instance", "labels": {"project_id": "shop-prod", "zone": "b"}},
        "severity": "NOTICE",
        "timestamp": "2026-04-24T09:00:30.123456789Z",
        **more,
    }


def json_lines(*entries: dict[str, Any]) -> bytes:
    """Return entries as lines."""
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()
