"""What Claude Code asks the program around it, and what that answers, in its control protocol.

Only where a program keeps what it writes to the agent too, its answers stand beside the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recorder.transcripts.latest import Latest
from recorder.transcripts.telling import as_text

__all__ = ["Asked", "Asking"]

_WORDS = {"allow": "approved", "deny": "denied"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission that was asked for, or the answer."""

    ref: str
    """The call."""
    word: str
    subject: str
    reason: str = ""


class Asking:
    """Remembers what was asked: an answer names the request alone."""

    def __init__(self) -> None:
        self._open: Latest[Asked] = Latest()

    def of(self, value: Mapping[str, Any]) -> Asked | None:
        """Return what a line tells of a permission; None where it tells of none."""
        request, response = _mapping(value.get("request")), _mapping(value.get("response"))
        if request.get("subtype") == "can_use_tool":
            own = str(value.get("request_id") or "")
            ref = str(request.get("tool_use_id") or own)
            subject = as_text(request.get("input") or request.get("tool_name") or "")
            asked = self._open[own] = Asked(ref, "requested", subject)
            return asked
        answer = _mapping(response.get("response"))
        word = _WORDS.get(str(answer.get("behavior")))
        found = self._open.pop(str(response.get("request_id")), None) if word else None
        if found is None or word is None:
            return None
        return replace(found, word=word, reason=str(answer.get("message") or ""))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
