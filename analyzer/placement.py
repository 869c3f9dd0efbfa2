"""Where records without a time of their own stand: by the order of their source, never by receipt.

When a transcript is imported says nothing of when its agent worked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from recorder import semconv
from recorder.model import StoredRecord

__all__ = ["Place", "Placement"]

STEP_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """What something without a time stands beside."""

    beside: int | None
    """`seq` of the timed record (or its action's id); None while the session has none."""
    is_after: bool = True
    """False where the timed record is the first one after it."""

    @property
    def words(self) -> str:
        """How its time is known, in words."""
        if self.beside is None:
            return "time unknown"
        where = "after" if self.is_after else "before"
        return f"time unknown, placed {where} #{self.beside} by order, inferred"


@dataclass(slots=True)
class Placement:
    """Gives each record without a time that of the timed record before it in its session.

    What stands before all of them gets the first one's, as soon as that is known. Each stands a
    nanosecond after the one before it, so that their order stays one of time; in a session without
    any time it is a second, so that it can be drawn and played in its order.
    """

    start_ns: int | None = None
    """When the session in question began (ns since the epoch), where anything tells."""
    session: str = ""
    places: dict[int, Place] = field(default_factory=dict)
    """`seq` of each record without a time -> where it stands."""
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    """(session, source file) -> `seq` of its newest timed record; any source: empty file."""
    _waiting: dict[str, list[int]] = field(default_factory=dict)
    """Session -> its records that came before any timed one."""
    _held_ns: dict[tuple[str, str], int] = field(default_factory=dict)
    """(session, source file) -> where its newest record stands (ns since the epoch)."""

    def placed(self, record: StoredRecord) -> StoredRecord:
        """Return a record with a time; `places` holds those that had none."""
        session, source = record.session, str(record.attributes.get(semconv.SOURCE_FILE, ""))
        if record.t_ns is not None:
            for key in {(session, source), (session, "")}:
                self._last[key], self._held_ns[key] = record.seq, record.t_ns
            return record
        key = (session, source) if (session, source) in self._last else (session, "")
        before = self._last.get(key)
        self.places[record.seq] = Place(before)
        if before is not None:
            self._held_ns[key] += 1
            return replace(record, t_ns=self._held_ns[key])
        self._waiting.setdefault(session, []).append(record.seq)
        if session == self.session and self.start_ns is not None:
            return replace(record, t_ns=self.start_ns)
        # Only an order: whoever shows a time looks whether there is any.
        held_ns = self._held_ns.get(key)
        self._held_ns[key] = record.observed_ns if held_ns is None else held_ns + STEP_NS
        return replace(record, t_ns=self._held_ns[key])

    def settled(self, record: StoredRecord) -> list[int]:
        """Return the records whose place a timed record has settled: they stood before it."""
        if not self._waiting or record.seq in self.places:
            return []
        waiting = self._waiting.pop(record.session, [])
        self.places |= dict.fromkeys(waiting, Place(record.seq, is_after=False))
        return waiting
