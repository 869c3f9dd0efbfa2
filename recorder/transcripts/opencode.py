"""opencode: its database, older JSON files, `opencode export`, and `opencode run --format json`.

Tested on 1.18.33. Answers to permission requests are nowhere but on its bus; a rejection shows in a
call's error, which speaks of a user even where none was there. Times are epoch milliseconds. Tables
with credentials are not read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status
from recorder.transcripts.clocks import millis_ns
from recorder.transcripts.databases import opened, tables_of
from recorder.transcripts.documents import items_of, read_document
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Damage, Entry, Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.one_by_one import Told, by_itself, odd, one_by_one
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text

__all__ = ["AGENT", "FORMAT", "PartTeller", "recognises"]

AGENT = "opencode"
CLOCK = "epoch ms"
NOTED = frozenset({
    "agent", "compaction", "file", "part", "patch", "reasoning", "retry", "snapshot",
    "step-finish", "step-start", "subtask", "text",
})  # fmt: skip
"""Types of parts that mean nothing here: they are kept as they stand."""
TABLES = frozenset({"session", "message", "part"})
RUN = frozenset({"step_start", "step_finish", "tool_use", "text", "reasoning", "error"})


class PartTeller:
    """Tells one session, message by message and part by part."""

    def __init__(self, session: str) -> None:
        self.telling = Telling(AGENT, session, CLOCK)
        self._begun = False
        self._is_child = False
        self._task = ""
        """Message by which another session's agent gave this one its task."""

    def session(self, info: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the session's start."""
        if self._begun:
            return
        self._begun = True
        model = _mapping(info.get("model"))
        self.telling.version = str(info.get("version") or "")
        self.telling.cwd = str(info.get("directory") or "")
        self.telling.model = str(model.get("id") or model.get("modelID") or "")
        parent = str(info.get("parentID") or info.get("parent_id") or "")
        self._is_child = bool(parent)
        about: dict[str, Json] = {
            semconv.SESSION_PARENT: parent,
            "flightlog.opencode.permission": as_text(info.get("permission") or ""),
        }
        yield self.telling.begin("session", millis_ns(_time(info, "created")), about)

    def message(self, info: Mapping[str, Any]) -> Iterator[Record]:
        """Yield what a message tells beside its parts: a model's turn with its usage."""
        yield from self.session({})
        if info.get("role") != "assistant":
            return
        self.telling.model = str(info.get("modelID") or self.telling.model)
        self.telling.cwd = str(_mapping(info.get("path")).get("cwd") or self.telling.cwd)
        key, done = str(info.get("id")), millis_ns(_time(info, "completed"))
        error = info.get("error")
        if done is None and not error:
            # It is being written still: a later copy tells its usage.
            return
        tokens = _mapping(info.get("tokens"))
        attributes: dict[str, Json] = {
            semconv.GEN_AI_OPERATION: "chat",
            semconv.GEN_AI_MODEL: self.telling.model,
            semconv.GEN_AI_INPUT_TOKENS: _count(tokens.get("input")),
            semconv.GEN_AI_OUTPUT_TOKENS: _count(tokens.get("output")),
            "gen_ai.usage.cache_read.input_tokens": _count(
                _mapping(tokens.get("cache")).get("read")
            ),
            semconv.ERROR_TYPE: str(_mapping(error).get("name") or "error") if error else "",
            semconv.EXCEPTION_MESSAGE: as_text(error) if error else "",
            semconv.END_NS: done,
        }
        yield self.telling.record(
            Kind.MODEL_CALL, self.telling.model or "model", Phase.WHOLE, key,
            millis_ns(_time(info, "created")), attributes,
            ref=key, status=Status.ERROR if error else Status.OK,
        )  # fmt: skip

    def part(self, part: Mapping[str, Any], role: str, t_ns: int | None = None) -> Iterator[Record]:
        """Yield what a part of a message tells.

        Args:
            part: the part.
            role: of its message; empty where that is not known.
            t_ns: the message's time, for parts that have none.
        """
        yield from self.session({})
        key, kind = str(part.get("id")), part.get("type")
        message = str(part.get("messageID") or "")
        begun = millis_ns(_time(part, "start"))
        if kind == "tool":
            yield from self._tool(part, key)
        elif kind == "text" and role == "user":
            self._task = self._task or message
            speaker = "agent" if self._is_child and message == self._task else role
            said = str(part.get("text") or "")
            yield self.telling.prompt(key, said, begun or t_ns, speaker)
        elif kind in {"text", "reasoning"} and (role or begun is not None):
            where = semconv.GEN_AI_OUTPUT_MESSAGES if kind == "text" else "flightlog.thinking"
            attributes: dict[str, Json] = {
                semconv.GEN_AI_OPERATION: "chat",
                where: str(part.get("text") or ""),
            }
            yield self.telling.record(
                Kind.MODEL_CALL, self.telling.model or "model", Phase.POINT, key, begun or t_ns,
                attributes, ref=message,
            )  # fmt: skip
        else:
            name = str(kind or "part")
            yield self.telling.note(key, name, part, begun, is_known=name in NOTED)

    def _tool(self, part: Mapping[str, Any], key: str) -> Iterator[Record]:
        state = _mapping(part.get("state"))
        ref, tool = str(part.get("callID") or key), str(part.get("tool") or "")
        begun, ended = millis_ns(_time(state, "start")), millis_ns(_time(state, "end"))
        yield self.telling.call(f"{key} call", ref, tool, state.get("input"), begun)
        status, error = state.get("status"), as_text(state.get("error") or "")
        if status not in {"completed", "error"}:
            return
        denied = "rejected permission" in error or "prevents you from using" in error
        if denied:
            # When it was decided is not told: the end is that of the call.
            yield self.telling.approval(
                f"{key} decision", ref, "denied", None,
                by="user" if "user rejected" in error else "rule", subject=tool, reason=error,
                more={
                    semconv.APPROVAL_LABEL: error,
                    # The same words are written where nobody was there to ask.
                    semconv.APPROVAL_HUMAN: "unknown" if "user rejected" in error else "unlikely",
                },
            )  # fmt: skip
        failed = "denied" if denied else "tool_error" if status == "error" else ""
        metadata = _mapping(state.get("metadata"))
        yield self.telling.result(
            f"{key} result", ref, tool, state.get("output") if status == "completed" else error,
            ended, error=failed, exit_code=metadata.get("exit"),
            more={semconv.EXCEPTION_MESSAGE: error},
        )  # fmt: skip


def recognises(value: Any) -> bool:
    """Tell whether a value is an export, a line of a run, or a file of its older storage."""
    if not isinstance(value, Mapping):
        return False
    if str(value.get("type")) in RUN and "sessionID" in value:
        return True
    info = value.get("info")
    if isinstance(info, Mapping) and isinstance(value.get("messages"), list):
        return str(info.get("id")).startswith("ses_")
    own = str(value.get("id"))
    if own.startswith("ses_"):
        return "directory" in value or "projectID" in value
    return own.startswith(("msg_", "prt_")) and "sessionID" in value


def _read(source: Source) -> Iterator[Item]:
    if tables_of(source) >= TABLES:
        yield from _database(source)
        return
    sample = [v for v in source.sample if isinstance(v, Mapping)]
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


def _export(document: Mapping[str, Any]) -> Iterator[Told]:
    info = _mapping(document.get("info"))
    teller = PartTeller(str(info.get("id")))
    yield from teller.session(info)

    def told(message: Mapping[str, Any], place: str) -> Iterator[Told]:
        about = message.get("info")
        if not isinstance(about, Mapping):
            yield odd(message, place, "a message that does not say whose it is")
            about = {}
        yield from teller.message(about)
        role, t_ns = str(about.get("role") or ""), millis_ns(_time(about, "created"))
        yield from one_by_one(
            message.get("parts"), f"{place} part", lambda part, _: teller.part(part, role, t_ns)
        )

    yield from one_by_one(document["messages"], "message", told)


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
        role, t_ns = str(message.get("role") or ""), millis_ns(_time(message, "created"))
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
        return _mapping(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return {}


def _database(source: Source) -> Iterator[Item]:
    with opened(source) as db:
        for row in _rows(db, "SELECT * FROM session ORDER BY time_created, id"):
            info = {**row, "time": {"created": row.get("time_created")}}
            for name in ("model", "permission"):
                info[name] = _loaded(row.get(name))
            teller = PartTeller(str(row.get("id")))
            yield Entry(list(teller.session(info)))
            yield from _messages(db, teller, str(row.get("id")))


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
    cursor = db.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)


def _loaded(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str | bytes) else text
    except (ValueError, RecursionError):
        return None


def _time(value: Mapping[str, Any], name: str) -> Any:
    return _mapping(value.get("time")).get(name)


def _count(value: Any) -> int | None:
    return value if type(value) is int else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


FORMAT = Format(
    name="opencode",
    title="opencode",
    tested=("1.18.33",),
    recognises=lambda source: (
        tables_of(source) >= TABLES or any(recognises(value) for value in source.sample[:4])
    ),
    read=_read,
    places=(
        "$XDG_DATA_HOME/opencode/opencode.db",
        "~/.local/share/opencode/opencode.db",
        "~/.local/share/opencode/storage/session/**/*.json",
        "~/.local/share/opencode/storage/message/**/*.json",
        "~/.local/share/opencode/storage/part/**/*.json",
    ),
)
