"""Judge what Redis is told, whichever client tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.effects.ranks import unknown, worst_of
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["judge_redis"]

REDIS_DESTROYS: dict[str, tuple[Effect, Bulk]] = {
    "FLUSHALL": (Effect.D1, Bulk.ALL), "FLUSHDB": (Effect.D1, Bulk.ALL), "DEL": (Effect.D1, Bulk.SOME),
    "UNLINK": (Effect.D1, Bulk.SOME), "GETDEL": (Effect.D1, Bulk.ONE), "HDEL": (Effect.D1, Bulk.ONE),
    "LTRIM": (Effect.D1, Bulk.SOME), "LREM": (Effect.D1, Bulk.SOME), "SREM": (Effect.D1, Bulk.SOME),
    "ZREM": (Effect.D1, Bulk.SOME), "ZREMRANGEBYSCORE": (Effect.D1, Bulk.SOME), "ZREMRANGEBYRANK": (Effect.D1, Bulk.SOME),
    "XTRIM": (Effect.D1, Bulk.SOME), "XDEL": (Effect.D1, Bulk.SOME), "SHUTDOWN": (Effect.D5, Bulk.ALL),
    "SWAPDB": (Effect.D4, Bulk.ALL), "RESTORE": (Effect.D4, Bulk.ONE), "EXPIRE": (Effect.D1, Bulk.ONE),
    "EXPIREAT": (Effect.D1, Bulk.ONE), "PEXPIRE": (Effect.D1, Bulk.ONE), "SPOP": (Effect.D1, Bulk.ONE),
    "LPOP": (Effect.D1, Bulk.ONE), "RPOP": (Effect.D1, Bulk.ONE), "JSON.DEL": (Effect.D1, Bulk.ONE),
    "FT.DROPINDEX": (Effect.D1, Bulk.ALL), "ACL DELUSER": (Effect.D6, Bulk.ONE),
    "SCRIPT FLUSH": (Effect.D1, Bulk.ALL), "FUNCTION FLUSH": (Effect.D1, Bulk.ALL),
    "FUNCTION DELETE": (Effect.D1, Bulk.ONE), "CLUSTER RESET": (Effect.D3, Bulk.ALL),
    "CLUSTER FORGET": (Effect.D3, Bulk.ONE), "CLUSTER FLUSHSLOTS": (Effect.D3, Bulk.ALL),
    "XGROUP DESTROY": (Effect.D1, Bulk.ONE), "CLIENT KILL": (Effect.D6, Bulk.SOME),
    "CONFIG RESETSTAT": (Effect.WRITE, Bulk.ONE), "DEBUG SEGFAULT": (Effect.D5, Bulk.ALL),
    "SLAVEOF": (Effect.D4, Bulk.ALL), "REPLICAOF": (Effect.D4, Bulk.ALL), "DEBUG RELOAD": (Effect.D4, Bulk.ALL),
}  # fmt: skip
REDIS_READS = frozenset(
    """
    GET MGET KEYS SCAN INFO PING TTL PTTL TYPE EXISTS HGET HGETALL HKEYS HLEN HMGET HVALS LRANGE LLEN
    LINDEX SMEMBERS SCARD SISMEMBER ZRANGE ZCARD ZSCORE DBSIZE MONITOR STRLEN GETRANGE XRANGE XLEN
    XREAD XINFO SLOWLOG MEMORY OBJECT TIME LASTSAVE ROLE COMMAND ECHO RANDOMKEY DUMP SSCAN HSCAN ZSCAN
    """.split()
)


def judge_redis(words: Sequence[str]) -> Judgement:
    """Return the effect of one Redis command."""
    upper = [word.upper() for word in words]
    if not upper:
        return unknown("redis-cli waits for commands")
    two = " ".join(upper[:2])
    known = REDIS_DESTROYS.get(two) or REDIS_DESTROYS.get(upper[0])
    if two == "CONFIG SET" and re.search(
        r"SAVE|APPENDONLY NO|DIR |DBFILENAME", " ".join(upper[2:])
    ):
        return Judgement(Effect.D5, ("Redis stops saving, or saves elsewhere",), "redis.config set",
                         same_domain=True)  # fmt: skip
    if two == "CONFIG SET" and re.match(
        r"MAXMEMORY(?! 0\b|-POLICY NOEVICTION)", " ".join(upper[2:])
    ):
        return Judgement(
            Effect.D5, ("Redis may throw keys away when memory is short",), "redis.config set"
        )
    if known:
        return Judgement(known[0], (f"Redis {two.title()} by its documentation",),
                         f"redis.{upper[0].lower()}", bulk=known[1])  # fmt: skip
    if upper[0] in REDIS_READS or two in {
        "CONFIG GET",
        "CLIENT LIST",
        "CLUSTER INFO",
        "CLUSTER NODES",
    }:
        return Judgement(Effect.READ, (f"Redis {upper[0]} reads",), "redis.read")
    if upper[0] in {"EVAL", "EVALSHA", "FCALL"}:
        script = " ".join(words[1:])
        calls = re.findall(r"redis\.p?call\(\s*['\"](\w+)", script)
        found = [judge_redis([call]) for call in calls]
        return worst_of(found) if found else unknown("a Lua script in Redis that cannot be read")
    return Judgement(Effect.WRITE, (f"Redis {upper[0]} sets",), "redis.write")
