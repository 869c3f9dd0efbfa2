"""One line on the terminal that says how far an import is, how fast, and how long it will take."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass, field

from recorder.safe_text import safe_text
from recorder.transcripts.source import Source

__all__ = ["Progress", "size_text"]

EVERY_SECONDS = 0.1
BAR = 20
CLEAR = "\r\x1b[K"


@dataclass(slots=True)
class Progress:
    """Shows progress on stderr, or nothing at all."""

    total: int
    """Bytes of all sources as stored; 0 where that is not known."""
    shown: bool
    """Whether to show anything: a terminal is there to show it on."""
    _began: float = field(default_factory=time.monotonic)
    _drawn: float = 0.0
    _finished: int = 0

    def watch(self, source: Source, read: int) -> None:
        """Take in that so many bytes of a source were read."""
        now = time.monotonic()
        if self.shown and now - self._drawn >= EVERY_SECONDS:
            self._drawn = now
            # A compressed source is smaller than what comes out of it.
            self._draw(source.name, self._finished + min(read, source.size), now)

    def finished(self, size: int) -> None:
        """Take in that a source of that size was read to its end."""
        self._finished += size

    def clear(self) -> None:
        """Remove the line."""
        if self.shown and self._drawn:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()

    def _draw(self, name: str, done: int, now: float) -> None:
        rate = done / max(now - self._began, 1e-9)
        parts = [f"{size_text(done)} at {size_text(int(rate))}/s"]
        if self.total:
            share = min(done / self.total, 1.0)
            filled = int(share * BAR)
            left = (self.total - done) / rate if rate else 0.0
            parts.insert(0, f"{'█' * filled}{'░' * (BAR - filled)} {share:4.0%}")
            parts.append(f"{_time_text(left)} left")
        parts.append(safe_text(name.rpartition("/")[2]))
        width = shutil.get_terminal_size().columns
        sys.stderr.write(CLEAR + "  ".join(parts)[: width - 1])
        sys.stderr.flush()


def size_text(size: int) -> str:
    """Return a size for people: `4.2 MB`."""
    number = float(size)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def _time_text(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
