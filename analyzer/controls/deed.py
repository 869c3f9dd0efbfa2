"""An action as a guard sees it: about to happen, with nothing of how it will end.

In hindsight more is known (what stood in the output, what came back). A control that used it would
promise what it could not have kept, so it is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from analyzer.deeds import HARMFUL, is_harmful
from analyzer.effects.local import acts_here
from analyzer.model import Action, Effect, Judgement
from analyzer.requests import header, host_of
from analyzer.secret_names import names_a_secret
from analyzer.texts import Blobs, Texts, as_text, no_blobs
from analyzer.tools import (
    Family,
    arguments_of,
    command_of,
    family_of,
    file_of,
    paths_of,
    pattern_of,
)
from recorder import semconv
from recorder.model import Kind, Role, Witness

__all__ = ["Deed", "deed_of", "words_of"]

MAX_TEXT = 100_000
_WORD = re.compile(r"[A-Za-z]{4,}")
_LOCK = re.compile(r"(?<![a-z])(?:force-)?unlock\b|break-?lock", re.IGNORECASE)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
TASK_RUNNERS = frozenset({"npm", "pnpm", "yarn", "bun"})
"""Programs that run what the project's own files name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is about to be done."""

    id: int
    t_ns: int
    is_timed: bool = True
    """False where `t_ns` only says where it stands by order."""
    kind: Kind
    name: str
    title: str
    judgement: Judgement
    family: Family = Family.OTHER
    command: str = ""
    text: str = ""
    """Arguments or body, for telling what it names."""
    paths: tuple[str, ...] = ()
    """Relative to the working folder where they lie in it."""
    sought: str = ""
    """What a search looks for, or the file that is read."""
    host: str = ""
    method: str = ""
    carried: tuple[str, ...] = ()
    """Fingerprints of the credentials that it uses."""
    flags: tuple[str, ...] = ()
    """Words that answer a question before it is asked."""
    cwd: str = ""
    unreadable: str = ""
    """Why it cannot be told what it does, though it may do anything; empty where it can."""

    undecided: str = ""
    """Why a command, a tool of others or a mutation may do anything, though it can be read."""

    @property
    def effect(self) -> Effect:
        """What it does to the world, as far as it can be foreseen."""
        return self.judgement.effect

    @property
    def harms(self) -> bool:
        """True where it destroys, disables, cuts off, or sends out.

        Files of the workspace are the work itself: what is done to them is no harm yet.
        """
        if self.effect not in HARMFUL:
            return False
        return not (self.is_local and self.judgement.environment == "development")

    @property
    def is_local(self) -> bool:
        """True where it changes files here and nothing else, as far as is known."""
        if self.kind is Kind.API_REQUEST or self.host:
            return False
        return self.family is Family.EDIT or acts_here(self.judgement)

    @property
    def takes_guard_off(self) -> bool:
        """True where it takes away what would have prevented a loss, or helped after it.

        A lock that two runs of one program keep from each other is neither.
        """
        return self.effect is Effect.D5 and not _LOCK.search(self.judgement.operation)

    @property
    def seeks_secrets(self) -> bool:
        """True where it searches for names of secrets, or opens a file that is named like one."""
        return names_a_secret(self.sought)


def deed_of(action: Action, cwd: str = "", blobs: Blobs = no_blobs) -> Deed:
    """Return an action as it stood before it was done."""
    texts = Texts.of(action, blobs)
    if action.kind is Kind.API_REQUEST:
        return _request(action, texts, cwd)
    raw = texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    arguments = arguments_of(raw)
    family = family_of(action.name)
    command = command_of(arguments)[:MAX_TEXT] if family is Family.SHELL else ""
    return replace(
        _bare(action, as_text(action.attributes.get(semconv.PROCESS_CWD)) or cwd),
        judgement=_foreseen(action),
        family=family,
        command=command,
        text=raw[:MAX_TEXT],
        unreadable="" if command or family is not Family.SHELL else "it says no command",
        paths=paths_of(action.name, arguments, cwd),
        sought=_sought(family, arguments, command),
        flags=action.judgement.bypass,
        undecided=_undecided(action, family),
    )


def words_of(text: str) -> frozenset[str]:
    """Return the words of a name that tell something, in lower case: `railway` of RAILWAY_TOKEN."""
    return frozenset(w.lower() for w in _WORD.findall(text.replace("_", " "))) - {
        "token", "secret", "password", "http", "https", "header", "authorization", "bearer", "url",
        "access", "credential", "generic", "known", "value", "project", "localhost", "services",
    }  # fmt: skip


def _request(action: Action, texts: Texts, cwd: str) -> Deed:
    method = as_text(action.attributes.get(semconv.HTTP_METHOD)).upper()
    body = texts.whole(semconv.REQUEST_BODY)[:MAX_TEXT]
    url = as_text(action.attributes.get(semconv.URL_FULL))
    return replace(
        _bare(action, cwd),
        text=f"{url}\n{body}",
        host=host_of(action.attributes),
        method=method,
        unreadable=_unreadable(action, texts, method),
        undecided=_undecided(action, Family.OTHER),
    )


def _bare(action: Action, cwd: str) -> Deed:
    """Return what every action tells of itself."""
    return Deed(
        id=action.id,
        t_ns=action.start_ns,
        is_timed=action.is_timed,
        kind=action.kind,
        name=action.name,
        title=action.title,
        judgement=action.judgement,
        carried=_carried(action),
        cwd=cwd,
    )


def _unreadable(action: Action, texts: Texts, method: str) -> str:
    """Return why nobody can tell what a request does: its body was not seen, or says nothing."""
    judgement = action.judgement
    if judgement.effect is not Effect.UNKNOWN or method in _SAFE:
        return ""
    unread = [r for r in judgement.reasons if "cannot be read" in r or "could not be read" in r]
    if unread:
        return unread[0]
    attributes = action.attributes
    length = header(attributes, "content-length").strip()
    has_body = length not in {"", "0"} or bool(header(attributes, "transfer-encoding"))
    is_whole = semconv.REQUEST_BODY in attributes and semconv.REQUEST_DIGEST not in attributes
    if has_body and (not is_whole or texts.is_cut(semconv.REQUEST_BODY)):
        return "its body was not seen, or not the whole of it"
    return ""


def _undecided(action: Action, family: Family) -> str:
    """Return why nobody can tell what an action does; empty where that is told, or is of no matter.

    What the project's own build files say (`make test`, `npm run build`) is the work itself, and of
    the agent's own tools (a list of things to do, a question) none reaches beyond it. A request
    that is no mutation is judged by its method: the model's own are sent so, too.
    """
    judgement = action.judgement
    if judgement.effect is not Effect.UNKNOWN:
        return ""
    why = judgement.reasons[0] if judgement.reasons else "nothing tells what it does"
    if action.kind is Kind.API_REQUEST:
        return why if why.startswith("mutation ") else ""
    if family is Family.SHELL:
        is_own = judgement.operation in TASK_RUNNERS or "the project's own files" in why
        return "" if is_own else why
    is_mcp = action.name.startswith("mcp__") or Witness.MCP in action.witnesses
    return why if is_mcp and family is Family.OTHER else ""


def _foreseen(action: Action) -> Judgement:
    """Return a call's judgement without what only its output told: that it showed a credential."""
    judgement = action.judgement
    if judgement.effect is Effect.C2 and not is_harmful(action):
        reading = family_of(action.name) in {Family.READ, Family.SEARCH, Family.LIST}
        return Judgement(Effect.READ if reading else Effect.UNKNOWN)
    return judgement


def _carried(action: Action) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s.fingerprint for s in action.sightings if s.role is Role.USED))


def _sought(family: Family, arguments: Mapping[str, object], command: str) -> str:
    given = {k: v for k, v in arguments.items() if isinstance(v, str)}
    if family in {Family.SEARCH, Family.LIST}:
        return pattern_of(given)[:MAX_TEXT]
    if family is Family.READ:
        return file_of(given)[:MAX_TEXT]
    return command
