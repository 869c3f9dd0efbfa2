"""opencode: its database, older JSON files, `opencode export`, and `opencode run --format json`.

Also messages with their parts, as its server lists them, and events of its bus. Tested on 1.18.33,
and on databases of 2.0.
Answers to permission requests are nowhere but on the bus; elsewhere a rejection shows in a call's
error, which speaks of a user even where none was there. Times are epoch milliseconds. Tables with
credentials are not read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Kind, Record
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.databases import opened, tables_of
from recorder.transcripts.documents import items_of, read_document
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Damage, Entry, Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.one_by_one import Told, by_itself, odd, one_by_one
from recorder.transcripts.opencode_bus import BusTeller, is_event
from recorder.transcripts.opencode_messages import TABLE, message
from recorder.transcripts.opencode_parts import AGENT, PartTeller, mapping, time_of
from recorder.transcripts.source import Source
from recorder.transcripts.telling import as_text

__all__ = ["AGENT", "FORMAT", "recognises"]

TABLES = frozenset({"session", "message", "part"})
SESSIONS = ("session_v2", "session")
"""Tables of sessions, the newer one first: what it has of one is what holds."""
RUN = frozenset({"step_start", "step_finish", "tool_use", "text", "reasoning", "error"})


def recognises(value: Any) -> bool:
    """Tell whether a value is an export, a line of a run, or a file of its older storage."""
    if not isinstance(value, Mapping):
        return False
    if str(value.get("type")) in RUN and "sessionID" in value:
        return True
    info = value.get("info")
    if isinstance(info, Mapping) and isinstance(value.get("messages"), list):
        return str(info.get("id")).startswith("ses_")
    if _is_listed(value) or is_event(value):
        return True
    own = str(value.get("id"))
    if own.startswith("ses_"):
        return "directory" in value or "projectID" in value
    return own.startswith(("msg_", "prt_")) and "sessionID" in value


def _is_listed(value: Any) -> bool:
    """Tell whether a value is a message with its parts."""
    info = value.get("info") if isinstance(value, Mapping) else None
    return (
        isinstance(info, Mapping)
        and str(info.get("id")).startswith("msg_")
        and isinstance(value.get("parts"), list)
    )


def _read(source: Source) -> Iterator[Item]:
    if _is_database(source):
        yield from _database(source)
        return
    sample = [v for v in source.entries if isinstance(v, Mapping)]
    if any(map(is_event, sample)):
        bus = BusTeller()
        yield from read_json_lines(source, bus.line)
        yield from items_of(bus.rest())
        return
    if any(map(_is_listed, sample)):
        yield from read_json_lines(source, _Listed().line)
        return
    if any((str(v.get("type")) in RUN and "part" in v) or v.get("type") == "error" for v in sample):
        yield from read_json_lines(source, _Run().line)
    elif any("messages" in v for v in sample):
        yield from read_document(source, _export)
    else:
        yield from read_document(source, lambda document: _stored(document, source))


class _Run:
    """Tells the lines of `opencode run --format json`."""

    def __init__(self) -> None:
        self._sessions: dict[str, PartTeller] = {}
        self._keys = EntryKeys()

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        session = str(value.get("sessionID") or "")
        teller = self._sessions.setdefault(session, PartTeller(session))
        t_ns, part = millis_ns(value.get("timestamp")), value.get("part")
        yield from teller.session({"time": {"created": value.get("timestamp")}})
        if not isinstance(part, Mapping):
            name = str(value.get("type") or "entry")
            yield teller.telling.note(self._keys.of(line.data), name, line.text, t_ns)
        elif value.get("type") == "step_finish":
            yield from teller.message({
                "role": "assistant", "id": part.get("messageID"), "tokens": part.get("tokens"),
                "time": {"completed": value.get("timestamp")},
            })  # fmt: skip
        else:
            yield from teller.part(part, "assistant", t_ns)


class _Listed:
    """Tells messages with their parts, of any sessions."""

    def __init__(self) -> None:
        self._sessions: dict[str, PartTeller] = {}

    def line(self, _line: Line, value: Mapping[str, Any]) -> Iterator[Told]:
        session = str(mapping(value.get("info")).get("sessionID") or "")
        teller = self._sessions.setdefault(session, PartTeller(session))
        yield from _told(teller, value, "message")


def _export(document: Mapping[str, Any]) -> Iterator[Told]:
    info = mapping(document.get("info"))
    teller = PartTeller(str(info.get("id")))
    yield from teller.session(info)
    yield from one_by_one(
        document["messages"], "message", lambda message, place: _told(teller, message, place)
    )


def _told(teller: PartTeller, message: Mapping[str, Any], place: str) -> Iterator[Told]:
    """Yield what a message with its parts tells."""
    about = message.get("info")
    if not isinstance(about, Mapping):
        yield odd(message, place, "a message that does not say whose it is")
        about = {}
    yield from teller.message(about)
    role, t_ns = str(about.get("role") or ""), millis_ns(time_of(about, "created"))
    yield from one_by_one(
        message.get("parts"), f"{place} part", lambda part, _: teller.part(part, role, t_ns)
    )


def _stored(document: Mapping[str, Any], source: Source) -> Iterator[Record]:
    """Yield what one file of the older storage tells: a session, a message or a part."""
    own = str(document.get("id"))
    teller = PartTeller(own if own.startswith("ses_") else str(document.get("sessionID")))
    if own.startswith("ses_"):
        yield from teller.session(document)
    elif own.startswith("msg_"):
        yield from _without_start(teller.message(document))
    else:
        message = _message_beside(document, source)
        role, t_ns = str(message.get("role") or ""), millis_ns(time_of(message, "created"))
        yield from _without_start(teller.part(document, role, t_ns))


def _without_start(records: Iterator[Record]) -> Iterator[Record]:
    """Yield records but for the session's start, which stands in a file of its own."""
    return (r for r in records if not (r.name == "session" and r.kind is Kind.LIFECYCLE))


def _message_beside(part: Mapping[str, Any], source: Source) -> Mapping[str, Any]:
    """Return the message that a stored part belongs to, from its own file, where that is there."""
    if source.local is None or len(source.local.parents) < 3:
        return {}
    storage = source.local.parents[2]
    session, message = str(part.get("sessionID")), str(part.get("messageID"))
    path = storage / "message" / session / f"{message}.json"
    try:
        if (
            storage not in path.resolve().parents
            and storage.resolve() not in path.resolve().parents
        ):
            return {}
        return mapping(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def _is_database(source: Source) -> bool:
    tables = tables_of(source)
    return tables >= TABLES or (TABLE in tables and bool(tables & set(SESSIONS)))


def _database(source: Source) -> Iterator[Item]:
    tables = tables_of(source)
    with opened(source) as db:
        told = set[str]()
        for table in filter(tables.__contains__, SESSIONS):
            for row in _rows(db, f"SELECT * FROM {table} ORDER BY time_created, id"):  # noqa: S608  # one of ours
                session = str(row.get("id"))
                if session not in told:
                    told.add(session)
                    try:
                        yield from _session(db, tables, row, session)
                    except sqlite3.DatabaseError as error:
                        yield Damage(
                            f"session {session} cannot be read on ({type(error).__name__})"
                        )


def _session(
    db: sqlite3.Connection, tables: frozenset[str], row: Mapping[str, Any], session: str
) -> Iterator[Item]:
    info = {**row, "time": {"created": row.get("time_created")}}
    for name in ("model", "permission"):
        info[name] = _loaded(row.get(name))
    teller = PartTeller(session)
    yield Entry(list(teller.session(info)))
    if tables >= TABLES:
        yield from _messages(db, teller, session)
    if TABLE in tables:
        columns = {str(row[1]) for row in db.execute(f"PRAGMA table_info({TABLE})")}
        order = "seq" if "seq" in columns else "time_created, id"
        older = "AND id NOT IN (SELECT id FROM message)" if tables >= TABLES else ""
        sql = f"SELECT * FROM {TABLE} WHERE session_id = ? {older} ORDER BY {order}"  # noqa: S608  # ours
        for one in _rows(db, sql, session):
            key, kind, about = str(one.get("id")), str(one.get("type") or ""), _loaded(one["data"])
            if isinstance(about, Mapping):
                yield from items_of(
                    by_itself(
                        about, f"message {key}",
                        lambda held, _, what=kind, own=key: message(teller, what, held, own),  # type: ignore[misc]  # mypy infers no defaults
                    )
                )  # fmt: skip
            else:
                why = f"message {key} holds no JSON object"
                yield Damage(why, kept=as_text(one["data"]))


def _messages(db: sqlite3.Connection, teller: PartTeller, session: str) -> Iterator[Item]:
    messages = "SELECT * FROM message WHERE session_id = ? ORDER BY time_created, id"
    parts = "SELECT * FROM part WHERE message_id = ? ORDER BY id"
    for row in _rows(db, messages, session):
        info = _loaded(row.get("data"))
        if not isinstance(info, Mapping):
            why = f"message {row.get('id')} holds no JSON object"
            yield Damage(why, kept=as_text(row.get("data")))
            continue
        info = {**info, "id": row.get("id")}
        place = f"message {row.get('id')}"
        yield from items_of(by_itself(info, place, lambda about, _: teller.message(about)))
        t_ns = millis_ns(row.get("time_created"))
        for piece in _rows(db, parts, str(row.get("id"))):
            part = _loaded(piece.get("data"))
            if not isinstance(part, Mapping):
                why = f"part {piece.get('id')} holds no JSON object"
                yield Damage(why, kept=as_text(piece.get("data")))
                continue
            part = {**part, "id": piece.get("id"), "messageID": row.get("id")}
            role = str(info.get("role") or "")
            yield from items_of(
                by_itself(
                    part, f"part {piece.get('id')}",
                    lambda one, _, who=role, when=t_ns: teller.part(one, who, when),  # type: ignore[misc]  # mypy infers no defaults
                )
            )  # fmt: skip


def _rows(db: sqlite3.Connection, sql: str, *values: str) -> Iterator[dict[str, Any]]:
    """Yield rows in their order; where a part is lost that ordering needs, as they were written."""
    try:
        cursor = db.execute(sql, values)
        first = cursor.fetchone()
    except sqlite3.DatabaseError:
        table = sql.split()[3]
        plain = sql.partition(" ORDER BY ")[0].replace(f" {table} ", f" {table} NOT INDEXED ")
        cursor = db.execute(plain, values)
        first = cursor.fetchone()
    names = [column[0] for column in cursor.description]
    while first is not None:
        yield dict(zip(names, first, strict=True))
        first = cursor.fetchone()


def _loaded(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str | bytes) else text
    except (ValueError, RecursionError):
        return None


FORMAT = Format(
    name="opencode",
    title="opencode",
    tested=("1.18.33", "databases of 2.0"),
    recognises=lambda source: (
        _is_database(source) or any(recognises(value) for value in source.entries[:4])
    ),
    read=_read,
    places=(
        *(
            f"{base}/opencode/{inside}"
            for base in ("$XDG_DATA_HOME", "~/.local/share")
            for inside in (
                "opencode*.db",
                "storage/session/**/*.json",
                "storage/message/**/*.json",
                "storage/part/**/*.json",
            )
        ),
    ),
)
