"""What looks like reading and is not: it may be told as anything but a read."""

from __future__ import annotations

import pytest

from analyzer.effects import Spoken, judge_text
from analyzer.model import Effect

SHELL = [
    "ifconfig eth0 down", "arp -d 10.0.0.1", "date -s 2020-01-01", "hostname other",
    "sort -u a.csv -o a.csv", "awk -i inplace '!/x/' a.csv", "yq -i 'del(.a)' a.yml",
    "fuser -k 5432/tcp", "tcpdump -w out.pcap", "netlify env:unset KEY",
    "awk 'BEGIN { system(\"rm -rf /srv\") }'", "git -c core.pager='rm -rf /srv' log",
    "ssh -o ProxyCommand='rm -rf /srv' h", "vim -c ':!rm -rf /srv' -c ':q'", "sed '1e rm -rf /srv' a",
    "tar cf - --checkpoint=1 --checkpoint-action=exec='rm -rf /srv' .",
    "gh api graphql -f query='mutation { deleteRef(input:{refId:\"x\"}) { clientMutationId } }'",
    "http DELETE https://api.acme.dev/x Authorization:'Bearer x'", "mysql -e '\\! rm -rf /srv'",
    "psql -c \"copy a to program 'rm -rf /srv'\"", "psql -Atc 'drop table a'", "redis-cli --eval x.lua",
    "echo " + "$(" * 33 + "rm -rf /srv" + ")" * 33, "echo " + "a " * 100_100 + "; rm -rf /srv",
    "dir /srv" + " " * 60_000 + "; rm -rf /srv", "Get-Item a; " + "Get-Item a; " * 5_000 + "$x.Delete()",
    "curl -K delete.cfg", "curl --config - https://acme.dev", "curl -sQ 'DELE x' ftp://h/",
    "atlas clusters search indexes delete a", "npm config delete a", "okteto preview destroy a",
    "railway variables delete A", "conda config --remove-key a", "trivy image --reset",
    "atuin search --delete-it-all a", "pytest --cache-clear", "brew services cleanup",
    "unset HISTFILE", "export HISTFILE=/dev/null", "set +o history", "HISTSIZE=0", "Remove-Variable a",
    "Set-PSReadLineOption -HistorySaveStyle SaveNothing",
    "ipconfig /flushdns", "arp /d 10.0.0.1", "fish -c 'set -e PATH'", "info --delete a",
    "curl -T a ftp://h/x", "curl --quote 'SITE WIPE' ftp://h/",
]  # fmt: skip
SQL = [
    "COPY (SELECT 1) TO PROGRAM 'rm -rf /srv'", "SELECT delete_user(1)",
    "SELECT dblink_exec('c', 'drop table users')", "EXPLAIN ANALYZE DELETE FROM users",
]  # fmt: skip
HTTP = [
    "GET https://acme.dev/post.php?post=1&action=trash", "HEAD https://acme.dev/x\nX-HTTP-Method: DELETE",
    "OPTIONS https://acme.dev/x?_method=DELETE", "GET https://acme.dev/users/1/delete",
    "GET https://ch:8123/?query=DROP%20TABLE%20events",
]  # fmt: skip
READS = [
    (Spoken.SHELL, "sort -u a.csv"), (Spoken.SHELL, "date +%s"), (Spoken.SHELL, "ifconfig eth0"),
    (Spoken.SHELL, "awk '{print $1}' a"), (Spoken.SHELL, "sed -n 1p a"), (Spoken.SHELL, "hostname -f"),
    (Spoken.SHELL, "git -c core.pager=cat log"), (Spoken.SHELL, "ssh -o ProxyCommand=cat h true"),
    (Spoken.SHELL, "curl -Q PWD ftp://h/"), (Spoken.SHELL, "curl ftp://h/a -o a"),
    (Spoken.SHELL, r"dir C:\Users"), (Spoken.SHELL, "npm view delete"), (Spoken.SHELL, "export HISTSIZE="),
    (Spoken.SHELL, "unset FOO"), (Spoken.SHELL, "echo 'unset HISTFILE'"), (Spoken.SHELL, "set -e"),
    (Spoken.SHELL, "docker search clean"), (Spoken.SHELL, "ruby -e 'puts \"FileUtils.rm_rf\"'"),
    (Spoken.SHELL, "uv cache dir"), (Spoken.SHELL, "m trash list"), (Spoken.SHELL, "tr --delete a"),
    (Spoken.SQL, "SELECT truncate(amount, 2), drop_reason FROM a"),
    (Spoken.HTTP, "GET https://api.github.com/search/code?q=delete"),
    (Spoken.GRAPHQL, "query { deletedItems { id } }"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoken", "text"),
    [*((Spoken.SHELL, t) for t in SHELL), *((Spoken.SQL, t) for t in SQL),
     *((Spoken.HTTP, t) for t in HTTP), (Spoken.GRAPHQL, "query { deleteEverything }")],
)  # fmt: skip
def test_it_is_never_a_read(spoken: Spoken, text: str) -> None:
    assert judge_text(spoken, text).effect is not Effect.READ


@pytest.mark.parametrize(("spoken", "text"), READS)
def test_what_only_looks_like_it_is_a_read(spoken: Spoken, text: str) -> None:
    assert judge_text(spoken, text).effect is Effect.READ
