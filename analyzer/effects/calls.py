"""What calls in programs do, by their names: SDKs, file functions, ORMs.

The names are full as far as the program tells: `shutil.rmtree`, `client.delete_bucket`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.names import Sense, class_of, is_recovery, sense_of, words_in
from analyzer.effects.places import NEAR_WORDS, Place, environment_in, ground_of
from analyzer.effects.ranks import unknown
from analyzer.extent import Bulk, Surface
from analyzer.model import Effect, Judgement

__all__ = ["RUNS_SHELL", "RUNS_SQL", "judge_call"]

FILES_GO = frozenset(
    """
    rmtree remove unlink rmdir removedirs rmSync unlinkSync rmdirSync removeSync emptyDirSync emptydir rm_rf
    rm_r rm remove_dir_all remove_file rmi rimraf del delete deleteSync remove_entry_secure remove_tree
    unlink_if rm_f remove_dir truncate ftruncate truncateSync send2trash removeAll delTree
    """.split()
)
FILE_MODULES = re.compile(
    r"^(?:os|shutil|pathlib|path|fs|fse|fsp|promises|fspromises|file|dir|fileutils|io|deno|bun|send2trash"
    r"|files?|p|pathname|ftools|tempfile|unlink|rmtree|rmdir|remove_tree|rimraf|del|rm|rm_rf|directory)\b",
    re.IGNORECASE,
)
RUNS_SHELL = frozenset(
    """
    system popen run call check_call check_output exec execSync spawn spawnSync execFile execFileSync
    shell_exec passthru proc_open getoutput getstatusoutput create_subprocess_shell Popen qx execa
    fork_exec sh bash posix_spawn backtick exec_command send_command
    """.split()
)
RUNS_SQL = frozenset(
    """
    execute executemany executescript query raw text execute_sql exec_driver_sql queryRaw executeRaw
    $executeRawUnsafe $queryRawUnsafe $executeRaw $queryRaw exec_query execute_batch run_query
    read_sql prepare
    """.split()
)
_SQL = re.compile(r"^(?:\s|/\*.*?\*/)*(?:--|(?:select|insert|update|delete|drop|truncate|alter|create|with|merge|grant"
                  r"|revoke|do|call|exec|vacuum|purge|reset|replace\s+into|load\s+data)\b)", re.IGNORECASE | re.DOTALL)  # fmt: skip
_FILE_PACKAGES = re.compile(
    r"(?:rimraf|del|trash)\.(?:sync|rimraf\w*|native\w*|deleteSync|default)$"
)
"""JavaScript's packages that delete files, whatever their function is called."""
_WRITES_OVER = re.compile(r"^(?:w|wb|w\+|wt)$")


def looks_like_sql(text: str) -> bool:
    """Tell whether a text may be SQL."""
    return bool(_SQL.match(text[:2_000]))


def judge_call(name: str, arguments: Sequence[str | None], place: Place) -> Judgement | None:
    """Return the effect of calling a function by its full name; None where it says nothing.

    `arguments` are the texts that it is given, None for what is made when it runs.
    """
    last = name.rpartition(".")[2]
    owner = name.rpartition(".")[0]
    given = [a for a in arguments if a is not None]
    if last in FILES_GO and (FILE_MODULES.match(name) or _is_path(given)):
        return _files(name, given, place)
    if _FILE_PACKAGES.match(name):
        return _files(name, given, place)
    if last == "open" or name.endswith(("writeFileSync", "writeFile", "write_text", "write_bytes")):
        over = len(given) > 1 and _WRITES_OVER.match(given[1])
        system = bool(given) and given[0].startswith(("/etc/", "/boot/", "/dev/sd", "/dev/nvme"))
        if system and (over or "rite" in last):
            return Judgement(
                Effect.D4, (f"{name} overwrites {given[0][:100]}",), name, surface=Surface.SDK
            )
        return None
    return _sdk(name, owner, last, given)


def _is_path(given: Sequence[str]) -> bool:
    return bool(given) and ("/" in given[0] or "\\" in given[0] or given[0] in {".", "~"})


def _files(name: str, given: Sequence[str], place: Place) -> Judgement:
    path = given[0] if given else ""
    ground = ground_of(path, place) if path else None
    recovery = is_recovery(path)
    environment, basis = environment_in(path)
    near = ground is not None and ground.value in NEAR_WORDS
    return Judgement(
        Effect.D2 if recovery else Effect.D1,
        (f"{name} deletes {path[:100] or 'what is named when it runs'}"
         + (f" ({ground})" if ground else ""),),
        operation=name,
        target_type="files",
        target_id=path,
        same_domain=True if recovery else None,
        irreversible=True,
        environment="development" if near else environment,
        environment_basis="it lies in the workspace or in a temporary folder" if near else basis,
        surface=Surface.SDK,
    )  # fmt: skip


_ORM = {
    "drop_all": (Effect.D1, "drops every table"), "dropDatabase": (Effect.D3, "drops a database"),
    "drop_database": (Effect.D3, "drops a database"), "deleteMany": (Effect.D1, "deletes rows"),
    "delete_all": (Effect.D1, "deletes every row"), "destroy_all": (Effect.D1, "deletes every row"),
    "drop_table": (Effect.D1, "drops a table"), "dropTable": (Effect.D1, "drops a table"),
    "flushall": (Effect.D1, "empties Redis"), "flushdb": (Effect.D1, "empties a Redis database"),
    "flushAll": (Effect.D1, "empties Redis"), "flushDb": (Effect.D1, "empties a Redis database"),
    "dropSchema": (Effect.D1, "drops the schema"), "drop_collection": (Effect.D1, "drops a collection"),
    "schedule_key_deletion": (Effect.D2, "makes what the key encrypts unreadable"),
    "truncate": (Effect.D1, "empties a table"), "clearObjects": (Effect.D1, "empties an index"),
    "clear_objects": (Effect.D1, "empties an index"), "clearIndex": (Effect.D1, "empties an index"),
}  # fmt: skip
CALM_OWNERS = re.compile(
    r"(?:^|\.)(?:sys|json|dict|list|set|map|cache|params|headers|classList|searchParams|formData|element"
    r"|array|arr|seen|items|keys|stack|queue|d|m|s|df|data|localStorage|sessionStorage|document|el|node"
    r"|parser|argparse|window|timers?|modules|environ|session|cookies|buffer|results?|tmp|temp)$",
    re.IGNORECASE,
)


def _sdk(name: str, owner: str, last: str, given: Sequence[str]) -> Judgement | None:
    known = _ORM.get(last)
    if known and owner:
        recovery = known[0] is Effect.D2
        return Judgement(known[0], (f"{name} {known[1]}",), name, same_domain=True if recovery else None,
                         bulk=Bulk.ALL, surface=Surface.SDK)  # fmt: skip
    parts = words_in(last)
    if not parts or not owner or CALM_OWNERS.search(owner):
        return None
    sense = sense_of(parts[0])
    if sense is Sense.DESTROYS and parts[0] in {
        "delete", "destroy", "remove", "purge", "drop", "terminate", "wipe", "deregister", "erase",
        "uninstall", "truncate", "expunge", "obliterate", "prune",
    }:  # fmt: skip
        if parts[0] in {"remove", "drop"} and len(parts) == 1:
            return unknown(f"{name} takes something away, and what is not known", name)
        return _named(name, owner, parts, given)
    if sense is Sense.ENDS and parts[0] in {"disable", "revoke", "cancel", "deactivate"}:
        return Judgement(Effect.D6, (f"{name} ends by its name",), name, surface=Surface.SDK)
    return None


def _named(name: str, owner: str, parts: tuple[str, ...], given: Sequence[str]) -> Judgement:
    nouns = [*words_in(owner.rpartition(".")[2]), *parts[1:]]
    recovery = is_recovery(name)
    return Judgement(
        Effect.D2 if recovery else class_of(nouns),
        (f"{name} destroys by its name, in no catalogue",),
        operation=name,
        target_id=given[0][:120] if given else "",
        same_domain=True if recovery else None,
        surface=Surface.SDK,
    )
