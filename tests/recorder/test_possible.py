"""Numbers that no clock shows, and whatever else a database may refuse, harm no other record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recorder import semconv
from recorder.client import Client
from recorder.model import Record, StoredRecord
from recorder.reader import Recording
from recorder.sealing import SealedRecord
from recorder.service import Service
from recorder.store import Store
from recorder.verify import verify
from recorder.wire import record_fields
from tests.recorder.factories import record

IMPOSSIBLE = [2**63, 2**64 - 1, -1, 10**30]


def recorded(path: Path) -> dict[str, StoredRecord]:
    with Recording.open(path) as reader:
        return {r.name: r for r in reader.records()}


@pytest.mark.parametrize("number", IMPOSSIBLE)
@pytest.mark.parametrize("has_recorder", [True, False])
def test_a_number_that_is_none_of_a_clock_is_kept_as_told(
    tmp_path: Path, number: int, has_recorder: bool
) -> None:
    """Sent to a recorder, and put aside where there is none."""
    path = tmp_path / "flight.db"
    Service.start(path).stop()
    odd = [
        replace(record("began"), t_ns=number),
        replace(record("received"), observed_ns=number),
        replace(record("process"), pid=number),
        record("ended", attributes={semconv.END_NS: number}),
    ]
    service = Service.start(path) if has_recorder else None
    client = Client(path)
    client.submit_group([record("before"), *odd, record("after")])
    client.close()
    if service is None:
        service = Service.start(path)
    service.stop()
    found = recorded(path)
    assert {"before", "after"} <= found.keys()
    assert found["began"].t_ns is None
    assert found["began"].attributes[semconv.TIME_TOLD] == str(number)
    assert 0 < found["received"].observed_ns < 2**63
    assert found["process"].pid is None
    assert found["ended"].attributes[semconv.END_NS] == str(number)
    assert verify(path).ok


def test_what_can_be_written_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    for number in (0, 1, 2**63 - 1):
        given = record(f"at {number}", attributes={semconv.END_NS: number})
        service.submit(replace(given, t_ns=number, pid=number))
    service.stop()
    found = recorded(path)
    for number in (0, 1, 2**63 - 1):
        one = found[f"at {number}"]
        assert (one.t_ns, one.pid, one.attributes[semconv.END_NS]) == (number, number, number)
        assert semconv.TIME_TOLD not in one.attributes


@pytest.mark.parametrize("fault", [OverflowError, ValueError, KeyError, MemoryError])
def test_a_record_that_cannot_be_kept_costs_no_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    append = Store.append

    def refusing(self: Store, group: Sequence[SealedRecord], **given: Any) -> int:
        if any(sealed.fields["name"] == "odd" for sealed in group):
            raise fault
        return append(self, group, **given)

    monkeypatch.setattr(Store, "append", refusing)
    path = tmp_path / "flight.db"
    service = Service.start(path)
    answers: list[bool] = []

    def submit(*records: Record) -> None:
        service.submit_group(records, answers.append)

    submit(record("before"), record("odd"), record("beside"))
    submit(record("later"))
    service.stop()
    found = recorded(path)
    assert {"before", "beside", "later"} <= found.keys()
    assert "odd" not in found
    assert answers.count(False) >= 1
    with Recording.open(path) as reader:
        gaps = [r for r in reader.records() if r.name == "gap"]
    assert [gap.attributes[semconv.COUNT] for gap in gaps] == [1]
    assert fault.__name__ in str(gaps[0].attributes[semconv.REASON])


def test_whoever_waits_and_fails_harms_no_other(tmp_path: Path) -> None:
    def gone(committed: bool) -> None:
        raise RuntimeError("the event loop is closed")

    path = tmp_path / "flight.db"
    service = Service.start(path)
    service.submit_group([record("first")], gone)
    service.submit(record("second"))
    service.stop()
    assert {"first", "second"} <= recorded(path).keys()


@pytest.mark.parametrize(
    "odd",
    [{"t": float("inf")}, {"t": "x"}, {"pid": float("-inf")}, {"attributes": 7}, {"id": None}],
)
def test_a_record_with_an_odd_field_costs_itself_alone(tmp_path: Path, odd: dict[str, Any]) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    service.submit_fields({**record_fields(record("odd")), **odd})
    assert service.submit(record("good"), wait=True, timeout_seconds=60)
    assert service.is_at_work()
    service.stop()
    with Recording.open(path) as recording:
        names = [r.name for r in recording.records()]
    assert names == ["recorder", "odd" if "id" in odd else "gap", "good", "recorder"]
