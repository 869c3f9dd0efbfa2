"""Judge SQL of upkeep: checks, repairs, partitions, patterns of graphs that stand beside SQL."""

from __future__ import annotations

import re

from analyzer.effects.sql_statements import Statement
from analyzer.effects.sql_telling import found
from analyzer.model import Effect, Judgement

__all__ = ["dbcc", "fsck", "graph", "msck", "optimize", "system"]


def dbcc(statement: Statement) -> Judgement:
    """Return what SQL Server's DBCC does: it checks, or throws away what it cannot keep."""
    if re.search(r"REPAIR_|SHRINK|FREEPROCCACHE|DBREPAIR|WRITEPAGE", statement.text):
        return found(Effect.D1, statement, "DBCC throws away what it cannot keep")
    return found(Effect.READ, statement, "DBCC checks")


def msck(statement: Statement) -> Judgement:
    """Return what Hive's MSCK does to partitions without files."""
    if re.search(r"DROP|SYNC", statement.text):
        return found(Effect.D1, statement, "partitions that have no files are dropped")
    return found(Effect.WRITE, statement, "upkeep")


def optimize(statement: Statement) -> Judgement:
    """Return what an OPTIMIZE does; deduplicating deletes rows."""
    if "DEDUPLICATE" in statement.words:
        return found(Effect.D1, statement, "rows that stand twice are deleted")
    return found(Effect.WRITE, statement, "upkeep")


def system(statement: Statement) -> Judgement:
    """Judge ClickHouse's SYSTEM: caches and replicas are dropped, queues stopped."""
    if "REPLICA" in statement.words and "DROP" in statement.words:
        return found(Effect.D3, statement, "a replica's metadata go")
    return found(Effect.WRITE, statement, "upkeep of the server")


def fsck(statement: Statement) -> Judgement:
    """Judge Delta Lake's FSCK: files that are missing are struck from the table's log."""
    if statement.has("DRY", "RUN"):
        return found(Effect.READ, statement, "says which files are missing")
    return found(Effect.D1, statement, "files that are missing are struck from the table")


def graph(statement: Statement) -> Judgement:
    """Judge Cypher, or GQL, that is given where SQL is."""
    if {"DELETE", "REMOVE", "DROP"} & set(statement.words):
        return found(Effect.D1, statement, "deletes what a pattern matches")
    writes = {"SET", "CREATE", "MERGE"} & set(statement.words)
    return found(Effect.WRITE if writes else Effect.READ, statement, "a pattern is matched")
