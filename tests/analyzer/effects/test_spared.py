"""What a deletion leaves alone is none of what it deletes: names behind `!`, `grep -v`, `extglob`."""

from __future__ import annotations

import pytest

from analyzer.effects import Spoken, judge_text
from analyzer.extent import Bulk
from analyzer.model import Effect

ALL_BUT_SOME = [
    "find . ! -name .git -delete", "find . -not -path './.git/*' -delete",
    "find . -path ./.git -prune -o -delete", "find . ! \\( -name a -o -name b \\) -delete",
    "find . -name a -o -mtime +3 -delete", "find . ! -name .git -exec rm -rf {} +",
    "find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +", "rm -rf !(.git)",
    "shopt -s extglob; rm -rf ./!(backups|.git)",
]  # fmt: skip
SOME = [
    ("find . \\( -name '*.o' -o -name '*.a' \\) -delete", ("./*.o", "./*.a")),
    ("find . -path ./.git -prune -o -name '*.tmp' -exec rm -f {} +", ("./*.tmp",)),
    ("find . ! -path './.git/*' -name '*.pyc' -delete", ("./*.pyc",)),
    ("find . \\( -name '*.pyc' -o -name '*.pyo' \\) -exec rm {} \\;", ("./*.pyc", "./*.pyo")),
    ("rm -rf @(a|b)", ("a", "b")),
]  # fmt: skip
SPARED_COPIES = [
    "find /srv ! -name 'backup*' -delete", "find /srv -not -name '*.bak' -exec rm -f {} \\;",
    "ls | grep -v backups | xargs rm -rf", "rm -rf $(ls | grep -v '^backups$')",
    "rm -rf /srv/!(backups)",
]  # fmt: skip
COPIES = ["find /srv -name 'backup*' -delete", "ls | grep backups | xargs rm -rf",
          "rm -rf $(ls | grep '^backups$')", "find /srv ! -name a -name '*.bak' -delete"]  # fmt: skip


@pytest.mark.parametrize("command", ALL_BUT_SOME)
def test_all_but_what_is_spared_goes(command: str) -> None:
    judged = judge_text(Spoken.SHELL, command, cwd="/home/u/app")
    assert (judged.effect, judged.bulk) == (Effect.D1, Bulk.ALL)
    assert "the workspace itself" in judged.reasons[0]


@pytest.mark.parametrize(("command", "named"), SOME)
def test_only_what_is_named_goes(command: str, named: tuple[str, ...]) -> None:
    judged = judge_text(Spoken.SHELL, command, cwd="/home/u/app")
    assert (judged.effect, judged.bulk) == (Effect.D1, Bulk.SOME)
    assert f"deletes {', '.join(named)} (" in judged.reasons[0]


@pytest.mark.parametrize("command", SPARED_COPIES)
def test_copies_that_are_spared_do_not_go(command: str) -> None:
    judged = judge_text(Spoken.SHELL, command)
    assert (judged.effect, judged.same_domain) == (Effect.D1, None)


@pytest.mark.parametrize("command", COPIES)
def test_copies_that_are_named_do(command: str) -> None:
    assert judge_text(Spoken.SHELL, command).same_domain is True


@pytest.mark.parametrize(
    ("command", "said"),
    [
        # -delete goes from the depths up, and what lies in .git is not named .git.
        ("find . ! -name .git -delete", "leaves alone what is named .git, but not what lies in it"),
        ("find . ! -path './.git/*' -delete", "leaves alone what is named ./.git/*"),
    ],
)
def test_what_is_spared_is_told(command: str, said: str) -> None:
    assert judge_text(Spoken.SHELL, command).reasons[-1] == said


def test_empty_folders_are_no_data() -> None:
    assert judge_text(Spoken.SHELL, "find . -type d -empty -delete").effect is Effect.WRITE
    assert judge_text(Spoken.SHELL, "find . -type d ! -empty -delete").effect is Effect.D1
