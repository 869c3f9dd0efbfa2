"""What `curl` is told besides the request on its line: by a file, to a file server, as an upload.

Source: https://curl.se/docs/manpage.html (`-K`, `-Q`, `-T`), RFC 959 for the verbs of FTP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.ranks import unknown
from analyzer.http_commands import options_of
from analyzer.model import Effect, Judgement

__all__ = ["judge_transfer"]

_CONFIG = ("-K", "--config")
_QUOTE = ("-Q", "--quote")
_UPLOAD = ("-T", "--upload-file")
_FILE_SERVER = re.compile(r"(?i)^(?:ftps?|sftp|scp|smbs?|tftp|file)://")
_ENDS = frozenset({"DELE", "RMD", "XRMD", "RM", "RMDIR"})
_CHANGES = frozenset({
    "MKD", "XMKD", "MKDIR", "RNFR", "RNTO", "RENAME", "CHMOD", "CHOWN", "CHGRP", "LN", "SYMLINK", "SITE",
})  # fmt: skip
_ASKS = frozenset({
    "PWD", "CWD", "CDUP", "NOOP", "STAT", "SYST", "FEAT", "LIST", "NLST", "MLSD", "MLST", "SIZE", "MDTM", "TYPE",
    "HELP", "PASV", "EPSV", "OPTS", "STATVFS",
})  # fmt: skip


def judge_transfer(words: Sequence[str]) -> list[Judgement]:
    """Return what these words of `curl` do besides the requests on their line; often nothing."""
    options, plain = options_of(words)
    addresses = [*options.get("--url", ()), *plain]
    parts = [_told(value) for name in _QUOTE for value in options.get(name, ())]
    if any(name in options for name in _CONFIG):
        parts.append(unknown("curl is told by a file what it sends", "curl"))
    servers = [a for a in addresses if _FILE_SERVER.match(a)]
    if servers and any(name in options for name in _UPLOAD):
        why = f"curl uploads to {servers[0][:120]}"
        parts.append(Judgement(Effect.WRITE, (why,), "curl upload", target_id=servers[0]))
    return parts


def _told(value: str) -> Judgement:
    """Judge a command to a file server; `-`, `+` and `*` before it say when, and whether it may fail."""
    words = value.lstrip("-+*").split()
    verb = words[0].upper() if words else ""
    target = " ".join(words[1:])
    if verb in _ENDS:
        return Judgement(Effect.D1, (f"curl tells the server {verb} {target}"[:120],),
                         f"curl {verb}", target_id=target)  # fmt: skip
    if verb in _CHANGES:
        return Judgement(Effect.WRITE, (f"curl tells the server {verb}",), f"curl {verb}")
    if verb in _ASKS:
        return Judgement(Effect.READ, (f"curl asks the server {verb}",), f"curl {verb}")
    return unknown(f"the server is told {verb[:40] or 'nothing'}, which is in no catalogue", "curl")
