"""What actions do to the world, with their reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.catalogue import providers
from analyzer.effects import judge_all
from analyzer.model import Action, Effect, Outcome
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Json, Kind
from tests.analyzer.factories import (
    ACCOUNT_TOKEN,
    DELETE,
    DELETED,
    LIST,
    LISTED,
    VOLUME,
    Flight,
    action,
)


def judged(tmp_path: Path, **request: Any) -> Action:
    flight = Flight()
    flight.request(1.0, **request)
    return next(a for a in flight.analyze(tmp_path).actions if a.kind is Kind.API_REQUEST)


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("GET", Effect.READ),
        ("HEAD", Effect.READ),
        ("OPTIONS", Effect.READ),
        ("DELETE", Effect.D1),
        ("PUT", Effect.WRITE),
        ("PATCH", Effect.WRITE),
        ("POST", Effect.UNKNOWN),
        ("BREW", Effect.UNKNOWN),
    ],
)
def test_what_no_catalogue_describes_is_judged_by_its_method(
    tmp_path: Path, method: str, effect: Effect
) -> None:
    found = judged(tmp_path, method=method, path="/v1/things/7")
    assert found.judgement.effect is effect
    assert found.judgement.same_domain is None


def test_a_method_in_a_header_overrides_post(tmp_path: Path) -> None:
    headers = {"x-http-method-override": "DELETE"}
    assert judged(tmp_path, method="POST", path="/v1/x", headers=headers).judgement.effect.destroys


def test_a_deletion_by_method_is_inferred_to_have_happened_only_with_success(
    tmp_path: Path,
) -> None:
    gone = judged(tmp_path, method="DELETE", path="/v1/things/7", status=204)
    assert [(r.state, r.certainty) for r in gone.resources] == [("deleted", Certainty.INFERRED)]
    kept = judged(tmp_path, method="DELETE", path="/v1/things/7", status=404)
    assert kept.outcome is Outcome.FAILED
    assert kept.resources == ()


def test_an_api_on_an_unknown_host_is_recognised_by_operation_and_it_is_said(
    tmp_path: Path,
) -> None:
    flight = Flight()
    flight.graphql(1.0, DELETE, DELETED)
    judgement = action(flight.analyze(tmp_path), "volumeDelete").judgement
    assert judgement.operation == "railway.volumeDelete"
    assert judgement.target_id == VOLUME
    assert judgement.same_domain is True
    assert "recognised by operation, not by host" in " ".join(judgement.reasons)


@pytest.mark.parametrize("host", ["backboard.railway.app", "backboard.railway.com"])
def test_the_providers_own_hosts_need_no_such_reason(tmp_path: Path, host: str) -> None:
    flight = Flight()
    flight.graphql(1.0, DELETE, DELETED, host=host, port=443)
    judgement = action(flight.analyze(tmp_path), "volumeDelete").judgement
    assert judgement.effect is Effect.D1
    assert "not by host" not in " ".join(judgement.reasons)


def test_a_call_has_the_effect_of_the_deletion_inside_it(tmp_path: Path) -> None:
    flight = Flight()
    span = flight.tool(1.0, "Bash", {"command": "curl"})
    flight.graphql(1.02, DELETE, DELETED, span=span)
    analysis = flight.analyze(tmp_path)
    call = action(analysis, "Bash curl")
    assert call.judgement.effect is Effect.D1
    assert "inferred from" in call.judgement.reasons[0]
    assert len([f for f in analysis.findings if f.rule == "R08"]) == 1, "counted once"


@pytest.mark.parametrize(
    ("tool", "arguments", "result", "effect"),
    [
        ("Read", {"file_path": "a.py"}, "     1→x = 1", Effect.READ),
        ("Read", {"file_path": ".env"}, f"     1→API_TOKEN={ACCOUNT_TOKEN}", Effect.C2),
        ("Grep", {"pattern": "api_key", "path": "."}, "", Effect.C1),
        ("Grep", {"pattern": "def main", "path": "."}, "", Effect.READ),
        ("Bash", {"command": "grep -rn RAILWAY_TOKEN ."}, "", Effect.C1),
        ("Bash", {"command": "find / -name .env"}, "", Effect.C1),
        ("Bash", {"command": "make test"}, "", Effect.UNKNOWN),
        ("Edit", {"file_path": "a.py"}, "", Effect.WRITE),
        ("Deploy", {"where": "prod"}, "", Effect.UNKNOWN),
    ],
)
def test_calls_are_judged_by_what_is_seen_of_them(
    tmp_path: Path, tool: str, arguments: dict[str, str], result: str, effect: Effect
) -> None:
    flight = Flight()
    flight.tool(1.0, tool, arguments, result)
    found = next(a for a in flight.analyze(tmp_path).actions if a.kind is Kind.TOOL_CALL)
    assert found.judgement.effect is effect


def test_a_connection_that_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    flight = Flight()
    flight.request(1.0)
    for number, record in enumerate(flight.records):
        if record.kind is Kind.API_REQUEST:
            attributes: dict[str, Json] = {
                semconv.SERVER_ADDRESS: "db.example.com",
                semconv.SERVER_PORT: 5432,
                semconv.REASON: "not_http",
            }
            flight.records[number] = type(record)(
                witness=record.witness,
                phase=record.phase,
                kind=record.kind,
                name="opaque db.example.com:5432",
                run=record.run,
                ref=record.ref,
                t_ns=record.t_ns,
                attributes=attributes,
            )
    found = action(flight.analyze(tmp_path), "opaque")
    assert found.judgement.effect is Effect.UNKNOWN
    assert found.outcome is Outcome.OK
    assert "not_http" in found.title


def test_a_deletion_of_the_project_takes_the_volumes_that_are_known_to_be_in_it(
    tmp_path: Path,
) -> None:
    flight = Flight()
    flight.graphql(1.0, LIST, LISTED)
    flight.graphql(2.0, 'mutation { projectDelete(id: "p1") }', {"data": {"projectDelete": True}})
    found = action(flight.analyze(tmp_path), "projectDelete")
    states = {(r.type, r.id): (r.state, r.certainty) for r in found.resources}
    assert states == {
        ("project", "p1"): ("deleted", Certainty.OBSERVED),
        ("volume", VOLUME): ("gone", Certainty.INFERRED),
        ("backups", f"{VOLUME}/backups"): ("gone", Certainty.INFERRED),
    }


def test_a_deletion_that_is_only_scheduled_deletes_nothing_yet(tmp_path: Path) -> None:
    flight = Flight()
    query = 'mutation { projectScheduleDelete(id: "p1") }'
    flight.graphql(2.0, query, {"data": {"projectScheduleDelete": True}})
    found = action(flight.analyze(tmp_path), "projectScheduleDelete")
    assert found.judgement.effect is Effect.D3
    assert found.judgement.irreversible is False
    assert found.resources == ()


def test_every_entry_of_the_catalogue_has_a_source_and_the_incidents_facts_hold() -> None:
    for provider in providers():
        assert all(operation.source for operation in provider.mutations.values())
    railway = next(p for p in providers() if p.id == "railway")
    assert railway.mutations["volumeDelete"].same_domain is True
    assert railway.mutations["projectScheduleDeleteCancel"].effect is Effect.WRITE
    assert not railway.mutations["customDomainCreate"].effect.destroys
    assert railway.mutations["volumeInstanceBackupRestore"].effect is Effect.D4


@pytest.mark.parametrize(
    ("arguments", "harms"),
    [
        ({"command": "git push --force origin main"}, True),
        ({"cmd": "psql -c 'DROP TABLE users'"}, True),
        ({"command": "ls -la"}, False),
        ({"command": "view", "path": "/memories"}, False),
        ({"command": "delete", "path": "/memories/a"}, True),
        ({"text": "rm -rf /"}, False),
    ],
)
def test_a_tool_of_any_name_is_judged_by_the_command_that_it_is_given(
    tmp_path: Path, arguments: dict[str, Json], *, harms: bool
) -> None:
    flight = Flight()
    flight.tool(1.0, "mcp__box__perform", arguments, "ok")
    found = action(flight.analyze(tmp_path), "perform")
    assert found.judgement.effect.destroys is harms


@pytest.mark.parametrize(
    ("folder", "workspace", "where"),
    [
        ("", "/home/dev/shop", "inside the workspace"),
        ("/home/dev/shop/api", "/home/dev/shop", "inside the workspace"),
        ("/home/dev/shop", "", "inside the workspace"),
        ("", "/home/dev/other", "outside the workspace"),
        ("", "", "not known"),
    ],
)
def test_a_path_lies_inside_the_workspace_of_the_session(
    folder: str, workspace: str, where: str
) -> None:
    call = Action(
        id=1, session="s", kind=Kind.TOOL_CALL, name="Bash", title="rm", start_ns=0, end_ns=1,
        outcome=Outcome.OK,
        attributes={
            semconv.GEN_AI_TOOL_ARGUMENTS: '{"command": "rm -rf /home/dev/shop/backups"}',
            semconv.PROCESS_CWD: folder,
        },
    )  # fmt: skip
    (judged_call,) = judge_all((call,), workspace=workspace)
    assert f"/home/dev/shop/backups ({where})" in judged_call.judgement.reasons[0]
