"""Judge scripts for MongoDB's shell, by the calls in them."""

from __future__ import annotations

import re

from analyzer.effects.names import is_recovery
from analyzer.effects.ranks import unknown
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["judge_mongo"]

_MONGO = (
    (r"\bdropDatabase\s*\(", Effect.D3, Bulk.ALL, "a database is dropped"),
    (r"\.drop\s*\(\s*\)|\.drop\s*\(\s*\{|dropCollection\s*\(", Effect.D1, Bulk.ALL, "a collection is dropped"),
    (r"\.(?:deleteMany|remove)\s*\(\s*(?:\{\s*\}|\)|,)", Effect.D1, Bulk.ALL, "every document is deleted"),
    (r"\.(?:deleteMany|remove)\s*\(", Effect.D1, Bulk.SOME, "documents are deleted"),
    (r"\.(?:deleteOne|findOneAndDelete|findAndRemove)\s*\(", Effect.D1, Bulk.ONE, "a document is deleted"),
    (r"\.dropIndex(?:es)?\s*\(", Effect.D1, Bulk.SOME, "an index is dropped"),
    (r"\b(?:dropUser|dropRole|dropAllUsers|revokeRolesFromUser)\w*\s*[(:]", Effect.D6, Bulk.ONE, "access is taken away"),
    (r"shutdownServer\s*\(|\bshutdown\b\s*:", Effect.D5, Bulk.ALL, "the server is stopped"),
    (r"\.(?:updateMany|update)\s*\(\s*\{\s*\}", Effect.D4, Bulk.ALL, "every document is overwritten"),
    (r"\b(?:dropDatabase|drop)\s*:\s*", Effect.D1, Bulk.ALL, "dropped by a command"),
    (r"\$out\b", Effect.D4, Bulk.ALL, "a collection is replaced"),
    (r"\brs\.(?:remove|reconfig)\s*\(", Effect.D5, Bulk.ONE, "a replica is taken out"),
    (r"removeShard", Effect.D3, Bulk.ONE, "a shard is taken out"),
    (r"\.renameCollection\s*\([^)]*true", Effect.D4, Bulk.ALL, "a collection is replaced"),
)  # fmt: skip


def judge_mongo(script: str) -> Judgement:
    """Return the effect of a script for Mongo's shell."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", script, flags=re.DOTALL)
    for pattern, effect, bulk, why in _MONGO:
        if re.search(pattern, bare):
            if effect in {Effect.D1, Effect.D3} and is_recovery(bare):
                return Judgement(Effect.D2, (f"Mongo: {why}; by its name it holds recovery copies",),
                                 "mongo", bulk=bulk, same_domain=True)  # fmt: skip
            return Judgement(effect, (f"Mongo: {why}",), "mongo", bulk=bulk)
    if re.search(r"\.(?:find|findOne|count\w*|aggregate|distinct|stats|explain|getIndexes|status|hello)\s*\(|"
                 r"^\s*(?:show|db\.\w+\(\)|print|use)\b", bare):  # fmt: skip
        return Judgement(Effect.READ, ("Mongo: reads",), "mongo")
    if re.search(r"\.(?:insert\w*|update\w*|create\w*|replaceOne|save|bulkWrite)\s*\(", bare):
        return Judgement(Effect.WRITE, ("Mongo: writes",), "mongo")
    return unknown("a Mongo script that says nothing known")
