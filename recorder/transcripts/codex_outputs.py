"""What Codex writes into a call's output: its text, the exit code, and whether it was denied."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from recorder.transcripts.outcomes import exit_code_in
from recorder.transcripts.telling import as_text, text_parts

__all__ = ["ABORTED", "BY_USER", "REJECTED", "output_of"]

REJECTED = re.compile(
    r"\A(?:exec_command failed[^\n]{0,2000}\bRejected\("
    r"|(?:`[^\n]{0,2000}?`|patch|command) rejected: "
    r"|(?:exec |patch )?(?:command )?rejected by user)[^\n]{0,200}"
)
"""What stands in place of an output where a call was not allowed."""
BY_USER = re.compile(r"rejected by user(?! approval settings)")
ABORTED = re.compile(r"\A(?:Wall time: [^\n]{1,40}\n)?aborted by user\b")
_HEADED = re.compile(r"\AExit code: (-?\d{1,5})\nWall time: ")
"""What stands before the output of a command of the tools `shell` and `shell_command`."""
_FAILED = re.compile(r"Script failed\nWall time [\d.]{1,20} seconds\nOutput:\n?")
"""What stands alone in the first part of a script's output, where it failed."""


def output_of(output: Any) -> tuple[str, int | None, bool | None]:
    """Return a result's text, its exit code and whether it is called a success."""
    success: bool | None = None
    if isinstance(output, Mapping):
        told = output.get("success")
        success = told if isinstance(told, bool) else None
        output = output.get("content", output.get("output", output))
    if isinstance(output, list):
        return text_parts(output), _code_in(output), _ended(output) if success is None else success
    text = as_text(output) if output is not None else ""
    inner = _structure(text)
    if inner is not None:
        return as_text(inner["output"]), _told_code(inner), success
    headed = _HEADED.match(text)
    return text, int(headed[1]) if headed else exit_code_in(text), success


def _ended(parts: list[Any]) -> bool | None:
    """Return False for a script that failed; one that ended may have run commands that failed."""
    first = parts[0].get("text") if parts and isinstance(parts[0], Mapping) else None
    return False if isinstance(first, str) and _FAILED.fullmatch(first) else None


def _code_in(parts: list[Any]) -> int | None:
    """Return the exit code of the one command that an output in parts tells of.

    A script that ran several has no exit code of its own.
    """
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    words = [text for text in texts if isinstance(text, str)]
    told = [inner for inner in map(_structure, words) if inner is not None]
    if told:
        return _told_code(told[0]) if len(told) == 1 else None
    return exit_code_in("\n".join(words))


def _structure(text: str) -> Mapping[str, Any] | None:
    """Return what JSON inside a text tells of an output and its exit code, where it does."""
    if not text.startswith("{"):
        return None
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(inner, dict) or "output" not in inner:
        return None
    is_told = isinstance(inner.get("metadata"), dict) or type(inner.get("exit_code")) is int
    return inner if is_told else None


def _told_code(inner: Mapping[str, Any]) -> int | None:
    about = inner.get("metadata")
    code = about.get("exit_code") if isinstance(about, Mapping) else inner.get("exit_code")
    return code if type(code) is int else None
