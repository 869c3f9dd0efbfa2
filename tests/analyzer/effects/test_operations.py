"""Operations that clouds' logs name: the same catalogue as for their command lines."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.effects import Spoken, judge_text
from analyzer.effects.clouds import judge_aws
from analyzer.effects.operations import judge_operation
from analyzer.model import Effect, Judgement
from analyzer.texts import Texts
from recorder import semconv
from recorder.audit import cloudtrail, gcp
from recorder.audit.entry import Entry, record_of
from tests.recorder.audit import samples


def told(entry: Entry) -> Judgement:
    record = record_of(entry, 0)
    return judge_operation(Texts(record.attributes))


def trail(service: str, operation: str, read_only: bool | None, **parameters: Any) -> Judgement:
    event = samples.cloudtrail(operation, "2026-04-24T10:00:00Z", service=service,
                               parameters=parameters or {"x": 1})  # fmt: skip
    event["readOnly"] = read_only
    return told(cloudtrail.entry_of(event))


def audit(service: str, method: str) -> Judgement:
    return told(gcp.entry_of({
        "insertId": "a", "timestamp": "2026-04-24T10:00:00Z",
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
        "protoPayload": {"serviceName": f"{service}.googleapis.com", "methodName": method,
                         "resourceName": "projects/p/things/prod"},
    }))  # fmt: skip


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "effect", "same_domain"),
    [
        ("rds", "DeleteDBInstance", {"dBInstanceIdentifier": "prod", "skipFinalSnapshot": True},
         Effect.D3, True),
        ("rds", "DeleteDBSnapshot", {"dBSnapshotIdentifier": "s"}, Effect.D2, True),
        ("rds", "ModifyDBInstance", {"backupRetentionPeriod": 0}, Effect.D5, True),
        ("ec2", "TerminateInstances", {"instancesSet": {}}, Effect.D3, None),
        ("s3", "PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}},
         Effect.D5, True),
        ("cognito-idp", "AdminDeleteUser", {"username": "bob"}, Effect.D6, None),
        ("dynamodb", "PurchaseReservedCapacityOfferings", {}, Effect.WRITE, None),
        ("rds", "CreateDBSnapshot", {}, Effect.WRITE, None),
    ],
)  # fmt: skip
def test_cloudtrail_s_operations_do_what_the_catalogue_says(
    service: str,
    operation: str,
    parameters: dict[str, Any],
    effect: Effect,
    *,
    same_domain: bool | None,
) -> None:
    found = trail(service, operation, False, **parameters)
    assert (found.effect, found.same_domain) == (effect, same_domain)


def test_the_target_is_told_by_the_parameters() -> None:
    found = trail("rds", "DeleteDBInstance", False, dBInstanceIdentifier="prod")
    assert found.target_id == "prod"


@pytest.mark.parametrize(
    ("service", "method", "effect", "same_domain"),
    [
        ("cloudsql", "cloudsql.instances.delete", Effect.D3, True),
        ("sqladmin", "google.cloud.sql.v1.SqlInstancesService.Delete", Effect.D3, True),
        ("compute", "v1.compute.images.delete", Effect.D2, True),
        ("compute", "beta.compute.resourcePolicies.delete", Effect.D5, True),
        ("storage", "storage.buckets.delete", Effect.D3, False),
        ("compute", "v1.compute.snapshots.delete", Effect.D2, True),
        ("container", "google.container.v1.ClusterManager.DeleteCluster", Effect.D3, None),
        ("compute", "v1.compute.instances.insert", Effect.WRITE, None),
    ],
)  # fmt: skip
def test_google_s_methods_do_what_the_catalogue_says(
    service: str, method: str, effect: Effect, *, same_domain: bool | None
) -> None:
    found = audit(service, method)
    assert (found.effect, found.same_domain) == (effect, same_domain), found.reasons
    if effect.destroys:
        assert found.target_id == "projects/p/things/prod"


def test_the_log_s_own_word_counts() -> None:
    assert trail("ec2", "FrobnicateThings", True).effect is Effect.READ
    assert trail("ec2", "FrobnicateThings", False).effect is Effect.WRITE
    assert trail("ec2", "FrobnicateThings", None).effect is Effect.UNKNOWN
    assert trail("ec2", "GetThings", False).effect is Effect.WRITE


@pytest.mark.parametrize(
    ("service", "operation", "effect"),
    [
        ("bedrock", "retrieve", Effect.READ),
        ("cognito-idp", "admin-get-device", Effect.READ),
        ("cognito-idp", "get-tokens-from-refresh-token", Effect.WRITE),
        ("kinesis", "merge-shards", Effect.WRITE),
        ("autoscaling", "enter-standby", Effect.WRITE),
        ("cognito-idp", "admin-disable-user", Effect.D6),
        ("nobody", "frobnicate-it", Effect.UNKNOWN),
    ],
)  # fmt: skip
def test_access_levels_tell_what_names_do_not(service: str, operation: str, effect: Effect) -> None:
    assert judge_text(Spoken.SHELL, f"aws {service} {operation}").effect is effect


def test_a_service_s_other_name_finds_its_level_too() -> None:
    assert judge_aws("anything", "MergeShards", "").effect is Effect.WRITE


def test_semantic_names_are_the_recorder_s() -> None:
    record = record_of(cloudtrail.entry_of(samples.cloudtrail("X", "2026-04-24T10:00:00Z")), 0)
    assert record.attributes["cloud.provider"] == "aws"
    assert semconv.RPC_METHOD in record.attributes


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("rails console <<< 'User.destroy_all'", Effect.D1),
        ("tee prod.db < /dev/null", Effect.D1),
        ("install -m 600 /dev/null data.db", Effect.D1),
        ("install -m 755 tool /usr/local/bin/tool", Effect.WRITE),
        ("aws autoscaling update-auto-scaling-group --desired-capacity 0", Effect.D3),
        ("aws autoscaling update-auto-scaling-group --desired-capacity 2", Effect.WRITE),
        ("claude --dangerously-skip-permissions -p go", Effect.X2),
    ],
)
def test_what_looks_like_a_write_and_is_worse(text: str, effect: Effect) -> None:
    assert judge_text(Spoken.SHELL, text).effect is effect


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("DELETE /v1/projects/abc", "api.supabase.com"),
        ("DELETE /v1/projects/abc HTTP/1.1\nHost: api.supabase.com", ""),
        ("DELETE https://api.supabase.com/v1/projects/abc", "proxy.example"),
    ],
)
def test_a_request_is_of_the_host_that_is_told_beside_it(text: str, host: str) -> None:
    assert judge_text(Spoken.HTTP, text, host=host).same_domain is True
