"""Where exactly a credential stood: from a seal's attribute to a file and its line.

The seals say in which attribute of a record a secret was; what a person needs is the file that a
tool printed, the header that carried it, the argument it was passed in. A file that follows from
what the tool is (line numbers of `Read`, `path:line:` of `grep`) is observed; one that follows from
reading a shell command is inferred.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.model import Sighting
from analyzer.requests import host_of
from analyzer.testimony import Certainty
from analyzer.texts import Texts
from analyzer.tools import (
    Family,
    arguments_of,
    command_of,
    family_of,
    file_of,
    relative,
    shell_commands,
)
from recorder import semconv
from recorder.model import Json, Kind, Role, Seal

__all__ = ["Sealed", "Setting", "sightings_of"]

_NUMBERED = re.compile(r"^\s*(\d+)(?:→|\t|:)")
_GREPPED = re.compile(r"^(?P<path>[^:\s][^:]*):(?P<line>\d+):")
_GREPPED_BARE = re.compile(r"^(?P<path>[^:\s][^:]*):")
_PRINTERS = frozenset({"cat", "head", "tail", "less", "more", "bat", "nl", "tac"})
_SEARCHERS = frozenset({"grep", "egrep", "fgrep", "rg", "ag", "git"})
PLACES = {
    semconv.REQUEST_BODY: "request body",
    semconv.RESPONSE_BODY: "response body",
    semconv.URL_FULL: "URL",
    semconv.URL_PATH: "URL",
    semconv.GEN_AI_TOOL_RESULT: "tool output",
    semconv.GEN_AI_TOOL_ARGUMENTS: "tool arguments",
    semconv.PROMPT_TEXT: "prompt",
    semconv.GEN_AI_OUTPUT_MESSAGES: "model answer",
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal with the record that it stands in."""

    seal: Seal
    seq: int
    t_ns: int


@dataclass(frozen=True, slots=True)
class Setting:
    """The action that seals belong to, as far as their places depend on it."""

    action: int
    kind: Kind
    name: str
    texts: Texts
    cwd: str


@dataclass(frozen=True, slots=True)
class _Spot:
    place: str
    file: str = ""
    certainty: Certainty = Certainty.OBSERVED


def sightings_of(setting: Setting, seals: Sequence[Sealed]) -> tuple[Sighting, ...]:
    """Return the places of an action's secrets, in order of time, each place once.

    Suspected seals (found by entropy alone) are left out: nothing may be built upon them.
    """
    is_request = setting.kind is Kind.API_REQUEST
    host = host_of(setting.texts.attributes) if is_request else ""
    found: dict[tuple[str, Role, str], Sighting] = {}
    for sealed in seals:
        seal = sealed.seal
        if seal.suspected:
            continue
        for spot in _spots(setting, seal):
            sighting = Sighting(
                action=setting.action,
                seq=sealed.seq,
                fingerprint=seal.fingerprint,
                role=seal.role,
                place=spot.place,
                t_ns=sealed.t_ns,
                file=spot.file,
                host=host if seal.role is Role.USED else "",
                certainty=spot.certainty,
            )
            found.setdefault((seal.fingerprint, seal.role, spot.place), sighting)
    return tuple(sorted(found.values(), key=lambda s: (s.t_ns, s.seq)))


def _spots(setting: Setting, seal: Seal) -> Iterator[_Spot]:
    attribute = seal.place.partition(":line ")[0]
    is_call = setting.kind is Kind.TOOL_CALL
    if is_call and attribute == semconv.GEN_AI_TOOL_RESULT:
        yield from _in_output(setting, seal.fingerprint)
    elif is_call and attribute == semconv.GEN_AI_TOOL_ARGUMENTS:
        yield _Spot("argv" if family_of(setting.name) is Family.SHELL else "tool arguments")
    else:
        yield _Spot(_place(attribute))


def _place(attribute: str) -> str:
    for prefix, word in (
        (semconv.HTTP_REQUEST_HEADER, "header"),
        (semconv.HTTP_RESPONSE_HEADER, "response header"),
    ):
        if attribute.startswith(prefix):
            return f"{word} {attribute.removeprefix(prefix).title()}"
    return PLACES.get(attribute, attribute)


def _in_output(setting: Setting, fingerprint: str) -> Iterator[_Spot]:
    """Yield a spot for each line of a tool's output that holds the secret's token."""
    texts, cwd = setting.texts, setting.cwd
    arguments = arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    token = f":{fingerprint}⟧"
    lines = [
        line
        for text in _strings(texts.whole(semconv.GEN_AI_TOOL_RESULT))
        for line in text.splitlines()
        if token in line
    ]
    family = family_of(setting.name)
    given = relative(file_of(arguments), cwd)
    for line in lines:
        if family is Family.READ and given:
            match = _NUMBERED.match(line)
            yield _Spot(f"{given}:{match[1]}" if match else given, given)
        elif family is Family.SEARCH:
            yield _in_search(line, given, cwd, Certainty.OBSERVED)
        elif family is Family.SHELL:
            yield _in_shell(line, command_of(arguments), cwd)
        else:
            yield _Spot(PLACES[semconv.GEN_AI_TOOL_RESULT])
    if not lines:
        yield _Spot(PLACES[semconv.GEN_AI_TOOL_RESULT])


def _in_search(line: str, given: str, cwd: str, certainty: Certainty) -> _Spot:
    """Read the path in front of a search's hit; a search of one file prints none."""
    match = _GREPPED.match(line)
    if match:
        path = relative(match["path"], cwd)
        return _Spot(f"{path}:{match['line']}", path, certainty)
    numbered = _NUMBERED.match(line)
    if numbered and given:
        return _Spot(f"{given}:{numbered[1]}", given, certainty)
    bare = _GREPPED_BARE.match(line)
    if bare and _like_a_file(bare["path"]):
        path = relative(bare["path"], cwd)
        return _Spot(path, path, Certainty.INFERRED)
    return _Spot("tool output")


def _in_shell(line: str, command: str, cwd: str) -> _Spot:
    """Infer the file behind a line that a shell command printed."""
    commands = shell_commands(command)
    names = {posixpath.basename(words[0]) for words in commands}
    if names & _SEARCHERS:
        targets = [w for words in commands for w in words[2:] if not w.startswith("-")]
        given = relative(targets[-1], cwd) if targets and _like_a_file(targets[-1]) else ""
        return _in_search(line, given, cwd, Certainty.INFERRED)
    if len(commands) == 1 and names & _PRINTERS:
        files = [w for w in commands[0][1:] if not w.startswith("-") and not w.isdigit()]
        if len(files) == 1:
            path = relative(files[0], cwd)
            return _Spot(f"{path} (tool output)", path, Certainty.INFERRED)
    return _Spot("tool output")


def _like_a_file(text: str) -> bool:
    return "/" in text or "." in text[1:] or text.startswith(".")


def _strings(text: str) -> list[str]:
    """Return the texts inside a tool's result, which may be JSON of several streams."""
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return [text]
    try:
        return list(_inside(json.loads(text)))
    except (ValueError, RecursionError):
        return [text]


def _inside(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _inside(item)
    elif isinstance(value, list):
        for item in value:
            yield from _inside(item)
