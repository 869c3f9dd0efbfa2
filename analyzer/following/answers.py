"""The questions that are asked of credentials after an incident, answered for one session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from analyzer.following.gather import lives_of
from analyzer.following.hosts import foreign_statement, new_hosts
from analyzer.following.life import Life
from analyzer.following.purposes import misuses
from analyzer.following.rotation import Rotation, rotations
from analyzer.following.statement import Statement
from analyzer.model import Analysis
from analyzer.rules.base import Scene, weakest
from analyzer.task_scope import TaskScope
from analyzer.timeline import offset_of
from recorder.model import Role
from recorder.reader import Recording

__all__ = ["Answers", "answers_of"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of a session's credentials."""

    lives: tuple[Life, ...]
    held_at_ns: int
    """The moment that `held` speaks of."""
    held: tuple[Statement, ...]
    elsewhere: tuple[Statement, ...]
    """Those that came from outside the task's own files."""
    new_hosts: tuple[Statement, ...]
    """Uses on hosts that the credential had never met."""
    misused: tuple[Statement, ...]
    """Uses outside the declared purpose or environment."""
    rotate: tuple[Rotation, ...]


def answers_of(
    recording: Recording,
    analysis: Analysis,
    *,
    at_ns: int | None = None,
    wanted: Callable[[Life], bool] = lambda _: True,
) -> Answers:
    """Answer the questions for a session.

    Args:
        recording: what it stands in.
        analysis: the session.
        at_ns: the moment of "which did the agent hold"; default: its end.
        wanted: leaves out credentials that are not asked for.
    """
    lives = tuple(life for life in lives_of(recording, analysis) if wanted(life))
    moment = analysis.end_ns if at_ns is None else at_ns
    actions = {action.id: action for action in analysis.actions}
    session = analysis.session.id
    return Answers(
        lives=lives,
        held_at_ns=moment,
        held=tuple(_held(lives, moment, analysis)),
        elsewhere=tuple(_elsewhere(lives, analysis, recording)),
        new_hosts=_each(lives, lambda life: _hosts(life, session)),
        misused=_each(lives, lambda life: misuses(life, actions)),
        rotate=rotations(lives),
    )


def _each(
    lives: Iterable[Life], say: Callable[[Life], Iterable[Statement]]
) -> tuple[Statement, ...]:
    return tuple(statement for life in lives for statement in say(life))


def _hosts(life: Life, session: str) -> Iterator[Statement]:
    yield from new_hosts(life, session)
    foreign = foreign_statement(life)
    if foreign is not None:
        yield foreign


def _held(lives: Iterable[Life], moment: int, analysis: Analysis) -> Iterator[Statement]:
    for life in lives:
        first = life.credential.first
        if first.t_ns > moment:
            continue
        uses = [s for s in life.credential.uses if s.t_ns <= moment]
        used = (
            f"; last used in #{uses[-1].action} ({uses[-1].host or uses[-1].place})" if uses else ""
        )
        yield Statement(
            life.fingerprint,
            f"{life.name} since {offset_of(analysis, first.t_ns)}, {first.role.value} in "
            f"{first.place} (#{first.action}){used}",
            first.certainty,
            tuple(dict.fromkeys([first.action, *(s.action for s in uses[-1:])])),
        )


def _elsewhere(
    lives: Iterable[Life], analysis: Analysis, recording: Recording
) -> Iterator[Statement]:
    scope = TaskScope(analysis.actions, analysis.session.cwd, recording.blob)
    scene = Scene(analysis.actions, analysis.credentials, scope)
    for life in lives:
        first = life.credential.first
        origin = scene.origin_of(life.credential)
        if origin is None or not origin.outside:
            yield from _from_another(life, analysis.session.id)
            continue
        yield Statement(
            life.fingerprint,
            f"{life.name} came from {first.place} (#{first.action}): {origin.reason}",
            weakest(origin.certainty, first.certainty),
            (first.action,),
        )


def _from_another(life: Life, session: str) -> Iterator[Statement]:
    """Tell of a credential that another session had first: no file of this one's task gave it."""
    first, mine = life.seen[0], life.credential.first
    before = first.where.session
    if before in {"", session} or mine.role is Role.IN_CONTEXT:
        return  # what a person gave in a prompt is the task's own
    agent = f" ({first.where.agent})" if first.where.agent else ""
    yield Statement(
        life.fingerprint,
        f"{life.name} came from {mine.place} (#{mine.action}); before that session {before}{agent} "
        f"had it: {first.sighting.role.value} in {first.sighting.place} (#{first.sighting.action})",
        weakest(first.sighting.certainty, mine.certainty),
        (first.sighting.action, mine.action),
    )
