"""Put our entries into a settings document, and take them out again; the user's stay as they are.

Works on whatever behaves like nested dicts and lists: JSON values and tomlkit documents alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from recorder.capture.hook.settings.table import SettingsFile, Wiring

__all__ = [
    "HOOKS",
    "MARK",
    "UnexpectedShapeError",
    "has_ours",
    "is_wired",
    "put_in",
    "take_out",
    "value_at",
]

MARK = "/recorder/capture/hook/client.py"
"""A hook whose command holds this is ours."""
HOOKS = "hooks"
"""Where agents look for hooks in their settings."""
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class UnexpectedShapeError(Exception):
    """A place where our entries belong holds something of another kind; the message names it."""


def _as_it_is(value: Any) -> Any:
    return value


def put_in(
    document: MutableMapping[str, Any],
    file: SettingsFile,
    wiring: Wiring,
    form: Callable[[Any], Any] = _as_it_is,
) -> list[str]:
    """Add our entries to a document that has none; return what a person should know.

    Args:
        document: what the file holds.
        file: which entries belong there.
        wiring: what they say.
        form: makes of a value what the document can take.
    """
    if file.version is not None:
        document.setdefault("version", file.version)
    if file.entry is not None:
        hooks = _table(document, HOOKS)
        for event in file.events:
            existing = hooks.get(event)
            if existing is None:
                hooks[event] = form([file.entry(wiring, event)])
            elif isinstance(existing, list):
                existing.append(form(file.entry(wiring, event)))
            else:
                raise UnexpectedShapeError(f"hooks.{event} is no list")
    return _put_values(document, file, wiring, form)


def take_out(
    document: MutableMapping[str, Any],
    file: SettingsFile,
    wiring: Wiring,
    original: Mapping[str, Any] | None,
) -> None:
    """Remove our entries.

    Args:
        document: what the file holds now.
        file: which entries may be there.
        wiring: as the entries were made with; the endpoint may differ.
        original: what the file held before ours came, whose keys are the user's; None where that
            is not known: then only hooks go, for a value does not tell who wrote it.
    """
    is_known = original is not None
    values = file.values(wiring) if is_known else {}
    original = {} if original is None else original
    hooks = document.get(HOOKS)
    if file.entry is not None and isinstance(hooks, MutableMapping):
        ours = [e for e in hooks if isinstance(hooks[e], list) and has_ours(hooks[e])]
        for event in ours:
            entries = hooks[event]
            _drop_ours(entries)
            if not entries and not _holds(original, (HOOKS, event)):
                # Of a table of dotted keys, tomlkit's view is out of date once one is gone.
                del document[HOOKS][event]
        if ours:  # a table that was empty before us is the user's
            _prune(document, HOOKS, original)
    for path, value in values.items():
        table = document.get(path[0])
        if not isinstance(table, MutableMapping) or _holds(original, path):
            continue
        if path[1] in table and _is_ours(table[path[1]], value):
            del table[path[1]]
        _prune(document, path[0], original)
    # Hooks that the user added beside ours need the version as much as ours did.
    is_alone = is_known and "version" not in original and HOOKS not in document
    if is_alone and file.version is not None and document.get("version") == file.version:
        del document["version"]


def is_wired(
    document: Mapping[str, Any],
    file: SettingsFile,
    wiring: Wiring,
    original: Mapping[str, Any],
) -> bool:
    """Return whether a document holds all that `put_in` would add, wherever it stands among theirs.

    Args:
        document: what the file holds.
        file: which entries belong there.
        wiring: as the entries would be made with.
        original: the document without ours: what is set there, is the user's.
    """
    hooks = document.get(HOOKS) if file.entry is not None else None
    hooks = hooks if isinstance(hooks, Mapping) else {}
    expected = {event: [file.entry(wiring, event)] for event in file.events if file.entry}
    found = {
        event: [entry for entry in entries if has_ours(entry)]
        for event, entries in hooks.items()
        if isinstance(entries, list) and has_ours(entries)
    }
    if found != expected:
        return False
    if file.guard and _holds(original, file.guard):
        return True
    return all(
        _holds(original, path) or value_at(document, path) == value
        for path, value in file.values(wiring).items()
    )


def has_ours(value: Any) -> bool:
    """Return whether a hook of ours stands anywhere in a value."""
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, Mapping):
        return any(map(has_ours, value.values()))
    return isinstance(value, list) and any(map(has_ours, value))


def _put_values(
    document: MutableMapping[str, Any],
    file: SettingsFile,
    wiring: Wiring,
    form: Callable[[Any], Any],
) -> list[str]:
    values = file.values(wiring)
    if file.guard and _holds(document, file.guard):
        return [f"{'.'.join(file.guard)} is set already: your OpenTelemetry stays as it is"]
    notes = []
    for path, value in values.items():
        table = _table(document, path[0])
        if path[1] not in table:
            table[path[1]] = form(value)
        elif table[path[1]] != value:
            notes.append(f"{'.'.join(path)} is set already and stays as it is")
    return notes


def _table(document: MutableMapping[str, Any], name: str) -> MutableMapping[str, Any]:
    if name not in document:
        document[name] = {}
    table = document[name]
    if not isinstance(table, MutableMapping):
        raise UnexpectedShapeError(f"{name} is no table of settings")
    return table


def _drop_ours(entries: list[Any]) -> None:
    """Remove our entries from a list of hooks; of a group that has others too, only our part."""
    for index in reversed(range(len(entries))):
        entry = entries[index]
        if not has_ours(entry):
            continue
        inner = entry.get(HOOKS) if isinstance(entry, MutableMapping) else None
        if isinstance(inner, list) and any(not has_ours(handler) for handler in inner):
            _drop_ours(inner)
        else:
            del entries[index]


def _prune(document: MutableMapping[str, Any], name: str, original: Mapping[str, Any]) -> None:
    if name in document and not document[name] and name not in original:
        del document[name]


def _holds(document: Mapping[str, Any], path: Iterable[str]) -> bool:
    return value_at(document, path) is not None


def value_at(document: Mapping[str, Any], path: Iterable[str]) -> Any:
    """Return what stands under a path of keys; None where nothing does."""
    value: Any = document
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _is_ours(found: Any, expected: Any) -> bool:
    """Return whether a value is what we wrote; an address of ours may have had another port."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        return set(found) == set(expected) and all(_is_ours(found[k], expected[k]) for k in found)
    if isinstance(expected, str) and expected.startswith("http") and isinstance(found, str):
        return found == expected or found.startswith(_LOOPBACK)
    return bool(found == expected)
