"""Cursor's `store.db`: one conversation of its command line, as messages named by their digests.

A row of `meta` names the root, the state after the last turn, whose fields name the messages in
their order. A conversation that was summed up, or gone back on, has a root without the messages
from before; they are still there and are told first. Messages have no times. Tested on databases
of 2026 by their documented shape.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.databases import opened
from recorder.transcripts.documents import items_of
from recorder.transcripts.format import Damage, Entry, Item
from recorder.transcripts.messages import is_message
from recorder.transcripts.one_by_one import Told, by_itself, objects
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session, text_parts

__all__ = ["STORE", "asked", "is_store", "store"]

STORE = frozenset({"blobs", "meta"})
"""The tables of such a database."""
MESSAGE, PENDING, WORKSPACE = 1, 4, 9
"""Fields of a root: the digest of a message; a message whose calls still run; the folder."""
DIGEST_BYTES = 32
_EXIT = re.compile(r"Exit code: (\d{1,5})$", re.MULTILINE)
_DENIED = frozenset({"rejected", "permissionDenied"})
_FAILED = {"error": "tool_error", "spawnError": "tool_error", "timeout": "timeout"}
_REASONING = frozenset({"reasoning", "redacted-reasoning"})


def is_store(source: Source) -> bool:
    """Tell whether a database of those tables is Cursor's."""
    with opened(source) as db:
        try:
            return bool({"latestRootBlobId", "agentId"} & _about(db).keys())
        except sqlite3.OperationalError:  # tables of the same names, and other columns
            return False


def store(source: Source, agent: str) -> Iterator[Item]:
    """Yield the conversation of a database."""
    with opened(source) as db:
        about = _about(db)
        try:
            state = _blob(db, str(about.get("latestRootBlobId") or ""))
        except sqlite3.DatabaseError as error:
            state = None
            yield Damage(f"the order of the messages cannot be read ({type(error).__name__})")
        root = list(_fields(state or b""))
        session = str(about.get("agentId") or "") or made_session(agent, source.id)
        telling = Telling(agent, session, "epoch ms")
        telling.model = str(about.get("lastUsedModel") or "")
        telling.cwd = next((_path(value) for n, value in root if n == WORKSPACE), "")
        begun = about.get("createdAt")
        name: dict[str, Json] = {"flightlog.session.title": str(about.get("name") or "")}
        yield Entry([telling.begin("session", millis_ns(begun) or iso_ns(begun), name)])
        yield from _messages(db, _Conversation(telling), root)


def _messages(
    db: sqlite3.Connection, conversation: _Conversation, root: list[tuple[int, bytes]]
) -> Iterator[Item]:
    """Yield the messages that the root no longer names, those that it names, and what waits."""
    order = [v.hex() for number, v in root if number == MESSAGE and len(v) == DIGEST_BYTES]
    named = frozenset(order)
    for one in _blobs(db, "="):
        if isinstance(one, Damage):
            yield one
        elif one[0] not in named and is_message(value := _loaded(one[1])):
            yield from _told(conversation, value, one[0])
    times: Counter[str] = Counter()
    for digest in order:
        times[digest] += 1
        again = f" #{times[digest]}" if times[digest] > 1 else ""
        yield from _named_message(db, conversation, digest, again)
    # Former states last: what they wait for is mostly told by a message of its own.
    for one in _blobs(db, "<>"):
        if isinstance(one, Damage):
            yield one
        else:
            yield from _waiting(conversation, list(_fields(one[1])))
    yield from _waiting(conversation, root)


def _named_message(
    db: sqlite3.Connection, conversation: _Conversation, digest: str, again: str
) -> Iterator[Item]:
    try:
        found = _blob(db, digest)
    except sqlite3.DatabaseError as error:
        yield Damage(f"message {digest} cannot be read ({type(error).__name__})")
        return
    if found is None:
        yield Damage(f"message {digest} is not in the database")
    elif is_message(value := _loaded(found)):
        yield from _told(conversation, value, f"{digest}{again}")
    else:
        yield Damage(f"message {digest} is no message of a known shape", kept=_text(found))


def _blobs(db: sqlite3.Connection, how: str) -> Iterator[tuple[str, bytes] | Damage]:
    """Yield the values that begin as a JSON object does (`=`), or all others (`<>`)."""
    sql = f"SELECT id, data FROM blobs WHERE substr(data, 1, 1) {how} x'7B' ORDER BY rowid"  # noqa: S608  # one of two
    try:
        for digest, data in db.execute(sql):
            yield str(digest), _bytes(data)
    except sqlite3.DatabaseError as error:
        yield Damage(f"the database cannot be read on ({type(error).__name__})")


def _told(conversation: _Conversation, message: Any, digest: str) -> Iterator[Item]:
    return items_of(by_itself(message, f"message {digest}", conversation.message))


def _waiting(conversation: _Conversation, state: list[tuple[int, bytes]]) -> Iterator[Item]:
    """Yield what of a state's waiting messages was told by no other: a call that never ended."""
    for number, content in state:
        value = _loaded(content) if number == PENDING else None
        if value is not None and is_message(value) and conversation.has_more(value):
            yield from _told(conversation, value, sha256(content).hexdigest())


class _Conversation:
    """Tells messages; a call or a result that two of them hold is told once."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._seen = set[str]()
        """The calls and results that were told."""

    def has_more(self, message: Mapping[str, Any]) -> bool:
        """Tell whether a message holds a call that was not told."""
        content = message.get("content")
        parts = [p for p in content if isinstance(p, Mapping)] if isinstance(content, list) else []
        calls = [part for part in parts if part.get("type") == "tool-call"]
        return any(_identity(call) not in self._seen for call in calls)

    def message(self, message: Mapping[str, Any], key: str) -> Iterator[Told]:
        """Yield what one message tells."""
        content, role = message.get("content"), str(message.get("role"))
        if not isinstance(content, list):
            yield self._said(role, key, text_parts(content), "")
            return
        kinds = [p.get("type") if isinstance(p, Mapping) else None for p in content]
        thought = [p for p, kind in zip(content, kinds, strict=True) if kind in _REASONING]
        calls = {"tool-call", "tool-result"}
        rest = [p for p, k in zip(content, kinds, strict=True) if k not in calls | _REASONING]
        if rest or thought or not calls & set(kinds):
            yield self._said(role, key, text_parts(rest), text_parts(thought))
        for number, part in objects(content, f"{key} part"):
            if isinstance(part, Damage):
                continue  # A part that is no object was told as words.
            kind = part.get("type")
            if kind in calls and (identity := _identity(part)) not in self._seen:
                self._seen.add(identity)
                place = f"{key} part {number}"
                if kind == "tool-call":
                    ref, tool = _named(part, place)
                    yield self._telling.call(place, ref, tool, part.get("args"), None)
                else:
                    yield from self._result(message, part, place)

    def _said(self, role: str, key: str, words: str, thought: str) -> Record:
        if role == "assistant":
            more: dict[str, Json] = {"flightlog.thinking": thought} if thought else {}
            return self._telling.answer(key, words, None, more=more)
        if role == "tool":
            return self._telling.note(key, "tool", words, None)
        return self._telling.prompt(key, asked(words), None, role)

    def _result(
        self, message: Mapping[str, Any], part: Mapping[str, Any], place: str
    ) -> Iterator[Record]:
        ref, tool = _named(part, place)
        whole, own = _cursor_of(message), _cursor_of(part)
        high = _mapping(whole.get("highLevelToolCallResult"))
        output = _mapping(high.get("output"))
        outcome = next((name for name in output if name != "isError"), "")
        inner = _mapping(output.get(outcome))
        text = part.get("result")
        if text is None:
            text = text_parts(part.get("experimental_content")) or (dict(output) or "")
        written = _EXIT.match(text) if isinstance(text, str) else None
        code = inner.get("exitCode", int(written[1]) if written else None)
        said = (high, output, whole, own, part)
        failed = any(one.get("isError") is True or one.get("is_error") is True for one in said)
        if outcome in _DENIED or part.get("status") == "rejected":
            error = "denied"
            label = outcome if outcome in _DENIED else "rejected"
            yield self._telling.approval(
                f"{place} decision", ref, "denied", None, by="", subject=tool,
                reason=str(inner.get("reason") or ""),
                more={semconv.APPROVAL_LABEL: label, semconv.APPROVAL_HUMAN: "unknown"},
            )  # fmt: skip
        else:
            # A program that fails is no failure of the call.
            ran = type(code) is int and outcome in {"success", "failure", ""}
            error = _FAILED.get(outcome, "tool_error" if failed and not ran else "")
            if outcome == "failure" and not ran:
                error = "tool_error"
        yield self._telling.result(place, ref, tool, text, None, error=error, exit_code=code)


def asked(text: str) -> str:
    """Return what a person typed, without the marks that Cursor puts around it."""
    return text.strip().removeprefix("<user_query>").removesuffix("</user_query>").strip()


def _identity(part: Mapping[str, Any]) -> str:
    held = (part.get(n) for n in ("type", "toolCallId", "toolName", "args", "result"))
    return sha256(as_text(list(held)).encode("utf-8", "surrogatepass")).hexdigest()


def _named(part: Mapping[str, Any], place: str) -> tuple[str, str]:
    return str(part.get("toolCallId") or place), str(part.get("toolName") or "")


def _cursor_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(_mapping(value.get("providerOptions")).get("cursor"))


def _about(db: sqlite3.Connection) -> Mapping[str, Any]:
    """Return what is told of the conversation: JSON, written in hexadecimal."""
    for (value,) in db.execute("SELECT value FROM meta ORDER BY key"):
        text = _text(_bytes(value))
        try:
            content = bytes.fromhex(text)
        except ValueError:
            content = text.encode("utf-8", "surrogateescape")
        about = _loaded(content)
        if about is not None:
            return about
    return {}


def _blob(db: sqlite3.Connection, digest: str) -> bytes | None:
    row = db.execute("SELECT data FROM blobs WHERE id = ?", (digest,)).fetchone()
    return None if row is None or row[0] is None else _bytes(row[0])


def _fields(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the fields of a protobuf message that hold bytes; none where it is no such message."""
    message = Empty()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return
    fields = UnknownFieldSet(message)
    for number in range(len(fields)):
        if isinstance(data := fields[number].data, bytes):
            yield fields[number].field_number, data


def _path(uri: bytes) -> str:
    text = _text(uri)
    try:
        return unquote(urlsplit(text).path) if text.startswith("file:") else text
    except ValueError:  # no URI after all, such as `file://[`
        return text


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _loaded(content: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
