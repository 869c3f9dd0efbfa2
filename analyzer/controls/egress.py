"""The control on where data may go."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.effects.tools.leaving import HOST
from analyzer.model import Effect
from recorder.model import Kind

__all__ = ["Egress"]

_URL = re.compile(r"\b(?:https?|ftp|wss?)://([^\s/'\"`<>\\)]+)")
_REMOTE = re.compile(r"(?<![\w./@-])[\w.-]+@([\w-]+(?:\.[\w-]+)+):[\w~/]")
"""A host in the form that git takes beside addresses: `git@github.com:acme/site`."""
_SENDS = re.compile(
    r"\bcurl\b.*(?:\s-d\b|\s--data|\s-F\b|\s--form|\s-T\b|\s--upload-file|\s-X\s*(?:POST|PUT|PATCH)"
    r"|--request\s*(?:POST|PUT|PATCH)|\s--json\b)|\bwget\b.*--post-(?:data|file)|\bnc\b|\bscp\b"
    r"|\brsync\b.*::?|\bgit\b[^;&|\n]{0,400}\spush\b|\bdocker\s+push\b|\brclone\b.{0,400}\b(?:copy|sync|move)\b",
    re.DOTALL,
)
MODELS = (
    "api.anthropic.com", "api.openai.com", "*.openai.azure.com", "*.githubcopilot.com",
    "generativelanguage.googleapis.com", "api2.cursor.sh", "openrouter.ai",
)  # fmt: skip
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")
_PUTS = frozenset({"POST", "PUT", "PATCH"})


class Egress(Control):
    """Data goes to hosts that are listed, or that a person or the work before has named."""

    id = "egress"
    title = "Egress allow-list"
    gates = True
    description = (
        "Data is sent to listed hosts only; without a list, to hosts that a person named or that "
        "the session knew before a secret came into hand."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Refuse to send to a host that nothing vouches for."""
        for host in _receivers(deed):
            why = _unknown(host, past, settings)
            if why:
                safer = f"add {host} to the list of hosts, or send nothing there"
                return Ruling(Answer.DENY, f"it sends to {host}: {why}", safer)
        return None


def _receivers(deed: Deed) -> tuple[str, ...]:
    if deed.kind is Kind.API_REQUEST:
        is_sent = deed.method in _PUTS or deed.effect is Effect.X1
        return (deed.host,) if is_sent and deed.host else ()
    sends = deed.effect is Effect.X1 or (deed.command and _SENDS.search(deed.command))
    if not sends:
        return ()
    hosts = [match.rpartition("@")[2] for match in _URL.findall(deed.command)]
    if deed.judgement.operation.startswith("git"):
        hosts += _REMOTE.findall(deed.command)
    if deed.judgement.target_type == HOST and not hosts:
        hosts = [deed.judgement.target_id]
    return tuple(dict.fromkeys(hosts))


def _unknown(host: str, past: Past, settings: Settings) -> str:
    """Return why nothing vouches for a host; empty where something does."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name in LOCAL or _fits(name, MODELS):
        return ""
    if settings.hosts:
        return "" if _fits(name, settings.hosts) else "it is not on the list"
    if any(name in consent.text for consent in past.consents):
        return ""
    first = past.hosts.get(host)
    before = first is not None and (past.secrets_ns is None or first < past.secrets_ns)
    if before or past.secrets_ns is None:
        return ""
    return "nobody named it, and nothing was sent there before a secret came into hand"


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)
