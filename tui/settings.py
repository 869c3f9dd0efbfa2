"""What a person set in the configuration file: the theme, and other keys for actions.

    theme = "light"

    [keys]
    bookmark = "M"
    next = "right l"

The actions' ids are those of `tui.actions`; the file is only read.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from recorder.errors import FlightlogError
from tui.actions import ACTS, Keymap, Place, acts_of, is_key, textual_key

__all__ = ["THEMES", "Settings", "SettingsError", "load_settings", "settings_path"]

FLIGHTLOG_CONFIG = "FLIGHTLOG_CONFIG"
THEMES = {
    "dark": "flightlog-dark",
    "light": "flightlog-light",
    "ansi": "ansi-dark",
    "ansi-light": "ansi-light",
}
"""Name that people use -> Textual's; the last two draw with the terminal's own sixteen colours."""
KEYS_ARE = "a character such as b or [, a name such as enter or f5, ctrl+ before either"


class SettingsError(FlightlogError):
    """The configuration file holds a mistake."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set; everything has a default."""

    theme: str = "dark"
    keymap: Keymap = field(default_factory=dict)
    """Action's id -> its keys, as Textual names them, with spaces between."""


def settings_path() -> Path:
    """Return where the file is: `$FLIGHTLOG_CONFIG`, else in the user's configuration folder."""
    named = os.environ.get(FLIGHTLOG_CONFIG)
    if named:
        return Path(named)
    from platformdirs import user_config_path  # noqa: PLC0415 - loaded where it is needed

    return user_config_path("flightlog", appauthor=False) / "config.toml"


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings; defaults where there is no file.

    Raises:
        SettingsError: one line that names the file, the place and what was expected.
    """
    path = path or settings_path()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f'{path}: {error}; expected TOML such as theme = "light"') from error
    return _Reader(path).settings(found)


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def settings(self, found: Mapping[str, Any]) -> Settings:
        for name in found:
            if name not in {"theme", "keys"}:
                raise self._wrong(f"there is no setting {name!r}", "theme or [keys]")
        theme = found.get("theme", "dark")
        if theme not in THEMES:
            raise self._wrong(f"theme cannot be {theme!r}", f"one of {', '.join(THEMES)}")
        keys = found.get("keys", {})
        if not isinstance(keys, dict):
            raise self._wrong("keys is no table", '[keys] with lines such as bookmark = "M"')
        keymap = {name: self._keys(name, value) for name, value in keys.items()}
        self._check_doubles(keymap)
        return Settings(theme, keymap)

    def _keys(self, name: str, value: object) -> str:
        known = [act.id for act in ACTS if "{key}" not in act.method]
        if name not in known:
            near = get_close_matches(name, known, 1)
            expected = f"{near[0]}, perhaps" if near else f"one of {', '.join(known)}"
            raise self._wrong(f"[keys] there is no action {name!r}", expected)
        keys = value.split() if isinstance(value, str) else []
        if not keys:
            raise self._wrong(f"[keys] {name} cannot be {value!r}", 'keys such as "b" or "ctrl+n"')
        named = list(map(textual_key, keys))
        for written, key in zip(keys, named, strict=True):
            if not is_key(key):
                raise self._wrong(f"[keys] {name}: there is no key {written!r}", KEYS_ARE)
        return " ".join(named)

    def _check_doubles(self, keymap: Keymap) -> None:
        for place in Place:
            taken: dict[str, str] = {}
            for act in acts_of(place, keymap):
                for key in act.keys.split():
                    other = taken.setdefault(key, act.id)
                    if other != act.id:
                        problem = f"[keys] {key} means both {other} and {act.id} in {place.value}"
                        raise self._wrong(problem, "another key for one of them")

    def _wrong(self, problem: str, expected: str) -> SettingsError:
        return SettingsError(f"{self.path}: {problem}; expected {expected}")
