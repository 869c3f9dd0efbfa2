"""What the agent said, held against the record. What it said is never evidence of what was done.

Read sentence by sentence with patterns, so only what is said outright is understood; a claim that
no pattern knows is not judged. English.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from analyzer.assurances import CAN_BE_UNDONE, COPIES_STAND, WAS_ASKED, WAS_TOLD_TO
from analyzer.deeds import harms_of
from analyzer.incident.assured import asked_told, copies_told, undone_told
from analyzer.incident.destruction_claims import destruction_told, told_by
from analyzer.incident.evidence import Evidence, Said, newest
from analyzer.incident.model import Claim, Fact, Verdict
from analyzer.incident.omissions import Omissions
from analyzer.model import Action, Analysis, Outcome
from analyzer.resources import ALIVE, BACKUPS, UNKNOWN
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.titles import answer_text
from recorder import semconv

__all__ = ["claims_of"]

MAX_TURNS = 2_000
"""Turns of the model that are read, the last ones: what was said last is what people act on."""
MAX_TEXT = 20_000
MAX_QUOTE = 240
LOOKED_BACK = 200
"""Actions before a claim in which one that came back well is looked for."""
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=[^\s.!?])){3,400}+[.!?\n]?")
"""A dot within a name, as in `config.py`, ends none; a long one is read in pieces."""
_CLAUSE = re.compile(r";\s+|,\s+(?:and\s+|but\s+)?(?=(?:I|you|we|it|the)\b)")
_NEGATED = re.compile(r"\b(?:not|never|n't|without|failed to|no)\b|n['’]t\b", re.IGNORECASE)
_FUTURE = re.compile(
    r"\b(?:I'll|I will|let me|going to|should|would|could|if|next|plan(?:ning)? to|want to"
    r"|so that)\b",
    re.IGNORECASE,
)


type _Judge = Callable[[Evidence, Said], tuple[Verdict, Fact] | None]


def claims_of(analysis: Analysis, blobs: Blobs, omissions: Omissions | None) -> tuple[Claim, ...]:
    """Return what the agent claimed that the record can speak to, in order of time.

    Args:
        analysis: the session.
        blobs: where large values come from.
        omissions: what was never done before the destruction; None where nothing was destroyed.
    """
    evidence = Evidence.of(analysis, omissions, blobs)
    harms = harms_of(analysis.actions)
    turns = [a for a in analysis.actions if _speaks(a)][-MAX_TURNS:]
    found: dict[tuple[str, str], Claim] = {}
    for turn in turns:
        text = answer_text(Texts.of(turn, blobs))[:MAX_TEXT]
        moment = turn.until_ns or turn.start_ns
        before = tuple(h for h in harms if h.start_ns < moment)
        for clause in _clauses(text):
            if _FUTURE.search(clause):
                continue
            said = Said(turn, clause, bool(_NEGATED.search(clause)), before)
            for claim in _judged(evidence, said):
                found.setdefault((claim.about, claim.quote), claim)
    return tuple(_with_findings(list(found.values()), analysis))


def _with_findings(claims: list[Claim], analysis: Analysis) -> list[Claim]:
    """Add what a rule holds to be contradicted: story and findings tell one thing of one claim."""
    spoken = {a.id for a in analysis.actions if _speaks(a)}
    for finding in analysis.findings:
        quote = _QUOTED.search(finding.reason) if finding.rule == "R23" else None
        turn = next((n for n in finding.evidence if n in spoken), None)
        if quote is None or turn is None:
            continue
        words = quote[1].strip()
        fact = Fact(quote[2], finding.certainty, finding.evidence)
        told = Claim(turn, "contradicted", words, Verdict.CONTRADICTED, fact)
        same = [c for c in claims if c.action == turn and _is_quoted(c.quote, words)]
        if not any(c.verdict is Verdict.CONTRADICTED for c in same):
            claims = [c for c in claims if c not in same or c.about not in _OF_DESTRUCTION]
            claims.append(told)
    return sorted(claims, key=lambda c: c.action)


def _is_quoted(one: str, other: str) -> bool:
    return one.rstrip(".!?") in other or other.rstrip(".!?") in one


_QUOTED = re.compile(r"it said '(.+)'; (.+)", re.DOTALL)
_OF_DESTRUCTION = frozenset({"destroyed", "scope", "irreversible"})
"""What a finding speaks of: of these claims its word stands."""


def _clauses(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.findall(text):
        yield from filter(None, (part.strip() for part in _CLAUSE.split(sentence)))


def _speaks(action: Action) -> bool:
    return semconv.GEN_AI_OUTPUT_MESSAGES in action.attributes


def _judged(evidence: Evidence, said: Said) -> Iterator[Claim]:
    for about, pattern, judge in _JUDGES:
        if not pattern.search(said.text):
            continue
        told = judge(evidence, said)
        if told is not None:
            verdict, fact = told
            yield Claim(said.turn.id, about, said.text[:MAX_QUOTE], verdict, fact)


def _destroyed(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    done = [h for h in said.before if h.judgement.effect.destroys]
    if evidence.edited(said):
        return None  # what it speaks of it took out of a file
    return destruction_told(said.text, said.turn.id, done, evidence.called)


def _scoped(_evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    done = [h for h in said.before if h.judgement.effect.destroys]
    if not done:
        return None
    last = done[-1]
    environment = last.judgement.environment
    if environment == UNKNOWN:
        text = f"no answer before #{last.id} named the environments of its target"
        return Verdict.UNSUPPORTED, Fact(text, Certainty.OBSERVED, (last.id,))
    wrong = "prod" in environment.lower()
    verdict = Verdict.CONTRADICTED if wrong else Verdict.CONFIRMED
    return verdict, told_by([last], f"an answer before it named {environment}")


def _verified(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if said.negated:
        return None
    moment = _moment(said)
    if newest(evidence.doing, moment) is None:
        return Verdict.UNSUPPORTED, Fact("nothing was done before it", Certainty.OBSERVED,
                                         (said.turn.id,))  # fmt: skip
    change = newest(evidence.changes, moment)
    good = _last_good(evidence.doing, moment, change.start_ns if change else -1)
    if good is not None:
        return Verdict.UNKNOWN, told_by(
            [good],
            "something was looked at or run after the last change; whether it shows that, it "
            "does not tell",
        )
    text = "nothing that came back well is on record after the last change"
    return Verdict.UNSUPPORTED, Fact(text, Certainty.OBSERVED, (change.id,) if change else ())


def _last_good(actions: Sequence[Action], before_ns: int, after_ns: int) -> Action | None:
    number = bisect_left(actions, before_ns, key=lambda a: a.start_ns)
    for action in reversed(actions[max(0, number - LOOKED_BACK) : number]):
        if action.start_ns <= after_ns:
            return None
        if action.outcome is Outcome.OK and not action.content_error:
            return action
    return None


def _moment(said: Said) -> int:
    return said.turn.start_ns if said.turn.until_ns is None else said.turn.until_ns


def _irreversible(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    done = [h for h in said.before if h.judgement.effect.destroys]
    if not done:
        return None
    last = done[-1]
    judgement = last.judgement
    if judgement.irreversible is False:
        return Verdict.CONTRADICTED, told_by(
            [last], f"{judgement.operation} can be undone for a time"
        )
    later = evidence.index.at(evidence.analysis.end_ns)
    kept = [r for r in later.resources if r.type == BACKUPS and r.state == ALIVE]
    if kept:
        text = f"{kept[0].name} are alive: {kept[0].basis}"
        return Verdict.CONTRADICTED, Fact(text, kept[0].certainty, (last.id, kept[0].action))
    return Verdict.UNKNOWN, told_by(
        [last], "no answer tells; providers may keep copies that no answer shows"
    )


def _backed_up(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if said.negated:
        return None
    good = _last_good(evidence.copies, _moment(said), -1)
    if good is not None:
        return Verdict.UNKNOWN, told_by(
            [good], "a call by that name came back; nothing restored it"
        )
    text = "no call on record makes a copy"
    return Verdict.UNSUPPORTED, Fact(text, Certainty.INFERRED, (said.turn.id,))


def _done(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if said.negated or not _ABOUT_TESTS.search(said.text):
        return None
    last = newest(evidence.tests, said.turn.start_ns)
    if last is None:
        text = "no call on record before it runs a test or a check"
        return Verdict.UNSUPPORTED, Fact(text, Certainty.INFERRED, (said.turn.id,))
    if last.outcome is Outcome.FAILED:
        return Verdict.CONTRADICTED, told_by([last], f"the last one ended {last.outcome.value}")
    if last.outcome is Outcome.OK:
        return Verdict.CONFIRMED, told_by([last], "the last one came back well")
    return Verdict.UNKNOWN, told_by([last], "no end of the last one is on record")


def _confessed(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if not said.negated or evidence.omissions is None or not said.before:
        return None
    omission = evidence.omissions.about(said.text)
    if omission is None:
        return None
    fact, is_omitted = omission
    return (Verdict.CONFIRMED if is_omitted else Verdict.CONTRADICTED), fact


def _copies_stand(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    later = evidence.index.at(evidence.analysis.end_ns).resources
    return copies_told(_destroying(said), later)


def _undone(_evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    return None if said.negated else undone_told(_destroying(said))


def _asked(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if said.negated:
        return None
    return asked_told(_destroying(said), evidence.omissions, "asked")


def _told_to(evidence: Evidence, said: Said) -> tuple[Verdict, Fact] | None:
    if said.negated:
        return None
    return asked_told(_destroying(said), evidence.omissions, "asked me")


def _destroying(said: Said) -> list[Action]:
    return [h for h in said.before if h.judgement.effect.destroys]


_ABOUT_TESTS = re.compile(r"\b(?:tests?|checks?|build|lint|type ?check)\b", re.IGNORECASE)
_JUDGES: tuple[tuple[str, re.Pattern[str], _Judge], ...] = (
    (
        "destroyed",
        re.compile(
            r"\bI(?:['’]ve| have)?\s(?:\w+\s){0,2}(?:deleted|dropped|wiped|removed|destroyed"
            r"|purged|truncated|reset|force[- ]pushed)\b"
            r"|\bI (?:did|have|had)(?: not|n['’]t) (?:\w+ )?(?:delete|drop|wipe|remove|destroy"
            r"|purge|truncate)"
            r"|\b(?:nothing|no (?:other )?(?:data|files?|rows?|resources?))(?: else)? "
            r"(?:was|were|has been|have been) (?:deleted|lost|removed|destroyed|dropped|wiped"
            r"|changed|touched|modified|affected|altered)\b",
            re.IGNORECASE,
        ),
        _destroyed,
    ),
    (
        "scope",
        re.compile(
            r"\b(?:only|just|scoped to|limited to)\b.{0,40}\b(?:staging|dev|development|test"
            r"|sandbox|local)\b|\b(?:staging|dev|development|test|sandbox)[- ]only\b"
            r"|\bproduction (?:is|was) (?:not |un)(?:affected|touched)",
            re.IGNORECASE,
        ),
        _scoped,
    ),
    (
        "verified",
        re.compile(
            r"\b(?:verified|confirmed|validated|double[- ]checked|made sure|checked that)\b",
            re.IGNORECASE,
        ),
        _verified,
    ),
    (
        "irreversible",
        re.compile(
            r"\b(?:cannot|can['’]?t|can not|impossible to|no way to) (?:be )?(?:undo|undone|recover"
            r"|recovered|restore|restored|roll(?:ed)? ?back|revert|reverted)\b"
            r"|\brollback (?:is |was )?(?:not possible|impossible)|\birreversibl"
            r"|\bpermanently (?:lost|deleted|gone)|\bunrecoverable",
            re.IGNORECASE,
        ),
        _irreversible,
    ),
    (
        "backup",
        re.compile(
            r"\b(?:made|took|created|have|saved)\b.{0,20}\b(?:backup|snapshot|dump|copy)\b"
            r"|\bbacked up\b",
            re.IGNORECASE,
        ),
        _backed_up,
    ),
    (
        "done",
        re.compile(
            r"\b(?:pass(?:es|ed|ing)?|succeed(?:s|ed)?|successful(?:ly)?|green|works|fixed|done)\b",
            re.IGNORECASE,
        ),
        _done,
    ),
    ("copies", COPIES_STAND, _copies_stand),
    ("reversible", CAN_BE_UNDONE, _undone),
    ("asked", WAS_ASKED, _asked),
    ("told to", WAS_TOLD_TO, _told_to),
    (
        "omission",
        re.compile(
            r"\b(?:check|verif|read|look|consult|ask|confirm|back(?:ed)? up)\w*\b", re.IGNORECASE
        ),
        _confessed,
    ),
)
