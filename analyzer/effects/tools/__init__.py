"""Judges of single programs, and the programs of which one word says all."""

from __future__ import annotations

from analyzer.effects.tools.agents import AGENT_TOOLS
from analyzer.effects.tools.clients import CLIENT_TOOLS
from analyzer.effects.tools.context import Tool
from analyzer.effects.tools.databases import DATABASE_TOOLS
from analyzer.effects.tools.disks import DISK_TOOLS
from analyzer.effects.tools.files import FILE_TOOLS
from analyzer.effects.tools.finds import FIND_TOOLS
from analyzer.effects.tools.git import GIT_TOOLS
from analyzer.effects.tools.infrastructure import INFRASTRUCTURE_TOOLS
from analyzer.effects.tools.machines import MACHINE_TOOLS
from analyzer.effects.tools.plain import READERS, READERS_CHANGE, WRITERS
from analyzer.effects.tools.scripts import SCRIPT_TOOLS
from analyzer.effects.tools.web import WEB_TOOLS

__all__ = ["READERS", "READERS_CHANGE", "TOOLS", "WRITERS"]

TOOLS: dict[str, Tool] = {
    **FILE_TOOLS, **DISK_TOOLS, **FIND_TOOLS, **GIT_TOOLS, **DATABASE_TOOLS, **WEB_TOOLS, **SCRIPT_TOOLS, **MACHINE_TOOLS,
    **INFRASTRUCTURE_TOOLS, **CLIENT_TOOLS, **AGENT_TOOLS,
}  # fmt: skip
"""Program -> what judges its commands."""
