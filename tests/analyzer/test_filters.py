"""The filter language: what is chosen, what is said of it, and what is said of mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.casefile import CaseFile, Sort
from analyzer.commands.findings import command as findings_command
from analyzer.commands.report import command as report_command
from analyzer.commands.sessions import command as sessions_command
from analyzer.commands.tail import command as tail_command
from analyzer.filters import (
    Filter,
    FilterError,
    Remarks,
    Scope,
    Subject,
    finding_subjects,
    help_entries,
    parse_filter,
    subjects_of,
)
from analyzer.filters.grammar import quoted
from analyzer.filters.operators import FLAGS, OPERATORS
from analyzer.model import Analysis
from tests.tui.factories import START, idle, session, unhurried
from tests.tui.wiped import wipe

WIPE = wipe()
ALL = [2, 4, 9, 11, 20, 31, 36, 39, 41, 50]
DAY = 86_400 * 10**9


def chosen(text: str, held: Analysis = WIPE) -> list[int]:
    wanted = parse_filter(text, now_ns=START + DAY)
    return [s.action.id for s in subjects_of(held) if s.action is not None and wanted.fits(s)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("   ", ALL),
        ("lane:api", [11, 41]),
        ("LANE:API", [11, 41]),
        ("lane:api,user", [2, 11, 41]),
        ("kind:api-request", [11, 41]),
        ("tool:bash", [9, 39]),
        ("tool:B*h", [9, 39]),
        ("tool:as", []),
        ("failed", [11]),
        ("status:refused", [11]),
        ("-failed lane:api", [41]),
        ("not failed and lane:api", [41]),
        ("--failed", [11]),
        ("sev>=high", [41]),
        ("sev:m", [31]),
        ("sev<critical", [31]),
        ("found", [31, 41]),
        ("rule:R0*", [31, 41]),
        ("dur>3s", [39, 41]),
        ("dur<=80ms", [2, 31]),
        ("path:*.env", [31]),
        ("path:domains/", [31]),
        ("host:backboard.*", [11, 41]),
        ("cred:9f2c", [31, 41]),
        ("cred:41d0", [11]),
        ("effect:d1", [41]),
        ("destroys", [41]),
        ("op:railway.*", [41]),
        ("target:volume", [41]),
        ("env:production", [41]),
        ("witness:proxy", [11, 41]),
        ('text:"staging service"', [4]),
        ('"staging service"', [4]),
        ("volumedelete", [39, 41]),
        ("@0:04.7..0:04.9", [39, 41]),
        ("@0:08..", [50]),
        ("@..0:00.5", [2, 4, 9]),
        ("@3.4", [31]),
        ("#31..#36", [31, 36]),
        ("#41", [41]),
        ("#..9", [2, 4, 9]),
        ("failed or destroys", [11, 41]),
        ("(failed or destroys) -lane:api", []),
        ("-(lane:api or lane:tool)", [2, 4, 36, 50]),
        ("-(lane:api)", [2, 4, 9, 20, 31, 36, 39, 50]),
        ("-(-(failed))", [11]),
        ("reconstructed lane:user", [2]),
        ("agent:cursor failed", [11]),
        ("since:2d destroys", [41]),
        ("since:1h", []),
        ("live", []),
        ("andrew", []),
        ("or-else", []),
    ],
)
def test_what_is_chosen(text: str, expected: list[int]) -> None:
    assert chosen(text) == expected


def test_a_gap_is_idle_time_before_an_action() -> None:
    assert chosen("gap>25s", idle()) == [2]
    assert chosen("gap>2s", idle()) == [2, 3]


def test_the_case_file_can_be_asked_for() -> None:
    remarks = {31: Remarks(is_marked=True, tags=frozenset({"leak"})), 41: Remarks(notes=("why?",))}
    for text, expected in {"marked": [31], "note": [41], "tag:leak": [31], "-note": 9}.items():
        wanted = parse_filter(text)
        found = [s.action.id for s in subjects_of(WIPE, remarks) if s.action and wanted.fits(s)]
        assert (len(found) if isinstance(expected, int) else found) == expected


def test_a_finding_is_asked_for_by_itself_and_by_its_action() -> None:
    def found(text: str) -> list[str]:
        wanted = parse_filter(text, Scope.FINDINGS)
        return [f.rule for f, subject in finding_subjects(WIPE) if wanted.fits(subject)]

    assert found("") == ["R03", "R07"]
    assert found("sev>=high") == found("effect:D1") == found("lane:api") == ["R07"]
    assert found("-rule:R07") == ["R03"]


def test_a_session_without_actions_can_be_asked_for() -> None:
    empty = Subject(session(ended=False), None)
    assert parse_filter("live agent:cursor records<61 length<1h", Scope.SESSIONS).fits(empty)
    for text in (
        "failed",
        "lane:api",
        "word",
        "@0..",
        "#1",
        "dur>1ms",
        "sev:low",
        "host:*",
        "gap>1s",
    ):
        assert not parse_filter(text, Scope.SESSIONS).fits(empty), text
    assert parse_filter("live repo:x", Scope.SESSIONS).of_session
    assert not parse_filter("live -failed", Scope.SESSIONS).of_session


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("sev>=hgh", 6, "low, medium, high, critical"),
        ("failed lnae:api", 8, "lane, perhaps"),
        ("xyzzy:1", 1, "one of lane, kind,"),
        ("lane:nowhere", 6, "user, model, tool, api"),
        ("lane>api", 5, ": or ="),
        ("dur>5", 5, "a length of time such as 200ms"),
        ("dur>", 5, "a value as in dur>5s"),
        ("records>many", 9, "a whole number"),
        ("since>1d", 6, ": or ="),
        ("since:yesterday", 7, "a length of time"),
        ('text:"rm', 6, 'a second "'),
        ("(failed", 8, ") or a condition"),
        ("failed)", 7, "a condition"),
        ("()", 2, "a condition"),
        ("failed or", 10, "a condition"),
        ("or failed", 1, "a condition"),
        ("-", 2, "a condition"),
        ("@", 2, "a range such as @1:20..1:30"),
        ("@soon", 2, "session time such as"),
        ("@1..x", 5, "session time such as"),
        ("@5..3", 1, "the earlier one first"),
        ("#x", 2, "an action's number"),
        ("#1..#x", 5, "an action's number"),
        ("(" * 41 + "a" + ")" * 41, 41, "at most 40"),
        ("a" * 2001, 2001, "at most 2,000"),
    ],
)
def test_a_mistake_names_its_column_and_what_was_expected(
    text: str, column: int, words: str
) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert words in caught.value.expected
    assert str(caught.value).startswith(f"filter, column {column}: ")
    assert "\n" not in str(caught.value)


def test_what_is_not_known_while_it_happens_is_refused() -> None:
    for text in ("sev>=high", "rule:R07", "gap>1s", "marked", "tag:x", "@1..2"):
        with pytest.raises(FilterError) as caught:
            parse_filter(f"failed {text}", Scope.TAIL)
        assert caught.value.column == 8
    assert parse_filter("lane:tool effect:D1 since:1d", Scope.TAIL)


def test_a_filter_is_said_in_words() -> None:
    assert parse_filter("lane:tool -failed dur>5s").words == (
        "tool and not failed and lasting over 5.0s"
    )
    assert parse_filter("(a or sev>=high) b").words == (
        "(saying a or a finding of severity at least high) and saying b"
    )
    assert parse_filter("-(a or b)").words == "not (saying a or saying b)"
    assert parse_filter("").is_empty


@pytest.mark.parametrize("scope", Scope)
def test_everything_that_the_help_names_can_be_written(scope: Scope) -> None:
    entries = help_entries(scope)
    names = {sign for sign, _ in entries}
    for operator in OPERATORS:
        assert (operator.example in names) == (scope in operator.scopes)
    for flag in FLAGS:
        assert (flag.name in names) == (scope in flag.scopes)
    for example, meaning in entries:
        assert meaning
        if example != "a:b,c":
            assert parse_filter(example, scope)


# --- properties -------------------------------------------------------------------------------

atoms = st.sampled_from(
    ["failed", "lane:api", "lane:tool", "sev>=low", "dur>1s", "cred:9f2c", '"the"', "#9..#31",
     "destroys", "@0:03..0:06", "path:*.env"]
)  # fmt: skip


@settings(unhurried, max_examples=40)
@given(atoms, atoms, atoms)
def test_it_is_a_boolean_algebra(a: str, b: str, c: str) -> None:
    everything = set(ALL)
    of = {text: set(chosen(text)) for text in (a, b, c)}
    assert set(chosen(f"{a} {b}")) == of[a] & of[b]
    assert set(chosen(f"{a} or {b}")) == of[a] | of[b]
    assert set(chosen(f"-{a}")) == everything - of[a]
    assert set(chosen(f"{a} or {b} {c}")) == of[a] | (of[b] & of[c])
    assert set(chosen(f"({a} or {b}) {c}")) == (of[a] | of[b]) & of[c]
    assert chosen(f"-({a} or {b})") == chosen(f"-{a} -{b}")
    assert chosen(f"-({a} {b})") == chosen(f"-{a} or -{b}")


@settings(unhurried, max_examples=40)
@given(st.text(max_size=80) | st.text(alphabet='ab:@#"()->=<. or', max_size=40))
def test_any_text_is_read_or_refused_with_a_column_within_it(text: str) -> None:
    try:
        wanted: Filter | None = parse_filter(text)
    except FilterError as error:
        caught = error
        wanted = None
    if wanted is None:
        assert 1 <= caught.column <= len(text) + 1
        assert caught.expected
    else:
        assert set(chosen(text)) <= set(ALL)
        assert wanted.words


@settings(unhurried, max_examples=40)
@given(st.text(min_size=1, max_size=30))
def test_any_text_can_be_looked_for_in_quotes(text: str) -> None:
    (first, *rest) = WIPE.actions
    held = replace(WIPE, actions=(replace(first, title=f"before {text} after"), *rest))
    assert first.id in chosen(quoted(text), held)
    assert first.id in chosen(f"text:{quoted(text)}", held)


# --- the commands -----------------------------------------------------------------------------


@pytest.fixture
def run(flown: Path) -> Callable[..., tuple[int, str, str]]:
    def run(command: object, *arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(command, ["-r", str(flown), *arguments])  # type: ignore[arg-type] # any of our commands
        if isinstance(done.exception, FilterError):
            return done.exception.exit_code, done.stdout, str(done.exception)
        return done.exit_code, done.stdout, done.stderr

    return run


def test_findings_sessions_tail_and_report_take_it(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    every = json.loads(run(findings_command, "--json")[1])
    some = json.loads(run(findings_command, "--json", "--filter", "sev:critical")[1])
    assert some
    assert some == [found for found in every if found["severity"] == "critical"]
    assert "hides all" in run(findings_command, "--filter", "rule:nothing")[2]

    sessions = json.loads(run(sessions_command, "--json", "--filter", "sev>=critical")[1])
    assert len(sessions) == 1
    assert json.loads(run(sessions_command, "--json", "--filter", "agent:nobody")[1]) == []
    assert "hides all" in run(sessions_command, "--filter", "agent:nobody")[2]

    lines = run(tail_command, "last", "--once", "--json", "-n", "999", "-f", "effect:D1")[1]
    events = [json.loads(line) for line in lines.splitlines()]
    assert events
    assert {event["effect"] for event in events if "effect" in event} == {"D1"}

    report = run(report_command, "--no-verify", "--filter", "destroys")[1]
    assert "**Filtered:** destroys. It keeps " in report
    whole = run(report_command, "--no-verify")[1]
    assert "Filtered" not in whole
    assert report.count("\n") < whole.count("\n")
    for style in ("html", "json"):
        assert "It keeps " in run(report_command, "--format", style, "-f", "destroys")[1]


def test_commands_know_the_case_file(run: Callable[..., tuple[int, str, str]], flown: Path) -> None:
    found = json.loads(run(findings_command, "--json")[1])[0]
    case = CaseFile(flown, who="anna\x1b[2J")
    case.add(found["session"], found["action"], Sort.NOTE, "why\x1b]2;PWNED\x07 <b>`this`")
    case.add(found["session"], found["action"], Sort.DISMISSED, "a drill", rule=found["rule"])
    try:
        noted = json.loads(run(findings_command, "--json", "-f", "note")[1])
        assert "dismissed by anna␛[2J: a drill" in {found["decision"] for found in noted}
        assert "dismissed by anna␛[2J: a drill" in run(findings_command)[1]
        assert len(json.loads(run(sessions_command, "--json", "-f", "note")[1])) == 1
        assert run(sessions_command, "--json", "-f", "marked")[1].strip() == "[]"
        for style in ("md", "html", "json"):
            report = run(report_command, "--format", style, "--no-verify", "-f", "note")[1]
            assert "]2;PWNED" in report
            assert "\x1b" not in report
            assert "<b>`this`" not in report or style != "html"
            assert "It keeps 1 of" in report
    finally:
        case.path.unlink()
    assert "Case file" not in run(report_command, "--no-verify")[1]


@pytest.mark.parametrize(
    "command", [findings_command, sessions_command, tail_command, report_command]
)
def test_a_mistake_ends_with_2_and_help_is_there(
    run: Callable[..., tuple[int, str, str]], command: object
) -> None:
    code, out, said = run(command, "--filter", "lane:nowhere")
    assert (code, out) == (2, "")
    assert "column 6" in said
    code, out, _ = run(command, "--filter-help")
    assert code == 0
    assert "lane:api" in out
