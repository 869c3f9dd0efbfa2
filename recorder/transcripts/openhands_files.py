"""OpenHands V1's folder, file by file: each event is a source of its own.

What an event does not say itself is looked up beside it, where the source is a file in a folder:
`base_state.json` has the model, its usage and the policy, an action's file the id of its call.
Many events in one source are told by `recorder.transcripts.openhands_streams`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from recorder.model import Record
from recorder.transcripts.documents import read_document
from recorder.transcripts.format import Format, Item
from recorder.transcripts.openhands_events import AGENT, Conversation, recognises
from recorder.transcripts.openhands_streams import (
    is_page,
    is_printed,
    read_page,
    read_printed,
    read_stream,
)
from recorder.transcripts.source import Source
from recorder.transcripts.telling import made_session

__all__ = ["FORMAT"]

MAX_BESIDE = 16 * 1024 * 1024
"""Bytes of a neighbouring file that is looked into."""
_EVENT_ID = re.compile(r"[0-9a-fA-F-]{8,64}")


def _is_state(document: Any) -> bool:
    return isinstance(document, Mapping) and {
        "execution_status", "confirmation_policy", "workspace", "agent",
    } <= document.keys()  # fmt: skip


def _session(source: Source, document: Mapping[str, Any]) -> str:
    """Return the conversation's id, which only its folder and its state name."""
    folders = source.folders
    if folders[:1] == ("events",) and len(folders) > 1:
        return folders[1]
    if _is_state(document) and document.get("id"):
        return str(document["id"]).replace("-", "")
    return folders[0] if folders else made_session(AGENT, source.name)


def _is_of(source: Source) -> bool:
    return is_printed(source) or any(
        recognises(value) or _is_state(value) or is_page(value) for value in source.entries
    )


def _read(source: Source) -> Iterator[Item]:
    sample = source.sample
    if is_printed(source):
        yield from read_printed(source)
    elif any(map(is_page, sample)):
        yield from read_document(source, read_page)
    elif len(sample) > 1 or any(isinstance(value, list) for value in sample):
        yield from read_stream(source)
    else:
        yield from _read_file(source)


def _read_file(source: Source) -> Iterator[Item]:
    folder = source.local.parent if source.local is not None else None

    def tell(document: Any) -> Iterator[Record]:
        session = _session(source, document)
        state = document if _is_state(document) else _state(folder)
        conversation = Conversation(session, state, lambda own: _event(folder, own))
        if _is_state(document):
            yield conversation.telling.note("base_state.json", "base state", document, None)
        else:
            yield from conversation.event(document, is_first=not document.get("parent_id"))

    return read_document(source, tell)


def _state(folder: Path | None) -> Mapping[str, Any]:
    return {} if folder is None else _loaded(folder.parent / "base_state.json")


def _event(folder: Path | None, own: str) -> Mapping[str, Any]:
    if folder is None or not _EVENT_ID.fullmatch(own):
        return {}
    found = next(iter(folder.glob(f"event-*-{own}.json")), None)
    return {} if found is None else _loaded(found)


@lru_cache(maxsize=8)
def _loaded(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_BESIDE:
            return {}
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


FORMAT = Format(
    name="openhands",
    title="OpenHands conversation (V1)",
    tested=("SDK 1.58",),
    recognises=_is_of,
    read=_read,
    places=("~/.openhands/conversations/*/events/*.json", "~/.openhands/conversations/*/*.json"),
)
