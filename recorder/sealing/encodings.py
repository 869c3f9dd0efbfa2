"""The ways in which a secret may be written: escaped, percent-encoded, in base64, reversed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

from recorder.utf8 import utf8

__all__ = ["BASE64", "forms_of"]

MIN_BASE64_LENGTH = 10
BASE64 = "base64"
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_PERCENT = re.compile("%[0-9A-F]{2}")
_FOR_DOUBLE_QUOTES = re.compile(r'["\\$`]')
_FOR_BACKSLASHES = (r"[^\w\-./@:,+=]", r"[^\w\-./@:+=%]", r"\W", r"[\W_]")
"""What shells' `%q`, and those who escape by hand, put a backslash before."""


def forms_of(value: str) -> Iterator[tuple[str, str]]:
    """Yield every way in which a value may stand in a text, itself first.

    Most values are letters and digits, which most of the ways leave as they are: some forms are
    the same. All that is written by way of JSON comes only for those that JSON changes.

    Yields:
        the form, and its encoding's name (empty for the value as it is). For base64 it is the
        middle that does not depend on what stands around the value; the run goes on.
    """
    yield value, ""
    # Nobody encodes half a surrogate pair.
    whole = value if value.isascii() else _HALF_PAIR.sub("\ufffd", value)
    yield from _in_json(whole)
    yield from _percent_forms(whole)
    yield from _html_forms(whole)
    for form in dict.fromkeys(_shell_forms(whole)):
        yield form, "shell"
        yield from ((written, "shell in json") for written in _both_json(form))
    yield from _in_doubled_quotes(whole)
    yield from _byte_forms(whole)
    yield from _base64_forms(whole)
    # What is encoded is often a document that holds the value: as it stands in a JSON string.
    for escaped in {*_both_json(whole)} - {whole}:
        yield from ((form, f"{name} of json") for form, name in _percent_forms(escaped))
        yield from ((form, f"{name} of json") for form, name in _base64_forms(escaped))


def _as_json(value: str) -> str:
    """Return what stands between the quotes of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _both_json(value: str) -> tuple[str, str]:
    """Return the same with letters beyond ASCII as they are, and with all of them escaped."""
    return _as_json(value), json.dumps(value)[1:-1]


def _in_json(value: str) -> Iterator[tuple[str, str]]:
    """Yield a value as in JSON, in JSON within a string of JSON, and in one more."""
    bare, ascii_only = value, value
    for name in ("json", "json twice", "json three times"):
        bare, ascii_only = _as_json(bare), json.dumps(ascii_only)[1:-1]
        yield from ((form, name) for form in (ascii_only, bare))
    if "/" in value:
        yield _as_json(value).replace("/", r"\/"), "json"  # as PHP writes it
    unicode_escapes = "".join(f"\\u{ord(c):04x}" for c in value)
    for form in (unicode_escapes, unicode_escapes.replace("\\u", "\\\\u")):
        yield form, "unicode escapes"
    yield "".join(f"\\u{ord(c):04X}" for c in value), "unicode escapes"
    # Documents for pages: .NET, Go and Rails escape these, and some programs all signs.
    others = "".join(c for c in value if "\x7f" <= c <= "\uffff")
    yield _escaped(value.replace("\\", r"\\"), f"\"&'+<>`{others}", r"\u{:04X}"), "json"
    for signs in ("&<>", "&'<>"):
        yield _escaped(_as_json(value), signs, r"\u{:04x}"), "json"
    signs = "".join(c for c in value if not c.isalnum())
    yield _escaped(value, signs, r"\u{:04X}"), "json"
    yield _escaped(value, signs, r"\u{:04x}"), "json"


def _escaped(value: str, signs: str, form: str) -> str:
    return "".join(form.format(ord(c)) if c in signs else c for c in value)


def _percent_forms(value: str) -> Iterator[tuple[str, str]]:
    # Loaded where a secret is found: hooks, for which every millisecond counts, mostly find none.
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    percent = quote(value, safe="")
    yield percent, "percent"
    yield _PERCENT.sub(lambda match: match[0].lower(), percent), "percent"
    yield quote(percent, safe=""), "percent twice"
    yield from ((form, "percent") for form in (quote_plus(value), quote(value)))


def _html_forms(value: str) -> Iterator[tuple[str, str]]:
    from html import escape  # noqa: PLC0415

    yield escape(value), "html"
    yield "".join(f"&#x{ord(c):X};" if not c.isalnum() else c for c in value), "html"
    yield "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in value), "html"
    for letter in ("&#{};", "&#x{:x};"):
        yield "".join(letter.format(ord(c)) for c in value), "html"
    # Template engines escape a slash beside HTML's own five.
    if "/" in value:
        yield escape(value).replace("/", "&#x2F;"), "html"
        yield escape(value).replace("/", "&#47;"), "html"


def _shell_forms(value: str) -> Iterator[str]:
    """Yield what stands between the quotes of a shell's word, and words without quotes."""
    from shlex import quote as shell_quoted  # noqa: PLC0415

    shell = shell_quoted(value)
    yield shell[1:-1] if shell.startswith("'") else shell
    yield value.replace("'", r"'\''")
    yield _FOR_DOUBLE_QUOTES.sub(r"\\\g<0>", value)
    for special in _FOR_BACKSLASHES:
        yield re.sub(special, r"\\\g<0>", value)
    # $'…'
    yield _as_json(value).replace(r"\"", '"').replace("'", r"\'")


def _in_doubled_quotes(value: str) -> Iterator[tuple[str, str]]:
    """Yield a value as in a string of SQL or YAML, or in one of CSV or a connection's keywords."""
    for quote in "'\"":
        if quote in value:
            doubled = value.replace(quote, 2 * quote)
            yield doubled, "doubled quotes"
            yield from ((form, "doubled quotes in json") for form in _both_json(doubled))


def _byte_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the forms that write every byte or character in another way."""
    raw = utf8(value)
    for form in (raw.hex(), raw.hex(":"), raw.hex(" ")):
        yield form, "hex"
        yield form.upper(), "hex"
    yield "".join(f"\\x{byte:02x}" for byte in raw), "hex escapes"
    yield "".join(f"\\\\x{byte:02x}" for byte in raw), "hex escapes"
    for octal in (r"\{:03o}", r"\\{:03o}"):
        yield "".join(octal.format(byte) for byte in raw), "octal escapes"
    # A buffer or an array of bytes as programs show it; bones have none of what stands between.
    yield ",".join(map(str, raw)), "bytes"
    yield ", ".join(map(str, raw)), "bytes"
    yield "".join(f"%{byte:02x}" for byte in raw), "percent"
    yield "".join(f"%{byte:02X}" for byte in raw), "percent"
    yield value[::-1], "reversed"


def _base64_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the middle of the value's base64 at each of the three alignments it may have."""
    raw = utf8(value)
    for offset in range(3):
        encoded = base64.b64encode(b"\x00" * offset + raw).decode().rstrip("=")
        start = offset + 1 if offset else 0
        end = len(encoded) - (1 if (len(raw) + offset) % 3 else 0)
        core = encoded[start:end]
        if len(core) >= MIN_BASE64_LENGTH:
            yield core, BASE64
            yield core.replace("+", "-").replace("/", "_"), f"{BASE64}url"
            yield core.replace("+", "%2B").replace("/", "%2F"), f"{BASE64}, percent"
            yield core.replace("/", r"\/"), f"{BASE64}, json"
    # PowerShell's `-EncodedCommand`. Each letter has a zero behind it: the last byte tells nothing.
    wide = value.encode("utf-16-le", "surrogatepass")
    for offset in range(3):
        encoded = base64.b64encode(b"\x00" * offset + wide).decode().rstrip("=")
        core = encoded[offset + 1 if offset else 0 : (offset + len(wide) - 1) * 4 // 3]
        if len(core) >= MIN_BASE64_LENGTH:
            yield core, f"{BASE64} of utf-16"
    in_32 = base64.b32encode(raw).decode().rstrip("=")
    whole_letters = len(raw) * 8 // 5
    if whole_letters >= MIN_BASE64_LENGTH:
        yield in_32[:whole_letters], "base32"
    twice = base64.b64encode(base64.b64encode(raw)).decode().rstrip("=")
    if len(twice) >= MIN_BASE64_LENGTH + 4:
        yield twice[:-2], f"{BASE64} twice"
