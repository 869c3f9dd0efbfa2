"""What a sealed record says of its parts: the role of a secret by its place, a text's beginning."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from recorder import semconv
from recorder.model import Kind, Phase, Record, Role

__all__ = ["TOKEN", "beginning_of", "password_in", "role_of", "tokens_in"]

TOKEN = re.compile(r"⟦[^⟦⟧:]{1,80}:[0-9a-f]{32}⟧")
"""What stands in a secret's place. Whatever else stands between such brackets is a text like any
other: whoever writes them must not be able to hide a secret there."""
PREVIEW = 1024


def role_of(record: Record, place: str) -> Role:
    """Tell whether a secret at this place was used against something or only shown."""
    if place == semconv.CREDENTIAL_SECRET:
        return Role.DECLARED
    if record.kind is Kind.API_REQUEST:
        is_answer = place.startswith(semconv.HTTP_RESPONSE_HEADER) or place == semconv.RESPONSE_BODY
        return Role.EXPOSED if is_answer else Role.USED
    if record.kind is Kind.TOOL_CALL and record.phase not in {Phase.END, Phase.WHOLE}:
        return Role.USED
    if place == semconv.GEN_AI_TOOL_ARGUMENTS:
        return Role.USED
    return Role.EXPOSED


def tokens_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where tokens stand in a text, in order."""
    # A character is found a hundred times as fast as a pattern that begins with it.
    at = text.find("⟦")
    while at >= 0:
        match = TOKEN.match(text, at)
        if match is not None:
            yield match.span()
        at = text.find("⟦", match.end() if match is not None else at + 1)


def beginning_of(text: str) -> str:
    """Return the first characters of a sealed text without cutting a token in two."""
    cut = PREVIEW
    for match in TOKEN.finditer(text, max(0, cut - 120), cut + 120):
        if match.start() < cut < match.end():
            cut = match.start()
    return text[:cut] + "…"


def password_in(encoded: str) -> str:
    """Return the password in what stands behind `Basic` in a header; empty where there is none."""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
