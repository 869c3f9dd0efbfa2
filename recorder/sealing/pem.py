"""Find private keys in PEM, also those of which only an end is shown, and in JSON Web Keys.

And what Ansible encrypts, which opens with one password, often a weak one.
"""

from __future__ import annotations

from collections.abc import Iterator

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES"]

_KIND = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_BEGIN = Exact(rf"-----BEGIN {_KIND}")
_END = Exact(rf"-----END {_KIND}")
_NUMBER = r"(?:\d{1,6}[\t→|:]\s{0,2})?"
_LINES = Exact(
    rf"(?:\s{{1,60}}{_NUMBER}[A-Za-z0-9+/=]{{40,100}}){{1,400}}"
    rf"(?:\s{{1,60}}{_NUMBER}[A-Za-z0-9+/=]{{1,100}}(?=\s|\W|$))?"
)
"""Lines of base64, as many as are there, and a shorter last one."""
_LINES_BACKWARDS = Exact(
    r"\s{1,60}(?:[A-Za-z0-9+/=]{1,39}\s{1,60})?(?:[A-Za-z0-9+/=]{40,100}\s{1,60}){0,400}"
    r"[A-Za-z0-9+/=]{16,100}"
)
_PLACEHOLDER = Exact(
    r"\s{0,60}(?:[A-Z]+(?:[_\- ][A-Z]+){1,12}|[A-Za-z]?[a-z]{0,15}(?: [a-z]{1,15}){1,12})\s{0,60}"
)
"""What an example has between a key's ends: `YOUR-KEY-HERE`, `the key goes here`."""
_VAULT = Exact(
    r"\$ANSIBLE_VAULT;\d\.\d;\w{3,12}(?:;[\w.\-]{1,60};?)?(?P<value>(?:\s{1,60}[0-9a-f]{16,80}){1,400})"
)
_JWK = Exact(r"\{[^{}]{0,6000}?[\"']kty\\{0,7}[\"'][^{}]{0,6000}")
_MEMBER = Exact(
    r"[\"'](?:k|d|p|q|dp|dq|qi)\\{0,7}[\"']\s{0,4}:\s{0,4}\\{0,7}[\"'](?P<value>[A-Za-z0-9_\-]{16,3000}(?:\s{1,40}[A-Za-z0-9_\-]{8,200}){0,80})"
)
"""Of a JSON Web Key: what its owner alone has."""
_PRIVATE_LINES = Exact(
    r"Private-Lines: \d{1,4}[ ]?\n"
    r"(?P<value>(?:[ \t]{0,20}[A-Za-z0-9+/=]{4,80}[ ]{0,2}(?:\n|$)){1,400})"
)
"""Of PuTTY's keys, which have no end."""
LONGEST = 20_000
"""Characters of a key."""


def _private_keys(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    closed = start
    for begin in _BEGIN.finditer(text, start, end):
        if begin.start() < closed:
            continue
        final = _END.search(text, begin.end(), min(end, begin.end() + LONGEST))
        if final is not None:
            closed = final.end()
            is_example = _PLACEHOLDER.fullmatch(text, begin.end(), final.start())
            if final.start() - begin.end() >= 16 and not is_example:
                yield _span(begin.end(), final.start())
        elif lines := _LINES.match(text, begin.end()):
            closed = lines.end()
            yield _span(begin.end(), lines.end())
    for final in _END.finditer(text, start, end):
        before = text[max(0, final.start() - LONGEST) : final.start()]
        if "-----BEGIN" not in before and (lines := _LINES_BACKWARDS.match(before[::-1])):
            yield _span(final.start() - lines.end(), final.start())


def _span(start: int, end: int) -> SecretSpan:
    return SecretSpan(start, end, "private-key", "pem")


def _vaults(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _VAULT.finditer(text, start, end):
        lines = match["value"]
        begin = match.end() - len(lines.lstrip())
        yield SecretSpan(begin, match.end(), "ansible-vault", "pem")


def _private_lines(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _PRIVATE_LINES.finditer(text, start, end):
        yield _span(match.start("value"), match.start("value") + len(match["value"].rstrip()))


def _web_keys(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for key in _JWK.finditer(text, start, end):
        for match in _MEMBER.finditer(text, *key.span()):
            yield SecretSpan(*match.span("value"), "private-key", "document")


CLUES = (
    Clue(r"PRIVATE KEY", LONGEST + 200, LONGEST + 200, _private_keys),
    Clue(r"Private-Lines:", 20, LONGEST, _private_lines),
    Clue(r"\$ANSIBLE_VAULT;", 40, LONGEST, _vaults),
    Clue(r"[\"']kty\\{0,7}[\"']", 6_010, 6_010, _web_keys),
)
"""A clue for keys in PEM, and for each other kind."""
