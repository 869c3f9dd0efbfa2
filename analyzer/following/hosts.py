"""Did a credential go to a host that it had never met?

A credential has met the hosts that it was used on before, in any session of the recording, and
those of the URLs that it was shown in as the password. Where its issuer is known by its format, a
host that is none of the issuer's is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.credential_scopes import issuer_hosts
from analyzer.following.life import ARGV, Life, Seen
from analyzer.following.statement import Statement
from analyzer.testimony import Certainty
from recorder.model import Role

__all__ = ["foreign_hosts", "new_hosts"]

URL_PASSWORD = "url-password"  # noqa: S105 (a class's name)
LOCAL = ("127.0.0.1", "localhost", "[::1]", "::1")


def new_hosts(life: Life, session: str) -> Iterator[Statement]:
    """Yield a session's uses of a credential on hosts that it had not met before them."""
    met: dict[str, int] = {}
    meant: dict[str, int] = {}
    for seen in life.seen:
        sighting = seen.sighting
        if sighting.meant_for:
            meant.setdefault(sighting.meant_for, sighting.action)
        host = sighting.host
        if sighting.role is not Role.USED or not host:
            continue
        is_known = host in met or host in meant or _without_port(host) in meant
        if not is_known and seen.where.session == session:
            yield Statement(
                life.fingerprint,
                f"{life.name} went to {host} in #{sighting.action}; {_before(met, meant)}",
                Certainty.INFERRED if sighting.place in ARGV else sighting.certainty,
                (*dict.fromkeys([*meant.values(), *met.values(), sighting.action]),),
            )
        met.setdefault(host, sighting.action)


def _before(met: dict[str, int], meant: dict[str, int]) -> str:
    told = []
    if met:
        told.append(f"before, it had met {_listed(met)}")
    if meant:
        told.append(f"where it was shown, it is for {_listed(meant)}")
    return "; ".join(told) or "no use of it is on record before, so it had met no host"


def _listed(hosts: dict[str, int]) -> str:
    return ", ".join(f"{host} (#{action})" for host, action in list(hosts.items())[:3])


def foreign_hosts(life: Life) -> tuple[Seen, ...]:
    """Return the uses on hosts where it does not belong.

    Those that are not its issuer's, where the issuer is known; and any that got the password of a
    database's URL in a request's body, which is no way to log in to a database.
    """
    own = issuer_hosts(life.credential.hint)
    if own:
        return tuple(s for s in life.uses if not _is_of(s.sighting.host, own))
    if life.credential.credential_class != URL_PASSWORD:
        return ()
    bodies = (s for s in life.uses if s.sighting.place.startswith("request body"))
    return tuple(s for s in bodies if not _is_of(s.sighting.host, own))


def foreign_statement(life: Life) -> Statement | None:
    """Say that a credential went where it does not belong."""
    uses = foreign_hosts(life)
    if not uses:
        return None
    hosts = ", ".join(dict.fromkeys(s.sighting.host for s in uses))
    return Statement(
        life.fingerprint,
        f"{life.name} went to {hosts}, where it does not belong",
        Certainty.INFERRED,
        tuple(dict.fromkeys(s.sighting.action for s in uses)),
    )


def _is_of(host: str, own: tuple[str, ...]) -> bool:
    name = _without_port(host)
    if name in LOCAL:
        return True  # a test server or a proxy on this machine: no other party got it
    return any(name == one or name.endswith("." + one) for one in own)


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
