"""Tree, span and difference of an action."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from analyzer.model import Action, Outcome
from analyzer.texts import no_blobs
from recorder import semconv
from recorder.model import Kind
from tests.tui.factories import action, analysis, scene
from tests.tui.wiped import wipe
from tui.bodies.diff import diff_of
from tui.bodies.raw import Part
from tui.bodies.span import span_lines
from tui.bodies.tabs import Tab, tab_at, tab_line
from tui.bodies.tree import CHUNK, MAX_TREE, JsonTree, tree_of
from tui.glyphs import UNICODE
from tui.line import Line
from tui.safe_content import as_text


def texts(lines: Sequence[Line]) -> list[str]:
    return [as_text(row, UNICODE).rstrip() for row in lines]


def tree(value: Any) -> JsonTree:
    found, reason = tree_of([Part("v", json.dumps(value).encode())])
    assert found is not None, reason
    return found


# --- tabs -------------------------------------------------------------------------------------


def test_the_tabs_are_named_where_a_click_finds_them() -> None:
    for chosen in Tab:
        row = as_text(tab_line(chosen, "note"), UNICODE)
        assert row.endswith("   note")
        for tab in Tab:
            assert tab_at(chosen, row.index(tab.value)) is tab
        assert tab_at(chosen, row.index("|")) is None
        assert tab_at(chosen, 200) is None
    assert Tab.BODY.beside(-1) is Tab.DIFF
    assert Tab.DIFF.beside(1) is Tab.BODY


# --- tree -------------------------------------------------------------------------------------


def test_a_small_tree_is_open_and_can_be_closed() -> None:
    found = tree({"a": [1, "x"], "b": None})
    assert texts(found.lines()) == [
        "- v: {2}", "  - a: [2]", "      0: 1", '      1: "x"', "    b: null",
    ]  # fmt: skip
    assert found.toggle(1)
    assert texts(found.lines()) == ["- v: {2}", "  + a: [2]", "    b: null"]
    assert found.toggle(1)
    assert not found.toggle(2)
    assert not found.toggle(99)


def test_a_wide_branch_opens_by_pieces() -> None:
    found = tree([0] * 1_000)
    assert texts(found.lines()) == ["+ v: [1,000]"]
    assert found.toggle(0)
    shown = texts(found.lines())
    assert len(shown) == CHUNK + 2
    assert shown[-1].strip() == f"... {1_000 - CHUNK} more, enter shows {CHUNK} of them"
    assert found.toggle(len(shown) - 1)
    assert len(found.lines()) == 2 * CHUNK + 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain words", "no value of it is JSON"),
        (b"{broken", "no value of it is JSON"),
        (b"[" + b"1," * (MAX_TREE // 2) + b"1]", "over 4 MB of JSON"),
    ],
)
def test_what_makes_no_tree_says_why(data: bytes, reason: str) -> None:
    assert tree_of([Part("v", data)]) == (None, reason)


# --- span -------------------------------------------------------------------------------------


def test_a_span_names_identities_exact_times_attributes_and_what_it_holds() -> None:
    held = scene(wipe())
    shown = "\n".join(texts(span_lines(held, held.row_of[39])))
    assert "holds     #41" in shown
    assert "start     2026-04-24 14:13:24.700000000Z" in shown
    inside = "\n".join(texts(span_lines(held, held.row_of[41])))
    assert "parent    #39 by process and time  inferred" in inside
    assert "http.response.status_code  200" in inside
    assert "agent     cursor-like-agent" in inside
    assert "records   41" in inside


def test_a_span_tells_no_more_than_was_known_at_the_moment() -> None:
    held = scene(wipe())
    row = held.row_of[41]
    whole = held.analysis.actions[row]
    told = texts(span_lines(held, row, whole.start_ns))
    assert "end       future, still open" in "\n".join(told)
    assert any(said.startswith("status    open") for said in told)
    assert not any("came back" in said or 'volumeDelete":true' in said for said in told)
    told = texts(span_lines(held, row, whole.end_ns))
    assert any("came back" in said for said in told)
    assert not any("future" in said for said in told)


# --- difference -------------------------------------------------------------------------------


def call(number: int, tool: str, arguments: Any, at: float, **more: Any) -> Action:
    given = more.pop("attributes", {})
    attributes = {semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments), **given}
    return action(number, Kind.TOOL_CALL, tool, tool, at, attributes=attributes, **more)


def difference(*actions: Action) -> tuple[list[str], str]:
    held = scene(analysis(actions))
    lines, reason = diff_of(held, len(actions) - 1, no_blobs)
    return texts(lines), reason


def test_an_edit_shows_what_it_takes_out_and_puts_in() -> None:
    edit = {"file_path": "a.py", "old_string": "one\ntwo\n", "new_string": "one\nTWO\n"}
    lines, _ = difference(call(1, "Edit", edit, 0))
    assert lines[0] == "a.py  asked for by #1, observed; it was done; the file was not read"
    assert lines[2:] == [" one", "-two", "+TWO"]


def test_several_edits_and_a_patch_are_shown_as_they_are() -> None:
    edits = {"path": "a", "edits": [{"old_string": "x", "new_string": "y"}, {"new_string": "z"}]}
    lines, _ = difference(call(1, "MultiEdit", edits, 0))
    assert [row for row in lines if row[:1] in "+-"] == ["-x", "+y", "+z"]
    patch = {"input": "*** Begin Patch\n-x\n+y\n*** End Patch"}
    assert difference(call(1, "apply_patch", patch, 0))[0][2:4] == ["-x", "+y"]


def test_a_write_is_compared_with_what_was_written_before() -> None:
    lines, _ = difference(
        call(1, "Write", {"file_path": "a", "content": "1\n2\n"}, 0),
        call(2, "Write", {"file_path": "a", "content": "1\n3\n"}, 100),
    )
    assert lines[1] == "before: as #1 has it  observed"
    assert lines[3:] == [" 1", "-2", "+3"]


def test_a_write_is_compared_with_what_was_read_before_without_its_line_numbers() -> None:
    read = {semconv.GEN_AI_TOOL_RESULT: "     1→1\n     2→2\n"}
    lines, _ = difference(
        call(1, "Read", {"file_path": "a"}, 0, attributes=read),
        call(2, "Write", {"file_path": "a", "content": "1\n3\n"}, 100),
    )
    assert lines[1] == "before: as #1 has it  inferred"
    assert lines[3:] == [" 1", "-2", "+3"]


@pytest.mark.parametrize(
    "earlier",
    [
        call(1, "Read", {"file_path": "a", "limit": 5}, 0,
             attributes={semconv.GEN_AI_TOOL_RESULT: "1"}),
        call(1, "Edit", {"file_path": "a", "old_string": "1", "new_string": "2"}, 0),
        call(1, "Write", {"file_path": "a", "content": "1"}, 0, outcome=Outcome.FAILED),
        call(1, "Write", {"file_path": "b", "content": "1"}, 0),
    ],
)  # fmt: skip
def test_what_tells_not_the_whole_file_is_not_held_for_it(earlier: Action) -> None:
    lines, _ = difference(earlier, call(2, "Write", {"file_path": "a", "content": "x"}, 100))
    assert "not recorded: all is shown as new" in lines[1]
    assert lines[-1] == "+x"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (call(1, "Bash", {"command": "ls"}, 0), "it writes no file"),
        (call(1, "Edit", {"file_path": "a"}, 0), "its arguments tell no text"),
        (call(1, "Write", {"content": "x" * 300_000}, 0), "a text over 256 kB"),
    ],
)
def test_what_has_no_difference_says_why(made: Action, reason: str) -> None:
    assert difference(made) == ([], reason)
