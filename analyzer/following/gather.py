"""Gather lives: one session's credentials, followed into every other session that knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from analyzer.analysis import analyze
from analyzer.following.life import Life, Place, Seen, links_of
from analyzer.inner_agents import inner_agents
from analyzer.model import Action, Analysis, Credential, Sighting
from analyzer.sightings import Sealed, Setting, sightings_of
from analyzer.testimony import Certainty
from analyzer.texts import Texts, as_text
from recorder import semconv
from recorder.declaring import known
from recorder.errors import SettingsError
from recorder.model import Kind, Role, StoredRecord
from recorder.reader import Recording

__all__ = ["declarations_of", "lives_of"]

MAX_SESSIONS = 40
"""Other sessions that are looked into; a key that hundreds share is followed no further."""
SELECT_WHERE = """
SELECT DISTINCT r.session_id, g.fingerprint, CASE r.session_id WHEN '' THEN g.seq ELSE 0 END
FROM sightings g JOIN records r USING (seq)
WHERE g.fingerprint IN (SELECT value FROM json_each(?)) AND g.role <> 'declared'
ORDER BY r.session_id
"""
SELECT_LOOSE = """
SELECT DISTINCT g.seq FROM sightings g JOIN records r USING (seq)
WHERE g.fingerprint IN (SELECT value FROM json_each(?)) AND r.session_id = ''
  AND g.role <> 'declared'
ORDER BY g.seq
"""
SELECT_DECLARED = "SELECT seq FROM records WHERE kind = 'credential' ORDER BY seq"
_TOKEN = re.compile(r"⟦[^⟦⟧]{1,64}:([0-9a-f]{32})⟧")
DECLARED = {
    "name": semconv.CREDENTIAL_NAME,
    "scope": semconv.CREDENTIAL_SCOPE,
    "purpose": semconv.CREDENTIAL_PURPOSE,
    "environment": semconv.CREDENTIAL_ENVIRONMENT,
}


def lives_of(recording: Recording, analysis: Analysis) -> tuple[Life, ...]:
    """Return the lives of a session's credentials, in order of their first sighting in it."""
    fingerprints = [c.fingerprint for c in analysis.credentials]
    sessions, unread = _other_sessions(recording, analysis, fingerprints)
    analyses = [analysis, *(analyze(recording, session) for session in sessions)]
    actions = {a.session.id: a.actions for a in analyses}
    # The same credential is told of more fully where more was seen of it.
    reach = {c.fingerprint: c.scope for a in reversed(analyses) for c in a.credentials if c.scope}
    declared = declarations_of(recording)
    seen = _seen(analyses)
    for found in _loose(recording, fingerprints, seen):
        seen.setdefault(found.sighting.fingerprint, []).append(found)
    return tuple(
        _life(credential, seen[credential.fingerprint], actions, declared, unread, reach)
        for credential in analysis.credentials
    )


def _life(
    credential: Credential,
    found: Sequence[Seen],
    actions: Mapping[str, Sequence[Action]],
    declared: Mapping[str, tuple[int, dict[str, str]]],
    unread: Mapping[str, int],
    reach: Mapping[str, str],
) -> Life:
    seen = tuple(sorted(found, key=lambda s: (s.sighting.t_ns, s.sighting.seq)))
    carried = {s.sighting.action for s in seen if s.sighting.role is Role.USED}
    record, told = declared.get(credential.fingerprint, (0, {}))
    return Life(
        credential=credential,
        seen=seen,
        links=links_of(seen, actions),
        unread=unread.get(credential.fingerprint, 0),
        declared=told,
        deeds=tuple(a for several in actions.values() for a in several if a.id in carried),
        reach=reach.get(credential.fingerprint, ""),
        declared_by=record,
    )


def _other_sessions(
    recording: Recording, analysis: Analysis, fingerprints: Sequence[str]
) -> tuple[list[str], dict[str, int]]:
    """Return the sessions to look into, the nearest first, and how many each credential misses."""
    rows = recording.rows(SELECT_WHERE, (_json(fingerprints),))
    known = [row for row in recording.sessions() if row.id != analysis.session.id]
    of: dict[str, set[str]] = {}
    for session, fingerprint, seq in rows:
        # A record of no session may be of any that was going on around it.
        for row in known:
            if session == row.id or (
                not session and row.first_seq <= int(str(seq)) <= row.last_seq
            ):
                of.setdefault(row.id, set()).add(str(fingerprint))
    start = {row.id: row.start_ns for row in known}
    nearest = sorted(
        (s for s in of if s in start), key=lambda s: abs(start[s] - analysis.session.start_ns)
    )
    unread: dict[str, int] = {}
    for session in nearest[MAX_SESSIONS:]:
        for fingerprint in of[session]:
            unread[fingerprint] = unread.get(fingerprint, 0) + 1
    return nearest[:MAX_SESSIONS], unread


def _seen(analyses: Iterable[Analysis]) -> dict[str, list[Seen]]:
    """Return what every session tells; a request that two of them may have made is told once.

    It is told of the session whose call it stands in, and by the better reason.
    """
    known: dict[tuple[int, str, str, Role], tuple[int, Seen]] = {}
    for analysis in analyses:
        row = analysis.session
        place = Place(row.id, row.agent, row.host)
        nearness = {action.id: _nearness(action) for action in analysis.actions}
        inner = inner_agents(analysis.actions)
        for credential in analysis.credentials:
            for s in credential.sightings:
                key = (s.seq, s.fingerprint, s.place, s.role)
                near = nearness.get(s.action, 0)
                if key not in known or near > known[key][0]:
                    where = replace(place, inner_agent=inner.get(s.action, ""))
                    known[key] = near, Seen(s, where)
    found: dict[str, list[Seen]] = {}
    for _, seen in known.values():
        found.setdefault(seen.sighting.fingerprint, []).append(seen)
    return found


def _nearness(action: Action) -> int:
    """Return how well it is known that an action belongs to its session."""
    if action.join is None:
        return 0
    return 2 if action.join.certainty is Certainty.OBSERVED else 1


def _loose(
    recording: Recording, fingerprints: Sequence[str], seen: Mapping[str, Sequence[Seen]]
) -> Iterator[Seen]:
    """Yield what stands in records of no session that no session's actions hold."""
    held = {s.sighting.seq for several in seen.values() for s in several}
    for (seq,) in recording.rows(SELECT_LOOSE, (_json(fingerprints),)):
        record = recording.record(int(str(seq))) if seq not in held else None
        if record is None:
            continue
        place = Place("", "", as_text(record.attributes.get(semconv.HOST_NAME)))
        for sighting in _of_record(record, recording):
            if sighting.fingerprint in fingerprints:
                yield Seen(sighting, place)


def _of_record(record: StoredRecord, recording: Recording) -> tuple[Sighting, ...]:
    blobs = {name: blob.digest for name, blob in record.blobs.items()}
    texts = Texts(record.attributes, blobs, recording.blob)
    setting = Setting(record.seq, record.kind, record.name, texts, "")
    is_timed = record.t_ns is not None
    seals = [
        Sealed(seal, record.seq, record.time_ns, record.witness, is_timed) for seal in record.seals
    ]
    return sightings_of(setting, seals)


def declarations_of(recording: Recording) -> dict[str, tuple[int, dict[str, str]]]:
    """Return fingerprint -> (record, what its owner said of it); the last word counts.

    What the recording itself tells goes before what this machine's settings tell (record 0).
    """
    found = _declared_here(recording)
    for (seq,) in recording.rows(SELECT_DECLARED):
        record = recording.record(int(str(seq)))
        if record is None or record.kind is not Kind.CREDENTIAL:
            continue
        token = _TOKEN.search(as_text(record.attributes.get(semconv.CREDENTIAL_SECRET)))
        if token is not None:
            told = {word: as_text(record.attributes.get(name)) for word, name in DECLARED.items()}
            found[token[1]] = (record.seq, {word: text for word, text in told.items() if text})
    return found


def _declared_here(recording: Recording) -> dict[str, tuple[int, dict[str, str]]]:
    log_id = recording.meta.log_id
    try:
        declared, _ = known()
    except SettingsError:
        return {}
    return {fp: (0, d.told) for d in declared for log, fp in d.recordings if log == log_id}


def _json(values: Sequence[str]) -> str:
    return "[" + ",".join(f'"{value}"' for value in values) + "]"
