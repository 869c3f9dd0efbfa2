"""What becomes of a request when something in the recording of it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from mitmproxy.test import tflow

from recorder.capture.proxy.addon import Peers, RecordingAddon
from recorder.capture.proxy.deliveries import Deliveries
from recorder.capture.proxy.gate import Gate
from recorder.capture.proxy.records import Scribe
from recorder.guarding.place import settings_path
from recorder.model import Record


class Sink:
    """Takes records, or fails at each."""

    def __init__(self, *, fails: bool = False) -> None:
        self.taken: list[Record] = []
        self._fails = fails

    def submit(self, record: Record, *, wait: bool = False) -> None:
        if self._fails:
            raise RuntimeError("no more threads")
        self.taken.append(record)

    def close(self) -> None: ...


@pytest.mark.parametrize("mode", ["enforce", "observe", ""])
async def test_a_request_that_cannot_be_recorded_goes_on_unless_a_guard_enforces(
    tmp_path: Path, mode: str
) -> None:
    recording = tmp_path / "flight.db"
    if mode:
        settings_path(recording).write_text(f'{{"mode": "{mode}"}}')
    deliveries = Deliveries(Sink(fails=True))
    addon = RecordingAddon(deliveries, Scribe("run"), Peers(), Gate(recording))
    flow = tflow.tflow()
    flow.request.method = "DELETE"
    with pytest.raises(RuntimeError):
        await addon.request(flow)
    assert (flow.response is not None and flow.response.status_code == 403) is (mode == "enforce")
    deliveries.close()


@pytest.mark.parametrize("waits", [True, False])
async def test_a_message_that_stumbles_is_told_as_a_gap(waits: bool) -> None:
    def read() -> list[Record]:
        raise TypeError("'int' object is not iterable: TOKEN=secret")

    sink = Sink()
    deliveries = Deliveries(sink)
    if waits:
        await deliveries.read_first(read, lambda _: False)
    else:
        deliveries.read_soon(read)
    await deliveries.drain()
    deliveries.close()
    (gap,) = sink.taken
    assert gap.name == "gap"
    assert "TypeError" in str(gap.attributes["flightlog.reason"])
    assert "secret" not in str(gap)
