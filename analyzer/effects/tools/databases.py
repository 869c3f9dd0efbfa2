"""What database clients are told: SQL in its own dialect, Redis, Mongo."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from analyzer.effects.names import is_recovery
from analyzer.effects.places import UNKNOWN, environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.shell.options import cut
from analyzer.effects.sql import judge_sql
from analyzer.effects.tools.context import Context, Tool
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["DATABASE_TOOLS", "judge_mongo", "judge_redis"]


def _placed(context: Context, judgement: Judgement) -> Judgement:
    """Return a judgement with the environment that the client's address tells."""
    if judgement.environment != UNKNOWN or judgement.effect in {Effect.READ, Effect.WRITE}:
        return judgement
    words = " ".join(w.text for w in context.command.words)
    environment, basis = environment_in(f"{words} {context.place.host}")
    return replace(judgement, environment=environment, environment_basis=basis)


def _sql_client(dialect: str, options: str, *, position: int = -1) -> Tool:
    """Return a judge for a client that takes SQL by these options, else as its n-th word."""
    names = tuple(options.split())
    valued = frozenset(names) | frozenset({
        "-h", "-p", "-U", "-u", "-d", "-P", "--host", "--port", "--user", "--username", "--dbname",
        "--database", "-D", "-S", "--password", "-v", "-o", "--output", "-f", "--file", "-i", "-s",
    })  # fmt: skip

    def judge(context: Context) -> Judgement | None:
        own = context.command.arguments[:1]
        if context.command.name == "cockroach" and own != ("sql",):
            return None  # its other commands carry no SQL
        arguments = cut(
            context.command.arguments, valued - {"-p"} if dialect == "mysql" else valued
        )
        texts = [value for name, value in arguments.values if name in names]
        texts += [o[len(n) :] for o in arguments.options for n in names
                  if len(n) == 2 and o.startswith(n) and len(o) > 6]  # fmt: skip
        texts += [v for n, v in arguments.values if n not in names and _clustered(n, names)]
        for option, text in arguments.values:
            if option in {"-f", "--file", "-i"} and text not in {"", "-", "/dev/stdin"}:
                found = unknown(
                    f"{context.command.name} runs the file {text[:80]}, which is not read"
                )
                return worst_of([found, *(_statements(context, t, dialect) for t in texts)])
        if position >= 0:
            texts += list(arguments.words[position:])
        if not texts and context.command.stdin is not None:
            texts = [context.command.stdin]
        if not texts:
            if context.command.piped and re.match(
                r"\s*(?:mysqldump|mariadb-dump)\b", context.command.hints
            ):
                why = "a dump that drops each table first is loaded"
                return _placed(
                    context, Judgement(Effect.D4, (why,), context.command.name, bulk=Bulk.ALL)
                )
            if context.command.piped:
                return unknown(f"{context.command.name} runs what comes down a pipe")
            if arguments.has("-l", "--list"):
                return Judgement(Effect.READ, (f"{context.command.name} lists databases",))
            return unknown(f"{context.command.name} waits for statements")
        parts = [_placed(context, _statements(context, text, dialect)) for text in texts]
        return worst_of(parts)

    return judge


def _clustered(option: str, names: Sequence[str]) -> bool:
    """Tell whether short options in one word end with one that takes SQL: `-Atc`, `-sNe`."""
    return bool(re.fullmatch(r"-[A-Za-z]{2,}", option)) and f"-{option[-1]}" in names


_META = re.compile(r"^\s*(?:\\(?P<slash>\S+)|\.(?P<dot>[a-z]\w*))[ \t]*(?P<rest>.*)$", re.MULTILINE)


def _statements(context: Context, text: str, dialect: str) -> Judgement:
    parts: list[Judgement] = []
    if dialect in {"postgres", "sqlite"} or (dialect == "mysql" and "\\!" in text):
        parts += [
            _meta(context, meta["slash"] or meta["dot"], meta["rest"])
            for meta in _META.finditer(text)
        ]
        text = _META.sub("", text)
    if text.strip():
        parts.append(judge_sql(text, dialect))
    return worst_of(parts)


def _meta(context: Context, name: str, rest: str) -> Judgement:
    """Judge a client's own command: psql's `\\!`, sqlite3's `.shell`."""
    if name in {"!", "shell", "system"} or name.startswith("!"):
        return context.shell(f"{name.removeprefix('!')} {rest}".replace("shell ", "", 1)
                             if name.startswith("!") else rest)  # fmt: skip
    if name in {"i", "ir", "include", "read", "import", "gexec"}:
        return unknown(f"{name} runs a file that is not read")
    if name in {"restore", "drop"}:
        return Judgement(Effect.D4, (f".{name} overwrites the database",), f".{name}")
    return Judgement(Effect.READ, (f"the client's own command {name}",))


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


def judge_redis(words: list[str]) -> Judgement:
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


def _redis(context: Context) -> Judgement | None:
    valued = frozenset(
        {"-h", "-p", "-a", "-n", "-u", "-s", "-i", "-r", "--user", "--pass", "-x"}
    ) - {"-x"}
    arguments = cut(context.command.arguments, valued)
    if arguments.has("--scan", "--stat", "--latency", "--bigkeys", "--memkeys", "--rdb"):
        return Judgement(Effect.READ, ("redis-cli looks",), "redis-cli")
    if arguments.has("--eval"):
        return unknown("redis-cli runs a script's file, which is not read")
    words = list(arguments.words)
    if not words and context.command.stdin is not None:
        lines = [line.split() for line in context.command.stdin.splitlines() if line.strip()]
        return worst_of([_placed(context, judge_redis(line)) for line in lines])
    if not words and context.command.piped:
        return unknown("redis-cli runs what comes down a pipe")
    if arguments.has("--cluster"):
        verb = arguments.value("--cluster")
        if verb == "call":  # of every node
            return _placed(
                context, judge_redis(words[words.index("call") + 2 if "call" in words else 1 :])
            )
        if verb not in {"check", "info", "del-node", "reshard", "fix", "import"}:
            return Judgement(Effect.WRITE, (f"redis-cli --cluster {verb}",), "redis-cli")
        bad = verb in {"del-node", "reshard", "fix", "import"}
        return Judgement(Effect.D3 if bad else Effect.READ, (f"redis-cli --cluster {verb}",))
    return _placed(context, judge_redis(words))


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


def _mongo(context: Context) -> Judgement | None:
    arguments = cut(
        context.command.arguments, frozenset({"--eval", "-u", "-p", "--host", "--port"})
    )
    script = arguments.value("--eval") or context.command.stdin or ""
    if not script:
        if any(word.endswith(".js") for word in arguments.words):
            return unknown("mongosh runs a file that is not read")
        return unknown("mongosh waits for commands")
    return _placed(context, judge_mongo(script))


def _plain(effect: Effect, why: str, *, bulk: Bulk = Bulk.ALL, recovery: bool = False) -> Tool:
    def judge(context: Context) -> Judgement | None:
        arguments = cut(context.command.arguments)
        return _placed(context, Judgement(
            effect, (f"{context.command.name}: {why}",), context.command.name,
            target_id=arguments.words[-1] if arguments.words else "",
            same_domain=True if recovery else None, bypass=arguments.bypasses(("-f",)), bulk=bulk,
        ))  # fmt: skip

    return judge


def _mysqladmin(context: Context) -> Judgement | None:
    words = cut(context.command.arguments, frozenset({"-u", "-h", "-P"})).words
    if "drop" in words:
        return _plain(Effect.D3, "drops a database")(context)
    if {"shutdown", "flush-privileges", "password", "kill"} & set(words):
        return Judgement(Effect.D5, (f"mysqladmin {words[0]}",), "mysqladmin")
    return Judgement(Effect.READ, ("mysqladmin asks",), "mysqladmin")


def _restore(*flags: str) -> Callable[[Context], Judgement | None]:
    def judge(context: Context) -> Judgement | None:
        arguments = cut(context.command.arguments)
        if arguments.has(*flags):
            return _plain(Effect.D4, "drops what is there before it restores")(context)
        return Judgement(
            Effect.WRITE, (f"{context.command.name} loads data",), context.command.name
        )

    return judge


def _sqlite_utils(context: Context) -> Judgement | None:
    words = cut(context.command.arguments).words
    if words[:1] == ("query",) and len(words) > 2:
        return judge_sql(words[2], "sqlite")
    return None


DATABASE_TOOLS: dict[str, Tool] = {
    "psql": _sql_client("postgres", "-c --command"), "pgcli": _sql_client("postgres", "-c --command"),
    "mysql": _sql_client("mysql", "-e --execute"), "mariadb": _sql_client("mysql", "-e --execute"),
    "mycli": _sql_client("mysql", "-e --execute"), "sqlite3": _sql_client("sqlite", "-cmd", position=1),
    "sqlite": _sql_client("sqlite", "-cmd", position=1), "duckdb": _sql_client("duckdb", "-c -s", position=1),
    "cockroach": _sql_client("postgres", "-e --execute"), "cqlsh": _sql_client("", "-e --execute"),
    "clickhouse-client": _sql_client("clickhouse", "-q --query"),
    "sqlcmd": _sql_client("tsql", "-Q -q"), "osql": _sql_client("tsql", "-Q -q"),
    "snowsql": _sql_client("snowflake", "-q --query"), "snow": _sql_client("snowflake", "-q --query"),
    "impala-shell": _sql_client("hive", "-q --query"), "beeline": _sql_client("hive", "-e"),
    "hive": _sql_client("hive", "-e"), "presto": _sql_client("presto", "--execute"),
    "trino": _sql_client("trino", "--execute"), "vsql": _sql_client("postgres", "-c"),
    "usql": _sql_client("", "-c --command"), "rman": _sql_client("oracle", "cmdline"),
    "sqlplus": _sql_client("oracle", "-e"), "isql": _sql_client("", "-e"), "ysqlsh": _sql_client("postgres", "-c"),
    "spark-sql": _sql_client("spark", "-e"), "spark-beeline": _sql_client("spark", "-e"),
    "presto-cli": _sql_client("presto", "--execute"), "ksql": _sql_client("", "-e --execute"),
    "tsql": _sql_client("tsql", "-Q"), "nzsql": _sql_client("postgres", "-c"), "db2": _sql_client("", "", position=0),
    "gsql": _sql_client("postgres", "-c"), "ksqldb": _sql_client("", "-e --execute"), "exaplus": _sql_client("", "-sql"),
    "q": _sql_client("sqlite", "", position=0), "textql": _sql_client("sqlite", "-sql"),
    "litecli": _sql_client("sqlite", "-e"),
    "redis-cli": _redis, "valkey-cli": _redis, "keydb-cli": _redis, "mongo": _mongo, "mongosh": _mongo,
    "dropdb": _plain(Effect.D3, "drops a database"), "dropuser": _plain(Effect.D6, "drops a role", bulk=Bulk.ONE),
    "mysqladmin": _mysqladmin, "mariadb-admin": _mysqladmin, "pg_restore": _restore("--clean", "-c"),
    "mongorestore": _restore("--drop"), "pg_archivecleanup": _plain(Effect.D2, "deletes archived log", recovery=True),
    "pg_resetwal": _plain(Effect.D2, "throws the write-ahead log away", recovery=True),
    "pg_dropcluster": _plain(Effect.D3, "drops a cluster"), "sqlite-utils": _sqlite_utils,
}  # fmt: skip
