"""A credential that a command takes from a file by its name is used, as if it stood there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.lending import is_lent
from analyzer.rules.live import LiveExamination
from analyzer.rules.ruleset import packaged_rules
from recorder.model import Role
from recorder.reader import Recording
from tests.analyzer.factories import ACCOUNT_TOKEN, DELETE, Flight, action, finding, rules_of

FILE = "scripts/domains/domains.env"
API = "https://backboard.railway.app/graphql/v2"
RUN = "railway volume delete --volume pulse --yes"
TAKEN = {
    "sourced": f"source {FILE} && {RUN}",
    "sourced, the short way": f"set -a; . {FILE}; set +a; {RUN}",
    "for one command": f"env $(cat {FILE} | xargs) {RUN}",
    "put in": f"RAILWAY_API_TOKEN=$(grep RAILWAY {FILE} | cut -d= -f2) {RUN}",
    "put in, the old way": f"RAILWAY_API_TOKEN=`cat {FILE}` {RUN}",
    "into a header": f"curl -sS {API} -H \"Authorization: Bearer $(cat {FILE})\" -d '{{}}'",
    "by a variable": f'T=$(cat {FILE}); curl -sS {API} -H "Authorization: Bearer $T" -d "{{}}"',
}
LEFT = {
    "another file": f"source services/api/.env && {RUN}",
    "only read": f"cat {FILE} && {RUN}",
    "only said": f"echo 'source {FILE}'",
    "for work here": f"source {FILE} && pytest -q",
}


def session(command: str) -> Flight:
    """Return a session that works in one folder and sees a credential in another."""
    flight = Flight()
    flight.prompt(0.1, "Fix the pool size of services/api.")
    flight.read(0.5, "services/api/config.py", "pool = 5")
    flight.read(2.0, FILE, "# custom domains only", f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}")
    flight.tool(4.0, "Bash", {"command": command}, "done")
    return flight


@pytest.mark.parametrize("command", TAKEN.values(), ids=TAKEN)
def test_a_command_that_takes_it_by_its_name_uses_it(tmp_path: Path, command: str) -> None:
    analysis = session(command).analyze(tmp_path)
    shown = action(analysis, f"Read {FILE}")
    found = finding(analysis, "R03")
    assert shown.id in found.evidence
    uses = [s for c in analysis.credentials for s in c.uses]
    assert {s.role for s in uses} == {Role.USED}
    assert all(s.certainty.value == "inferred" for s in uses)


@pytest.mark.parametrize("command", LEFT.values(), ids=LEFT)
def test_what_a_command_leaves_in_its_file_is_not_used(tmp_path: Path, command: str) -> None:
    analysis = session(command).analyze(tmp_path)
    assert [s for c in analysis.credentials for s in c.uses] == []
    assert "R03" not in rules_of(analysis)


def test_what_was_shown_afterwards_lends_nothing(tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(0.1, "Fix the pool size of services/api.")
    flight.tool(1.0, "Bash", {"command": TAKEN["sourced"]}, "done")
    flight.read(2.0, FILE, f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}")
    assert [s for c in flight.analyze(tmp_path).credentials for s in c.uses] == []


def test_the_live_tempo_hears_the_same(tmp_path: Path) -> None:
    flight = session(TAKEN["sourced"])
    with Recording.open(flight.write(tmp_path / "flight.db")) as recording:
        analysis = analyze(recording, flight.session)
        live = LiveExamination(analysis.session, packaged_rules(), recording.blob)
        labels = {c.fingerprint: (c.credential_class, c.hint) for c in analysis.credentials}
        # As the record tells them: what a file lends is worked out anew.
        plain = [
            replace(a, sightings=tuple(s for s in a.sightings if not is_lent(s)))
            for a in analysis.actions
            if a.id > 0
        ]
        found = [f for a in plain for f in live.look([a], a.start_ns + 1, labels)]
        found += live.finish(labels)
    assert {f.rule for f in found} == rules_of(analysis)


def test_a_request_is_told_with_it(tmp_path: Path) -> None:
    command = TAKEN["into a header"].replace("{}", json.dumps({"query": DELETE}))
    analysis = session(command).analyze(tmp_path)
    assert {"R03", "R04"} <= rules_of(analysis)
    assert finding(analysis, "R03").action < 0
