"""An action in the making: what its records have told so far, each witness's words kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from analyzer.identity import Channel
from analyzer.joins import Belonging, ended_ns
from analyzer.model import Action
from analyzer.placement import Place
from analyzer.sightings import Sealed
from analyzer.testimony import Link, Said, Silence
from recorder import semconv
from recorder.model import Json, Kind, Phase, Status, StoredRecord, Witness

__all__ = ["Draft"]

ONE_TELLER = frozenset({semconv.GEN_AI_TOOL_ARGUMENTS, semconv.GEN_AI_TOOL_RESULT})
"""Witnesses tell these in different forms: the best is kept, not the last. What each of them said
is in `said`."""


EMPTY: Mapping[str, Any] = {}
"""Of many actions the same; nothing is ever put in."""


def _empty() -> Mapping[str, Any]:
    return EMPTY


@dataclass(slots=True, eq=False)
class Draft:
    """What the records of one action have told so far."""

    first: StoredRecord
    start_ns: int
    loose: bool
    """Reported by a witness that knows no sessions."""
    call_id: str = ""
    essence: str = ""
    """What of its arguments every witness repeats; see `analyzer.likeness`."""
    end_ns: int | None = None
    place: Place | None = None
    """Where its start stands by order alone; None where a witness told when it began."""
    is_end_timed: bool = False
    """A witness told when it ended."""
    status: Status = Status.UNSET
    is_begun: bool = False
    """A record says that it began, not only that it ended."""
    only_points: bool = True
    parent_span_id: str = ""
    span_id: str = ""
    """Its own span; a point record's is the one that it stands in."""
    trace_id: str = ""
    inside_span: str = ""
    """The span that one of its log events was made in, or that its own span stands in."""
    pid: int | None = None
    attributes: Mapping[str, Json] = field(default_factory=_empty)
    """Never changed in place: the first record's own, and an action's that was built of it."""
    blob_of: Mapping[str, str] = field(default_factory=_empty)
    records: list[int] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    channels: frozenset[Channel] = frozenset()
    unended: frozenset[Channel] = frozenset()
    seals: list[Sealed] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    action: Action | None = None
    """The action as it was built last; None when records have come since."""
    settled: Belonging | None = None
    """Where it belongs, once no later record can change that."""
    inside: Draft | None = None
    """The call that it is a decision on."""
    inside_basis: str = ""
    given_up: bool = False
    """`action` was built knowing that the agent went on without a result."""
    merged_into: Draft | None = None
    absorbed: tuple[Draft, ...] = ()
    """Those that have turned out to be this one."""
    teller: StoredRecord = field(init=False)
    """The record that says what sort of action it is: the first, mostly."""
    _teller: Mapping[str, Witness] = field(default_factory=_empty)
    """Attribute -> who told it, where that is not the first record's witness."""

    def __post_init__(self) -> None:
        self.teller = self.first

    def take(self, record: StoredRecord, channel: Channel, place: Place | None = None) -> None:
        """Take in another record that speaks of this action.

        Args:
            record: it has a time.
            channel: how it came.
            place: where it stands by order alone; None where its time is its witness's own.
        """
        t_ns = record.time_ns
        if record.phase is not Phase.END or place is not None:
            self._begin(t_ns, place)
        else:
            self.start_ns = min(self.start_ns, t_ns)
        self.is_begun = self.is_begun or record.phase is not Phase.END
        if record.phase in {Phase.END, Phase.WHOLE}:
            self._end(ended_ns(record), is_timed=place is None)
            if channel in self.unended:
                self.unended = _shared(self.unended - {channel})
        elif record.phase is Phase.START:
            self.unended = _with(self.unended, channel)
        if self.only_points and record.phase is not Phase.POINT:
            self.only_points = False
            self.span_id = ""
        if record.status is Status.ERROR or self.status is Status.UNSET:
            self.status = record.status
        self._place(record, channel)
        self.pid = record.pid if self.pid is None else self.pid
        self._tell_all(record)
        if self.teller.kind is Kind.LIFECYCLE and record.phase is not Phase.POINT:
            # Some libraries say what a span is only when it ends.
            self.teller = self.teller if record.kind is Kind.LIFECYCLE else record
        self.records.append(record.seq)
        if record.witness not in self.witnesses:
            self.witnesses.append(record.witness)
        self.channels = _with(self.channels, channel)
        for former in self.absorbed:
            # They may still stand among the candidates for other records.
            former.channels, former.unended = self.channels, self.unended
        is_timed = place is None
        self.seals += [
            Sealed(seal, record.seq, t_ns, record.witness, is_timed) for seal in record.seals
        ]
        self.action = None

    def _begin(self, t_ns: int, place: Place | None) -> None:
        """Take in when it began: what a witness tells goes before what order tells."""
        if self.place is not None and place is None:
            self.start_ns, self.place = t_ns, None
        elif (self.place is None) is (place is None):
            self.start_ns = min(self.start_ns, t_ns)

    def _end(self, t_ns: int, *, is_timed: bool) -> None:
        if self.end_ns is None or is_timed > self.is_end_timed:
            self.end_ns, self.is_end_timed = t_ns, is_timed
        elif is_timed is self.is_end_timed:
            self.end_ns = max(self.end_ns, t_ns)

    def settle(self, seq: int, place: Place, t_ns: int) -> None:
        """Take in where a record stands that had come before any with a time."""
        self.seals = [replace(s, t_ns=t_ns) if s.seq == seq else s for s in self.seals]
        if self.place is not None:
            self.start_ns, self.place = t_ns, place
        if self.end_ns is not None and not self.is_end_timed:
            self.end_ns = t_ns
        self.action = None

    def absorb(self, other: Draft) -> None:
        """Take in an action that has turned out to be this one."""
        self._begin(other.start_ns, other.place)
        if other.end_ns is not None:
            self._end(other.end_ns, is_timed=other.is_end_timed)
        if other.status is Status.ERROR or self.status is Status.UNSET:
            self.status = other.status
        self.is_begun = self.is_begun or other.is_begun
        self.only_points = self.only_points and other.only_points
        for name in ("parent_span_id", "span_id", "trace_id", "call_id", "essence"):
            setattr(self, name, getattr(self, name) or getattr(other, name))
        self.pid = other.pid if self.pid is None else self.pid
        attributes, blob_of = dict(self.attributes), dict(self.blob_of)
        for name, value in other.attributes.items():
            teller = other._teller.get(name, other.first.witness)
            if name not in attributes or self._gives_way(name, value, teller):
                attributes[name] = value
                blob_of.pop(name, None)
                if name in other.blob_of:
                    blob_of[name] = other.blob_of[name]
        self.attributes, self.blob_of = attributes, blob_of
        self.records = sorted({*self.records, *other.records})
        self.witnesses += [w for w in other.witnesses if w not in self.witnesses]
        self.channels |= other.channels
        self.unended |= other.unended
        self.seals += other.seals
        self.said += other.said
        self.links += other.links
        self.silences += other.silences
        self.inside_basis = self.inside_basis or other.inside_basis
        self.inside = self.inside or other.inside
        self.action = self.settled = None
        other.channels, other.unended, other.call_id = self.channels, self.unended, self.call_id
        other.merged_into = self
        self.absorbed = (*self.absorbed, other, *other.absorbed)

    @property
    def root(self) -> Draft:
        """The action that this one has turned out to be: itself, mostly."""
        draft = self
        while draft.merged_into is not None:
            draft = draft.merged_into
        return draft

    @property
    def is_untimed_decision(self) -> bool:
        """True for a decision on a call that has a time, where its own time is not told."""
        call = self.inside.root if self.inside is not None else None
        return call is not None and call.place is None and self.place is not None

    @property
    def kind(self) -> Kind:
        """What sort of action it is."""
        return self.teller.kind

    @property
    def finished_ns(self) -> int | None:
        """When the action ended; an action of point records alone takes no time."""
        return self.start_ns if self.only_points else self.end_ns

    def _place(self, record: StoredRecord, channel: Channel) -> None:
        """Note where the record stands among the spans; a log event only stands in one."""
        is_point = record.phase is Phase.POINT
        is_log = channel is Channel.LOG
        told = record.span_id if is_log else record.parent_span_id
        self.inside_span = self.inside_span or told
        if is_point != self.only_points or (is_log and not is_point):
            self.trace_id = self.trace_id or record.trace_id
            return
        self.parent_span_id = self.parent_span_id or record.parent_span_id
        self.span_id = self.span_id or record.span_id
        self.trace_id = self.trace_id or record.trace_id

    def _tell_all(self, record: StoredRecord) -> None:
        """Take in a record's attributes, later ones over earlier ones."""
        blobs = {name: blob.digest for name, blob in record.blobs.items()}
        if not self.records:
            self.attributes, self.blob_of = record.attributes, blobs or EMPTY
            return
        attributes, blob_of = dict(self.attributes), dict(self.blob_of)
        for name, value in record.attributes.items():
            if name in ONE_TELLER and not self._hears(record.witness, name, value):
                continue
            attributes[name] = value
            blob_of.pop(name, None)
            if name in blobs:
                blob_of[name] = blobs[name]
        self.attributes, self.blob_of = attributes, blob_of

    def _hears(self, witness: Witness, name: str, value: Json) -> bool:
        """Tell whether a witness' words of an attribute are to be kept, and remember whose."""
        teller = self._teller.get(name, self.first.witness)
        is_told = name in self.attributes
        if is_told and teller is not witness and not self._gives_way(name, value, witness):
            return False
        if witness is not teller:
            self._teller = {**self._teller, name: witness}
        return True

    def _gives_way(self, name: str, value: Json, teller: Witness) -> bool:
        """Tell whether what another witness told is better than what stands here.

        Telemetry cuts long arguments, and wraps results in the agent's own bookkeeping.
        """
        held = self.attributes.get(name)
        if not isinstance(held, str) or not held:
            return True
        if name == semconv.GEN_AI_TOOL_RESULT:
            held_by = self._teller.get(name, self.first.witness)
            return held_by is Witness.OTLP and teller is not Witness.OTLP
        is_longer = isinstance(value, str) and len(value) > len(held)
        return name in ONE_TELLER and name not in self.blob_of and is_longer


def _with(channels: frozenset[Channel], channel: Channel) -> frozenset[Channel]:
    """Return channels with one more; of a million actions most share the same few sets."""
    return _shared(channels | {channel}) if channel not in channels else channels


@cache
def _shared(channels: frozenset[Channel]) -> frozenset[Channel]:
    return channels
