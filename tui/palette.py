"""The command palette's entries: the table of actions, by name, for the screen that is open."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.actions import Place, entries

__all__ = ["ActProvider"]


class ActProvider(Provider):
    """Offers what can be done on the screen that the palette was opened from."""

    def _entries(self) -> list[tuple[str, str, str]]:
        place = getattr(self.screen, "PLACE", None)
        keymap = getattr(self.app, "keymap", None)
        return list(entries(place, keymap)) if isinstance(place, Place) else []

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for label, keys, method in self._entries():
            run = partial(self.screen.run_action, method)
            yield DiscoveryHit(label, run, help=f"key: {keys}")

    async def search(self, query: str) -> Hits:
        """Offer what fits the words."""
        matcher = self.matcher(query)
        for label, keys, method in self._entries():
            score = matcher.match(label)
            if score > 0:
                run = partial(self.screen.run_action, method)
                yield Hit(score, matcher.highlight(label), run, help=f"key: {keys}")
