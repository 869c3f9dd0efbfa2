"""What led to what: strong where a credential, an id, a file or a text makes the link, else time.

Every text that a later action repeats is looked for in all earlier results in one pass, whatever
the length of the session. That a text stood there before proves that it could come from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ahocorasick_rs import AhoCorasick

from analyzer.deeds import deeds_of
from analyzer.incident.model import Basis, CausalLink
from analyzer.incident.story import Plot
from analyzer.model import Action, Analysis
from analyzer.rules.base import Scene, seconds, weakest
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts
from analyzer.tools import arguments_of, command_of, paths_of
from recorder import semconv
from recorder.model import Kind, Role

__all__ = ["links_of"]

MAX_EFFECTS = 60
"""Actions of a story whose causes are looked for."""
MAX_NEEDLES = 40
"""Texts of one action that are looked for."""
MAX_TEXT = 2_000_000
"""Characters of one result that are looked through."""
_WORD = re.compile(r"[\w./:@-]{12,200}")
_SEALED = re.compile(r"⟦[^⟦⟧]*⟧")
_TELLING = re.compile(r"[0-9./:@]")


@dataclass(frozen=True, slots=True)
class _Needle:
    text: str
    effect: Action
    basis: Basis


def links_of(analysis: Analysis, scene: Scene, plot: Plot, blobs: Blobs) -> tuple[CausalLink, ...]:
    """Return the links of a story, strong ones first, each in order of its effect."""
    chain = _chain(analysis, plot)
    strong = list(_by_credential(scene, chain))
    strong += _by_text(analysis, chain, blobs)
    strong = _best(strong)
    weak = list(_by_time(chain, {link.effect for link in strong}))
    order = {a.id: n for n, a in enumerate(analysis.actions)}
    return (*sorted(strong, key=lambda x: (order[x.effect], order[x.cause])), *weak)


def _chain(analysis: Analysis, plot: Plot) -> list[Action]:
    """Return the deeds from the trigger to the destruction, and the calls around its harms."""
    numbers = {n for part in plot.parts[:-1] for n in part.actions}
    within = [a for a in analysis.actions if a.id in numbers]
    deeds = {a.id for a in deeds_of(within)} | {a.id for a in plot.harms}
    if plot.trigger is not None:
        deeds.add(plot.trigger.id)
    chain = [a for a in analysis.actions if a.id in deeds]
    return chain if len(chain) <= MAX_EFFECTS else [*chain[:1], *chain[-MAX_EFFECTS + 1 :]]


def _by_credential(scene: Scene, chain: Sequence[Action]) -> Iterator[CausalLink]:
    for action in chain:
        for credential in scene.carried_by(action):
            shown = [
                s
                for s in credential.sightings
                if s.role is not Role.USED and s.t_ns <= action.start_ns and s.action != action.id
            ]
            for sighting in {s.action: s for s in (*shown[:1], *shown[-1:])}.values():
                yield CausalLink(
                    cause=sighting.action,
                    effect=action.id,
                    basis=Basis.CREDENTIAL,
                    text=f"{credential.name} stood in {sighting.place}, and #{action.id} used it",
                    certainty=weakest(sighting.certainty, action.certainty),
                )


def _by_text(analysis: Analysis, chain: Sequence[Action], blobs: Blobs) -> Iterator[CausalLink]:
    needles = [n for a in chain for n in _needles(a, analysis.session.cwd, blobs)]
    if not needles:
        return
    asked = "\n".join(
        Texts.of(a, blobs).whole(semconv.PROMPT_TEXT)
        for a in analysis.actions
        if a.kind is Kind.PROMPT
    )
    needles = [n for n in needles if n.text not in asked]
    words = list(dict.fromkeys(n.text for n in needles))
    if not words:
        return
    automaton = AhoCorasick(words)
    last_ns = max(a.start_ns for a in chain)
    first: dict[str, Action] = {}
    for action in analysis.actions:
        if action.start_ns > last_ns:
            break
        text = _result(action, blobs)
        for number, _, _ in automaton.find_matches_as_indexes(text, overlapping=True):
            first.setdefault(words[number], action)
    for needle in needles:
        cause = first.get(needle.text)
        effect = needle.effect
        if cause is None or (cause.until_ns or cause.start_ns) > effect.start_ns:
            continue
        if effect.join is not None and effect.join.parent == cause.id:
            continue
        yield CausalLink(
            cause=cause.id,
            effect=effect.id,
            basis=needle.basis,
            text=f"{needle.text[:60]} stood in the result of #{cause.id} first, and #{effect.id} "
            f"names it",
            certainty=weakest(cause.certainty, effect.certainty, Certainty.INFERRED),
        )


def _needles(action: Action, cwd: str, blobs: Blobs) -> Iterator[_Needle]:
    texts = Texts.of(action, blobs)
    target = action.judgement.target_id
    if len(target) >= 6:
        yield _Needle(target, action, Basis.ID)
    arguments = arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    paths = paths_of(action.name, arguments, cwd) if action.kind is Kind.TOOL_CALL else ()
    for path in paths[:MAX_NEEDLES]:
        if len(path) >= 6:
            yield _Needle(path, action, Basis.FILE)
    said = command_of(arguments) or texts.whole(semconv.REQUEST_BODY)
    # A sealed secret is a link by credential, and no further one.
    said = _SEALED.sub(" ", said[:20_000])
    found = [w for w in _WORD.findall(said) if _TELLING.search(w) and w not in paths]
    for word in list(dict.fromkeys(found))[:MAX_NEEDLES]:
        if word != target:
            yield _Needle(word, action, Basis.DATA)


def _result(action: Action, blobs: Blobs) -> str:
    texts = Texts.of(action, blobs)
    if action.kind is Kind.TOOL_CALL:
        return texts.whole(semconv.GEN_AI_TOOL_RESULT)[:MAX_TEXT]
    if action.kind is Kind.API_REQUEST:
        return texts.whole(semconv.RESPONSE_BODY)[:MAX_TEXT]
    return ""


def _best(links: Sequence[CausalLink]) -> list[CausalLink]:
    """Return one link for each pair of actions and basis, with how many texts make it."""
    found: dict[tuple[int, int, Basis], list[CausalLink]] = {}
    for link in links:
        found.setdefault((link.cause, link.effect, link.basis), []).append(link)
    kept = []
    for same in found.values():
        more = f" (and {len(same) - 1} more)" if len(same) > 1 else ""
        kept.append(replace(same[0], text=same[0].text + more))
    return kept


def _by_time(chain: Sequence[Action], explained: set[int]) -> Iterator[CausalLink]:
    for before, after in pairwise(chain):
        if after.id in explained or (after.join and after.join.parent == before.id):
            continue
        length = max(0, after.start_ns - (before.until_ns or before.start_ns))
        gap = seconds(length, is_timed=before.is_timed and after.is_timed)
        yield CausalLink(
            cause=before.id,
            effect=after.id,
            basis=Basis.TIME,
            text=f"#{after.id} came next, {gap} later; nothing else on record links them",
            certainty=Certainty.INFERRED,
        )
