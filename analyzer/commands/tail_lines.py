"""What `flightlog tail` prints of an event: a line for people, a JSON object for machines."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime

from analyzer.commands.colour import painted
from analyzer.live import Event, Remark, Step
from analyzer.model import Action, Effect, Outcome, Severity
from analyzer.timeline import length_of
from recorder.model import Json, Kind
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["document_of", "line_of"]

SECOND = 1_000_000_000
NARROWEST = 40
WORTH_A_LOOK = frozenset({Outcome.REFUSED, Outcome.DENIED, Outcome.NO_RESULT})


def line_of(news: Event | Remark, effect: Effect | None) -> str:
    """Return the line for a person, as wide as the terminal where there is one."""
    if isinstance(news, Remark):
        text = f"{_moment(news.t_ns)}  recorder {news.name:<8} record {news.seq}: {news.text}"
        return painted(_shown(text), Severity.HIGH)
    action = news.action
    indent = "  " if action.kind is Kind.API_REQUEST and action.join else ""
    head = (
        f"{_when(news)}  {safe_text(action.session[:6])}  {news.step.value:<7}  "
        f"#{action.id:<5} {action.lane.value:<5} "
    )
    tail = _ending(news, effect)
    title = f"{indent}{'≈ ' if action.reconstructed else ''}{_shown(action.title)}"
    room = _room() - len(head) - len(tail) - 2
    if room > 0 and len(title) > room:
        title = title[: max(room - 1, 1)] + "…"
    line = f"{head}{title}  {tail}".rstrip()
    if effect is not None and effect.destroys:
        return painted(line, Severity.CRITICAL)
    is_odd = action.outcome in WORTH_A_LOOK or action.contradictions or action.silences
    return painted(line, Severity.HIGH) if is_odd else line


def document_of(news: Event | Remark, effect: Effect | None) -> dict[str, object]:
    """Return the object for a machine: the action as it is known now, with all that was said."""
    if isinstance(news, Remark):
        return {
            "event": "gap" if news.name == "gap" else "recorder",
            "t_ns": news.t_ns,
            "record": news.seq,
            "name": safe_text(news.name),
            "text": _shown(news.text),
        }
    action = news.action
    ended = news.step is not Step.STARTED and action.until_ns is not None
    return {
        "event": news.step.value,
        "t_ns": None if _is_without_time(action) else news.t_ns,
        "time": action.placed.words if action.placed is not None else "observed",
        "session": safe_text(action.session),
        "action": action.id,
        "former": news.former or None,
        "parent": action.join.parent if action.join else None,
        "join": f"{action.join.basis} ({action.join.certainty.value})" if action.join else None,
        "kind": action.kind.value,
        "name": safe_text(action.name),
        "title": _shown(action.title),
        "outcome": action.outcome.value if ended else "open",
        "transport": action.transport.value if ended else "unset",
        "exit_code": action.exit_code if ended else None,
        "content_error": _shown(action.content_error) if ended else "",
        "duration_ns": action.duration_ns if ended else None,
        "effect": effect.value if effect is not None else None,
        "reconstructed": _shown(action.reconstructed),
        "witnesses": [witness.value for witness in action.witnesses],
        "records": list(action.records),
        **_testimony(action),
    }


def _testimony(action: Action) -> dict[str, Json]:
    decision = action.decision
    return {
        "said": [
            {
                "about": said.facet.value,
                "value": _shown(said.value),
                "witness": said.witness.value,
                "record": said.seq,
            }
            for said in action.said
        ],
        "links": [
            {"record": x.seq, "basis": _shown(x.basis), "certainty": x.certainty.value}
            for x in action.links
        ],
        "contradictions": [
            {
                "about": x.facet.value,
                "text": _shown(x.text),
                "records": [side.seq for side in x.sides],
            }
            for x in action.contradictions
        ],
        "silences": [
            {"hook": _shown(x.hook), "how": x.how, "record": x.seq, "certainty": x.certainty.value}
            for x in action.silences
        ],
        "decision": None if decision is None else {
            "decision": _shown(decision.decision),
            "by": _shown(decision.by),
            "person": decision.presence.value,
            "basis": decision.basis,
            "record": decision.seq,
        },
    }  # fmt: skip


def _ending(event: Event, effect: Effect | None) -> str:
    """Return how it stands with the action: running, or how it ended."""
    action = event.action
    # Of most tools nobody knows what they do: said of each call, it would say nothing.
    quiet = {Effect.READ} if action.kind is Kind.API_REQUEST else {Effect.READ, Effect.UNKNOWN}
    harm = [effect.value] if effect is not None and effect not in quiet else []
    if event.step is Step.NOTED:
        return ""
    if event.step is Step.STARTED:
        return " ".join(["running" if action.until_ns is None else "", *harm]).strip()
    if event.step is Step.MERGED:
        return f"#{event.former} is this one"
    length = [] if action.end_ns is None else [length_of(action)]
    code = [f"exit {action.exit_code}"] if action.exit_code else []
    word = "running" if action.until_ns is None else _word(action)
    by = ["told by " + "+".join(w.value for w in action.witnesses)]
    told = by if event.step is Step.UPDATED else []
    odd = ["CONTRADICTION"] if action.contradictions else []
    silent = ["HOOK DID NOT ANSWER"] if action.silences else []
    return " ".join([*length, word, *code, *harm, *told, *odd, *silent])


def _word(action: Action) -> str:
    if action.outcome is Outcome.NO_RESULT:
        return "no result recorded"
    return action.outcome.value


def _is_without_time(action: Action) -> bool:
    return action.placed is not None and action.placed.beside is None


def _when(news: Event) -> str:
    """Return the time of day; with `~` where only the order tells it."""
    if _is_without_time(news.action):
        return "--:--:--.-"
    return ("" if news.action.placed is None else "~") + _moment(news.t_ns)


def _moment(t_ns: int) -> str:
    moment = datetime.fromtimestamp(t_ns // SECOND).astimezone()
    return f"{moment:%H:%M:%S}.{t_ns % SECOND // 100_000_000}"


def _room() -> int:
    """Return the columns of the terminal; 0 where there is none and lines stay whole."""
    if not sys.stdout.isatty():
        return 0
    return max(NARROWEST, shutil.get_terminal_size().columns)


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
