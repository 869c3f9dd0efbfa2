"""Whoever is started with other variables than the shell's uses the recording's own keys."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.capture.proxy.ahead import Ahead
from recorder.client import Client
from recorder.errors import DamagedKeyError
from recorder.location import keys_root
from recorder.model import Record, StoredRecord
from recorder.reader import Recording
from recorder.service import Service
from recorder.verify import verify
from tests.recorder.factories import TOKEN, record, take_spool_in

ROTATED = "key_rotation"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording whose keys lie in a folder that the environment does not name any more."""
    path = tmp_path / "flight.db"
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(tmp_path / "of-the-shell"))
    by_recorder(path, told())
    monkeypatch.setenv("FLIGHTLOG_KEYS", str(tmp_path / "of-another"))
    return path


def told() -> Record:
    return record(attributes={"note": f"token={TOKEN}"})


def stored(path: Path) -> list[StoredRecord]:
    with Recording.open(path) as recording:
        return list(recording.records())


def fingerprints(path: Path) -> list[str]:
    return [seal.fingerprint for one in stored(path) for seal in one.seals]


def by_recorder(path: Path, one: Record) -> None:
    service = Service.start(path)
    assert service.submit(one, wait=True, timeout_seconds=30)
    service.stop()


def by_client(path: Path, one: Record) -> None:
    assert not Client(path).submit(one), "there is no recorder"


def by_proxy(path: Path, one: Record) -> None:
    ahead = Ahead(path)
    assert ahead.write(one)
    ahead.close()


def by_hook(path: Path, one: Record) -> None:
    payload = {
        "hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash",
        "tool_use_id": "t", "tool_input": {"command": one.attributes["note"]},
    }  # fmt: skip
    flightlog = str(Path(sys.executable).with_name("flightlog"))
    subprocess.run(
        [flightlog, "hook", "claude-code", "-r", str(path)], input=json.dumps(payload).encode(),
        env={**os.environ, "FLIGHTLOG_LINGER": "0"}, check=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("way", [by_recorder, by_client, by_proxy, by_hook])
def test_the_keys_of_a_recording_are_found_where_it_tells(
    way: Callable[[Path, Record], None], path: Path, tmp_path: Path
) -> None:
    way(path, told())
    take_spool_in(path)
    assert verify(path).ok
    assert ROTATED not in {one.name for one in stored(path)}
    assert len(fingerprints(path)) == 2
    assert len(set(fingerprints(path))) == 1
    assert not list((tmp_path / "of-another").rglob("*.key"))


def test_keys_that_were_moved_are_used_where_they_are_and_that_is_told(
    path: Path, tmp_path: Path
) -> None:
    (tmp_path / "of-the-shell").rename(tmp_path / "of-another")
    by_recorder(path, told())
    assert verify(path).ok
    with Recording.open(path) as recording:
        assert recording.meta.keys == str(tmp_path / "of-another")


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_to_is_not_believed(
    mode: int, path: Path, tmp_path: Path
) -> None:
    (folder,) = (tmp_path / "of-the-shell").iterdir()
    folder.chmod(mode)
    by_recorder(path, told())
    assert ROTATED in {one.name for one in stored(path)}
    assert len(set(fingerprints(path))) == 2
    assert list((tmp_path / "of-another").rglob("*.key"))


def test_a_recording_that_cannot_take_it_is_opened_all_the_same(path: Path, tmp_path: Path) -> None:
    (tmp_path / "of-the-shell").rename(tmp_path / "of-another")
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    service = Service.start(path)
    locker.execute("ROLLBACK")
    locker.close()
    assert service.submit(told(), wait=True, timeout_seconds=30)
    service.stop()
    assert verify(path).ok
    assert ROTATED not in {one.name for one in stored(path)}


DAMAGES = {"empty": b"", "cut": b"ab" * 31, "of another kind": b"zz" * 32, "no text": b"\xff" * 64}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["fingerprint.key", "signing.key"])
def test_a_damaged_key_is_named_and_loses_nothing(name: str, damage: str, tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    by_recorder(path, told())
    (key,) = keys_root().rglob(name)
    whole = key.read_bytes()
    key.write_bytes(DAMAGES[damage])
    with pytest.raises(DamagedKeyError, match="put a copy of it back") as raised:
        Service.start(path)
    assert str(key) in str(raised.value)
    flightlog = str(Path(sys.executable).with_name("flightlog"))
    run = [flightlog, "run", "-r", str(path), "--", "true"]
    done = subprocess.run(run, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"Error: {key} is damaged")
    by_hook(path, told())
    key.write_bytes(whole)
    take_spool_in(path)
    assert "tool_call" in {one.kind.value for one in stored(path)}
    assert len(set(fingerprints(path))) == 1
    assert verify(path).ok
