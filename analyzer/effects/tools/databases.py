"""What database clients are told: SQL in its own dialect, Redis, Mongo."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from analyzer.effects.mongo import judge_mongo
from analyzer.effects.places import UNKNOWN, environment_in
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.redis import judge_redis
from analyzer.effects.shell.options import cut
from analyzer.effects.sql import judge_sql
from analyzer.effects.tools.context import Context, Tool
from analyzer.extent import Bulk
from analyzer.model import Effect, Judgement

__all__ = ["DATABASE_TOOLS"]


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
