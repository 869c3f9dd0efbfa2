"""What a command takes out: a secret file, or what it reads of one, sent to another host.

Told by names alone: a file that is made for secrets, in a body, an upload, a pipe, an address, or
a name that is looked up. A credential in the header that it is made for is no such thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analyzer.effects.shell.invocation import Invocation
from analyzer.model import Effect, Judgement
from analyzer.secret_names import names_a_secret

__all__ = ["HOST", "judge_leaving"]

HOST = "host"
_WEB = frozenset({"curl", "wget", "http", "https", "xh", "xhs", "curlie"})
_COPIES = frozenset(
    {"scp", "rsync", "rclone", "sftp", "aws", "gsutil", "gcloud", "s3cmd", "s5cmd", "mc", "azcopy"}
)
_PIPES = frozenset(
    {"nc", "ncat", "netcat", "socat", "telnet", "mail", "mailx", "mutt", "sendmail", "ssh"}
)
_LOOKUPS = frozenset({"dig", "nslookup", "host", "ping", "ping6", "drill", "kdig"})
_BODIES = ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "--json", "-F", "--form",
           "-T", "--upload-file", "--post-file", "--body-file", "--post-data", "--body-data")  # fmt: skip
_MADE = re.compile(r"\$\(([^$]{1,400}?)\)(?=[^)]|$)|`([^`]{1,400})`")
"""What the shell puts in when it runs."""
_AUTHORITY = re.compile(r"^(?:proxy-)?(?:authorization|cookie|x-[\w-]{0,40}(?:token|key|auth)[\w-]{0,40}|[\w-]{0,40}(?:token|key))\s{0,4}:",
                        re.IGNORECASE)  # fmt: skip
_SYSTEM = re.compile(
    r"/etc/(?:passwd|shadow)\b|(?:^|[|;\s])(?:env|printenv)(?:\s*(?:$|\|)|\s+(?:base64|xxd|od|gzip)\b)"
)
_REMOTE = re.compile(r"^(?:[\w.-]+@)?[\w.-]+:|^[a-z][a-z0-9]*://", re.IGNORECASE)
_AT = re.compile(
    r"(?:[a-z][a-z0-9+]*://(?:[^\s/@]*@)?|[\w.-]+@|(?=[\w.-]+:))([\w.-]+\w)", re.IGNORECASE
)
_LOCAL = re.compile(
    r"//(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)|^(?:localhost|127\.\d+\.\d+\.\d+)$"
)


def judge_leaving(command: Invocation) -> Judgement | None:
    """Return that a command sends a secret out; None where nothing says so."""
    if command.name not in _WEB | _COPIES | _PIPES | _LOOKUPS | {"gh"}:
        return None
    words = command.arguments
    if any(_LOCAL.search(word) for word in words):
        return None
    sent = next((text for text in _sent(command, words) if _is_secret(text)), "")
    if not sent:
        return None
    why = f"{command.name} sends out what is named like a secret ({sent[:80].strip()})"
    host = _receiver(command.name, words)
    return Judgement(
        Effect.X1, (why,), f"{command.name} sends", target_type=HOST if host else "", target_id=host
    )


def _receiver(name: str, words: Sequence[str]) -> str:
    """Return where it goes; empty where the words do not name it."""
    plain = [word for word in words if not word.startswith("-")]
    for word in reversed(plain):
        if found := _AT.match(word):
            return found[1]
        if name in _LOOKUPS and (made := _MADE.search(word)):
            return word[made.end() :].strip(".")
    return plain[0] if name in _PIPES and plain else ""


def _is_secret(text: str) -> bool:
    return names_a_secret(text) or _SYSTEM.search(text) is not None


def _sent(command: Invocation, words: Sequence[str]) -> Iterator[str]:
    """Yield what a command takes along: files by their names, and commands whose output it is."""
    name = command.name
    if name in _WEB | _LOOKUPS:
        yield from _in_words(words, in_headers=name in _WEB)
    if name in _WEB:
        given = list(_files(words))
        yield from given
        if "-" in given:
            yield command.hints
            yield from (word.text for word in command.reads)
    elif name in _PIPES and (name != "ssh" or len(words) > 1):
        yield command.hints
        yield from (word.text for word in command.reads)
    elif name in _COPIES:
        yield from _copied(words)
    elif words[:2] == ("gist", "create"):
        yield from (word for word in words[2:] if not word.startswith("-"))


def _in_words(words: Sequence[str], *, in_headers: bool) -> Iterator[str]:
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        is_header = in_headers and before in {"-H", "--header"} and _AUTHORITY.match(word)
        if is_header or before in {"-u", "--user", "-b", "--cookie", "--oauth2-bearer", "-K"}:
            continue
        for made in _MADE.finditer(word):
            yield made[1] or made[2]


def _files(words: Sequence[str]) -> Iterator[str]:
    """Yield the files that a client of HTTP is told to send; `-` for its standard input."""
    for place, word in enumerate(words):
        name, is_given, value = word.partition("=")
        if name not in _BODIES:
            continue
        value = value if is_given else words[place + 1] if place + 1 < len(words) else ""
        if name in {"-T", "--upload-file", "--post-file", "--body-file"}:
            yield value
        elif "@" in value:
            yield value.partition("@")[2].partition(";")[0]


def _copied(words: Sequence[str]) -> Iterator[str]:
    """Yield what is copied from here to elsewhere."""
    plain = [word for word in words if not word.startswith("-")]
    if len(plain) < 2 or not _REMOTE.match(plain[-1]):
        return
    yield from (word for word in plain[:-1] if not _REMOTE.match(word))
