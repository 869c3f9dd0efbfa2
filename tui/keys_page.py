"""The page of keys, made from the table of actions: `python -m tui.keys_page > docs/keys.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tui.actions import Place, acts_of, key_name

__all__ = ["keys_page"]

ABOUT = {
    Place.SESSIONS: "The list of sessions with its preview: `flightlog replay`.",
    Place.REPLAY: "One session, second by second: `flightlog replay SESSION`.",
    Place.FINDINGS: "What the rules found, and where credentials came from: `F`.",
    Place.LIVE: "A session that is going on: `flightlog tail`, or `L`.",
    Place.BESIDE: "Two sessions side by side: `flightlog replay A --beside B`, or `b` in the list.",
    Place.HELP: "The help: `?`.",
}


def keys_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([*_head(), *(row for place in Place for row in _keys(place))]) + "\n"


def _head() -> Iterator[str]:
    yield "# Keys"
    yield ""
    yield "Made from the table of actions by `python -m tui.keys_page`; the help (`?`) and the"
    yield "command palette (`:`) come from the same table. Any action can have other keys: name it"
    yield 'by its id under `[keys]` in the configuration file, as in `bookmark = "M"`.'


def _keys(place: Place) -> Iterator[str]:
    yield ""
    yield f"## {place.value.capitalize()}"
    yield ""
    yield ABOUT[place]
    yield ""
    yield "| keys | what it does | id |"
    yield "|---|---|---|"
    for act in acts_of(place):
        keys = act.keys.split()
        several = [f"{key_name(keys[0])} ... {key_name(keys[-1])}"]
        shown = several if len(keys) > 4 else [key_name(key) for key in keys]
        what = act.label.format(key=" 0..9") if "{key}" in act.label else act.label
        what = what.replace(" 0..90 %", " 0, 10 ... 90 %")
        yield f"| {' '.join(f'`{key}`' for key in shown)} | {what} | `{act.id}` |"


if __name__ == "__main__":
    sys.stdout.write(keys_page())
