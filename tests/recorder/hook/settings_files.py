"""Settings files as people really keep them, one for each agent that has hooks."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder.capture.hook.settings.table import SETTINGS

ENDPOINT = "http://127.0.0.1:4318"
AGENTS = list(SETTINGS)
JSON_OF = {
    "claude-code": ".claude/settings.json",
    "cursor": ".cursor/hooks.json",
    "gemini": ".gemini/settings.json",
    "copilot": ".copilot/hooks/flightlog.json",
    "opencode": "config/opencode/opencode.json",
}
"""Settings file in JSON, below HOME (XDG_CONFIG_HOME is HOME/config in tests)."""
FILE_OF = {**JSON_OF, "codex": ".codex/config.toml"}
OWN = {
    "claude-code": b"""{
    "permissions": {"allow": ["Bash(ls *)"]},
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "guard.sh"}]}]
    },
    "env": {"MINE": "\xc3\xbc\xe2\x80\x94"}
}
""",
    "cursor": b'{"version": 1, "hooks": {"preToolUse": [{"command": "guard.sh"}]}}\n',
    "codex": b"""# mine: do not touch
model = "gpt-5" # the good one

[model_providers.own]
base_url = "http://127.0.0.1:9/v1"

[[hooks.PreToolUse]]
matcher = "Bash"
[[hooks.PreToolUse.hooks]]
type = "command"
command = "guard.sh"

[otel]
environment = "home" # where I am
""",
    "gemini": b"""{
\t"ui": {"theme": "\xe5\xa4\x9c"},
\t"hooks": {"BeforeTool": [{"hooks": [{"type": "command", "command": "guard.sh"}]}]}
}
""",
    "copilot": b'{"version": 1, "hooks": {"preToolUse": [{"bash": "guard.sh"}]}}',
    "opencode": b'{\n  "$schema": "https://opencode.ai/config.json",\n  "theme": "night"\n}\n',
}
"""What a user has there already."""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


type Run = Callable[..., Done]


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and mode."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def put(home: Path, agent: str, content: bytes, mode: int = 0o644) -> Path:
    path = home / FILE_OF[agent]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def parsed(path: Path) -> dict[str, Any]:
    text = path.read_bytes().decode("utf-8-sig")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
