"""Cline's and Roo's files as sources: each file of a task is read with those that lie beside it.

Whichever of them is read, the same records come out, so that it does not matter which are chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recorder.transcripts.cline import is_session, is_ui, tell_session, tell_task
from recorder.transcripts.documents import read_document
from recorder.transcripts.editors import user_folders
from recorder.transcripts.format import Format, Item
from recorder.transcripts.messages import is_message
from recorder.transcripts.one_by_one import Told
from recorder.transcripts.source import Source
from recorder.transcripts.telling import text_parts

__all__ = ["FORMAT"]

MAX_BESIDE = 64 * 1024 * 1024
"""Bytes of a neighbouring file that is looked into."""
ROWS, HISTORY, ITEM = "ui_messages.json", "api_conversation_history.json", "history_item.json"
_TASK = re.compile(r"\d{10,16}|[0-9a-f]{8}-[0-9a-f-]{27}")
_OURS = re.compile(r"<task>|<environment_details>|<user_message>")


def _is_history(document: Any) -> bool:
    """Tell a task's history from any other list of messages by the marks in its first one."""
    first = filter(is_message, document[:2] if isinstance(document, list) else ())
    return any(_OURS.search(text_parts(message.get("content"))) for message in first)


def _is_item(document: Any) -> bool:
    return isinstance(document, Mapping) and {"id", "task", "ts", "tokensIn"} <= document.keys()


def _recognises(document: Any) -> bool:
    return is_ui(document) or is_session(document) or _is_history(document) or _is_item(document)


def _read(source: Source) -> Iterator[Item]:
    def tell(document: Any) -> Iterator[Told]:
        if is_session(document):
            return tell_session(document)
        rows = document if is_ui(document) else _beside(source, ROWS)
        history = document if _is_history(document) else _beside(source, HISTORY)
        item = document if _is_item(document) else _beside(source, ITEM)
        return tell_task(
            _task(source),
            rows if is_ui(rows) else [],
            history if isinstance(history, list) else [],
            item if _is_item(item) else {},
        )

    return read_document(source, tell)


def _task(source: Source) -> str:
    folder = source.folders[0] if source.folders else ""
    return folder if _TASK.fullmatch(folder) else ""


def _beside(source: Source, name: str) -> Any:
    """Return a file of the same task; None where it is not to be had."""
    if source.local is None:
        return None
    path: Path = source.local.with_name(name)
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= MAX_BESIDE else None
    except (OSError, ValueError):
        return None


_EXTENSIONS = ("saoudrizwan.claude-dev", "rooveterinaryinc.roo-cline", "kilocode.kilo-code")
_BASES = (
    *(base for name in _EXTENSIONS for base in user_folders(f"globalStorage/{name}/tasks")),
    "~/.cline/data/tasks",
)
FORMAT = Format(
    name="cline",
    title="Cline and Roo tasks",
    tested=("rows of 2026-02", "histories of 2026-04", "SDK sessions as documented"),
    recognises=lambda source: any(_recognises(value) for value in source.sample),
    read=_read,
    places=(
        *(f"{base}/*/{name}" for base in _BASES for name in (ROWS, HISTORY)),
        "~/.cline/data/sessions/*/*.json",
    ),
)
