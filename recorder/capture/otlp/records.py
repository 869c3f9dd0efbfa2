"""Turn received spans and log records into records.

A received span has ended, so one record tells the whole of it: `t_ns` is its start and
`flightlog.end_ns` its end. A log record becomes what its agent means by it; what has no meaning of
its own is kept as a lifecycle record under its own name, with all of its attributes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

from recorder import semconv
from recorder.capture.genai import kind_of, normalise, session_of, text_of
from recorder.capture.otlp.agents import family_of
from recorder.capture.otlp.agents.event import Meaning, happened_ns, lifecycle
from recorder.capture.otlp.agents.genai import FAMILY as GENERAL
from recorder.capture.otlp.items import LogItem, Source, SpanItem
from recorder.digests import derived
from recorder.model import Json, Kind, Phase, Record, Status, Witness, new_id

__all__ = ["Translator"]

MAX_REMEMBERED = 20_000
"""Traces whose session is known, and resources that stand in the recording already."""
MAX_NAME = 200
"""Characters of a log record's body that may serve as the record's name."""
_STATUS = (Status.UNSET, Status.OK, Status.ERROR)
_SPAN_KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer"}
_CLIENT = 3


class Translator:
    """Makes records, remembering which session a trace belongs to. For one thread."""

    def __init__(self, run: str = "") -> None:
        """Begin.

        Args:
            run: id of the launch that this receiver serves; empty without one.
        """
        self._run = run
        self._sessions: dict[str, str] = {}
        self._of_resource: dict[int, str] = {}
        self._resources: set[tuple[str, int]] = set()

    def records(self, items: Sequence[SpanItem | LogItem]) -> list[Record]:
        """Return the records of one batch, in its order."""
        now = time.time_ns()
        # Children are exported before their parents, and only some spans name their session.
        learned = [self._learn(item) for item in items]
        made: list[Record] = []
        met: dict[str, int] = {}
        for item, (named, besides) in zip(items, learned, strict=True):
            met[item.identity] = times = met.get(item.identity, 0) + 1
            if times > 1 or not item.identity:
                # The same once more in one request is no repetition of the request.
                item.identity = derived(item.identity, " ", -times) if item.identity else new_id()
            if isinstance(item, SpanItem):
                found = self._span(item, named, besides, now)
            else:
                found = self._log(item, named, now)
            self._note_resource(item.source, found[0], now, made)
            made += found
        return made

    def _learn(self, item: SpanItem | LogItem) -> tuple[str, tuple[Meaning, ...]]:
        """Read an item's attributes and remember its session; return the session that it names, and
        what a span says besides.
        """
        besides: tuple[Meaning, ...] = ()
        if isinstance(item, SpanItem):
            besides = family_of(item.source.scope, item.source.service).span(item)
            normalise(item.name, item.attributes)
        session = session_of(item.attributes)
        if session:
            _remember(self._sessions, item.trace_id, session)
            _remember(self._of_resource, item.source.digest, session)
        elif (
            isinstance(item, SpanItem)
            and item.trace_id not in self._sessions
            and _is_agents(item.attributes, _kind(item))
        ):
            # The other spans of its trace belong to it, whether they are calls or not.
            _remember(self._sessions, item.trace_id, item.trace_id)
        return session, besides

    def _session(self, item: SpanItem | LogItem, named: str, kind: Kind) -> str:
        """Return an item's session: its own word, its trace's, its resource's, or its trace.

        What an agent does besides calls (a start-up, a timer) often stands in traces of its own,
        which are no sessions: that belongs to the agent's newest one.
        """
        source = item.source
        known = named or self._sessions.get(item.trace_id) or session_of(source.resource)
        if known or (item.trace_id and _is_agents(item.attributes, kind)):
            return known or item.trace_id
        return (
            self._of_resource.get(source.digest)
            or text_of(source.resource, "service.instance.id")
            or (f"{source.service}-{source.pid}" if source.pid else item.trace_id)
        )

    def _span(
        self, span: SpanItem, named: str, besides: Sequence[Meaning], now: int
    ) -> list[Record]:
        said = span.attributes
        kind = _kind(span)
        self._tell_rest(span)
        call_id = said.get(semconv.GEN_AI_TOOL_CALL_ID) if kind is Kind.TOOL_CALL else None
        name = _name(span)
        if name != span.name:
            said.setdefault(semconv.SPAN_NAME, span.name)
        for key, value in span.source.common.items():
            said.setdefault(key, value)
        session = self._session(span, named, kind)
        record = Record(
            witness=Witness.OTLP,
            phase=Phase.WHOLE,
            kind=kind,
            name=name,
            session=session,
            run=self._run,
            ref=call_id if isinstance(call_id, str) and call_id else span.span_id,
            t_ns=span.start_ns or None,
            observed_ns=now,
            status=_STATUS[span.status] if 0 <= span.status <= 2 else Status.UNSET,
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_span_id=span.parent_span_id,
            pid=span.source.pid,
            attributes=said,
            id=span.identity,
        )
        made = [record]
        for number, meaning in enumerate(besides):
            made.append(self._besides(span, session, meaning, now, number))
        return made

    def _besides(
        self, span: SpanItem, session: str, meaning: Meaning, now: int, number: int
    ) -> Record:
        return Record(
            witness=Witness.OTLP,
            phase=meaning.phase,
            kind=meaning.kind,
            name=meaning.name,
            session=session,
            run=self._run,
            ref=meaning.ref,
            t_ns=meaning.start_ns or span.start_ns or None,
            observed_ns=now,
            status=meaning.status,
            trace_id=span.trace_id,
            span_id=span.span_id,
            pid=span.source.pid,
            attributes=meaning.adds,
            id=derived(span.identity, " ", number),
        )

    def _tell_rest(self, span: SpanItem) -> None:
        """Put what a span says outside its attributes among them."""
        said = span.attributes
        if span.end_ns >= span.start_ns > 0:
            said[semconv.END_NS] = span.end_ns
        if span.kind in _SPAN_KINDS:
            said[semconv.SPAN_KIND] = _SPAN_KINDS[span.kind]
        if span.events:
            for name, _, inside in span.events:
                if name == "exception":
                    said |= {k: v for k, v in inside.items() if k not in said}
            # As text, so that a large event is stored as a large value is.
            said[semconv.SPAN_EVENTS] = json.dumps(
                [{"name": n, "t": str(t), "attributes": a} for n, t, a in span.events],
                ensure_ascii=False,
            )
        if span.message:
            said.setdefault(semconv.EXCEPTION_MESSAGE, span.message)

    def _log(self, log: LogItem, named: str, now: int) -> list[Record]:
        family = family_of(log.source.scope, log.source.service)
        name = _event_name(log)
        meanings = family.event(log, name) or GENERAL.event(log, name) or (lifecycle(name),)
        said = dict(log.source.common)
        if log.severity:
            said[semconv.LOG_SEVERITY] = log.severity
        if log.body is not None and log.body != name:
            said[semconv.LOG_BODY] = log.body
        said |= log.attributes
        session, happened = self._session(log, named, meanings[0].kind), happened_ns(log)
        made: list[Record] = []
        for meaning in meanings:
            # The received attributes stand in the first record; the others add to it.
            attributes = {**said, **meaning.adds} if not made else dict(meaning.adds)
            made.append(
                Record(
                    witness=Witness.OTLP,
                    phase=meaning.phase,
                    kind=meaning.kind,
                    name=meaning.name,
                    session=session,
                    run=self._run,
                    ref=meaning.ref,
                    t_ns=meaning.start_ns or happened or None,
                    observed_ns=now,
                    status=meaning.status,
                    trace_id=log.trace_id,
                    span_id=log.span_id,
                    pid=log.source.pid,
                    attributes=attributes,
                    id=derived(log.identity, " ", len(made)) if made else log.identity,
                )
            )
        return made

    def _note_resource(self, source: Source, first: Record, now: int, made: list[Record]) -> None:
        """Record a resource once for each session, at the time of the first that comes of it: its
        spans carry only what names them.
        """
        if not source.resource:
            return
        session = first.session
        key = (session, source.digest)
        if key in self._resources:
            return
        if len(self._resources) >= MAX_REMEMBERED:
            self._resources.clear()
        self._resources.add(key)
        made.append(
            Record(
                witness=Witness.OTLP,
                phase=Phase.POINT,
                kind=Kind.LIFECYCLE,
                name="resource",
                session=session,
                run=self._run,
                t_ns=first.t_ns,
                observed_ns=now,
                pid=source.pid,
                attributes={**source.resource, "otel.scope.version": source.scope_version},
            )
        )


def _remember[K](known: dict[K, str], key: K, session: str) -> None:
    if key and known.get(key) != session:
        known[key] = session
        if len(known) > MAX_REMEMBERED:
            del known[next(iter(known))]


def _kind(span: SpanItem) -> Kind:
    return kind_of(span.attributes, is_client=span.kind == _CLIENT)


def _is_agents(said: Mapping[str, Json], kind: Kind) -> bool:
    """Return whether something is of an agent's work, so that its trace is at least a session."""
    return kind is not Kind.LIFECYCLE or said.get(semconv.GEN_AI_OPERATION, "create_agent") != (
        "create_agent"
    )


def _name(span: SpanItem) -> str:
    said = span.attributes
    if said.get(semconv.GEN_AI_OPERATION) == "invoke_agent":
        return "session"
    return text_of(said, semconv.GEN_AI_TOOL_NAME, semconv.GEN_AI_MODEL) or span.name


def _event_name(log: LogItem) -> str:
    name = text_of(log.attributes, "event.name") or log.event_name
    if not name and isinstance(log.body, str) and len(log.body) <= MAX_NAME:
        name = log.body.partition("\n")[0]
    return name or "log"
