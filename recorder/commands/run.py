"""`flightlog run`: record any command."""

from __future__ import annotations

from pathlib import Path

import click

from recorder.commands.options import writing_option
from recorder.location import recording_to_write

__all__ = ["command"]


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.option("--name", metavar="NAME", default="", help="What to call the agent.")
@writing_option
@click.option("--no-proxy", is_flag=True, help="Do not record requests on the wire.")
@click.option("--no-otlp", is_flag=True, help="Leave its telemetry alone: receive none.")
@click.option(
    "--upstream-ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM file of further roots that servers may be signed by.",
)
@click.option(
    "--opaque",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Let TLS to this host, or all hosts below .DOMAIN, through unread. Can be repeated.",
)
@click.argument("agent", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def command(
    context: click.Context,
    name: str,
    recording: str | None,
    no_proxy: bool,
    no_otlp: bool,
    upstream_ca: Path | None,
    opaque: tuple[str, ...],
    agent: tuple[str, ...],
) -> None:
    """Run a command and record what it does.

    Its requests go through a recording proxy with an authority of this run alone, and from there
    through your own HTTP_PROXY, HTTPS_PROXY and NO_PROXY as without it; its processes are followed;
    agents that can tell more are switched to, and whatever exports by OpenTelemetry
    exports into the recording, and from here to where your OTEL_EXPORTER_OTLP_ENDPOINT says.
    Terminal, signals and exit code are the command's own: 127 when it is not found, 126 when it
    cannot be executed.

    \b
    Example:
      flightlog run -- claude
      flightlog run --name nightly -- python agent.py --all
      flightlog run --no-proxy -- make deploy
    """
    # Loads the recorder's parts, which --help does not need.
    from recorder.launch.run import Launch, run_recorded  # noqa: PLC0415

    launch = Launch(
        agent,
        recording_to_write(recording),
        name,
        not no_proxy,
        not no_otlp,
        upstream_ca,
        opaque,
    )
    context.exit(run_recorded(launch))
