"""The frames: declared columns and types, whatever the session holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analyzer.frames import (
    ACTION_COLUMNS,
    SIGHTING_COLUMNS,
    actions_frame,
    effort_of,
    sightings_frame,
)
from tests.analyzer.factories import START, Flight, wipe


def types(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()}


def test_columns_and_types_are_the_declared_ones(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    assert types(actions_frame(analysis)) == dict(ACTION_COLUMNS)
    assert types(sightings_frame(analysis)) == dict(SIGHTING_COLUMNS)


def test_a_session_without_sightings_gives_an_empty_frame_of_the_same_types(
    tmp_path: Path,
) -> None:
    frame = sightings_frame(Flight().analyze(tmp_path))
    assert len(frame) == 0
    assert types(frame) == dict(SIGHTING_COLUMNS)


def test_times_are_microseconds_and_exact(tmp_path: Path) -> None:
    frame = actions_frame(wipe().analyze(tmp_path))
    assert frame["timestamp"].iloc[0] == START // 1000
    assert frame["datetime"].iloc[0].value == START
    assert frame["timestamp"].is_monotonic_increasing


def test_an_open_action_has_no_duration_and_an_unjoined_one_no_parent(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.request(1.0, lasts=None)
    frame = actions_frame(flight.analyze(tmp_path))
    assert frame["duration_ms"].isna().all()
    assert frame["parent"].isna().all()


def test_effort_counts_failures_and_open_actions(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "a"}, {"exit_code": 1}, lasts=2.0)
    flight.tool(4.0, "Bash", {"command": "b"}, {"exit_code": 0}, lasts=1.0)
    flight.tool(6.0, "Bash", {"command": "c"}, lasts=None)
    row = effort_of(actions_frame(flight.analyze(tmp_path))).iloc[0]
    assert (row["kind"], row["name"]) == ("tool_call", "Bash")
    assert (row["count"], row["failed"], row["open"], row["seconds"]) == (3, 1, 1, 3.0)


def test_text_in_a_frame_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(1.0, "x\x1b]0;owned\x07\u202e")
    message = actions_frame(flight.analyze(tmp_path))["message"].str.cat()
    assert "\x1b" not in message
    assert "\u202e" not in message
    assert "‹U+202E›" in message
