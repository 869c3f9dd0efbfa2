"""That a record is not as it was written stands among the findings wherever findings are shown."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from analyzer.chain import Chain
from recorder.verify import Problem
from tests.analyzer.rule_samples import SAMPLES
from tests.tui.driving import driven, replaying, rows, text, until
from tests.tui.growing import Growing, following
from tests.tui.held import HeldSource
from tests.tui.wiped import wipe
from tui.commands.replay import command as replay
from tui.screens.findings import Findings
from tui.source import RecordingSource


def broken() -> HeldSource:
    source = HeldSource(wipe())
    problems = (Problem(20, "it was changed after it had been written"),)
    source.chain = Chain(False, "chain BAD at record 20", frozenset({wipe().session.id}), problems)
    return source


def changed(folder: Path) -> Path:
    path = SAMPLES["R03"][0]().write(folder / "flight.db")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'volumeDelete', "
            "'volumeDelets') AS BLOB)"
        )
    return path


async def test_the_replay_goes_to_it_and_stays_where_it_is() -> None:
    async with replaying(wipe(), source=broken()) as (app, pilot, screen):
        await until(pilot, lambda: "findings C1 H1 M1" in rows(app)[0])
        assert screen.playhead is not None
        assert screen.playhead.cursor == 0
        await pilot.press("e")
        await until(pilot, lambda: "R25" in text(app))
        assert any(row.startswith("›H  00:01.5") for row in rows(app))
        assert screen.playhead.timeline.stops[0].index == 4


async def test_the_findings_list_it() -> None:
    async with replaying(wipe(), source=broken()) as (app, pilot, screen):
        await until(pilot, lambda: "findings C1 H1 M1" in rows(app)[0])
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Findings))
        await until(pilot, lambda: "R25" in text(app))
        assert text(app).count("R25 ") >= 1
        assert "record 20: it was changed" in text(app)
        del screen


async def test_findings_that_are_open_when_it_is_found_list_it_too() -> None:
    source = broken()
    async with driven(wipe(), source=source) as (app, pilot):
        app.push_screen(Findings(source.load(wipe().session.id)))
        await until(pilot, lambda: "R25" in text(app))


async def test_the_list_of_sessions_counts_it() -> None:
    async with driven(wipe(), source=broken()) as (app, pilot):
        await until(pilot, lambda: any("C1 H1 M1" in row for row in rows(app)))


def test_a_session_is_read_with_it_once_the_recording_was_verified(tmp_path: Path) -> None:
    source = RecordingSource(changed(tmp_path))
    (row,) = source.sessions()
    before = source.load(row.id)
    assert "R25" not in {f.rule for f in before.analysis.findings}
    source.integrity(lambda: True)
    after = source.load(row.id)
    (found,) = (f for f in after.analysis.findings if f.rule == "R25")
    assert after.findings_of[found.action]
    assert after.marks[after.row_of[found.action]] >= found.severity
    assert source.load(row.id) is after


def test_the_time_line_as_text_tells_it(tmp_path: Path) -> None:
    told = CliRunner().invoke(replay, ["last", "--recording", str(changed(tmp_path)), "--plain"])
    assert "R25" in told.output


async def test_the_live_view_tells_it(tmp_path: Path) -> None:
    with closing(Growing(tmp_path / "flight.db")) as growing:
        growing.calls(3, at=1.0)
        with closing(sqlite3.connect(growing.path)) as database, database:
            database.execute(
                "UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'echo 2', 'echo 9') "
                "AS BLOB)"
            )
        async with following(growing) as (app, pilot, _screen):
            await until(pilot, lambda: "R25" in text(app))
