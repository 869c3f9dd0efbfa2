"""What the words of a result say of how a call went, as three separate facts.

That a tool came back, what its process returned, and what stands in the answer are told apart:
agents report success for a command that failed, and commands succeed over a refused request.
"""

from __future__ import annotations

import re

__all__ = ["content_error", "exit_code_in", "human_estimate", "is_denial"]

LOOKED_AT = 2048
"""Characters at each end of a result that are read."""
_HTTP = re.compile(
    r"HTTP/\d(?:\.\d)?\"? ([45]\d\d)\b"
    r"|\"(?:status|status_?code|code|http_?code)\" ?: ?\"?([45]\d\d)\b"
    r"|\b(?:status(?: code)?|HTTP(?: error)?):? ([45]\d\d)\b"
    r"|\b([45]\d\d) (?:Unauthorized|Forbidden|Not Found|Bad Request|Internal Server Error)\b"
    r"|\A\s*([45]\d\d)\s*\Z",
    re.IGNORECASE,
)
_TELLING = (
    "http", "status", "code", "unauthorized", "forbidden", "not found", "bad request",
    "internal server error", "output:",
)  # fmt: skip
"""One of which stands in whatever those patterns find, unless it begins with the number: looking
for words is ten times as fast."""
_CODE = re.compile(r"[45][0-9][0-9]")
"""What every one of them holds."""
_BARE = re.compile(r"(?:^Output:\s*|\A\s*)([45]\d\d)\s*$", re.MULTILINE)
_GRAPHQL = re.compile(r"\"errors\" ?: ?\[ ?\{")
_EXIT = re.compile(
    r"^Exit code (\d{1,5})\b"  # Claude Code
    r"|^Exit Code: (\d{1,5})$"  # Gemini CLI
    r"|^Process exited with code (\d{1,5})$"  # Codex CLI
    r"|<shellId: [^<>]{1,40} completed with exit code (\d{1,5})>\s*$",  # Copilot CLI
    re.MULTILINE,
)
_DENIAL = re.compile(
    r"^(?:Error: )?(?:Permission to use .{1,200} has been denied|.{1,500} was blocked\. "
    r"|\w{1,40}:\w{1,80} hook error|The user (?:doesn't want|rejected))"
)


def content_error(text: str) -> str:
    """Return the error that a result's words tell: `HTTP 403`, `GraphQL errors`; empty for none."""
    for part in _ends(text):
        found = _may_tell(part) and (_HTTP.search(part) or _BARE.search(part))
        if found:
            return f"HTTP {next(code for code in found.groups() if code)}"
        if _GRAPHQL.search(part):
            return "GraphQL errors"
    return ""


def exit_code_in(text: str) -> int | None:
    """Return the exit code that agents write into a result's text; None where there is none."""
    for part in _ends(text):
        found = _EXIT.search(part)
        if found:
            return int(next(code for code in found.groups() if code))
    return None


def is_denial(text: str) -> bool:
    """Tell whether a result's text is what an agent writes for a call that was not allowed."""
    return _DENIAL.match(text[:LOOKED_AT]) is not None


def human_estimate(by: str, *, interactive: bool | None) -> str:
    """Return whether a human decided: `likely`, `unlikely` or `unknown`.

    Args:
        by: who decided, as the source says; agents write `user` for programs too.
        interactive: whether somebody sat before the agent; None where nothing tells.
    """
    if "user" not in by and "human" not in by:
        return "unlikely" if by else "unknown"
    if interactive is None:
        return "unknown"
    return "likely" if interactive else "unlikely"


def _may_tell(part: str) -> bool:
    """Return whether the patterns of a status may find one: in most results none of them does."""
    lower = part.lower()
    begins = part.lstrip()[:1] in {"4", "5"}
    return (begins or any(word in lower for word in _TELLING)) and _CODE.search(part) is not None


def _ends(text: str) -> tuple[str, ...]:
    if len(text) <= 2 * LOOKED_AT:
        return (text,)
    return text[:LOOKED_AT], text[-LOOKED_AT:]
