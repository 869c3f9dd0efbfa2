"""Requests that no witness saw and a command asked for: inferred, one action for each.

Where nobody watched the wire, `curl` in a shell call is the only word of a request. It is told as
an action of its own inside the call, so that credentials, effects and rules see what they see in a
live recording; its certainty is never more than inferred. Its number is the call's, negative:
`#-46` is what `#46` asks for. How it was answered is known only where the output says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from analyzer.http_commands import CommandedRequest
from analyzer.lending import is_lent
from analyzer.model import Action, Join, Outcome, Sighting
from analyzer.outcomes import answer_errors, answers_of, outcome_of
from analyzer.shell_requests import requests_in
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.titles import title_of
from analyzer.tools import Family, arguments_of, command_of, family_of, relative
from recorder import semconv
from recorder.model import Json, Kind, Role, Status, Witness

__all__ = ["commanded_of"]

BASIS = "command line"
MANY = 10_000_000
"""Further requests of one call are numbered so far apart that they meet no other call's."""
_TOKEN = re.compile(r"⟦[^⟦⟧:]{1,80}:([0-9a-f]{32})⟧")
_STATUS_LINE = re.compile(r"^HTTP/[\d.]+ (\d{3})\b", re.MULTILINE)
_BARE_STATUS = re.compile(r"(?:^|\s)([1-5]\d\d)\s*$")
_REFUSED = re.compile(r"\b(401 Unauthorized|403 Forbidden)\b")
LOOKED_AT = 100_000
"""Characters of an output in which a status is looked for."""


def commanded_of(actions: Sequence[Action], blobs: Blobs) -> list[Action]:
    """Return the requests that a session's commands ask for and nobody saw.

    None where the wire was watched: there, what a command claims and the wire did not see is
    another matter.
    """
    requests = [a for a in actions if a.kind is Kind.API_REQUEST]
    if any(Witness.PROXY in request.witnesses for request in requests):
        return []
    told = {request.join.parent for request in requests if request.join}
    places = _places(actions)
    return [
        made
        for call in actions
        if _may_have_run(call) and call.id not in told
        for made in _of_call(call, places, blobs)
    ]


def _may_have_run(call: Action) -> bool:
    """Tell whether a call may have sent anything: a denied one never ran."""
    return call.kind is Kind.TOOL_CALL and call.id > 0 and call.outcome is not Outcome.DENIED


def _of_call(
    call: Action, places: Mapping[str, Sequence[Sighting]], blobs: Blobs
) -> Iterator[Action]:
    if family_of(call.name) is not Family.SHELL:
        return
    texts = Texts.of(call, blobs)
    command = command_of(arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)))
    found = requests_in(command)
    for number, request in enumerate(found):
        attributes = _attributes(request)
        if len(found) == 1:
            output = texts.whole(semconv.GEN_AI_TOOL_RESULT)
            attributes |= _answer(output, "http_code" in command)
        own = Texts(attributes, {}, blobs)
        outcome = _outcome(call, own)
        if outcome is Outcome.NO_RESULT:
            said = texts.whole(semconv.GEN_AI_TOOL_RESULT).strip()
            attributes[semconv.STATUS_UNTOLD if said else semconv.ANSWER_UNSEEN] = True
        made = -(call.id + number * MANY)
        yield Action(
            id=made,
            session=call.session,
            kind=Kind.API_REQUEST,
            name=f"{request.method} {attributes[semconv.URL_PATH]}"[:200],
            title=title_of(Kind.API_REQUEST, "", own, outcome),
            start_ns=call.start_ns,
            end_ns=None if outcome is Outcome.OPEN else call.end_ns,
            placed=call.placed,
            is_begun=call.is_begun,
            is_end_timed=call.is_end_timed,
            outcome=outcome,
            attributes=attributes,
            records=call.records,
            witnesses=call.witnesses,
            join=Join(call.id, BASIS, Certainty.INFERRED),
            sightings=tuple(_sightings(request, call, made, attributes, places)),
            reconstructed=call.reconstructed,
            pid=call.pid,
            trace_id=call.trace_id,
        )


def _attributes(request: CommandedRequest) -> dict[str, Json]:
    parts = urlsplit(request.url)
    try:
        port = parts.port
    except ValueError:
        port = None
    said: dict[str, Json] = {
        semconv.HTTP_METHOD: request.method,
        semconv.URL_FULL: request.url,
        semconv.URL_PATH: parts.path or "/",
        semconv.SERVER_ADDRESS: parts.hostname or "",
        semconv.SERVER_PORT: port or {"http": 80, "https": 443}.get(parts.scheme, 0),
    }
    if request.body:
        said[semconv.REQUEST_BODY] = request.body
    if request.user:
        said[f"{semconv.HTTP_REQUEST_HEADER}authorization"] = [f"Basic {request.user}"]
    for name, values in request.headers.items():
        said[f"{semconv.HTTP_REQUEST_HEADER}{name}"] = list(values)
    return said


def _answer(output: str, prints_status: bool) -> dict[str, Json]:
    """Return what an output tells of the answer: its status where it says one, and the body."""
    seen = output[:LOOKED_AT]
    lines = _STATUS_LINE.findall(seen)
    bare = _BARE_STATUS.search(output[-80:]) if prints_status else None
    refused = _REFUSED.search(seen)
    status = lines[-1] if lines else bare[1] if bare else refused[1][:3] if refused else ""
    said: dict[str, Json] = {semconv.HTTP_STATUS: int(status)} if status else {}
    body = re.split(r"\r?\n\r?\n", output, maxsplit=1)[-1] if lines else output
    if body.lstrip()[:1] in {"{", "["}:
        said[semconv.RESPONSE_BODY] = body
    return said


def _outcome(call: Action, texts: Texts) -> Outcome:
    """Return how it ended; `curl` exits well at a 401, so a call that is over may tell nothing."""
    if semconv.HTTP_STATUS in texts.attributes:
        return outcome_of(Kind.API_REQUEST, Status.UNSET, texts, ended=True)
    answers = answers_of(texts)
    if answers:
        given = {**texts.attributes, semconv.HTTP_STATUS: 200}
        failed = any(answer_errors(answer) for answer in answers)
        whole = Texts(given, {}, texts.blobs)
        return (
            outcome_of(Kind.API_REQUEST, Status.UNSET, whole, ended=True) if failed else Outcome.OK
        )
    if call.until_ns is None:
        return Outcome.OPEN
    return Outcome.FAILED if call.exit_code else Outcome.NO_RESULT


def _sightings(
    request: CommandedRequest,
    call: Action,
    made: int,
    attributes: Mapping[str, Json],
    places: Mapping[str, Sequence[Sighting]],
) -> Iterator[Sighting]:
    """Yield where the request carries credentials: in its words, or in a file that it sends."""
    parts = [("URL", request.url), ("request body", request.body), ("user", request.user)]
    parts += [(f"header {n.title()}", v) for n, vs in request.headers.items() for v in vs]
    # Whoever read a report can write a token; only what was sealed in the call is carried by it.
    sealed = {seen.fingerprint for seen in call.sightings}
    carried = {fp: place for place, text in parts for fp in _TOKEN.findall(text) if fp in sealed}
    for seen in filter(is_lent, call.sightings):
        # What the shell puts in stands there as it is written, or as a variable's name.
        place = next((place for place, text in parts if "$" in text or "`" in text), "")
        if place:
            carried.setdefault(seen.fingerprint, place)
    for name in request.files:
        for seen in places.get(relative(name, ""), ()):
            carried.setdefault(seen.fingerprint, f"request body (from {name})")
    host = str(attributes[semconv.SERVER_ADDRESS])
    port = attributes[semconv.SERVER_PORT]
    for fingerprint, place in carried.items():
        yield Sighting(
            action=made,
            seq=call.records[0] if call.records else call.id,
            fingerprint=fingerprint,
            role=Role.USED,
            place=f"{place}, by the command line",
            t_ns=call.start_ns,
            is_timed=call.is_timed,
            host=host if port in {80, 443} else f"{host}:{port}",
            certainty=Certainty.INFERRED,
        )


def _places(actions: Sequence[Action]) -> dict[str, list[Sighting]]:
    """Return file -> credentials that were seen in it."""
    found: dict[str, list[Sighting]] = {}
    for action in actions:
        for seen in action.sightings:
            if seen.file:
                found.setdefault(seen.file, []).append(seen)
    return found
