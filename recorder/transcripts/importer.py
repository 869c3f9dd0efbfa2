"""Import: read sources one after the other and hand what they tell to a recording.

What is handed over is committed in groups, so that stopping in the middle keeps what was read and a
second run goes on from there: ids follow from the content, and what is there already is left out.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from zipfile import BadZipFile

from zstandard import ZstdError

from recorder import semconv
from recorder.digests import bare, digest_id
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.transcripts.databases import why_unread
from recorder.transcripts.entry_keys import shown_place
from recorder.transcripts.format import Damage, Format
from recorder.transcripts.handing import Handing
from recorder.transcripts.one_by_one import ODD
from recorder.transcripts.source import Source
from recorder.transcripts.table import detect, recognised
from recorder.transcripts.unread import what_it_is

__all__ = ["FileReport", "Importer", "Unknown"]

GROUP_RECORDS = 1000
"""Records that are handed over together: each commit writes the pages of its ids anew."""
GROUP_CHARACTERS = 2_000_000
"""Text of a group after which it is handed over: what waits is kept in memory."""
KEPT_TYPES = 100
"""Types of one file that are named."""
KEPT_DAMAGE = 100
"""Damaged parts of one file that are named; more are counted."""

BROKEN = (OSError, EOFError, ValueError, zlib.error, BadZipFile, ZstdError, sqlite3.DatabaseError)
"""What reading a damaged file may raise."""

type Watch = Callable[[Source, int], None]
"""Called with the source that is being read and the bytes of it that were."""


@dataclass(slots=True)
class Unknown:
    """What was met of a type of entries."""

    line: int
    """Of the first; 0 where the format has no lines."""
    count: int = 0


@dataclass(slots=True)
class FileReport:
    """What became of one source."""

    name: str
    format: str
    """Empty where no format recognised it."""
    size: int = 0
    records: int = 0
    new: int = 0
    """Records that the recording did not have."""
    damaged: int = 0
    damage: list[Damage] = field(default_factory=list)
    """The first of the damaged parts; before them where the source breaks off, if it does."""
    sessions: set[str] = field(default_factory=set)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    """Types of entries that the format's reader was not tested on."""
    what: str = ""
    """What it is, where no format reads it and that is known."""


class Importer:
    """Imports sources into one recording."""

    def __init__(
        self, hand: Handing, *, forced: Format | None = None, watch: Watch = lambda _s, _n: None
    ) -> None:
        """Begin an import.

        Args:
            hand: who takes the records.
            forced: the format to read everything as; None to detect it.
            watch: told how far the reading is.
        """
        self._hand = hand
        self._forced = forced
        self._watch = watch
        self._group: list[tuple[FileReport, Record]] = []
        """What was read and not handed over, each with the report that counts it."""
        self._characters = 0
        self._observed_ns = 0
        self.current: FileReport | None = None
        """What has become of the source that is being read; None between two."""

    def run(self, sources: Iterable[Source], done: Callable[[FileReport], None]) -> None:
        """Import every source; `done` is told of each when it has been read.

        What small ones tell is handed over together, and counted then: a commit for each would
        take longer than all else.

        Raises:
            FlightlogError: the recording cannot take the records.
        """
        try:
            for source in sources:
                report = self._read(source)
                self.current = None
                done(report)
        finally:
            self._give()

    def one(self, source: Source) -> FileReport:
        """Import one source and hand over all that it tells."""
        try:
            return self._read(source)
        finally:
            self._give()

    def _read(self, source: Source) -> FileReport:
        report = self.current = FileReport(source.name, "", source.size)
        try:
            chosen = self._forced or detect(source)
        except BROKEN as error:
            self._note_damage(report, source, Damage(f"cannot be read ({type(error).__name__})"))
            return report
        if chosen is None:
            self._unread(report, source)
            source.forget()
            return report
        report.format = chosen.name
        ordinal, session, is_told = 0, "", False
        try:
            if self._forced and self._holds_nothing(report, source, chosen):
                return report
            for item in chosen.read(source):
                if isinstance(item, Damage):
                    is_told |= self._note_damage(report, source, item)
                    records: Sequence[Record] = [_damage_record(source, chosen, item, session)]
                else:
                    records = item.records
                for record in records:
                    if record.session and record.session != session:
                        session = record.session
                        report.sessions.add(self._hand.filed_as(session))
                    placed = self._placed(record, source, chosen, ordinal, item.line)
                    self._take(report, placed, item.line)
                    ordinal += 1
                self._watch(source, item.offset)
            if source.breakage.reason and not is_told:
                damage = _breakage(source)
                self._note_damage(report, source, damage)
                self._take(report, _damage_record(source, chosen, damage, session))
        except (*BROKEN, *ODD) as error:
            damage = Damage(f"cannot be read on ({type(error).__name__})")
            self._note_damage(report, source, damage)
            self._take(report, _damage_record(source, chosen, damage, session))
        finally:
            source.forget()
        return report

    def _unread(self, report: FileReport, source: Source) -> None:
        """Note why no format knows a source, or what it is."""
        why = source.too_large or why_unread(source)
        unread = _breakage(source) if source.breakage.reason else Damage(why)
        if unread.reason:
            self._note_damage(report, source, unread)
        else:
            report.what = _what(source)

    def _holds_nothing(self, report: FileReport, source: Source, chosen: Format) -> bool:
        """Tell, and note, that the format that was asked for finds nothing in a source.

        Looked for before anything is written: a reader keeps every line that it does not know, so
        of a file of another format it would make a session of lines without a meaning.
        """
        if recognised(chosen, source):
            return False
        damage = []
        for item in chosen.read(source):
            if isinstance(item, Damage):
                damage.append(item)
            elif any(record.kind is not Kind.LIFECYCLE for record in item.records):
                return False
        if source.breakage.reason:
            damage.append(_breakage(source))
        damage.append(Damage(f"nothing of the format {chosen.name} is in it: without --format, the "
                             "format is told by content"))  # fmt: skip
        for one in damage:
            self._note_damage(report, source, one)
        return True

    def _placed(
        self, record: Record, source: Source, chosen: Format, ordinal: int, line: int
    ) -> Record:
        """Return a record with where it stood; the times of receipt keep the source's order."""
        self._observed_ns = max(time.time_ns(), self._observed_ns + 1)
        attributes: dict[str, Json] = {
            **record.attributes,
            semconv.SOURCE_FILE: source.name,
            semconv.SOURCE_FORMAT: chosen.name,
            semconv.SOURCE_ORDINAL: ordinal,
        }
        if isinstance(own := attributes.get(semconv.SOURCE_PLACE), str):
            attributes[semconv.SOURCE_PLACE] = shown_place(own, line)
        if record.t_ns is None:
            attributes[semconv.SOURCE_ORDER] = "inferred"
        # It was made for us just now. Making a frozen one anew takes longer than all else here.
        object.__setattr__(record, "attributes", attributes)
        object.__setattr__(record, "observed_ns", self._observed_ns)
        return record

    def _take(self, report: FileReport, record: Record, line: int = 0) -> None:
        if semconv.SOURCE_UNKNOWN in record.attributes:
            _count_unknown(report, record.name, line)
        self._group.append((report, record))
        for value in record.attributes.values():
            if type(value) is str:
                self._characters += len(value)
        if len(self._group) >= GROUP_RECORDS or self._characters >= GROUP_CHARACTERS:
            self._give()

    def _give(self) -> None:
        group, self._group, self._characters = self._group, [], 0
        if not group:
            return
        new = self._hand.give([record for _, record in group])
        for report, record in group:
            report.records += 1
            if record.id in new:
                # Told twice, it counts once.
                new.remove(record.id)
                report.new += 1

    def _note_damage(self, report: FileReport, source: Source, damage: Damage) -> bool:
        """Count and name it; tell whether it is where the source breaks off.

        That is named first, however many lines are damaged before: it tells why they are.
        """
        report.damaged += 1
        broken = source.breakage
        is_end = (damage.line, damage.reason) == (broken.line, broken.reason)
        named = replace(damage, kept="")
        report.damage.insert(0 if is_end else len(report.damage), named)
        del report.damage[KEPT_DAMAGE:]
        return is_end


def _what(source: Source) -> str:
    try:
        return what_it_is(source)
    except (*BROKEN, *ODD):
        return ""


def _count_unknown(report: FileReport, name: str, line: int) -> None:
    if name not in report.unknown and len(report.unknown) >= KEPT_TYPES:
        name = "further types"
    report.unknown.setdefault(name, Unknown(line)).count += 1


def _breakage(source: Source) -> Damage:
    broken = source.breakage
    return Damage(broken.reason, broken.line, broken.offset)


def _damage_record(source: Source, chosen: Format, damage: Damage, session: str) -> Record:
    """Return the record that keeps a damaged part visible in the recording."""
    identity = (
        f"damage\0{source.id}\0{chosen.name}\0{damage.line}\0{damage.offset}\0{damage.reason}"
    )
    attributes: dict[str, Json] = {
        semconv.REASON: damage.reason,
        semconv.SOURCE_PLACE: f"line {damage.line}" if damage.line else "",
        "flightlog.source.offset": damage.offset,
    }
    if damage.kept:
        attributes[semconv.RAW] = damage.kept
    return Record(
        witness=Witness.RECORDER,
        phase=Phase.POINT,
        kind=Kind.LIFECYCLE,
        name="damage",
        session=session,
        t_ns=None,
        status=Status.ERROR,
        attributes=attributes,
        id=digest_id(bare(identity).encode("utf-8", "surrogateescape")),
    )
