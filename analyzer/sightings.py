"""Where exactly a credential stood: from a seal's attribute to a file and its line.

The seals say in which attribute of a record a secret was; what a person needs is the file that a
tool printed, the header that carried it, the argument it was passed in, and what that made of it:
shown, in a model's context, copied, used, issued. A file that follows from what the tool is (line
numbers of `Read`, `path:line:` of `grep`) is observed; what follows from reading a shell command is
inferred.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analyzer.beside import host_in_command, host_in_url, is_in_url
from analyzer.issuing import issues
from analyzer.model import Sighting
from analyzer.requests import host_of
from analyzer.shell_sightings import Spot, in_command, in_search, in_shell_output
from analyzer.testimony import Certainty
from analyzer.texts import Texts
from analyzer.tools import Family, arguments_of, command_of, family_of, file_of, relative
from recorder import semconv
from recorder.model import Json, Kind, Role, Seal, Witness

__all__ = ["Sealed", "Setting", "sightings_of"]

_NUMBERED = re.compile(r"^\s*(\d+)(?:→|\t|:)")
PLACES = {
    semconv.REQUEST_BODY: "request body",
    semconv.RESPONSE_BODY: "response body",
    semconv.URL_FULL: "URL",
    semconv.URL_PATH: "URL",
    semconv.URL_QUERY: "URL",
    semconv.GEN_AI_TOOL_RESULT: "tool output",
    semconv.GEN_AI_TOOL_ARGUMENTS: "tool arguments",
    semconv.PROMPT_TEXT: "prompt",
    semconv.GEN_AI_OUTPUT_MESSAGES: "model answer",
    semconv.LOG_BODY: "log line",
    semconv.EXCEPTION_MESSAGE: "error text",
    "process.command_line": "argv",
    "process.command_args": "argv",
}
ENVIRONMENTS = ("process.environment", "process.env")
CONVERSATION = frozenset({Kind.PROMPT, Kind.MODEL_CALL})
DEEDS = frozenset({Role.USED, Role.COPIED})
PLAIN = "plain"
SEVERAL = " and "
"""Between the ways in which one place writes a secret."""
DENIED = Spot("words of a denied call")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal with the record that it stands in."""

    seal: Seal
    seq: int
    t_ns: int
    witness: Witness | None = None
    is_timed: bool = True
    """False where `t_ns` only says where the record stands by order."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The action that seals belong to, as far as their places depend on it."""

    action: int
    kind: Kind
    name: str
    texts: Texts
    cwd: str
    was_denied: bool = False
    """It never ran, so nothing went anywhere: what it holds was shown, not used."""


def sightings_of(setting: Setting, seals: Sequence[Sealed]) -> tuple[Sighting, ...]:
    """Return the places of an action's secrets, in order of time, each place once.

    A place at which a secret is written in several ways tells all of them, the plain one first.

    Suspected seals (found by entropy alone) are left out: nothing may be built upon them. So are
    declarations: that an owner named a credential is no sighting of it.
    """
    is_request = setting.kind is Kind.API_REQUEST
    host = host_of(setting.texts.attributes) if is_request else ""
    found: dict[tuple[str, Role, str], Sighting] = {}
    # A record that came by the spool may tell of the end before another one tells of the beginning.
    for sealed in sorted(seals, key=lambda s: (not s.is_timed, s.t_ns, s.seq)):
        seal = sealed.seal
        if seal.suspected or seal.role is Role.DECLARED:
            continue
        for told in _spots(setting, seal):
            role = told.role or _role(setting, seal)
            never_ran = setting.was_denied and role in DEEDS
            spot, role = (DENIED, Role.EXPOSED) if never_ran else (told, role)
            sighting = Sighting(
                action=setting.action,
                seq=sealed.seq,
                fingerprint=seal.fingerprint,
                role=role,
                place=spot.place,
                t_ns=sealed.t_ns,
                file=spot.file,
                host=(host or spot.host) if role is Role.USED else "",
                meant_for=spot.meant_for,
                certainty=spot.certainty,
                encoding=seal.encoding,
                witness=sealed.witness,
                is_timed=sealed.is_timed,
            )
            key = (seal.fingerprint, role, spot.place)
            found[key] = _also_as(found[key], seal.encoding) if key in found else sighting
    return tuple(sorted(found.values(), key=lambda s: (s.t_ns, s.seq)))


def _also_as(sighting: Sighting, encoding: str) -> Sighting:
    """Return a sighting that also tells of another way in which its place writes the secret."""
    ways = sighting.encoding.split(SEVERAL) if sighting.encoding else [PLAIN]
    if (encoding or PLAIN) not in ways:
        ways.append(encoding or PLAIN)
    if ways == [PLAIN]:
        return sighting
    return replace(sighting, encoding=SEVERAL.join(sorted(ways, key=lambda way: way != PLAIN)))


def _role(setting: Setting, seal: Seal) -> Role:
    """Return what a place makes of a credential where its spot does not say."""
    if setting.kind in CONVERSATION:
        return Role.IN_CONTEXT
    if setting.kind is Kind.PROCESS and _attribute(seal) in PLACES:
        return Role.USED
    return seal.role


def _attribute(seal: Seal) -> str:
    return seal.place.partition(":line ")[0]


def _spots(setting: Setting, seal: Seal) -> Iterator[Spot]:
    attribute = _attribute(seal)
    is_call = setting.kind is Kind.TOOL_CALL
    if is_call and attribute == semconv.GEN_AI_TOOL_RESULT:
        yield from _in_output(setting, seal.fingerprint)
    elif is_call and attribute == semconv.GEN_AI_TOOL_ARGUMENTS:
        yield from _in_arguments(setting, seal.fingerprint)
    elif setting.kind is Kind.API_REQUEST and seal.role is Role.EXPOSED:
        yield _in_answer(setting, attribute)
    else:
        place = _place(attribute)
        text = setting.texts.whole(attribute) if place in {"argv", "URL", "log line"} else ""
        host = host_in_command(text, seal.fingerprint) if place == "argv" else ""
        yield Spot(_as_dsn(place, text, seal.fingerprint), host=host)


def _place(attribute: str) -> str:
    for prefix, word in (
        (semconv.HTTP_REQUEST_HEADER, "header"),
        (semconv.HTTP_RESPONSE_HEADER, "response header"),
    ):
        if attribute.startswith(prefix):
            return f"{word} {attribute.removeprefix(prefix).title()}"
    for prefix in ENVIRONMENTS:
        if attribute.startswith(prefix):
            name = attribute.removeprefix(prefix).removeprefix("_variable").strip(".")
            return f"environment {name}".strip()
    return PLACES.get(attribute, attribute)


def _as_dsn(place: str, text: str, fingerprint: str) -> str:
    """Return a place that says so where the credential is the password of a URL."""
    return f"DSN in {place}" if is_in_url(text, fingerprint) else place


def _in_answer(setting: Setting, attribute: str) -> Spot:
    """Tell whether an answer gave a credential out or only shows it."""
    place = _place(attribute)
    if place == "response header Set-Cookie":
        return Spot(place, role=Role.ISSUED)
    if issues(setting.texts):
        return Spot(place, role=Role.ISSUED, certainty=Certainty.INFERRED)
    return Spot(place)


def _in_arguments(setting: Setting, fingerprint: str) -> Iterator[Spot]:
    """Yield what a call's arguments do with a credential: hand it on, or write it to a file."""
    text = setting.texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    arguments = arguments_of(text)
    family = family_of(setting.name)
    if family is Family.EDIT:
        path = relative(file_of(arguments), setting.cwd)
        yield Spot(f"{path} (written)" if path else "tool arguments", path, role=Role.COPIED)
    elif family is Family.SHELL:
        command = command_of(arguments)
        yield from in_command(command, fingerprint, setting.cwd)
        host = host_in_command(command, fingerprint)
        yield Spot(_as_dsn("argv", command, fingerprint), host=host)
    else:
        yield Spot(_as_dsn("tool arguments", text, fingerprint))


def _in_output(setting: Setting, fingerprint: str) -> Iterator[Spot]:
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
        spot = Spot(PLACES[semconv.GEN_AI_TOOL_RESULT])
        if family is Family.READ and given:
            match = _NUMBERED.match(line)
            spot = Spot(f"{given}:{match[1]}" if match else given, given)
        elif family is Family.SEARCH:
            spot = in_search(line, given, cwd, Certainty.OBSERVED)
        elif family is Family.SHELL:
            spot = in_shell_output(line, command_of(arguments), cwd)
        yield replace(spot, meant_for=host_in_url(line, fingerprint))
    if not lines:
        yield Spot(PLACES[semconv.GEN_AI_TOOL_RESULT])


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
