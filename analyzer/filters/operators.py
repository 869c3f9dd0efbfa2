"""Everything that a filter may ask for, in one table; the help is made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from analyzer.filters.subject import Subject
from analyzer.filters.values import Amount, Choice, Levels, Pattern, Test, Value
from analyzer.model import Action, Effect, Lane, Outcome
from recorder.model import Kind, Witness

__all__ = ["FLAGS", "OPERATORS", "Flag", "Operator", "Scope", "help_entries"]


class Scope(Enum):
    """Where a filter is used; not everything is known everywhere."""

    ACTIONS = auto()
    """Actions of an analysed session: replay, reports."""
    FINDINGS = auto()
    """Findings, with their decisive actions."""
    SESSIONS = auto()
    """Sessions; one fits when it, with one of its actions, fits."""
    TAIL = auto()
    """Actions as they happen: the rules have not been asked, the case file is not read."""
    LIVE = auto()
    """The same on a screen: the rules are asked, the case file is read, session time is known."""


EVERYWHERE = frozenset(Scope)
JUDGED = EVERYWHERE - {Scope.TAIL}
"""Where the rules have been asked, and the case file was read."""
AFTERWARDS = JUDGED - {Scope.LIVE}
"""Where the whole session has been analysed: what ends later may have filled what seems idle."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`name:value`."""

    name: str
    value: Value
    meaning: str
    example: str
    scopes: frozenset[Scope] = EVERYWHERE
    of_session: bool = False
    """It asks for something of the session: no action needs to be derived for it."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A word that asks for something by itself."""

    name: str
    test: Test
    meaning: str
    scopes: frozenset[Scope] = EVERYWHERE
    of_session: bool = False


def _of(get: Callable[[Action], Iterable[str]]) -> Callable[[Subject], Iterable[str]]:
    return lambda subject: () if subject.action is None else get(subject.action)


def _one(get: Callable[[Action], str]) -> Callable[[Subject], str]:
    return lambda subject: "" if subject.action is None else get(subject.action)


def _is(get: Callable[[Action], bool]) -> Test:
    return lambda subject: subject.action is not None and get(subject.action)


def _witnesses(subject: Subject) -> Iterable[str]:
    return () if subject.action is None else (w.value for w in subject.action.witnesses)


def _credentials(action: Action) -> Iterable[str]:
    # `cred:9f2c` names a fingerprint by its beginning, as the screens show it.
    return (s.fingerprint[:length] for s in action.sightings for length in range(4, 33))


def _duration(subject: Subject) -> int | None:
    return None if subject.action is None else subject.action.duration_ns


def _length(subject: Subject) -> int:
    return subject.session.last_ns - subject.session.start_ns


def _values(kinds: Iterable[Enum]) -> tuple[str, ...]:
    return tuple(str(kind.value) for kind in kinds)


OPERATORS = (
    Operator("lane", Choice(_values(Lane), _one(lambda a: a.lane.value)),
             "the row of the time line that it stands in", "lane:api"),
    Operator("kind", Choice(_values(Kind), _one(lambda a: a.kind.value)),
             "what sort of action it is", "kind:tool_call"),
    Operator("status", Choice(_values(Outcome), _one(lambda a: a.outcome.value), "ended "),
             "how it ended", "status:denied,no-result"),
    Operator("witness", Pattern(_witnesses, "told of by", is_whole=True),
             f"who told of it: {', '.join(_values(Witness))}", "witness:hook"),
    Operator("tool", Pattern(_of(lambda a: (a.name,)), "named", is_whole=True),
             "the tool, request or model by its name", "tool:Bash"),
    Operator("text", Pattern(lambda s: (s.text,), "saying", is_whole=False, has_wildcards=False),
             "anything recorded of it contains this", 'text:"rm -rf"'),
    Operator("path", Pattern(lambda s: s.paths, "touching", is_whole=False),
             "a file that it touches", "path:*.env"),
    Operator("host", Pattern(lambda s: s.hosts, "speaking to", is_whole=True),
             "a host that it speaks to", "host:paste.*"),
    Operator("cred", Pattern(_of(_credentials), "with credential", is_whole=True),
             "a credential by the first four or more digits of its fingerprint", "cred:9f2c"),
    Operator("effect", Choice(_values(Effect), _one(lambda a: a.judgement.effect.value), "effect "),
             "what it does to the world", "effect:D1,D2"),
    Operator("op", Pattern(_of(lambda a: (a.judgement.operation,)), "operation", is_whole=True),
             "the operation of a provider's API", "op:railway.*"),
    Operator("target", Pattern(_of(lambda a: (a.judgement.target_id, a.judgement.target_type)),
                               "target", is_whole=False),
             "what it acts on, by type or id", "target:volume"),
    Operator("env", Pattern(_of(lambda a: (a.judgement.environment,)), "in", is_whole=True),
             "the environment that it acts in", "env:production"),
    Operator("dur", Amount(_duration, "lasting"), "how long it took", "dur>5s"),
    Operator("gap", Amount(lambda s: s.gap_ns, "after an idle time of"),
             "how long it was idle before it", "gap>30s", AFTERWARDS),
    Operator("sev", Levels(), "the severity of what the rules found in it", "sev>=high", JUDGED),
    Operator("rule", Pattern(lambda s: (f.rule for f in s.findings), "found by", is_whole=True),
             "the rule that found something in it", "rule:R0*", JUDGED),
    Operator("tag", Pattern(lambda s: s.remarks.tags, "tagged", is_whole=True),
             "a tag in the case file", "tag:leak", JUDGED),
    Operator("session", Pattern(lambda s: (s.session.id,), "session", is_whole=False),
             "the session's id contains this", "session:a17", of_session=True),
    Operator("agent", Pattern(lambda s: (s.session.agent,), "of agent", is_whole=False),
             "the agent's name contains this", "agent:claude", of_session=True),
    Operator("model", Pattern(lambda s: (s.session.model,), "of model", is_whole=False),
             "the model's name contains this", "model:opus", of_session=True),
    Operator("repo", Pattern(lambda s: (s.session.cwd,), "in folder", is_whole=False),
             "the session's folder contains this", "repo:api", of_session=True),
    Operator("user", Pattern(lambda s: (s.session.user,), "of user", is_whole=True),
             "whose session it is", "user:dev", of_session=True),
    Operator("records", Amount(lambda s: s.session.records, "records:", is_time=False),
             "how many records the session has", "records>1000", of_session=True),
    Operator("length", Amount(_length, "a session lasting"),
             "how long the session is", "length>10m", of_session=True),
)  # fmt: skip
FLAGS = (
    Flag("failed", _is(lambda a: a.outcome in {Outcome.FAILED, Outcome.REFUSED, Outcome.DENIED}),
         "failed, was refused or denied"),
    Flag("open", _is(lambda a: a.until_ns is None),
         "no end was recorded: still running or cut off"),
    Flag("destroys", _is(lambda a: a.judgement.effect.destroys),
         "deletes or overwrites data, recovery copies or containers"),
    Flag("inferred", _is(lambda a: a.certainty.value == "inferred"), "inferred, not observed"),
    Flag("reconstructed", _is(lambda a: bool(a.reconstructed)), "partly made up, and marked so"),
    Flag("found", lambda s: bool(s.findings), "the rules found something in it", JUDGED),
    Flag("marked", lambda s: s.remarks.is_marked, "has a bookmark in the case file", JUDGED),
    Flag("note", lambda s: bool(s.remarks.notes), "has a note in the case file", JUDGED),
    Flag("live", lambda s: not s.session.ended, "the session has no recorded end", of_session=True),
)  # fmt: skip
SYNTAX = (
    ("word", "the same as text:word"),
    ('"two words"', 'the same as text:"two words"; \\" stands for a quote'),
    ("@1:20..1:30", "began in this stretch of session time; @1:20.. and @..1:30 too"),
    ("#400..#420", "an action by number, or from one to another"),
    ("since:7d", "the session began in the last 7 days"),
    ("a b", "both; 'and' may stand between them"),
    ("a or b", "one of them"),
    ("-a", "not a; 'not a' too"),
    ("(a or b) c", "parentheses tie closest"),
    ("a:b,c", "b or c; outside of quotes * and ? stand for anything"),
)


def help_entries(scope: Scope) -> list[tuple[str, str]]:
    """Return what can be written where a filter is used: an example and its meaning."""
    entries = [(o.example, o.meaning) for o in OPERATORS if scope in o.scopes]
    entries += [(flag.name, flag.meaning) for flag in FLAGS if scope in flag.scopes]
    ranged = [(sign, text) for sign, text in SYNTAX if scope is not Scope.TAIL or sign[0] != "@"]
    return entries + ranged
