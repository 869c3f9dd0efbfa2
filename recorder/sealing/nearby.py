"""Find random-looking strings beside a word that speaks of secrets or names an issuer.

The weakest of the detectors: it knows neither the format nor the field. What it finds is sealed all
the same (a token in place of a harmless id costs little), is marked as suspected, and nothing is
built upon it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from recorder.sealing.clues import DenseClue, WordClue
from recorder.sealing.data import is_in_data
from recorder.sealing.exact import Exact
from recorder.sealing.issuer_words import ISSUER_WORDS, ISSUERS_OF_UUIDS
from recorder.sealing.looks import LEAST_WITHOUT_DIGIT, MIN_LENGTH, is_random
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_SECRET_WORDS = (
    "token", "secret", "password", "passwd", "passphrase", "apikey", "api_key", "api-key",
    "api key", "access_key", "access-key", "access key", "auth_key", "private_key", "private key",
    "license_key", "license key", "credential", "bearer", "creds", "salt", "nonce",
    "activation key", "key", "access", "private", "oauth", "ado_pat", "vsts_pat", "azure_pat", "devops_pat",
    "gh_pat", "git_pat", "hub_pat", "lab_pat", "ntlm",
)  # fmt: skip
# Word by word, each taken whole: tried letter by letter it would be the slowest of all patterns.
_AFTER = Exact(
    r"(?:(?!is\b)[A-Za-z0-9]*+(?:[_.\- \[\]>$]|[^\x00-\x7f](?<=\w)))*?(?:(?!is\b)[A-Za-z0-9]*+)"
    r"(?P<gap>)[\\\"'`\]}]{0,4}\s{0,3}"
    r"(?:=>|:{0,4}=|[?.+<]=|\|\|:|!==?|===?|[:,(>\-_]|\bis\b|\s)\s{0,40}[\\\"'`(\[{]{0,4}"
    r"(?P<value>(?![A-Z]{3,10}_(?:KEY|TOKEN|SECRET)\s)[A-Za-z0-9_\-+/.~:]{10,512}={0,2})(?![=\w])"
)
_SORTS = bytes(
    ord("0") if chr(byte) in string.digits
    else ord("a") if chr(byte) in string.ascii_letters + "_-+/.~:"
    else ord(" ")
    for byte in range(256)
)  # fmt: skip
"""Sorts the characters of a text: digits, what else may stand in a value, and the rest."""
_LETTERS = b"a" * LEAST_WITHOUT_DIGIT
_RUN = re.compile(rb" (?=[a0]{10})(?:a*+0[a0]*+|a{%d,}+)" % LEAST_WITHOUT_DIGIT)
"""What is long enough for a value, and holds a digit or may be one without. After a blank, so that
no word is tried letter by letter."""
_COUNT = Exact(r"[A-Za-z0-9_]{0,40}+[\"']?\s?[=:]\s?[\"']?\d{1,8}+(?:[,;}\])\n \"']|$)")
"""What follows a word that is all of a name before a number: no value can be behind it."""
_FILE = Exact(
    r"\.(?:git|py|js|ts|json|html?|md|txt|ya?ml|tar|gz|zip|pem|crt|png|svg|go|rs|java|css|lock|deb|rpm|whl|gem|jar|apk|exe|xz|zst|bz2)$"
)
_CHECKSUM = Exact(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?=[ ]{2}\S)")
"""As `sha256sum` writes them."""
_HASH = Exact(r"(?:h1:|sha\d{1,3}[-:=]|md5[-:=]|blake\w+[-:])|[0-9a-f]{7,12}$", re.IGNORECASE)
"""What integrity hashes and short commit names begin with."""
_SUM = Exact(r"\bsha(?:256|384|512)[=:\-][A-Za-z0-9_\-+/]*\Z")
LONGEST_SUM = 100
_PUBLIC = Exact(
    r"(?:pub(?:lic)?|host|primary|foreign|sort|partition|cache|object|s3|websocket|gpg:?|rsa|dsa|ecdsa|ed25519|pgp|from)[_\-. ]?key$|(?:next|page|continuation|sync|cancell?ation)[_\-]?token$|public_?key_?token$|'nonce$",
    re.IGNORECASE,
)
"""Keys that are no secrets."""
_DIGIT = Exact(r"\d")
_PREFIXED = Exact(
    r"(?<![A-Za-z0-9_\-/+.])(?P<token>(?P<words>(?:[a-z][a-z0-9]{1,11}[_\-]){1,3})(?P<run>[A-Za-z0-9]{32,128}))(?![A-Za-z0-9_\-=/+.])"
)
_COMMIT = Exact(r"[0-9a-f]{40}|[0-9a-f]{64}")
_POD = Exact(
    r"-[0-9a-f]{8,10}-[bcdf-hj-np-tv-xz2-9]{5}$"
    r"|^[a-z]{2,}(?:[\-_/.][a-z]{2,})+[\-_](?:[0-9a-f]{4,10}|[0-9A-Za-z]{5,6})$"
    r"|^(?!(?:[srp]k|key|tok|pat|api)[\-_][0-9a-f]+$)(?:[A-Za-z]+[\-_.])+[0-9a-f]{32,64}$"
)
"""How names end that were given by Kubernetes, by clouds, by a cache: `db-credentials-7f9c`."""
_NAMED = Exact(
    r"v?\d+\.\d+\.\d+-[\w.]*\d{14}-[0-9a-f]{12}|m_[a-z]{1,3}[A-Z]\w+|0x(?:[0-9A-F]{8,16}|[0-9A-Fa-f]{8,16}U?L{1,2})"
    r"|(?:[a-z0-9\-]{1,40}\.){1,4}(?:io|com|org|net|dev|edu|gov)/[\w.\-/]*|[a-z]+/v\d\w*/[A-Z][A-Za-z]+|(?:[a-z0-9.\-]+/)+[a-z0-9._\-]+:v?\d[\w.]*"
    r"|[a-z0-9\-]{1,40}-20\d{6}(?:-v\d{1,3})?(?::\d{1,3})?|os\.environ/\w+|[A-Z_]+:-[\w.]+|(?:[a-z]{2,12}\d{0,2}-){2,8}[a-z]{2,12}\d{0,2}|[a-z]{2,12}\d?[A-Z][A-Za-z]+(?:\.[A-Za-z]{3,40}){1,4}"
    r"|(?:[a-z]{2,}(?:-[a-z]+)*/){2,}[\w.\-]+|A[KS]IA[A-Z0-9]{9}EXAMPLE"
)
"""Versions of Go's modules, members of C++'s classes, numbers, places on the web, kinds of
Kubernetes' objects, images, models of a day, what a variable is otherwise, words with numbers,
members of objects, paths of words, keys of Amazon's manuals."""
_TOKENIZER = Exact(r"i[sz]")
_FURTHER_WORD = Exact(r"(?:i[sz]|board|word|stone|note|frame|space|point|ring)", re.IGNORECASE)
"""What makes another word of one that speaks of secrets: `tokenizer`, `keyword`."""
_PATH = Exact(r"[a-z]{4,}/")
_OF_ID = Exact(r"[_\- ]?ids?\b", re.IGNORECASE)
_OPAQUE = "_api"
"""Ends the name of a variable that holds a key and does not say so: `RAILWAY_API=`."""
_TOLD_BY = (*_SECRET_WORDS, *ISSUERS_OF_UUIDS, _OPAQUE)
LONGEST_WORD = max(map(len, _TOLD_BY))
MIN_SECRET_LENGTH = 10
SHORT = 5
"""Letters of an issuer's word that may be part of others."""
GAP = 40
"""Characters between the word and what joins it to a value."""
DENSE = 250
"""Characters of a text for each word in it, below which the whole text is sorted at once."""
EVERYWHERE = 400
"""Characters of a text for each word in it, below which most are names of counts."""
FARTHEST = 100
"""Characters between the word and a value."""
REACH = FARTHEST + 520
FEW_NUMBERS = 12
"""Numbers of a text that are looked at one by one."""
CLOSE = 8
"""Characters between the word and a string of less than `MIN_LENGTH`."""
_GROUPS = Exact("|".join(rf"[A-Z0-9]{{{n}}}(?:-[A-Z0-9]{{{n}}}){{2,7}}" for n in range(4, 9)))
_UUID = Exact(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEY_OF_ISSUER = Exact(
    r"[\w.\- ]{0,30}?(?:key|token|secret|access|private|password|auth)[\w \-]{0,16}[\\\"'`\])]{0,4}\s{0,3}"
    r"(?:[=:,>]{1,3}|\s)\s{0,4}[\\\"'`(\[{]{0,4}",
    re.IGNORECASE,
)
"""Between an issuer's name and a value: that it is a key of theirs."""
LEAST_OF_ONE_CASE = 20
"""Letters of a key that is all capitals, or all small letters."""
LEAST_KINDS = 8
"""Different letters of it."""


def _find(text: str, hits: list[int]) -> Iterator[SecretSpan]:
    """Yield what looks random behind each telling word, where the hits end."""
    # Prose speaks of keys and tokens all the time: most of these words end in the first two looks.
    # Where they are few, only what stands behind each is looked at.
    if len(hits) * EVERYWHERE > len(text):
        count_at = _COUNT.compiled.match
        hits = [hit for hit in hits if count_at(text, hit) is None]
    is_dense = len(hits) * DENSE > len(text)
    near = _in_all(text, hits) if is_dense else _behind_each(text, hits)
    match_at = _AFTER.compiled.match
    for end in near:
        hit = end
        while not text[hit - 1].isalnum():
            hit -= 1  # a common name counts with the sign behind it, which is read again
        match = match_at(text, hit, hit + REACH)
        if match is not None:
            yield from _judged(text, hit, match)


def _may_hold_value(raw: bytes) -> bool:
    """Return whether anything in a text (UTF-8) is long enough for a value and no word: most prose
    speaks of tokens and keys, and shows none.
    """
    sorts = raw.translate(_SORTS)
    if sorts.find(_LETTERS) >= 0:
        return True
    at = sorts.find(b"0")
    for _ in range(FEW_NUMBERS):
        if at < 0:
            return False
        end = sorts.find(b" ", at)
        end = len(sorts) if end < 0 else end
        if end - sorts.rfind(b" ", 0, at) > MIN_SECRET_LENGTH:
            return True
        at = sorts.find(b"0", end)
    return True


def _in_all(text: str, hits: list[int]) -> Iterator[int]:
    """Yield the hits behind which, in a text of many, anything may be a value."""
    sorts = _sorted(text)
    if sorts.find(b"0") < 0 and sorts.find(_LETTERS) < 0:
        return  # prose alone: no run in it can be a value
    size, first, blank_before, run_in = len(sorts), sorts.find, sorts.rfind, _RUN.search
    begin = end = -1
    for hit in hits:
        if end < hit + MIN_SECRET_LENGTH:
            last = min(size, hit + FARTHEST + MIN_SECRET_LENGTH)
            word = blank_before(b" ", hit - FARTHEST if hit > FARTHEST else 0, hit + 1)
            # Prose has neither, and is told so in no time.
            may_be = word >= 0 and (
                first(b"0", word, last) >= 0 or first(_LETTERS, word, last) >= 0
            )
            run = run_in(sorts, word, last) if may_be else None
            if run is not None:
                begin, end = run.span()
                end -= 1
            elif word < 0 or last - blank_before(b" ", word, last) >= MIN_SECRET_LENGTH:
                begin = hit  # of what reaches beyond and may be long enough, no more is looked at
            else:
                continue
        if begin <= hit + FARTHEST:
            yield hit


def _behind_each(text: str, hits: list[int]) -> Iterator[int]:
    for hit in hits:
        sorts = _sorted(text[hit : hit + FARTHEST + MIN_SECRET_LENGTH])
        # Of a run that reaches the last character, the rest is not looked at.
        if len(sorts) - sorts.rfind(b" ") >= MIN_SECRET_LENGTH or _RUN.search(sorts):
            yield hit


def _sorted(text: str) -> bytes:
    """Return what sort each of a text's characters is of, behind a blank."""
    return b" " + text.encode("ascii", "replace").translate(_SORTS)


def _judged(text: str, word_end: int, match: re.Match[str]) -> Iterator[SecretSpan]:
    begin = match.start("value")
    if match.start("gap") > word_end + GAP or begin > word_end + FARTHEST:
        return
    value = match["value"]
    if ":" in value or value[-1] == ".":
        value = value.rstrip(".:=")
    is_close = begin - word_end <= CLOSE
    is_told = is_close and _is_told(text, word_end) and not _TOKENIZER.match(text, word_end)
    least = MIN_SECRET_LENGTH if is_told else MIN_LENGTH
    is_random_enough = len(value) >= least and is_random(value)
    if not (is_random_enough or (is_close and _is_grouped(value))) and not (
        _may_be_key(value)
        and _KEY_OF_ISSUER.fullmatch(text[word_end:begin])
        and not _is_told(text, word_end)
    ):
        return
    if _is_other(text, word_end, begin, value):
        return
    if not is_close and _COMMIT.fullmatch(value):
        return  # what a commit says of tokens and keys stands beside its hash
    if _UUID.fullmatch(value) and (not is_told or _OF_ID.match(text, word_end)):
        return  # what names a resource, and has to stay readable, looks just like that
    if is_in_data(text, word_end - 1, begin + len(value)) or _is_checked(text, begin):
        return  # neither is a word, nor the other a value
    yield SecretSpan(begin, begin + len(value), "secret", "nearby", suspected=True)


def _is_other(text: str, word_end: int, begin: int, value: str) -> bool:
    """Return whether what looks random is a function's name, a file, an address, or a hash."""
    if _is_of_name(text, word_end, begin, value):
        return True
    is_function = text[begin + len(value) : begin + len(value) + 1] == "("
    is_hash = _HASH.match(value) or _CHECKSUM.match(text, begin) or "-----" in text[word_end:begin]
    # The address of a bucket is no secret, and what died has to be told by its name.
    is_name = _FILE.search(value) or _POD.search(value) or "://" in value or value[:2] == "//"
    named = begin - len(text[word_end:begin]) + len(text[word_end:begin].rstrip(" =:\"'"))
    is_public = _PUBLIC.search(text, max(0, word_end - 40), named)
    return bool(is_function or is_hash or is_name or is_public)


def _is_of_name(text: str, word_end: int, begin: int, value: str) -> bool:
    """Return whether a value is a name, or the rest of one in which the word stands.

    `tokenization_wav2vec2`, `access_rules/07d7…`, `keyword-arguments`.
    """
    is_joined = text[begin - 1] in "_-" and text[word_end - 1 : begin - 1].isalnum()
    if is_joined and (_FURTHER_WORD.match(text, word_end) or _PATH.match(value)):
        return True
    return _NAMED.fullmatch(value) is not None or (is_joined and _is_slug(value))


def _is_checked(text: str, begin: int) -> bool:
    """Return whether a value stands in a file's checksum: `name.py,sha256=…`."""
    return _SUM.search(text, max(0, begin - LONGEST_SUM), begin) is not None


def _is_slug(value: str) -> bool:
    """Return whether words are joined, hardly one of which has a number: `k8s-metrics-adapter`."""
    words = value.rstrip("/").split("-")
    digits = sum(map(str.isdigit, value))
    plain = sum(word.isalpha() and word.islower() and len(word) >= 3 for word in words)
    return digits <= 2 and plain >= 2 and len(words) >= 3


def _is_told(text: str, word_end: int) -> bool:
    """Tell whether the word that ends there speaks of secrets, and does not just name an issuer."""
    return text[max(0, word_end - LONGEST_WORD) : word_end].lower().endswith(_TOLD_BY)


def _may_be_key(value: str) -> bool:
    """Return whether a value may be the key of an issuer that stands before it as one.

    Short ones of letters and digits, long ones of one case: elsewhere they would be anything.
    """
    if not value.isalnum() or not value.isascii():
        return False
    if value.isalpha():
        is_one_case = value.islower() or value.isupper()
        return is_one_case and len(value) >= LEAST_OF_ONE_CASE and len(set(value)) >= LEAST_KINDS
    return len(_DIGIT.findall(value)) >= 2 and len(set(value)) >= LEAST_KINDS


def _is_grouped(value: str) -> bool:
    """Return whether a value is written as a licence's key is, in groups of capitals of one length.

    `ZQXWS-KCDER-VBHTR-FRTGU`: no words are all so long.
    """
    return _GROUPS.fullmatch(value) is not None and len(set(value)) > LEAST_KINDS


def _prefixed(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    """Yield what is written as issuers write their tokens: words, then a long random run.

    For those whose formats are not known yet. Hashes and ids are of one case.
    """
    for match in _PREFIXED.finditer(text, start, end):
        run = match["run"]
        if run.islower() or run.isupper() or match["words"].startswith("sha") or not is_random(run):
            continue
        if _DIGIT.search(run) and not _is_checked(text, match.start("token")):
            yield SecretSpan(*match.span("token"), "secret", "prefix", suspected=True)


_COMMON_ISSUERS = frozenset(
    {
        "adobe", "checkout", "coderabbit", "debounce", "deno", "docker", "fileio", "findl", "github",
        "huggingface", "iterable", "noticeable", "notion", "replicate", "sanity", "vercel",
    }
)  # fmt: skip
"""Those of which texts and programs speak all the time, or that are words of a language."""
_NAMES_VALUE = r"(?:[_\-\"'(]|\s?[=:]|\s[\"']|[. ](?:api|key|tok|sec|acc|pat))"


def _word(issuer: str) -> str:
    # A short one at a word's beginning: `ibm` stands in every `libm`.
    word = issuer if len(issuer) > SHORT else f"(?:^|[^A-Za-z]){issuer}"
    return f"{word}{_NAMES_VALUE}" if issuer in _COMMON_ISSUERS else word


_COMMON = ("token", "key")
CLUES = (
    DenseClue(
        [
            *sorted(set(_SECRET_WORDS).difference(_COMMON)),
            *map(_word, (*ISSUER_WORDS, *ISSUERS_OF_UUIDS)),
            rf"{_OPAQUE}\s?=",
        ],
        _find,
        common=_COMMON,
        common_needs=_may_hold_value,
    ),
    WordClue(r"[_\-][A-Za-z0-9]{32}", 80, 140, _prefixed),
)
"""Words that speak of secrets or name an issuer; words that begin a token."""
