"""Find secrets in URLs: before the host, and in the query; and in forms, which are written so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from recorder.sealing.clues import Clue
from recorder.sealing.exact import Exact
from recorder.sealing.harmless import is_harmless
from recorder.sealing.looks import is_random
from recorder.sealing.names import (
    NAME_WORDS,
    class_of_name,
    is_count,
    is_secret_name,
)
from recorder.sealing.passwords import is_plainly_password
from recorder.sealing.spans import SecretSpan

__all__ = ["CLUES", "is_password"]

_USERINFO = Exact(
    r"\b[a-z][a-z0-9+.\-]{1,30}://(?P<user>[^\s/:@\"'`<>⟦⟧]{0,256}):(?P<value>[^\s/\"'`<>⟦⟧]{1,512})@(?!sha256:)",
    re.IGNORECASE,
)
_QUERY = Exact(r"[?&;](?P<name>[A-Za-z_][\w.\-]{0,60})=(?P<value>[^\s&;#\"'`\\<>⟦⟧]{4,4096})")
_INNER_QUERY = Exact(
    r"(?:%3F|%26|[?&])(?P<name>[A-Za-z_][\w.\-]{0,60})%3D(?P<value>(?:(?!%26|%23)[^\s&;#\"'`\\<>⟦⟧]){4,4096})",
    re.IGNORECASE,
)
"""Of a URL that is a parameter of another."""


_SIGNED = frozenset(
    {"sig", "signature", "x-amz-signature", "x-goog-signature", "key", "code", "code_verifier"}
)
_KEY = Exact(r"[0-9a-f]{32}")
"""Of services that call a key the application's id."""
_MAY_BE_GIVEN = Exact(r"[a-z]{1,6}\]")
_MAY_BE_ANY = frozenset({"key", "code"})
_OF_WORDS = Exact(r"[a-z]+(?:_[a-z]+)+")
"""The name of what is to be filled in: `?key=login_id`."""
_PROGRAM = Exact(r"%0A|\+\+|%7B|%3B", re.IGNORECASE)
"""What stands in a program that a link hands to a page, and in no code of a login."""


_SPACED = Exact(
    r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|snowflake|clickhouse|mssql|nats|sftp)(?:\+\w{1,12})?://[\w.\-]{0,60}:(?P<value>[^\"'`\n<>/@⟦⟧]{1,80} [^\"'`\n<>/⟦⟧]{1,80}|(?!\d{1,5}/)[^\s\"'`<>/@⟦⟧]{1,80}/[^\s\"'`<>@?⟦⟧]{1,80})@(?=[\w.\-]{1,200}(?::\d{1,5})?(?:/|[\s\"'`]|$))"
)
"""With a blank in it, or a slash, which none of a URL's passwords may have."""


_SCHEME = 32
"""Characters before the `://` of a URL that may be its scheme, and more."""
_PASSWORD = Exact(r"[^\s/\"'`<>⟦⟧]{1,512}@")
_BREAKS = frozenset(" \t\r\n/@\"'`<>⟦⟧")
"""What ends a URL's user, or its password."""


_PUT_IN = Exact(
    r"(?:\$\{(?:[^{}:]|:(?![\-=?+]))+\}:?)+|[^:]*:\\\([\w.\[\]]+\)|[^:]*\|[^:]*:.*|[^:]*:\)?\(?\.[*+].*"
)
"""What a program, a template or a query of `jq` puts in, and what an expression reads."""
_SIGNATURE = Exact(
    r"[\"'`]sig(?:=|[\"'`]\s{0,3}[:,=]\s{0,3}[\"'`])(?P<value>(?:[\w\-+/]|%2[BF]){43}(?:=|%3D)?)(?![\w\-+/=%])",
    re.IGNORECASE,
)
"""Of Azure, where a program or a command gives a link's parameters one by one."""


_VERIFIER = Exact(
    r"code_?verifier\\{0,7}[\"']?\s{0,3}[:=]\s{0,3}\\{0,7}[\"']?(?P<value>[A-Za-z0-9\-._~]{43,128})(?![\w\-.~(])",
    re.IGNORECASE,
)
"""With which a client shows that it began a login: as long as its standard says."""


def is_password(text: str, start: int) -> bool:
    """Return whether a value behind a colon is a URL's password: `https://token:VALUE@host/path`.

    Its user may be a name that tells a secret; still its host is no part of it.
    """
    slashes = text.rfind("://", max(0, start - 260), start)
    if slashes < 0 or not _BREAKS.isdisjoint(text[slashes + 3 : start]):
        return False
    if _PASSWORD.match(text, start):
        return True
    spaced = _SPACED.search(text, max(0, slashes - _SCHEME), start + 160)
    return spaced is not None and spaced.start("value") == start


_BRACED = Exact(
    r"\b(?:pwd|password)=\{(?P<value>[^}\n⟦⟧]{4,256})\}(?=;|[\\\"'\s]|$)", re.IGNORECASE
)
"""As ODBC quotes a value; programs and templates write a reference so."""
_REFERENCE = Exact(r"[$#%]?[\w. |]+(?:[\[(][\w.'\", ]*[\])]){0,4}")


def _braced(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _BRACED.finditer(text, start, end):
        value = match["value"]
        if is_plainly_password(value) or (
            not _REFERENCE.fullmatch(value) and any(map(str.isdigit, value))
        ):
            yield _span(match, "database-password", "url")


def _userinfo(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _USERINFO.finditer(text, start, end):
        userinfo = text[match.start("user") : match.end("value")]
        if not is_harmless(match["value"].strip("[]")) and not _PUT_IN.fullmatch(userinfo):
            yield _span(match, "url-password", "url")


def _parameter(
    form: Exact, credential_class: str, text: str, start: int, end: int
) -> Iterator[SecretSpan]:
    for match in form.finditer(text, start, end):
        if is_random(match["value"]):
            yield _span(match, credential_class, "url")


def _spaced(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in _SPACED.finditer(text, start, end):
        yield _span(match, "url-password", "url")


def _query(text: str, start: int, end: int) -> Iterator[SecretSpan]:
    for match in (*_QUERY.finditer(text, start, end), *_INNER_QUERY.finditer(text, start, end)):
        name = match["name"]
        if is_count(name, match["value"]):
            continue
        signed = name.lower() in _SIGNED or (
            name.lower() == "appid" and _KEY.fullmatch(match["value"])
        )
        if _MAY_BE_GIVEN.fullmatch(match["value"]) or (
            name.lower() in _MAY_BE_ANY and _OF_WORDS.fullmatch(match["value"])
        ):
            continue  # `url[;key=val]`: what may be given
        if name == "code" and _PROGRAM.search(match["value"]):
            continue
        if (signed or is_secret_name(name)) and not is_harmless(match["value"]):
            yield _span(match, class_of_name(name), "url")


def _span(match: re.Match[str], credential_class: str, detector: str) -> SecretSpan:
    return SecretSpan(match.start("value"), match.end("value"), credential_class, detector)


CLUES = (
    Clue(r"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|snowflake|clickhouse|mssql|nats|sftp|psycopg2?|asyncpg)://[\w.\-]{0,60}:[^\"'`\n<>/@ ]{1,80}[ /]", 160, 400, _spaced),
    Clue(r"(?:pwd|password)=\{", 20, 300, _braced),
    Clue(r"://[^\s/:@\"'`<>]{0,256}:[^\s/\"'`<>]{1,512}@", 900, 9, _userinfo, letter="@"),
    Clue(
        rf"(?:[?&;]|%(?:3f|26))[\w.\-]{{0,60}}(?:{NAME_WORDS}|sig|signature|key|code|appid)[\w.\-]{{0,40}}(?:=|%3d)",
        160, 4_200, _query,
    ),
    Clue(r"[\"'`]sig[=\"'`]", 8, 200, partial(_parameter, _SIGNATURE, "sig")),
    Clue(r"code_?verifier\\{0,7}[\"']?\s{0,3}[:=]", 30, 160, partial(_parameter, _VERIFIER, "code-verifier")),
)  # fmt: skip
"""A clue for each part of a URL."""
