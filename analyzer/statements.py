"""Who said what of an action, and where that cannot all be true.

Three facts are kept apart, because agents mix them up: whether the call came back (transport), what
the process exited with, and what the answer says. A `success` that stands beside an exit code of 1
is no lie, but whoever reads only the one is misled: so it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from analyzer.testimony import Contradiction, Facet, Said
from analyzer.texts import as_text
from analyzer.tools import arguments_of, command_of
from recorder import semconv
from recorder.model import Json, Kind, Phase, Status, StoredRecord

__all__ = ["APPROVED", "DENIED", "contradictions_of", "said_of"]

APPROVED = "approved"
DENIED = "denied"
REQUESTED = "requested"
ESTIMATES = frozenset({"likely", "unlikely"})
"""What is said of whether a person decided, where anything is."""
MILLISECOND = 1_000_000
SHOWN = 60
"""Characters of a value in a contradiction's line."""
CUT_AT = 400
"""A value at least so long may be the beginning of a longer one: agents cut them at about 512."""
_PLAIN = (
    (Facet.ERROR, semconv.ERROR_TYPE),
    (Facet.HTTP_STATUS, semconv.HTTP_STATUS),
    (Facet.EXIT_CODE, semconv.PROCESS_EXIT_CODE),
)
_CALLS = ((Facet.ARGUMENTS, semconv.GEN_AI_TOOL_ARGUMENTS),
          (Facet.RESULT, semconv.GEN_AI_TOOL_RESULT),
          (Facet.TOOL, semconv.GEN_AI_TOOL_NAME))  # fmt: skip
_BEGINS = frozenset({Phase.START, Phase.WHOLE})
_ENDS = frozenset({Phase.END, Phase.WHOLE})


def said_of(record: StoredRecord) -> Iterator[Said]:
    """Yield what one record says of its action; of a decision on a call, the decision alone."""
    attributes = record.attributes

    def said(facet: Facet, value: str) -> Said:
        return Said(facet, value, record.witness, record.seq)

    yield from _said_of_permission(record)
    lasted = _lasted(record)
    if record.kind is Kind.APPROVAL:
        if lasted:
            yield said(Facet.WAITED, lasted)
        return
    if record.kind is Kind.TOOL_CALL:
        if record.phase in _BEGINS and record.t_ns is not None:
            yield said(Facet.STARTED, str(record.t_ns))
        for facet, name in _CALLS:
            value = attributes.get(name)
            if value not in ("", None):
                yield said(facet, as_text(value))
    for facet, name in _PLAIN:
        value = attributes.get(name)
        if value not in ("", None):
            yield said(facet, as_text(value))
    if record.phase in _ENDS and record.status is not Status.UNSET:
        yield said(Facet.TRANSPORT, record.status.value)
    if lasted:
        yield said(Facet.DURATION, lasted)


def _said_of_permission(record: StoredRecord) -> Iterator[Said]:
    attributes = record.attributes
    decision = as_text(attributes.get(semconv.APPROVAL_DECISION))
    if not decision:
        return
    yield Said(Facet.DECISION, decision, record.witness, record.seq)
    by = as_text(attributes.get(semconv.APPROVAL_BY))
    if by:
        yield Said(Facet.DECIDED_BY, by, record.witness, record.seq)
    person = as_text(attributes.get(semconv.APPROVAL_HUMAN))
    if person in ESTIMATES:
        yield Said(Facet.PERSON, person, record.witness, record.seq)


def _lasted(record: StoredRecord) -> str:
    """Return how long the action of a whole record took, in ms; empty for any other record."""
    ended = record.attributes.get(semconv.END_NS)
    if record.phase is not Phase.WHOLE or not isinstance(ended, int) or ended < record.time_ns:
        return ""
    return f"{(ended - record.time_ns) / MILLISECOND:.0f}"


def contradictions_of(said: Sequence[Said]) -> tuple[Contradiction, ...]:
    """Return what of all that was said of one action does not go together."""
    if len(said) < 2:
        return ()
    return tuple(_found(said))


def _found(said: Sequence[Said]) -> Iterator[Contradiction]:
    codes = _of(said, Facet.EXIT_CODE)
    # A record that tells the exit code itself says of the call that it came back, and no more.
    precise = {s.seq for s in codes}
    came_back = [s for s in _of(said, Facet.TRANSPORT) if s.value == Status.OK.value]
    fine = [s for s in came_back if s.seq not in precise]
    failed = [s for s in codes if s.value != "0"]
    if fine and failed:
        # The two that most likely come from different mouths.
        other = next((s for s in fine if s.witness is not failed[0].witness), fine[0])
        yield _pair(Facet.EXIT_CODE, other, failed[0])
    for facet in (Facet.EXIT_CODE, Facet.HTTP_STATUS):
        yield from _differing(facet, _of(said, facet))
    if not failed:
        yield from _differing(Facet.TRANSPORT, _of(said, Facet.TRANSPORT))
    yield from _arguments(_of(said, Facet.ARGUMENTS))
    yield from _decisions(said)


def _of(said: Iterable[Said], facet: Facet) -> list[Said]:
    return [s for s in said if s.facet is facet]


def _differing(facet: Facet, said: Sequence[Said]) -> Iterator[Contradiction]:
    """Yield the first two that differ; one witness may correct itself, two contradict."""
    for other in said[1:]:
        if other.value != said[0].value and other.witness is not said[0].witness:
            yield _pair(facet, said[0], other)
            return


def _arguments(said: Sequence[Said]) -> Iterator[Contradiction]:
    for other in said[1:]:
        if other.witness is not said[0].witness and not _same_arguments(said[0].value, other.value):
            yield _pair(Facet.ARGUMENTS, said[0], other)
            return


def _decisions(said: Sequence[Said]) -> Iterator[Contradiction]:
    told = [s for s in _of(said, Facet.DECISION) if s.value != REQUESTED]
    denied = [s for s in told if s.value.startswith(DENIED)]
    allowed = [s for s in told if s.value.startswith(APPROVED)]
    if denied and allowed:
        yield _pair(Facet.DECISION, allowed[0], denied[0])
        return
    # A denied call has no exit code and does not come back well; if it does, something ran.
    ran = [s for s in said if s.facet is Facet.EXIT_CODE or (s.facet, s.value) == _CAME_BACK]
    if denied and ran and not allowed:
        yield _pair(Facet.DECISION, denied[0], ran[0])


_CAME_BACK = (Facet.TRANSPORT, Status.OK.value)


def _pair(facet: Facet, one: Said, other: Said) -> Contradiction:
    return Contradiction(facet, f"{_words(one)}, but {_words(other)}", (one, other))


def _words(said: Said) -> str:
    who = f"({said.witness.value}, record {said.seq})"
    if said.facet is Facet.TRANSPORT:
        return f"{'success' if said.value == Status.OK.value else 'failure'} {who}"
    value = " ".join(said.value.split())
    value = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    if said.facet is Facet.DECISION:
        return f"{value} {who}"
    return f"{said.facet.value} {value} {who}"


def _same_arguments(one: str, other: str) -> bool:
    """Tell whether two texts may be the arguments of one call: fields are renamed, added, cut."""
    if one == other:
        return True
    left, right = arguments_of(one), arguments_of(other)
    if not left or not right:
        # Not both are JSON objects: one may be a command line, or the beginning of something.
        return _same_text(one if not left else command_of(left) or one,
                          other if not right else command_of(right) or other)  # fmt: skip
    commands = command_of(left), command_of(right)
    if all(commands):
        return _same_text(*commands)
    return all(_same_value(left[name], right[name]) for name in left.keys() & right.keys())


def _same_value(one: Json, other: Json) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return _same_text(one, other)
    if json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True):
        return True
    return _same_text(as_text(one), as_text(other))


def _same_text(one: str, other: str) -> bool:
    short, long = sorted((one.strip(), other.strip()), key=len)
    if short == long:
        return True
    return len(short) >= CUT_AT and long.startswith(short[: CUT_AT - 20])
