"""What the words of a result say of how a call went, as three separate facts.

That a tool came back, what its process returned, and what stands in the answer are told apart:
agents report success for a command that failed, and commands succeed over a refused request.
"""

from __future__ import annotations

import re

from recorder.utf8 import utf8

__all__ = ["content_error", "exit_code_in", "human_estimate", "is_denial"]

LOOKED_AT = 2048
"""Characters at each end of a result that are read."""
_HTTP = re.compile(
    r"HTTP/\d(?:\.\d)?\"? ([45]\d\d)\b"
    r"|\"(?:status|status_?code|code|http_?code)\" ?: ?\"?([45]\d\d)\b"
    r"|\b(?:status(?: code)?|HTTP(?: error)?):? ([45]\d\d)\b"
    r"|\b([45]\d\d) (?:Unauthorized|Forbidden|Not Found|Bad Request|Internal Server Error)\b",
    re.IGNORECASE,
)
BEFORE, BEHIND = 20, 30
"""Characters around a code that those patterns look at: to try them everywhere takes four times as
long."""
_TELLING = (
    "http", "status", "code", "unauthorized", "forbidden", "not found", "bad request",
    "internal server error", "output:",
)  # fmt: skip
"""One of which stands in whatever those patterns find, unless it begins with the number: looking
for words is ten times as fast."""
_CODE = re.compile(r"[45](?=[0-9][0-9])")
"""Where what every one of them holds begins."""
_FIGURES = bytes(b"."[0] if not 48 <= b <= 57 else b"4"[0] if b in b"45" else b"0"[0]
                 for b in range(256))  # fmt: skip
_CODE_IN_FIGURES = re.compile(rb"4[04][04]")
"""Finds whether a code stands in a text whose figures were made one of two: three times as fast."""
_BARE = re.compile(r"(?:^Output:\s*|\A\s*)([45]\d\d)\s*$", re.MULTILINE)
_GRAPHQL = re.compile(r"\"errors\" ?: ?\[ ?\{")
_EXIT = re.compile(
    r"^Exit code (\d{1,5})\b"  # Claude Code
    r"|^Exit Code: (\d{1,5})$"  # Gemini CLI
    r"|^Process exited with code (\d{1,5})$"  # Codex CLI
    r"|<shellId: [^<>]{1,40} completed with exit code (\d{1,5})>\s*$"  # Copilot CLI
    r"|^<exited with exit code (\d{1,5})>\s*\Z",  # Copilot CLI before 1.0
    re.MULTILINE,
)
_DENIAL = re.compile(
    r"^(?:Error: )?(?:Permission to use .{1,200} has been denied|.{1,500} was blocked\. "
    r"|Permission for this (?:action|tool use) (?:was|has been) denied\b"
    r"|Claude requested permissions to .{1,999}(?:, but you haven't granted it yet| sensitive file)"
    r"|This command requires approval\b"
    r"|This \w{1,40} command contains multiple operations\. The following parts? requires? approval"
    r"|The agent proposed a plan that was rejected by the user"
    r"|.{1,200} is temporarily unavailable, so auto mode cannot determine the safety of "
    r"|Auto mode could not evaluate this action and is blocking it"
    r"|\w{1,40}:\w{1,80} hook error|The user (?:doesn't want|rejected))"
)


def content_error(text: str) -> str:
    """Return the error that a result's words tell: `HTTP 403`, `GraphQL errors`; empty for none."""
    for part in _ends(text):
        code = _may_tell(part) and (_told_code(part) or _bare_code(part))
        if code:
            return f"HTTP {code}"
        if '"errors"' in part and _GRAPHQL.search(part):
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
    figures = utf8(part).translate(_FIGURES)
    if not _CODE_IN_FIGURES.search(figures):
        return False
    lower = part.lower()
    return _begins_as_code(part) or any(word in lower for word in _TELLING)


def _told_code(part: str) -> str:
    """Return the first code of an HTTP error that stands beside words which say so."""
    for begun in _CODE.finditer(part):
        at = begun.start()
        found = _HTTP.search(part, max(0, at - BEFORE), at + BEHIND)
        # What stands at the end of what is looked at may go on: its own turn comes.
        if found and found.start(found.lastindex or 0) == at:
            return part[at : at + 3]
    return ""


def _bare_code(part: str) -> str:
    """Return a code that is all of the text, or of a line that says `Output:`."""
    if "Output:" not in part and not _begins_as_code(part):
        return ""
    found = _BARE.search(part)
    return found[1] if found else ""


def _begins_as_code(part: str) -> bool:
    return part.lstrip()[:1] in {"4", "5"}


def _ends(text: str) -> tuple[str, ...]:
    if len(text) <= 2 * LOOKED_AT:
        return (text,)
    return text[:LOOKED_AT], text[-LOOKED_AT:]
