"""Credentials that a command takes from a file by its name: sourced, or put in when it runs.

`source .env && vercel deploy` and `curl -H "Authorization: Bearer $(cat token)"` hold no
credential in their words, and use one all the same. Which of a file's credentials it is the text
does not tell, so each that was seen in it is held to be used; inferred, never more.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from analyzer.model import Action, Outcome, Sighting
from analyzer.services import services_in
from analyzer.shell_requests import CLIENTS
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.tools import Family, arguments_of, command_of, family_of, relative
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["Shown", "is_lent", "learn", "lent_of", "with_lent"]

type Shown = dict[str, dict[str, Sighting]]
"""File -> fingerprint -> where it was shown in it first."""

BASIS = "by the command line"
MAX_COMMAND = 20_000
_TAKES = re.compile(
    r"(?:^|[;&|(\s])(?:source|\.)\s+(?P<sourced>[^\s;&|)]+)"
    r"|--env-file[=\s]+(?P<given>[^\s;&|)]+)"
    r"|\$\((?P<made>[^()]{1,400})\)|`(?P<old>[^`]{1,400})`"
)
_WORD = re.compile(r"[^\s;&|<>()'\"=]+")


def learn(shown: Shown, actions: Iterable[Action]) -> None:
    """Take in which files credentials were shown in, each at its first time."""
    for action in actions:
        for seen in action.sightings:
            if seen.file and (seen.role.shows or seen.role is Role.COPIED):
                shown.setdefault(seen.file, {}).setdefault(seen.fingerprint, seen)


def lent_of(actions: Sequence[Action], shown: Shown, blobs: Blobs) -> tuple[Action, ...]:
    """Return actions, the calls among them with the credentials that files lend them."""
    return tuple(with_lent(action, shown, blobs) for action in actions)


def with_lent(action: Action, shown: Shown, blobs: Blobs) -> Action:
    """Return an action with the credentials that it takes from files that were shown before."""
    if action.kind is not Kind.TOOL_CALL or family_of(action.name) is not Family.SHELL:
        return action
    if action.outcome is Outcome.DENIED or not shown:
        return action
    arguments = Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    command = command_of(arguments_of(arguments))[:MAX_COMMAND]
    files = [f for f in _taken(command, _folder(action)) if f in shown]
    if not files or not _speaks(command):
        return action
    known = {s.fingerprint for s in action.sightings if s.role is Role.USED}
    lent: dict[str, Sighting] = {}
    for file in files:
        for seen in shown[file].values():
            if seen.fingerprint not in known and seen.t_ns <= action.start_ns:
                lent.setdefault(seen.fingerprint, _use(action, seen, file))
    return replace(action, sightings=(*action.sightings, *lent.values())) if lent else action


def is_lent(sighting: Sighting) -> bool:
    """Tell whether a credential was taken from a file by its name."""
    return sighting.role is Role.USED and sighting.place.endswith(f", {BASIS}")


def _use(action: Action, seen: Sighting, file: str) -> Sighting:
    return Sighting(
        action=action.id,
        seq=action.records[0] if action.records else abs(action.id),
        fingerprint=seen.fingerprint,
        role=Role.USED,
        place=f"taken from {file}, {BASIS}",
        t_ns=action.start_ns,
        is_timed=action.is_timed,
        certainty=Certainty.INFERRED,
    )


def _folder(action: Action) -> str:
    cwd = action.attributes.get(semconv.PROCESS_CWD)
    return cwd if isinstance(cwd, str) else ""


def _taken(command: str, cwd: str) -> Iterator[str]:
    """Yield the files whose content a command takes into its words or its environment."""
    for found in _TAKES.finditer(command):
        for text in filter(None, found.groups()):
            for word in _WORD.findall(text):
                yield relative(posixpath.normpath(word), cwd)


def _speaks(command: str) -> bool:
    words = set(_WORD.findall(command))
    return bool(services_in(command)) or not words.isdisjoint(CLIENTS)
