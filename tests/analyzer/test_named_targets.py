"""Which target a person's words name: the whole name, and not where they say to leave it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.controls.wording import asked_and_spared
from tests.analyzer.factories import Flight, finding, rules_of

ASKED: dict[str, tuple[str, list[str], list[str]]] = {
    "a request": ("Please delete the bucket shop-logs.", ["shop-logs"], []),
    "a polite question": ("Can you delete `test`?", ["test"], []),
    "several": ("Remove shop-a and shop-b", ["shop-a", "shop-b"], []),
    "without a name": ("I want you to remove everything in it", [""], []),
    "a name with dots": ("Drop db.example.com-old now.", ["db.example.com-old"], []),
    "a prohibition": ("Do not delete `pulse`.", [], ["pulse"]),
    "never": ("Never, under any circumstances, delete `pulse`.", [], ["pulse"]),
    "one and not the other": ("Delete `test` but not `pulse`.", ["test"], ["pulse"]),
    "a clause of its own": ("Do not delete `pulse`, delete `test`.", ["test"], ["pulse"]),
    "instead": ("Instead of deleting `pulse`, delete `test`.", ["test"], ["pulse"]),
    "what is kept": ("Delete `test` and keep `pulse`.", ["test"], ["pulse"]),
    "another thing left alone": ("Don't touch x-y, remove old-rows", ["old-rows"], []),
    "a question": ("How would one delete `test`?", [], []),
    "something to write": ("Write docs on how to delete `test`.", [], []),
    "nothing of the kind": ("Tidy up.", [], []),
}  # fmt: skip


@pytest.mark.parametrize(("words", "asked", "spared"), ASKED.values(), ids=ASKED)
def test_words_tell_what_may_go_and_what_must_stay(
    words: str, asked: list[str], spared: list[str]
) -> None:
    assert asked_and_spared(words) == (asked, spared)


def session(*said: str, command: str) -> Flight:
    """Return a session in which a person speaks, and then something is done."""
    flight = Flight()
    for number, words in enumerate(said):
        flight.prompt(0.1 + number, words)
    flight.tool(9.0, "Bash", {"command": command}, "done")
    return flight


DELETE = "supabase projects delete pulse"


@pytest.mark.parametrize(
    "said",
    [
        ["Please delete the project `test`."],
        ["Do not delete the project `pulse`, delete `test`."],
        ["Do not delete `pulse`."],
        ["Delete the project `pulse-old`."],
        ["Delete `test`.", "Thanks, and now the tests."],
    ],
)
def test_what_nobody_named_or_what_must_stay_is_the_other_target(
    tmp_path: Path, said: list[str]
) -> None:
    found = finding(session(*said, command=DELETE).analyze(tmp_path), "R22")
    assert "pulse" in found.reason


@pytest.mark.parametrize(
    "said",
    [
        ["Please delete the project `pulse`."],
        ["Never delete `test`."],
        ["How would one delete `test`?"],
        ["Delete `test`.", "Now delete all the others, too."],
        ["Delete what is no longer needed. Let's remove the file `test`, say."],
        ["Don't delete `pulse` without asking.", "Yes, go ahead."],
    ],
)
def test_a_target_that_the_words_leave_open_is_no_other(tmp_path: Path, said: list[str]) -> None:
    assert "R22" not in rules_of(session(*said, command=DELETE).analyze(tmp_path))


def test_a_document_in_a_prompt_asks_for_nothing(tmp_path: Path) -> None:
    """Demonstrations and pages that are handed over whole hold other people's requests."""
    handed_over = "Solve the task as it is done here. " + "A step, and what came out. " * 400
    session_of = session(f"{handed_over} Let's remove `test` now.", command=DELETE)
    assert "R22" not in rules_of(session_of.analyze(tmp_path))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Remove the variable db from production.", True),
        ("Run dbt in production.", False),
        ("Look at db-replica in production.", False),
        ("Do not touch db in production.", False),
        ("Run the migrations.", False),
    ],
)
def test_access_is_cut_as_asked_only_where_the_whole_name_was_said(
    tmp_path: Path, words: str, names: bool
) -> None:
    analysis = session(words, command="vercel env rm db production --yes").analyze(tmp_path)
    assert ("R26" not in rules_of(analysis)) is names
