"""A session without any time is drawn and played in its order, and shows no time as if one knew."""

from __future__ import annotations

import json
import re
from pathlib import Path

from analyzer.analysis import analyze
from recorder.reader import Recording
from tests.recorder.factories import write
from tests.recorder.transcripts.reading import in_memory, read
from tests.tui.driving import replaying, rows, text

MESSAGES = [
    {"role": "user", "content": "look around"},
    *[{"role": "assistant", "content": f"thought {number}"} for number in range(12)],
    {"role": "user", "content": "thank you"},
]


async def test_its_lanes_spread_by_order_and_its_ruler_says_so(tmp_path: Path) -> None:
    _, records, _ = read(in_memory(json.dumps(MESSAGES).encode(), "m.json"))
    path = write(tmp_path / "flight.db", records)
    with Recording.open(path) as recording:
        (row,) = recording.sessions()
        analysis = analyze(recording, row.id)
    assert not analysis.session.timed
    async with replaying(analysis) as (app, pilot, _):
        await pilot.press("G")
        await pilot.pause()
        (ruler,) = (line for line in rows(app) if line.startswith("lanes"))
        (model,) = (line for line in rows(app) if line.startswith("model "))
        assert "in order: nobody recorded when" in ruler
        drawn = {at for at, cell in enumerate(model[7:]) if not cell.isspace()}
        assert len(drawn) >= 12, model
        assert not re.search(r"\b\d\d:\d\d\.\d", text(app)), text(app)
