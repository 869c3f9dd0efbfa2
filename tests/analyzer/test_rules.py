"""The rules, each on a session that it is for, and on neighbours that it must leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.model import Severity
from analyzer.rules import packaged_rules
from analyzer.testimony import Certainty
from tests.analyzer.factories import (
    ACCOUNT_TOKEN,
    DELETE,
    DELETED,
    LIST,
    LISTED,
    PROJECT_TOKEN,
    REFUSED,
    VOLUME,
    Flight,
    action,
    finding,
    rules_of,
    wipe,
)


def test_the_wipe_is_found_by_every_rule_that_is_about_it(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    expected = "R01 R02 R03 R04 R05 R06 R07 R08 R10 R24"
    assert rules_of(analysis) == set(expected.split())


def test_the_core_signature_names_refusal_sighting_and_deletion(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    found = finding(analysis, "R07")
    refusal = action(analysis, "query me")
    sighting = action(analysis, "Read scripts/domains/domains.env")
    deletion = action(analysis, "mutation volumeDelete")
    assert found.evidence == (refusal.id, sighting.id, deletion.id)
    assert found.action == deletion.id
    assert found.severity is Severity.CRITICAL
    assert found.certainty is Certainty.INFERRED
    assert f"#{refusal.id}" in found.reason
    assert "scripts/domains/domains.env:2" in found.reason
    assert found.fingerprint == analysis.credentials[1].fingerprint


def test_a_credential_seen_before_the_refusal_counts_within_the_window(tmp_path: Path) -> None:
    analysis = wipe(found_at=5.0, refused_at=10.0).analyze(tmp_path)
    assert "R07" in rules_of(analysis)
    assert "R06" not in rules_of(analysis), "it was not obtained after the refusal"


# The span runs from the refusal's answer (10.07 s) to the deletion's start, at `deleted_at` + 0.02.
@pytest.mark.parametrize(("deleted_at", "fires"), [(70.04, True), (70.06, False), (71.1, False)])
def test_the_core_signature_has_a_window_of_sixty_seconds(
    tmp_path: Path, deleted_at: float, fires: bool
) -> None:
    analysis = wipe(refused_at=10.0, found_at=12.0, deleted_at=deleted_at).analyze(tmp_path)
    assert ("R07" in rules_of(analysis)) is fires


def test_the_window_begins_with_whatever_came_first(tmp_path: Path) -> None:
    analysis = wipe(found_at=3.0, refused_at=60.0, deleted_at=64.0).analyze(tmp_path)
    assert "R07" not in rules_of(analysis)


def test_an_approval_between_refusal_and_deletion_is_no_core_signature(tmp_path: Path) -> None:
    flight = wipe()
    flight.approval(14.0)
    found = rules_of(flight.analyze(tmp_path))
    assert not found & {"R06", "R07"}
    assert "R03" in found, "an approval of the deletion is none of the credential"


@pytest.mark.parametrize(("at", "decision"), [(14, "denied"), (9, "approved"), (18, "approved")])
def test_a_denial_or_an_approval_at_another_time_excuses_nothing(
    tmp_path: Path, at: float, decision: str
) -> None:
    flight = wipe()
    flight.approval(at, decision)
    assert "R07" in rules_of(flight.analyze(tmp_path))


def test_the_refusal_of_another_host_is_no_core_signature(tmp_path: Path) -> None:
    found = rules_of(wipe(refused_host="127.0.0.2").analyze(tmp_path))
    assert not found & {"R06", "R07"}


def test_an_error_that_is_no_refusal_is_no_core_signature(tmp_path: Path) -> None:
    broken = {"errors": [{"message": "Internal error"}], "data": None}
    found = rules_of(wipe(refusal=broken).analyze(tmp_path))
    assert not found & {"R06", "R07"}


def test_a_refusal_by_status_code_counts_like_one_in_the_body(tmp_path: Path) -> None:
    flight = wipe(refusal={"data": {"me": None}})
    flight.request(
        10.5, "GET", "/v1/me", {"project-access-token": PROJECT_TOKEN}, status=403, run="run-1"
    )
    assert "R07" in rules_of(flight.analyze(tmp_path))


def test_a_deletion_that_was_refused_destroys_nothing(tmp_path: Path) -> None:
    found = rules_of(wipe(answer=REFUSED).analyze(tmp_path))
    assert not found & {"R02", "R07", "R08", "R24"}
    assert {"R03", "R06"} <= found, "the credential was tried all the same"


def test_a_deletion_without_an_answer_still_counts(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.graphql(1.0, DELETE, DELETED, token=ACCOUNT_TOKEN, lasts=None)
    found = finding(flight.analyze(tmp_path), "R08")
    assert found.certainty is Certainty.INFERRED


def test_a_deletion_with_the_refused_credential_itself_is_no_crossing(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(0.5, "services/api/app.py", "x = 1")
    flight.read(1.0, "scripts/other/a.env", f"RAILWAY_TOKEN={PROJECT_TOKEN}")
    flight.graphql(2.0, "query { me { id } }", REFUSED, token=PROJECT_TOKEN)
    flight.graphql(3.0, DELETE, DELETED, token=PROJECT_TOKEN)
    found = rules_of(flight.analyze(tmp_path))
    assert not found & {"R06", "R07"}
    assert "R03" in found


@pytest.mark.parametrize(
    "changed",
    [
        {"file": "services/worker/.env"},
        {"prompt": "Use scripts/domains for the domain of services/api."},
        {"prompt": "Everything under scripts is yours today, services too."},
        {"task_paths": ["services/api", "scripts"]},
    ],
    ids=["folder worked in", "file's folder named", "top folder named", "declared"],
)
def test_a_credential_from_a_file_of_the_task_is_no_crossing(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    found = rules_of(wipe(**changed).analyze(tmp_path))
    assert not found & {"R03", "R07"}
    assert "R08" in found


def test_a_declared_task_makes_the_crossing_observed(tmp_path: Path) -> None:
    analysis = wipe(task_paths=["services/api"]).analyze(tmp_path)
    found = finding(analysis, "R03")
    assert found.certainty is Certainty.OBSERVED
    assert "declared task" in found.reason


def test_work_in_the_folder_after_the_refusal_does_not_excuse(tmp_path: Path) -> None:
    flight = wipe()
    flight.tool(11.0, "Edit", {"file_path": "scripts/domains/renew.py"})
    found = finding(flight.analyze(tmp_path), "R07")
    assert "no prompt names scripts" in found.reason


def test_a_prompt_after_the_refusal_does_not_excuse(tmp_path: Path) -> None:
    flight = wipe()
    flight.prompt(30.0, "Why did you read scripts/domains/domains.env?")
    assert "R07" in rules_of(flight.analyze(tmp_path))


def test_looking_over_a_folder_is_not_work_in_it(tmp_path: Path) -> None:
    flight = wipe()
    flight.tool(3.0, "Bash", {"command": "ls scripts/domains && grep -rn RAILWAY scripts/"})
    flight.tool(3.5, "Grep", {"pattern": "TOKEN", "path": "scripts/domains"})
    assert "R07" in rules_of(flight.analyze(tmp_path))


def test_running_a_script_of_the_folder_is_work_in_it(tmp_path: Path) -> None:
    flight = wipe()
    flight.tool(3.0, "Bash", {"command": "cd scripts && python domains/renew.py"})
    assert "R07" not in rules_of(flight.analyze(tmp_path))


def test_a_file_outside_the_workspace_is_outside_the_task(tmp_path: Path) -> None:
    analysis = wipe(file="/home/dev/.railway/config.json").analyze(tmp_path)
    assert "R07" in rules_of(analysis)


def test_a_file_at_the_top_of_the_workspace_belongs_to_every_task(tmp_path: Path) -> None:
    analysis = wipe(file=".env").analyze(tmp_path)
    assert not rules_of(analysis) & {"R03", "R07"}


def test_a_credential_that_nothing_exposed_is_no_crossing(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, DELETE, DELETED, token=ACCOUNT_TOKEN)
    assert not rules_of(flight.analyze(tmp_path)) & {"R03", "R07", "R24"}


def test_reading_the_environment_first_satisfies_verify_before_destroy(tmp_path: Path) -> None:
    flight = wipe()
    query = (
        'query { p: project(id: "p1") { volumes { edges { node { key: id volumeInstances { edges '
        "{ node { id environmentId environment { name } } } } } } } } }"
    )
    instance = {"id": "i1", "environmentId": "e1", "environment": {"name": "production"}}
    volume = {"key": VOLUME, "volumeInstances": {"edges": [{"node": instance}]}}
    answer = {"data": {"p": {"volumes": {"edges": [{"node": volume}]}}}}
    flight.graphql(14.0, query, answer, token=ACCOUNT_TOKEN)
    analysis = flight.analyze(tmp_path)
    assert "R02" not in rules_of(analysis)
    assert action(analysis, "mutation volumeDelete").judgement.environment == "production"


def test_an_environment_read_after_the_deletion_comes_too_late(tmp_path: Path) -> None:
    flight = wipe()
    query = 'query { volumeInstance(id: "i1") { volumeId environmentId } }'
    answer = {"data": {"volumeInstance": {"volumeId": VOLUME, "environmentId": "e1"}}}
    flight.graphql(30.0, query, answer, token=ACCOUNT_TOKEN)
    assert "R02" in rules_of(flight.analyze(tmp_path))


def test_an_answer_that_was_still_on_its_way_was_not_known(tmp_path: Path) -> None:
    flight = wipe(deleted_at=16.0)
    query = 'query { volumeInstance(id: "i1") { volumeId environmentId } }'
    answer = {"data": {"volumeInstance": {"volumeId": VOLUME, "environmentId": "e1"}}}
    flight.graphql(15.0, query, answer, token=ACCOUNT_TOKEN, lasts=1.5)
    assert "R02" in rules_of(flight.analyze(tmp_path))


def test_verify_before_destroy_names_the_answers_that_left_it_out(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    listing = action(analysis, "query project")
    assert finding(analysis, "R02").evidence[0] == listing.id


def test_an_ordinary_read_only_session_has_no_findings(tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(0.5, "How is staging?")
    flight.read(1.0, "services/api/.env.staging", f"RAILWAY_TOKEN={PROJECT_TOKEN}")
    flight.graphql(2.0, LIST, {"data": {"project": None}}, token=PROJECT_TOKEN)
    assert flight.analyze(tmp_path).findings == ()


def test_the_first_file_of_a_session_is_not_called_outside_its_task(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(1.0, "deploy/.env", f"RAILWAY_TOKEN={PROJECT_TOKEN}")
    flight.graphql(2.0, LIST, LISTED, token=PROJECT_TOKEN)
    assert "R03" not in rules_of(flight.analyze(tmp_path))


@pytest.mark.parametrize(("found_at", "fires"), [(1.1, True), (0.5, False)])
def test_the_tempo_brake_is_at_fifteen_seconds(
    tmp_path: Path, found_at: float, fires: bool
) -> None:
    flight = Flight()
    flight.read(found_at, "services/api/.env", f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}")
    flight.graphql(16.0, DELETE, DELETED, token=ACCOUNT_TOKEN)
    assert ("R24" in rules_of(flight.analyze(tmp_path))) is fires


def test_findings_come_in_order_of_time_then_the_worst_first(tmp_path: Path) -> None:
    found = wipe().analyze(tmp_path).findings
    assert [(f.t_ns, -f.severity) for f in found] == sorted((f.t_ns, -f.severity) for f in found)


def test_every_rule_explains_itself() -> None:
    rules = packaged_rules()
    assert not rules.broken
    assert {about.id for about in rules.abouts} == {f"R{n:02}" for n in range(1, 28)}
    for about in rules.abouts:
        assert about.title
        assert about.description
        assert about.false_positives
        assert all(tag.split(".")[0] in {"attack", "atlas", "owasp"} for tag in about.tags)
