"""The official SDK for Node on both sides of `flightlog mcp`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.recorder.mcp.conftest import SECRET, Bench

PACKAGE = "@modelcontextprotocol/sdk@1.32.2"
SERVER = """
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
const server = new McpServer({ name: "node-ops", version: "3" });
server.registerTool("list_volumes", { inputSchema: { env: z.string(), token: z.string() } },
  async ({ env }) => ({ content: [{ type: "text", text: `vol-1 in ${env}` }] }));
await server.connect(new StdioServerTransport());
"""
CLIENT = """
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
const [command, ...args] = JSON.parse(process.argv[2]);
const client = new Client({ name: "node-agent", version: "1" });
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const args2 = { env: "staging", token: process.argv[3] };
const result = await client.callTool({ name: "list_volumes", arguments: args2 });
console.log(result.content[0].text);
await client.close();
"""


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK; skips where there is no Node, or no registry to install it from."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefer-offline", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=150, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {PACKAGE} here")
    (folder / "server.mjs").write_text(SERVER)
    (folder / "client.mjs").write_text(CLIENT)
    return folder


def test_node_server_and_client_speak_through_the_wrapper(bench: Bench, node_folder: Path) -> None:
    server = bench.wrapped("node", str(node_folder / "server.mjs"))
    done = subprocess.run(
        ["node", str(node_folder / "client.mjs"), json.dumps(server), SECRET],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert done.stdout == "vol-1 in staging\n"
    start, end = bench.pair("list_volumes")
    assert start.attributes["flightlog.mcp.server"] == "node-ops"
    assert start.attributes["flightlog.mcp.client"] == "node-agent"
    assert end.attributes["gen_ai.tool.call.result"] == "vol-1 in staging"
    assert SECRET.encode() not in bench.bytes_at_rest()
