"""Tell where a value without quotes ends: at a sign that is a letter of some passwords."""

from __future__ import annotations

import re

from recorder.sealing.bare import DOTTED, ENVIRONMENT_NAME, is_setting
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.lines import begin_of_line
from recorder.sealing.quotes import LEAST

__all__ = ["end_of_bare", "end_of_said"]

LONGEST_KEYWORD = 380
"""Characters of a connection's keyword and its value, before another."""
PUNCTUATION = ".,;:!?"
LEAST_TOKEN = 20
"""Characters from which on hardly anybody made them up."""
_QUOTES = frozenset("\"'`“”")
_GOES_ON = frozenset("\\&|<>(){}[],=")
"""What ends a value in most places, and is a letter of it in some."""
_OF_SEED = Exact(r"mnemonic|seed", re.IGNORECASE)
_PHRASED = Exact(r"pass|pwd|secret|phrase|cred|mnemonic|seed", re.IGNORECASE)
_REST = Exact(r"(?!&&|\|\||[,;)}>\]]+(?:\s|$))[&|<>(){}\[\],][^\s\"'`\\=⟦⟧]{0,200}(?![=\w])")
_AMPERSANDS = Exact(r"(?:&[^\s\"'`\\,;&|<>(){}\[\]=⟦⟧]{1,100}){1,9}(?=[\s\"'`,;)}\]\\]|$)")
_URL_BEFORE = Exact(r"[?&#/][^\s\"']*\Z")
LONGEST_URL = 400
_REST_OF_KEYWORD = Exact(r"[&|<>(){}\[\],=][^\s;\"'`⟦⟧]{0,200}(?=;|[\"'\s]|$)")
"""Of a value that ends at a semicolon, as all of a connection's keywords do."""
_KEYWORD = Exact(r"[A-Za-z][\w. ]{1,60}=[^;\n]{1,300};[ ]?\Z")
_REST_ESCAPED = Exact(r"(?:\\[^\w\s\"'`\\⟦⟧][^\s\"'`\\,;&|<>(){}\[\]⟦⟧]{0,200}){1,20}")
"""Of a value in which signs have a backslash before them."""
_WHOLE = Exact(r"(?![\w\-]*=)[^\s⟦⟧]{6,512}(?=[ \t]*\r?(?:\n|$))")
"""What stands alone behind an operator, whatever its letters are."""
_MADE_BY_HAND = Exact(
    r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])(?:(?=.*[)\]}\"'`;|&,]\w).*\w|[^()\[\]{}]*[(\[{][^()\[\]{}]*\w)"
)
"""A password with letters in it that end a value elsewhere, and are followed by none in code; or
that open what is never closed."""
_OF_SYMBOLS = Exact(
    r"(?=\S*\d)(?=\S*[A-Za-z])(?!\S*(?:\$[({]|://|&&|\|\||[\"'`;\\⟦⟧]))"
    r"\S{24,512}(?=[ \t]*\r?(?:\n|$))"
)
_SYMBOL = Exact(r"[!@#$%^&*()=+<>?{}\[\]|~]")
SYMBOLS = 5
"""Different ones of a setting that was made by chance from all that the keyboard has."""
_PASSPHRASE = Exact(r"[a-z]{2,16}(?: [a-z]{2,16}){2,23}(?=[ \t]*\r?(?:\n|$))")
_WITH_COMMAS = Exact(r"[\w#@!%^~*]{1,40}(?:,[\w#@!%^~*]{1,40}){1,9}(?=[\s\"']|$)")
_BEGIN_OF_SETTING = Exact(r"[ \t]*(?:[\-*•][ \t]+)?(?:export[ \t]+|set[ \t]+)?[\w.\-]*")


def end_of_said(text: str, start: int, end: int) -> int:
    """Return where what a sentence gives ends: before its punctuation, if it stands in no quotes.

    People end passwords with an exclamation mark more often than sentences that hold one; behind
    what a machine made it is the sentence's.
    """
    if text[start - 1 : start] in _QUOTES and text[end : end + 1] in _QUOTES:
        return end
    bare = text[start:end].rstrip(PUNCTUATION)
    is_letter = text.startswith("!", start + len(bare), end) and len(bare) < LEAST_TOKEN
    return start + len(bare) + is_letter


def end_of_bare(text: str, match: re.Match[str], bare: re.Match[str]) -> int:
    """Return where a value without quotes ends that is all of a line, or of a string.

    In `DB_PASSWORD=x&3x` an ampersand is a letter like others; in `token=x&page=3` it is not.
    """
    if (odd := _odd_value(text, match, bare)) is not None:
        return odd.end()
    if text[bare.end() : bare.end() + 1] not in _GOES_ON:
        return bare.end()
    further = (
        _REST_ESCAPED.match(text, bare.end())
        or _rest_of_keyword(text, match, bare)
        or _ampersands(text, match, bare)
    )
    if further is not None:
        return further.end()
    rest = _REST.match(text, bare.end())
    is_variable = match["operator"] == "=" and ENVIRONMENT_NAME.match(match["name"])
    if rest is None or (rest[0][0] in "([{" and not is_variable):
        return bare.end()
    if rest[0][-1] in "([" and text[rest.end() : rest.end() + 1] in {'"', "'"}:
        return bare.end()  # `os.environ["NAME"]`
    before = text[max(0, match.start() - 1) : match.start()]
    if before in {'"', "'"}:
        is_whole = before not in match[0] and text[rest.end() : rest.end() + 1] == before
    else:
        line = text[begin_of_line(text, match.start()) : match.start()]
        is_whole = _BEGIN_OF_SETTING.fullmatch(line) is not None
    return rest.end() if is_whole else bare.end()


def _ampersands(text: str, match: re.Match[str], bare: re.Match[str]) -> re.Match[str] | None:
    """Return the rest of a value behind an ampersand, if neither a form nor a URL goes on there."""
    rest = _AMPERSANDS.match(text, bare.end())
    start = match.start()
    is_url = rest and _URL_BEFORE.search(text, max(0, start - LONGEST_URL), start)
    return None if is_url else rest


def _rest_of_keyword(text: str, match: re.Match[str], bare: re.Match[str]) -> re.Match[str] | None:
    """Return the rest of a value among a connection's keywords, if it is one."""
    is_call = text[bare.end()] == "(" and DOTTED.match(bare[0])
    if match["operator"] != "=" or is_call:
        return None
    before = _KEYWORD.search(text, max(0, match.start() - LONGEST_KEYWORD), match.start())
    return _REST_OF_KEYWORD.match(text, bare.end()) if before else None


def _odd_value(text: str, match: re.Match[str], bare: re.Match[str]) -> re.Match[str] | None:
    """Return a value of a setting that goes on behind a letter that ends it elsewhere, if it is so.

    `password = aB(cD3)eF` in an INI file, a passphrase of several words, `PGPASSWORD=aB,cD3`.
    """
    line = text[begin_of_line(text, match.start()) : match.start()]
    is_line = _BEGIN_OF_SETTING.fullmatch(line) is not None
    if match["operator"] not in {"=", ":"}:
        return None
    if is_line and (len(bare[0]) < LEAST or text[bare.end() : bare.end() + 1] in set("([{\"'`")):
        whole = _WHOLE.match(text, match.end())
        if whole and _MADE_BY_HAND.fullmatch(whole[0]):
            return whole
    if is_line and ENVIRONMENT_NAME.match(match["name"]):
        whole = _OF_SYMBOLS.match(text, match.end())
        if whole and len(set(_SYMBOL.compiled.findall(whole[0]))) >= SYMBOLS:
            return whole
    if is_line and text[bare.end() : bare.end() + 1] == " " and _PHRASED.search(match["name"]):
        phrase = _PASSPHRASE.match(text, match.end())
        if (
            phrase
            and not is_harmless(bare[0])
            and (
                _OF_SEED.search(match["name"])
                or "." in match["name"]
                or is_setting(text, match, phrase.end())
            )
        ):
            return phrase
    if len(bare[0]) < LEAST and ENVIRONMENT_NAME.match(match["name"]):
        return _WITH_COMMAS.match(text, match.end())
    return None
