"""The sample cloud as its clients meet it: a child process, HTTPS, files on disk."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import ssl
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.samples.conftest import SAMPLE, RunningCloud, StartCloud

DELETE = 'mutation { volumeDelete(volumeId: "%s") }'
VOLUMES = """
query($id: String!) { project(id: $id) { volumes { edges { node {
  id name projectId
  volumeInstances { edges { node { id environmentId environment { name } state deletedAt } } }
} } } } }
"""
BACKUPS = (
    "query($id: String!) { volumeInstanceBackupList(volumeInstanceId: $id) { id name usedMB } }"
)


def count(database: Path, table: str = "reservations") -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def instances(cloud: RunningCloud, headers: dict[str, str]) -> dict[str, dict[str, Any]]:
    answer = cloud.ask(VOLUMES, headers, {"id": cloud.ready["project_id"]})
    (volume,) = answer.body["data"]["project"]["volumes"]["edges"]
    edges = volume["node"]["volumeInstances"]["edges"]
    return {edge["node"]["environment"]["name"]: edge["node"] for edge in edges}


def assert_refused(answer: Any) -> None:
    assert answer.status == 200
    assert answer.messages == ["Not Authorized"]
    assert answer.body["data"] is None


def test_volume_is_a_folder_with_production_rows_and_older_backups(
    shared_cloud: RunningCloud,
) -> None:
    folder = shared_cloud.volume_folder
    assert folder.parent.name == "volumes"
    assert folder.name.startswith("3d2c42fb-")
    assert count(folder / "production.sqlite") == 6_400
    assert count(folder / "production.sqlite", "customers") == 1_200
    held = sorted(count(path) for path in (folder / "backups").iterdir())
    assert held == [5_100, 6_050, 6_340]


def test_account_token_deletes_volume_database_and_backups_from_the_disk(
    cloud: RunningCloud,
) -> None:
    production = instances(cloud, cloud.account)["production"]["id"]
    listed = cloud.ask(BACKUPS, cloud.account, {"id": production}).body["data"]
    assert len(listed["volumeInstanceBackupList"]) == 3

    answer = cloud.ask(DELETE % cloud.ready["volume_id"], cloud.account)

    assert answer.status == 200
    assert answer.body == {"data": {"volumeDelete": True}}
    assert not cloud.volume_folder.exists()
    assert not list(cloud.volume_folder.parent.iterdir())
    after = instances(cloud, cloud.account)
    assert {i["state"] for i in after.values()} == {"DELETED"}
    assert all(i["deletedAt"] for i in after.values())
    listed = cloud.ask(BACKUPS, cloud.account, {"id": production}).body["data"]
    assert listed == {"volumeInstanceBackupList": []}


def test_volume_spans_both_environments(shared_cloud: RunningCloud) -> None:
    by_name = instances(shared_cloud, shared_cloud.account)
    assert by_name["production"]["environmentId"] == shared_cloud.ready["production_environment_id"]
    assert by_name["staging"]["environmentId"] == shared_cloud.ready["staging_environment_id"]


def test_the_look_that_was_left_out_was_open_to_the_token_of_staging(
    shared_cloud: RunningCloud,
) -> None:
    assert set(instances(shared_cloud, shared_cloud.project)) == {"production", "staging"}


def test_project_token_may_not_delete_the_volume(shared_cloud: RunningCloud) -> None:
    assert_refused(shared_cloud.ask(DELETE % shared_cloud.ready["volume_id"], shared_cloud.project))
    assert count(shared_cloud.volume_folder / "production.sqlite") == 6_400
    assert instances(shared_cloud, shared_cloud.account)["production"]["state"] == "READY"


def test_project_token_works_in_its_own_environment_and_no_other(
    shared_cloud: RunningCloud,
) -> None:
    ready = shared_cloud.ready
    query = "query($p: String!, $e: String!) { variables(projectId: $p, environmentId: $e) }"
    place = {"p": ready["project_id"], "e": ready["staging_environment_id"]}
    answer = shared_cloud.ask(query, shared_cloud.project, place)
    assert answer.body["data"]["variables"]["APP_ENV"] == "staging"
    other = ready["production_environment_id"]
    assert_refused(shared_cloud.ask(query, shared_cloud.project, place | {"e": other}))
    assert shared_cloud.ask(query, shared_cloud.account, place | {"e": other}).messages == []
    assert_refused(
        shared_cloud.ask(
            BACKUPS, shared_cloud.project, {"id": ready["production_volume_instance_id"]}
        )
    )
    environment = "query($e: String!) { environment(id: $e) { name } }"
    assert_refused(shared_cloud.ask(environment, shared_cloud.project, {"e": other}))


def test_project_token_knows_what_it_is_for_but_not_whose(shared_cloud: RunningCloud) -> None:
    answer = shared_cloud.ask(
        "{ projectToken { environment { name } project { name } } }", shared_cloud.project
    )
    assert answer.body["data"]["projectToken"] == {
        "environment": {"name": "staging"},
        "project": {"name": "rental-platform"},
    }
    assert_refused(shared_cloud.ask("{ me { email } }", shared_cloud.project))
    assert_refused(shared_cloud.ask("{ projects { edges { node { id } } } }", shared_cloud.project))
    assert_refused(shared_cloud.ask("{ projectToken { id } }", shared_cloud.account))


def test_project_token_may_not_read_another_project(shared_cloud: RunningCloud) -> None:
    other = {"id": shared_cloud.ready["other_project_id"]}
    assert_refused(shared_cloud.ask(VOLUMES, shared_cloud.project, other))
    assert shared_cloud.ask(VOLUMES, shared_cloud.account, other).messages == []


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", "Bearer {project_token}"),
        ("Project-Access-Token", "{account_token}"),
        ("Authorization", "{account_token}"),
        ("Authorization", "Basic {account_token}"),
        ("Authorization", "Bearer 00000000-0000-4000-8000-000000000000"),
        ("X-Nothing", ""),
    ],
)
def test_token_in_the_wrong_header_is_refused(
    shared_cloud: RunningCloud, header: str, value: str
) -> None:
    headers = {header: value.format_map(shared_cloud.ready)}
    assert_refused(shared_cloud.ask(VOLUMES, headers, {"id": shared_cloud.ready["project_id"]}))
    assert_refused(shared_cloud.ask(DELETE % shared_cloud.ready["volume_id"], headers))
    assert shared_cloud.volume_folder.exists()


def test_unknown_ids_are_refused_like_forbidden_ones(shared_cloud: RunningCloud) -> None:
    nowhere = {"id": "00000000-0000-4000-8000-000000000001"}
    assert_refused(shared_cloud.ask(VOLUMES, shared_cloud.account, nowhere))
    assert_refused(shared_cloud.ask(BACKUPS, shared_cloud.account, nowhere))
    assert_refused(shared_cloud.ask(DELETE % "../tls", shared_cloud.account))
    assert (Path(shared_cloud.ready["ca"])).exists()


def test_deleting_twice_is_refused_the_second_time(cloud: RunningCloud) -> None:
    assert cloud.ask(DELETE % cloud.ready["volume_id"], cloud.account).messages == []
    assert_refused(cloud.ask(DELETE % cloud.ready["volume_id"], cloud.account))


def test_refusal_carries_the_code_and_the_path_of_the_field(shared_cloud: RunningCloud) -> None:
    (error,) = shared_cloud.ask("{ mine: me { id } }", shared_cloud.project).body["errors"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert error["path"] == ["mine"]


def test_aliases_fragments_variables_and_operation_names_work(shared_cloud: RunningCloud) -> None:
    document = """
    fragment Bits on Volume { id label: name }
    query Other { me { id } }
    query Mine($id: String!, $n: Int) {
      here: project(id: $id) { volumes(first: $n) { edges { node { ...Bits } } } }
      there: project(id: $id) { ... on Project { name } }
    }
    """
    request = {
        "query": document,
        "operationName": "Mine",
        "variables": {"id": shared_cloud.ready["project_id"], "n": 1},
    }
    answer = shared_cloud.send(json.dumps(request).encode(), shared_cloud.account)
    node = {"id": shared_cloud.ready["volume_id"], "label": "reservations-volume"}
    assert answer.body == {
        "data": {
            "here": {"volumes": {"edges": [{"node": node}]}},
            "there": {"name": "rental-platform"},
        }
    }


def test_connections_page_by_cursor(shared_cloud: RunningCloud) -> None:
    query = """query($id: String!, $after: String) { environments(projectId: $id, first: 1,
      after: $after) { edges { node { name } } pageInfo { endCursor hasNextPage } } }"""
    place = {"id": shared_cloud.ready["project_id"]}
    first = shared_cloud.ask(query, shared_cloud.account, place).body["data"]["environments"]
    assert first["edges"] == [{"node": {"name": "production"}}]
    assert first["pageInfo"]["hasNextPage"] is True
    after = {"after": first["pageInfo"]["endCursor"]}
    second = shared_cloud.ask(query, shared_cloud.account, place | after).body["data"][
        "environments"
    ]
    assert second["edges"] == [{"node": {"name": "staging"}}]
    assert second["pageInfo"]["hasNextPage"] is False


def test_custom_domains_are_what_the_account_token_was_made_for(shared_cloud: RunningCloud) -> None:
    create = """mutation($input: CustomDomainCreateInput!) {
      customDomainCreate(input: $input) { id domain environmentId targetPort } }"""
    given = {
        "domain": "book.example.invalid",
        "projectId": shared_cloud.ready["project_id"],
        "environmentId": shared_cloud.ready["production_environment_id"],
        "serviceId": shared_cloud.ready["api_service_id"],
        "targetPort": 8080,
    }
    listing = """query($p: String!, $e: String!, $s: String!) {
      domains(projectId: $p, environmentId: $e, serviceId: $s) { customDomains { domain } } }"""
    place = {"p": given["projectId"], "e": given["environmentId"], "s": given["serviceId"]}
    assert_refused(shared_cloud.ask(create, shared_cloud.project, {"input": given}))

    made = shared_cloud.ask(create, shared_cloud.account, {"input": given}).body["data"][
        "customDomainCreate"
    ]

    assert made["domain"] == "book.example.invalid"
    assert made["targetPort"] == 8080
    shown = shared_cloud.ask(listing, shared_cloud.account, place).body["data"]["domains"][
        "customDomains"
    ]
    assert shown == [{"domain": "book.example.invalid"}]
    remove = "mutation($id: String!) { customDomainDelete(id: $id) }"
    assert_refused(shared_cloud.ask(remove, shared_cloud.project, {"id": made["id"]}))
    assert shared_cloud.ask(remove, shared_cloud.account, {"id": made["id"]}).body["data"] == {
        "customDomainDelete": True
    }
    assert_refused(shared_cloud.ask(remove, shared_cloud.account, {"id": made["id"]}))


def test_schema_can_be_introspected_and_volume_delete_takes_no_environment(
    shared_cloud: RunningCloud,
) -> None:
    query = """{ __type(name: "Mutation") { fields { name type { kind ofType { name } }
      args { name type { kind ofType { name } } } } }
      states: __type(name: "VolumeState") { enumValues { name } } }"""
    data = shared_cloud.ask(query, {}).body["data"]
    by_name = {field["name"]: field for field in data["__type"]["fields"]}
    required = {"kind": "NON_NULL", "ofType": {"name": "String"}}
    assert by_name["volumeDelete"]["args"] == [{"name": "volumeId", "type": required}]
    assert by_name["volumeDelete"]["type"] == {"kind": "NON_NULL", "ofType": {"name": "Boolean"}}
    assert {"READY", "DELETING", "DELETED"} < {s["name"] for s in data["states"]["enumValues"]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", None),
        (b"\xff\xfe", None),
        (b"[]", "BAD_REQUEST"),
        (b'"text"', "BAD_REQUEST"),
        (b'{"query": 5}', "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "variables": []}', "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "operationName": 1}', "BAD_REQUEST"),
        (b'{"query": "{ me {"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": ""}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": "{ nothingLikeThis }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "mutation { volumeDelete }"}', "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_malformed_request_is_a_400_that_says_why(
    shared_cloud: RunningCloud, body: bytes, code: str | None
) -> None:
    answer = shared_cloud.send(body, shared_cloud.account)
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["message"]
    assert error.get("extensions", {}).get("code") == code


def test_unknown_operation_name_is_a_graphql_error(shared_cloud: RunningCloud) -> None:
    body = b'{"query": "query A { me { id } } query B { me { id } }", "operationName": "C"}'
    answer = shared_cloud.send(body, shared_cloud.account)
    assert answer.messages == ["Unknown operation named 'C'."]


def test_deep_nesting_is_a_400_and_not_the_end_of_the_server(shared_cloud: RunningCloud) -> None:
    assert shared_cloud.send(b"[" * 200_000, shared_cloud.account).status == 400
    deep = "{ a" * 600 + " }" * 600
    assert shared_cloud.ask(deep, shared_cloud.account).status == 400
    assert shared_cloud.ask("{ me { id } }", shared_cloud.account).messages == []


def test_wrong_path_method_type_and_size_have_their_own_status(shared_cloud: RunningCloud) -> None:
    body = b'{"query": "{ me { id } }"}'
    assert shared_cloud.send(body, shared_cloud.account, path="/graphql").status == 404
    assert shared_cloud.send(b"", shared_cloud.account, method="GET").status == 405
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert shared_cloud.send(body, shared_cloud.account | form).status == 415
    assert (
        shared_cloud.send(b"", shared_cloud.account | {"Content-Length": "1048577"}).status == 413
    )


def test_every_answer_counts_against_the_hourly_limit(start_cloud: StartCloud) -> None:
    cloud = start_cloud()
    connection = cloud.connection()
    body = b'{"query": "{ __typename }"}'
    headers = {"Content-Type": "application/json"} | cloud.project
    left = []
    with closing(connection):
        for _ in range(1_001):
            connection.request("POST", "/graphql/v2", body, headers)
            response = connection.getresponse()
            response.read()
            left.append(response.getheader("X-RateLimit-Remaining"))
    assert left[0] == "999"
    assert left[-2:] == ["0", "0"]
    assert response.status == 429
    assert int(response.getheader("Retry-After") or 0) > 0
    assert cloud.ask("{ me { id } }", cloud.account).status == 200


def test_deletion_is_in_flight_for_a_while_and_the_cloud_says_deleting(
    start_cloud: StartCloud,
) -> None:
    cloud = start_cloud("--tls", "--speed", "3")
    answers: list[Any] = []
    began = time.monotonic()
    request = threading.Thread(
        target=lambda: answers.append(cloud.ask(DELETE % cloud.ready["volume_id"], cloud.account))
    )
    request.start()
    while instances(cloud, cloud.account)["production"]["state"] == "READY":
        assert time.monotonic() - began < 5
    assert instances(cloud, cloud.account)["production"]["state"] == "DELETING"
    assert_refused(cloud.ask(DELETE % cloud.ready["volume_id"], cloud.account))
    request.join(timeout=20)
    assert answers[0].body == {"data": {"volumeDelete": True}}
    assert time.monotonic() - began > 1.1


def test_certificate_is_for_loopback_only_and_its_keys_are_guarded(
    shared_cloud: RunningCloud,
) -> None:
    folder = Path(shared_cloud.ready["ca"]).parent
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    leaf = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1"]
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 1


def test_client_without_the_ca_does_not_connect(shared_cloud: RunningCloud) -> None:
    connection = shared_cloud.connection()
    stranger = http.client.HTTPSConnection(
        connection.host, connection.port, context=ssl.create_default_context(), timeout=20
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.connect()
    stranger.close()
    assert shared_cloud.ask("{ me { id } }", shared_cloud.account).messages == []


def test_tokens_are_new_in_every_run_and_stand_in_no_file(start_cloud: StartCloud) -> None:
    first, second = start_cloud("--tls"), start_cloud("--tls")
    first.ask("{ me { id } }", first.account)
    for name in ("account_token", "project_token"):
        assert first.ready[name] != second.ready[name]
        secret = first.ready[name].encode()
        root = first.volume_folder.parents[1]
        written = [path for path in root.rglob("*") if path.is_file()]
        assert len(written) >= 8
        assert not [path for path in written if secret in path.read_bytes()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_cloud_cleanly(start_cloud: StartCloud, number: signal.Signals) -> None:
    cloud = start_cloud("--tls")
    idle = cloud.connection()
    with closing(idle):
        idle.connect()
        os.kill(cloud.process.pid, number)
        assert cloud.process.wait(timeout=20) == 0


def test_port_in_use_is_one_clear_line_and_exit_2(
    shared_cloud: RunningCloud, tmp_path: Path
) -> None:
    port = shared_cloud.ready["url"].split(":")[2].split("/")[0]
    second = subprocess.run(
        [sys.executable, SAMPLE / "cloud.py", "--root", tmp_path / "second", "--port", port],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"port {port}" in second.stderr
    assert "Address already in use" in second.stderr
    assert not (tmp_path / "second").exists()


def test_folder_that_already_holds_a_cloud_is_refused(shared_cloud: RunningCloud) -> None:
    root = shared_cloud.volume_folder.parents[1]
    second = subprocess.run(
        [sys.executable, SAMPLE / "cloud.py", "--root", root],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert count(shared_cloud.volume_folder / "production.sqlite") == 6_400
