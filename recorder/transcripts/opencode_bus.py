"""The events of opencode's bus, as its server sends them and plugins and clients log them.

Only here stands what was answered to requests for a permission. A part comes again with every
change: it is told when it is complete, or at the end as it was last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder import semconv
from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns, millis_ns
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.latest import Latest
from recorder.transcripts.lines import Line
from recorder.transcripts.opencode_parts import PartTeller
from recorder.transcripts.telling import as_text

__all__ = ["BusTeller", "is_event"]

FAMILIES = frozenset({
    "command", "file", "ide", "installation", "lsp", "mcp", "message", "permission", "project",
    "pty", "question", "server", "session", "todo", "tui", "vcs", "workspace", "worktree",
})  # fmt: skip
OURS = frozenset({"message", "permission", "session"})
DONE = frozenset({"completed", "error"})
_REPLIES = {"once": "approved", "always": "approved", "reject": "denied"}
MAX_HELD = 5000
"""Parts, and requests, that wait for what completes them."""


def is_event(value: Any) -> bool:
    """Tell whether a value is such an event, alone or in an envelope that names its folder."""
    event = _event(value)
    kind = event.get("type")
    return (
        isinstance(kind, str)
        and isinstance(event.get("properties"), Mapping)
        and kind.partition(".")[0] in FAMILIES
        and "." in kind
    )


class BusTeller:
    """Tells the events of a log, of every session in it."""

    def __init__(self) -> None:
        self._sessions: dict[str, PartTeller] = {}
        self._roles: Latest[str] = Latest()
        self._parts: dict[str, tuple[PartTeller, Mapping[str, Any]]] = {}
        """Parts that are not complete, as they were last, and who tells them."""
        self._asked: Latest[tuple[str, str]] = Latest()
        """Request for a permission -> its call and what it is for."""
        self._told: Latest[None] = Latest()
        self._keys = EntryKeys()

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        """Yield what an event tells."""
        event = _event(value)
        kind, about = str(event.get("type") or "event"), event.get("properties")
        said = about if isinstance(about, Mapping) else {}
        session = _session(said)
        key = str(event.get("id") or self._keys.of(line.data, session))
        t_ns = _time(value) or _time(event)
        teller = self._sessions.setdefault(session, PartTeller(session)) if session else None
        if teller is None:
            return
        info = said.get("info")
        if isinstance(info, Mapping) and kind.startswith("session."):
            yield from teller.session(info)
        elif isinstance(info, Mapping) and kind == "message.updated":
            yield from self._message(teller, _with_id(info, key))
        elif kind == "message.part.updated" and isinstance(said.get("part"), Mapping):
            yield from self._part(teller, _with_id(said["part"], key), t_ns)
        elif kind in {"permission.asked", "permission.updated"}:
            yield from teller.session({})
            yield self._request(teller, said, f"event {key}", t_ns)
        elif kind == "permission.replied":
            yield from teller.session({})
            yield self._reply(teller, said, f"event {key}", t_ns)
        elif kind != "message.part.delta":
            error = as_text(said.get("error") or kind) if kind == "session.error" else ""
            yield from teller.session({})
            known = kind.partition(".")[0] in FAMILIES
            yield teller.telling.note(f"event {key}", kind, line.text, t_ns, error, is_known=known)

    def rest(self) -> Iterator[Record]:
        """Yield the parts that were never completed."""
        for teller, part in self._parts.values():
            yield from teller.part(part, self._roles.get(str(part.get("messageID")), ""))

    def _message(self, teller: PartTeller, info: Mapping[str, Any]) -> Iterator[Record]:
        own = str(info.get("id"))
        self._roles[own] = str(info.get("role") or "")
        times = info.get("time")
        is_done = isinstance(times, Mapping) and "completed" in times
        if (is_done or info.get("error")) and self._is_new(own):
            yield from teller.message(info)

    def _part(
        self, teller: PartTeller, part: Mapping[str, Any], t_ns: int | None
    ) -> Iterator[Record]:
        own, role = str(part.get("id")), self._roles.get(str(part.get("messageID")), "")
        state, times = part.get("state"), part.get("time")
        if part.get("type") == "tool":
            is_done = isinstance(state, Mapping) and state.get("status") in DONE
        elif part.get("type") in {"text", "reasoning"}:
            is_done = role == "user" or (isinstance(times, Mapping) and "end" in times)
        else:
            is_done = True
        if not is_done:
            self._parts[own] = teller, part
            if len(self._parts) > MAX_HELD:
                first, held = self._parts.pop(next(iter(self._parts)))
                yield from first.part(held, self._roles.get(str(held.get("messageID")), ""))
            return
        self._parts.pop(own, None)
        if self._is_new(own):
            yield from teller.part(part, role, t_ns)

    def _request(
        self, teller: PartTeller, said: Mapping[str, Any], key: str, t_ns: int | None
    ) -> Record:
        tool = said.get("tool")
        call = tool.get("callID") if isinstance(tool, Mapping) else said.get("callID")
        asked = str(said.get("id") or "")
        patterns = said.get("patterns", said.get("pattern"))
        named = str(said.get("permission") or said.get("type") or "")
        subject = f"{named} {as_text(patterns) if patterns else said.get('title') or ''}".strip()
        self._asked[asked] = str(call or asked), subject
        times = said.get("time")
        at = millis_ns(times.get("created")) if isinstance(times, Mapping) else None
        return teller.telling.approval(
            key, str(call or asked), "requested", at or t_ns, by="", subject=subject,
            more={"flightlog.approval.request": asked},
        )  # fmt: skip

    def _reply(
        self, teller: PartTeller, said: Mapping[str, Any], key: str, t_ns: int | None
    ) -> Record:
        asked = str(said.get("requestID") or said.get("permissionID") or said.get("id") or "")
        label = str(said.get("reply") or said.get("response") or "")
        ref, subject = self._asked.pop(asked, (asked, ""))
        # A client that answers by itself replies as a person does.
        more: dict[str, Json] = {
            semconv.APPROVAL_LABEL: label,
            semconv.APPROVAL_HUMAN: "unknown",
            "flightlog.approval.request": asked,
        }
        return teller.telling.approval(
            key, ref, _REPLIES.get(label, label or "replied"), t_ns, by="user",
            subject=subject, reason=str(said.get("message") or ""), more=more,
        )  # fmt: skip

    def _is_new(self, own: str) -> bool:
        is_new = own not in self._told
        self._told[own] = None
        return is_new


def _with_id(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return a part or a message with an id: without one, all of them would count as the same."""
    return value if value.get("id") else {**value, "id": key}


def _event(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    inner = value.get("payload", value.get("event"))
    return inner if isinstance(inner, Mapping) and "properties" in inner else value


def _session(said: Mapping[str, Any]) -> str:
    for holder in (said, said.get("info"), said.get("part")):
        own = holder.get("sessionID") if isinstance(holder, Mapping) else None
        if isinstance(own, str) and own:
            return own
    info = said.get("info")
    own = info.get("id") if isinstance(info, Mapping) else None
    return own if isinstance(own, str) and own.startswith("ses_") else ""


def _time(value: Mapping[str, Any]) -> int | None:
    at = value.get("timestamp", value.get("time", value.get("ts")))
    return iso_ns(at) if isinstance(at, str) else millis_ns(at)
