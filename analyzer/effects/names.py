"""What the names of operations and things say: verbs that delete, nouns that are recovery copies.

Only where no catalogue knows the operation. A verb that nobody knows says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from analyzer.model import Effect

__all__ = [
    "RENEWS",
    "RESTORED",
    "SECRETS",
    "Sense",
    "class_of",
    "is_recovery",
    "sense_of",
    "words_in",
]


class Sense(StrEnum):
    """What a verb does."""

    DESTROYS = "destroys"
    ENDS = "ends"
    """Turns off, detaches or revokes: harm by what it is done to."""
    READS = "reads"
    WRITES = "writes"
    UNDOES = "undoes"
    """Takes back a deletion."""
    NONE = ""


DESTROYING = frozenset(
    """
    delete del destroy remove rm deprovision userdel roledel purge drop wipe erase truncate terminate
    flush unlink expunge obliterate nuke shred uninstall deregister unregister undefine unset prune
    zap evict forget hardreset rmi rb rmtree deleteall removeall dropdb clearall delkey batchdelete
    bulkdelete deletemany deleteone trash rd rmdir delsnapshot yank uninit undeploy vacate decommission
    discard reset clear clean cleanup gc empty expire dropall remove_all erasedisk tombstone
    implode cleanse unrecord eraseall deleteall removeall purgeall wipeall
    des destr dele delet remov uninst delprinc deluser shun abandon rmall remdup rmdel initrm
    """.split()
)
ENDING = frozenset(
    """
    disable detach revoke disassociate unschedule suspend deactivate deauthorize disconnect unlock
    unprotect cancel kill stop halt archive detaches removal unassign unbind undeclare down off
    reinstall rebuild reimage invalidate unpublish rollback revert downgrade restore overwrite fail untag
    unalias unproxy unmanage unmap untrack
    """.split()
)
READING = frozenset(
    """
    list ls get show describe info status search query view read find print check cat log logs
    history diff inspect help version versions display dump export whoami lookup count head tail
    watch scan validate verify lint plan preview explain stat stats top events env tree outdated
    audit ping head exists test compare summary summarize fetch completion tables which
    doctor metrics usage download whois batchget select estimate simulate detect
    """.split()
)
WRITING = frozenset(
    """
    create add put set update apply install new init build start restart run deploy push upload
    enable attach register publish import copy cp clone edit modify patch replace rename tag label
    annotate scale sync send post insert upsert save write configure config login logout open
    submit approve merge commit resume unpause restart reboot redeploy trigger invoke execute
    generate mark move transfer migrate upgrade subscribe associate allocate assign backup snapshot
    freeze pause make schedule unban rotate regenerate renew bind join mount pull checkout mirror promote
    """.split()
)
UNDOING = frozenset(
    """
    undelete unarchive undo restoredeleted recover untrash unremove undestroy
    """.split()
)
RECOVERY = frozenset(
    """
    backup backups snapshot snapshots snap snaps bkp bak restorepoint restorepoints recoverypoint
    recoverypoints pitr checkpoint checkpoints shadowcopy dbbackups dbbackup binlog
    binlogs walg wal velero archivelog archivelogs delsnapshot autobackup wbadmin vss slm
    restic borg borgbackup attic bup tarsnap duplicity duplicacy zbackup kopia rdiff bconsole dsmc
    nbdelete bpexpdate backblaze crashplan carbonite netbackup rubrik cohesity commvault xtrabackup
    snebu nsrmm dsmadmc mariabackup barman pgbackrest backupd timemachine
    restic-backup recovery_point recovery_points backupset volumesnapshot volumesnapshots
    volumesnapshotcontents autorestic btrbk sanoid syncoid zrepl rustic resticprofile vssadmin shadowstorage bacula bareos borgmatic rsnapshot urbackup veeam duplicati backuppolicy backupplan backupvault bkup
    """.split()
)
CONTAINERS = frozenset(
    """
    project projects namespace namespaces ns account accounts organization organizations org orgs
    workspace workspaces cluster clusters server servers bucket buckets rb repo repos repository
    repositories database databases db app apps application applications stack stacks environment
    environments env group resourcegroup instance instances vm vms droplet tenant site sites
    controller controllers machine keyspace warehouse schema vault vaults registry vpc host
    """.split()
)
ACCESS = frozenset(
    """
    user users role roles key keys token tokens secret secrets password credential credentials
    member members permission permissions grant grants policy policies invite invitation dns domain
    domains record records zone zones route routes certificate certificates cert certs session
    sessions variable variables var envvar envvars collaborator collaborators passkey teammate
    teammates subuser identity identities group-member membership access webhook webhooks
    """.split()
)
GUARDS = frozenset(
    """
    trail trails alarm alarms alert alerts firewall rule rules protection mfa twofactor logging
    monitor monitors guardrail guardrails detector audit auditlog lock locks waf prometheusrule
    versioning retention healthcheck
    """.split()
)
RESTORED = RECOVERY | frozenset(
    """
    cluster clusters server servers database databases db instance instances vm vms droplet machine
    keyspace warehouse schema vault volume volumes disk disks table tables version versions time bucket
    environment environments branch app apps
    """.split()
)
"""What is restored over; of a project or a post a restore takes a deletion back."""
RENEWS = frozenset({"rotate", "regenerate", "renew", "roll"})
SECRETS = frozenset("key keys secret secrets token tokens credential credentials password".split())
"""What a renewal ends the old one of."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_JOINED = re.compile(
    r"backups?|snapshots?|recovery[-_ ]?points?|point[-_ ]?in[-_ ]?time|shadow[-_ ]?cop(?:y|ies)"
    r"|restore[-_ ]?points?|(?:site|disaster)[-_ ]?recovery|recovery[-_ ]?(?:services?|vaults?)|wbpolicy|vzdump|/vz/dump/|\bkasten|\bkio\b|_plugins/_sm/|\bk8up|stash\.appscode|\bbkp|\bbaks?\b|system[-_ ]?restore",
    re.IGNORECASE,
)
_ENDS_IN_VERB = re.compile(
    r"(?!un|no|not|pre|post|on|is|can|to|auto|soft|test|spec|it)[a-z]{2,6}(?:delete|purge|destroy|remove|erase|undefine|uninstall)"
)
_BEGINS_WITH_VERB = re.compile(
    r"(?:delete|remove|purge|destroy|erase|wipe)(?!(?:d|s|r|rs|ds|ing|able)$|(?:d|r)(?:at|by|on|s)?$)[a-z]{3,}"
)
_ENDS_IN_DEL = re.compile(r"(?!citadel|infidel|remodel|supermodel|submodel)[a-z]{3,}[^o]del")
"""`groupdel`, `iothreaddel`; no `model`."""
_PARTS = frozenset(
    """
    part partition node nodes monitor mode addr address link queue index file entry record table group
    branch port vlan iface device disk vol volume image rule chain peer printer share domuser
    """.split()
)
"""Things whose name follows the verb in one word: `delpart`, `deldevice`."""
_GLUED = re.compile(r"^(delete|del|remove|rm|destroy|purge|drop|wipe|list|get|show|create)(.+)$")


@lru_cache(maxsize=16_384)
def words_in(name: str) -> tuple[str, ...]:
    """Return the words of a name, whatever joins them: `deleteDbSnapshot`, `delete-db-snapshot`."""
    return tuple(word.lower() for word in _WORDS.findall(name[:400]))


@lru_cache(maxsize=16_384)
def sense_of(word: str) -> Sense:
    """Return what one word says when it stands as a verb."""
    for sense, words in _SENSES:
        if word in words:
            return sense
    # rrpurge, ldapdelete: a prefix and the verb in one word; removetab: the verb and its noun.
    if (
        _ENDS_IN_DEL.fullmatch(word)
        or _ENDS_IN_VERB.fullmatch(word)
        or _BEGINS_WITH_VERB.fullmatch(word)
    ):
        return Sense.DESTROYS
    # delsnapshot, listsnapshot, rmi: the verb and its noun in one word.
    glued = _GLUED.match(word)
    if glued and glued[2] in RECOVERY | CONTAINERS | ACCESS | _PARTS:
        return sense_of(glued[1])
    return Sense.NONE


_SENSES = (
    (Sense.UNDOES, UNDOING),
    (Sense.DESTROYS, DESTROYING),
    (Sense.ENDS, ENDING),
    (Sense.READS, READING),
    (Sense.WRITES, WRITING),
)


def is_recovery(text: str) -> bool:
    """Tell whether a name speaks of backups, snapshots or points to restore to."""
    return bool(_JOINED.search(text)) or any(word in RECOVERY for word in words_in(text))


def class_of(nouns: Iterable[str]) -> Effect:
    """Return the class of destroying what these words name; data where they name nothing known.

    The last noun decides: `aws ecs delete-cluster`, `project variable delete`.
    """
    found = Effect.D1
    for noun in nouns:
        if noun in RECOVERY:
            return Effect.D2
        if noun in CONTAINERS:
            found = Effect.D3
        elif noun in ACCESS:
            found = Effect.D6
        elif noun in GUARDS:
            found = Effect.D5
    return found
