"""`flightlog run`: the composition. Everything that records is up before the command starts."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from recorder.capture.proxy.launch import ProxyOptions
from recorder.capture.proxy.upstream import upstream_proxies
from recorder.client import Client
from recorder.core_dumps import no_core_dump
from recorder.errors import FlightlogError
from recorder.launch.agents import Switches, switches_for
from recorder.launch.foreground import Ended, executable_of, signals_held, spawn, wait_for
from recorder.launch.hooks import hooks_for
from recorder.launch.journal import Journal
from recorder.launch.keeper import Keeper
from recorder.launch.processes import ProcessWatch, adopt_orphans
from recorder.launch.sockets import SocketWatch
from recorder.launch.staying import stay_behind
from recorder.launch.summary import Diverted, left_behind, line_for, past_proxy, what_was_seen
from recorder.launch.surroundings import about_the_run, through_proxy
from recorder.launch.telemetry import destinations, telemetry_to, without_proxy_for
from recorder.model import Json, new_id
from recorder.reader import Recording
from recorder.saying import say

__all__ = ["Launch", "run_recorded"]

CANNOT_RUN = 126
GATHERED_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to be run, and how it is recorded."""

    command: tuple[str, ...]
    """Name or path of the program, and its arguments."""
    recording: Path
    name: str = ""
    """What the agent is called; default: the program's name."""
    proxy: bool = True
    """Record requests on the wire."""
    telemetry: bool = True
    """Receive what the command exports by OpenTelemetry."""
    upstream_ca: Path | None = None
    """PEM file of further roots that servers may be signed by."""
    opaque: tuple[str, ...] = ()
    """Servers whose TLS is let through unread, written as in `no_proxy`."""


def run_recorded(launch: Launch) -> int:
    """Run a command, record it, and return the exit code for this process.

    Raises:
        FlightlogError: the command was not started; one line why, with the exit code.
    """
    executable = executable_of(launch.command[0], os.environ.get("PATH"))
    run, recording = new_id(), launch.recording.absolute()
    diverted = _diverted(launch, executable)
    options, no_wire = _proxy_options(launch)
    with ExitStack() as stack:
        keeper = Keeper(
            recording,
            run,
            proxy=options,
            receiver=launch.telemetry,
            pass_on=destinations(os.environ, diverted.own) if diverted.goes_on else None,
        )
        stack.callback(keeper.stop)
        with Recording.open(recording) as reader:
            before = reader.last_seq()
        client = Client(recording)
        stack.callback(client.close)
        environment, switches = _environment(executable, keeper, recording, run)
        hooks = hooks_for(executable, environment, recording)
        stack.callback(hooks.remove)
        environment |= hooks.environment
        added = (*switches.arguments, *hooks.arguments)
        command = [launch.command[0], *added, *launch.command[1:]]
        journal = Journal(client, run)
        journal.begin(
            launch.name or Path(executable).name, command, _about(keeper, switches, diverted)
        )

        def clean_up() -> None:
            hooks.remove()
            keeper.remove_folders()

        play = _Play(journal, keeper, clean_up)
        ended, unseen, stays = _play(executable, command, environment, play)
        if stays:
            # All of it belongs to the copy of this process that stays.
            stack.pop_all()
    blind = [no_wire, switches.blind, hooks.blind, *unseen]
    _say(recording, run, before, list(filter(None, blind)), diverted)
    return ended.exit_code


def _proxy_options(launch: Launch) -> tuple[ProxyOptions | None, str]:
    """Return how the proxy is started, or None and what is not seen without it.

    Raises:
        ProxyError: a variable that names the user's proxy cannot be read.
    """
    if not launch.proxy:
        return None, "requests (no proxy)"
    unspoken = upstream_proxies(os.environ).unspoken
    if unspoken is not None:
        kind = f"{unspoken.variable} names a proxy of another kind ({unspoken.scheme})"
        return None, f"requests ({kind}; only HTTP and SOCKS ones are used)"
    return ProxyOptions(launch.upstream_ca, launch.opaque, chained=True), ""


def _environment(
    executable: str, keeper: Keeper, recording: Path, run: str
) -> tuple[dict[str, str], Switches]:
    environment = {**os.environ, **about_the_run(recording, run)}
    otlp = keeper.receiver.http if keeper.receiver is not None else ""
    switches = switches_for(executable, environment, otlp)
    if otlp:
        environment |= telemetry_to(otlp, environment).environment
    environment |= switches.environment
    if keeper.proxy is not None:
        direct = urlsplit(otlp).hostname or ""
        environment |= through_proxy(keeper.proxy, environment, not_for=direct)
    elif otlp:
        environment |= without_proxy_for(otlp, environment)
    return environment, switches


def _about(keeper: Keeper, switches: Switches, diverted: Diverted) -> dict[str, Json]:
    return {
        "flightlog.run.proxy": keeper.proxy is not None,
        "flightlog.run.receiver": keeper.receiver is not None,
        "flightlog.run.telemetry": switches.telemetry,
        "flightlog.run.diverted": list(diverted.names),
        "flightlog.run.passed_on": diverted.goes_on,
        "flightlog.run.process_watch": sys.platform == "linux",
    }


def _diverted(launch: Launch, executable: str) -> Diverted:
    """Return the user's variables that send telemetry elsewhere, were it not for this run.

    It goes on to there, unless the agent was told to say more than its user had asked for: what a
    prompt or a file holds is nothing to send where only counts were expected.
    """
    if not launch.telemetry:
        return Diverted()
    switches = switches_for(executable, os.environ, "http://receiver")
    own = [n for n in switches.environment if n.endswith("_ENDPOINT") and os.environ.get(n)]
    names = dict.fromkeys([*telemetry_to("", os.environ).diverted, *own])
    particular = [name for name in own if not name.startswith("OTEL_")]
    return Diverted(tuple(names), tuple(particular), bool(names) and not switches.says_more)


@dataclass(frozen=True, slots=True)
class _Play:
    """What surrounds a command while it runs."""

    journal: Journal
    keeper: Keeper
    clean_up: Callable[[], None]
    """Removes what processes that outlive the command no longer need."""


def _play(
    executable: str, command: Sequence[str], environment: dict[str, str], play: _Play
) -> tuple[Ended, list[str], bool]:
    """Run the command to its end.

    Returns:
        How it ended, what of it could not be followed, and whether what records it stays for
        processes that outlive it.
    """
    journal, keeper = play.journal, play.keeper
    with signals_held():
        watch = ProcessWatch(
            journal.process_started,
            journal.process_executed,
            journal.process_ended,
            lambda: keeper.pids,
        )
        sockets = SocketWatch(journal.connected_past, watch.pids, keeper.listens_at)
        adopt_orphans()
        watch.start()
        if keeper.proxy is not None:
            sockets.start()
        keeper.keep(lambda: watch.gate, journal.gap)
        try:
            pid = spawn(executable, command, environment)
        except FlightlogError:
            watch.stop(0)
            journal.end(Ended(CANNOT_RUN, "", 0), {})
            raise
        no_core_dump()
        watch.leader = pid
        ended = wait_for(pid, watch.reap_orphans)
        sockets.stop()
        left = watch.stop(ended.status)
        missed = watch.perhaps_missed()
        if missed:
            journal.unseen(missed)
        about: dict[str, Json] = {"flightlog.run.processes": watch.seen}
        stays = bool(left) and (keeper.proxy is not None or keeper.receiver is not None)
        if left:
            about["flightlog.run.left"] = left
        journal.end(ended, about)
        # Before the recorder is asked to end: it stays while anybody is connected.
        journal.close()
        # Within: a key pressed now is for the command, not for what writes its end down.
        if stays:
            keeper.look_no_more()
            stay_behind(watch, play.clean_up)
            # What the proxy has gathered is not on record yet.
            time.sleep(GATHERED_SECONDS)
        else:
            keeper.stop()
        watch.close()
    unseen = [*keeper.broken]
    if left:
        unseen.append(left_behind(left, is_recorded=stays))
    if missed:
        unseen.append("perhaps processes shorter than 10 ms")
    if sockets.servers:
        unseen.append(past_proxy(sockets.servers))
    if watch.unfollowed:
        unseen.append(f"{watch.unfollowed} processes beyond those that are followed at once")
    return ended, unseen, stays


def _say(recording: Path, run: str, before: int, unseen: Sequence[str], diverted: Diverted) -> None:
    try:
        with Recording.open(recording) as reader:
            seen = what_was_seen(reader, run, before)
        line = line_for(seen, recording, run, unseen, diverted)
        say(line)
    except (FlightlogError, OSError) as error:
        # The command has ended and its exit code is what counts.
        say(f"flightlog: the recording cannot be read back: {error}")
