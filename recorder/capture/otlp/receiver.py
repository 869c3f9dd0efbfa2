"""From a request's bytes to committed records, whichever transport brought them.

A request is read piece by piece, each piece committed before the next is decoded, so that neither
its size nor its shape decides how much memory it takes. Only when all of it is committed is it
answered with success.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from recorder import semconv
from recorder.capture.otlp import json_form, protobuf
from recorder.capture.otlp.items import LogItem, MalformedError, Rejected, SpanItem
from recorder.capture.otlp.limits import Admission, Limits
from recorder.capture.otlp.onward import Onward
from recorder.capture.otlp.records import Translator
from recorder.capture.otlp.signals import NOT_PASSED_ON, Signal
from recorder.client import Client
from recorder.model import Json, Phase, Record
from recorder.own_words import gap, own_record
from recorder.service import Service

__all__ = [
    "ClientSink",
    "NotCommittedError",
    "Received",
    "Receiver",
    "ServiceSink",
    "Sink",
]

PIECE_ITEMS = 512
PIECE_BYTES = 2 * 1024 * 1024
"""A piece of a request has at most so many spans, of about so many bytes, and at least one."""


class NotCommittedError(Exception):
    """The records could not be committed; they wait in the spool, or are counted as lost."""


class Sink(Protocol):
    """Where records are committed."""

    async def commit(self, records: Sequence[Record]) -> bool:
        """Return whether all of the records are committed, once that is known."""
        ...


class ServiceSink:
    """Commits through the recorder in this process."""

    def __init__(self, service: Service) -> None:
        """Commit through a running recorder."""
        self._service = service

    async def commit(self, records: Sequence[Record]) -> bool:
        """Return whether all of the records are committed, once that is known."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def settle(committed: bool) -> None:
            if not answer.done():
                answer.set_result(committed)

        def done(committed: bool) -> None:
            loop.call_soon_threadsafe(settle, committed)

        self._service.submit_group(records, done)
        return await answer


class ClientSink:
    """Commits through the recorder of another process."""

    def __init__(self, client: Client) -> None:
        """Commit through a recorder's client."""
        self._client = client
        self._thread = ThreadPoolExecutor(1, "flightlog-otlp-client")

    async def commit(self, records: Sequence[Record]) -> bool:
        """Return whether all of the records are committed, once that is known."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._client.submit_group, records)

    def close(self) -> None:
        """Let go of the recorder."""
        self._thread.shutdown(cancel_futures=True)
        self._client.close()


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a request that was taken."""

    rejected: int = 0
    """Spans or log records that could not be read; the others are committed."""
    message: str = ""


@dataclass(slots=True)
class _Tally:
    """What is still to be said in the recording, counted since it was last said."""

    unreadable: int = 0
    malformed: int = 0
    metrics: int = 0


class Receiver:
    """Takes export requests. For one event loop."""

    def __init__(
        self, sink: Sink, limits: Limits, *, run: str = "", onward: Onward | None = None
    ) -> None:
        """Begin.

        Args:
            sink: commits the records.
            limits: how much may be under way.
            run: id of the launch that this receiver serves; empty without one.
            onward: passes on what was committed.
        """
        self._onward = onward
        self.admission = Admission(limits)
        self.limits = limits
        self._sink = sink
        self._translator = Translator(run)
        self._tally = _Tally()

    async def export(
        self, signal: Signal, body: bytes, *, is_json: bool, headers: Mapping[str, str]
    ) -> Received:
        """Commit what a request holds.

        Args:
            signal: what it exports.
            body: its body, decompressed.
            is_json: the body is JSON, else protobuf.
            headers: what else the client sent; names in lower case.

        Raises:
            MalformedError: the body is not what it should be; part of it may be committed.
            NotCommittedError: the recording cannot be written now.
            OverloadedError: others take too long; nothing of it was taken.
        """
        try:
            if signal is Signal.METRICS:
                count = json_form.metric_count if is_json else protobuf.metric_count
                self._tally.metrics += count(body)
                received = Received()
            else:
                received = await self._take(_reader(signal, is_json=is_json)(body))
        except MalformedError:
            self._tally.malformed += 1
            raise
        if self._onward:
            self._onward.offer(signal, body, is_json=is_json, headers=headers)
        return received

    async def _take(self, items: Iterator[SpanItem | LogItem | Rejected]) -> Received:
        reason = ""
        count = 0
        piece: list[SpanItem | LogItem] = []
        size = 0
        is_begun = False
        for item in items:
            if isinstance(item, Rejected):
                count += 1
                reason = reason or item.reason
                self._tally.unreadable += 1
                continue
            piece.append(item)
            size += item.size
            if len(piece) >= PIECE_ITEMS or size >= PIECE_BYTES:
                await self._commit(piece, size, is_begun=is_begun)
                piece, size, is_begun = [], 0, True
        if piece:
            await self._commit(piece, size, is_begun=is_begun)
        return Received(count, f"{count} could not be taken: {reason}" if count else "")

    async def _commit(self, piece: list[SpanItem | LogItem], size: int, *, is_begun: bool) -> None:
        async with self.admission.turn(size, is_begun=is_begun):
            if not await self._sink.commit(self._translator.records(piece)):
                raise NotCommittedError

    async def tell(self) -> None:
        """Put into the recording what was refused, unreadable or only counted since last time."""
        refused, self.admission.refused = self.admission.refused, 0
        tally, self._tally = self._tally, _Tally()
        records: list[Record] = []
        if refused:
            reason = "export requests came faster than they could be kept; clients were told to "
            records.append(gap(refused, reason + "retry"))
        if tally.malformed:
            records.append(gap(tally.malformed, "export requests were no OTLP and were refused"))
        if tally.unreadable:
            reason = "spans or log records could not be read and were rejected"
            records.append(gap(tally.unreadable, reason))
        if tally.metrics:
            counted: dict[str, Json] = {semconv.COUNT: tally.metrics}
            records.append(own_record("metrics_not_kept", Phase.POINT, counted))
        for reason, count in (self._onward.take_failed() if self._onward else {}).items():
            said: dict[str, Json] = {semconv.COUNT: count, semconv.REASON: reason}
            records.append(own_record(NOT_PASSED_ON, Phase.POINT, said))
        if records:
            await self._sink.commit(records)


def _reader(
    signal: Signal, *, is_json: bool
) -> Callable[[bytes], Iterator[SpanItem | LogItem | Rejected]]:
    if signal is Signal.TRACES:
        return json_form.spans if is_json else protobuf.spans
    return json_form.logs if is_json else protobuf.logs
