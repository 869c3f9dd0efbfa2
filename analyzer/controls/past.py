"""What a guard remembers of a session: told in order of time, as things begin and end."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.controls.deed import Deed, words_of
from analyzer.model import Action, Effect, Outcome
from analyzer.services import is_refused, services_of
from analyzer.testimony import Presence
from analyzer.texts import Blobs, Texts, as_text, no_blobs
from analyzer.tools import Family, arguments_of, command_of, family_of
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["Consent", "Found", "Past", "Refused"]

KEPT = 200
"""Refusals, consents and harms that are remembered, the newest."""
MAX_TEXT = 20_000
APPROVED = "approved"
_COMMENT = re.compile(r"^\s*(?:\d+[→:|]\s*)?(?:#|//|;|--)\s*(.{3,200})$")
_COPY = re.compile(
    r"\b(?:pg_dump|mysqldump|mongodump|snapshot create|create-(?:db-)?snapshot|backup create"
    r"|BackupCreate|createSnapshot|rsync)\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A credential that came into hand."""

    t_ns: int
    action: int
    place: str
    file: str
    name: str
    scope: str
    purpose: str
    """What its owner declared it for, or the words that stood beside it; empty where none do."""
    is_declared: bool
    is_timed: bool = True
    """False where it only stands there by order."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A host, or what a command spoke to, turned a credential away."""

    t_ns: int
    action: int
    host: str
    carried: tuple[str, ...]
    words: frozenset[str]
    """What the refused credential is called, in words."""
    services: tuple[str, ...] = ()
    """All names of what was spoken to."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's words or approval that may bind a deed."""

    t_ns: int
    action: int
    text: str
    is_approval: bool


@dataclass(slots=True)
class Past:
    """A session's past, up to a moment."""

    blobs: Blobs = no_blobs
    scopes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fingerprint -> (name, reach), as far as it is known."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint -> purpose, as its owner declared it."""
    found: dict[str, Found] = field(default_factory=dict)
    refused: deque[Refused] = field(default_factory=lambda: deque(maxlen=KEPT))
    consents: deque[Consent] = field(default_factory=lambda: deque(maxlen=KEPT))
    harms: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """(moment, action) of the harmful deeds that were let run."""
    hosts: dict[str, int] = field(default_factory=dict)
    """Host -> when it was first spoken to."""
    secrets_ns: int | None = None
    """When a secret first came into hand."""
    unverified: tuple[int, str] | None = None
    """The newest change that did not end well, where nothing was looked at since."""
    planned: tuple[int, int] | None = None
    """(moment, action) of the newest plan or dry run."""
    copied: tuple[int, ...] = ()
    """Actions that made a copy."""
    guards_off: tuple[int, ...] = ()
    """Actions that disabled a guard."""

    def begin(self, deed: Deed) -> None:
        """Take in a deed that is let run."""
        if deed.harms and deed.is_timed:
            self.harms.append((deed.t_ns, deed.id))
        if deed.takes_guard_off:
            self.guards_off = (*self.guards_off[-KEPT:], deed.id)
        if deed.host:
            self.hosts.setdefault(deed.host, deed.t_ns)

    def tell(self, action: Action) -> None:
        """Take in a person's words and approvals; of a call that begins, that it was allowed."""
        if action.kind is Kind.PROMPT:
            if action.attributes.get(semconv.PROMPT_ROLE, "user") == "user":
                text = Texts.of(action, self.blobs).whole(semconv.PROMPT_TEXT)[:MAX_TEXT]
                self.consents.append(Consent(action.start_ns, action.id, text, is_approval=False))
        elif action.kind is Kind.APPROVAL:
            decision = action.decision
            attended = decision is None or decision.presence is not Presence.ABSENT
            if attended and action.attributes.get(semconv.APPROVAL_DECISION) == APPROVED:
                text = as_text(action.attributes.get(semconv.APPROVAL_SUBJECT))[:MAX_TEXT]
                self.consents.append(Consent(action.start_ns, action.id, text, is_approval=True))
        elif action.kind is Kind.TOOL_CALL:
            self._allow(action)

    def _allow(self, call: Action) -> None:
        """Take in that somebody let a call run: what they saw is what it was called with."""
        decision = call.decision
        if decision is None or decision.decision != APPROVED:
            return
        if decision.presence is not Presence.ABSENT:
            said = Texts.of(call, self.blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS)
            text = (command_of(arguments_of(said)) or said)[:MAX_TEXT]
            self.consents.append(Consent(call.start_ns, decision.seq, text, is_approval=True))

    def end(self, action: Action) -> None:
        """Take in how an action ended, and what it showed."""
        for sighting in action.sightings:
            if sighting.role is not Role.USED:
                self._find(action, sighting.fingerprint, sighting.place, sighting.file)
        if is_refused(action, self.blobs):
            self._refuse(action)
        changes = action.judgement.effect is Effect.WRITE or action.judgement.effect.destroys
        # An edit that fails says so and changes nothing; of a command nobody knows how far it came.
        partly = changes and family_of(action.name) is not Family.EDIT
        if partly and action.outcome in {Outcome.FAILED, Outcome.NO_RESULT}:
            self.unverified = (action.id, action.title)
        elif action.outcome is Outcome.OK and not action.content_error and _looks(action):
            self.unverified = None
        if action.outcome is Outcome.OK and _COPY.search(action.title[:MAX_TEXT]):
            self.copied = (*self.copied[-KEPT:], action.id)

    def plan(self, deed: Deed) -> None:
        """Take in that a deed shows what another would do."""
        self.planned = (deed.t_ns, deed.id)

    def last_human_ns(self) -> int:
        """Return when a person last spoke or approved; -1: never."""
        return self.consents[-1].t_ns if self.consents else -1

    def open_refusal(self) -> Refused | None:
        """Return the newest refusal of a credential after which no person has spoken."""
        if not self.refused or self.refused[-1].t_ns < self.last_human_ns():
            return None
        return self.refused[-1]

    def _find(self, action: Action, fingerprint: str, place: str, file: str) -> None:
        known = self.found.get(fingerprint)
        if known is not None:
            # Where it is shown again, words may stand beside it that a search did not show.
            beside = "" if known.is_declared else self._words_beside(action, fingerprint)
            if beside:
                self.found[fingerprint] = replace(known, purpose=beside)
            return
        t_ns = action.end_ns if action.end_ns is not None else action.start_ns
        name, scope = self.scopes.get(fingerprint, (fingerprint[:8], ""))
        declared = self.declared.get(fingerprint, "")
        purpose = declared or self._words_beside(action, fingerprint) or _words_of_path(file)
        self.found[fingerprint] = Found(
            t_ns, action.id, place, file, name, scope, purpose, bool(declared), action.is_timed
        )
        if self.secrets_ns is None:
            self.secrets_ns = t_ns

    def _words_beside(self, action: Action, fingerprint: str) -> str:
        """Return the comment above a credential, where it was shown with one."""
        lines = Texts.of(action, self.blobs).whole(semconv.GEN_AI_TOOL_RESULT).splitlines()
        for number, line in enumerate(lines[:10_000]):
            if fingerprint in line:
                return _comments(lines[max(0, number - 3) : number])
        return ""

    def _refuse(self, action: Action) -> None:
        carried = tuple(s.fingerprint for s in action.sightings if s.role is Role.USED)
        if not carried and action.kind is Kind.API_REQUEST:
            return
        names = " ".join(self.scopes.get(c, ("", ""))[0] for c in carried)
        t_ns = action.end_ns if action.end_ns is not None else action.start_ns
        services = services_of(action, self.blobs)
        host = services[0] if services else ""
        words = words_of(f"{names} {host}")
        self.refused.append(Refused(t_ns, action.id, host, carried, words, services))


_HOME = re.compile(
    r"^(?:~[\w.-]*|(?:/private)?/tmp|/root|/(?:home|Users)/[^/]+|[A-Za-z]:[\\/]Users[\\/][^\\/]+)[\\/]"
)
_WIDE = frozenset({"admin", "administrator", "root", "master", "owner", "superuser", "global"})
_USUAL = frozenset({
    "env", "config", "configs", "conf", "settings", "secret", "secrets", "credential",
    "credentials", "creds", "key", "keys", "token", "tokens", "auth", "scripts", "src", "app",
    "apps", "bin", "etc", "opt", "usr", "var", "srv", "lib", "local", "share", "repos", "projects",
    "workspace", "work", "code", "json", "yaml", "yml", "toml", "ini", "txt", "properties",
    "example", "sample", "backup", "bak", "old", "tmp", "temp",
})  # fmt: skip
"""Words of folders and files that any credential may lie in."""


def _comments(lines: Sequence[str]) -> str:
    found = [match[1].strip() for line in lines if (match := _COMMENT.match(line))]
    return " ".join(found)


def _words_of_path(file: str) -> str:
    """Return the words of a path, each once: `scripts/domains/domains.env` is of domains.

    Whose folder it lies in and how such files are always called tells no purpose; and a credential
    that a path calls an administrator's is for anything.
    """
    words = re.findall(r"[A-Za-z]{3,}", _HOME.sub("", file))
    if any(word.lower() in _WIDE for word in words):
        return ""
    return " ".join(dict.fromkeys(word for word in words if word.lower() not in _USUAL))


def _looks(action: Action) -> bool:
    family = family_of(action.name)
    reads = family in {Family.READ, Family.SEARCH, Family.LIST}
    return reads or action.judgement.effect is Effect.READ
