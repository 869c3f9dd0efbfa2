"""`flightlog rules`: which rules there are, what each means, and whether a folder's rules work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from analyzer.analysis import analyze
from analyzer.commands.selection import chosen_session, opened
from analyzer.rules import About, RuleSet, rules_of
from analyzer.rules.fields import FIELDS
from recorder.commands.options import json_option, recording_option
from recorder.errors import FlightlogError
from recorder.safe_text import safe_text, shorten_seals

__all__ = ["command", "rules_option"]

TACTICS = ("attack", "atlas", "owasp")

rules_option = click.option(
    "--rules",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with rules of your own, beside those of the settings folder; may be repeated.",
)


@click.group("rules")
def command() -> None:
    """Look at the rules, explain one, try your own.

    Rules are Sigma (YAML, with correlations) over documented fields, so those of your own go into a
    folder: `--rules DIR`, or `rules` in the settings folder. A few that compare fields or need a
    memory are code.

    \b
    Example:
      flightlog rules list
      flightlog rules explain R07
      flightlog rules fields
      flightlog rules test --rules ./detections last
      flightlog rules coverage
    """


@command.command("list")
@rules_option
@json_option
@click.pass_context
def list_(context: click.Context, folders: tuple[Path, ...], *, as_json: bool) -> None:
    """List every rule that runs; broken ones go to stderr, with file, line and field.

    \b
    Example:
      flightlog rules list --rules ./detections
    """
    rules = rules_of(folders)
    if as_json:
        click.echo(json.dumps([_document(about) for about in rules.abouts], indent=2))
    else:
        for about in rules.abouts:
            strength = "" if about.strong else "  (weak)"
            click.echo(
                f"{about.severity.letter} {safe_text(about.id):<4} {safe_text(about.title)}"
                f"{strength}"
            )
    _end_with_broken(context, rules)


@command.command("explain")
@click.argument("rule")
@rules_option
@json_option
def explain(rule: str, folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell what a rule looks for, what it takes for harm wrongly, and what it stands on.

    \b
    Example:
      flightlog rules explain R19
    """
    rules = rules_of(folders)
    found = next((a for a in rules.abouts if a.id.lower() == rule.lower()), None)
    if found is None:
        raise FlightlogError(f"no rule {rule!r}; 'flightlog rules list' lists those that run")
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
        return
    click.echo("\n".join(_explained(rules, found)))


@command.command("fields")
@json_option
def fields(*, as_json: bool) -> None:
    """List the fields that rules may name: an event is one action, with what was known before it.

    A field that has nothing to say is absent (null in Sigma). Booleans are true or absent. Text is
    compared without regard to case.

    \b
    Example:
      flightlog rules fields | grep cred
    """
    if as_json:
        told = [{"name": f.name, "type": f.type.value, "meaning": f.meaning}
                for f in FIELDS.values()]  # fmt: skip
        click.echo(json.dumps(told, indent=2))
        return
    width = max(map(len, FIELDS))
    for name in sorted(FIELDS):
        field = FIELDS[name]
        click.echo(f"{name:<{width}}  {field.type.value:<6}  {field.meaning}")


@command.command("test")
@click.argument("session", required=False)
@recording_option
@rules_option
@json_option
@click.pass_context
def test(
    context: click.Context,
    session: str | None,
    recording: str | None,
    folders: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """Try rules on a recorded session: what each finds there, and which cannot run.

    SESSION is an id or the beginning of one; without it, or with `last`, the newest. Ends with 1
    where a rule is broken.

    \b
    Example:
      flightlog rules test --rules ./detections
      flightlog rules test 3f0b -r case.db --json
    """
    rules = rules_of(folders)
    with opened(recording) as source:
        row = chosen_session(source, session)
        found = analyze(source, row.id, rules).findings
    if as_json:
        told = [
            {"rule": safe_text(f.rule), "action": f.action, "reason": _shown(f.reason)}
            for f in found
        ]
        broken = [
            {"file": b.file, "line": b.line, "field": b.field, "problem": b.problem}
            for b in rules.broken
        ]
        click.echo(json.dumps({"findings": told, "broken": broken}, indent=2))
    else:
        click.echo(f"session {safe_text(row.id)}: {len(rules.abouts)} rules ran")
        for about in rules.abouts:
            hits = [f for f in found if f.rule == about.id]
            marks = ", ".join(f"#{f.action}" for f in hits[:12])
            click.echo(f"  {safe_text(about.id):<4} {len(hits):>4}  {marks}".rstrip())
    _end_with_broken(context, rules)


@command.command("coverage")
@rules_option
@json_option
@click.pass_context
def coverage(context: click.Context, folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell which techniques of ATT&CK, ATLAS and OWASP's agentic list the rules speak to.

    The ids are the closest there are. Those catalogues presume an adversary; an accident has none.

    \b
    Example:
      flightlog rules coverage
    """
    rules = rules_of(folders)
    table: dict[str, list[str]] = {}
    for about in rules.abouts:
        for tag in about.tags:
            table.setdefault(tag, []).append(about.id)
    if as_json:
        click.echo(json.dumps(dict(sorted(table.items())), indent=2))
    else:
        for name in TACTICS:
            own = {t: ids for t, ids in sorted(table.items()) if t.startswith(f"{name}.")}
            click.echo(f"{name}: {len(own)} techniques")
            for tag, ids in own.items():
                label = tag.partition(".")[2].upper()
                click.echo(f"  {safe_text(label):<16} {safe_text(' '.join(ids))}")
        click.echo("mapping: closest; adversary: none is presumed")
    _end_with_broken(context, rules)


def _end_with_broken(context: click.Context, rules: RuleSet) -> None:
    for broken in rules.broken:
        click.echo(f"broken rule, left out: {safe_text(str(broken))}", err=True)
    if rules.broken:
        context.exit(1)


def _explained(rules: RuleSet, about: About) -> Iterable[str]:
    strength = "strong" if about.strong else "weak: rests on nearness in time or likeness of words"
    yield safe_text(f"{about.id}  {about.title}")
    yield f"level {about.severity.name.lower()}, {strength}"
    yield safe_text(about.description)
    for text in about.false_positives:
        yield safe_text(f"false positive: {text}")
    yield safe_text(f"closest techniques: {' '.join(about.tags)} (no adversary is presumed)")
    detections = [
        d for d in rules.sigma.detections if d.about is not None and d.about.id == about.id
    ]
    stages = {n for c in rules.sigma.correlations if c.about and c.about.id == about.id
              for n in c.stages}  # fmt: skip
    detections += [d for d in rules.sigma.detections if d.name in stages]
    for detection in detections:
        yield safe_text(f"stands on {', '.join(detection.fields)} ({detection.name})")
    if not detections:
        yield "code: it remembers what came before"


def _document(about: About) -> dict[str, object]:
    return {
        "id": safe_text(about.id),
        "title": safe_text(about.title),
        "level": about.severity.name.lower(),
        "strength": "strong" if about.strong else "weak",
        "description": safe_text(about.description),
        "false_positives": [safe_text(t) for t in about.false_positives],
        "tags": [safe_text(t) for t in about.tags],
        "source": safe_text(about.source) or "code",
    }


def _shown(text: str) -> str:
    return shorten_seals(safe_text(text))
