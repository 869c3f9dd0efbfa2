"""Of several commands in one text, the one that reaches beyond this machine is what is judged."""

from __future__ import annotations

import pytest

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.reach import ReadOnly
from analyzer.controls.settings import Settings
from analyzer.effects.places import Place
from analyzer.effects.shell.judging import judge_shell
from analyzer.tools import Family
from recorder.model import Kind

OUTWARD = [
    "gh pr merge 3",
    "kubectl scale deploy x --replicas=3",
    "git push origin main",
    "npm publish",
    "aws s3 cp README.md s3://other/",
]
LOCAL = ["touch a", "git add -A && git commit -m x", "mkdir build", "echo x > notes.txt"]


def held(command: str) -> bool:
    deed = Deed(
        id=9, t_ns=1, kind=Kind.TOOL_CALL, name="Bash", title=command, family=Family.SHELL,
        judgement=judge_shell(command, Place("/w")), command=command, cwd="/w",
    )  # fmt: skip
    return ReadOnly().rule(deed, Past(), Settings()) is not None


@pytest.mark.parametrize("outward", OUTWARD)
@pytest.mark.parametrize("local", LOCAL)
@pytest.mark.parametrize("joint", ["{0} && {1}", "{1} && {0}", "{0}; {1}", "bash -c '{0}; {1}'"])
def test_a_change_here_hides_none_elsewhere(outward: str, local: str, joint: str) -> None:
    assert held(joint.format(local, outward))


@pytest.mark.parametrize("local", LOCAL)
def test_work_here_alone_is_let_be(local: str) -> None:
    assert not held(local)
