"""Hands records to the pipeline: a slow recorder does not stop the traffic.

Over the direct line, where small ones are written ahead and the others go while a recorder answers;
else in threads, through the sink.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from recorder.capture.proxy.ahead import Ahead
from recorder.capture.proxy.line import DirectLine
from recorder.model import Record
from recorder.own_words import gap

__all__ = ["HAND_OVER_SECONDS", "Deliveries", "Reach", "RecordSink"]

HAND_OVER_SECONDS = 1.0
"""The longest that a request is held back for its start record to become durable."""
WAITERS = 8


class RecordSink(Protocol):
    """Where records go: `recorder.client.connect` returns one."""

    def submit(self, record: Record, *, wait: bool = False) -> object:
        """Take a record; with `wait`, return once it is durable. Never raises."""

    def close(self) -> None:
        """Hand over what is still held."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a recorder is spoken to without the sink."""

    address: Path
    """Its socket."""
    put_aside: Callable[[Sequence[Record]], None]
    """Puts records into the spool that may have arrived already."""
    ahead: Ahead | None = None
    """Writes small records ahead."""


class Deliveries:
    """Takes records from the event loop and gives them to a sink in threads."""

    def __init__(self, sink: RecordSink, reach: Reach | None = None) -> None:
        """Begin.

        Args:
            sink: where records go when there is no direct line.
            reach: what the direct line is made of.
        """
        self._sink = sink
        # One thread keeps the order of what nobody waits for; waiting ones go side by side, so that
        # parallel requests share the recorder's group commit.
        self._in_order = ThreadPoolExecutor(1, thread_name_prefix="flightlog-record")
        self._line = None
        if reach is not None:
            put_aside = reach.put_aside
            self._line = DirectLine(
                reach.address,
                lambda records: self._in_order.submit(put_aside, records),
                reach.ahead,
            )
        self._waiting = ThreadPoolExecutor(WAITERS, thread_name_prefix="flightlog-wait")
        # One again: what is read in it is read in the order in which it passed.
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="flightlog-read")

    async def before_going_on(self, record: Record) -> None:
        """Return when the record outlives a kill of the proxy and the recorder, or after
        `HAND_OVER_SECONDS` at the latest.
        """
        if self._line is None or not self._line.write_ahead(record):
            await self.commit(record)

    async def commit(self, record: Record) -> None:
        """Return when the record is in the recording, or after `HAND_OVER_SECONDS` at the latest
        (without a recorder: in the spool).
        """
        task: asyncio.Future[None] | None = self._line.take_and_tell(record) if self._line else None
        if task is None:
            loop = asyncio.get_running_loop()
            task = loop.run_in_executor(self._waiting, self._submit, record)
        done, _late = await asyncio.wait([task], timeout=HAND_OVER_SECONDS)
        for finished in done:
            finished.result()

    def soon(self, record: Record) -> None:
        """Hand the record over without waiting for it."""
        if self._line is None or not self._line.take(record):
            self._in_order.submit(self._sink.submit, record)

    async def drain(self) -> None:
        """Wait, for a bounded time, until the recorder has what was handed over."""
        await asyncio.get_running_loop().run_in_executor(self._reading, _nothing)
        if self._line is not None:
            await self._line.drain()

    async def read_first(
        self,
        read: Callable[[], list[Record]],
        must_be_durable: Callable[[Record], bool],
        *,
        commits: bool = False,
    ) -> None:
        """Read what passes and hand its records over; return when those that must be are durable.

        Args:
            read: makes the records; runs in the order of all that is read.
            must_be_durable: tells which records the traffic waits for.
            commits: those have to be in the recording; else they have to outlive a kill.
        """
        task = asyncio.get_running_loop().run_in_executor(self._reading, _read, read)
        done, late = await asyncio.wait([task], timeout=HAND_OVER_SECONDS)
        for task in late:
            task.add_done_callback(self._hand_over)
        for finished in done:
            records = finished.result()
            for record in records:
                if not must_be_durable(record):
                    self.soon(record)
            hand_over = self.commit if commits else self.before_going_on
            await asyncio.gather(*map(hand_over, filter(must_be_durable, records)))

    def read_soon(self, read: Callable[[], list[Record]]) -> None:
        """Read what passes, in order, and hand its records over, without waiting for it."""
        loop = asyncio.get_running_loop()
        task = loop.run_in_executor(self._reading, _read, read)
        task.add_done_callback(self._hand_over)

    def _hand_over(self, finished: asyncio.Future[list[Record]]) -> None:
        if not finished.cancelled():
            for record in finished.result():
                self.soon(record)

    def close(self) -> None:
        """Hand over what is still held and let go of the sink."""
        self._reading.shutdown(wait=True)
        self._waiting.shutdown(wait=True)
        self._in_order.shutdown(wait=True)
        self._sink.close()

    def _submit(self, record: Record) -> None:
        self._sink.submit(record, wait=True)


def _read(read: Callable[[], list[Record]]) -> list[Record]:
    """Return the records of what passed, or the one that says that it could not be read."""
    try:
        return read()
    # Whatever a hostile message sets off: it costs its records, and nothing goes on unsaid.
    except Exception as error:
        return [gap(1, f"a message that passed could not be recorded ({type(error).__name__})")]


def _nothing() -> None:
    """Come after all that is read before."""
