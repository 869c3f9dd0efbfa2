"""A client of the official SDK over HTTP: `python http_client.py TRANSPORT URL SECRET`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from mcp import Client, ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CreateMessageResult, ElicitResult, TextContent


async def sample(context: Any, params: Any) -> CreateMessageResult:
    del context, params
    text = TextContent(type="text", text="Yes.")
    return CreateMessageResult(role="assistant", content=text, model="tiny", stop_reason="endTurn")


async def elicit(context: Any, params: Any) -> ElicitResult:
    del context, params
    return ElicitResult(action="accept", content={"sure": True})


async def main(transport: str, url: str, secret: str) -> None:
    if transport == "modern":
        async with Client(url) as client:
            await client.list_tools()
            await client.call_tool("list_volumes", {"env": "staging"})
            await client.call_tool("refuse", {"token": secret})
        return
    connect = sse_client if transport == "sse" else streamable_http_client
    async with (
        connect(url) as (read, write),
        ClientSession(
            read, write, sampling_callback=sample, elicitation_callback=elicit
        ) as session,
    ):
        await session.initialize()
        await session.list_tools()
        await session.call_tool("list_volumes", {"env": "staging"})
        await session.call_tool("refuse", {"token": secret})
        if transport == "json":
            return  # a server that answers by a document cannot ask anything meanwhile
        answer = await session.call_tool("ask", {})
        assert answer.is_error is False, answer


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
