"""Which word of a command is its verb, where a word may be a noun or an option may say more."""

from __future__ import annotations

import pytest

from analyzer.effects import Spoken, is_destructive, judge_text
from analyzer.model import Effect

TAKES = [
    # a group of commands is named by what reads or makes elsewhere
    "atlas clusters search indexes delete a", "okteto preview destroy a", "bw send delete a",
    "npm pkg delete a", "supabase db branch delete a", "brew services cleanup",
    # the verb and what it is done to, in one word
    "bsdconfig groupdel a", "virsh iothreaddel a 1", "remotion lambda sites rmall",
    "fnm unalias a", "valet unproxy a", "cf unmap-route a example.com",
    # options, as manuals have them
    "latexmk -C a.tex", "scons -c", "cmake -E rm -rf a", "ninja -C b -t clean", "pipenv --rm",
    "gem sources --clear-all", "mp3gain -s d a.mp3", "xmlstarlet ed -L -d //a f.xml",
    "arj d a.arj f", "ipset -X a", "pacman-key --delete a", "mdutil -E /", "powercfg /delete a",
    "delpart /dev/sda 1", "pvecm delnode a", "cset set -d a", "git rerere clear",
    "git bug rm a", "git machete delete-unmanaged", "git annex uninit", "trivy clean --all",
    "git flow feature delete a", "git delete-merged-branches",
    # what opens a machine to everybody, or takes it down
    "chmod 777 /", "chmod -R a+w /etc/app", "chmod u+s /bin/bash", "systemctl isolate rescue.target",
    "reg add \"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\" /v DisableAntiSpyware /d 1 /f",
    "esxcli system syslog config set --loghost=a", "docker compose down --rmi all", "redis-cli CONFIG SET maxmemory 1mb",
    # goals of a plugin's own are no recipes of a project
    "gradle flywayClean", "mix deps.clean --all", "lerna clean",
]  # fmt: skip
LEAVES = [
    "northflank delete help", "doctl registry garbage-collection", "m trash status",
    "mongocli privateEndpoints online-archive aws create", "arduino-cli sketch archive",
    "k6 archive a.js", "swift package archive-source", "uv tool dir", "pipenv graph",
    "chmod 777 build", "chmod -R 777 .", "chmod 755 /usr/local/bin/a", "chmod 666 /dev/ttyUSB0",
    "systemctl isolate multi-user.target", "redis-cli CONFIG SET maxmemory-policy noeviction",
    "(crontab -l; echo '0 0 * * 0 /usr/local/bin/docker-cleanup.sh') | crontab -",
    "latexmk -pdf -pvc a.tex", "xrandr --output a --primary", "strip --info",
    "git flow feature start a", "git clean", "git bug ls", "hugo mod verify --clean",
    "xmlstarlet sel -t -v //a f.xml", "cmake --build b", "lpoptions -l",
]  # fmt: skip
HTTP = [
    ("PUT https://acme.dev/v1/a\nX-HTTP-Method-Override: DELETE\n\n", Effect.D1, None),
    ("PURGE https://acme.dev/a.html", Effect.D1, None),
    ("POST https://cbs.acme.dev/?Action=DeleteSnapshots", Effect.D2, True),
    ("POST https://cvm.tencentcloudapi.com/\nX-TC-Action: TerminateInstances\n\n{}", Effect.D3, None),
]  # fmt: skip
GRAPHQL = [
    ("releaseIpAddress", True), ("deleteVolumeTest", False), ("backupRestoreTest", False),
    ("validateDelete", False), ("deleteProjectDryRun", False), ("previewRemoval", False),
]  # fmt: skip
WITH_THEIR_COPIES = [
    ("az postgres flexible-server delete -g a -n b --yes", True),
    ("az mysql flexible-server delete -g a -n b --yes", True),
    ("oci db autonomous-database delete --autonomous-database-id a --force", True),
    ("oci mysql db-system delete --db-system-id a", True),
    ("aliyun rds DeleteDBInstance --DBInstanceId a", True),
    ("aliyun rds DeleteDBInstance --DBInstanceId a --ReleasedKeepPolicy All", False),
    ("az sql db delete -g a -s b -n c --yes", False),
]  # fmt: skip


@pytest.mark.parametrize("command", TAKES)
def test_something_is_taken_away(command: str) -> None:
    assert is_destructive(judge_text(Spoken.SHELL, command)) is True


@pytest.mark.parametrize("command", LEAVES)
def test_nothing_is_said_to_be_taken_away(command: str) -> None:
    assert not is_destructive(judge_text(Spoken.SHELL, command))


@pytest.mark.parametrize(("request_text", "effect", "same_domain"), HTTP)
def test_a_request_asks_for_it(request_text: str, effect: Effect, same_domain: bool | None) -> None:
    judged = judge_text(Spoken.HTTP, request_text)
    assert (judged.effect, judged.same_domain) == (effect, same_domain)


@pytest.mark.parametrize(("name", "expected"), GRAPHQL)
def test_what_is_only_tried_takes_nothing_away(name: str, expected: bool) -> None:
    judged = judge_text(Spoken.GRAPHQL, f"mutation {{ {name}(id: 1) {{ ok }} }}")
    assert bool(is_destructive(judged)) is expected
    assert judged.effect is not Effect.READ


@pytest.mark.parametrize(("command", "same_domain"), WITH_THEIR_COPIES)
def test_a_database_goes_with_or_without_its_copies(command: str, same_domain: bool) -> None:
    judged = judge_text(Spoken.SHELL, command)
    assert judged.effect in {Effect.D1, Effect.D3}
    assert judged.same_domain is same_domain
