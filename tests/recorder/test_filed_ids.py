"""The ids under which records are filed stay what they are, wherever else they stand as secrets."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from recorder import semconv
from recorder.model import Json, Kind, Phase, Record
from recorder.reader import Recording
from recorder.service import Service
from recorder.verify import verify
from tests.recorder.factories import record

UUID = "7c1d9a52-3b1d-4e63-9d6a-0c3f5b7d1e99"
PLACES: dict[str, Callable[[str], dict[str, Json]]] = {
    "cookie": lambda x: {semconv.GEN_AI_TOOL_RESULT: f"Cookie: session_id={x}"},
    "variable": lambda x: {semconv.GEN_AI_TOOL_RESULT: f"RAILWAY_API_TOKEN={x}\nnow {x}"},
    "key": lambda x: {semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"password": x})},
    "url": lambda x: {semconv.GEN_AI_TOOL_RESULT: f"https://user:{x}@example.com/"},
    "cookie header": lambda x: {f"{semconv.HTTP_REQUEST_HEADER}.cookie": [f"sid={x}"]},
    "authorization": lambda x: {f"{semconv.HTTP_REQUEST_HEADER}.authorization": f"Bearer {x}"},
    "beside a word": lambda x: {semconv.GEN_AI_TOOL_RESULT: f"the github token {x}"},
}
PLACE = st.sampled_from(sorted(PLACES))


def filed(session: str, about: dict[str, Json] | None = None, ref: str = "") -> Record:
    said: dict[str, Json] = {semconv.GEN_AI_CONVERSATION: session, **(about or {})}
    return record("Bash", session=session, ref=ref, attributes=said)


def begun(session: str) -> Record:
    return record(
        "session", kind=Kind.LIFECYCLE, phase=Phase.START,
        session=session, ref=f"session {session}",
        attributes={semconv.GEN_AI_CONVERSATION: session, semconv.GEN_AI_AGENT_NAME: "an-agent"},
    )  # fmt: skip


def recorded(path: Path, *runs: list[Record]) -> None:
    """Record runs, each by a recorder of its own and each record in a commit of its own."""
    for run in runs:
        service = Service.start(path, durability="normal")
        for one in run:
            assert service.submit(one, wait=True, timeout_seconds=30)
        service.stop()


def sessions(path: Path) -> list[str]:
    assert not verify(path).problems
    with Recording.open(path) as recording:
        return [row.id for row in recording.sessions()]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.uuids().map(str) | st.text(min_size=1, max_size=40), PLACE, st.booleans(), st.booleans())
@example(UUID, "cookie", True, True)
@example("github-0c3f5b7d1e99a1b2", "beside a word", False, False)
def test_no_secret_that_comes_later_renames_a_session(
    session: str, place: str, is_same: bool, is_restarted: bool
) -> None:
    about = PLACES[place](session)
    later = [filed(session if is_same else "another", about), filed(session)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r.db")
        service = Service.start(path, durability="normal")
        assert service.submit(begun(session), wait=True, timeout_seconds=30)
        with Recording.open(path) as recording:
            [before] = recording.sessions()
        if is_restarted:
            service.stop()
            service = Service.start(path, durability="normal")
        for one in later:
            assert service.submit(one, wait=True, timeout_seconds=30)
        service.stop()
        named = sessions(path)
    assert named == ([before.id] if is_same or session == "another" else [before.id, "another"])


@pytest.mark.parametrize("place", ["cookie", "cookie header", "beside a word"])
@pytest.mark.parametrize("restarts", [False, True])
def test_what_may_be_an_id_does_not_rename_a_session_that_begins_later(
    place: str, restarts: bool, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    before, after = [filed("another", PLACES[place](UUID))], [begun(UUID), filed(UUID)]
    recorded(path, *([before, after] if restarts else [before + after]))
    assert sessions(path) == ["another", UUID]
    with Recording.open(path) as recording:
        first = next(recording.records(session=UUID))
    assert first.attributes[semconv.GEN_AI_CONVERSATION] == UUID
    assert first.seals == ()


@pytest.mark.parametrize("restarts", [False, True])
def test_a_secret_that_is_used_as_a_session_s_name_is_never_written(
    restarts: bool, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    before, after = [filed("another", PLACES["variable"](UUID))], [begun(UUID), filed(UUID)]
    recorded(path, *([before, after] if restarts else [before + after]))
    [_, name] = sessions(path)
    assert name.startswith("⟦railway-api-token:")
    assert UUID.encode() not in path.read_bytes()


def test_a_cookie_that_is_a_session_s_id_is_sealed_where_it_stands_as_one_and_only_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.db"
    told: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: f"see /logs/{UUID}.jsonl"}
    recorded(path, [begun(UUID), filed(UUID, PLACES["cookie"](UUID)), filed(UUID, told)])
    with Recording.open(path) as recording:
        *_, cookie, text = recording.records(session=UUID)
    assert "Cookie: session_id=⟦cookie:" in str(cookie.attributes[semconv.GEN_AI_TOOL_RESULT])
    assert text.attributes[semconv.GEN_AI_TOOL_RESULT] == f"see /logs/{UUID}.jsonl"


@pytest.mark.parametrize("ref", [UUID, "toolu_01AbCdEfGhIjKlMnOpQrStUv"])
@pytest.mark.parametrize("place", ["variable", "cookie", "beside a word"])
def test_a_call_and_its_result_share_their_id_whatever_stands_between(
    ref: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    call = {semconv.GEN_AI_TOOL_CALL_ID: ref}
    recorded(
        path, [filed("s", {**call}, ref), filed("s", PLACES[place](ref)), filed("s", {**call}, ref)]
    )
    assert sessions(path) == ["s"]
    with Recording.open(path) as recording:
        started, _, ended = recording.records(session="s")
    assert started.ref == ended.ref == ref
    assert started.attributes[semconv.GEN_AI_TOOL_CALL_ID] == ref


def test_an_issuer_s_token_is_sealed_where_it_names_a_session(tmp_path: Path) -> None:
    path, token = tmp_path / "r.db", "ghp_Zk3nQ9xW2bTfR7yLmV5cJ8sD1hAeG4uP6oIq"
    recorded(path, [begun(f"sec-{token}"), filed(f"sec-{token}", ref=token)])
    [name] = sessions(path)
    assert "⟦" in name
    assert token.encode() not in path.read_bytes()


def test_an_id_that_its_owner_declares_a_credential_is_sealed_also_in_what_was_stored(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.db"
    declared = record(
        "declared", kind=Kind.CREDENTIAL, session=UUID,
        attributes={semconv.CREDENTIAL_SECRET: UUID, semconv.CREDENTIAL_NAME: "session"},
    )  # fmt: skip
    recorded(path, [begun(UUID), filed(UUID, ref=UUID), declared, filed(UUID, ref=UUID)])
    [name] = sessions(path)
    assert name.startswith("⟦session:")
    assert UUID.encode() not in path.read_bytes()
    with Recording.open(path) as recording:
        assert {r.ref for r in recording.records(session=name)} == {name, "", f"session {name}"}


def test_a_session_s_row_has_what_any_of_its_records_tells_first(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    said: list[dict[str, Json]] = [
        {}, {semconv.PROCESS_CWD: "/first"}, {semconv.GEN_AI_MODEL: "one"},
        {semconv.PROCESS_CWD: "/second", semconv.GEN_AI_MODEL: "two"},
        {semconv.GEN_AI_AGENT_VERSION: "1.2"},
    ]  # fmt: skip
    recorded(path, *([filed("s", about)] for about in said))
    service = Service.start(path)
    service.submit_group([filed("t", about) for about in said])
    service.stop()
    assert sessions(path) == ["s", "t"]
    with Recording.open(path) as recording:
        for row in recording.sessions():
            assert (row.cwd, row.model, row.agent_version) == ("/first", "one", "1.2")


@pytest.mark.parametrize("model", ["", "two", "three"])
def test_a_row_may_lack_what_a_former_release_did_not_take_but_say_nothing_else(
    model: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.db"
    recorded(path, [filed("s"), *(filed("s", {semconv.GEN_AI_MODEL: m}) for m in ("one", "two"))])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE sessions SET model = ?", (model,))
    db.close()
    assert verify(path).ok is (model != "three")


def test_a_row_stays_true_when_what_it_has_is_sealed_late(tmp_path: Path) -> None:
    path, secret = tmp_path / "r.db", "Zx81kkQ0ppWW7Lm2"
    later = filed("s", {semconv.GEN_AI_TOOL_RESULT: f"API_TOKEN={secret}"})
    recorded(path, [filed("s"), filed("s", {semconv.PROCESS_CWD: f"/srv/{secret}/x"}), later])
    assert sessions(path) == ["s"]
    with Recording.open(path) as recording:
        [row] = recording.sessions()
    assert row.cwd.startswith("/srv/⟦api-token:")


def test_a_row_that_a_former_release_left_wrong_is_mended_when_the_recording_is_appended_to(
    tmp_path: Path,
) -> None:
    path, token = tmp_path / "r.db", "ghp_Zk3nQ9xW2bTfR7yLmV5cJ8sD1hAeG4uP6oIq"
    recorded(path, [begun(token), filed(token)])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE sessions SET first_seq = first_seq + 1, agent = '', witness = 'otlp'")
    db.close()
    assert [problem.what for problem in verify(path).problems] == [
        "the table of sessions was changed: bodies say otherwise"
    ]
    recorded(path, [filed("another")])
    assert len(sessions(path)) == 2
