"""Judge SQL about what can be restored from: backups, logs, schedules, old versions of rows."""

from __future__ import annotations

import re

from analyzer.effects.sql_statements import Statement
from analyzer.effects.sql_telling import found
from analyzer.model import Effect, Judgement

__all__ = ["backup", "change", "configure", "pause", "purge", "reset", "restore", "vacuum"]


def purge(statement: Statement) -> Judgement:
    """Return what a PURGE does: logs, copies, the recycle bin."""
    text = statement.text
    if re.search(r"LOGS|BACKUP|SNAPSHOT|RECYCLEBIN", text):
        return found(Effect.D2, statement, "logs or copies that could be restored from are purged",
                      recovery=True)  # fmt: skip
    return found(Effect.D1, statement, "purges for good")


def reset(statement: Statement) -> Judgement:
    """Return what a RESET does: binary logs, or a setting."""
    if {"MASTER", "SLAVE", "REPLICA"} & set(statement.words[1:3]) or statement.has(
        "BINARY", "LOGS"
    ):
        return found(Effect.D2, statement, "binary logs are deleted", recovery=True)
    return found(Effect.WRITE, statement, "a setting goes back to its default")


def backup(statement: Statement) -> Judgement:
    """Return what a BACKUP does; one to nowhere breaks the chain."""
    if any(text.upper().rstrip(":") in {"NUL", "/DEV/NULL"} for text in statement.literals) or (
        {"TRUNCATE_ONLY", "NO_LOG"} & set(statement.words)
    ):
        return found(
            Effect.D2, statement, "a backup to nowhere breaks the chain of logs", recovery=True
        )
    return found(Effect.WRITE, statement, "a backup is made")


def restore(statement: Statement) -> Judgement:
    """Return what a RESTORE does."""
    if {"VERIFYONLY", "HEADERONLY", "FILELISTONLY", "LABELONLY", "VALIDATE", "PREVIEW"} & set(
        statement.words
    ):
        return found(Effect.READ, statement, "a backup is looked at")
    return found(Effect.D4, statement, "restores over what is there")


def vacuum(statement: Statement) -> Judgement:
    """Return what a VACUUM does; with nothing retained, old versions go."""
    if statement.has("RETAIN", "0"):
        return found(Effect.D2, statement, "old versions are deleted at once", recovery=True)
    return found(Effect.WRITE, statement, "upkeep")


def configure(statement: Statement) -> Judgement:
    """Return what RMAN's CONFIGURE does: how long backups count as needed."""
    if statement.has("RETENTION", "POLICY") and not {"NONE", "CLEAR"} & set(statement.words):
        return found(Effect.D5, statement, "says anew how long backups are kept", recovery=True)
    return found(Effect.WRITE, statement, "a setting")


def change(statement: Statement) -> Judgement:
    """Return what RMAN's CHANGE does to the backups that it names."""
    if {"DELETE", "UNCATALOG", "NOKEEP"} & set(statement.words):
        return found(Effect.D2, statement, "backups are deleted or forgotten", recovery=True)
    return found(Effect.WRITE, statement, "marks backups")


def pause(statement: Statement) -> Judgement:
    """Return what a PAUSE does; CockroachDB's backups run by schedules."""
    if {"SCHEDULE", "SCHEDULES"} & set(statement.words[1:2]):
        return found(Effect.D5, statement, "what a schedule makes, backups for one, is made no more",
                      recovery=True)  # fmt: skip
    return found(Effect.WRITE, statement, "a job waits")
