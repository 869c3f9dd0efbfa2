"""Where VS Code and the editors made from it keep what their extensions write."""

from __future__ import annotations

__all__ = ["user_folders"]

_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
_BASES = ("~/.config", "~/Library/Application Support")
_SERVERS = (".vscode-server", ".vscode-server-insiders", ".cursor-server", ".windsurf-server")
"""Folders of the half of an editor that runs on the machine which is worked on."""


def user_folders(below: str) -> tuple[str, ...]:
    """Return where something stands in each editor's folder of a user, on Linux and macOS."""
    local = (f"{base}/{editor}/User/{below}" for base in _BASES for editor in _EDITORS)
    remote = (f"~/{server}/data/User/{below}" for server in _SERVERS)
    return (*local, *remote)
