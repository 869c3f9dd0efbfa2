"""Entries of clouds' logs inside of what carried them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from recorder.audit.carriers import carried
from tests.recorder.audit import samples
from tests.recorder.audit.test_logs import AT, told

ENTRIES = {
    "cloudtrail": samples.cloudtrail("DeleteVolume", AT, number=1),
    "kubernetes-audit": samples.kubernetes("ResponseComplete"),
    "gcp-audit": samples.gcp("storage.buckets.delete"),
    "github-audit": samples.github("repo.destroy"),
}


def pubsub(entry: Any) -> Any:
    data = base64.b64encode(json.dumps(entry).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "s"}


CARRIERS: dict[str, Callable[[Any], Any]] = {
    "CloudWatch events": lambda e: {"events": [{"timestamp": 1, "message": json.dumps(e)}] * 2},
    "CloudWatch subscription": lambda e: {"logEvents": [{"id": "1", "message": json.dumps(e)}]},
    "CloudWatch line": lambda e: {"timestamp": 1, "message": json.dumps(e)},
    "EventBridge": lambda e: {"version": "0", "detail-type": "x", "source": "y", "detail": e},
    "CloudTrail Lake": lambda e: {"eventMetadata": {"UID": "u"}, "eventData": e},
    "Docker": lambda e: {"log": json.dumps(e) + "\n", "stream": "stdout", "time": AT},
    "Pub/Sub": pubsub,
    "a search index": lambda e: {"_index": "i", "_id": "1", "_source": e},
}


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_carried_an_entry_is_taken_off(carrier: str, name: str) -> None:
    entry = ENTRIES[name]
    _, (bare,), _ = told(json.dumps(entry).encode())
    document = CARRIERS[carrier](entry)
    found, records, damage = told(json.dumps(document).encode())
    assert (found.name, damage) == (name, [])
    assert {r.id for r in records} == {bare.id}
    # The same, one a line, and among what is of another log.
    lines = json.dumps(document) + "\n" + json.dumps(CARRIERS[carrier]({"a": "of another log"}))
    found, records, damage = told(lines.encode())
    assert found.name == name
    assert {r.id for r in records} == {bare.id}
    assert len(damage) == 1


@pytest.mark.parametrize(
    "value",
    [None, 1, [], {}, {"events": [1, {"message": 2}]}, {"log": "{no json"}, {"message": "[1]"},
     {"message": {"data": "%%"}}, {"message": {"data": 1}}, {"detail": 1}],
)  # fmt: skip
def test_what_carries_nothing_is_no_carrier(value: Any) -> None:
    assert list(carried(value)) == []
