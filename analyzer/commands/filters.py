"""What a command is asked for: the options that take the filter language."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from analyzer.filters import Scope, help_entries, parse_filter
from analyzer.filters.grammar import quoted
from analyzer.model import Outcome
from recorder.model import Kind, Witness

__all__ = ["filter_option", "filter_options"]

KINDS = tuple(kind.value for kind in Kind)
WITNESSES = tuple(witness.value for witness in Witness)
OUTCOMES = tuple(outcome.value.replace(" ", "-") for outcome in Outcome)
HELP_WIDTH = 24


def filter_option[F: Callable[..., Any]](scope: Scope) -> Callable[[F], F]:
    """Add `--filter` and `--filter-help`; the command gets a parsed `Filter` as `chosen`."""

    def add(function: F) -> F:
        given = click.option(
            "--filter", "-f", "chosen", default="", metavar="EXPRESSION",
            callback=lambda _context, _option, text: parse_filter(text, scope),
            help="Only what this expression chooses; --filter-help says what can be written.",
        )  # fmt: skip
        return _with_help(given(function), scope)

    return add


def _with_help[F: Callable[..., Any]](function: F, scope: Scope) -> F:
    def explain(context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
        if is_asked:
            for sign, meaning in help_entries(scope):
                click.echo(f"  {sign:<{HELP_WIDTH}}{meaning}")
            context.exit()

    return click.option(
        "--filter-help", is_flag=True, is_eager=True, expose_value=False, callback=explain,
        help="Say what can be written in a filter.",
    )(function)  # fmt: skip


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add `--filter` for what happens now, and short options that mean parts of one."""

    @functools.wraps(function)
    def chosen(
        *arguments: Any,
        chosen: str,
        kinds: tuple[str, ...],
        witnesses: tuple[str, ...],
        outcomes: tuple[str, ...],
        text: str,
        **others: Any,
    ) -> None:
        parse_filter(chosen, Scope.TAIL)  # alone first: a mistake's column is that of the option
        parts = [_choice("kind", kinds), _choice("witness", witnesses), _choice("status", outcomes)]
        parts += [f"text:{quoted(text)}" if text else "", f"({chosen})" if chosen.strip() else ""]
        whole = parse_filter(" ".join(filter(None, parts)), Scope.TAIL)
        function(*arguments, chosen=whole, **others)

    options = (
        click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS),
                     metavar="KIND", help="Only actions of this kind; may be given again: "
                     f"{', '.join(KINDS)}."),
        click.option("--witness", "witnesses", multiple=True, type=click.Choice(WITNESSES),
                     help="Only actions that this witness tells of; may be given again."),
        click.option("--status", "outcomes", multiple=True, type=click.Choice(OUTCOMES),
                     help="Only actions that stand so; may be given again."),
        click.option("--text", default="", help="Only actions of which something contains this."),
        click.option("--filter", "-f", "chosen", default="", metavar="EXPRESSION",
                     help="Only what this chooses; --filter-help says what can be written."),
    )  # fmt: skip
    result: Callable[..., None] = _with_help(chosen, Scope.TAIL)
    for option in reversed(options):
        result = option(result)
    return result


def _choice(name: str, values: Sequence[str]) -> str:
    return f"{name}:{','.join(values)}" if values else ""
