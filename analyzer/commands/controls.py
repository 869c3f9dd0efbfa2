"""`flightlog controls`: which guard would have stopped it, and what each guard would cost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

from analyzer.analysis import analyze
from analyzer.chain import Chain
from analyzer.commands.chain_lines import chain_state, chain_words, verified
from analyzer.commands.selection import chosen_session, opened
from analyzer.completeness import completeness_of
from analyzer.controls import CONTROLS, Control
from analyzer.controls.hindsight import ControlVerdict, Hindsight, verdicts_of
from analyzer.controls.policy import Policy
from analyzer.controls.price import Price, Till
from analyzer.controls.replaying import past_of, ruled_over
from analyzer.controls.settings import Settings
from analyzer.following.gather import declarations_of
from analyzer.incident import incident_of
from analyzer.incident.model import Incident
from analyzer.model import Analysis
from analyzer.testimony import Certainty
from analyzer.timeline import offset_of
from recorder.commands.options import json_option, no_verify_option, recording_option
from recorder.model import SessionRow
from recorder.reader import Recording
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["command"]

FORMAT = "flightlog.controls/1"
_SPAN = re.compile(r"^(\d{1,6})([smhdw])$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Tried:
    """One session with what the controls make of it."""

    analysis: Analysis
    incident: Incident
    verdicts: tuple[ControlVerdict, ...]


@click.command("controls")
@click.argument("session", required=False)
@click.option("--since", metavar="SPAN", help="Every incident of so long: 12h, 30d, 8w.")
@click.option(
    "--policy", "policies", multiple=True, metavar="CMD",
    help="Try somebody else's guard too: a command that reads an action as JSON and answers.",
)  # fmt: skip
@recording_option
@json_option
@no_verify_option
def command(
    session: str | None,
    since: str | None,
    policies: tuple[str, ...],
    recording: str | None,
    as_json: bool,
    no_verify: bool,
) -> None:
    """Tell which control would have stopped the incident, at which action, and at what price.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest. The price is
    counted over all recorded sessions: harmless actions that the control would have held or denied.
    A policy is started once for each action, with JSON as Claude Code's PreToolUse hook gets it on
    standard input; it answers as such a hook does, or with one word: allow, ask, deny.

    \b
    Example:
      flightlog controls
      flightlog controls --since 30d --json
      flightlog controls last --policy 'python3 my_guard.py'
    """
    if session is not None and since is not None:
        raise click.UsageError("a SESSION or --since, not both")
    controls: list[Control] = [*CONTROLS]
    controls += [Policy(p, number) for number, p in enumerate(policies, start=1)]
    with opened(recording) as source:
        chain = verified(source.path, no_verify=no_verify)
        rows = source.sessions()
        wanted = _wanted(source, rows, session, since)
        tried, prices = _try(source, rows, wanted, controls)
    if as_json:
        click.echo(json.dumps(_document(tried, prices, chain), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join([chain_words(chain), *_lines(tried, prices)]))


def _wanted(
    source: Recording, rows: Sequence[SessionRow], session: str | None, since: str | None
) -> frozenset[str]:
    if since is None:
        return frozenset({chosen_session(source, session).id})
    span = _SPAN.match(since)
    if span is None:
        raise click.UsageError(f"--since {since}: write a number and s, m, h, d or w, as in 30d")
    first = time.time_ns() - int(span[1]) * SECONDS[span[2]] * SECOND
    return frozenset(row.id for row in rows if row.last_ns >= first)


def _try(
    source: Recording,
    rows: Sequence[SessionRow],
    wanted: frozenset[str],
    controls: Sequence[Control],
) -> tuple[tuple[_Tried, ...], Mapping[str, Price]]:
    declared = {
        fingerprint: told["purpose"]
        for fingerprint, (_, told) in declarations_of(source).items()
        if told.get("purpose")
    }
    till = Till(controls)
    tried = []
    for row in rows:
        analysis = analyze(source, row.id)
        incident = incident_of(analysis, completeness_of(source, analysis), source.blob)
        past = past_of(analysis, declared, source.blob)
        ruled = tuple(ruled_over(analysis, past, controls, Settings()))
        till.add(analysis, incident, ruled)
        if row.id in wanted:
            verdicts = verdicts_of(analysis, incident, ruled, controls)
            tried.append(_Tried(analysis, incident, verdicts))
    return tuple(tried), till.prices()


def _lines(tried: Sequence[_Tried], prices: Mapping[str, Price]) -> Iterator[str]:
    found = [one for one in tried if one.incident.pivot is not None]
    if not found:
        yield f"no incident in {_count(len(tried), 'session')}: nothing to stop"
    for one in found:
        yield f"session {safe_text(one.analysis.session.id)}: {_shown(one.incident.headline.text)}"
        if one.analysis.reconstructed:
            yield f"≈ re-enactment: {_shown(one.analysis.reconstructed)}"
        for verdict in one.verdicts:
            yield from _verdict(one.analysis, verdict)
        yield ""
    if len(found) > 1:
        yield from _together(found)
    yield "PRICE: what each would have held of what did no harm"
    for price in prices.values():
        yield _priced(price)


def _verdict(analysis: Analysis, verdict: ControlVerdict) -> Iterator[str]:
    at = ""
    if verdict.t_ns is not None:
        at = f" at #{verdict.action}, {offset_of(analysis, verdict.t_ns)}"
        at += f" ({verdict.answer})"
    yield f"  {verdict.title:<44} {verdict.verdict}{at}  [{verdict.certainty}]"
    basis = f" (#{', #'.join(map(str, verdict.basis))})" if verdict.basis else ""
    yield f"      {_shown(verdict.reason)}{basis}"
    if verdict.verdict is Hindsight.STOPS:
        before = ", ".join(f"#{n}" for n in verdict.still_happened) or "nothing that did anything"
        safer = f"; safer: {_shown(verdict.safer)}" if verdict.safer else ""
        yield f"      before it all the same: {before}{safer}"


def _together(found: Sequence[_Tried]) -> Iterator[str]:
    yield f"TOGETHER: of {_count(len(found), 'incident')} stopped"
    for number, verdict in enumerate(found[0].verdicts):
        stopped = sum(one.verdicts[number].verdict is Hindsight.STOPS for one in found)
        yield f"  {verdict.title:<44} {stopped}"
    yield ""


def _priced(price: Price) -> str:
    if not price.held:
        harmless = _count(price.harmless, "harmless action")
        return f"  {price.control:<22} holds none of {harmless}  [{Certainty.INFERRED}]"
    share = 100 * price.held / max(price.harmless, 1)
    session, number, reason = price.examples[0]
    whose = f" of session {_shown(session)}" if price.sessions > 1 else ""
    return (
        f"  {price.control:<22} {price.held} of {_count(price.harmless, 'harmless action')} "
        f"({share:.1f} %): {price.asked} asked, {price.denied} denied, {price.undecided} "
        f"undecided; such as #{number}{whose}: {_shown(reason)}  [{Certainty.INFERRED}]"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _document(
    tried: Sequence[_Tried], prices: Mapping[str, Price], chain: Chain | None
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "sessions": [
            {
                "session": safe_text(one.analysis.session.id),
                "chain": chain_state(chain, one.analysis.session.id),
                "incident": _shown(one.incident.headline.text),
                "pivot": one.incident.pivot,
                "reconstructed": _shown(one.analysis.reconstructed),
                "controls": [_verdict_document(one.analysis, v) for v in one.verdicts],
            }
            for one in tried
        ],
        "price": [_price_document(price) for price in prices.values()],
    }


def _verdict_document(analysis: Analysis, verdict: ControlVerdict) -> dict[str, object]:
    t_ns = verdict.t_ns if analysis.session.timed else None
    return {
        "control": verdict.control,
        "title": _shown(verdict.title),
        "verdict": verdict.verdict.value,
        "action": verdict.action,
        "t_ns": t_ns,
        "second": None if t_ns is None else round((t_ns - analysis.start_ns) / SECOND, 3),
        "answer": verdict.answer.value if verdict.answer else None,
        "reason": _shown(verdict.reason),
        "safer": _shown(verdict.safer),
        "basis": list(verdict.basis),
        "prevented": list(verdict.prevented),
        "still_happened": list(verdict.still_happened),
        "certainty": verdict.certainty.value,
    }


def _price_document(price: Price) -> dict[str, object]:
    return {
        "control": price.control,
        "sessions": price.sessions,
        "harmless": price.harmless,
        "held": price.held,
        "asked": price.asked,
        "denied": price.denied,
        "undecided": price.undecided,
        "examples": [
            {"session": safe_text(session), "action": number, "reason": _shown(reason)}
            for session, number, reason in price.examples
        ],
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
