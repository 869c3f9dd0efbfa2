"""Every public fact about how far a credential reaches is read, applied and has a source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.credential_scopes import (
    Entry,
    expires_by_itself,
    issuer_hosts,
    prefix_entry,
    scope_table,
    width_of,
)
from analyzer.credential_scopes import _entry as checked  # the schema's own check
from analyzer.model import Analysis
from recorder.sealing.prefixes import _FINE, public_prefix
from tests.analyzer.factories import Flight

TABLE = scope_table()
PLAIN = [e for e in TABLE.headers if not e.provider and e.key != "cookie"]


def token(number: int) -> str:
    return f"{number:08x}-7e9b-4f35-8a2f-2a51c1d7c0aa"


def jwt(number: int) -> str:
    return f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_Xg{number:03}"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """A session in which each header was sent once and each variable was shown once."""
    flight = Flight()
    for number, entry in enumerate(PLAIN):
        flight.request(1.0 + number, headers={entry.key: token(number)}, host=f"h{number}.example")
    for number, entry in enumerate(TABLE.variables):
        value = (
            jwt(number) if entry.key.endswith(("ROLE_KEY", "ANON_KEY")) else token(1000 + number)
        )
        flight.read(500.0 + number, f"v{number}/.env", f"{entry.key}={value}")
    return flight.analyze(tmp_path_factory.mktemp("scopes"))


@pytest.mark.parametrize("entry", PLAIN, ids=lambda e: e.key)
def test_a_header_tells_its_scopes(seen: Analysis, entry: Entry) -> None:
    found = [c for c in seen.credentials if f"header {entry.key.title()}" in c.scope_basis]
    assert [c.scope for c in found] == [" or ".join(entry.scopes)]
    assert entry.source in found[0].scope_basis


@pytest.mark.parametrize("entry", TABLE.variables, ids=lambda e: e.key)
def test_a_variable_tells_its_scopes(seen: Analysis, entry: Entry) -> None:
    found = [c for c in seen.credentials if f"variable {entry.key} " in c.scope_basis]
    if entry.key == "DATABASE_URL":
        assert found == [], "a URL's variable holds no bare secret: its password is sealed alone"
        return
    assert [c.scope for c in found] == [" or ".join(entry.scopes)]


@pytest.mark.parametrize("entry", TABLE.prefixes, ids=lambda e: e.key)
def test_a_prefix_tells_its_scopes(entry: Entry) -> None:
    found = prefix_entry(entry.key)
    assert found == entry, "no other entry stands before it, and none stands twice"
    assert issuer_hosts(entry.key) == TABLE.hosts.get(entry.issuer, ())


def test_the_finest_prefix_that_sealing_names_is_one_of_the_table() -> None:
    told = {prefix: prefix_entry(prefix) for prefix in _FINE}
    silent = {prefix for prefix, entry in told.items() if entry is None}
    assert silent == {"xoxr-", "xoxs-"}, "legacy tokens of which the issuer says nothing any more"


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [("ASIAQWERTYUIOPASDFGH", "AKIA", "ASIA"), ("xoxp-1-2", "xox", "xoxp-"),
     ("AGPAQWERTYUIOPASDFGH", "AKIA", ""), ("sbp_fc01", "sbp_", "sbp_fc"),
     ("sbp_01", "sbp_", "sbp_"), ("nothing", "", "")],
)  # fmt: skip
def test_a_hint_is_the_prefix_that_the_token_really_has(
    value: str, hint: str, expected: str
) -> None:
    assert public_prefix(value, hint) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [({"prefix": "x_", "scopes": ["project"]}, "no source"),
     ({"prefix": "x_", "scopes": ["galaxy"], "source": "s"}, "unknown ones"),
     ({"prefix": "", "scopes": ["project"], "source": "s"}, "no prefix"),
     ({"prefix": "x_", "scopes": ["project"], "source": "s", "hue": 1}, "nobody reads"),
     ({"prefix": "x_", "scopes": ["project"], "source": "s", "issuer": "acme"}, "unknown issuer")],
)  # fmt: skip
def test_an_entry_that_breaks_the_schema_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(given, "prefix", frozenset({"project"}), frozenset())


def test_what_is_not_known_is_not_taken_for_harmless() -> None:
    assert width_of("") > width_of("public")
    assert width_of("account or project") == width_of("account")
    assert expires_by_itself("IAM session")
    assert not expires_by_itself("IAM session or IAM user")
    assert not expires_by_itself("")


WRITTEN = {
    "a file's second line": "A=1\nRAILWAY_TOKEN={}\nB=2",
    "behind Windows' end of a line": "A=1\r\nRAILWAY_TOKEN={}\r\nB=2",
    "quoted": "A=1\n\tRAILWAY_TOKEN='{}'",
    "JSON": '{{"a": 1,\n"RAILWAY_TOKEN": "{}"}}',
    "YAML": "env:\n  RAILWAY_TOKEN: {}",
}


@pytest.mark.parametrize("layers", range(3))
@pytest.mark.parametrize("written", WRITTEN)
def test_a_variable_is_told_in_a_result_that_is_json(
    tmp_path: Path, written: str, layers: int
) -> None:
    flight = Flight()
    text = WRITTEN[written].format(token(7))
    for _ in range(layers):
        text = json.dumps({"stdout": text})
    flight.tool(1.0, "Bash", {"command": "cat .env"}, text)
    (found,) = flight.analyze(tmp_path).credentials
    assert (found.scope, "variable RAILWAY_TOKEN" in found.scope_basis) == ("project", True)


def test_a_header_that_only_a_command_line_tells_of_tells_its_scope(tmp_path: Path) -> None:
    flight = Flight()
    headers = [f"Project-Access-Token: {token(8)}", f"Authorization: Bearer {token(9)}"]
    for at, header in enumerate(headers):
        line = f"curl -H '{header}' https://backboard.railway.app/graphql/v2"
        flight.tool(1.0 + at, "Bash", {"command": line}, "{}")
    project, account = flight.analyze(tmp_path).credentials
    assert (project.scope, account.scope) == ("project", "account or workspace or OAuth")
    assert "header Project-Access-Token" in project.scope_basis
