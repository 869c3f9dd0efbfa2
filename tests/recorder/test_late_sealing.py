"""What was stored before it was recognised is sealed afterwards; the chain verifies, no trace."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from recorder import semconv
from recorder.client import Client
from recorder.model import Json, Kind, Phase, Record, Role, Witness
from recorder.reader import Recording
from recorder.service import Service
from recorder.verify import verify
from tests.recorder.factories import record

BARE = "Zx81kkQ0ppWW7Lm2"
UUID = "c2a9e7d4-8f60-4b1e-a3d5-7e90b1c4d822"
KEY = "wJalr/XUtnFEMI+K7MDENGbPxRfi"


def told(text: str, name: str = "Bash", **more: Json) -> Record:
    said: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: text, **more}
    return record(name, phase=Phase.END, attributes=said)


def recorded(path: Path, *groups: list[Record]) -> None:
    """Record groups, each handed over when the one before is committed, and end."""
    service = Service.start(path)
    for group in groups:
        for one in group:
            assert service.submit(one, wait=True, timeout_seconds=30)
    service.stop()


def texts(path: Path) -> list[str]:
    with Recording.open(path) as recording:
        found = []
        for stored in recording.records():
            blobs = [recording.blob(blob.digest) or b"" for blob in stored.blobs.values()]
            found.append(json.dumps(dict(stored.attributes)) + b"".join(blobs).decode())
        return found


def at_rest(path: Path) -> bytes:
    return b"".join(p.read_bytes() for p in path.parent.rglob("*") if p.is_file())


@pytest.mark.parametrize("secret", [BARE, UUID, KEY])
@pytest.mark.parametrize(
    "written",
    [str, lambda s: base64.b64encode(s.encode()).decode(), lambda s: s.encode().hex(),
     lambda s: quote(s, safe=""), lambda s: s[::-1], lambda s: json.dumps({"deep": f"a\n{s}"}),
     lambda s: "filler line\n" * 900 + s],
    ids=["plain", "base64", "hex", "percent", "reversed", "in JSON", "in a blob"],
)  # fmt: skip
def test_what_is_recognised_late_is_sealed_where_it_stands(
    tmp_path: Path, secret: str, written: Callable[[str], str]
) -> None:
    path = tmp_path / "flight.db"
    bare = f"came across {written(secret)} there"
    recorded(path, [told(bare), told("nothing")], [told(f"RAILWAY_API_TOKEN={secret}")])
    assert written(secret).encode() not in at_rest(path)
    assert not any(secret in text for text in texts(path))
    report = verify(path)
    assert report.ok, report.problems
    assert report.resealed == 1
    with Recording.open(path) as recording:
        first = next(r for r in recording.records() if r.kind is Kind.TOOL_CALL)
        (tombstone,) = [r for r in recording.records() if r.name == "resealed"]
        again = [seal.fingerprint for r in recording.records() for seal in r.seals]
    assert [s.role for s in first.seals] == [Role.EXPOSED]
    assert tombstone.attributes[semconv.RESEALED_RECORDS] == [first.seq]
    assert len(set(again)) == 1, "the same secret, the same token"


def test_a_secret_without_a_piece_that_is_marked_is_found_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    odd = "m{h}o)p$[nob(o"
    recorded(path, [told(f"odd {odd}"), told("x\n" * 3000 + odd)], [told(f'password = "{odd}"')])
    assert odd.encode() not in at_rest(path)
    assert not any(odd in text for text in texts(path))
    assert verify(path).resealed == 2


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("layers", range(1, 4))
def test_it_is_found_by_reading_in_json_within_json(
    tmp_path: Path, layers: int, ascii_only: bool
) -> None:
    path = tmp_path / "flight.db"
    odd = "Xk9\"m\\P2'ü$Lq R7"
    text = odd
    for _ in range(layers):
        text = json.dumps({"out": text}, ensure_ascii=ascii_only)
    recorded(path, [told(text)], [told(json.dumps({"password": odd}))])
    written = json.dumps(text, ensure_ascii=False).encode()
    assert written not in at_rest(path)
    assert b"Lq R7" not in at_rest(path)
    assert verify(path).resealed == 1


@pytest.mark.parametrize("lines", ["{}", "first\n{}"])
@pytest.mark.parametrize("known", ["neither", "the value", "the name", "both"])
def test_a_secret_that_names_the_place_of_another_stands_nowhere(
    tmp_path: Path, known: str, lines: str
) -> None:
    path = tmp_path / "flight.db"
    more: dict[str, Json] = {BARE: lines.format(UUID), f"a.{BARE}.b": {"deep": [UUID]}}
    named = record("Bash", phase=Phase.END, attributes=more)
    telling = {"the name": told(f"API_TOKEN={BARE}"), "the value": told(f"API_TOKEN={UUID}")}
    before = [telling[what] for what in telling if known in {what, "both"}]
    behind = [telling[what] for what in telling if known not in {what, "both"}]
    recorded(path, [*before, named], behind)
    assert BARE.encode() not in at_rest(path)
    assert UUID.encode() not in at_rest(path)
    assert verify(path).ok
    with Recording.open(path) as recording:
        places = [s.place for r in recording.records() for s in r.seals]
    assert any("⟦" in place for place in places), "where it stood is told without it"


def test_a_tombstone_vouches_for_what_it_names_and_for_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, [told(f"saw {BARE}"), told("other")], [told(f"TOKEN={BARE}")])
    db = sqlite3.connect(path)
    (body,) = db.execute("SELECT body FROM records WHERE seq = 2").fetchone()
    db.execute("UPDATE records SET body = ? WHERE seq = 2", (body.replace(b"saw", b"say"),))
    db.commit()
    db.close()
    assert [p.seq for p in verify(path).problems] == [2]


def test_what_a_group_gives_away_itself_is_never_stored_plain(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    done: list[bool] = []
    service.submit_group([told(f"bare {BARE}"), told(f"TOKEN={BARE}")], done.append)
    service.stop()
    assert done == [True]
    assert BARE.encode() not in at_rest(path)
    assert verify(path).resealed == 0, "it was sealed before it was stored"


def test_the_next_recorder_knows_the_secret_without_its_value(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, [told(f"RAILWAY_API_TOKEN={KEY}")])
    encoded = base64.b64encode(KEY.encode()).decode()
    recorded(path, [told(f"bare {KEY} and {encoded}")])
    assert KEY.encode() not in at_rest(path)
    with Recording.open(path) as recording:
        seals = [seal for r in recording.records() for seal in r.seals]
    assert [(s.credential_class, s.encoding) for s in seals] == [
        ("railway-api-token", ""), ("railway-api-token", ""), ("railway-api-token", "base64"),
    ]  # fmt: skip
    assert len({s.fingerprint for s in seals}) == 1


def test_a_session_is_told_anew_when_its_first_record_is(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    begin = record(
        "session", kind=Kind.LIFECYCLE, phase=Phase.START,
        attributes={semconv.PROCESS_CWD: f"/home/{BARE}/work"},
    )  # fmt: skip
    recorded(path, [begin], [told(f"TOKEN={BARE}")])
    with Recording.open(path) as recording:
        assert recording.session("s1").cwd.startswith("/home/⟦token:")
    assert verify(path).ok
    assert BARE.encode() not in at_rest(path)


def test_a_reader_only_puts_the_clearing_off(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(told(f"saw {BARE}"), wait=True, timeout_seconds=30)
    with Recording.open(path) as recording, recording.snapshot():
        recording.last_seq()
        assert service.submit(told(f"TOKEN={BARE}"), wait=True, timeout_seconds=30)
    service.stop()
    assert verify(path).ok
    assert BARE.encode() not in at_rest(path)


def test_what_was_spooled_keeps_its_tokens(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    recorded(path, [told("begin")])
    wire = Record(
        witness=Witness.PROXY, phase=Phase.START, kind=Kind.API_REQUEST, name="GET /",
        attributes={semconv.HTTP_REQUEST_HEADER + "authorization": [f"Bearer {UUID}"]},
    )  # fmt: skip
    Client(path).submit(wire)
    Client(path).submit(told(f"RAILWAY_API_TOKEN={UUID}"))
    recorded(path, [told(f"bare {UUID}")])
    assert UUID.encode() not in at_rest(path)
    with Recording.open(path) as recording:
        prints = {seal.fingerprint for r in recording.records() for seal in r.seals}
    assert len(prints) == 1, "one secret, one token: by header, by name, and bare"


@pytest.mark.parametrize("begun", [True, False], ids=["recording", "no recording yet"])
@pytest.mark.parametrize("clients", [1, 2])
def test_what_was_spooled_before_its_secret_was_recognised_is_sealed_when_it_is_taken_in(
    clients: int, tmp_path: Path, *, begun: bool
) -> None:
    path = tmp_path / "flight.db"
    if begun:
        recorded(path, [told("nothing yet")])
    said = [told(f"is it {BARE}?"), told(f"DB_PASSWORD={BARE}"), told(f"so {BARE}")]
    client = Client(path)
    for number, one in enumerate(said):
        if number == 1 and clients == 2:
            client.close()
            client = Client(path)
        assert not client.submit(one), "there is no recorder"
    client.close()
    recorded(path, [told(f"PGPASSWORD={BARE} psql")])
    assert BARE.encode() not in at_rest(tmp_path)
    with Recording.open(path) as recording:
        fingerprints = [seal.fingerprint for r in recording.records() for seal in r.seals]
    assert len(fingerprints) == 4
    assert len(set(fingerprints)) == 1
    assert verify(path).ok


def test_many_secrets_are_looked_for_at_once(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    secrets = [f"Zq{number:02}kkQ0ppWW7Lm{number:02}xY" for number in range(30)]
    service = Service.start(path)
    for secret in secrets:
        assert service.submit(told(f"bare {secret}"), wait=True, timeout_seconds=30)
    done: list[bool] = []
    service.submit_group([told(f"TOKEN={secret}") for secret in secrets], done.append)
    service.stop()
    assert done == [True]
    kept = at_rest(path)
    assert [secret for secret in secrets if secret.encode() in kept] == []
    assert verify(path).resealed == 30


def test_a_killed_recorder_leaves_nothing_plain_once_the_next_has_begun(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from recorder.store import Store\n"
        "Store.fold = lambda store: False\n"
        "from recorder.service import Service\n"
        "from tests.recorder.test_late_sealing import BARE, told\n"
        "service = Service.start(Path(sys.argv[1]))\n"
        "for text in (f'saw {BARE}', f'TOKEN={BARE}', 'later'):\n"
        "    assert service.submit(told(text), wait=True, timeout_seconds=30)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=120,
                   cwd=Path(__file__).parents[2])  # fmt: skip
    assert BARE.encode() in at_rest(path), "or the test shows nothing"
    recorded(path, [told("on")])
    assert BARE.encode() not in at_rest(path)
    assert verify(path).ok


def test_a_secret_first_seen_while_nothing_could_be_written_is_known_to_the_next_recorder(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(told("before"), wait=True, timeout_seconds=30)
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    assert not service.submit(told(f"TOKEN={BARE}"), wait=True, timeout_seconds=60)
    locker.execute("ROLLBACK")
    locker.close()
    assert service.submit(told("after"), wait=True, timeout_seconds=60)
    service.stop()
    recorded(path, [told(f"bare {BARE}")])
    assert BARE.encode() not in at_rest(path)
    assert verify(path).ok


@pytest.mark.parametrize("data", [b"\x00damaged", None], ids=["damaged", "gone"])
def test_a_large_value_that_cannot_be_read_keeps_nothing_else_from_being_sealed(
    tmp_path: Path, data: bytes | None
) -> None:
    path = tmp_path / "flight.db"
    odd = "m{h}o)p$[nob(o"
    recorded(path, [told("x\n" * 3000 + odd), told(f"odd {odd}")])
    db = sqlite3.connect(path)
    db.execute("UPDATE blobs SET data = ?", (data,))
    db.commit()
    db.close()
    recorded(path, [told(f'password = "{odd}"'), told("and on")])
    assert f"odd {odd}".encode() not in at_rest(path)
    assert verify(path).resealed == 1
    with Recording.open(path) as recording:
        assert not [r for r in recording.records() if r.name == "gap"]
