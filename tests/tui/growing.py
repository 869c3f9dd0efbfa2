"""A recording that grows while a test looks at it: written by the real store, sealed for real."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from analyzer.filters import Filter
from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Status, Witness
from recorder.own_words import own_record
from recorder.sealing import Sealer
from recorder.store import Store
from tests.tui.driving import until
from tui.app import FollowingApp
from tui.glyphs import UNICODE, Glyphs
from tui.screens.asking import EVERYTHING
from tui.screens.live import Live

SESSION = "c03f00d0-live"
SECOND = 1_000_000_000


class Growing:
    """A recording, and the agent's session in it."""

    def __init__(self, path: Path, *, began_ago: float = 100.0, begins: bool = True) -> None:
        self.path = path
        self.start_ns = time.time_ns() - round(began_ago * SECOND)
        self.store = Store.open(path)
        self._sealer = Sealer(self.store.fingerprint_key, self.store.credentials())
        self._count = 0
        self._session = ""
        self.commit([own_record("recorder", Phase.START, {})])
        if begins:
            self.begin(SESSION)

    def begin(self, session: str, at: float = 0, **said: Json) -> None:
        """Record that a session begins; what is recorded from now on is of it."""
        self._session = session
        begun = {name.replace("_", "."): value for name, value in said.items()}
        self.commit([self._record(Phase.START, Kind.LIFECYCLE, "session", "s", at, begun)])

    def commit(self, records: Sequence[Record]) -> None:
        self.store.append([self._sealer.seal(record) for record in records], checkpoint=True)

    def calls(self, count: int, *, at: float, result: str = "ok") -> None:
        """Record calls that began and ended, a tenth of a second apart."""
        made = [self._call(at + n / 10, 0.05, result) for n in range(count)]
        self.commit([record for call in made for record in call])

    def call(
        self, at: float, length: float | None = 0.05, *, status: Status = Status.OK, **more: Json
    ) -> str:
        """Record one call, open where it has no length; return its title's command."""
        made = list(self._call(at, length, "ok", status, **more))
        self.commit(made)
        return f"echo {self._count}"

    def end(self, at: float) -> None:
        """Record that the newest call ends."""
        name = f"call{self._count}"
        self.commit([self._record(Phase.END, Kind.TOOL_CALL, "Bash", name, at, {}, Status.OK)])

    def _call(
        self,
        at: float,
        length: float | None,
        result: str,
        status: Status = Status.OK,
        **more: Json,
    ) -> Iterator[Record]:
        self._count += 1
        arguments: Json = more or {"command": f"echo {self._count}"}
        begun: dict[str, Json] = {semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments)}
        ref = f"call{self._count}"
        yield self._record(Phase.START, Kind.TOOL_CALL, "Bash", ref, at, begun)
        if length is not None:
            ended: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: result}
            yield self._record(Phase.END, Kind.TOOL_CALL, "Bash", ref, at + length, ended, status)

    def _record(
        self,
        phase: Phase,
        kind: Kind,
        name: str,
        ref: str,
        at: float,
        attributes: dict[str, Json],
        status: Status = Status.UNSET,
    ) -> Record:
        if kind is Kind.TOOL_CALL:
            attributes = {semconv.GEN_AI_TOOL_NAME: name, **attributes}
        return Record(
            witness=Witness.SDK, phase=phase, kind=kind, name=name, session=self._session, ref=ref,
            t_ns=self.start_ns + round(at * SECOND), status=status, attributes=attributes,
        )  # fmt: skip

    def close(self) -> None:
        """Leave the recording alone."""
        self.store.close()

    def end_session(self, at: float) -> None:
        """Record that the session ends."""
        self.commit([self._record(Phase.END, Kind.LIFECYCLE, "session", "s", at, {})])


@asynccontextmanager
async def following(
    growing: Growing,
    *,
    size: tuple[int, int] = (120, 36),
    glyphs: Glyphs = UNICODE,
    chosen: Filter = EVERYTHING,
) -> AsyncIterator[tuple[FollowingApp, Pilot[None], Live]]:
    """Follow the session, and wait until everything that is there was read."""
    app = FollowingApp(growing.path, SESSION, glyphs=glyphs, chosen=chosen)
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, Live)
        await until(pilot, lambda: has_read(screen, growing))
        yield app, pilot, screen


def has_read(screen: Live, growing: Growing) -> bool:
    """Tell whether everything that is there was read, and is listed."""
    tail = screen.tail
    is_read = tail is not None and tail.seq == growing.store.size
    return is_read and screen.listed.virtual_size.height == (tail.row_count if tail else 0)
