"""What a former release imported, whose ids were bare digests, does not come in once more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recorder.digests import ATTRIBUTES, bare, keyed
from recorder.model import Record
from recorder.reader import Recording
from recorder.sealing import sealer
from recorder.transcripts.handing import Hand
from recorder.transcripts.importer import Importer
from recorder.verify import verify
from tests.recorder.transcripts.reading import in_memory, jsonl
from tests.recorder.transcripts.test_entry_keys import AIDER, LINES


def as_before(record: Record, *_: object) -> Record:
    """Return a record as former releases wrote it."""
    said = record.attributes
    named = {name: bare(str(said[name])) for name in ATTRIBUTES if name in said}
    return replace(
        record, session=bare(record.session), ref=bare(record.ref), attributes={**said, **named}
    )


def imported(recording: Path, content: bytes) -> tuple[int, set[str]]:
    hand = Hand.to(recording)
    try:
        report = Importer(hand).one(in_memory(content))
        hand.settle()
    finally:
        hand.close()
    return report.new, report.sessions


@pytest.mark.parametrize("name", [*LINES, "aider"])
def test_a_former_releases_import_is_known(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "flight.db"
    content = AIDER if name == "aider" else jsonl(LINES[name])
    cut = content.rstrip(b"\n").rfind(b"\n") + 1
    with monkeypatch.context() as former:
        former.setattr(sealer, "keyed", lambda text, _: bare(text))
        former.setattr(sealer, "with_keyed_digests", as_before)
        first, _ = imported(recording, content[:cut])
    assert first
    assert imported(recording, content[:cut])[0] == 0
    longer, sessions = imported(recording, content)
    assert longer or name == "aider"
    assert imported(recording, content) == (0, sessions)
    assert verify(recording).ok
    with Recording.open(recording) as opened:
        filed = {row.id for row in opened.sessions() if row.id}
    assert filed == sessions, "a session that is there goes on under its name"


def test_a_digest_is_as_long_under_its_key_and_says_nothing_without_it() -> None:
    said = "agent-⌗0123456789abcdef/part ⌗0123456789ab"
    one, other = keyed(said, b"k" * 32), keyed(said, b"l" * 32)
    assert len(one) == len(other) == len(bare(said))
    assert one != other
    assert "0123456789ab" not in one + other
    assert keyed(one, b"l" * 32) == one, "once is enough: what is stored may be sealed again"
    assert keyed(said, b"k" * 32, kept="agent-0123456789abcdef").startswith("agent-0123456789abc")
