"""Where a credential stood, how far it reaches, and how that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.model import Analysis
from analyzer.sightings import Sealed, Setting, sightings_of
from analyzer.testimony import Certainty
from analyzer.texts import Texts
from recorder.model import Kind, Role, Seal
from tests.analyzer.factories import (
    ACCOUNT_TOKEN,
    CWD,
    LIST,
    LISTED,
    PROJECT_TOKEN,
    REFUSED,
    Flight,
    wipe,
)

LINE = f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def places(analysis: Analysis) -> list[tuple[str, str, Certainty]]:
    return [
        (s.place, s.file, s.certainty)
        for credential in analysis.credentials
        for s in credential.sightings
        if s.role is Role.EXPOSED
    ]


@pytest.mark.parametrize(
    ("tool", "arguments", "result", "place", "file", "certainty"),
    [
        ("Read", {"file_path": "conf/a.env"}, f"     1→# x\n     2→{LINE}",
         "conf/a.env:2", "conf/a.env", "observed"),
        ("Read", {"file_path": f"{CWD}/conf/a.env"}, f"    12\t{LINE}",
         "conf/a.env:12", "conf/a.env", "observed"),
        ("Read", {"file_path": "/etc/a.env"}, f"     1→{LINE}",
         "/etc/a.env:1", "/etc/a.env", "observed"),
        ("Read", {"file_path": "conf/a.env"}, LINE, "conf/a.env", "conf/a.env", "observed"),
        ("Grep", {"pattern": "TOKEN", "path": "."}, f"./conf/a.env:7:{LINE}",
         "conf/a.env:7", "conf/a.env", "observed"),
        ("Grep", {"pattern": "TOKEN", "path": "conf/a.env"}, f"7:{LINE}",
         "conf/a.env:7", "conf/a.env", "observed"),
        ("Bash", {"command": "grep -rn TOKEN conf"}, f"conf/a.env:7:{LINE}",
         "conf/a.env:7", "conf/a.env", "inferred"),
        ("Bash", {"command": "cat conf/a.env"}, {"stdout": f"# x\n{LINE}", "exit_code": 0},
         "conf/a.env (tool output)", "conf/a.env", "inferred"),
        ("Bash", {"command": "cat a.env b.env"}, {"stdout": LINE}, "tool output", "", "observed"),
        ("Bash", {"command": "printenv"}, {"stdout": LINE},
         "environment (tool output)", "", "inferred"),
        ("Fetch", {"url": "x"}, LINE, "tool output", "", "observed"),
    ],
)  # fmt: skip
def test_a_sighting_names_the_file_and_line_that_the_tool_tells(
    tmp_path: Path,
    tool: str,
    arguments: dict[str, str],
    result: object,
    place: str,
    file: str,
    certainty: str,
) -> None:
    flight = Flight()
    flight.tool(1.0, tool, arguments, result)
    assert places(flight.analyze(tmp_path)) == [(place, file, Certainty(certainty))]


def test_a_line_deep_in_a_large_file_is_found_in_its_blob(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(1.0, "big.txt", *["filler " * 20] * 200, LINE)
    assert places(flight.analyze(tmp_path))[0][0] == "big.txt:201"


def test_a_credential_is_followed_from_the_file_to_the_header(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    account = analysis.credentials[1]
    roles = [(s.role.value, s.place, s.host) for s in account.sightings]
    assert roles == [
        ("exposed", "scripts/domains/domains.env:2", ""),
        ("used", "argv", ""),
        ("used", "header Authorization", "127.0.0.1:4443"),
    ]
    assert account.first.place == "scripts/domains/domains.env:2"
    assert account.name == f"railway-api-token:{account.fingerprint[:4]}"


def test_no_part_of_a_secret_is_in_what_is_derived(tmp_path: Path) -> None:
    derived = repr(wipe().analyze(tmp_path))
    assert ACCOUNT_TOKEN not in derived
    assert PROJECT_TOKEN not in derived


def test_header_and_variable_narrow_each_others_reach(tmp_path: Path) -> None:
    project, account = wipe().analyze(tmp_path).credentials
    assert project.scope == "project"
    assert account.scope == "account or workspace", "the variable rules OAuth out"
    assert "RAILWAY_API_TOKEN" in account.scope_basis
    assert "Authorization: Bearer" in account.scope_basis


def test_the_header_alone_leaves_the_reach_open(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, LIST, LISTED, token=ACCOUNT_TOKEN)
    assert flight.analyze(tmp_path).credentials[0].scope == "account or workspace or OAuth"


def test_a_bearer_token_of_another_api_has_no_known_reach(tmp_path: Path) -> None:
    flight = Flight()
    flight.request(1.0, headers={"authorization": f"Bearer {ACCOUNT_TOKEN}"})
    assert flight.analyze(tmp_path).credentials[0].scope == ""


def test_the_issuers_prefix_tells_the_reach(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "printenv"}, {"stdout": f"X={GITHUB}"})
    found = flight.analyze(tmp_path).credentials[0]
    assert found.scope == "personal"
    assert "ghp_" in found.scope_basis


def test_a_refused_header_does_not_overrule_the_one_that_worked(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, LIST, REFUSED, token=PROJECT_TOKEN)
    flight.graphql(2.0, LIST, LISTED, token=PROJECT_TOKEN, header="project-access-token")
    assert flight.analyze(tmp_path).credentials[0].scope == "project"


def test_clues_that_exclude_each_other_are_called_a_contradiction(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(1.0, "a/.env", LINE)
    flight.graphql(2.0, LIST, LISTED, token=ACCOUNT_TOKEN, header="project-access-token")
    found = flight.analyze(tmp_path).credentials[0]
    assert found.scope == "contradictory"
    assert "exclude each other" in found.scope_basis


@pytest.mark.parametrize("suspected", [True, False])
def test_nothing_is_built_upon_a_mere_suspicion(suspected: bool) -> None:
    seal = Seal("0" * 32, "secret", "entropy", Role.EXPOSED, "x", 20, suspected=suspected)
    setting = Setting(1, Kind.PROMPT, "prompt", Texts({}), CWD)
    assert bool(sightings_of(setting, [Sealed(seal, 1, 1)])) is not suspected


def test_a_place_tells_all_the_ways_in_which_it_writes_a_secret() -> None:
    setting = Setting(1, Kind.PROMPT, "prompt", Texts({}), CWD)
    seals = [
        Sealed(Seal("0" * 32, "secret", "known_value", Role.EXPOSED, "x", 20, encoding=way), 1, 1)
        for way in ("hex", "base64", "", "hex")
    ]
    assert [s.encoding for s in sightings_of(setting, seals)] == ["plain and hex and base64"]
    assert [s.encoding for s in sightings_of(setting, seals[2:3] * 2)] == [""]
