"""What the rules find while a recording is followed: lines, the bell, and alerts beyond it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import click

from analyzer.alerts import Channel, Command, Desktop, Sender, Webhook, alert_of
from analyzer.analysis import analyze
from analyzer.commands.colour import painted
from analyzer.filters import Filter, Subject
from analyzer.live import LiveFeed
from analyzer.model import Action, Finding, Severity
from analyzer.rules import RuleSet
from analyzer.rules.live import LiveExamination
from recorder.errors import FlightlogError
from recorder.model import SessionRow
from recorder.reader import Recording

__all__ = ["Alerts", "FindingsWatch", "Output", "alert_options"]

SECRET_VARIABLE = "FLIGHTLOG_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
LEVELS = tuple(severity.name.lower() for severity in Severity)
BELL, TITLE = "\a", "\x1b]0;({}) flightlog tail\a"
REST = 10
"""A session is analysed as a whole at most in one part of so many of the time."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Whom to tell of findings, beside the terminal."""

    channels: tuple[Channel, ...]
    least: Severity

    def sender(self) -> Sender:
        """Start sending."""

        def complain(line: str) -> None:
            click.echo(f"alert not delivered, {line}", err=True)

        return Sender(self.channels, complain, least=self.least)


@dataclass(frozen=True, slots=True)
class Output:
    """Where findings go."""

    rules: RuleSet
    sender: Sender
    as_json: bool


def alert_options[F: Callable[..., Any]](function: F) -> F:
    """Add the options that say whom to tell; the command gets one `alerts`."""

    def wrapped(
        *arguments: Any,
        on_finding: str | None,
        webhook: str | None,
        notify: bool,
        alert_from: str,
        **options: Any,
    ) -> Any:
        channels = _channels(on_finding, webhook, notify=notify)
        alerts = Alerts(channels, Severity[alert_from.upper()])
        return function(*arguments, alerts=alerts, **options)

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    wrapped.__dict__.update(function.__dict__)
    for option in (
        click.option(
            "--on-finding",
            metavar="CMD",
            help="Run this for a finding, the alert as JSON on its standard input; no shell.",
        ),
        click.option(
            "--webhook",
            metavar="URL",
            help="Post findings there as JSON. X-Flightlog-Signature is sha256=HMAC-SHA256 of "
            f"`X-Flightlog-Timestamp.body` with ${SECRET_VARIABLE}.",
        ),
        click.option("--notify", is_flag=True, help="Show a desktop notification of findings."),
        click.option(
            "--alert-from",
            type=click.Choice(LEVELS),
            default="medium",
            show_default=True,
            help="Alert of findings at least this severe.",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]  # click gives the options, the caller the rest


def _channels(on_finding: str | None, webhook: str | None, *, notify: bool) -> tuple[Channel, ...]:
    channels: list[Channel] = []
    if on_finding is not None:
        try:
            channels.append(Command.of(on_finding))
        except ValueError as error:
            raise click.UsageError(f"--on-finding {on_finding!r}: {error}") from error
    if webhook is not None:
        secret = os.environ.get(SECRET_VARIABLE, "")
        if not secret:
            raise FlightlogError(
                f"--webhook needs the shared secret in ${SECRET_VARIABLE}: it signs the alerts"
            )
        channels.append(Webhook(webhook, secret.encode()))
    if notify:
        channels.append(Desktop())
    return tuple(channels)


class FindingsWatch:
    """The rules on every session that is followed."""

    def __init__(
        self, source: Recording, feed: LiveFeed, output: Output, actions: Filter | None = None
    ) -> None:
        """Begin.

        Args:
            source: the recording.
            feed: what happens in it.
            output: where findings go.
            actions: the filter that a finding's decisive action must fit; none asks for nothing.
        """
        self._source = source
        self._feed = feed
        self._output = output
        self._filter = actions
        self._judged: dict[tuple[str, int], Action] = {}
        """By session and number, as far as the filter has to be asked about them."""
        self._sessions: dict[str, LiveExamination] = {}
        self._waiting: dict[str, list[Action]] = {}
        self._count = 0
        self._rest_until = 0.0

    def take(self, actions: Iterable[Action]) -> None:
        """Take in what started, ended, or is known better."""
        for action in actions:
            self._waiting.setdefault(action.session, []).append(action)

    def judged(self, actions: Iterable[Action]) -> None:
        """Take in the same with what each does, for the filter."""
        if self._filter is not None:
            self._judged.update({(action.session, action.id): action for action in actions})

    def tell(self, *, alert: bool = True, finish: bool = False, lines: int | None = None) -> None:
        """Show what the rules find in it, and alert.

        Args:
            alert: whether the bell and the channels tell of it.
            finish: judge also what has not ended.
            lines: show only so many, the newest.
        """
        found: list[tuple[str, Finding]] = []
        for session in {*self._sessions, *self._waiting}:
            watched = self._sessions.get(session) or self._begin(session)
            labels = self._feed.labels(session)
            told = watched.look(self._waiting.pop(session, ()), time.time_ns(), labels)
            if finish:
                told = (*told, *watched.finish(labels))
            found += [(session, finding) for finding in told]
            found += [(session, finding) for finding in self._whole(session, watched)]
        found = [item for item in found if self._is_chosen(*item)]
        found.sort(key=lambda item: item[1].t_ns)
        shown = found if lines is None else found[-lines:] if lines else []
        for session, finding in shown:
            self._show(session, finding)
        if alert:
            self._alert(found)

    def _is_chosen(self, session: str, finding: Finding) -> bool:
        if self._filter is None:
            return True
        action = self._judged.get((session, finding.action))
        # What cannot be judged is not hidden.
        return action is None or self._filter.fits(
            Subject(self._source.session(session), action, (finding,))
        )

    def _begin(self, session: str) -> LiveExamination:
        row = self._source.session(session)
        watched = LiveExamination(row, self._output.rules, self._source.blob)
        self._sessions[session] = watched
        return watched

    def _whole(self, session: str, watched: LiveExamination) -> tuple[Finding, ...]:
        """Analyse a session as a whole where something turned out otherwise, but not all the time.

        A session that is over is looked at at once; then nothing more is to come.
        """
        if not watched.overtaken:
            return ()
        row: SessionRow = self._source.session(session)
        began = time.monotonic()
        if began < self._rest_until and not row.ended:
            return ()
        watched.overtaken = False
        findings = analyze(self._source, session, self._output.rules).findings
        self._rest_until = time.monotonic() + REST * (time.monotonic() - began)
        return watched.news(findings)

    def _show(self, session: str, finding: Finding) -> None:
        alert = alert_of(session, finding)
        if self._output.as_json:
            click.echo(json.dumps({"event": "finding", **asdict(alert)}))
            return
        letter = painted(finding.severity.letter, finding.severity)
        click.echo(
            f"finding  {letter} {alert.rule}  #{alert.action}  {alert.title}: {alert.reason}  "
            f"[{alert.certainty}, {alert.strength}]"
        )

    def _alert(self, found: list[tuple[str, Finding]]) -> None:
        for session, finding in found:
            self._output.sender.send(session, finding)
        if not found or self._output.as_json:
            return
        self._count += len(found)
        if sys.stdout.isatty():
            worst = max(finding.severity for _, finding in found)
            click.echo(TITLE.format(self._count), nl=False)
            if worst >= Severity.HIGH:
                click.echo(BELL, nl=False)
