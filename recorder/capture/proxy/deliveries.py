"""Hands records to the pipeline off the event loop: a slow recorder does not stop the traffic."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from recorder.model import Record

__all__ = ["HAND_OVER_SECONDS", "Deliveries", "RecordSink"]

HAND_OVER_SECONDS = 1.0
"""The longest that a request is held back for its start record to become durable."""
WAITERS = 8


class RecordSink(Protocol):
    """Where records go: `recorder.client.connect` returns one."""

    def submit(self, record: Record, *, wait: bool = False) -> object:
        """Take a record; with `wait`, return once it is durable. Never raises."""

    def close(self) -> None:
        """Hand over what is still held."""


class Deliveries:
    """Takes records from the event loop and gives them to a sink in threads."""

    def __init__(self, sink: RecordSink) -> None:
        self._sink = sink
        # One thread keeps the order of what nobody waits for; waiting ones go side by side, so that
        # parallel requests share the recorder's group commit.
        self._in_order = ThreadPoolExecutor(1, thread_name_prefix="flightlog-record")
        self._waiting = ThreadPoolExecutor(WAITERS, thread_name_prefix="flightlog-wait")

    async def before_going_on(self, record: Record) -> None:
        """Return when the record is durable, or after `HAND_OVER_SECONDS` at the latest."""
        loop = asyncio.get_running_loop()
        task = loop.run_in_executor(self._waiting, self._submit, record)
        done, _late = await asyncio.wait([task], timeout=HAND_OVER_SECONDS)
        for finished in done:
            finished.result()

    def soon(self, record: Record) -> None:
        """Hand the record over without waiting for it."""
        self._in_order.submit(self._sink.submit, record)

    def close(self) -> None:
        """Hand over what is still held and let go of the sink."""
        self._waiting.shutdown(wait=True)
        self._in_order.shutdown(wait=True)
        self._sink.close()

    def _submit(self, record: Record) -> None:
        self._sink.submit(record, wait=True)
