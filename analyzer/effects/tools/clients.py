"""Clients that are given their commands as a text: file transfer, directories, graphs."""

from __future__ import annotations

import re

from analyzer.effects.places import environment_in
from analyzer.effects.ranks import unknown
from analyzer.effects.shell.options import cut
from analyzer.effects.tools.context import Context, Tool
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["CLIENT_TOOLS"]

_TRANSFER = re.compile(
    r"(?:^|[;\n&|])\s*(?:!?(?:m?rm|mrmdir|rmdir|m?del|m?delete|glob\s+rm|deltree|truncate)\b"
    r"|mirror\b[^;\n]*--(?:delete|Remove-source-files|Remove-source-dirs))",
    re.IGNORECASE,
)
_KERBEROS = re.compile(
    r"\b(?:delprinc|delete_principal|delpol|delete_policy|ktremove|ktrem|purgekeys|cpw|change_password)\b"
)
_CYPHER = re.compile(r"\b(?:DETACH\s+)?DELETE\b|\bDROP\s+\w+|\bREMOVE\s+\w", re.IGNORECASE)
_CYPHER_READS = re.compile(
    r"^\s*(?:MATCH|RETURN|CALL\s+db\.|SHOW|EXPLAIN|UNWIND|WITH)\b", re.IGNORECASE
)
_CYPHER_WRITES = re.compile(r"\b(?:CREATE|MERGE|SET|LOAD\s+CSV)\b", re.IGNORECASE)


_ARANGO = re.compile(r"\._?(?:drop\w*|truncate|remove\w*)\s*\(")
_LDIF = re.compile(r"(?mi)^\s*(?:changetype:\s*(?:delete|modrdn)|delete:)")
_DNS = re.compile(r"\b(?:update\s+)?del(?:ete)?\b")
_EDITED = re.compile(r"(?m)^(?:%|1?,\$|,)d$")
_WIRE = re.compile(
    r"(?i)\b(?:flushall|flushdb|flush_all)\b|^\s*(?:disable|shutdown|del|clear|set\s+server\s+\S+\s+state\s+(?:maint|drain))\b",
    re.MULTILINE,
)
_PARTITIONS = re.compile(r"(?m)^\s*(?:d|o|g|rm|mklabel)\b(?=[\s\S]*^\s*(?:w|quit)?\b)")
_HBASE = re.compile(
    r"\b(?:drop|drop_all|truncate|truncate_preserve|deleteall|delete|disable|disable_all)\b"
)
_HBASE_SNAPSHOTS = re.compile(r"\bdelete_(?:all_|table_)?snapshots?\b")
_BACULA = re.compile(r"\b(?:purge|delete|prune|truncate)\b")


def _client(
    options: str, destroys: re.Pattern[str], effect: Effect, *, positional: bool = False
) -> Tool:
    """Return a judge for a client that takes commands by these options, or on its input."""
    names = tuple(options.split())

    def judge(context: Context) -> Judgement | None:
        arguments = cut(context.command.arguments, frozenset(names))
        texts = [value for name, value in arguments.values if name in names]
        texts += arguments.words if positional else ()
        texts += [context.command.stdin] if context.command.stdin else []
        name = context.command.name
        found = next((m for text in texts if (m := destroys.search(text))), None)
        if found is None:
            return unknown(f"what {name} is told is in no catalogue", name) if texts else None
        words = " ".join(w.text for w in context.command.words)
        environment, basis = environment_in(words)
        return Judgement(
            effect, (f"{name} is told {found[0].strip(' ;&|')[:80]!r}",), operation=name,
            environment=environment, environment_basis=basis, bulk=Bulk.SOME,
            same_domain=True if effect is Effect.D2 else None,
        )  # fmt: skip

    return judge


def _cypher(context: Context) -> Judgement | None:
    told = _client("-c", _CYPHER, Effect.D1, positional=True)(context)
    if told is None or told.effect is not Effect.UNKNOWN:
        return told
    words = cut(context.command.arguments, frozenset({"-u", "-p", "-a", "-d", "-f"})).words
    text = " ".join(words) or context.command.stdin or ""
    if _CYPHER_WRITES.search(text):
        return Judgement(Effect.WRITE, ("Cypher that writes",), "cypher")
    if _CYPHER_READS.match(text):
        return Judgement(Effect.READ, ("Cypher that reads",), "cypher")
    return told


def _hbase(context: Context) -> Judgement | None:
    copies = _client("-n", _HBASE_SNAPSHOTS, Effect.D2)(context)
    if copies is not None and copies.effect is Effect.D2:
        return copies
    return _client("-n", _HBASE, Effect.D1)(context)


CLIENT_TOOLS: dict[str, Tool] = {
    **dict.fromkeys(("lftp", "sftp", "ftp", "ncftp", "smbclient", "tnftp"),
                    _client("-e -c", _TRANSFER, Effect.D1)),
    **dict.fromkeys(("kadmin", "kadmin.local"), _client("-q", _KERBEROS, Effect.D6)),
    "cypher-shell": _cypher,
    "arangosh": _client("--javascript.execute-string", _ARANGO, Effect.D1),
    "ldapmodify": _client("", _LDIF, Effect.D6),
    "nsupdate": _client("", _DNS, Effect.D6),
    **dict.fromkeys(("socat", "nc", "ncat", "netcat", "telnet"), _client("", _WIRE, Effect.D5)),
    "ed": _client("", _EDITED, Effect.D4),
    **dict.fromkeys(("fdisk", "gdisk", "sfdisk", "parted"), _client("-c", _PARTITIONS, Effect.D1)),
    "hbase": _hbase,
    "bconsole": _client("-c", _BACULA, Effect.D2, positional=True),
}  # fmt: skip
