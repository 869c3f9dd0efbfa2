"""Files that a shell command changes outside the workspace: of several, in wrappers, after cd."""

from __future__ import annotations

import pytest

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.reach import PathScope
from analyzer.controls.settings import Settings
from analyzer.effects.places import Place
from analyzer.effects.shell.judging import judge_shell
from analyzer.tools import Family
from recorder.model import Kind

HELD = [
    "rm -rf tests /srv/x",
    "rm -rf tests/ patches/ plan/ ~/",
    "rm -rf ~/ tests",
    "rm -rf build && rm -rf /srv/x",
    "cd / && rm -rf srv",
    "cd .. && rm -rf w",
    "sudo rm -rf tests /srv/x",
    "bash -c 'rm -rf tests /srv/x'",
    "mv notes /etc/passwd",
    "mv /home/dev/other/notes .",
    "echo x > ~/.bashrc",
    "./x.sh; echo x >> ~/.bashrc",
    "sed -i s/a/b/ /etc/hosts",
    "echo x | tee -a a.txt /etc/hosts",
    "cp a /etc/cron.d/a",
    "chmod 777 /etc/shadow",
    "dd if=a of=/home/dev/b",
    "python3 -c \"open('/etc/passwd','w')\"",
    "git -C /srv/other clean -fdx",
    "git --work-tree=/srv --git-dir=/srv/.git reset --hard",
    "git -c a.b=c -C /srv checkout main -- .",
    "cd /srv; git checkout -- .",
    "(cd /srv && git reset --hard)",
    "pushd /srv && git clean -fd",
    "tar -C / -xf x.tar",
    "cd /etc && tar xzf /tmp/x.tgz",
    "unzip -o x.zip -d /etc",
    "cd /etc && unzip -o /tmp/x.zip",
    "patch -p0 -d /etc < p",
    "make -C /srv clean",
    "npm --prefix /srv run build",
    "pip install --target /usr/lib x",
    "cargo clean --manifest-path /srv/Cargo.toml",
]
LET_BE = [
    "rm -rf tests patches",
    "rm -rf /w/tests /tmp/scratch",
    "cd sub && rm -rf build",
    "cp /etc/hosts hosts",
    "sed s/a/b/ /etc/hosts > hosts",
    "sed -i s/a/b/ a.txt",
    "cat /etc/passwd > /dev/null 2>&1",
    "mv a b",
    "chmod +x run.sh",
    "rm -rf /data/cache /data/more",
    "cd /data && rm -rf cache more",
    "git clean -fdx",
    "git checkout -- .",
    "git -C sub reset --hard",
    "git -C /srv log; rm -rf build",
    "cd /data && git pull",
    "cd sub && git stash",
    "cd /tmp/x && git checkout main",
    "tar xf x.tar",
    "tar -C /srv -cf b.tar .",
    "tar -C sub -xf x.tar",
    "unzip x.zip -d out",
    "make -C sub clean",
    "npm --prefix frontend install",
]


def ruled(command: str) -> object:
    deed = Deed(
        id=9, t_ns=1, kind=Kind.TOOL_CALL, name="Bash", title=command, family=Family.SHELL,
        judgement=judge_shell(command, Place("/w")), command=command, cwd="/w",
    )  # fmt: skip
    return PathScope().rule(deed, Past(), Settings(roots=("/data",)))


@pytest.mark.parametrize("command", HELD)
def test_a_change_outside_the_workspace_is_held(command: str) -> None:
    assert ruled(command) is not None


@pytest.mark.parametrize("command", LET_BE)
def test_work_inside_it_is_let_be(command: str) -> None:
    assert ruled(command) is None
