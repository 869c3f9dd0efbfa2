"""Clouds' logs as they are exported, entry by entry, as records."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recorder import semconv
from recorder.audit import cloudtrail, gcp, github, kubernetes
from recorder.model import Kind, Phase, Record, Status, Witness
from recorder.reader import Recording
from recorder.transcripts.format import Damage, Format
from recorder.transcripts.source import Source
from recorder.transcripts.table import detect
from tests.recorder.audit import samples
from tests.recorder.factories import write

AT = "2026-04-24T09:00:30Z"
AT_NS = 1_777_021_230_000_000_000


def source_of(content: bytes, name: str = "export") -> Source:
    return Source(name, lambda: io.BytesIO(content), len(content))


def told(content: bytes) -> tuple[Format, list[Record], list[Damage]]:
    source = source_of(content)
    found = detect(source)
    assert found is not None
    items = list(found.read(source))
    damage = [item for item in items if isinstance(item, Damage)]
    return found, [r for i in items if not isinstance(i, Damage) for r in i.records], damage


def one(content: dict[str, Any]) -> Record:
    _, records, damage = told(json.dumps(content).encode())
    assert not damage
    assert len(records) == 1
    assert (records[0].witness, records[0].kind) == (Witness.AUDIT, Kind.API_REQUEST)
    return records[0]


EVENTS = [
    samples.cloudtrail("TerminateInstances", AT, number=1),
    samples.cloudtrail("DescribeInstances", AT, number=2, read_only=True),
    samples.cloudtrail("DeleteVolume", AT, number=3, error="Client.UnauthorizedOperation"),
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": EVENTS}).encode(),
        json.dumps({"Records": EVENTS}, indent=2).encode(),
        json.dumps(EVENTS).encode(),
        samples.json_lines(*EVENTS),
        samples.json_lines(*({"Records": [event]} for event in EVENTS)),
        json.dumps({"Events": [{"CloudTrailEvent": json.dumps(e)} for e in EVENTS]}).encode(),
    ],
    ids=["file", "pretty", "array", "lake lines", "files joined", "lookup"],
)
def test_every_shape_of_cloudtrail_is_the_same_three_requests(content: bytes) -> None:
    found, records, damage = told(content)
    assert (found.name, damage) == ("cloudtrail", [])
    assert [r.name for r in records] == [
        "ec2.TerminateInstances", "ec2.DescribeInstances", "ec2.DeleteVolume",
    ]  # fmt: skip
    assert [r.status for r in records] == [Status.OK, Status.OK, Status.ERROR]
    assert {r.t_ns for r in records} == {AT_NS}


def test_a_cloudtrail_event_says_who_asked_for_what_from_where() -> None:
    said = one(EVENTS[0]).attributes
    assert said["flightlog.audit.principal"] == "123456789012 deployer/deploy-agent"
    assert said[cloudtrail.AWS_ACCESS_KEY] == samples.ACCESS_KEY
    assert said[semconv.CLIENT_ADDRESS] == "203.0.113.7"
    assert said[semconv.SERVER_ADDRESS] == "ec2.us-east-1.amazonaws.com"
    assert said[semconv.REQUEST_ID] == EVENTS[0]["requestID"]
    assert said["flightlog.audit.mfa"] == "false"
    assert said["flightlog.audit.read_only"] is False
    assert "i-0abc" in str(said[semconv.REQUEST_BODY])
    refused = one(EVENTS[2]).attributes
    assert refused[semconv.ERROR_TYPE] == "Client.UnauthorizedOperation"


def test_the_same_event_exported_twice_is_the_same_record() -> None:
    assert one(EVENTS[0]).id == one(EVENTS[0]).id
    assert one(EVENTS[0]).id != one(EVENTS[1]).id


def test_a_github_request_has_its_method_path_and_status() -> None:
    record = one(
        samples.github(
            "api.request", request_method="DELETE", url_path="/repos/octo-org/octo-repo",
            query_string="force=1", status_code=403, request_id="AB12:34", route="/repos/:owner",
        )
    )  # fmt: skip
    said = record.attributes
    assert (said[semconv.HTTP_METHOD], said[semconv.URL_PATH]) == (
        "DELETE", "/repos/octo-org/octo-repo",
    )  # fmt: skip
    assert (said[semconv.URL_QUERY], said[semconv.HTTP_STATUS]) == ("force=1", 403)
    assert record.status is Status.ERROR
    assert record.t_ns == 1_777_021_230_250 * 1_000_000, "when it happened, not when it was logged"
    assert said["flightlog.audit.token_scopes"] == "repo,delete_repo"


@pytest.mark.parametrize(
    ("action", "fields", "kind", "name"),
    [
        ("repo.destroy", {"repo": "acme/site"}, "repository", "acme/site"),
        ("protected_branch.destroy", {"repo": "acme/site"}, "protected_branch", "acme/site"),
        ("team.destroy", {"team": "acme/ops", "repo": "acme/x"}, "team", "acme/ops"),
        ("org.remove_member", {"org": "acme"}, "org", "acme"),
        ("environment.delete", {"repo": "acme/site"}, "environment", "acme/site"),
    ],
)
def test_what_a_github_action_is_on_is_told(
    action: str, fields: dict[str, str], kind: str, name: str
) -> None:
    entry = {k: v for k, v in samples.github(action).items() if k not in {"repo", "team", "org"}}
    said = one({**entry, **fields}).attributes
    assert said["flightlog.audit.target.resource"] == kind
    assert said["flightlog.audit.target.name"] == name


def test_a_github_action_that_removes_is_no_read() -> None:
    said = one(samples.github("repo.destroy")).attributes
    assert said["flightlog.audit.read_only"] is False
    assert said[semconv.RPC_METHOD] == "repo.destroy"
    assert semconv.HTTP_METHOD not in said


def test_the_stages_of_a_kubernetes_request_are_one_action() -> None:
    content = samples.json_lines(
        samples.kubernetes("RequestReceived"), samples.kubernetes("ResponseComplete", code=403)
    )
    found, (start, end), damage = told(content)
    assert (found.name, damage) == ("kubernetes-audit", [])
    assert (start.phase, end.phase) == (Phase.START, Phase.END)
    assert start.ref == end.ref
    assert start.status is Status.UNSET
    assert (end.status, end.attributes[semconv.ERROR_TYPE]) == (Status.ERROR, "Forbidden")
    assert start.t_ns is not None
    assert end.t_ns == AT_NS + 300_400_000
    assert end.attributes[semconv.HTTP_METHOD] == "DELETE"
    assert end.name == "kubernetes.delete persistentvolumeclaims"


def test_an_event_list_of_a_webhook_is_read_too() -> None:
    events = [samples.kubernetes("RequestReceived"), samples.kubernetes("ResponseComplete")]
    content = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": events}
    _, records, _ = told(json.dumps(content).encode())
    assert len(records) == 2


def test_a_gcp_entry_keeps_its_nanoseconds_and_names_its_error() -> None:
    record = one(samples.gcp("v1.compute.instances.delete", code=7))
    assert record.t_ns == AT_NS + 123_456_789
    assert record.attributes[semconv.ERROR_TYPE] == "PERMISSION_DENIED"
    assert record.attributes["flightlog.audit.read_only"] is False
    assert record.name == "compute.v1.compute.instances.delete"


def test_the_two_entries_of_a_long_gcp_operation_are_its_start_and_its_end() -> None:
    method = "v1.compute.instances.delete"
    first = samples.gcp(method, operation={"id": "operation-1", "first": True})
    last = samples.gcp(method, operation={"id": "operation-1", "last": True}, insertId="other")
    _, (start, end), _ = told(samples.json_lines(first, last))
    assert (start.phase, end.phase) == (Phase.START, Phase.END)
    assert start.ref == end.ref


@pytest.mark.parametrize(
    "written", ["2026-11-23 06:00:03.123456 UTC", "2026-11-23 06:00:03.123456"]
)
def test_a_row_of_bigquery_tells_what_the_entry_told_that_it_was_made_of(written: str) -> None:
    entry = samples.gcp(
        "v1.compute.instances.delete", code=7, timestamp="2026-11-23T06:00:03.123456Z",
        operation={"id": "operation-1", "first": True},
    )  # fmt: skip
    payload = dict(entry["protoPayload"])
    payload["status"] = {**payload["status"], "code": "7"}
    for name in ("request", "response"):
        if name in payload:
            payload[f"{name}Json"] = json.dumps(payload.pop(name))
    row = {name: value for name, value in entry.items() if name != "protoPayload"}
    row |= {"protopayload_auditlog": payload, "timestamp": written,
            "operation": {"id": "operation-1", "first": "true", "last": None}}  # fmt: skip
    first, second = one(entry), one(row)
    assert (first.t_ns, first.phase, first.name) == (second.t_ns, second.phase, second.name)
    for name in (semconv.ERROR_TYPE, semconv.USER_NAME, semconv.PROCESS_CWD):
        assert first.attributes.get(name) == second.attributes.get(name)
    assert first.attributes.keys() - {"flightlog.audit.id"} <= second.attributes.keys()


def test_data_access_is_a_read_where_every_permission_is_for_reading() -> None:
    entry = samples.gcp("storage.objects.get")
    entry["logName"] = "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access"
    entry["protoPayload"]["authorizationInfo"] = [{"permissionType": "DATA_READ", "granted": True}]
    assert one(entry).attributes["flightlog.audit.read_only"] is True


def test_damage_is_named_by_its_line_and_the_rest_is_read() -> None:
    content = samples.json_lines(EVENTS[0]) + b"{broken\n" + samples.json_lines(EVENTS[1])
    content += b'{"eventSource": "ec2.amaz'
    _, records, damage = told(content)
    assert len(records) == 2
    assert [d.line for d in damage] == [2, 4]
    assert damage[1].reason == "the last line is cut off"


def test_an_access_key_and_a_secret_in_the_answer_are_sealed(tmp_path: Path) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"
    event = samples.cloudtrail("CreateAccessKey", AT, service="iam")
    event["responseElements"] = {
        "accessKey": {"accessKeyId": samples.ACCESS_KEY, "secretAccessKey": secret}
    }
    path = write(tmp_path / "flight.db", [one(event)])
    stored = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert secret.encode() not in stored
    with Recording.open(path) as recording:
        record = next(iter(recording.records()))
        assert recording.sessions()[0].witness is Witness.AUDIT
    assert "⟦" in str(record.attributes[semconv.RESPONSE_BODY])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SAMPLES = [
    (cloudtrail, EVENTS[2]),
    (github, samples.github("api.request", request_method="GET", url_path="/x")),
    (kubernetes, samples.kubernetes("ResponseComplete", code=404)),
    (gcp, samples.gcp("m", operation={"id": "o", "first": True})),
]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_no_value_of_any_type_in_any_field_stops_the_reading(
    sample: tuple[Any, dict[str, Any]], data: st.DataObject
) -> None:
    module, entry = sample
    names = data.draw(st.lists(st.sampled_from(sorted(entry)), max_size=3))
    changed = entry | {name: data.draw(VALUES) for name in names}
    items = list(module.FORMAT.read(source_of(json.dumps(changed).encode())))
    assert items, "told or named as damage, never passed over"
