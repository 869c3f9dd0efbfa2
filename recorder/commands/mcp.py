"""`flightlog mcp`: record an MCP server on standard streams."""

from __future__ import annotations

import click

from recorder.commands.options import writing_option

__all__ = ["command"]


@click.command("mcp", context_settings={"allow_interspersed_args": False})
@click.option("--name", metavar="NAME", default="", help="What to call the agent.")
@writing_option
@click.argument("server", nargs=-1, required=True, type=click.UNPROCESSED)
def command(name: str, recording: str | None, server: tuple[str, ...]) -> None:
    """Run an MCP server and record what an agent asks of it and what it answers.

    Put it before the server's command in the agent's settings. What passes is not changed; a tool
    is called once the call is on record, or after a second without a recorder. Standard error,
    signals and exit code are the server's own: 127 when it is not found, 126 when it cannot be
    executed.

    \b
    Example:
      flightlog mcp -- npx -y @modelcontextprotocol/server-filesystem .
      claude mcp add files -- \\
          flightlog mcp -- npx -y @modelcontextprotocol/server-filesystem .
      flightlog mcp --recording flight.db -- python server.py
    """
    # Loads what --help does not need.
    from recorder.capture.mcp.server import end_like, run_wrapped  # noqa: PLC0415

    end_like(run_wrapped(server, recording, name))
