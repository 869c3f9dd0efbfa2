"""`flightlog effects`: what commands would do, read from standard input; nothing is run or kept."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any

import click

from analyzer.effects.surfaces import Spoken, is_destructive, judge_text
from analyzer.model import Judgement
from recorder.errors import FlightlogError
from recorder.safe_text import safe_text

__all__ = ["command"]

LONGEST_LINE = 4_000_000
"""Characters of one input line that are taken."""
EXPECTED = 'expected {"id": "1", "surface": "shell|sql|graphql|http", "text": "..."}'


@click.command("effects")
@click.option(
    "--surface",
    "spoken",
    type=click.Choice([s.value for s in Spoken]),
    default=Spoken.SHELL.value,
    show_default=True,
    help="The language of the text, without --jsonl.",
)
@click.option("--cwd", default="", help="The folder that paths are resolved against.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Read and write JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object for the text.")
def command(spoken: str, cwd: str, as_lines: bool, as_json: bool) -> None:
    """Say what a text on standard input would do: effect, modifiers, reasons. Nothing is run.

    With --jsonl every line is a case, {"id", "surface", "text", "cwd", "host"}, answered by
    {"id", "effect", "destructive", "same_domain", "reasons"}; null means unknown. A line that
    cannot be read is named, the rest goes on, and the exit code is 2.

    \b
    Example:
      echo 'rm -rf "$BUILD/"' | flightlog effects
      echo 'DELETE FROM users' | flightlog effects --surface sql --json
      flightlog effects --jsonl < cases.jsonl > answers.jsonl
    """
    source = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    if as_lines:
        bad = _answer_lines(source)
        if bad:
            raise FlightlogError(f"{bad} of the lines could not be read; the others are answered")
        return
    judgement = judge_text(Spoken(spoken), source.read(), cwd=cwd)
    if as_json:
        click.echo(json.dumps(_document(judgement), ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(judgement)))


def _answer_lines(source: IO[str]) -> int:
    bad = 0
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        problem = ""
        try:
            case = _case(line)
            judgement = judge_text(
                Spoken(case["surface"]), case["text"], cwd=case.get("cwd") or "",
                host=case.get("host") or "",
            )  # fmt: skip
        except (ValueError, RecursionError) as error:
            problem = (
                str(error).splitlines()[0] if isinstance(error, _CaseError) else "no JSON object"
            )
        if problem:
            bad += 1
            click.echo(f"standard input, line {number}: {problem}; {EXPECTED}", err=True)
            continue
        answer = {"id": case["id"], **_short(judgement)}
        click.echo(json.dumps(answer, ensure_ascii=False))
    return bad


class _CaseError(ValueError):
    """A line is no case; the message says why."""


def _case(line: str) -> Mapping[str, Any]:
    if len(line) > LONGEST_LINE:
        raise _CaseError(f"a line of {len(line)} characters is too long")
    case = json.loads(line)
    if not isinstance(case, dict):
        raise _CaseError("no JSON object")
    missing = [key for key in ("id", "surface", "text") if key not in case]
    if missing:
        raise _CaseError(f"{missing[0]} is missing")
    if case["surface"] not in {s.value for s in Spoken}:
        raise _CaseError(f"surface {str(case['surface'])[:40]!r} is not known")
    wrong = [k for k in ("text", "cwd", "host") if not isinstance(case.get(k) or "", str)]
    if wrong:
        raise _CaseError(f"{wrong[0]} is no text")
    return case


def _short(judgement: Judgement) -> dict[str, Any]:
    return {
        "effect": judgement.effect.value,
        "destructive": is_destructive(judgement),
        "same_domain": judgement.same_domain,
        "reasons": list(judgement.reasons),
    }


def _document(judgement: Judgement) -> dict[str, Any]:
    return {
        **_short(judgement),
        "operation": judgement.operation,
        "target": judgement.target_id,
        "environment": judgement.environment,
        "environment_basis": judgement.environment_basis,
        "irreversible": judgement.irreversibility,
        "undo": judgement.undo,
        "cascade": judgement.cascade,
        "bypass": list(judgement.bypass),
        "bulk": judgement.bulk.value,
        "surface": judgement.surface.value,
    }


_UNKNOWN = {None: "unknown", True: "yes", False: "no"}


def _lines(judgement: Judgement) -> Iterator[str]:
    shown = _document(judgement)
    yield f"effect        {judgement.effect.value}"
    yield f"destructive   {_UNKNOWN[is_destructive(judgement)]}"
    yield f"same domain   {_UNKNOWN[judgement.same_domain]}"
    for name in ("operation", "target", "environment", "irreversible", "undo", "cascade", "bulk"):
        value = shown[name]
        basis = (
            f" ({judgement.environment_basis})"
            if name == "environment" and shown["environment_basis"]
            else ""
        )
        if value and value != "unknown":
            yield f"{name:<14}{safe_text(str(value))}{safe_text(basis)}"
    if judgement.bypass:
        yield f"bypass        {safe_text(', '.join(judgement.bypass))}"
    for place, reason in enumerate(judgement.reasons):
        yield f"{'because' if not place else '':<14}{safe_text(reason)}"
