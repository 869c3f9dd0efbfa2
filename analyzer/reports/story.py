"""The incident as a report tells it: sections of statements, each safe to show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from analyzer.incident.model import CausalLink, Claim, Fact, Incident, Journey, Part, Span
from analyzer.model import Analysis
from analyzer.reports.content import Statement, Story, StorySection
from analyzer.timeline import format_length, offset_of

__all__ = ["story_of"]

type Shown = Callable[[str], str]
"""Makes recorded text safe to show."""

LISTED = 40
"""Numbers of actions that one statement lists, and journeys that are told one by one."""


def story_of(analysis: Analysis, incident: Incident, shown: Shown) -> Story:
    """Return the story of a session as a report shows it."""
    sections = tuple(s for s in _sections(analysis, incident, shown) if s.statements)
    return Story(_fact(incident.headline, shown), incident.pivot, sections)


def _sections(analysis: Analysis, incident: Incident, shown: Shown) -> Iterator[StorySection]:
    def section(title: str, statements: Iterable[Statement]) -> StorySection:
        return StorySection(title, tuple(statements))

    yield section("What happened", (_part(analysis, p, shown) for p in incident.parts))
    if incident.decisive is not None:
        yield section("The decisive seconds", _seconds(analysis, incident, shown))
    spans = incident.spans if analysis.session.timed else ()
    yield section("Lengths of time", (_span(s) for s in spans))
    yield section("What was never done", (_fact(f, shown) for f in incident.never_done))
    yield section(
        "What led to what: strong links", (_link(x, shown) for x in incident.strong_links)
    )
    yield section(
        "What came next: weak links, time alone", (_link(x, shown) for x in incident.weak_links)
    )
    blast = incident.blast
    yield section("Blast radius: hit", (_fact(f, shown) for f in blast.hit))
    yield section("Blast radius: recovery copies", (_fact(f, shown) for f in blast.recovery))
    yield section("Blast radius: sent", (_fact(f, shown) for f in blast.sent))
    yield section("Blast radius: reach of what was in hand", (_fact(f, shown) for f in blast.reach))
    yield section("Blast radius: not known", (_fact(f, shown) for f in blast.unknown))
    yield section(
        "Proposed, decided, executed, effect: what does not fit",
        (_fact(m, shown, f"#{j.action}: ") for j in incident.journeys for m in j.mismatches),
    )
    told = {n for p in incident.parts[:-1] for n in p.actions}
    journeys = [j for j in incident.journeys if j.action in told][:LISTED]
    yield section(
        "Proposed, decided, executed, effect: from the trigger to the end of the destruction",
        (s for j in journeys for s in _journey(j, shown)),
    )
    yield section("Claims against the record", (_claim(c, shown) for c in incident.claims))
    yield section(
        "What cannot be known from this record", (_fact(f, shown) for f in incident.limits)
    )


def _fact(fact: Fact, shown: Shown, before: str = "") -> Statement:
    return Statement(before + shown(fact.text), fact.certainty.value, fact.actions[:LISTED])


def _part(analysis: Analysis, part: Part, shown: Shown) -> Statement:
    start = offset_of(analysis, part.start_ns)
    length = format_length(part.end_ns - part.start_ns) if analysis.session.timed else "unknown"
    return Statement(
        f"{part.name.value.capitalize()}, at {start}, {length}: {shown(part.told.text)}",
        part.told.certainty.value,
        part.actions[:LISTED],
    )


def _seconds(analysis: Analysis, incident: Incident, shown: Shown) -> Iterator[Statement]:
    span = incident.decisive
    if span is None:
        return
    length = format_length(span.length_ns) if analysis.session.timed else "unknown"
    yield Statement(
        f"From the trigger to the end of the destruction: {length}",
        span.certainty.value,
        tuple(filter(None, (span.start_action, span.end_action))),
    )
    by_id = {a.id: a for a in analysis.actions}
    pivot = by_id.get(incident.pivot or 0)
    for number in incident.decisive_actions[-LISTED:]:
        action = by_id[number]
        at = offset_of(analysis, action.start_ns)
        is_known = pivot is not None and pivot.is_timed and action.is_timed
        to_go = f" ({_signed(action.start_ns - pivot.start_ns)})" if pivot and is_known else ""
        yield Statement(f"{at}{to_go} {shown(action.title)}", action.certainty.value, (number,))


def _signed(ns: int) -> str:
    return f"{'-' if ns < 0 else '+'}{abs(ns) / 1e9:.1f} s"


def _span(span: Span) -> Statement:
    length = format_length(span.length_ns)
    numbers = tuple(n for n in (span.start_action, span.end_action) if n is not None)
    never = "" if span.end_action is not None else ": none until the record ends, which is"
    sign = ":" if span.end_action is not None else ""
    return Statement(f"{span.name}{never}{sign} {length}{' later' if never else ''}",
                     span.certainty.value, tuple(dict.fromkeys(numbers)))  # fmt: skip


def _link(link: CausalLink, shown: Shown) -> Statement:
    text = f"#{link.cause} to #{link.effect}, by {link.basis.value}: {shown(link.text)}"
    return Statement(text, link.certainty.value, (link.cause, link.effect))


def _journey(journey: Journey, shown: Shown) -> Iterator[Statement]:
    steps = (
        ("proposed", journey.proposed),
        ("decided", journey.decided),
        ("executed", journey.executed),
        (f"effect {journey.effect.value}", journey.effect_told),
    )
    for name, fact in steps:
        yield _fact(fact, shown, f"#{journey.action} {name}: ")


def _claim(claim: Claim, shown: Shown) -> Statement:
    text = (
        f"In #{claim.action} it said: {shown(claim.quote)!r}: {claim.verdict.value}; "
        f"{shown(claim.found.text)}"
    )
    numbers = tuple(dict.fromkeys((claim.action, *claim.found.actions)))
    return Statement(text, claim.found.certainty.value, numbers[:LISTED])
