"""The state at any moment: what the agent holds, what is alive, and how that is known."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model import Analysis
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from analyzer.versions import CHECKPOINT_EVERY
from analyzer.world import WorldState
from tests.analyzer.factories import (
    ACCOUNT_TOKEN,
    CWD,
    LIST,
    VOLUME,
    Flight,
    action,
    ns,
    wipe,
)

INSTANCES = (
    'query { project(id: "p1") { volumes { edges { node { id name volumeInstances { edges { node '
    "{ id environmentId state } } } } } } } }"
)
BACKUPS = (
    'query { a: volumeInstanceBackupList(volumeInstanceId: "i1") { id } '
    'b: volumeInstanceBackupList(volumeInstanceId: "i2") { id } }'
)


def instances(state: str) -> dict[str, object]:
    nodes = [{"node": {"id": f"i{n}", "environmentId": f"e{n}", "state": state}} for n in (1, 2)]
    volume = {"id": VOLUME, "name": "prod", "volumeInstances": {"edges": nodes}}
    return {"data": {"project": {"volumes": {"edges": [{"node": volume}]}}}}


def states(world: WorldState) -> dict[str, tuple[str, Certainty]]:
    return {r.type: (r.state, r.certainty) for r in world.resources}


def test_the_volume_lives_until_the_answer_confirms_its_deletion(tmp_path: Path) -> None:
    analysis = wipe().analyze(tmp_path)
    index = StateIndex(analysis)
    deletion = action(analysis, "mutation volumeDelete")
    assert deletion.end_ns is not None
    assert states(index.at(ns(1.5))) == {}
    alive = {
        "volume": ("alive", Certainty.OBSERVED),
        "backups": ("not looked at", Certainty.INFERRED),
    }
    assert states(index.at(deletion.end_ns - 1)) == alive
    assert states(index.at(deletion.end_ns)) == {
        "volume": ("deleted", Certainty.OBSERVED),
        "backups": ("gone", Certainty.INFERRED),
    }


def test_backups_are_seen_gone_once_an_answer_lists_none(tmp_path: Path) -> None:
    flight = wipe()
    flight.graphql(30.0, INSTANCES, instances("DELETED"), token=ACCOUNT_TOKEN)
    flight.graphql(31.0, BACKUPS, {"data": {"a": [], "b": []}}, token=ACCOUNT_TOKEN)
    index = StateIndex(flight.analyze(tmp_path))
    assert states(index.at(ns(30.5)))["backups"] == ("gone", Certainty.INFERRED)
    assert states(index.at(ns(31.5))) == {
        "volume": ("deleted", Certainty.OBSERVED),
        "backups": ("gone", Certainty.OBSERVED),
    }


def test_backups_that_an_answer_lists_are_alive(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, INSTANCES, instances("READY"))
    flight.graphql(2.0, BACKUPS, {"data": {"a": [{"id": "b1"}], "b": [{"id": "b2"}]}})
    world = StateIndex(flight.analyze(tmp_path)).at(ns(3.0))
    assert states(world)["backups"] == ("alive", Certainty.OBSERVED)


def test_not_found_is_an_answer_about_the_backups_that_were_asked_for(tmp_path: Path) -> None:
    flight = Flight()
    flight.graphql(1.0, INSTANCES, instances("READY"))
    errors = [{"message": "VolumeInstance not found", "path": ["a"]}]
    flight.graphql(2.0, BACKUPS, {"errors": errors, "data": {"a": None, "b": None}})
    world = StateIndex(flight.analyze(tmp_path)).at(ns(3.0))
    backups = next(r for r in world.resources if r.type == "backups")
    assert (backups.state, backups.certainty) == ("gone", Certainty.OBSERVED)
    assert "not found" in backups.basis


def test_a_refused_deletion_leaves_everything_alive(tmp_path: Path) -> None:
    refused = {"errors": [{"message": "Not Authorized"}], "data": None}
    index = StateIndex(wipe(answer=refused).analyze(tmp_path))
    assert states(index.at(ns(299)))["volume"] == ("alive", Certainty.OBSERVED)


def test_of_two_deletions_in_one_request_only_the_confirmed_one_counts(tmp_path: Path) -> None:
    flight = Flight()
    query = 'mutation { a: volumeDelete(volumeId: "v1") b: volumeDelete(volumeId: "v2") }'
    errors = [{"message": "Not Authorized", "path": ["b"]}]
    flight.graphql(1.0, query, {"data": {"a": True, "b": None}, "errors": errors})
    analysis = flight.analyze(tmp_path)
    world = StateIndex(analysis).at(ns(2.0))
    assert {r.id for r in world.resources if r.type == "volume"} == {"v1"}
    assert "R08" in {f.rule for f in analysis.findings}, "a part of it went through"


def test_what_was_lost_comes_first(tmp_path: Path) -> None:
    flight = wipe()
    other = {"data": {"project": {"volumes": {"edges": [{"node": {"id": "v9", "name": "aaa"}}]}}}}
    flight.graphql(5.0, LIST, other)
    world = StateIndex(flight.analyze(tmp_path)).at(ns(299))
    assert [r.state in {"deleted", "gone"} for r in world.resources] == [True, True, False, False]


def test_credentials_are_in_hand_from_their_first_sighting_with_their_last_use(
    tmp_path: Path,
) -> None:
    index = StateIndex(wipe().analyze(tmp_path))
    assert index.at(ns(0.9)).credentials == ()
    held = index.at(ns(12.5)).credentials
    assert [c.first_place for c in held] == [
        "services/api/.env.staging:2",
        "scripts/domains/domains.env:2",
    ]
    assert [c.last_use for c in held] == ["127.0.0.1:4443", ""]
    assert index.at(ns(17)).credentials[1].last_use == "127.0.0.1:4443"


def test_counts_files_hosts_people_and_open_actions_are_those_of_the_moment(
    tmp_path: Path,
) -> None:
    flight = wipe()
    flight.model(40.0, "Done.")
    flight.approval(50.0)
    flight.approval(51.0, "denied")
    analysis = flight.analyze(tmp_path)
    index = StateIndex(analysis)
    during = index.at(ns(17.0))
    deletion = action(analysis, "mutation volumeDelete")
    assert deletion.join is not None
    assert during.open_actions == (deletion.join.parent, deletion.id)
    assert (during.tool_calls, during.requests) == (5, 3)
    assert during.files == ("services/api/.env.staging", "scripts/domains/domains.env")
    assert during.hosts == ("127.0.0.1:4443",)
    assert [touch.is_write for touch in during.touched] == [False, False]
    assert during.contacted[0].t_ns == action(analysis, "query project").start_ns
    assert during.last_human_ns == ns(0.5)
    assert during.last_human_action == analysis.actions[1].id
    assert (during.input_tokens, during.approvals, during.cwd) == (0, 0, CWD)
    end = index.at(ns(300))
    assert (end.input_tokens, end.output_tokens, end.approvals) == (100, 7, 1)
    assert end.last_human_ns == ns(51.0)
    assert end.open_actions == ()


def long_session() -> Analysis:
    """Return a session of many actions, its times shuffled into each other."""
    analysis = _long_template()
    base = analysis.actions[-1]
    actions = tuple(
        replace(base, id=n, start_ns=ns(n * 0.1), end_ns=ns(n * 0.1 + (n % 7)))
        for n in range(1, CHECKPOINT_EVERY * 2)
    )
    return replace(analysis, actions=actions)


def _long_template() -> Analysis:
    flight = Flight()
    flight.tool(1.0, "Read", {"file_path": "src/a.py"}, "     1→x")
    with tempfile.TemporaryDirectory() as folder:
        return flight.analyze(Path(folder))


LONG = long_session()
INDEX = StateIndex(LONG)


@given(st.integers(min_value=-1, max_value=80_000))
def test_any_moment_of_a_long_session_is_the_fold_of_all_before_it(millis: int) -> None:
    t_ns = ns(millis / 1000)
    world = INDEX.at(t_ns)
    started = [a for a in LONG.actions if a.start_ns <= t_ns]
    assert world.tool_calls == len(started)
    assert set(world.open_actions) == {a.id for a in started if (a.end_ns or 0) > t_ns}


def test_looking_back_after_looking_ahead_changes_nothing() -> None:
    early = INDEX.at(ns(10))
    INDEX.at(ns(60))
    assert INDEX.at(ns(10)) == early
