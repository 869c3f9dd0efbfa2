"""An MCP client of the SDK: `client.py MODE URL` or `client.py MODE COMMAND ARGS...`.

Lists the tools, calls three of them, and prints what it was told, a line of JSON each.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.client.stdio import StdioServerParameters

CALLS: list[tuple[str, dict[str, str]]] = [
    ("delete_volume", {"volume_id": "vol-1", "token": "hunter2-swordfish-91"}),
    ("broken", {}),
    ("confirmed", {}),
]


async def agree(_context: Any, _params: Any) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"sure": True})


def say(value: list[Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


async def main(mode: str, *target: str) -> None:
    server: Any = target[0]
    if len(target) > 1:
        server = StdioServerParameters(
            command=target[0], args=list(target[1:]), env=dict(os.environ)
        )
    callback: Any = agree
    async with Client(server, mode=mode, elicitation_callback=callback) as client:
        say([tool.name for tool in (await client.list_tools()).tools])
        for name, arguments in CALLS:
            meta: Any = {"claudecode/toolUseId": f"toolu_{name}"}
            result = await client.call_tool(name, arguments, meta=meta)
            (content,) = result.content
            say([result.is_error, getattr(content, "text", "")])


asyncio.run(main(*sys.argv[1:]))
