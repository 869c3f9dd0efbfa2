"""The ids of a transcript's calls, out of the database that Cursor keeps of the same conversation.

Cursor's command line writes both; the transcript has no ids. With those of the database, what the
two tell of a call is one action.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import orjson

from recorder import semconv
from recorder.model import Kind, Phase
from recorder.transcripts.cursor_store import is_store, store
from recorder.transcripts.databases import tables_of
from recorder.transcripts.format import Entry
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.source import Source
from recorder.transcripts.telling import as_text

__all__ = ["IdsBeside"]

PROJECTS, CHATS = "projects", "chats"


class IdsBeside:
    """Hands out the ids of calls, each once, to the calls of the same tool and arguments."""

    def __init__(self, source: Source, agent: str, session: str) -> None:
        self._ids: defaultdict[tuple[str, str], deque[str]] = defaultdict(deque)
        path = _database(source.local, session)
        if path is not None:
            try:
                self._read(path, agent)
            except (sqlite3.Error, OSError, ValueError):
                # It is read by itself too, and says there what is wrong with it.
                self._ids.clear()

    def of(self, tool: str, arguments: Any) -> str:
        """Return the id of a call; nothing where the database has none such left."""
        ids = self._ids.get((tool, _written(arguments)))
        return ids.popleft() if ids else ""

    def _read(self, path: Path, agent: str) -> None:
        held = Source(str(path), lambda: path.open("rb"), path.stat().st_size, path)
        if not (tables_of(held) and is_store(held)):
            return
        for item in store(held, agent):
            for record in item.records if isinstance(item, Entry) else ():
                if record.kind is Kind.TOOL_CALL and record.phase is Phase.START:
                    told = record.attributes.get(semconv.GEN_AI_TOOL_ARGUMENTS, "")
                    self._ids[record.name, _written(arguments_of(told))].append(record.ref)


def _database(transcript: Path | None, session: str) -> Path | None:
    """Return the database of a conversation, beside the folder that transcripts stand in."""
    for parent in transcript.absolute().parents if transcript is not None else ():
        if parent.name == PROJECTS:
            return next(iter(sorted((parent.parent / CHATS).glob(f"*/{session}/store.db"))), None)
    return None


def _written(arguments: Any) -> str:
    try:
        return orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # half a surrogate pair, or an integer of over 64 bits
        return as_text(arguments)
