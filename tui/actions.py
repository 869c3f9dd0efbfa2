"""Everything a person can do, in one table: keys, footer, command palette and help come from it.

No action lives outside of this table; a screen offers one by having the method that it names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

__all__ = [
    "ACTS",
    "Act",
    "Keymap",
    "Place",
    "acts_of",
    "bindings",
    "entries",
    "is_key",
    "key_name",
    "textual_key",
]

type Keymap = Mapping[str, str]
"""Action's id -> the keys that a person gave it instead of the table's."""


class Place(StrEnum):
    """A screen, as the table names it."""

    SESSIONS = "sessions"
    REPLAY = "replay"
    FINDINGS = "findings"
    LIVE = "live"
    BESIDE = "beside"
    HELP = "help"


EVERYWHERE = tuple(Place)
ROOMS = (Place.SESSIONS, Place.REPLAY, Place.FINDINGS, Place.LIVE, Place.BESIDE)
REPLAY = (Place.REPLAY,)
FOUND = (Place.FINDINGS,)
LIVE = (Place.LIVE,)
BELOW = (Place.REPLAY, Place.FINDINGS, Place.LIVE, Place.BESIDE)
BESIDE = (Place.BESIDE,)
MARKED = (Place.REPLAY, Place.LIVE, Place.BESIDE)
SORTED = (Place.SESSIONS, Place.FINDINGS)
FILTERED = (Place.SESSIONS, Place.REPLAY, Place.FINDINGS, Place.LIVE)
STEPPED = (Place.REPLAY, Place.LIVE)
NOTED = (Place.REPLAY, Place.FINDINGS, Place.LIVE)


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person can do."""

    id: str
    keys: str
    """Textual's key names, with spaces between."""
    label: str
    """What it does, in the palette and in the help."""
    method: str
    """Textual action; `{key}` stands for the key that was pressed."""
    places: tuple[Place, ...]
    hint: str = ""
    """What the footer says; empty for those that only the help and the palette name."""
    rank: int = 50
    """Order in the footer: what matters most comes first, and stays longest on narrow screens."""


ACTS = (
    Act("open", "enter", "Replay the session", "open", (Place.SESSIONS,), "enter Replay", 10),
    Act("show", "enter", "Replay at the finding", "open", FOUND, "enter Replay", 10),
    Act(
        "beside_open", "enter", "Replay the side with the keys", "open", BESIDE, "enter Replay", 10
    ),
    Act("difference", "n", "Next difference", "difference(1)", BESIDE, "n N Difference", 12),
    Act("difference_back", "N", "Previous difference", "difference(-1)", BESIDE),
    Act("parting", "d", "The first divergence", "parting", BESIDE, "d Divergence", 13),
    Act(
        "compare",
        "b",
        "Mark the session; on another: compare both",
        "compare",
        (Place.SESSIONS,),
        "b Beside",
        24,
    ),
    Act("sort", "s", "Sort by something else", "sort", SORTED, "s Sort", 27),
    Act("play", "space", "Play or pause", "play", REPLAY, "space Play", 10),
    Act("follow", "f", "Follow: go to the newest, and stay there", "follow", LIVE),
    Act("freeze", "space", "Let the view stand, or follow", "freeze", LIVE, "space Pause", 11),
    Act("next", "right", "Next action", "step(1)", STEPPED, "←→ Step", 12),
    Act("previous", "left", "Previous action", "step(-1)", STEPPED),
    Act("slower", "left_square_bracket", "Slower", "speed(-1)", REPLAY, "[ ] Speed", 22),
    Act("faster", "right_square_bracket", "Faster", "speed(1)", REPLAY),
    Act("normal", "equals_sign", "Normal speed", "normal_speed", REPLAY, "= 1x", 60),
    Act("finding", "e", "Next finding", "finding(1)", MARKED, "e Finding", 14),
    Act("finding_back", "E", "Previous finding", "finding(-1)", MARKED),
    Act("second", "l", "One second forward", "jump(1)", REPLAY, "h l 1s", 24),
    Act("second_back", "h", "One second back", "jump(-1)", REPLAY),
    Act(
        "ten",
        "right_parenthesis shift+right",
        "Ten seconds forward",
        "jump(10)",
        REPLAY,
        "( ) 10s",
        25,
    ),
    Act("ten_back", "left_parenthesis shift+left", "Ten seconds back", "jump(-10)", REPLAY),
    Act("lane", "full_stop", "Next action in the same lane", "lane(1)", REPLAY, ", . Lane", 44),
    Act("lane_back", "comma", "Previous action in the same lane", "lane(-1)", REPLAY),
    Act("start", "g home", "Start", "edge(-1)", EVERYWHERE, "g G Start/End", 40),
    Act("end", "G end", "End", "edge(1)", EVERYWHERE),
    Act("tenth", "0 1 2 3 4 5 6 7 8 9", "Jump to {key}0 %", "tenth({key})", REPLAY),
    Act("down", "down j", "Move down", "move(1)", EVERYWHERE),
    Act("up", "up k", "Move up", "move(-1)", EVERYWHERE),
    Act("page_down", "pagedown ctrl+d", "Page down", "page(1)", EVERYWHERE),
    Act("page_up", "pageup ctrl+u", "Page up", "page(-1)", EVERYWHERE),
    Act("search", "slash", "Search what is recorded", "search", STEPPED, "/ Search", 26),
    Act("hit", "n", "Next hit", "hit(1)", STEPPED),
    Act("hit_back", "N", "Previous hit", "hit(-1)", STEPPED),
    Act("filter", "ampersand", "Filter", "filter", FILTERED, "& Filter", 28),
    Act("like", "asterisk", "Filter like this action", "like", STEPPED),
    Act("moment", "at", "Go to a moment", "moment", STEPPED, "@ Moment", 31),
    Act("failure", "x", "Next failure", "failure(1)", MARKED, "x Failure", 43),
    Act("failure_back", "X", "Previous failure", "failure(-1)", MARKED),
    Act("bookmark", "m", "Set or take off a bookmark", "bookmark", STEPPED, "m Mark", 30),
    Act("to_bookmark", "u", "Next bookmark", "to_bookmark(1)", STEPPED),
    Act("to_bookmark_back", "U", "Previous bookmark", "to_bookmark(-1)", STEPPED),
    Act("note", "c", "Note, or tag with #word", "note", NOTED, "c Note", 38),
    Act("idle", "i", "Skip idle time, or do not", "idle", REPLAY, "i Idle", 46),
    Act("stops", "p", "Stop at findings, or do not", "stops", REPLAY, "p Stops", 48),
    Act("lanes", "t", "Show or hide the lanes", "lanes", REPLAY, "t Lanes", 34),
    Act("zoom_in", "z", "Lanes: less of the session, larger", "zoom(1)", REPLAY),
    Act("zoom_out", "Z", "Lanes: more of the session", "zoom(-1)", REPLAY),
    Act("times", "T", "Times: session, clocks, since something", "times", REPLAY),
    Act("future", "H", "Hide the future, or show it dimmed", "future", REPLAY),
    Act("jump_back", "apostrophe", "Back to where the last jump began", "jump_back", REPLAY),
    Act(
        "enlarge",
        "enter",
        "Open the body, a branch, what a row cites",
        "enlarge",
        REPLAY,
        "enter Body",
        20,
    ),
    Act("enlarged", "plus", "Give the pane the whole height", "enlarged", REPLAY),
    Act("restored", "underscore", "Give the height back", "restored", REPLAY),
    Act("details", "enter", "Details of the action", "open", LIVE, "enter Details", 29),
    Act("pane", "tab", "Next pane", "pane(1)", ROOMS, "tab Pane", 18),
    Act("pane_back", "shift+tab", "Previous pane", "pane(-1)", ROOMS),
    Act("tab", "right_curly_bracket", "Next tab of the body", "tab(1)", REPLAY, "{ } Tab", 19),
    Act("tab_back", "left_curly_bracket", "Previous tab of the body", "tab(-1)", REPLAY),
    Act("hex", "b", "Recorded bytes as hex digits, or as text", "hex", REPLAY),
    Act("wrap", "w", "Wrap long lines of the pane, or cut them", "wrap", ROOMS),
    Act("pager", "o", "The pane's text in $PAGER", "pager", ROOMS),
    Act("right", "greater_than_sign", "Half a width to the right", "sideways(1)", ROOMS),
    Act("left", "less_than_sign", "Half a width to the left", "sideways(-1)", ROOMS),
    Act("copy", "y", "Copy what is selected or shown", "copy", ROOMS, "y Copy", 32),
    Act("copy_all", "Y", "Copy the action as JSON", "copy_json", REPLAY),
    Act("plain", "ctrl+l", "Plain text on the normal screen", "plain", ROOMS),
    Act("theme", "ctrl+t", "Next theme: dark, light, ansi", "theme", EVERYWHERE),
    Act("accept", "a", "Accept the finding: it holds", "accept", FOUND, "a Accept", 20),
    Act("dismiss", "d", "Dismiss the finding, and say why", "set_aside", FOUND, "d Dismiss", 22),
    Act("sessions", "S", "Sessions", "sessions", BELOW, "S Sessions", 42),
    Act("replay", "R", "Replay", "replay", (Place.SESSIONS, Place.FINDINGS)),
    Act("replay_from", "R", "Replay from here", "replay", LIVE, "R Replay", 31),
    Act("live", "L", "Live: follow it", "live", (Place.SESSIONS, Place.REPLAY), "L Live", 33),
    Act("findings", "F", "Findings", "findings", (Place.SESSIONS, Place.REPLAY), "F Findings", 16),
    Act("palette", "colon ctrl+p", "Command palette", "palette", EVERYWHERE, ": Command", 36),
    Act("help", "question_mark f1", "Help", "help", ROOMS, "? Help", 1),
    Act("back", "q", "Back; at the root: quit", "back", EVERYWHERE, "q Back", 0),
    Act("cancel", "escape", "Back, but never quit", "cancel", EVERYWHERE),
)
NAMES = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "apostrophe": "'",
    "plus": "+",
    "underscore": "_",
    "equals_sign": "=",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "slash": "/",
    "ampersand": "&",
    "asterisk": "*",
    "at": "@",
    "question_mark": "?",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "escape": "esc",
    "f1": "F1",
    "home": "Home",
    "end": "End",
}
MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
NAMED_KEYS = frozenset(key.value for key in Keys if "+" not in key.value and "<" not in key.value)
"""`enter`, `f5`, `pagedown`: what Textual names and no character stands for."""


def _sign_name(sign: str) -> str:
    name = unicodedata.name(sign, sign).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


SIGNS = {
    _sign_name(sign): sign
    for sign in map(chr, (*range(0x21, 0x100), 0x20AC))
    if sign.isprintable() and not sign.isspace() and not sign.isalnum()
}
"""Textual's name -> the sign, for those that keyboards have."""


def key_name(key: str) -> str:
    """Return how a key is written for people."""
    return NAMES.get(key) or SIGNS.get(key) or key.replace("ctrl+", "^")


def textual_key(written: str) -> str:
    """Return Textual's name of a key as people write it: `[` is `left_square_bracket`."""
    named = {sign: key for key, sign in NAMES.items()}
    if written in named:
        return named[written]
    if len(written) > 1:
        return written.replace("^", "ctrl+")
    return written if written.isalnum() else _sign_name(written)


def is_key(key: str) -> bool:
    """Tell whether a terminal can send a key that Textual names so; `ctrl+` and such may precede.

    Keys are: letters and digits, signs by their Unicode names, and those that have names alone.
    """
    *modifiers, bare = key.split("+")
    if not MODIFIERS.issuperset(modifiers):
        return False
    return bare in NAMED_KEYS or (len(bare) == 1 and bare.isalnum()) or bare in SIGNS


def acts_of(place: Place, keymap: Keymap | None = None) -> list[Act]:
    """Return what can be done on a screen, in the table's order, under the keys in use."""
    return [_rekeyed(act, keymap or {}) for act in ACTS if place in act.places]


def _rekeyed(act: Act, keymap: Keymap) -> Act:
    keys = keymap.get(act.id)
    if keys is None or keys == act.keys:
        return act
    hint = act.hint and f"{key_name(keys.split()[0])} {act.hint.rpartition(' ')[2]}"
    return replace(act, keys=keys, hint=hint)


def bindings(place: Place) -> list[BindingType]:
    """Return a screen's key bindings."""
    found: list[BindingType] = []
    for act in acts_of(place):
        if "{key}" in act.method:
            found += [
                Binding(key, act.method.format(key=key), act.label.format(key=key), show=False)
                for key in act.keys.split()
            ]
        else:
            # With an id, so that the app's keymap can give it other keys.
            keys = ",".join(act.keys.split())
            found.append(Binding(keys, act.method, act.label, show=False, id=act.id))
    return found


def entries(place: Place, keymap: Keymap | None = None) -> Iterator[tuple[str, str, str]]:
    """Yield a screen's palette entries: label, keys for people, Textual action."""
    for act in acts_of(place, keymap):
        if "{key}" in act.method:
            for key in act.keys.split():
                yield act.label.format(key=key), key_name(key), act.method.format(key=key)
        else:
            yield act.label, " ".join(map(key_name, act.keys.split())), act.method
