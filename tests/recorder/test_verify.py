"""A recording verifies, and any change to it is caught and named."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from recorder.checkpoint import Checkpoint, open_note, sign, verifier_key
from recorder.merkle import Frontier, leaf_hash, node_hash
from recorder.reader import Recording
from recorder.service import Service
from recorder.verify import verify
from tests.command_line import flightlog
from tests.recorder.factories import TOKEN, record, write


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    records = [
        record(f"tool{i}", session=f"s{i % 2}", attributes={"big": "x" * 6000 + str(i), "n": i})
        for i in range(24)
    ]
    records.append(record("leak", attributes={"text": f"API_TOKEN={TOKEN}"}))
    return write(tmp_path / "flight.db", records)


def change(path: Path, sql: str, *parameters: object) -> None:
    db = sqlite3.connect(path)
    db.execute(sql, parameters)
    db.commit()
    db.close()


def test_an_untouched_recording_verifies(recording: Path) -> None:
    report = verify(recording)
    assert report.ok
    assert (report.records, report.signed, report.checkpoints) == (25, 25, 3)
    assert report.level == "L0 self"


@pytest.mark.parametrize("seed", range(25))
def test_one_changed_byte_of_one_record_is_caught_and_named(recording: Path, seed: int) -> None:
    chance = random.Random(seed)
    seq = chance.randint(1, 25)
    with Recording.open(recording) as reader:
        (body,) = reader.rows("SELECT body FROM records WHERE seq = ?", (seq,))[0]
    assert isinstance(body, bytes)
    changed = bytearray(body)
    changed[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    change(recording, "UPDATE records SET body = ? WHERE seq = ?", bytes(changed), seq)
    report = verify(recording)
    assert not report.ok
    assert seq in [problem.seq for problem in report.problems]
    assert any(f"#{seq} " in problem.what for problem in report.problems)


def test_a_change_with_its_leaf_made_to_fit_is_caught_by_the_checkpoint(recording: Path) -> None:
    with Recording.open(recording) as reader:
        (body,) = reader.rows("SELECT body FROM records WHERE seq = 7")[0]
    assert isinstance(body, bytes)
    forged = body.replace(b'"n":6', b'"n":9')
    assert forged != body
    change(
        recording,
        "UPDATE records SET body = ?, leaf = ? WHERE seq = 7",
        forged,
        hashlib.sha256(b"\x00" + forged).digest(),
    )
    report = verify(recording)
    assert any("checkpoint at 10 does not fit" in p.what for p in report.problems)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM records WHERE seq = 11", "record #11 is not there"),
        ("DELETE FROM records WHERE seq > 20", "checkpoint covers 25 records"),
        ("UPDATE records SET kind = 'prompt' WHERE seq = 3", "column kind of record #3"),
        ("UPDATE records SET t_ns = t_ns + 1 WHERE seq = 4", "column t_ns of record #4"),
        ("UPDATE records SET body = NULL WHERE seq = 5", "body of record #5 was removed"),
        ("UPDATE records SET leaf = zeroblob(32) WHERE seq = 6", "record #6 was changed"),
        ("UPDATE sightings SET role = 'issued'", "sightings"),
        ("DELETE FROM credentials", "credentials"),
        ("UPDATE sessions SET agent = 'someone else' WHERE id = 's0'", "sessions"),
        ("UPDATE blobs SET data = zeroblob(40) WHERE rowid = 1", "blob"),
        ("DELETE FROM blobs WHERE rowid = 2", "is missing"),
        ("UPDATE checkpoints SET note = replace(note, '10', '11') WHERE size = 10", "no valid"),
        ("DELETE FROM frontier", "frontier"),
        ("UPDATE records SET seq = -1 WHERE seq = 25", "record #-1 does not belong"),
        ("UPDATE meta SET origin = 'flightlog/other'", "origin"),
    ],
)
def test_every_way_of_tampering_is_caught(recording: Path, sql: str, said: str) -> None:
    change(recording, sql)
    report = verify(recording)
    assert not report.ok
    assert any(said in problem.what for problem in report.problems), report.problems


CELLS = {
    "records": ("leaf", "body", "id", "session_id", "witness", "t_ns", "observed_ns"),
    "checkpoints": ("note",),
    "frontier": ("size", "stack"),
    "blobs": ("digest", "size", "encoding", "data"),
    "sessions": ("agent", "witness", "first_seq"),
    "sightings": ("seq", "fingerprint", "place"),
    "credentials": ("class", "hint"),
    "meta": ("verifier_key", "origin"),
}


@pytest.mark.parametrize("value", ["'odd'", "NULL", "7", "1.5", "x''", "x'ff'"])
@pytest.mark.parametrize(("table", "column"), [(t, c) for t, of in CELLS.items() for c in of])
def test_a_cell_of_any_other_type_is_told_and_keeps_nobody_from_reading(
    recording: Path, table: str, column: str, value: str
) -> None:
    with sqlite3.connect(recording) as db:
        db.execute("PRAGMA writable_schema = ON")
        # Whoever tampers makes the tables take everything.
        for word, by in (("STRICT, WITHOUT", "WITHOUT"), (") STRICT", ")"), (" NOT NULL", "")):
            db.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (word, by))
    db.close()
    last = f"(SELECT max({column}) FROM {table})"
    change(recording, f"UPDATE {table} SET {column} = {value} WHERE {column} = {last}")
    assert not verify(recording).ok
    with Recording.open(recording) as opened:
        assert opened.sessions()
        for one in opened.records():
            for blob in one.blobs.values():
                opened.blob(blob.digest)


def test_a_recording_that_is_being_written_to_verifies_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            service.submit(record(attributes={"big": "x" * 6000}), wait=True)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        sizes: list[int] = []
        deadline = time.monotonic() + 60
        while len(sizes) < 30 or (sizes[0] == sizes[-1] and time.monotonic() < deadline):
            report = verify(path)
            assert report.ok, report.problems
            sizes.append(report.records)
    finally:
        stop.set()
        writer.join()
        service.stop()
    assert sizes[0] < sizes[-1]


def test_swapped_records_are_caught(recording: Path) -> None:
    change(recording, "UPDATE records SET seq = -3 WHERE seq = 3")
    change(recording, "UPDATE records SET seq = 3 WHERE seq = 4")
    change(recording, "UPDATE records SET seq = 4 WHERE seq = -3")
    report = verify(recording)
    assert {3, 4} <= {problem.seq for problem in report.problems}


def test_a_history_signed_anew_passes_alone_but_not_against_the_pinned_key(
    recording: Path,
) -> None:
    with Recording.open(recording) as reader:
        pinned = reader.meta.verifier_key
        origin = reader.meta.origin
        leaves = [row[0] for row in reader.rows("SELECT leaf FROM records ORDER BY seq")]
        sizes = [row[0] for row in reader.rows("SELECT size FROM checkpoints")]
    key = Ed25519PrivateKey.generate()
    for size in sizes:
        frontier = Frontier()
        for leaf in leaves[: int(str(size))]:
            assert isinstance(leaf, bytes)
            frontier.append(leaf)
        note = sign(Checkpoint(origin, frontier.size, frontier.root()), key)
        change(recording, "UPDATE checkpoints SET note = ? WHERE size = ?", note, size)
    public = key.public_key().public_bytes_raw()
    change(recording, "UPDATE meta SET verifier_key = ?", verifier_key(origin, public))
    assert not verify(recording).ok, "it was signed here before"
    elsewhere = recording.rename(recording.with_name("elsewhere.db"))
    assert verify(elsewhere).ok
    report = verify(elsewhere, key=pinned)
    assert not report.ok
    assert report.level == "L1 pinned"


@pytest.mark.parametrize("kept", ["", " \n", "garbage", "a+b+c", "{key}x", "{cut}"])
def test_what_is_no_key_vouches_for_no_recording(recording: Path, kept: str) -> None:
    # An empty one is what `$(cat FILE)` gives where the file is not there.
    key = verify(recording).verifier_key
    done = flightlog("verify", recording, "--key", kept.format(key=key, cut=key[:-4]))
    assert (done.returncode, done.stdout) == (2, ""), done
    assert "--key" in done.stderr
    assert not verify(recording, key=kept.format(key=key, cut=key[:-4])).ok


def test_a_key_is_taken_with_the_blanks_that_it_was_kept_with(recording: Path) -> None:
    done = flightlog("verify", recording, "--key", f" {verify(recording).verifier_key}\n")
    assert done.returncode == 0
    assert "L1 pinned" in done.stdout


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_has_the_root_of_rfc_9162(bodies: list[bytes]) -> None:
    def root(leaves: list[bytes]) -> bytes:
        if not leaves:
            return hashlib.sha256(b"").digest()
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return node_hash(root(leaves[:split]), root(leaves[split:]))

    frontier = Frontier()
    leaves = [leaf_hash(body) for body in bodies]
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.root() == root(leaves)
    assert Frontier.from_bytes(frontier.size, frontier.to_bytes()).root() == root(leaves)


def test_a_signed_note_of_the_specification_opens() -> None:
    # The example of https://c2sp.org/signed-note, whose key and signature are published there.
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signature = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
        "tpRZb6KE6RyyBwJnAM="
    )
    with pytest.raises(ValueError, match=r"malformed|invalid literal"):
        # The signature holds (else the error would be another); the text is no checkpoint.
        open_note(f"{text}\n{signature}\n", vkey)
    with pytest.raises(ValueError, match="no valid signature"):
        open_note(f"{text.replace('answer', 'Answer')}\n{signature}\n", vkey)
