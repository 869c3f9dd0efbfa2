"""Read and write settings documents in their own manner: indentation, comments, final newline."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from recorder.capture.hook.settings.json_edits import NotJsonError, edited, read
from recorder.errors import FlightlogError
from recorder.utf8 import utf8

__all__ = ["SettingsError", "in_one_line", "parse", "render"]


class SettingsError(FlightlogError):
    """An agent's settings file cannot be changed; nothing was written."""


def parse(path: Path, content: bytes) -> MutableMapping[str, Any]:
    """Return what a settings file holds; a document of nothing for an empty file.

    Raises:
        SettingsError: it cannot be parsed; the message names file and line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}, line {line}: not UTF-8; mend it and try again") from error
    document = _parse_toml(path, text) if path.suffix == ".toml" else _parse_json(path, text)
    if not isinstance(document, MutableMapping):
        raise SettingsError(f"{path}, line 1: not an object of settings; mend it and try again")
    return document


def render(path: Path, document: MutableMapping[str, Any], manner: bytes) -> bytes:
    """Return a document as the bytes of its file.

    Args:
        path: the file; its suffix tells the format.
        document: what `parse` returned, changed since.
        manner: the file as it was, whose indentation, line ends and byte order mark are kept.
    """
    if path.suffix == ".toml":
        import tomlkit  # noqa: PLC0415 - only Codex needs it

        written = _with_comments_of(manner.decode("utf-8-sig"), tomlkit.dumps(document))
        return _in_manner(written, manner)
    text = manner.decode("utf-8-sig")
    if not text.strip():
        return _in_manner(json.dumps(document, indent=2, ensure_ascii=False) + "\n", manner)
    try:
        return _in_manner(edited(text, document), manner)
    except NotJsonError as error:
        raise _not_json(path, error) from error


def in_one_line(value: Any) -> Any:
    """Return a value as TOML has it within one line: what a table of dotted keys can take."""
    import tomlkit  # noqa: PLC0415

    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, inner in value.items():
            table[name] = in_one_line(inner)
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for inner in value:
            array.append(in_one_line(inner))
        return array
    return value


def _in_manner(written: str, manner: bytes) -> bytes:
    """Return a text with the line ends and the byte order mark of a file as it was."""
    if b"\r\n" in manner:
        written = written.replace("\r\n", "\n").replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if manner.startswith(b"\xef\xbb\xbf") else b""
    return mark + utf8(written)


def _with_comments_of(before: str, after: str) -> str:
    """Return a TOML text with the comments that went with entries that were removed.

    To tomlkit, a comment above a table belongs to the table before it: that one may be ours.
    """
    old, new = before.splitlines(), after.splitlines()
    missing = Counter(filter(_is_comment, old)) - Counter(filter(_is_comment, new))
    for number, line in enumerate(old):
        if not missing[line]:
            continue
        missing[line] -= 1
        anchor = next((text for text in old[number:] if text and not _is_comment(text)), "")
        new.insert(new.index(anchor) if anchor in new else len(new), line)
    return "\n".join(new) + ("\n" if after.endswith("\n") or not after else "")


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _parse_json(path: Path, text: str) -> Any:
    if not text.strip():
        return {}
    try:
        return read(text)
    except NotJsonError as error:
        raise _not_json(path, error) from error
    except RecursionError as error:
        raise SettingsError(f"{path}, line 1: nested too deeply; nothing was written") from error


def _not_json(path: Path, error: NotJsonError) -> SettingsError:
    return SettingsError(
        f"{path}, line {error.line}: not JSON, with comments or without; nothing was written: mend "
        "it, then try again"
    )


def _parse_toml(path: Path, text: str) -> Any:
    import tomlkit  # noqa: PLC0415
    from tomlkit.exceptions import ParseError, TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(text)
    except ParseError as error:
        raise SettingsError(
            f"{path}, line {error.line}: not TOML; nothing was written: mend it, then try again"
        ) from error
    except TOMLKitError as error:
        raise SettingsError(f"{path}, line 1: not TOML ({error}); nothing was written") from error
