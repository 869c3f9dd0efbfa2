"""Digests of what is not sealed: in memory as they are, marked; written down only under a key.

Ids that follow from a content let the same content come in once. A bare digest would let anybody
who has the recording test guesses of what stood there, so sealing replaces each that is marked by
its HMAC with the recording's key: the same for the same content, and of no use without the key.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from recorder import semconv
from recorder.model import Json, Record
from recorder.utf8 import utf8

__all__ = ["bare", "derived", "digest_id", "keyed", "marked", "with_keyed_digests"]

MARK = "⌗"
ID_DIGITS = 32
_MARKED = re.compile(MARK + "([0-9a-f]+)")
ATTRIBUTES = (
    semconv.GEN_AI_CONVERSATION,
    semconv.GEN_AI_TOOL_CALL_ID,
    semconv.JSONRPC_ID,
    semconv.SESSION_PARENT,
    semconv.SOURCE_PLACE,
)
"""Attributes in which a digest may stand: those that name a session, a call or a place."""


def digest_id(content: str | bytes) -> str:
    """Return the id, marked, that follows from a content."""
    raw = utf8(bare(content)) if isinstance(content, str) else content
    return marked(sha256(raw).hexdigest()[:ID_DIGITS])


def derived(origin: str, joint: str, number: int) -> str:
    """Return the id of a further record of the same origin, marked if that one's is."""
    digest = sha256(f"{bare(origin)}{joint}{number}".encode()).hexdigest()[:ID_DIGITS]
    return marked(digest) if origin.startswith(MARK) else digest


def marked(digest: str) -> str:
    """Return a digest, hexadecimal, so that it is never written as it is."""
    return MARK + digest


def bare(text: str) -> str:
    """Return a text with its digests as they are: what former releases wrote. For memory only."""
    return _MARKED.sub(r"\1", text) if MARK in text else text


def keyed(text: str, key: bytes, kept: str = "") -> str:
    """Return a text with its marked digests under a key, each as long as it was.

    Args:
        text: an id, or a text that names something by a digest.
        key: the recording's.
        kept: digests in it stay as they are: the recording has them already.
    """
    if MARK not in text:
        return text
    if text.rfind(MARK) == 0 and len(text) == 1 + ID_DIGITS and not kept:
        return _under_key(text[1:], key)  # as nearly every record has one

    def replaced(found: re.Match[str]) -> str:
        digest = found[1]
        return digest if kept and digest in kept else _under_key(digest, key)

    return _MARKED.sub(replaced, text)


@lru_cache(maxsize=8192)
def _under_key(digest: str, key: bytes) -> str:
    # Kept a while: an import looks ids up before it hands over the records that bear them.
    # `hmac.digest` lets other threads run at each call: reading and writing would take turns.
    code = _begun(key).copy()
    code.update(digest.encode())
    return code.hexdigest()[: len(digest)]


@lru_cache(maxsize=8)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, b"digest\0", "sha256")


def with_keyed_digests(record: Record, key: bytes, is_filed: Callable[[str], bool]) -> Record:
    """Return a record with its digests, but for that of its id, under a key.

    Args:
        record: what a witness reported.
        key: the recording's.
        is_filed: tells whether the recording has a session of an id. A session that a former
            release named goes on under its name.
    """
    given = record.attributes
    named = {
        name: value
        for name in ATTRIBUTES
        if isinstance(value := given.get(name), str) and MARK in value
    }
    if not named and MARK not in record.ref and MARK not in record.session:
        return record
    former = bare(record.session)
    kept = former if former != record.session and is_filed(former) else ""
    changed: Mapping[str, Json] = {n: keyed(value, key, kept) for n, value in named.items()}
    return replace(
        record,
        session=keyed(record.session, key, kept),
        ref=keyed(record.ref, key, kept),
        attributes={**given, **changed},
    )
