"""Cursor's `state.vscdb`: a row for each conversation (`composerData:`) and each of its bubbles.

A bubble is a prompt, what a model said, or a tool call with its result. Tested on a database in the
shape of 2024-2026 made for that purpose.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.databases import opened
from recorder.transcripts.documents import items_of
from recorder.transcripts.format import Damage, Entry, Item
from recorder.transcripts.messages import arguments_of
from recorder.transcripts.one_by_one import by_itself, one_by_one
from recorder.transcripts.outcomes import exit_code_in
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text

__all__ = ["TABLE", "database"]

TABLE = "cursorDiskKV"
_OWNERS = (
    "SELECT substr(key, 10, instr(substr(key, 10), ':') - 1) AS owner FROM cursorDiskKV "
    "WHERE key >= 'bubbleId:' AND key < 'bubbleId;' GROUP BY owner ORDER BY min(rowid)"
)
_KEYS = "SELECT key FROM cursorDiskKV WHERE key LIKE 'composerData:%' ORDER BY key"
_AS_WRITTEN = "SELECT key, value FROM cursorDiskKV NOT INDEXED WHERE key LIKE 'composerData:%'"
_DENIED = frozenset({"rejected", "denied"})
_FAILED = {"error": "tool_error", "cancelled": "cancelled"}


def database(source: Source, agent: str) -> Iterator[Item]:
    """Yield the conversations of a database, then those of which only the bubbles are left."""
    with opened(source) as db:
        told = set[str]()
        for found in _composers(db):
            if isinstance(found, Damage):
                yield found
                continue
            key, value = found
            composer, about = key.partition(":")[2], _loaded(value)
            if about is not None and composer not in told:
                told.add(composer)
                yield from _by_itself(db, agent, composer, about)
            elif about is None and value is not None:
                yield Damage(f"{key} holds no JSON object", kept=as_text(value))
        try:
            for (owner,) in db.execute(_OWNERS):
                if owner and owner not in told:
                    yield from _by_itself(db, agent, str(owner), {})
        except sqlite3.DatabaseError as error:
            yield Damage(f"the database cannot be read on ({type(error).__name__})")


def _composers(db: sqlite3.Connection) -> Iterator[tuple[str, Any] | Damage]:
    """Yield the conversations in the order of their keys.

    Where a part of the database is lost that finding them by key needs: as they were written.
    """
    try:
        for (key,) in db.execute(_KEYS).fetchall():
            row = db.execute("SELECT value FROM cursorDiskKV WHERE key = ?", (key,)).fetchone()
            yield str(key), row[0] if row else None
    except sqlite3.DatabaseError as error:
        yield Damage(f"the database cannot be read on by its keys ({type(error).__name__})")
        try:
            yield from ((str(key), value) for key, value in db.execute(_AS_WRITTEN))
        except sqlite3.DatabaseError as further:
            yield Damage(f"the database cannot be read on ({type(further).__name__})")


def _by_itself(
    db: sqlite3.Connection, agent: str, composer: str, about: Mapping[str, Any]
) -> Iterator[Item]:
    """Yield a conversation; what is lost of it costs the others nothing."""
    try:
        yield from _conversation(db, agent, composer, about)
    except sqlite3.DatabaseError as error:
        yield Damage(f"conversation {composer} cannot be read on ({type(error).__name__})")


def _conversation(
    db: sqlite3.Connection, agent: str, composer: str, about: Mapping[str, Any]
) -> Iterator[Item]:
    telling = Telling(agent, composer, "iso8601")
    telling.model = str(_mapping(about.get("modelConfig")).get("modelName") or "")
    telling.cwd = str(
        _mapping(_mapping(about.get("workspaceIdentifier")).get("uri")).get("fsPath") or ""
    )
    begun = about.get("createdAt")
    name: dict[str, Json] = {"flightlog.session.title": str(about.get("name") or "")}
    yield Entry([telling.begin("session", millis_ns(begun) or iso_ns(begun), name)])
    yield from _bubbles(db, telling, composer, about)


def _bubbles(
    db: sqlite3.Connection, telling: Telling, composer: str, about: Mapping[str, Any]
) -> Iterator[Item]:
    """Yield a composer's bubbles in the order of its headers, then those that no header names."""
    prefix = f"bubbleId:{composer}:"
    headers = about.get("fullConversationHeadersOnly")
    order: dict[str, None] = {}
    for header in headers if isinstance(headers, list) else []:
        order[f"{prefix}{_mapping(header).get('bubbleId')}"] = None
    there = db.execute(
        "SELECT key FROM cursorDiskKV WHERE key >= ? AND key < ? ORDER BY rowid",
        (prefix, f"{prefix}\U0010ffff"),
    )
    order |= dict.fromkeys(str(row[0]) for row in there)
    # In older versions the bubbles stand in the composer itself.
    yield from items_of(
        one_by_one(
            about.get("conversation"), f"{composer} bubble",
            lambda one, at: _bubble(telling, one, str(one.get("bubbleId") or at.split(" ")[-1])),
        )
    )  # fmt: skip
    for key in order:
        row = db.execute("SELECT value FROM cursorDiskKV WHERE key = ?", (key,)).fetchone()
        told = _loaded(row[0]) if row else None
        if told is not None:
            yield from items_of(
                by_itself(told, key, lambda b, at: _bubble(telling, b, at.removeprefix(prefix)))
            )
        elif row is not None and row[0] is not None:
            yield Damage(f"{key} holds no JSON object", kept=as_text(row[0]))


def _bubble(telling: Telling, bubble: Mapping[str, Any], key: str) -> Iterator[Record]:
    created = bubble.get("createdAt")
    t_ns = iso_ns(created) or millis_ns(created)
    said, tool = str(bubble.get("text") or ""), bubble.get("toolFormerData")
    if bubble.get("type") == 1:
        yield telling.prompt(key, said, t_ns)
        return
    tokens = _mapping(bubble.get("tokenCount"))
    counts = (tokens.get("inputTokens"), tokens.get("outputTokens"))
    thinking = bubble.get("thinking")
    thought = _mapping(thinking).get("text") if isinstance(thinking, Mapping) else thinking
    if said or thought or any(counts) or not isinstance(tool, Mapping):
        model = str(_mapping(bubble.get("modelInfo")).get("modelName") or telling.model)
        more: dict[str, Json] = {"flightlog.thinking": as_text(thought)} if thought else {}
        yield telling.answer(key, said, t_ns, model=model, usage=counts, more=more)
    if isinstance(tool, Mapping) and (tool.get("name") or tool.get("tool")):
        yield from _former(telling, tool, key, t_ns)


def _former(
    telling: Telling, tool: Mapping[str, Any], key: str, t_ns: int | None
) -> Iterator[Record]:
    """Yield a tool call, what was decided of it, and its result."""
    name = str(tool.get("name") or tool.get("tool"))
    ref = str(tool.get("toolCallId") or f"{telling.session} {key}")
    arguments = arguments_of(tool.get("params") or tool.get("rawArgs"))
    yield telling.call(f"{key} call", ref, name, arguments, t_ns)
    status, came = str(tool.get("status") or ""), tool.get("result")
    failure = tool.get("error") or tool.get("errorDetails")
    about = came if isinstance(came, Mapping) else _loaded(came) or {}
    decided, by = tool.get("userDecision"), "user"
    if not decided and (about.get("rejected") is True or status in _DENIED):
        decided, by = "rejected", ""
    if decided:
        decision = {"accepted": "approved", "rejected": "denied"}.get(str(decided), str(decided))
        yield telling.approval(
            f"{key} decision", ref, decision, None, by=by, subject=name,
            more={semconv.APPROVAL_LABEL: str(decided),
                  semconv.APPROVAL_HUMAN: "likely" if by else "unknown"},
        )  # fmt: skip
    denied = decided == "rejected"
    if status not in {"completed", *_DENIED, *_FAILED} and not (denied or came or failure):
        return
    output, told = about.get("output"), about.get("exitCode")
    text = output if isinstance(output, str) else as_text(came or failure or "")
    code = told if type(told) is int else exit_code_in(text)
    failed = _FAILED.get(status, "tool_error" if failure else "")
    # The bubble's time is that of the call; when the result came is not told.
    yield telling.result(
        f"{key} result", ref, name, text, None,
        error="denied" if denied else failed, exit_code=code,
    )  # fmt: skip


def _loaded(text: Any) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text) if isinstance(text, str | bytes) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
