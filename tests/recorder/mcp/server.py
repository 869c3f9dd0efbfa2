"""An MCP server of the SDK, run by the tests: over pipes, or over HTTP on a port."""

from __future__ import annotations

import sys

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("volumes")


class Confirmation(BaseModel):
    sure: bool


@server.tool()
def delete_volume(volume_id: str, token: str = "") -> str:
    """Delete a volume."""
    return f"deleted {volume_id} with {len(token)} characters"


@server.tool()
def broken() -> str:
    """Fail."""
    raise RuntimeError("out of order")


@server.tool()
async def confirmed(ctx: Context) -> str:
    """Ask the user first."""
    answer = await ctx.elicit("Really?", Confirmation)
    return f"the user said {answer.action}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["http"]:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run("stdio")
        sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
