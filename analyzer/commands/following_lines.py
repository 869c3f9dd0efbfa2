"""What `flightlog credentials` prints: lines for people, one document for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.following import Answers, Life, Link, Seen, Statement, Strength
from analyzer.following.statement import numbers
from analyzer.model import Analysis
from analyzer.testimony import Certainty
from analyzer.timeline import offset_of
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["FORMAT", "document_of", "lines_of"]

FORMAT = "flightlog.credentials/1"
SHOWN = 24
"""Sightings and links of one credential that people are shown; JSON has them all."""


def lines_of(analysis: Analysis, answers: Answers) -> Iterator[str]:
    """Yield what a person reads."""
    if analysis.reconstructed:
        yield f"≈ re-enactment: {_shown(analysis.reconstructed)}"
    count = len(answers.lives)
    many = "1 credential" if count == 1 else f"{count} credentials"
    yield f"session {_shown(analysis.session.id)} · {many}"
    for life in answers.lives:
        yield ""
        yield from _life(life, analysis)
    at = offset_of(analysis, answers.held_at_ns)
    for title, statements in (
        (f"held at {at}", answers.held),
        ("from outside the task's own files", answers.elsewhere),
        ("on a host that it had never met", answers.new_hosts),
        ("outside its declared purpose or environment", answers.misused),
    ):
        if statements:
            yield ""
            yield title
            yield from (_statement("  ", statement) for statement in statements)
    if answers.rotate:
        yield ""
        yield "rotate now, in this order"
        yield from (_statement(f"  {r.rank}. ", r.statement) for r in answers.rotate)


def _life(life: Life, analysis: Analysis) -> Iterator[str]:
    credential = life.credential
    yield f"{_shown(life.name)}  {credential.fingerprint}"
    if life.declared:
        told = ", ".join(f"{word} {text}" for word, text in life.declared.items())
        yield f"  declared: {_shown(told)}  ({life.declared_in})  [observed]"
    if credential.scope:
        basis = _shown(credential.scope_basis)
        yield f"  reach: {_shown(credential.scope)}, by {basis}  [inferred]"
    for seen in life.seen[:SHOWN]:
        yield f"  {_seen(seen, analysis)}"
    if len(life.seen) > SHOWN:
        yield f"  and {len(life.seen) - SHOWN} more sightings (--json has them all)"
    crossing = [link for link in life.links if ("; from " in link.text) or _is_weak(link)]
    yield from (f"  {_link(link)}" for link in crossing[:SHOWN])
    if life.unread:
        yield f"  and seen in {life.unread} further sessions, which were not looked into"


def _seen(seen: Seen, analysis: Analysis) -> str:
    s = seen.sighting
    at = offset_of(analysis, s.t_ns)
    to = f" to {s.host}" if s.host else f" for {s.meant_for}" if s.meant_for else ""
    how = f" as {s.encoding}" if s.encoding else ""
    other = seen.where.session != analysis.session.id
    where = f"  in {seen.where.session or 'no session'}" if other else ""
    if seen.where.inner_agent:
        where += f"  by sub-agent {seen.where.inner_agent}"
    witness = s.witness.value if s.witness else "command line"
    return _shown(
        f"{at:>9}  #{s.action}  {s.role.value} in {s.place}{to}{how}{where}"
        f"  ({witness})  [{s.certainty.value}]"
    )


def _link(link: Link) -> str:
    mark = "~" if _is_weak(link) else "→"
    return _shown(
        f"{mark} #{link.source} {mark} #{link.target}  {link.strength.value}: {link.text}"
        f"  [{link.certainty.value}]"
    )


def _is_weak(link: Link) -> bool:
    return link.strength is Strength.TIME


def _statement(head: str, statement: Statement) -> str:
    stands_on = numbers(statement.actions)
    return f"{head}{_shown(statement.text)}  {stands_on}  [{statement.certainty.value}]"


def document_of(analysis: Analysis, answers: Answers) -> dict[str, object]:
    """Return what a machine reads."""
    return {
        "format": FORMAT,
        "session": safe_text(analysis.session.id),
        "reconstructed": _shown(analysis.reconstructed),
        "credentials": [_life_document(life) for life in answers.lives],
        "held_at_ns": answers.held_at_ns if analysis.session.timed else None,
        "held": _documents(answers.held),
        "outside_task": _documents(answers.elsewhere),
        "new_hosts": _documents(answers.new_hosts),
        "outside_declared": _documents(answers.misused),
        "rotate": [{"rank": r.rank, **_document(r.statement)} for r in answers.rotate],
    }


def _life_document(life: Life) -> dict[str, object]:
    credential = life.credential
    return {
        "fingerprint": credential.fingerprint,
        "name": _shown(life.name),
        "class": credential.credential_class,
        "hint": _shown(credential.hint),
        "scope": {
            "value": credential.scope,
            "basis": _shown(credential.scope_basis),
            "certainty": Certainty.INFERRED.value,
        },
        "declared": {word: _shown(text) for word, text in life.declared.items()},
        "declared_in_record": life.declared_by or None,
        "sessions": [safe_text(session) for session in life.sessions],
        "sessions_not_looked_into": life.unread,
        "sightings": [_sighting_document(seen) for seen in life.seen],
        "links": [
            {
                "strength": link.strength.value,
                "from": link.source,
                "to": link.target,
                "text": _shown(link.text),
                "certainty": link.certainty.value,
            }
            for link in life.links
        ],
    }


def _sighting_document(seen: Seen) -> dict[str, object]:
    s = seen.sighting
    return {
        "action": s.action,
        "record": s.seq,
        "session": safe_text(seen.where.session),
        "machine": safe_text(seen.where.machine),
        "sub_agent": safe_text(seen.where.inner_agent),
        "role": s.role.value,
        "place": _shown(s.place),
        "file": _shown(s.file),
        "host": _shown(s.host),
        "meant_for": _shown(s.meant_for),
        "encoding": s.encoding,
        "witness": s.witness.value if s.witness else None,
        "t_ns": s.t_ns if s.is_timed else None,
        "certainty": s.certainty.value,
    }


def _documents(statements: Sequence[Statement]) -> list[dict[str, object]]:
    return [_document(statement) for statement in statements]


def _document(statement: Statement) -> dict[str, object]:
    return {
        "fingerprint": statement.fingerprint,
        "text": _shown(statement.text),
        "certainty": statement.certainty.value,
        "actions": list(statement.actions),
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
