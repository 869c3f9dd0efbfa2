"""No secret of a transcript is ever at rest; what was used is the same credential everywhere."""

from __future__ import annotations

from pathlib import Path

from recorder.model import Record, Role
from recorder.reader import Recording
from recorder.transcripts.format import Damage
from recorder.transcripts.source import Source
from recorder.transcripts.table import detect
from tests.recorder.factories import write


def told(path: Path) -> list[Record]:
    source = Source(str(path), lambda: path.open("rb"), path.stat().st_size, path)
    found = detect(source)
    assert found is not None, path.name
    return [r for item in found.read(source) if not isinstance(item, Damage) for r in item.records]


def test_the_tokens_of_the_captured_sessions_are_sealed_in_every_format(
    corpus: Path, tmp_path: Path
) -> None:
    secrets = [
        b"staging_FAKE_token_0001", b"admin_FAKE_key_9999", b"querytoken_FAKE",
        b"sk-FAKE-agentkey-000000000000", b"sk_test_FAKE0000000000000000",
    ]  # fmt: skip
    names = [
        "captured/http_proxy/mini-session.har", "captured/http_proxy/mini-session.mitm",
        "captured/http_proxy/mini-session.traj.json", "captured/atif/claude-code.atif.json",
        "captured/claude_agent_sdk/messages.jsonl", "captured/claude_agent_sdk/can_use_tool.jsonl",
        "captured/claude_agent_sdk/otlp-traces.otlp.jsonl",
    ]  # fmt: skip
    whole = b"".join((corpus / name).read_bytes() for name in names)
    assert all(secret in whole for secret in secrets), "or the test shows nothing"
    write(tmp_path / "flight.db", [r for name in names for r in told(corpus / name)])
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    with Recording.open(tmp_path / "flight.db") as recording:
        blobs = {b.digest for r in recording.records() for b in r.blobs.values()}
        stored += b"".join(recording.blob(digest) or b"" for digest in blobs)
    assert [secret for secret in secrets if secret in stored] == []


def test_the_credential_of_a_curl_is_the_one_of_its_request(corpus: Path, tmp_path: Path) -> None:
    folder = corpus / "captured" / "http_proxy"
    records = [*told(folder / "mini-session.traj.json"), *told(folder / "mini-session.har")]
    write(tmp_path / "flight.db", records)
    with Recording.open(tmp_path / "flight.db") as recording:
        seals = [(r.witness, s) for r in recording.records() for s in r.seals]
    used = [
        {s.fingerprint for w, s in seals if w.value == witness and s.role is Role.USED}
        for witness in ("transcript", "proxy")
    ]
    assert len(used[0] & used[1]) >= 2, "the refused token and the key that deleted"
