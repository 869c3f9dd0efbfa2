"""What a request's body asks for besides what its method and path name: deletions, guards taken off.

Told by what the vendors' references agree on: `{"action": "delete"}`, `{"archived": true}`,
`<delete>`, `{"backups": false}`, the method of JSON-RPC and XML-RPC.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.effects.names import GUARDS, Sense, is_recovery, sense_of, words_in
from analyzer.model import Effect

__all__ = ["Asked", "asked_by_body"]

MOST = 50_000
"""Characters of a body that are looked at."""


class Asked(NamedTuple):
    """What a body asks for."""

    effect: Effect
    why: str
    recovery: bool = False


_UNGUARDS = re.compile(
    r'"disable_?backups?"|"backup\w*"\s*:\s*\{[^{}]*"enabled"\s*:\s*false'
    r'|"(?:deletion_?protection\w*|terminationProtection\w*|disableApiTermination)"\s*:\s*(?:"?false|\{\s*"?enabled"?\s*:\s*false)'
    r'|"?PointInTimeRecoveryEnabled"?\s*:\s*false|<Status>Suspended'
    r'|"(?:backup_?retention\w*|retention_?(?:days|period)\w*|BackupRetentionPeriod)"\s*:\s*"?0\b'
    r'|"(?:backups?_?enabled|enable_?backups?|auto_?backups?|backups|pitr\w*)"\s*:\s*false'
    r'|"versioning"\s*:\s*\{[^{}]*"enabled"\s*:\s*false|"softDelete\w*"\s*:\s*\{[^{}]*(?:"retentionDurationSeconds"\s*:\s*"?0|false)'
    r'|"(?:suspended?|paused?)"\s*:\s*true[^{}]*backup'
    r'|"(?:auto_?)?backups?"\s*:\s*"(?:disabled?|off|none)"|"history_?retention\w*"\s*:\s*"?0\b'
    r'|"action\.destructive_requires_name"\s*:\s*"?false',
    re.IGNORECASE,
)
_KEEPS = re.compile(r"retention|suspended|versioning|softdelete")
_ACTION = re.compile(
    r'"(?:action|operation|op|type|command|verb)"\s*:\s*"(?:delete|destroy|wipe|purge|remove_all|terminate|truncate'
    r'|erase|rebuild|reinstall)[\w-]*"',
    re.IGNORECASE,
)
_TAKES = re.compile(
    r'"drop_(?:all|attr|op|value)"\s*:\s*(?:true|")|"_deleted"\s*:\s*true|"deletions"\s*:\s*\[\s*\{|<Action>DELETE'
    r'|"bindings"\s*:\s*\[\s*\]|"DeleteRequest"|"remove_index"\s*:|"is-destroy"\s*:\s*true'
    r'|"type"\s*:\s*"\w+_(?:delete|remove|destroy|purge|clear)"|\[\s*\{\s*"(?:delete|remove|purge)"\s*:\s*\{'
    r'|"op"\s*:\s*"remove"|"path"\s*:\s*"/(?:archived|deleted|disabled)"\s*,\s*"value"\s*:\s*true'
    r'|"delete"\s*:\s*"projects/|\bctx\.op\s*=\s*\W{1,2}delete'
    r'|"(?:hard_?|permanently_?)?(?:delete|destroy|purge|wipe)(?:_?(?:all|data|everything|volumes?|backups?|snapshots?|disks?'
    r'|instances?|records?))?"\s*:\s*true',
    re.IGNORECASE,
)
"""What a body takes away besides what its path names; not `delete_branch_on_merge`, a setting."""
_SOFTLY = re.compile(
    r'"(?:is_?)?(?:archived|deleted|in_?trash|trashed)"\s*:\s*true'
    r'|"(?:status|state)"\s*:\s*"(?:archived|deleted|trash(?:ed)?|destroyed)"',
    re.IGNORECASE,
)
_DOCUMENT = re.compile(r'^\s*(?:<delete\b|\{\s*"delete"\s*:\s*[\[{"])', re.IGNORECASE)
"""A whole body that is a deletion: Solr's updates, S3's many objects."""
_CALLED = re.compile(
    r'"method"\s*:\s*"([\w./]{1,80})"|<methodName>\s*([\w./]{1,80})', re.IGNORECASE
)
_SCRIPTED = re.compile(r"\.(?:delete|destroy|doDelete|doWipeOut|remove)\w*\s*\(")
_TURNED_OFF = re.compile(
    r'"(?:is_?)?(?:account_?)?(?:enabled|active)"\s*:\s*false'
    r'|"(?:is_?)?(?:disabled|blocked|banned|suspended|deactivated)"\s*:\s*true'
    r'|"(?:state|status)"\s*:\s*"(?:disabled|inactive|suspended|blocked|off)"',
    re.IGNORECASE,
)
_PEOPLE = frozenset({"user", "users", "member", "members", "account", "accounts", "key", "keys"})


_QUERIES = frozenset({"_search", "_msearch", "_count", "_validate", "_async_search", "search"})
"""Paths whose body describes what is looked for."""
_SCHEDULED_OFF = re.compile(
    r'"(?:type|state|status|mode|schedule|frequency|interval)"\s*:\s*"(?:disabled?|off|none|never)"',
    re.IGNORECASE,
)


def asked_by_body(method: str, path: str, query: str, body: str) -> Asked | None:
    """Return what the body of a POST, PUT or PATCH asks for; None where it asks for no harm."""
    seen = body[:MOST]
    if path.rstrip("/").rpartition("/")[2] in _QUERIES:
        return None
    if is_recovery(path) and (found := _SCHEDULED_OFF.search(seen)):
        return Asked(Effect.D5, f"its body ends backups ({found[0][:60]})", recovery=True)
    if found := _UNGUARDS.search(f"{query}\n{seen}"):
        text = found[0].lower()
        recovery = bool(_KEEPS.search(text)) or is_recovery(text)
        return Asked(
            Effect.D5, f"its body takes a guard or backups off ({found[0][:60]})", recovery
        )
    if path.endswith("/_bulk") and '"delete"' in seen:
        return Asked(Effect.D1, "its body deletes")
    if _ACTION.search(seen):
        return Asked(Effect.D1, "its body asks for a deletion")
    if found := _TAKES.search(seen):
        return Asked(Effect.D1, f"its body says {found[0][:60]}")
    if _DOCUMENT.match(seen):
        return Asked(Effect.D1, "its body is a deletion")
    if path.rpartition("/")[2].startswith("script") and _SCRIPTED.search(seen):
        return Asked(Effect.D1, "a script in it deletes")
    if "lifecycle" in query and re.search(r"<Expiration>|<NoncurrentVersionExpiration>", seen):
        return Asked(Effect.D5, "objects expire by its rules", "Noncurrent" in seen)
    if method == "PATCH" and re.search(r'"replicas"\s*:\s*0\b', seen):
        return Asked(Effect.D5, "no copy is left running")
    if (asked := _called(seen)) is not None:
        return asked
    if method in {"PUT", "PATCH"}:
        return _set(method, path, seen)
    return None


def _called(body: str) -> Asked | None:
    """Return what a procedure that the body calls does, or a request that it carries."""
    for found in _CALLED.finditer(body):
        name = found[1] or found[2]
        words = words_in(name)
        if name.upper() == "DELETE":
            return Asked(Effect.D1, "a request in its body is a DELETE")
        if len(words) > 1 and any(sense_of(word) is Sense.DESTROYS for word in words[:3]):
            return Asked(
                Effect.D1, f"it calls {name}, which destroys by its name", is_recovery(name)
            )
    if '"jsonrpc"' in body and re.search(r'"unlink"', body):
        return Asked(Effect.D1, "it calls unlink, which deletes records")
    return None


def _set(method: str, path: str, body: str) -> Asked | None:
    """Return what a setting takes away: archived, switched off, replaced by nothing."""
    if found := _SOFTLY.search(body):
        return Asked(Effect.D1, f"its body says {found[0][:60]}")
    if found := _TURNED_OFF.search(body):
        words = frozenset(words_in(path))
        if is_recovery(path):
            return Asked(Effect.D5, f"its body ends backups ({found[0][:60]})", recovery=True)
        if words & _PEOPLE:
            return Asked(Effect.D6, f"its body takes access away ({found[0][:60]})")
        if words & (GUARDS | {"permissions", "policy", "policies"}):
            return Asked(Effect.D5, f"its body takes a guard off ({found[0][:60]})")
    if method == "PUT" and body.strip() in {"[]", "{}", "null"} and path.strip("/"):
        return Asked(Effect.D4, "nothing is put in the place of what is there")
    return None
