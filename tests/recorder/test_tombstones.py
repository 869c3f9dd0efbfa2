"""Only the recording's key can say that a record was sealed once more."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder import semconv
from recorder.body import encode_body
from recorder.columns import index_columns
from recorder.merkle import Frontier, leaf_hash
from recorder.model import Json, Kind, Record, Witness
from recorder.reader import Recording
from recorder.service import Service
from recorder.tombstones import RESEALED, tombstone
from recorder.verify import verify
from tests.recorder.factories import record

BARE = "Zx81kkQ0ppWW7Lm2"


def recorded(path: Path, *records: Record) -> None:
    service = Service.start(path)
    for one in records:
        assert service.submit(one, wait=True, timeout_seconds=30)
    service.stop()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "flight.db"
    recorded(path, *(record("Bash", attributes={"text": f"deleted volume {n}"}) for n in range(3)))
    assert verify(path).unsigned == 0
    return path


def changed(path: Path) -> tuple[int, bytes]:
    """Change what a record says, with no key; return its number and its new body."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        seq, body = db.execute("SELECT seq, body FROM records WHERE name = 'Bash'").fetchone()
        forged = body.replace(b"deleted volume 0", b"listed a folder!")
        db.execute("UPDATE records SET body = ? WHERE seq = ?", (forged, seq))
    return seq, forged


def excuse(seq: int, forged: bytes, **more: Json) -> dict[str, Json]:
    leaves: list[Json] = [leaf_hash(forged).hex()]
    return {semconv.RESEALED_RECORDS: [seq], semconv.RESEALED_LEAVES: leaves, **more}


def appended(path: Path, said: dict[str, Json]) -> None:
    """Append a record of the recorder's own to the file as a recorder would, with no key."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        size, stack = db.execute("SELECT size, stack FROM frontier").fetchone()
        (last,) = db.execute("SELECT body FROM records WHERE seq = ?", (size,)).fetchone()
        fields: dict[str, Any] = json.loads(last) | {
            "id": "f" * 32, "witness": "recorder", "phase": "point", "kind": "lifecycle",
            "name": RESEALED, "session": "", "seals": [], "blobs": {}, "attributes": said,
        }  # fmt: skip
        del fields["seq"], fields["salt"]
        body = encode_body(size + 1, fields)
        frontier = Frontier.from_bytes(size, stack)
        frontier.append(leaf_hash(body))
        row = (size + 1, leaf_hash(body), body, *index_columns(fields))
        db.execute(f"INSERT INTO records VALUES ({','.join('?' * len(row))})", row)
        db.execute("UPDATE frontier SET size = ?, stack = ?", (size + 1, frontier.to_bytes()))


@pytest.mark.parametrize("goes_on", [False, True], ids=["as it is", "signed by the next recorder"])
def test_a_changed_record_is_not_excused_by_one_that_was_appended(
    recording: Path, goes_on: bool
) -> None:
    seq, forged = changed(recording)
    appended(recording, excuse(seq, forged))
    if goes_on:
        recorded(recording, record("Read"))
    report = verify(recording)
    assert [problem.seq for problem in report.problems] == [seq]
    assert "but no key signed that" in report.problems[0].what
    assert report.resealed == 0


def test_another_key_excuses_nothing(recording: Path) -> None:
    seq, forged = changed(recording)
    with Recording.open(recording) as reader:
        origin = reader.meta.origin
    signature = tombstone(origin, Ed25519PrivateKey.generate(), [])[semconv.RESEALED_SIGNATURE]
    appended(recording, excuse(seq, forged, **{semconv.RESEALED_SIGNATURE: signature}))
    assert [problem.seq for problem in verify(recording).problems] == [seq]


def test_a_witness_that_claims_it_excuses_nothing(recording: Path) -> None:
    seq, forged = changed(recording)
    claim = record(
        RESEALED, kind=Kind.LIFECYCLE, witness=Witness.RECORDER, session="",
        attributes=excuse(seq, forged),
    )  # fmt: skip
    recorded(recording, claim)
    assert [problem.seq for problem in verify(recording).problems] == [seq]


@pytest.mark.parametrize("said", [
    {}, {semconv.RESEALED_RECORDS: 5}, {semconv.RESEALED_RECORDS: ["1"]},
    {semconv.RESEALED_RECORDS: [1], semconv.RESEALED_LEAVES: []},
    {semconv.RESEALED_RECORDS: [[1]], semconv.RESEALED_LEAVES: ["00"]},
    {semconv.RESEALED_RECORDS: [1], semconv.RESEALED_LEAVES: ["00"],
     semconv.RESEALED_SIGNATURE: "no hex"},
])  # fmt: skip
def test_a_claim_of_another_shape_changes_nothing(recording: Path, said: dict[str, Json]) -> None:
    recorded(recording, record(
        RESEALED, kind=Kind.LIFECYCLE, witness=Witness.RECORDER, session="", attributes=said,
    ))  # fmt: skip
    report = verify(recording)
    assert (report.problems, report.resealed) == ((), 0)


def test_what_a_recorder_signed_excuses_that_record_in_that_form_alone(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(
        path,
        record("Bash", attributes={"text": f"deleted volume 0 {BARE}"}),
        record("Bash", attributes={"text": f"RAILWAY_API_TOKEN={BARE}"}),
    )
    report = verify(path)
    assert (report.ok, report.resealed) == (True, 1)
    with Recording.open(path) as reader:
        (told,) = (one for one in reader.records() if one.name == RESEALED)
    assert len(str(told.attributes[semconv.RESEALED_SIGNATURE])) == 128, "it was not sealed"
    seq, forged = changed(path)
    former = dict(told.attributes)
    assert not verify(path).ok
    appended(path, former | {semconv.RESEALED_LEAVES: [leaf_hash(forged).hex()]})
    assert [problem.seq for problem in verify(path).problems] == [seq]
