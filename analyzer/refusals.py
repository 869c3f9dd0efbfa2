"""Whether an error in a cloud's log means that the caller was not allowed."""

from __future__ import annotations

import re

__all__ = ["is_refusal"]

_REFUSAL = re.compile(
    r"access_?denied|unauthori[sz]ed|not_?authori[sz]ed|permission_?denied|unauthenticated"
    r"|forbidden|invalidclienttokenid|authfailure|signaturedoesnotmatch|expiredtoken",
    re.IGNORECASE,
)


def is_refusal(error: str) -> bool:
    """Tell whether a log's error code says that the caller was not allowed."""
    return _REFUSAL.search(error) is not None
