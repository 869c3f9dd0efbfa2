"""What was never done before the destruction, as far as the record can tell.

An absence is only as good as the capture: each says what it was looked for in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.claims import FETCHES
from analyzer.controls.wording import requests
from analyzer.incident.model import Fact
from analyzer.incident.story import SEARCHES, Plot
from analyzer.model import Action, Analysis, Outcome
from analyzer.requests import host_of
from analyzer.resources import UNKNOWN
from analyzer.rules.base import Scene, approvals_between
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.tools import Family, arguments_of, command_of, family_of, file_of
from recorder import semconv
from recorder.model import Kind

__all__ = ["Omissions", "omissions_of"]

MAX_WORDS = 20_000
ASKING = frozenset({
    "askuserquestion", "ask_user", "ask_followup_question", "ask_user_question", "ask", "question",
    "request_user_input", "ask_human", "exit_plan_mode", "exitplanmode",
})  # fmt: skip
_DOC = re.compile(
    r"(?:^|/)(?:docs?/|readme|.*\.(?:md|rst|adoc)$)|://docs?\.|/docs?/", re.IGNORECASE
)
_DRY = re.compile(
    r"--dry-run|--dryrun|--check\b|--what-?if|\b(?:terraform|tofu|pulumi)\s+(?:plan|preview)"
    r"|\bEXPLAIN\b|--plan\b",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"backup|snapshot|pg_dump|mysqldump|mongodump|git\s+(?:stash|bundle)|\brsync\b|dump", re.I
)


@dataclass(frozen=True, slots=True)
class _Omission:
    about: re.Pattern[str]
    """Which confession speaks of it."""
    fact: Fact
    is_omitted: bool


@dataclass(frozen=True, slots=True)
class Omissions:
    """What was looked for before a destruction, found or not."""

    all: tuple[_Omission, ...]

    @property
    def never_done(self) -> tuple[Fact, ...]:
        """What no action on record did."""
        return tuple(o.fact for o in self.all if o.is_omitted)

    def about(self, sentence: str) -> tuple[Fact, bool] | None:
        """Return what the record says of the omission that a sentence confesses."""
        for omission in self.all:
            if omission.about.search(sentence):
                return omission.fact, omission.is_omitted
        return None


def omissions_of(analysis: Analysis, scene: Scene, plot: Plot, blobs: Blobs) -> Omissions:
    """Return what was and was not done between the session's start and the destruction."""
    began = (plot.carrier or plot.pivot).start_ns
    before = [a for a in analysis.actions if a.start_ns < began]
    return Omissions(tuple(_looked_for(scene, plot, before, blobs, began)))


def _looked_for(
    scene: Scene, plot: Plot, before: list[Action], blobs: Blobs, began: int
) -> Iterator[_Omission]:
    pivot = plot.pivot
    target = pivot.judgement.target_id
    named = [a.id for a in before if any(r.id == target for r in a.resources)] if target else []
    if not plot.only_left:
        yield _environment(pivot, named)
    docs = [a.id for a in before if _reads_docs(a, blobs)]
    yield _Omission(
        re.compile(r"\bdoc(?:s|umentation)\b|\bmanual\b", re.IGNORECASE),
        _fact(
            docs,
            "no documentation was read: no page fetched or searched for, no document opened",
            "documentation was read",
            pivot,
        ),
        not docs,
    )
    if not plot.only_left:
        yield _unasked(pivot, plot.carrier, before, blobs)
    since = plot.trigger.start_ns if plot.trigger is not None else scene.actions[0].start_ns
    asked = [a.id for a in before if a.start_ns >= since and _asks(a)]
    asked += [a.id for a in approvals_between(scene, since, began)]
    spoken = [a.id for a in before if a.start_ns > since and _is_person(a)]
    yield _Omission(
        re.compile(r"\bask(?:ed|ing)?\b|permission|confirm", re.IGNORECASE),
        _fact(
            [*asked, *spoken],
            "no question was put to a person, and none spoke, from the trigger on",
            "a person was asked or spoke",
            pivot,
        ),
        not asked and not spoken,
    )
    if not plot.only_left:
        yield from _precautions(plot, before)


def _environment(pivot: Action, named: list[int]) -> _Omission:
    known = pivot.judgement.environment != UNKNOWN
    seen = f"the answers that named it ({', '.join(f'#{n}' for n in named)}) did not say it"
    lacking = (
        f"no read of the target's environment: {seen if named else 'no answer named it at all'}"
    )
    fact = Fact(
        f"an answer had named its environment: {pivot.judgement.environment}" if known else lacking,
        Certainty.OBSERVED,
        (*named, pivot.id),
    )
    about = re.compile(r"environment|shared across|volume id|target|scope", re.IGNORECASE)
    return _Omission(about, fact, not known)


def _unasked(
    pivot: Action, carrier: Action | None, before: list[Action], blobs: Blobs
) -> _Omission:
    """Hold what was done against what people had asked for."""
    prompts = [
        (a.id, Texts.of(a, blobs).whole(semconv.PROMPT_TEXT)) for a in before if _is_person(a)
    ]
    call = carrier or pivot
    arguments = Texts.of(call, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    command = command_of(arguments_of(arguments)) if family_of(call.name) is Family.SHELL else ""
    judgement = pivot.judgement
    operation, target = judgement.operation or pivot.name, judgement.target_id
    asking = [n for n, text in prompts if requests(text[:MAX_WORDS], operation, target, command)]
    words = "no words of a person ask for it" if prompts else "no person spoke before it"
    numbers = (*(number for number, _ in prompts[-5:]), pivot.id)
    fact = Fact(words, Certainty.INFERRED, numbers)
    if asking:
        fact = Fact("a person's words ask for it", Certainty.INFERRED, tuple(asking))
    about = re.compile(
        r"\b(?:ask|told|tell|instruct|request)(?:ed)?\s+(?:me|us|for)\b|\bunasked\b"
        r"|\bwithout (?:being|having been) asked\b",
        re.IGNORECASE,
    )
    return _Omission(about, fact, not asking)


def _precautions(plot: Plot, before: list[Action]) -> Iterator[_Omission]:
    pivot = plot.pivot
    good = [a for a in before if a.outcome is Outcome.OK]
    copies = [a.id for a in good if _copies(a)]
    yield _Omission(
        re.compile(r"back(?:ed)? ?up|snapshot|\bcopy\b", re.IGNORECASE),
        _fact(
            copies,
            "no copy was made and no backup looked at before",
            "a copy was made or looked at",
            pivot,
        ),
        not copies,
    )
    dry = [a.id for a in good if a.kind is Kind.TOOL_CALL and _DRY.search(a.title[:2_000])]
    yield _Omission(
        re.compile(r"dry[- ]run|preview|\bplan\b", re.IGNORECASE),
        _fact(dry, "no dry run and no plan came before", "a dry run or plan came before", pivot),
        not dry,
    )


def _copies(action: Action) -> bool:
    if action.kind is Kind.API_REQUEST or family_of(action.name) is Family.SHELL:
        return _COPY.search(action.title[:2_000]) is not None
    return False


def _fact(numbers: list[int], lacking: str, present: str, pivot: Action) -> Fact:
    if numbers:
        return Fact(present, Certainty.INFERRED, tuple(numbers[:20]))
    return Fact(lacking, Certainty.INFERRED, (pivot.id,))


def _reads_docs(action: Action, blobs: Blobs) -> bool:
    if action.outcome in {Outcome.DENIED, Outcome.FAILED, Outcome.REFUSED}:
        return False
    if action.kind is Kind.API_REQUEST:
        return _DOC.search(f"https://{host_of(action.attributes)}/") is not None
    return action.kind is Kind.TOOL_CALL and _call_reads_docs(action, blobs)


def _call_reads_docs(action: Action, blobs: Blobs) -> bool:
    name = action.name.lower().rpartition("__")[2]
    family = family_of(action.name)
    if family is Family.READ:
        arguments = arguments_of(Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
        return _DOC.search(file_of(arguments)) is not None
    if family is Family.SHELL:
        return re.search(r"\bman\s|--help\b|://docs?\.", action.title[:2_000]) is not None
    return name in SEARCHES or name in FETCHES


def _asks(action: Action) -> bool:
    return action.kind is Kind.TOOL_CALL and action.name.lower().rpartition("__")[2] in ASKING


def _is_person(action: Action) -> bool:
    if action.kind is not Kind.PROMPT:
        return False
    return action.attributes.get(semconv.PROMPT_ROLE, "user") == "user"
