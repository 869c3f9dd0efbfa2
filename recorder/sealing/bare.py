"""Tell the value of a setting from source code, where it stands without quotes.

`API_TOKEN=word` in a dotenv file is a secret even where the word is plain; `token = word` and
`password: str` are code.
"""

from __future__ import annotations

import re
import string

from recorder.sealing.exact import Exact
from recorder.sealing.harmless import LONGEST
from recorder.sealing.lines import ENDS_LINE, begin_of_line
from recorder.sealing.looks import SPECIAL, is_mixed_letters
from recorder.sealing.names import is_named_so, is_of_password, is_said_of_one
from recorder.sealing.passwords import is_passphrase

__all__ = [
    "DOTTED",
    "ENVIRONMENT_NAME",
    "IDENTIFIER",
    "is_code",
    "is_setting",
    "is_type",
    "may_be_word",
]

IDENTIFIER = Exact(r"^[A-Za-z_]+(?:[.\-/][A-Za-z_]+)*$")
DOTTED = Exact(r"[A-Za-z_][\w.]*$")
_SPECIAL = Exact(rf"[A-Za-z][{SPECIAL}](?![.=])")
"""What stands in no expression without blanks, beside capitals and small letters."""
_USER = (
    r"(?:^|(?<=[\s;&\"'/(→+>:]))"
    r"(?:db_?|my|pg)?(?:user(?:_?name|_?id)?|uid|login|host|dbname|account)"
)
_USER_BEFORE = {
    "=": Exact(rf"{_USER}=[^\s,;\"'&(){{}}]{{1,80}}(?:[;&/ ]|;[ ]|\s/\s)\Z", re.IGNORECASE),
    ":": Exact(
        rf"{_USER}:[ ]{{1,40}}[\"']?[^\s,;\"'&(){{}}]{{1,80}}[\"']?"
        r"(?:[ ][/;][ ]|;[ ]|[ \t\\]*\r?\n"
        r"(?:[ ]{0,8}\d{1,6}[→\t]|[\w./\-]{1,160}:\d{1,6}[:\-]|[+>])?[ \t]*)\Z",
        re.IGNORECASE,
    ),
}
"""What stands before the name of a password in settings, by their operator."""
_ENDS_SETTING = Exact(r"[ \t]*(?:\r?\n|$)|[ ;&\"'/\\]")
_PASSWORD_NAME = Exact(r"(?:passw(?:or)?d|passwd|passphrase|pwd)$", re.IGNORECASE)
LEAST_WORD = 8
"""Letters of a word that is a password though it is only compared with one."""
_PROPERTY = Exact(r"(?!this\.|self\.|window\.)[a-z][a-z0-9\-]*(?:\.[a-z][a-z0-9\-]*){2,8}")
_OF_SEED = Exact(r"mnemonic|seed", re.IGNORECASE)
_BASE32 = Exact(r"(?:[A-Z2-7]{8}){2,8}")
"""As the secrets of one-time passwords are written."""
_OF_PASSWORD = Exact(
    r"(?:passw(?:or)?d|passwd|passphrase|pwd|pass|psk|credentials|(?<![a-z])pw)$", re.IGNORECASE
)
_WORD_OF_YAML = Exact(r"[a-z]{6,32}")
_OF_SECRET = Exact(
    r"pass|secret|token|hash|crypt|string|bytes|text|boolean|number|varchar|object|unicode"
)
"""What words have that name a value, or its type."""
_BEGINS_ITEM = Exact(r"[ \t]*(?:-[ \t]+)?")
_ENDS_CODE = frozenset(",({;[|=")
_BEGINS_CODE = Exact(r"\s*[)}\]]")
_NEXT_FIELD = Exact(r"&[\w.\-]{1,40}=")
_DIGIT = Exact(r"\d")
_SECTION = Exact(r"(?:^|[→\t:+>\"])\[[\w .\-:/]{1,80}\][ \t]*\r?$", re.MULTILINE)
ENVIRONMENT_NAME = Exact(r"^[A-Z][A-Z0-9_]{2,}(?:_[a-z]\w*)?$")


def is_code(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether `name = value` without quotes reads as source code rather than as a setting.

    Args:
        text: what it stands in.
        match: the name and its operator.
        end: where the value ends that begins behind them.
    """
    value = text[match.end() : min(end, match.end() + LONGEST)]
    if ENVIRONMENT_NAME.match(match["name"]) and match["operator"] == "=":
        return match[0].endswith(" ") and _is_constant(text, match, end)
    is_seed = " " in value and _OF_SEED.search(match["name"])
    if is_seed or is_mixed_letters(value.rstrip("=")) or _BASE32.fullmatch(value):
        return False
    if not IDENTIFIER.match(value) and _DIGIT.search(value):
        is_numbered = value.rstrip(string.digits).lower() == match["name"].lower()
        is_type_of_it = is_type(match["name"], value) and not (
            is_numbered and is_of_password(match["name"])  # `Password: Password1`
        )
        return is_type_of_it and (match[0].endswith(": ") or "." in value)
    if _SPECIAL.search(value) and value != value.lower() and value != value.upper():
        return False
    if is_of_password(match["name"]) and (
        _is_default(text, match, end)
        or _is_beside_user(text, match, end)
        or _is_property(text, match, end)
        or _is_of_yaml(text, match, end)
        or _is_of_environment(text, match, end)
        or _is_of_form(text, match, end)
        or (_OF_PASSWORD.search(match["name"]) and is_passphrase(value.rstrip(".")))
    ):
        return False
    return "." in value or not is_setting(text, match, end)


def may_be_word(name: str, value: str) -> bool:
    """Return whether a word that a password is compared with is one: `password == "…"`."""
    return (
        _PASSWORD_NAME.search(name) is not None
        and len(value) >= LEAST_WORD
        and not is_said_of_one(value)
        and not is_named_so(name, value)
    )


def _is_default(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether a word is what a variable is otherwise: `${DB_PASSWORD:-word}`."""
    return text[max(0, match.start() - 2) : match.start()] == "${" and text[end : end + 1] == "}"


def _is_property(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether a word is that of a property, wherever it stands: `a.b.password=word`."""
    return (
        match[0].endswith(("=", ": "))
        and _PROPERTY.fullmatch(match["name"]) is not None
        and ENDS_LINE.match(text, end) is not None
    )


def _is_of_yaml(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether a word is a line's value in YAML: `MYSQL_ROOT_PASSWORD: word`.

    In code that has such lines (`password: word`), commas and brackets are around them.
    """
    if not match[0].endswith(": ") or not _OF_PASSWORD.search(match["name"]):
        return False
    value = text[match.end() : end]
    line = begin_of_line(text, match.start())
    if not (
        _WORD_OF_YAML.fullmatch(value)
        and ENDS_LINE.match(text, end)
        and _BEGINS_ITEM.fullmatch(text, line, match.start())
    ):
        return False
    if is_said_of_one(value) or is_named_so(match["name"], value) or _OF_SECRET.search(value):
        return False
    before = text[max(0, line - 300) : text.rfind("\n", 0, line) + 1].rstrip()
    return before[-1:] not in _ENDS_CODE and _BEGINS_CODE.match(text, end) is None


def _is_of_form(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether another field of a form stands behind a word: `password=word&user=me`."""
    return match[0].endswith("=") and _NEXT_FIELD.match(text, end) is not None


def _is_of_environment(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether `PASSWORD:word` is all of a line."""
    return (
        match["operator"] == ":"
        and match[0].endswith(":")
        and ENVIRONMENT_NAME.match(match["name"]) is not None
        and begin_of_line(text, match.start()) == match.start()
        and ENDS_LINE.match(text, end) is not None
    )


def _is_beside_user(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether a word stands behind a user's name as a setting does, and no code.

    `user: me / pass: word`, `user=me password=word dbname=app`, and in YAML on the line below.
    """
    operator = match["operator"]
    form = _USER_BEFORE.get(operator)
    if form is None or (operator == "=" and match[0].endswith(" ")):
        return False
    if not text[match.end() : end].islower():  # `password: SecretStr`
        return False
    ends = _ENDS_SETTING if operator == "=" else ENDS_LINE
    return (
        ends.match(text, end) is not None
        and form.search(text, max(0, match.start() - 120), match.start()) is not None
    )


def is_type(name: str, value: str) -> bool:
    """Return whether a value reads as the type of what has the name: `key: Ed25519Key`."""
    word = "".join(part[:1].upper() + part[1:] for part in name.rsplit(".", 1)[-1].split("_"))
    return word in value and DOTTED.match(value) is not None


def _is_constant(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether `NAME = value` with room around reads as a constant that is another's."""
    value = text[match.end() : end]
    is_name = DOTTED.match(value) and not _DIGIT.search(value)
    return bool(is_name) and not is_mixed_letters(value) and not is_setting(text, match, end)


def is_setting(text: str, match: re.Match[str], end: int) -> bool:
    """Return whether an assignment is a line of its own as in properties and INI files."""
    line_start = begin_of_line(text, match.start())
    if text[line_start : match.start()] not in {"", "export ", "set "}:
        return False
    if not ENDS_LINE.match(text, end):
        return False
    if text[match.end() : end].lower() == match["name"].lower():
        return False
    if match["operator"] == "=" and not match[0].endswith(" "):
        return True
    return (
        match["operator"] == "="
        and _SECTION.search(text, max(0, line_start - 2_000), line_start) is not None
    )
