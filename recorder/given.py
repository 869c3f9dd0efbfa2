"""A record as it was handed over to the writer, and what stands in the place of one that is odd."""

from __future__ import annotations

import logging
from typing import Any

from recorder.model import Record
from recorder.own_words import gap
from recorder.wire import decode_record

__all__ = ["left_out", "name_of", "record_of"]

logger = logging.getLogger(__name__)


def record_of(given: Record | dict[str, Any]) -> Record:
    """Return a record that may have been given as its fields (`recorder.wire`)."""
    if isinstance(given, Record):
        return given
    try:
        return decode_record(given)
    except ValueError as error:
        return gap(1, f"a record could not be read: {name_of(error)}")


def left_out(record: Record, error: Exception) -> Record:
    """Return what stands in the place of a record that cannot be sealed: nothing else is written
    of it.
    """
    logger.warning("a record could not be sealed (%s) and is left out", name_of(error))
    return gap(1, f"a {record.kind.value} record could not be sealed: {name_of(error)}")


def name_of(error: BaseException) -> str:
    """Return the kind of an error: its text could quote what was being written."""
    return getattr(error, "sqlite_errorname", "") or type(error).__name__
