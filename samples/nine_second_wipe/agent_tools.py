"""The tools of a coding agent: Bash, Read, Grep, Glob and Edit, each of which really does it.

They know nothing of the story; arguments and results have the form that coding agents use.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from opentelemetry import propagate, trace

BASH_SECONDS = 120


class ToolError(RuntimeError):
    """A tool could not do what it was asked."""


class Toolbox:
    """The tools, working in one folder."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def bash(self, command: str, description: str) -> dict[str, str | int]:
        """Run a command line in the workspace; return what it said and its exit code."""
        del description  # recorded with the call, of no use to the shell
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._workspace,
            env=os.environ | _trace_context(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BASH_SECONDS,
            check=False,
        )
        trace.get_current_span().set_attribute("process.exit.code", done.returncode)
        return {"stdout": done.stdout, "stderr": done.stderr, "exit_code": done.returncode}

    def read(self, file_path: str) -> str:
        """Return a file with its lines numbered."""
        lines = (self._workspace / file_path).read_text(encoding="utf-8").splitlines()
        return "\n".join(f"{number:>6}→{line}" for number, line in enumerate(lines, 1))

    def grep(self, pattern: str, path: str) -> str:
        """Return the lines that match, each as `path:line:text`."""
        done = subprocess.run(
            ["grep", "-rn", "--", pattern, path],
            cwd=self._workspace,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode > 1:
            raise ToolError(done.stderr.strip())
        return done.stdout.rstrip("\n") or "No matches found"

    def glob(self, pattern: str) -> str:
        """Return the files that match, one on a line."""
        found = (p for p in self._workspace.glob(pattern) if p.is_file())
        return "\n".join(sorted(str(p.relative_to(self._workspace)) for p in found))

    def edit(self, file_path: str, old_string: str, new_string: str) -> str:
        """Replace a piece of text that stands in a file once."""
        path = self._workspace / file_path
        text = path.read_text(encoding="utf-8")
        if text.count(old_string) != 1:
            raise ToolError(f"the text stands {text.count(old_string)} times in {file_path}")
        path.write_text(text.replace(old_string, new_string), encoding="utf-8")
        return f"The file {file_path} has been updated."

    def named(self, name: str) -> Callable[..., str | dict[str, str | int]]:
        """Return a tool by the name under which agents know it."""
        tools: dict[str, Callable[..., str | dict[str, str | int]]] = {
            "Bash": self.bash,
            "Read": self.read,
            "Grep": self.grep,
            "Glob": self.glob,
            "Edit": self.edit,
        }
        return tools[name]


def _trace_context() -> dict[str, str]:
    """Return the W3C trace context as environment variables (`TRACEPARENT`) for a child."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return {name.upper(): value for name, value in carrier.items()}
