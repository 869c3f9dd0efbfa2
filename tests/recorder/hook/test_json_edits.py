"""JSON with comments is changed where it has to be, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.hook.settings.json_edits import NotJsonError, edited, read

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
OBJECTS = st.dictionaries(st.text('abcß"\\', max_size=3), VALUES, max_size=4)
BETWEEN = ["", " ", "\n", "\n  ", "\t", " /* N */ ", " // N\n", "\n  // N\n  ", "\r\n"]


def commented(draw: st.DrawFn, value: Any, made: list[str]) -> str:
    """Write a value with comments and blanks wherever they may stand."""

    def gap() -> str:
        text = draw(st.sampled_from(BETWEEN))
        if "N" in text:
            made.append(f'note {len(made)}; {{ "a": [')
        return text.replace("N", made[-1] if made else "")

    def container(begin: str, end: str, parts: list[str]) -> str:
        last = draw(st.sampled_from(["", ","])) if parts else ""
        return begin + gap() + ("," + gap()).join(parts) + gap() + last + gap() + end

    if isinstance(value, dict):
        pairs = [
            f"{json.dumps(name)}{gap()}:{gap()}{commented(draw, inner, made)}{gap()}"
            for name, inner in value.items()
        ]
        return container("{", "}", pairs)
    if isinstance(value, list):
        return container("[", "]", [commented(draw, one, made) for one in value])
    return json.dumps(value)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[str]]:
    value, made = draw(OBJECTS), list[str]()
    text = commented(draw, value, made)
    whole = draw(st.sampled_from(["", "// top\n", "\n"])) + text + "\n// end"
    return whole, value, [note for note in made if note in whole]


@given(texts(), OBJECTS)
def test_what_was_changed_reads_as_what_was_wanted(
    given_text: tuple[str, dict[str, Any], list[str]], wanted: dict[str, Any]
) -> None:
    text, value, _ = given_text
    assert read(text) == value
    assert edited(text, value) == text
    changed = edited(text, wanted)
    assert read(changed) == wanted
    assert changed.endswith("\n// end")


@given(texts(), st.dictionaries(st.text("xyz", min_size=1, max_size=3), VALUES, max_size=3), VALUES)
def test_what_is_added_takes_no_comment_along_and_goes_again(
    given_text: tuple[str, dict[str, Any], list[str]], added: dict[str, Any], item: Any
) -> None:
    text, value, notes = given_text
    wanted = {
        **{n: [*inner, item] if isinstance(inner, list) else inner for n, inner in value.items()},
        **added,
    }
    more = edited(text, wanted)
    less = edited(more, value)
    assert (read(more), read(less)) == (wanted, value)
    assert not [note for note in notes if note not in more]
    assert not [note for note in notes if note not in less]


def test_what_is_added_stands_as_the_rest_does() -> None:
    text = """// mine
{
\t"a": 1, // one
\t"list": [
\t\t"x", // an x
\t], /* trailing */
\t"in": {"b": true}
\t// the end
}
"""
    wanted = {"a": 1, "list": ["x", "y"], "in": {"b": True, "c": {}}, "new": [1]}
    assert (
        edited(text, wanted)
        == """// mine
{
\t"a": 1, // one
\t"list": [
\t\t"x", // an x
\t\t"y"
\t], /* trailing */
\t"in": {
\t\t"b": true,
\t\t"c": {}
\t},
\t// the end
\t"new": [
\t\t1
\t]
}
"""
    )
    assert edited(text, {"list": ["x"], "in": {"b": True}}) == """// mine
{
\t// one
\t"list": [
\t\t"x", // an x
\t], /* trailing */
\t"in": {"b": true}
\t// the end
}
"""  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{a: 1}", 1),
        ("{'a': 1}", 1), ('{"a": 1,,}', 1), ('{"a": [1,\n,2]}', 2), ('{"a": 0x10}', 1),
        ('{\n"a": f()}', 2), ('{\n"a": `x`}', 2), ('{"a": 1}\n{"b": 2}', 2), ('{"a": /x/}', 1),
        ('{"a": 1}, {"b": 2}', 1), ('{"a"}', 1), ('{"a": 1\n"b": 2}', 2), ('{"a": "\\x41"}', 1),
        ('{"a": +1}', 1), ('{"a": undefined}', 1), ('{...a}', 1), ('{"a": 1}) + ({"b": 2}', 1),
        ('{"a": "open', 1), ("{} /* open", 1), ('{"a": [,]}', 1), ("{,}", 1), ("x", 1),
    ],
)  # fmt: skip
def test_what_is_javascript_but_no_json_is_refused(text: str, line: int) -> None:
    with pytest.raises(NotJsonError) as refused:
        read(text)
    assert refused.value.line == line


def test_comments_alone_hold_nothing_and_stay() -> None:
    text = "// settings go here\n/* one day */\n"
    assert read(text) == {}
    assert edited(text, {"a": 1}) == text + '{\n  "a": 1\n}'
