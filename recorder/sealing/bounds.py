"""Long values of what is recorded live: a beginning is kept, with the length and a keyed digest.

Whoever is recorded may hand over megabytes in one value. To look through all of them would keep the
recorder from everything else, and lose what stands behind them. The wire's bodies are bounded where
they are read; an imported transcript is no agent that waits, and stays whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recorder import semconv
from recorder.model import Json, Record, Witness
from recorder.utf8 import utf8

__all__ = ["KEPT", "bounded", "shortened"]

KEPT = 1024 * 1024
"""Characters of one value that are kept."""
MARKED = 256
"""Characters by which a value may be longer: a mark of what was cut stands behind its beginning."""
SMALLEST = 1024
"""Characters of each string that are kept of a document of very many long ones."""
_LIVE = frozenset({Witness.SDK, Witness.HOOK, Witness.OTLP})
_OF_WORDS = f"{string.ascii_letters}{string.digits}+/=_.~%:-"
_PLAIN = frozenset({int, float, bool, type(None)})
"""What has no length: told sooner than that it is no mapping."""
_WINDOW = 8192
"""Characters within which the end of the last whole word is looked for."""


def bounded(record: Record, key: bytes, kept: int = KEPT) -> Record:
    """Return a record of which no value is much longer than what is kept.

    Args:
        record: what a witness reported.
        key: the recording's, for the digests of what is cut.
        kept: characters of each value that are kept.
    """
    if record.witness not in _LIVE or not _may_be_long(record.attributes, kept + MARKED):
        return record
    cut: dict[str, Json] = {}
    changed: dict[str, Json] = {}
    for name, value in record.attributes.items():
        if isinstance(value, str):
            if len(value) <= kept + MARKED:
                continue
            changed[name] = shortened(value, kept)
            cut[name] = {"length": len(value), "sha256": _digest(key, value)}
        elif isinstance(value, list | tuple | Mapping) and _longest(value) > kept + MARKED:
            whole = json.dumps(value, ensure_ascii=False, default=str)
            changed[name] = _shorter(value, kept)
            cut[name] = {"length": len(whole), "sha256": _digest(key, whole)}
    if not changed:
        return record
    return replace(record, attributes={**record.attributes, **changed, semconv.VALUES_CUT: cut})


def _may_be_long(attributes: Mapping[str, Json], limit: int) -> bool:
    # Numbers and short texts, which nearly all are, are told by one look each.
    for value in attributes.values():
        if type(value) is str:
            if len(value) > limit:
                return True
        elif type(value) not in _PLAIN:
            return True
    return False


def shortened(text: str, kept: int) -> str:
    """Return the beginning of a text; of a JSON document, all of it with its long strings cut."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return _beginning(text, kept)
        limit = fits = kept
        while limit >= SMALLEST:
            shorter = json.dumps(_shorter(document, limit), ensure_ascii=False)
            if len(shorter) <= kept + MARKED:
                return shorter
            # What the first is too long by, escapes most often make; many strings take less each.
            limit = kept * kept // len(shorter) if limit == fits else limit // 4
    return _beginning(text, kept)


def _shorter(value: Any, kept: int) -> Any:
    match value:
        case str():
            return value if len(value) <= kept else _beginning(value, kept - MARKED)
        case list() | tuple():
            return [_shorter(item, kept) for item in value]
        case Mapping():
            return {_shorter(str(k), kept): _shorter(v, kept) for k, v in value.items()}
        case _:
            return value


def _beginning(text: str, kept: int) -> str:
    """Return a beginning that ends with a whole word: half a secret is recognised by nobody."""
    at = max(0, kept - _WINDOW)
    head = text[:at] + text[at:kept].rstrip(_OF_WORDS)
    return f"{head}… [{len(text) - len(head)} of {len(text)} characters not recorded]"


def _longest(value: Any) -> int:
    match value:
        case str():
            return len(value)
        case list() | tuple():
            return max(map(_longest, value), default=0)
        case Mapping():
            return max((max(len(str(k)), _longest(v)) for k, v in value.items()), default=0)
        case _:
            return 0


def _digest(key: bytes, text: str) -> str:
    sha256 = hashlib.sha256(utf8(text)).digest()
    return hmac.new(key, b"value\0" + sha256, hashlib.sha256).hexdigest()
