"""Two sessions aligned on where the second does something else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from analyzer.divergence import MOST, Alignment, Alike, align
from analyzer.model import Action, Analysis, Outcome
from recorder import semconv
from recorder.model import Kind
from tests.tui.factories import ACCOUNT, action, analysis, session, unhurried
from tests.tui.wiped import PROJECT, wipe

STEPS = st.lists(st.sampled_from("abcd"), max_size=12)


def bash(number: int, command: str, **more: object) -> Action:
    attributes = {semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": command})}
    return action(number, Kind.TOOL_CALL, "Bash", command, number * 100.0, 50,
                  attributes=attributes, **more)  # fmt: skip


def reply(number: int, words: str) -> Action:
    return action(number, Kind.MODEL_CALL, "m", words, number * 100.0)


def commands(words: Sequence[str]) -> list[Action]:
    return [bash(n + 1, word) for n, word in enumerate(words)]


def aligned(left: Sequence[Action], right: Sequence[Action]) -> Alignment:
    return align(analysis(left), analysis(right))


def rows(found: Alignment) -> list[tuple[int | None, int | None, Alike]]:
    return [(pair.left, pair.right, pair.alike) for pair in found.pairs]


def test_a_session_is_like_itself() -> None:
    found = align(wipe(), wipe())
    assert found.first is None
    assert found.differences == ()
    assert found.is_whole
    assert len(found.pairs) == len(wipe().actions)


def test_the_first_divergence_is_where_something_else_is_done() -> None:
    found = aligned(commands(["ls", "cat a", "make"]), commands(["ls", "rm a", "make"]))
    assert rows(found) == [(0, 0, Alike.SAME), (1, 1, Alike.OTHER), (2, 2, Alike.SAME)]
    assert found.first == 1


def test_what_only_one_does_stands_beside_nothing_and_the_rest_is_matched_again() -> None:
    found = aligned(commands(["ls", "make"]), commands(["ls", "cat .env", "make", "push"]))
    assert rows(found) == [
        (0, 0, Alike.SAME), (None, 1, Alike.RIGHT), (1, 2, Alike.SAME), (None, 3, Alike.RIGHT),
    ]  # fmt: skip
    shorter = aligned(commands(["ls", "make"]), commands(["ls"]))
    assert rows(shorter)[1] == (1, None, Alike.LEFT)


def test_the_same_with_another_outcome_is_a_divergence_of_its_own_sort() -> None:
    failed = bash(1, "make", outcome=Outcome.FAILED, exit_code=2)
    found = aligned([bash(1, "make")], [failed])
    assert rows(found) == [(0, 0, Alike.OUTCOME)]
    assert found.first == 0


def test_replies_are_alike_whatever_they_say_and_so_are_other_folders() -> None:
    left = analysis([reply(1, "first"), bash(2, "cat /a/x")], row=session(cwd="/a"))
    right = analysis([reply(1, "then"), bash(2, "cat /b/x")], row=session(cwd="/b"))
    assert align(left, right).first is None


def test_ports_of_this_machine_are_no_difference_and_other_hosts_ports_are() -> None:
    assert aligned(commands(["curl localhost:1"]), commands(["curl localhost:2"])).first is None
    assert (
        aligned(commands(["curl 127.0.0.1:80/x"]), commands(["curl 127.0.0.1:81/x"])).first is None
    )
    assert aligned(commands(["curl db:1"]), commands(["curl db:2"])).first == 0


def test_a_credential_is_known_by_its_place_among_those_that_were_seen() -> None:
    held = wipe()
    renewed = {ACCOUNT: "a1" * 16, PROJECT: "b2" * 16}
    other = replace(
        held,
        credentials=tuple(replace(c, fingerprint=renewed[c.fingerprint]) for c in held.credentials),
    )

    def sending(of: Analysis, fingerprint: str) -> Analysis:
        return replace(of, actions=(bash(1, f"curl -H ⟦railway_token:{fingerprint}⟧"),))

    same = align(sending(held, ACCOUNT), sending(other, renewed[ACCOUNT]))
    assert same.first is None
    assert align(sending(held, ACCOUNT), sending(other, renewed[PROJECT])).first == 0


def test_requests_are_told_apart_by_what_they_ask_for() -> None:
    held = wipe()
    body = {semconv.REQUEST_BODY: '{"query":"query { me { id } }"}'}
    other = tuple(
        replace(a, attributes={**a.attributes, **body}) if a.id == 41 else a for a in held.actions
    )
    found = align(held, replace(held, actions=other))
    assert found.first == next(n for n, a in enumerate(held.actions) if a.id == 41)


def test_a_long_session_is_aligned_to_its_end() -> None:
    many = [f"step {n}" for n in range(4 * MOST)]
    right = ["pwd", *many[:1_500], "extra", "more", *many[1_500:3_000], *many[3_100:]]
    found = aligned(commands(["ls", *many]), commands(right))
    assert found.is_whole
    assert found.first == 0
    assert found.differences == (0, 1_501, 1_502, *range(3_003, 3_103))
    assert {found.pairs[n].alike for n in range(3_003, 3_103)} == {Alike.LEFT}


def test_what_is_too_much_alike_to_be_told_apart_stands_by_number_and_that_is_said() -> None:
    found = aligned(commands(["a", "b"] * MOST), commands(["b", "a", "a"] * MOST))
    assert not found.is_whole
    assert [p.left for p in found.pairs if p.left is not None] == list(range(2 * MOST))
    assert [p.right for p in found.pairs if p.right is not None] == list(range(3 * MOST))


def test_a_model_that_says_the_same_in_other_words_does_nothing_else() -> None:
    same, other = (aligned([reply(1, "yes")], [reply(1, words)]) for words in ("yes", "indeed"))
    assert [pair.alike for pair in same.pairs] == [Alike.SAME]
    assert [pair.alike for pair in other.pairs] == [Alike.WORDS]
    assert other.first is None
    assert other.differences == ()


@unhurried
@given(
    st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12)
)
def test_every_action_stands_in_one_row_and_in_its_order(left: list[str], right: list[str]) -> None:
    found = aligned(commands(left), commands(right))
    assert [p.left for p in found.pairs if p.left is not None] == list(range(len(left)))
    assert [p.right for p in found.pairs if p.right is not None] == list(range(len(right)))
    for pair in found.pairs:
        if pair.alike is Alike.SAME:
            assert pair.left is not None
            assert pair.right is not None
            assert left[pair.left] == right[pair.right]
    assert (found.first is None) == (left == right)
