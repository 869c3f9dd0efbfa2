"""Who started a wrapped server, and which recording and launch that process belongs to.

MCP clients start servers with a handful of variables only, so a launch's own are looked up in the
nearest ancestor that has them. Of its environment nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from recorder import semconv
from recorder.capture.proxy.peer import Peer
from recorder.environment import FLIGHTLOG_KEYS, FLIGHTLOG_RECORDING, FLIGHTLOG_RUN
from recorder.model import Json

__all__ = ["about_client", "of_the_launch"]

_OURS = (FLIGHTLOG_RECORDING, FLIGHTLOG_RUN, FLIGHTLOG_KEYS)


def of_the_launch(given: Mapping[str, str], client: int) -> dict[str, str]:
    """Return our own variables: as given, else those of the client, or its nearest ancestor, that
    is inside a launch.
    """
    if FLIGHTLOG_RUN in given or FLIGHTLOG_RECORDING in given:
        return {}
    try:
        process = psutil.Process(client)
        family = [process, *process.parents()]
    except psutil.Error:
        return {}
    for process in family:
        try:
            theirs = process.environ()
        except (psutil.Error, OSError):
            continue
        if theirs.get(FLIGHTLOG_RUN):
            return {name: theirs[name] for name in _OURS if name in theirs}
    return {}


def about_client(peer: Peer | None) -> dict[str, Json]:
    """Return what records say of the client's process."""
    if peer is None:
        return {}
    said: dict[str, Json] = {
        semconv.PEER_PID: peer.pid,
        semconv.PEER_ANCESTORS: list(peer.ancestors),
    }
    if peer.executable:
        said[semconv.PEER_NAME] = peer.executable
    if peer.traceparent:
        said[semconv.PEER_TRACEPARENT] = peer.traceparent
    return said
