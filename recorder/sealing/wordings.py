"""Tell what a program says of passwords to people, in any language, from a password.

A catalogue of messages has a name such as `newPassword` before each of its texts; in a passphrase
no word says what it is.
"""

from __future__ import annotations

import re
import unicodedata

from recorder.sealing.exact import Exact

__all__ = ["is_in_catalogue", "is_worded", "is_wording", "unescaped"]

_CALLED = (
    r"passw(?:o|ö)rt|passord|kennw(?:o|ö)rt|mots? de passe|contrase|clave de "
    r"acceso|senha|contrasinal|palavra-passe|jeton|парол|гасло|лозинк|құпия|токен|密码|密碼|口令|令牌|暗証番号"
    r"|パスワード|トークン|비밀번호|암호|토큰|\bhas(?:ł|e)[aełouy]|\bhesl[aoeu]|lösenord|adgangskode"
    r"|kodeord|lykilorð|loyniorð|wachtwoord|\bparol[aăeiä]|parool|salasana|salasõna"
    r"|tunnussana|jelsz|şifre|şifrə|\bgesl[oaiu]|lozink|zapork|slaptažod|κωδικ"
    r"|συνθηματικ|סיסמ|كلمة|كلمات|رمز|mật khẩu|รหัสผ่าน|kata[ ]?sandi|pasahitz"
    r"|contrasenya|ger-tremen|facal-faire|cyfrinair|pasvorto|պարոլ|գաղտնաբառ|პაროლ|нууц "
    r"үг|पासवर्ड|गुप्तशब्द|পাসওয়ার্ড|രഹസ്യവാക്ക്|கடவுச்சொல்|පාස්වර්ඩ්|ពាក្យសម្ងាត់"
)
"""How other languages call a password or a token, as far as all its forms have it in common."""
_FOREIGN = Exact(_CALLED, re.IGNORECASE)
_ITSELF = Exact(rf"(?:{_CALLED})[^\W\d_]{{0,2}}", re.IGNORECASE)
"""The word alone, as the label of a field: it is as much of a placeholder as `password`."""
LONGEST_WORD = 14
_ENGLISH = Exact(r"\bpass(?:words?|phrases?|codes?)\b", re.IGNORECASE)
_BEGINS_LABEL = Exact(
    r"(?:please|re-?enter|enter|confirm|repeat|retype|change|new|current|old|forg[eo]t|reset|set|create|update|your|the|invalid"
    r"|wrong|incorrect|passwords?|passphrases?|show|hide|choose|type|verify|missing|must|could|can(?:not|'t)|unable|failed"
    r"|successfully|save|use|login|remember|generate|copy|edit|add|remove|delete|insert|input|provide|unknown|minimum)\b",
    re.IGNORECASE,
)
"""What a label begins with, and a message."""
_ODD = Exact(r"[\d_$@#%^&*+=~|\\<>{}\[\]]")
"""What stands in passwords and in no label. Letters are told by it, too: to Python's patterns many
vowels of Asia are none.
"""
_COUNT = Exact(r"(?<= )\d{1,2}(?= )")
"""How many letters a password must have."""
_PUNCTUATED = Exact(r"\w['’]\w|[^\W\d_][,;] [^\W\d_]|[ ]\([^\W\d_]")
"""What sentences have, and hardly a passphrase."""
_SCHEME = Exact(r"(?:bearer|basic|token|digest|api-?key|bot|oauth)\b", re.IGNORECASE)
_ESCAPE = Exact(r"\\{1,15}u([0-9a-fA-F]{4})")
_MARKED = Exact(r"[!\"%&'()/;?]")
"""What a word is made a password of."""
_CATALOGUE = Exact(
    r"(?:labels?|messages?|msgs?|strings?|translations?|lang(?:uage)?|locales?|i18n|l10n|texts?)"
    r"\[\\{0,3}[\"'][\w.\-]{0,60}\Z",
    re.IGNORECASE,
)
"""Before the name of a text in an array of them."""
LEAST_OF_SENTENCE = 6
"""Words of a sentence in which digits are a number."""
LONGEST_BEFORE = 120
_COUNTRY = Exact(r"(?<=[\"'])P[STY]\\{0,3}[\"']?\s?(?:=>|:|,)")
"""Neighbours of Palau (`PW`) in lists of countries."""


def is_wording(value: str) -> bool:
    """Return whether a value speaks of a password, as labels and messages do.

    A single word of plain letters does not: it may be what somebody took for a password.
    """
    value = unescaped(value).strip()
    if len(value) <= LONGEST_WORD and _ITSELF.fullmatch(value):
        return True
    blanks = value.count(" ")
    is_text = blanks or not (value.isascii() or _MARKED.search(value))
    is_name = value[:1].islower() and (value.isascii() or blanks < 2)
    is_long = blanks >= LEAST_OF_SENTENCE
    if not is_text or is_name:
        return False
    if not is_long and _ODD.search(value) and _ODD.search(_COUNT.compiled.sub("", value)):
        return False
    if _FOREIGN.search(unicodedata.normalize("NFC", value)):
        return True
    is_sentence = blanks >= LEAST_OF_SENTENCE - 2 and _PUNCTUATED.search(value) is not None
    is_label = is_long or _BEGINS_LABEL.match(value) is not None
    return is_sentence or (is_label and _ENGLISH.search(value) is not None)


def is_worded(value: str) -> bool:
    """Return whether a value is words of any language and nothing else, or many of them."""
    value = unescaped(value)
    words = value.split()
    if len(words) < 2 or "\n" in value or not value[:1].isalpha() or _SCHEME.match(value):
        return False
    return len(words) > LEAST_OF_SENTENCE or _ODD.search(value) is None


def unescaped(value: str) -> str:
    """Return a value without JSON's escapes of letters, however often they are escaped again."""
    if "\\u" not in value:
        return value
    return _ESCAPE.compiled.sub(lambda found: chr(int(found[1], 16)), value)


def is_in_catalogue(text: str, name: int, value: str) -> bool:
    """Return whether a value is of letters alone, and its name one in an array of texts.

    Args:
        text: what it stands in.
        name: where its name begins.
        value: what is asked about.
    """
    if _ODD.search(unescaped(value)):
        return False
    if text.startswith("PW", name):
        return _COUNTRY.search(text, max(0, name - LONGEST_BEFORE), name) is not None
    return _CATALOGUE.search(text[max(0, name - LONGEST_BEFORE) : name]) is not None
