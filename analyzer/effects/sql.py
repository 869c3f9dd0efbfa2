"""Judge SQL, statement by statement, from its tokens: comments and literals never count.

sqlglot's tokenizer knows quoting and comments; its grammars do not know every dialect's own words
(`PURGE BINARY LOGS`, RMAN, `ALTER SYSTEM`), so the judgement stands on the tokens. Text that is
run from within (`DO $$...$$`, `EXECUTE IMMEDIATE '...'`) is judged too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from analyzer.effects import sql_recovery, sql_upkeep
from analyzer.effects.names import is_recovery
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.sql_alter import alter, set_option
from analyzer.effects.sql_statements import Statement
from analyzer.effects.sql_telling import found, join_name, name_after
from analyzer.effects.windows import judge_cmd
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["judge_sql"]

MAX_TEXT = 200_000
MAX_NESTING = 4
_EXECUTED = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
_TRUTHS = re.compile(
    r"^(?:1\s*=\s*1|TRUE|1|'?(\w+)'?\s*=\s*'?\1'?|0\s*=\s*0|NOT\s+FALSE"
    r"|(?:\w+ \. )?(?:\w*_)?ID (?:IS NOT NULL|>=? (?:0|- 1)|(?:<>|!=) 0))$"
)
"""Conditions that every row meets; keys are above zero and never missing."""


def judge_sql(text: str, dialect: str = "") -> Judgement:
    """Return the effect of SQL; of several statements the worst."""
    return _judged(text, dialect, 0)


@lru_cache(maxsize=16_384)
def _judged(text: str, dialect: str, depth: int) -> Judgement:
    if len(text) > MAX_TEXT:
        return unknown(f"SQL of {len(text)} characters is not read")
    if depth > MAX_NESTING:
        return unknown("SQL runs SQL too deep to follow")
    # Its tokenizer takes a tenth of a second to load, and most commands hold no SQL.
    from analyzer.effects.sql_cutting import statements_of  # noqa: PLC0415

    statements = statements_of(_EXECUTED.sub(r" \1 ", text), dialect, depth)
    if statements is None:
        return unknown("SQL whose quotes do not close")
    parts = [_judge(statement) for statement in statements]
    return worst_of([*parts, *_defined_and_called(statements)])


def _defined_and_called(statements: Sequence[Statement]) -> list[Judgement]:
    """Return what the bodies of functions do that a text makes and then calls."""
    parts: list[Judgement] = []
    for place, statement in enumerate(statements):
        kind = next((w for w in ("FUNCTION", "PROCEDURE") if w in statement.words[:5]), "")
        name = name_after(statement, kind) if kind and statement.words[0] == "CREATE" else ""
        calls = [
            s for s in statements[place + 1 :] if name and s.has(*re.findall(r"\w+|\.", name), "(")
        ]
        if any(
            call.words[0] in {"SELECT", "CALL", "EXEC", "EXECUTE", "DO", "PERFORM"}
            for call in calls
        ):
            parts += [
                _judged(_body(t), "postgres", statement.depth + 1) for t in statement.literals
            ]
    return parts


def _judge(statement: Statement) -> Judgement:
    words = statement.words
    before = frozenset({"(", "BEGIN", "THEN", "DECLARE", "ELSE", "BATCH", "LOOP"})
    first = next((n for n, word in enumerate(words) if word not in before), len(words) - 1)
    words = words[first:]
    statement = Statement(words, statement.literals, " ".join(words), statement.depth)
    if words[0] == "@" and (texts := [t for t in statement.literals if _RUN_LATER.match(t)]):
        return worst_of([_judged(text, "tsql", statement.depth + 1) for text in texts])
    judge = _BY_VERB.get(words[0])
    if judge is None and words[1:2] == (".",) and "(" in words:  # PL/SQL calls without CALL
        judge = _run
    if judge is None:
        return unknown(f"SQL statement {words[0][:40]!r} is not known", words[0][:40])
    return judge(statement)


_RUN_LATER = re.compile(r"(?i)\s*(?:drop|delete|truncate|alter|update|exec)\s")
"""Texts that a variable holds to be run: `DECLARE @s ... = 'DROP ...'`."""


def _pragma(statement: Statement) -> Judgement:
    """Judge SQLite's PRAGMA: a setting, where something is set."""
    if "=" not in statement.words:
        return _read(statement)
    if re.search(r"JOURNAL_MODE = (?:OFF|MEMORY)|WRITABLE_SCHEMA = (?:1|ON|TRUE)", statement.text):
        return found(Effect.D5, statement, "takes the journal away, or the schema's guard")
    return found(Effect.WRITE, statement, "a setting")


def _read(statement: Statement) -> Judgement:
    parts = [Judgement(Effect.READ, (f"SQL {statement.words[0]} reads",), "sql.read")]
    for name, (effect, why) in _FUNCTIONS.items():
        if name in statement.words:
            copies = effect is Effect.D2 or any(map(is_recovery, statement.literals))
            parts.append(found(effect, statement, why, recovery=copies))
    if statement.words[0] == "WITH" or "(" in statement.words:
        parts += _inside(statement)
    if {"DBLINK_EXEC", "DBLINK", "EXECUTE_IMMEDIATE", "OPENQUERY"} & set(statement.words):
        parts += [_judged(text, "postgres", statement.depth + 1) for text in statement.literals]
    for name, opens in pairwise(statement.words):
        if opens == "(" and _DELETING_FUNCTION.match(name):
            parts.append(unknown(f"SQL: what the function {name[:60].lower()} does is not known"))
    if "INTO" in statement.words and statement.words[0] == "SELECT":
        parts.append(found(Effect.WRITE, statement, "SELECT INTO makes a table"))
    return worst_of(parts)


_DELETING_FUNCTION = re.compile(r"(?:DELETE|DROP|PURGE|TRUNCATE|DESTROY|WIPE|REMOVE)_\w")
_FUNCTIONS = {
    "PG_DROP_REPLICATION_SLOT": (Effect.D5, "a replication slot is dropped"),
    "PG_TERMINATE_BACKEND": (Effect.D6, "connections are ended"),
    "LO_UNLINK": (Effect.D1, "a large object is deleted"),
    "PG_FILE_UNLINK": (Effect.D1, "a file of the server is deleted"),
    "DOLT_RESET": (Effect.D1, "what was not committed goes"),
    "DOLT_CLEAN": (Effect.D1, "tables that were not committed go"),
    "DROP_CHUNKS": (Effect.D1, "chunks are dropped"),
    "REMOVE_RETENTION_POLICY": (Effect.D5, "a policy of retention is removed"),
    "REMOVE_COMPRESSION_POLICY": (Effect.D5, "a policy is removed"),
    "DELETE_JOB": (Effect.D5, "a job is deleted"),
    "UNSCHEDULE": (Effect.D5, "a job of pg_cron is deleted"),
    "PG_REPLICATION_SLOT_ADVANCE": (Effect.D5, "a replication slot gives up log"),
}


def _inside(statement: Statement) -> list[Judgement]:
    """Return what statements within this one do: `WITH d AS (DELETE ...)`, `WITH ... UPDATE`."""
    parts: list[Judgement] = []
    for place, word in enumerate(statement.words[:-1]):
        if place and word in {"DELETE", "UPDATE", "MERGE", "INSERT", "TRUNCATE"} and (
            statement.words[place - 1] in {"(", ")", "AS"}
        ):  # fmt: skip
            rest = _until_closed(statement.words[place:])
            parts.append(_judge(Statement(rest, (), " ".join(rest), statement.depth)))
    return parts


def _until_closed(words: Sequence[str]) -> tuple[str, ...]:
    depth = 0
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth < 0:
            return tuple(words[:place])
    return tuple(words)


def _bounded(statement: Statement) -> bool:
    """Tell whether a condition picks out rows."""
    condition = statement.after("WHERE")
    if not condition and ("LIMIT" in statement.words or "USING" in statement.words):
        return True
    condition = condition.split(" RETURNING ")[0].strip()
    return bool(condition) and not _TRUTHS.match(condition) and not _is_true(condition)


def _is_true(condition: str) -> bool:
    """Tell whether a condition compares two numbers, and is true: `2 > 1`."""
    found = re.fullmatch(r"(\d{1,9}) (=|<|>|<=|>=|<>|!=) (\d{1,9})", condition)
    if found is None:
        return False
    left, right = int(found[1]), int(found[3])
    return {"=": left == right, "<": left < right, ">": left > right, "<=": left <= right,
            ">=": left >= right}.get(found[2], left != right)  # fmt: skip


def _delete(statement: Statement) -> Judgement:
    words = statement.words
    if {"BACKUP", "OBSOLETE", "ARCHIVELOG", "BACKUPSET", "EXPIRED", "COPY"} & set(words[1:4]):
        return found(Effect.D2, statement, "backups are deleted", recovery=True)
    if statement.has("DELETE", "HISTORY", "FROM"):
        return found(Effect.D2, statement, "old versions of rows are deleted", recovery=True)
    target = name_after(statement, "FROM") or name_after(statement, words[0])
    if _bounded(statement):
        return found(Effect.D1, statement, f"deletes the rows of {target} that a condition names",
                      bulk=Bulk.ONE, target=target, kind="rows")  # fmt: skip
    return found(Effect.D1, statement, f"deletes every row of {target}: no condition bounds it",
                  bulk=Bulk.ALL, target=target, kind="table")  # fmt: skip


def _update(statement: Statement) -> Judgement:
    target = name_after(statement, "UPDATE")
    if _bounded(statement):
        return found(Effect.WRITE, statement, f"changes rows of {target} that a condition names")
    return found(Effect.D4, statement, f"overwrites every row of {target}: no condition bounds it",
                  bulk=Bulk.ALL, target=target, kind="table")  # fmt: skip


_ACCESS = frozenset({"USER", "ROLE", "LOGIN", "GROUP", "OWNED", "CREDENTIAL", "KEY", "CERTIFICATE"})
_BIG = frozenset({"DATABASE", "SCHEMA", "KEYSPACE", "WAREHOUSE", "TABLESPACE", "CATALOG", "SERVER"})
_GUARD = frozenset({"POLICY", "TRIGGER", "RULE", "CONSTRAINT", "AUDIT", "MASKING", "RESOURCE"})


def _drop(statement: Statement) -> Judgement:
    words = [w for w in statement.words[1:] if w not in {"IF", "EXISTS", "CONCURRENTLY"}]
    kind = words[0] if words else ""
    if kind in {"TEMPORARY", "TEMP", "PREPARE"} or any(w.startswith("#") for w in words[1:2]):
        return found(Effect.WRITE, statement, "drops what is temporary")
    target = join_name(words[1:])
    recovery = bool({"BACKUP", "SNAPSHOT", "BACKUPS"} & set(words[:3])) or is_recovery(target)
    recovery = recovery or words[:2] in (["RESTORE", "POINT"], ["FLASHBACK", "ARCHIVE"])
    recovery |= kind.startswith("SCHEDULE") and any(map(is_recovery, statement.literals))
    effect = (
        Effect.D3 if kind in _BIG else Effect.D6 if kind in _ACCESS
        else Effect.D5 if kind in _GUARD else Effect.D1
    )  # fmt: skip
    if recovery:
        effect = Effect.D2
    return found(effect, statement, f"drops {kind.lower()} {target.lower()}", bulk=Bulk.ALL,
                  target=target, recovery=recovery, kind=kind.lower())  # fmt: skip


def _truncate(statement: Statement) -> Judgement:
    target = name_after(statement, "TABLE") or name_after(statement, "TRUNCATE")
    return found(
        Effect.D1, statement, f"empties {target}", bulk=Bulk.ALL, target=target, kind="table"
    )


def _create(statement: Statement) -> Judgement:
    if statement.has("OR", "REPLACE") and {"TABLE", "DATABASE", "SCHEMA"} & set(
        statement.words[:5]
    ):
        target = name_after(statement, "TABLE") or name_after(statement, "DATABASE")
        return found(Effect.D4, statement, f"replaces {target} if it is there", target=target)
    return found(Effect.WRITE, statement, "makes something new")


def _merge(statement: Statement) -> Judgement:
    if statement.has("THEN", "DELETE"):
        return found(
            Effect.D1, statement, "a merge that deletes", target=name_after(statement, "INTO")
        )
    return found(Effect.WRITE, statement, "a merge")


_IS_TEXT = re.compile(r"\s*(?:--[^\n]*\n\s*)*\(?[A-Za-z]{3,}\s+\S")
"""A literal that may be statements, and is no name."""


def _run(statement: Statement) -> Judgement:
    """Judge what runs a text, or a procedure by its name."""
    inner = [text for text in statement.literals if _IS_TEXT.match(text)]
    parts = [_judged(_body(text), "postgres", statement.depth + 1) for text in inner]
    for place, word in enumerate(statement.words):
        if place and word in {"DROP", "DELETE", "TRUNCATE", "UPDATE", "ALTER"}:
            rest = statement.words[place:]
            parts.append(_judge(Statement(rest, (), " ".join(rest), statement.depth)))
            break
    name = " ".join(statement.words[0 if statement.words[1:2] == (".",) else 1 :][:8])
    if re.search(r"EXPIRE_SNAPSHOTS|DELETE_BACKUP|BACKUPHISTORY|REMOVE_ORPHAN|PURGE_BACKUP|XP_DELETE_FILE|RDS_RDS_PURGE",
                 name.replace(" ", "")):  # fmt: skip
        parts.append(found(Effect.D2, statement, "a procedure that deletes recovery copies",
                            recovery=True))  # fmt: skip
    elif "XP_CMDSHELL" in name:
        parts = [
            judge_cmd(text) or unknown("SQL runs a command of the host's")
            for text in statement.literals
        ]
    elif _TAKES_AWAY.search(name.replace(" ", "")):
        parts.append(found(Effect.D1, statement, "a procedure that deletes by its name",
                           recovery=any(map(is_recovery, statement.literals))))  # fmt: skip
    elif not parts:
        parts.append(
            unknown(f"what the procedure does is not known ({name[:60].lower()})", "sql.call")
        )
    return worst_of(parts)


_TAKES_AWAY = re.compile(
    r"ROLLBACK_TO|FREMOVE|DOLT_(?:RESET|CLEAN)|DROP_|DELETE_|PURGE|TRUNCATE|WIPE|SP_(?:DROP|DELETE|DETACH|REVOKE|REMOVE)"
)
"""Procedures' names that say so, SQL Server's of its catalogue too."""


def _body(text: str) -> str:
    """Return a procedure's body so that each statement stands alone."""
    return re.sub(r"\b(BEGIN|THEN|ELSE|LOOP)\b", r"\1;", text, flags=re.IGNORECASE)


def _grant(statement: Statement) -> Judgement:
    if statement.words[0] == "REVOKE":
        return found(Effect.D6, statement, "rights are taken away")
    if statement.words[1:2] == ("ALL",) and re.search(
        r"ON \* \. \*|ON DATABASE|SUPERUSER", statement.text
    ):
        return found(Effect.D5, statement, "every right on everything is given")
    return found(Effect.WRITE, statement, "rights are given")


def _copy(statement: Statement) -> Judgement:
    if statement.has("OVERWRITE", "=", "TRUE"):
        return found(Effect.D4, statement, "overwrites the files that are there")
    if "PROGRAM" in statement.words:
        return unknown("COPY runs a program on the database's host", "sql.copy")
    if "TO" in statement.words and "FROM" not in statement.words:
        return found(Effect.READ, statement, "data are copied out")
    return found(Effect.WRITE, statement, "data are loaded")


def _insert(statement: Statement) -> Judgement:
    if "OVERWRITE" in statement.words[:3]:
        return found(Effect.D4, statement, "overwrites what was there", target=statement.words[-1])
    return worst_of([found(Effect.WRITE, statement, "adds rows"), *_inside(statement)])


def _explain(statement: Statement) -> Judgement:
    runs = "ANALYZE" in statement.words[:5]
    place = next((n for n, w in enumerate(statement.words) if w in {"DELETE", "UPDATE", "INSERT",
                                                                   "MERGE", "TRUNCATE"}), 0)  # fmt: skip
    if runs and place:
        rest = statement.words[place:]
        return _judge(Statement(rest, statement.literals, " ".join(rest), statement.depth))
    return Judgement(Effect.READ, ("SQL EXPLAIN runs nothing",), "sql.explain")


def _block(statement: Statement) -> Judgement:
    """Judge what a condition or a loop is around: `IF EXISTS (...) DROP TABLE t`."""
    for place, word in enumerate(statement.words):
        before = statement.words[place - 1] if place else ""
        if word in _BLOCKS_HOLD and before not in {"IF", "(", "FOR", "AS"}:
            rest = statement.words[place:]
            inner = Statement(rest, statement.literals, " ".join(rest), statement.depth)
            return worst_of(
                [found(Effect.WRITE, statement, "a condition or a loop"), _judge(inner)]
            )
    return found(Effect.WRITE, statement, "a condition or a loop")


_BLOCKS_HOLD = frozenset({"DROP", "DELETE", "TRUNCATE", "ALTER", "UPDATE", "EXEC", "EXECUTE", "PURGE",
                          "REVOKE", "BACKUP", "RESTORE"})  # fmt: skip


def _load(statement: Statement) -> Judgement:
    if "OVERWRITE" in statement.words:
        return found(Effect.D4, statement, "overwrites what was there")
    return found(Effect.WRITE, statement, "loads data, or replaces rows that it names")


def _prepare(statement: Statement) -> Judgement:
    inner = [_judged(text, "mysql", statement.depth + 1) for text in statement.literals]
    return worst_of([found(Effect.WRITE, statement, "a statement is prepared"), *inner])


def _plain(effect: Effect, reason: str) -> Callable[[Statement], Judgement]:
    def judge(statement: Statement) -> Judgement:
        return found(effect, statement, reason, recovery=effect is Effect.D2 or None)

    return judge


_BY_VERB: dict[str, Callable[[Statement], Judgement]] = {
    **dict.fromkeys(("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "LIST",
                     "HELP", "FROM", "PRINT", "\\D", "LISTEN", "FETCH", "CHECK", "EXPORT", "UNLOAD",
                     "CROSSCHECK", "REPORT", "GET", "LS", "SUMMARIZE"), _read),
    "EXPLAIN": _explain, "PRAGMA": _pragma, "DELETE": _delete, "UPDATE": _update, "DROP": _drop, "TRUNCATE": _truncate,
    "ALTER": alter, "CREATE": _create, "MERGE": _merge, "DO": _run, "EXEC": _run, "EXECUTE": _run,
    "CALL": _run, "PURGE": sql_recovery.purge, "RESET": sql_recovery.reset, "BACKUP": sql_recovery.backup, "GRANT": _grant,
    "REVOKE": _grant, "COPY": _copy, "INSERT": _insert, "VACUUM": sql_recovery.vacuum, "SET": set_option, "OPTIMIZE": sql_upkeep.optimize, "SYSTEM": sql_upkeep.system,
    "UNDROP": _plain(Effect.WRITE, "takes a drop back"),
    "RESTORE": sql_recovery.restore, "CONFIGURE": sql_recovery.configure, "CHANGE": sql_recovery.change,
    "PAUSE": sql_recovery.pause,
    "FLASHBACK": _plain(Effect.D4, "goes back over what is there"),
    "DETACH": _plain(Effect.D5, "takes a table or database out of use"),
    "SHUTDOWN": _plain(Effect.D5, "stops the server"),
    "NOAUDIT": _plain(Effect.D5, "what is done is no longer written down"),
    "FSCK": sql_upkeep.fsck, "MATCH": sql_upkeep.graph,
    "DENY": _plain(Effect.D6, "rights are denied"),
    "ERASE": _plain(Effect.D1, "erases"), "REMOVE": _plain(Effect.D1, "removes"),
    "KILL": _plain(Effect.WRITE, "ends a session or a query"),
    "RENAME": _plain(Effect.WRITE, "renames"),
    "REPLACE": _load,
    "IF": _block, "FOR": _block, "WHILE": _block, "LOAD": _load, "DBCC": sql_upkeep.dbcc, "MSCK": sql_upkeep.msck, "PREPARE": _prepare,
    "IMPORT": _plain(Effect.WRITE, "loads data"),
    **dict.fromkeys(("USE", "START", "COMMIT", "END", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK",
                     "ANALYZE", "REINDEX", "CLUSTER", "REFRESH", "COMMENT", "LOCK",
                     "UNLOCK", "NOTIFY", "CACHE", "ATTACH", "DECLARE",
                     "DEALLOCATE", "DISCARD", "CHECKPOINT", "REASSIGN", "UPSERT", "RAISE", "RETURN",
                     "CLOSE", "OPEN", "FLUSH", "REPAIR", "GO", "APPLY"),
                    _plain(Effect.WRITE, "upkeep, settings or transactions")),
}  # fmt: skip
