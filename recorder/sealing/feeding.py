"""Find secrets that a shell feeds to a command: `echo … | tool login`, `tool <<< …`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.passwords import is_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_READERS = (
    r"(?:\blog-?in\b|--with-token|--password-stdin|--passwd-on-stdin|passwd\s+--stdin|\bauth\b|\bsu(?:do)?\s+-S|\bsecrets?\s"
    r"|\bkinit\b|--passphrase-fd|\bluks\w+|cryptsetup|openconnect|\bvpn\w*|\bkeychain|ssh-add|\bpass(?:wd)?\s|smbpasswd|saslpasswd|\bobscure\b"
    r"|-pass(?:in|out)?\s+stdin|\bcontext\s+create|\bconfigure\b|\bcredentials?\b|keystore\s|\brealm\s|\bload-key|--token-stdin|--api-?key-stdin|--(?:key|password|pass)-?file|\btoken\b|\b(?:preshared|private)-key|-pass\s|password|^\s{0,3}[\w.~/$\-{}\"]*(?:pass|secret|token|cred|pwd|\.key\b|_key\b))"
)
"""What a command says that reads a secret from its standard input."""
_Q = r"[\"']"
_SAID = Exact(
    r"\b(?:echo|printf)\s+(?:-[neE]+\s+)?(?:[\"']?%s(?:\\{1,2}n)?[\"']?\s+)?"
    r"(?:'(?P<single>[^'\n⟦⟧]{4,512})'|\\{0,7}\"(?P<double>[^\"\n$⟦⟧\\]{4,512}|[^\"\n$⟦⟧]{4,512}\\{1,2}n[^\"\n$⟦⟧]{0,80})\\{0,7}\"|(?P<value>[^\s\"'`\\|;&<>⟦⟧$]{4,512}))"
    r"\s*(?:\||>{1,2}|(?=\)))(?P<reader>[^\n|;]{0,200})"
)
_PRINTED = Exact(
    r"\b(?:printf|echo\s+-e)\s+(?P<quote>\\{0,7}[\"'])(?P<value>[^\"'$⟦⟧]{4,300}?)(?P=quote)\s*(?:\||(?=\)))(?P<reader>[^\n|;]{0,200})"
)
"""Several lines at once: a user's name and a password."""
_PHRASE = Exact(r"\s*(?:(?:[A-Za-z']+[ ,:.]+)+[A-Za-z']*[.!?:]?\s*)?")
_LINES = Exact(r"\\{1,2}n|[ ]?\n")
_READER = Exact(
    rf"(?!\s{{0,3}}(?:sudo\s)?(?:e?grep|rg|tee|wc|awk|sed|sort|cat|less|head|tail|jq|cut|tr|fold|column|more)\b)[^\n]*?{_READERS}"
)
_HERE = Exact(
    r"(?P<reader>[^\n;|]{0,300})<<<\s{0,3}(?:\$?'(?P<single>[^'\n⟦⟧]{4,512})'|\\{0,7}\"(?P<double>[^\"\n$⟦⟧\\]{4,512})\\{0,7}\"|(?P<value>[^\s\"'`\\|;&<>⟦⟧$]{4,512}))"
)
_SUBSTITUTED = Exact(r"(?P<before>[^\n|;<>]{2,60}[=\s])<\(\Z")


def _said(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for form in (_PRINTED, _SAID):
        for match in form.finditer(text, start, end):
            before = _SUBSTITUTED.search(text, max(0, match.start() - 70), match.start())
            reader = before["before"] if before else match["reader"]
            if _READER.match(reader):
                yield from _spoken(match)


def _here(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _HERE.finditer(text, start, end):
        if _READER.match(match["reader"]) or is_password(match[_group(match)]):
            yield from _spoken(match)


def _spoken(match: re.Match[str]) -> Iterator[SecretSpan]:
    """Yield what is said; of several lines those that look like no user's name."""
    group = _group(match)
    begin, said = match.start(group), match[group]
    lines = [*_LINES.finditer(said)]
    if not lines:
        if not is_harmless(said) and not _PHRASE.fullmatch(said):
            yield SecretSpan(begin, begin + len(said), "password", "argv")
        return
    at = 0
    for edge, last in [*((line.start(), line.end()) for line in lines), (len(said), len(said))]:
        line = said[at:edge]
        is_only = len(lines) == 1 and not said[lines[0].end() :] and not is_harmless(line)
        if len(line) >= 4 and (is_only or is_password(line)):
            yield SecretSpan(begin + at, begin + edge, "password", "argv")
        at = last


def _group(match: re.Match[str]) -> str:
    return next(name for name in ("value", "single", "double") if match.groupdict().get(name))


CLUES = (
    Clue(
        r"(?:echo\s[^\n|]{4,600}|(?:printf|echo\s-e)\s[^|]{4,400})\|[^\n|;]{0,200}(?:log-?in|token|stdin|passphrase|auth|su(?:do)?\s+-s|secret|kinit"
        r"|luks|cryptsetup|vpn|connect|keychain|ssh-add|passw?d?\s|obscure|context|configure|credential|keystore|realm|load-key)",
        900, 300, _said,
    ),
    Clue(r"(?:echo|printf)\s[^\n|>]{4,600}>{1,2}\s?[\w.~/$\-{}\"]{0,200}(?:pass|secret|token|cred|pwd|key)", 900, 300, _said),
    Clue(r"<\((?:echo|printf)\s", 100, 700, _said),
    Clue(r"<<<\s{0,3}[\\$\"'\w]", 320, 600, _here),
)  # fmt: skip
"""A clue for each way."""
