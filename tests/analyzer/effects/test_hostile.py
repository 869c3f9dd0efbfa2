"""Whatever an agent wrote, a judgement comes back: no text raises, none is followed without end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.effects import Spoken, judge_text
from analyzer.model import Effect

PIECES = st.sampled_from([
    "rm", "-rf", "/", "$(", ")", "`", "'", '"', "{", "}", "|", "&&", ";", "<<EOF\n", "EOF\n", "$x", "bash -c ",
    "eval ", "python3 -c ", "node -e ", "psql -c ", "curl -X ", "DELETE", " ", "\n", "\\", "\x00", "é", "\ud800",
    "a=(", "${a[@]}", "sudo ", "xargs ", "find . -exec ", "{}", "kubectl exec p -- ", "SELECT ", "DROP TABLE ",
    "mutation{", "https://x.example/", "[", "]", "aws s3 ", "terraform ", "git ", "docker ", "<(", "Remove-Item ",
])  # fmt: skip


@given(st.lists(PIECES, max_size=25), st.sampled_from(list(Spoken)))
@settings(max_examples=150, deadline=None)
def test_no_text_raises(pieces: list[str], spoken: Spoken) -> None:
    judgement = judge_text(spoken, "".join(pieces), cwd="/w/x")
    assert judgement.effect in Effect
    assert judgement.reasons


LARGE = {
    "open parentheses": "(" * 50_000,
    "open substitutions": "$(" * 20_000,
    "nested shells": "bash -c '" * 60 + "rm x",
    "a function of itself": "f() { f; f; }; f",
    "two functions of each other": "f() { g; }; g() { f; }; f",
    "here documents": "bash <<A\n" * 2_000,
    "a text too long": "ls " + "a" * 300_000,
    "cmdlets": "Get-X | " * 5_000,
    "an array of itself": 'a=("${a[@]}" rm); ' * 200 + '"${a[@]}"',
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("spoken", [Spoken.SHELL, Spoken.SQL])
def test_a_text_without_end_is_given_up(name: str, spoken: Spoken) -> None:
    assert judge_text(spoken, LARGE[name]).reasons
