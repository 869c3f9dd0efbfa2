"""Which services a deed speaks to: the host of a request, and what a command is a client of.

A command with a credential in its words or its environment uses it where its program speaks to.
`curl` and its like are left out: the request that they ask for is an action of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from analyzer.catalogue import providers
from analyzer.effects.shell.started import started_in
from analyzer.model import Action, Outcome
from analyzer.outcomes import REFUSAL
from analyzer.requests import host_of
from analyzer.texts import Blobs, Texts
from analyzer.tools import Family, arguments_of, command_of, family_of
from recorder import semconv
from recorder.model import Kind

__all__ = [
    "CLIENTS",
    "DATABASES",
    "hosts_in",
    "hosts_told",
    "is_refused",
    "services_in",
    "services_of",
]

MAX_COMMAND = 20_000
MAX_SERVICES = 8
MAX_RESULT = 100_000
DATABASES = frozenset({
    "psql", "pg_dump", "pg_restore", "pg_dumpall", "createdb", "dropdb", "mysql", "mysqldump",
    "mysqladmin", "mariadb", "mongosh", "mongo", "mongodump", "mongorestore", "redis-cli",
    "valkey-cli", "sqlcmd", "clickhouse-client", "cqlsh", "influx",
})  # fmt: skip
"""Clients whose `-h` names a host."""
CLIENTS = DATABASES | frozenset({
    "aws", "gcloud", "gsutil", "bq", "az", "railway", "vercel", "netlify", "fly", "flyctl",
    "heroku", "supabase", "neonctl", "neon", "pscale", "gh", "hub", "glab", "doctl", "hcloud",
    "linode-cli", "scw", "wrangler", "firebase", "kubectl", "oc", "helm", "terraform", "tofu",
    "pulumi", "terragrunt", "stripe", "twilio", "vault", "consul", "nomad", "turso", "cf", "oci",
    "ibmcloud", "render", "prisma", "drizzle-kit", "atlas", "rclone", "restic", "s3cmd", "s5cmd",
    "mc", "cockroach", "planetscale", "sentry-cli", "databricks", "snowsql", "confluent",
    "eksctl", "cdk", "sam", "serverless", "sls", "amplify", "eb",
})  # fmt: skip
"""Programs that act on something elsewhere with a credential of their user."""
_ADDRESS = re.compile(
    r"\b(?:https?|wss?|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|mssql|clickhouse"
    r"|cockroachdb|libsql|amqps?)(?:\+\w+)?://(?:[^\s/@'\"]*@)?([\w.-]+(?::\d+)?)",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"authentication failed|login failed|bad credentials|not logged in"
    r"|(?:unable|failed) to (?:authenticate|log ?in)|could(?: not|n['’]t) (?:be )?authenticated?"
    r"|https?://[^\s\"']{1,200}: 40[13]\b"
    r"|invalid (?:api[ _-]?)?(?:token|key|credentials?|password|access key)"
    r"|(?:token|key|credentials?|session) (?:is |has |was )?(?:not valid|invalid|expired|revoked)"
    r"|invalidclienttokenid|signaturedoesnotmatch|authfailure|expiredtoken|accessdenied"
    r"|access denied for user|\b(?:http|status|code|error)\W{0,3}(?:code\W{0,3})?40[13]\b",
    re.IGNORECASE,
)
_SET = re.compile(r"\benv\s+(?:\$\([^()]{0,400}\)|`[^`]{0,400}`)\s+([\w-]{1,40})([^;&|\n]{0,400})")
"""Behind an environment that is made when it runs no reader can tell where the command begins."""
_FILES = re.compile(r"permission denied(?!.{0,40}\b(?:for|publickey)\b)", re.IGNORECASE)
"""What a file system says, too."""


def services_of(action: Action, blobs: Blobs) -> tuple[str, ...]:
    """Return what an action speaks to, the plainest name first; empty where that is nothing."""
    if action.kind is Kind.API_REQUEST:
        host = host_of(action.attributes)
        return (host,) if host else ()
    if action.kind is not Kind.TOOL_CALL or family_of(action.name) is not Family.SHELL:
        return ()
    text = Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS)
    return services_in(command_of(arguments_of(text)))


def services_in(command: str) -> tuple[str, ...]:
    """Return what a shell text speaks to."""
    return _spoken_to(command[:MAX_COMMAND])


def is_refused(action: Action, blobs: Blobs) -> bool:
    """Tell whether the other side turned an action's credential away."""
    if action.kind is Kind.API_REQUEST:
        return action.outcome is Outcome.REFUSED
    if action.outcome is not Outcome.FAILED and not action.content_error:
        return False
    text = Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_RESULT)[:MAX_RESULT]
    said = _FILES.sub(" ", text)
    return bool(REFUSAL.search(said) or _REFUSED.search(said)) and bool(services_of(action, blobs))


def hosts_in(text: str) -> list[str]:
    """Return the hosts of the addresses in a text."""
    return _ADDRESS.findall(text)


@lru_cache(maxsize=2_048)
def _spoken_to(command: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    if not any(client in command for client in CLIENTS):
        return ()
    for started in started_in(command):
        if started.name in CLIENTS:
            found.update(dict.fromkeys(_named(started.name, started.arguments)))
    for behind in _SET.finditer(command):
        if behind[1] in CLIENTS:
            found.update(dict.fromkeys(_named(behind[1], tuple(behind[2].split()))))
    return tuple(found)[:MAX_SERVICES]


def hosts_told(client: str, words: Sequence[str]) -> list[str]:
    """Return the hosts that a client's words name: in an address, and a database's by `-h`."""
    hosts = [host for word in words for host in hosts_in(word)]
    for place, word in enumerate(words):
        if word.startswith("--host="):
            hosts.append(word.removeprefix("--host="))
        elif word in {"-h", "--host"} and client in DATABASES:
            hosts += words[place + 1 : place + 2]
    return hosts


def _named(client: str, words: tuple[str, ...]) -> Iterator[str]:
    """Yield what one command speaks to: hosts that it names, else its provider."""
    hosts = hosts_told(client, words)
    yield from hosts
    if not hosts:
        yield client
        yield from (h for p in providers() if p.id == client for h in sorted(p.hosts))
