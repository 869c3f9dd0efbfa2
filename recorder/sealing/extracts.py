"""What a sealed record says of its parts: the role of a secret by its place, a text's beginning."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace

from recorder import semconv
from recorder.model import Kind, Phase, Record, Role
from recorder.sealing.spans import SecretSpan

__all__ = ["TOKEN", "as_basic", "beginning_of", "role_of", "tokens_in"]

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


NO_PASSWORDS = frozenset({"", "x", "x-oauth-basic", "api_token", "unused", "none", "nopass"})
"""What stands in a password's place where the user is the key: `sk_live_…:`, `ghp_…:x`."""
LEAST_USER = 12
"""Letters of a user that may be a key."""


def as_basic(span: SecretSpan, text: str) -> SecretSpan:
    """Return what stands behind `Basic` as the encoding of the secret in it, where it is one.

    So a token is the same that `curl -u` is given, or git in a URL, and that goes out in a header.
    """
    if span.credential_class != "basic" or span.value:
        return span
    try:
        pair = base64.b64decode(text[span.start : span.end].strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return span
    user, _, password = pair.partition(":")
    if password.lower() in NO_PASSWORDS:
        password = user if len(user) >= LEAST_USER else ""
    return replace(span, value=password, encoding="base64") if password else span
