"""The recorded bytes as rows: nothing is lost, and only what is seen is decoded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.texts import no_blobs
from recorder import semconv
from recorder.model import Kind
from tests.tui.factories import action, unhurried
from tui.bodies.raw import LONGEST, Part, RawRows, parts_of, row_starts
from tui.glyphs import ASCII, UNICODE
from tui.line import Line
from tui.safe_content import as_text

MEGABYTE = 1_000_000


def texts(rows: RawRows) -> list[str]:
    return ["".join(piece.text for piece in row) for row in rows]


def rows_of(data: bytes, columns: int = 40, **how: bool) -> list[str]:
    return texts(RawRows([Part("result", data)], columns, UNICODE, **how))


@unhurried
@given(st.text(), st.integers(2, 30))
def test_the_rows_hold_every_character_in_order(text: str, columns: int) -> None:
    heading, *rows, last = rows_of(text.encode("utf-8", "surrogatepass"), columns)
    assert heading.startswith("── result  ")
    assert last == ""
    told = "".join(row.removesuffix("⏎") + ("\n" if row.endswith("⏎") else "") for row in rows)
    clean = text.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")
    assert told.replace("⏎", "\n") == clean.replace("⏎", "\n")


@unhurried
@given(st.binary(max_size=400), st.integers(2, 30))
def test_bytes_that_are_no_text_are_cut_into_rows_too(data: bytes, columns: int) -> None:
    assert len(rows_of(data, columns)) == 2 + len(row_starts(data, columns - 1))


def test_a_line_feed_is_shown_and_none_is_made_up() -> None:
    assert rows_of(b"one\n\ntwo")[1:-1] == ["one⏎", "⏎", "two"]
    assert rows_of(b"one\n")[1:-1] == ["one⏎"]
    plain = RawRows([Part("r", b"one\n")], 40, ASCII)
    assert texts(plain)[1] == "one$"


def test_a_row_never_cuts_a_character() -> None:
    assert rows_of("ééééé".encode(), 4)[1:-1] == ["é", "éé", "é", "é"]


def test_a_long_line_wraps_or_is_cut_with_the_number_of_bytes_that_are_left() -> None:
    data = b"x" * MEGABYTE + b"\nend"
    wrapped = RawRows([Part("r", data)], 101, UNICODE)
    assert len(wrapped) == 2 + 10_000 + 1
    cut = RawRows([Part("r", data)], 101, UNICODE, has_wrap=False)
    assert len(cut) == 2 + 2
    assert texts(cut)[1].endswith(f"… {MEGABYTE + 1 - LONGEST:,} bytes more, w wraps")


def test_hex_shows_sixteen_bytes_where_there_is_room_and_eight_elsewhere() -> None:
    data = bytes(range(0x41, 0x53)) + b"\x00\xff"
    wide = rows_of(data, 80, as_hex=True)
    assert wide[1] == "00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 ABCDEFGHIJKLMNOP"
    assert wide[2].split() == ["00000010", "51", "52", "00", "ff", "QR.."]
    assert len(rows_of(data, 48, as_hex=True)) == 2 + 3


def test_the_parts_come_as_people_look_for_them_and_say_what_was_removed() -> None:
    held = action(
        1, Kind.TOOL_CALL, "Bash", "cat", 0,
        attributes={
            semconv.GEN_AI_TOOL_RESULT: "begin",
            semconv.GEN_AI_TOOL_ARGUMENTS: '{"command": "cat"}',
            "other": {"a": 1},
            "huge": "be",
        },
        blob_of={semconv.GEN_AI_TOOL_RESULT: "ab" * 32, "huge": "cd" * 32},
    )  # fmt: skip
    parts = parts_of(held, lambda digest: b"begin and end" if digest == "ab" * 32 else None)
    assert [part.heading for part in parts] == [
        "arguments", "result", "huge",
    ]  # fmt: skip
    assert parts[1].data == b"begin and end"
    assert parts[1].note == "blob abababababab"
    assert parts[2].data == b"be"
    assert "removed" in parts[2].note
    only = action(2, Kind.MODEL_CALL, "m", "m", 0, attributes={"b": 1, "a": "x"})
    (part,) = parts_of(only, no_blobs)
    assert part.data == b'{\n  "a": "x",\n  "b": 1\n}'
    assert parts_of(action(3, Kind.MODEL_CALL, "m", "m", 0), no_blobs) == ()


def test_what_attacks_a_terminal_is_made_visible_by_the_gate() -> None:
    rows = RawRows([Part("\x1b]0;x\x07", b"a\x1b[2Jb \xe2\x80\xae")], 60, UNICODE)
    shown: list[Line] = list(rows)
    text = "\n".join(as_text(row, UNICODE) for row in shown)
    assert "a␛[2Jb ‹U+202E›" in text
    assert "\x1b" not in text
