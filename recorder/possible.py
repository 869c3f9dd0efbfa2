"""Times and process ids that are possible ones; what no clock shows is kept as it was told.

A witness may send any number: OTLP's times have 64 bits without a sign, JSON's numbers any. The
index holds 64 bits with one, and a single number beyond them would keep all that is committed with
it from being written. So such a time counts as not told, and stands in an attribute as text.
"""

from __future__ import annotations

import time
from dataclasses import replace

from recorder import semconv
from recorder.model import Json, Record

__all__ = ["LATEST_NS", "with_possible_times"]

LATEST_NS = 2**63 - 1
"""In the year 2262."""


def with_possible_times(record: Record) -> Record:
    """Return a record whose times and process id can be written, compared and shown."""
    ended = record.attributes.get(semconv.END_NS)
    if (
        0 <= (record.t_ns or 0) <= LATEST_NS
        and 0 <= record.observed_ns <= LATEST_NS
        and 0 <= (record.pid or 0) <= LATEST_NS
        and (not isinstance(ended, int) or 0 <= ended <= LATEST_NS)
    ):
        return record
    t_ns, observed_ns, pid = record.t_ns, record.observed_ns, record.pid
    told: dict[str, Json] = {}
    if t_ns is not None and not _is_possible(t_ns):
        told[semconv.TIME_TOLD], t_ns = str(t_ns), None
    if isinstance(ended, int) and not _is_possible(ended):
        told[semconv.END_NS] = str(ended)
    return replace(
        record,
        t_ns=t_ns,
        observed_ns=observed_ns if _is_possible(observed_ns) else time.time_ns(),
        pid=pid if pid is not None and _is_possible(pid) else None,
        attributes={**record.attributes, **told},
    )


def _is_possible(number: int) -> bool:
    return 0 <= number <= LATEST_NS
