"""Judge SQL that changes what is there, and settings: what of it takes data, guards or ways back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from analyzer.effects.names import is_recovery
from analyzer.effects.sql_statements import Statement
from analyzer.effects.sql_telling import found, join_name
from analyzer.model import Effect, Judgement

__all__ = ["alter", "set_option"]

_NO_RECOVERY = re.compile(
    r"DATA_RETENTION_TIME_IN_DAYS = 0|NOARCHIVELOG|FLASHBACK OFF|RECOVERY SIMPLE"
    r"|WAL_LEVEL (?:=|TO) (?:MINIMAL|')|ARCHIVE_(?:MODE|COMMAND|LIBRARY) (?:=|TO) |RESET ARCHIVE_"
    r"|BINLOG_EXPIRE_LOGS_SECONDS = |DISABLE_?BACKUP|FAIL_?SAFE|TIME_TRAVEL|MAX_DATA_EXTENSION"
    r"|SQL_LOG_BIN = (?:0|OFF|FALSE)|RETENTION_PERIOD|DROP SNAPSHOT|UNSET BACKUP|SUSPEND BACKUP"
    r"|EXPIRE_LOGS_DAYS = |TTLSECONDS = \d{1,4}\b|SYSTEM_VERSIONING = OFF|DROP SYSTEM VERSIONING"
    r"|FLASHBACK ARCHIVE \w+ PURGE|NO FLASHBACK ARCHIVE"
)
_GUARDS_OFF = re.compile(
    r"(?:FSYNC|FULL_PAGE_WRITES|SYNCHRONOUS_COMMIT|SSL|LOG_STATEMENT|LOG_CONNECTIONS) (?:=|TO) (?:OFF|FALSE|'|0)"
    r"|DISABLE (?:ROW LEVEL SECURITY|TRIGGER|RULE)|NO FORCE ROW LEVEL|NOCHECK CONSTRAINT"
    r"|DROP CONSTRAINT|DROP POLICY|DISABLE ALWAYS|SET READ_WRITE|NOLOGIN|PASSWORD|AUDIT"
)


_CUTS_OFF = re.compile(
    r"\bNO(?:SUPERUSER|LOGIN|CREATEDB|CREATEROLE)\b|\bDISABLED? = TRUE|\bACCOUNT LOCK|\bDISABLE\b|\bDROP ROLE"
)
_SETS_ALL = re.compile(r"\bUPDATE \w+ = .* WHERE (?:1|TRUE|1 = 1)$")
"""ClickHouse's mutation of every row."""


def alter(statement: Statement) -> Judgement:
    """Return what an ALTER does."""
    text = statement.text
    target = join_name([w for w in statement.words[2:] if w not in {"IF", "EXISTS", "ONLY"}])
    if _NO_RECOVERY.search(text) and not re.search(r"ARCHIVE_MODE (?:=|TO) (?:ON|ALWAYS)", text):
        return found(Effect.D5, statement, "shortens or ends what could be restored",
                      recovery=True, target=target)  # fmt: skip
    if statement.has("BACKUP", "SCHEDULE") and any(
        "never" in t.lower() for t in statement.literals
    ):
        return found(Effect.D5, statement, "full backups are made no more", recovery=True)
    if statement.has("OPEN", "RESETLOGS"):
        return found(Effect.D4, statement, "what the logs held is given up")
    if "TBLPROPERTIES" in statement.words and _keeps_nothing(statement.literals):
        return found(Effect.D5, statement, "old versions are no longer kept", recovery=True,
                      target=target)  # fmt: skip
    if statement.has("DROP", "PARTITION") or (
        "DROP" in statement.words
        and not re.search(r"DROP (?:NOT NULL|DEFAULT|CONSTRAINT|POLICY|IDENTITY|EXPRESSION)", text)
    ):
        # Iceberg's tags and branches keep the snapshots that they name.
        named = re.search(r"DROP (?:TAG|BRANCH) (?:IF EXISTS )?(\S+)", text)
        return found(Effect.D1, statement, f"drops a part of {target}", target=target,
                      recovery=bool(named and is_recovery(named[1])) or None)  # fmt: skip
    if _deletes(statement.words) or statement.has("CLEAR", "COLUMN"):
        return found(Effect.D1, statement, f"deletes rows of {target}", target=target)
    if statement.has("TRUNCATE", "PARTITION"):
        return found(Effect.D1, statement, f"empties a part of {target}", target=target)
    if re.search(r"\bSWITCH (?:PARTITION .{1,60} )?TO\b|\bTTL\b.*\bINTERVAL\b", text):
        return found(Effect.D1, statement, f"rows leave {target}", target=target)
    if re.search(r"\bEXECUTE (?:EXPIRE_SNAPSHOTS|REMOVE_ORPHAN_FILES|DROP_EXTENDED_STATS)", text):
        return found(Effect.D2, statement, "old versions are deleted", recovery=True)
    if re.search(r"\bDISCARD TABLESPACE\b", text):
        return found(Effect.D1, statement, f"deletes the file of {target}", target=target)
    if statement.has("DETACH", "PARTITION"):
        return found(Effect.D1, statement, f"a part leaves {target}", target=target)
    if statement.words[1:2] in {("USER",), ("ROLE",), ("LOGIN",)} and _CUTS_OFF.search(text):
        return found(Effect.D6, statement, f"takes rights of {target} away", target=target)
    if statement.words[1:2] == ("TABLE",) and _SETS_ALL.search(text):
        return found(Effect.D4, statement, f"overwrites every row of {target}", target=target)
    if re.search(
        r"\bSET (?:OFFLINE|EMERGENCY|SINGLE_USER)\b|^ALTER (?:TABLESPACE|DATABASE) .*\bOFFLINE\b",
        text,
    ):
        return found(Effect.D5, statement, f"takes {target} out of use", target=target)
    if re.search(r"^ALTER RETENTION POLICY .*\bDURATION\b", text):
        return found(
            Effect.D5, statement, "what is older than the new duration goes", target=target
        )
    if _GUARDS_OFF.search(text):
        return found(Effect.D5, statement, f"takes a guard off {target}", target=target)
    return found(Effect.WRITE, statement, f"changes {target}")


def _deletes(words: Sequence[str]) -> bool:
    """Tell whether a change deletes rows itself; `ON DELETE CASCADE` says what others' will do."""
    return any(
        word == "DELETE" and (not place or words[place - 1] != "ON")
        for place, word in enumerate(words)
    )


def _keeps_nothing(literals: Sequence[str]) -> bool:
    """Tell whether a table's properties end how long old versions are kept (Delta, Iceberg)."""
    return any(
        re.search(r"(?i)retention|snapshot-age|min-snapshots", name)
        and re.fullmatch(r"(?i)(?:interval\s+)?0\b.*", value)
        for name, value in pairwise(literals)
    )


def set_option(statement: Statement) -> Judgement:
    """Return what a SET does."""
    if _NO_RECOVERY.search(statement.text):
        return found(Effect.D5, statement, "ends what could be restored", recovery=True)
    if statement.has("SET", "PASSWORD"):
        return found(Effect.D6, statement, "sets another password")
    return found(Effect.WRITE, statement, "a setting")
