"""What developers do daily raises nothing high, and what only sounds like harm is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.model import Severity
from tests.analyzer.factories import rules_of
from tests.analyzer.rule_samples import shell

CLEANING = [
    "find . -name '*.pyc' -delete",
    "find . -name __pycache__ -type d -exec rm -rf {} +",
    "find . -type f -name '*.orig' | xargs rm -f",
    "find . \\( -name '*.o' -o -name '*.a' \\) -delete",
    "find . -type d -empty -delete",
    "git clean -fdX",
    "rm -rf ./build/*",
    "grep -rn 'token_count_4|f4' .",
]
WHOLE = [
    "find . -type f -delete",
    "find . -name '*' -delete",
    "find . ! -name .git -delete",
    "find . -mindepth 1 ! -name .git -exec rm -rf {} +",
    "rm -rf !(.git)",
    "find . -type f | xargs rm -f",
    "find ~ -name '*.pyc' | sed s/x/y/ | xargs rm -f",
]


@pytest.mark.parametrize("command", CLEANING)
def test_cleaning_a_workspace_is_nothing_high(command: str, tmp_path: Path) -> None:
    analysis = shell((1.0, command, "")).analyze(tmp_path)
    assert [f for f in analysis.findings if f.severity >= Severity.HIGH] == []


@pytest.mark.parametrize("command", WHOLE)
def test_all_of_a_workspace_is(command: str, tmp_path: Path) -> None:
    assert "R16" in rules_of(shell((1.0, command, "")).analyze(tmp_path))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("terraform force-unlock -force 1234", False),
        ("aws rds modify-db-instance --db-instance-identifier a --no-deletion-protection", True),
    ],
)
def test_a_broken_lock_is_no_way_back(before: str, expected: bool, tmp_path: Path) -> None:
    flight = shell((1.0, before, ""), (5.0, "terraform destroy -auto-approve", "Destroyed"))
    assert ("R09" in rules_of(flight.analyze(tmp_path))) is expected


def test_a_silenced_question_outside_the_workspace_is_found(tmp_path: Path) -> None:
    analysis = shell((1.0, "rm -rf ~/", "")).analyze(tmp_path)
    assert {"R11", "R16"} <= rules_of(analysis)


@pytest.mark.parametrize(("at", "expected"), [(5.0, True), (40.0, False)])
def test_a_password_that_was_just_read_and_used_by_a_client_is_tempo(
    at: float, expected: bool, tmp_path: Path
) -> None:
    url = "postgres://shop:Zq8vTt2mLw91@db.prod.shop.internal:5432/shop"
    flight = shell(
        (1.0, "cat .env", f"DATABASE_URL={url}"), (at, f"psql {url} -c 'DROP TABLE users'", "DROP")
    )
    assert ("R24" in rules_of(flight.analyze(tmp_path))) is expected


REHEARSED = [
    "alembic downgrade -1 && alembic upgrade head",
    "poetry run alembic -c a.ini downgrade -1; poetry run alembic -c a.ini upgrade head",
    "rails db:rollback && rails db:migrate",
    "npx knex migrate:rollback && npx knex migrate:latest",
    "goose down && goose up",
]
NOT_REHEARSED = [
    "alembic downgrade base && alembic upgrade head",
    "alembic downgrade -1",
    "npx knex migrate:rollback --all && npx knex migrate:latest",
    "alembic downgrade -1 && rails db:migrate",
    "alembic -x env=production downgrade -1 && alembic -x env=production upgrade head",
]


@pytest.mark.parametrize(
    ("command", "expected"),
    [*((c, False) for c in REHEARSED), *((c, True) for c in NOT_REHEARSED)],
)
def test_a_migration_that_is_tried_out_is_nothing_high(
    command: str, expected: bool, tmp_path: Path
) -> None:
    analysis = shell((1.0, command, "")).analyze(tmp_path)
    assert any(f.severity >= Severity.HIGH for f in analysis.findings) is expected
    assert "R27" in rules_of(analysis), "what the step had filled does not come back"


THIS_MACHINE = [
    "apt-get remove -y nginx",
    "sudo apt-get autoremove -y",
    "brew uninstall node",
    "docker compose down -v",
    "docker volume rm app_db",
    "docker system prune -af --volumes",
    "podman system reset -f",
    "minikube delete",
    "vagrant destroy -f",
    "vagrant snapshot delete before",
    "supabase db reset",
    "git gc --prune=now",
    "git reflog expire --expire=now --all && git gc --prune=now",
    "rm -f backup.sql",
    "rm -rf build && docker compose down -v",
]
ANOTHER = [
    "ssh web1 apt-get remove -y nginx",
    "ssh web1 'docker compose down -v'",
    "docker -H ssh://web1 volume rm app_db",
    "DOCKER_HOST=ssh://web1 docker volume rm app_db",
    "docker --context live volume rm app_db",
    "docker compose -f compose.prod.yml down -v",
    "docker service rm web",
    "npm unpublish acme@1.0.0 --force",
    "supabase db reset --linked",
]
BEHIND_HOUSEWORK = [
    "rm -rf build && git push --force origin main",
    "rm -rf node_modules && psql -c 'DROP TABLE users'",
    "docker compose down -v; psql $DATABASE_URL -c 'DROP TABLE users'",
    "sudo bash -c 'rm -rf dist; gh repo delete acme/app --yes'",
    "git gc --prune=now && aws rds delete-db-snapshot --db-snapshot-identifier a",
]


@pytest.mark.parametrize("command", THIS_MACHINE)
def test_what_is_this_machines_own_is_nothing_high(command: str, tmp_path: Path) -> None:
    analysis = shell((1.0, command, "")).analyze(tmp_path)
    assert [f for f in analysis.findings if f.severity >= Severity.HIGH] == []


@pytest.mark.parametrize("command", ANOTHER)
def test_what_is_anothers_is_found(command: str, tmp_path: Path) -> None:
    assert "R01" in rules_of(shell((1.0, command, "")).analyze(tmp_path))


@pytest.mark.parametrize("command", BEHIND_HOUSEWORK)
def test_harm_elsewhere_does_not_hide_behind_housework(command: str, tmp_path: Path) -> None:
    assert "R01" in rules_of(shell((1.0, command, "")).analyze(tmp_path))


@pytest.mark.parametrize("command", ["git gc --prune=now", "rm -rf backups", "rm -f a.bak"])
def test_a_copy_that_goes_alone_is_told_of(command: str, tmp_path: Path) -> None:
    found = rules_of(shell((1.0, command, "")).analyze(tmp_path))
    assert "R27" in found
    assert "R08" not in found


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("az sql server delete -g a -n live --yes", True),
        ("az sql server delete -g a -n dev --yes", False),
    ],
)
def test_development_that_goes_with_its_copies_can_be_spared(
    command: str, expected: bool, tmp_path: Path
) -> None:
    assert ("R08" in rules_of(shell((1.0, command, "")).analyze(tmp_path))) is expected
