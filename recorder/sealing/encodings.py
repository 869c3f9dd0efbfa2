"""The ways in which a secret may be written: escaped, percent-encoded, in base64, reversed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

__all__ = ["BASE64", "forms_of"]

MIN_ENCODED_LENGTH = 10
BASE64 = "base64"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def forms_of(value: str) -> Iterator[tuple[str, str]]:
    """Yield every way in which a value may stand in a text, itself first.

    Yields:
        the form, and its encoding's name (empty for the value as it is). For base64 it is the
        middle that does not depend on what stands around the value; the run goes on.
    """
    yield value, ""
    # Nobody encodes half a surrogate pair.
    whole = value if value.isascii() else _HALF_PAIR.sub("\ufffd", value)
    yield from _plain_forms(whole)
    yield from _base64_forms(whole)


def _plain_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the forms that are made character by character."""
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from html import escape  # noqa: PLC0415
    from shlex import quote as shell_quoted  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    escaped = json.dumps(value)[1:-1]
    yield escaped, "json"
    yield json.dumps(escaped)[1:-1], "json twice"
    yield json.dumps(value, ensure_ascii=False)[1:-1], "json"
    percent = quote(value, safe="")
    yield from ((form, "percent") for form in (percent, percent.lower()))
    yield quote(percent, safe=""), "percent twice"
    yield from ((form, "percent") for form in (quote_plus(value), quote(value)))
    yield escape(value), "html"
    yield "".join(f"&#x{ord(c):X};" if not c.isalnum() else c for c in value), "html"
    yield "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in value), "html"
    yield from ((form, "html") for form in _slash_as_entity(value))
    shell = shell_quoted(value)
    yield shell[1:-1] if shell.startswith("'") else shell, "shell"
    for special in (r"[^\w\-./@:,+=]", r"\W", r"[\W_]"):
        yield re.sub(special, r"\\\g<0>", value), "shell"
    if len(value) >= MIN_ENCODED_LENGTH:
        raw = _raw(value)
        hexadecimal = binascii.hexlify(raw).decode()
        yield from ((form, "hex") for form in (hexadecimal, hexadecimal.upper()))
        yield "".join(f"\\x{byte:02x}" for byte in raw), "hex escapes"
        yield "".join(f"%{byte:02x}" for byte in raw), "percent"
        yield "".join(f"%{byte:02X}" for byte in raw), "percent"
        yield value[::-1], "reversed"
    unicode_escapes = "".join(f"\\u{ord(c):04x}" for c in value)
    for form in (unicode_escapes, unicode_escapes.replace("\\u", "\\\\u")):
        yield form, "unicode escapes"
    yield "".join(f"\\u{ord(c):04X}" for c in value), "unicode escapes"


def _slash_as_entity(value: str) -> Iterator[str]:
    """Yield the forms of template engines that escape a slash and quotes beside HTML's own five."""
    from html import escape  # noqa: PLC0415

    if "/" in value:
        yield escape(value).replace("/", "&#x2F;")
        yield escape(value).replace("/", "&#47;")


def _base64_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the middle of the value's base64 at each of the three alignments it may have."""
    raw = _raw(value)
    for offset in range(3):
        encoded = base64.b64encode(b"\x00" * offset + raw).decode().rstrip("=")
        start = offset + 1 if offset else 0
        end = len(encoded) - (1 if (len(raw) + offset) % 3 else 0)
        core = encoded[start:end]
        if len(core) >= MIN_ENCODED_LENGTH:
            yield core, BASE64
            yield core.replace("+", "-").replace("/", "_"), f"{BASE64}url"
    twice = base64.b64encode(base64.b64encode(raw)).decode().rstrip("=")
    if len(twice) >= MIN_ENCODED_LENGTH + 4:
        yield twice[:-2], f"{BASE64} twice"


def _raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
