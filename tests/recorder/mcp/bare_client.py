"""A client of the official SDK that starts `flightlog mcp` with the SDK's default environment."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client


async def main() -> None:
    server = [sys.executable, str(Path(__file__).with_name("ops_server.py")), "stdio"]
    parameters = StdioServerParameters(
        command=str(Path(sys.executable).with_name("flightlog")), args=["mcp", "--", *server]
    )
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        await session.call_tool("list_volumes", {"env": "staging"})


if __name__ == "__main__":
    asyncio.run(main())
