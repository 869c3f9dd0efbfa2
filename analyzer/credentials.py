"""Follow credentials through a session: where first seen, where used, how far they reach.

Known only by fingerprints. The reach is told by the header that carried it, the variable that held
it and the prefix of its issuer; where several tell, they narrow each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.credential_scopes import Entry, prefix_entry, scope_table
from analyzer.lending import BASIS as BY_COMMAND
from analyzer.model import Action, Credential, Outcome, Sighting
from analyzer.requests import provider_behind, request_of
from analyzer.texts import Blobs, Texts, as_text, no_blobs
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["credentials_of", "short_name"]

HINT_BASIS = "its issuer's prefix"
LONGEST_ASSIGNMENT = 250
"""Characters of a variable's name, the operator, and a token's class."""
_ASSIGNED = re.compile(
    r"(?:(?<=\\[nrt])|(?<![\w\\]))([A-Za-z_][A-Za-z0-9_]*+)"  # behind an escape of JSON, too
    r"[\"'\\]{0,8}\s{0,4}[=:]\s{0,4}[\"'\\]{0,8}⟦[^⟦⟧]*\Z"
)


@dataclass(frozen=True, slots=True)
class _Clue:
    scopes: tuple[str, ...]
    basis: str


def credentials_of(
    actions: Sequence[Action],
    labels: Mapping[str, tuple[str, str]],
    blobs: Blobs = no_blobs,
) -> tuple[Credential, ...]:
    """Return the credentials of a session, in order of their first sighting.

    Args:
        actions: the session's actions.
        labels: fingerprint -> (class, hint), as the seals say.
        blobs: where large values come from.
    """
    by_id = {action.id: action for action in actions}
    sightings: dict[str, list[Sighting]] = {}
    for action in actions:
        for sighting in action.sightings:
            sightings.setdefault(sighting.fingerprint, []).append(sighting)
    found = []
    for fingerprint, places in sightings.items():
        credential_class, hint = labels.get(fingerprint, ("secret", ""))
        places.sort(key=lambda s: (s.t_ns, s.seq))
        scope, basis = _narrow(list(_clues(fingerprint, hint, places, by_id, blobs)))
        found.append(
            Credential(
                fingerprint=fingerprint,
                credential_class=credential_class,
                hint=hint,
                name=short_name(credential_class, fingerprint),
                scope=scope,
                scope_basis=basis,
                sightings=tuple(places),
            )
        )
    return tuple(sorted(found, key=lambda c: (c.first.t_ns, c.first.seq)))


def short_name(credential_class: str, fingerprint: str) -> str:
    """Return the name of a credential for people: its class and four digits."""
    return f"{credential_class}:{fingerprint[:4]}"


def _narrow(clues: Sequence[_Clue]) -> tuple[str, str]:
    """Return the scopes that all clues allow, and what they were."""
    if not clues:
        return "", ""
    left = list(clues[0].scopes)
    for clue in clues[1:]:
        left = [scope for scope in left if scope in clue.scopes]
    basis = "; ".join(dict.fromkeys(clue.basis for clue in clues))
    if not left:
        return "contradictory", f"the clues exclude each other: {basis}"
    return " or ".join(left), basis


def _clues(
    fingerprint: str,
    hint: str,
    sightings: Sequence[Sighting],
    actions: Mapping[int, Action],
    blobs: Blobs,
) -> Iterator[_Clue]:
    table = scope_table()
    variables = {entry.key: entry for entry in table.variables}
    seen: set[tuple[str, str]] = set()
    for sighting in sorted(sightings, key=lambda s: _was_refused(s, actions)):
        texts = Texts.of(actions[sighting.action], blobs)
        for entry in table.headers:
            key = ("header", "")
            if key not in seen and _carried(entry, sighting, texts, actions[sighting.action]):
                seen.add(key)
                yield _Clue(entry.scopes, _header_basis(entry, sighting))
        for name in _variables(fingerprint, texts):
            named = variables.get(name)
            if named is not None and ("variable", name) not in seen:
                seen.add(("variable", name))
                basis = f"variable {name} in #{sighting.action} ({named.source})"
                yield _Clue(named.scopes, basis)
    told = prefix_entry(hint) if hint else None
    if told is not None:
        yield _Clue(told.scopes, f"{HINT_BASIS} {hint} ({told.source})")


def _was_refused(sighting: Sighting, actions: Mapping[int, Action]) -> bool:
    """Tell whether a use was refused: its header may have been the wrong one, so it counts last."""
    return actions[sighting.action].outcome is Outcome.REFUSED


def _carried(entry: Entry, sighting: Sighting, texts: Texts, action: Action) -> bool:
    """Tell whether a credential was sent in the header that an entry describes."""
    if sighting.role is not Role.USED or action.kind is not Kind.API_REQUEST:
        return False
    if sighting.place.removesuffix(f", {BY_COMMAND}").lower() != f"header {entry.key}":
        return False
    value = as_text(texts.attributes.get(semconv.HTTP_REQUEST_HEADER + entry.key)).lower()
    if entry.scheme and f"{entry.scheme} ⟦" not in value:
        return False
    if not entry.provider:
        return True
    provider, _ = provider_behind(request_of(texts))
    return provider is not None and provider.id == entry.provider


def _header_basis(entry: Entry, sighting: Sighting) -> str:
    scheme = f": {entry.scheme.title()}" if entry.scheme else ""
    return f"header {entry.key.title()}{scheme} in #{sighting.action} ({entry.source})"


def _variables(fingerprint: str, texts: Texts) -> Iterator[str]:
    """Yield the names of the variables that the credential was assigned to."""
    for attribute in (semconv.GEN_AI_TOOL_RESULT, semconv.GEN_AI_TOOL_ARGUMENTS):
        text = texts.whole(attribute)
        at = text.find(f":{fingerprint}⟧")
        while at >= 0:
            # Only what stands before it is read: a text may be long, and full of credentials.
            if named := _ASSIGNED.search(text, max(0, at - LONGEST_ASSIGNMENT), at):
                yield named[1]
            at = text.find(f":{fingerprint}⟧", at + 1)
