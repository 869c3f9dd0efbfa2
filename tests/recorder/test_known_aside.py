"""What the recording knows as secret is sealed by whoever writes while its recorder does not."""

from __future__ import annotations

import fcntl
import json
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from recorder.capture.hook.settings.table import Wiring
from recorder.location import spool_folder
from recorder.reader import Recording
from recorder.sealing import Sealer
from recorder.service import Service
from recorder.store import Store
from tests.recorder.factories import record, stuck_writer

VALUE = "okapi-4417-lemon-7203"
SESSION = "5f1c-okapi-88-teapot"
SAID = {
    "as it is": f"say {VALUE} to it",
    "base64": f"say {b64encode(VALUE.encode()).decode()} to it",
    "hex": f"say {VALUE.encode().hex()} to it",
}


@pytest.fixture
def knowing(tmp_path: Path) -> Path:
    """A recording that has met `VALUE`, and a cookie of its session's name."""
    for text in SAID.values():
        assert not Sealer(b"k" * 32).find(text), "or the test shows nothing"
    path = tmp_path / "flight.db"
    service = Service.start(path)
    assert service.submit(record(session=SESSION), wait=True, timeout_seconds=20)
    for given in (f"Authorization: Bearer {VALUE}", f"Cookie: session_id={SESSION}"):
        said = record(attributes={"text": given}, session=SESSION)
        assert service.submit(said, wait=True, timeout_seconds=20)
    service.stop()
    return path


def token(path: Path) -> str:
    """Return the token by which the recording knows `VALUE`."""
    with Recording.open(path) as recording:
        bodies = [str(r.attributes["text"]) for r in recording.records() if "text" in r.attributes]
    (found,) = {body.partition("Bearer ")[2] for body in bodies if "Bearer ⟦" in body}
    return found


def waiting(path: Path) -> str:
    """Return what stands in the spool, once nobody writes to it any more."""
    said = ""
    for one in spool_folder(path).glob("*.jsonl"):
        with open(one) as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            said += file.read()
    return json.dumps([json.loads(line) for line in said.splitlines()], ensure_ascii=False)


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize("run", ["", "a launch waits for it"])
def test_a_hook_without_a_recorder_seals_what_the_recording_knows(
    knowing: Path, form: str, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTLOG_RUN", run)
    payload = {
        "session_id": SESSION, "hook_event_name": "PostToolUse", "tool_name": "Bash",
        "tool_use_id": "toolu_0123456789", "tool_input": {"command": "x"},
        "tool_response": {"stdout": SAID[form]},
    }  # fmt: skip
    words = Wiring(knowing).words("claude-code", "")
    subprocess.run(words, input=json.dumps(payload).encode(), check=True, timeout=60)
    said = waiting(knowing)
    assert token(knowing) in said
    assert SAID[form].split()[1] not in said
    assert f'"session": "{SESSION}"' in said, "records are filed under it"


def test_a_recording_of_before_secrets_were_recalled_takes_hooks_all_the_same(
    knowing: Path,
) -> None:
    store = Store.open(knowing)
    store._db.execute("DROP TABLE forms")
    store.close()
    payload = {
        "session_id": SESSION,
        "hook_event_name": "Notification",
        "message": f"token={VALUE}",
    }
    words = Wiring(knowing).words("claude-code", "")
    subprocess.run(words, input=json.dumps(payload).encode(), check=True, timeout=60)
    assert token(knowing).partition(":")[2] in waiting(knowing), "under the recording's key"


def test_what_is_left_behind_at_the_end_is_sealed_by_what_the_recording_knows(
    knowing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_stuck, may_go_on = stuck_writer(monkeypatch)
    service = Service.start(knowing)
    assert is_stuck.wait(20)
    for form, text in SAID.items():
        service.submit(record(form, attributes={"text": text}, session=SESSION))
    service.stop()
    said = waiting(knowing)
    may_go_on.set()
    service._writer._thread.join(20)
    assert said.count(token(knowing)) >= len(SAID)
    assert not [text for text in SAID.values() if text.split()[1] in said]
