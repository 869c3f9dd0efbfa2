"""Values that are larger than what is kept: cut where they can be, told, and nothing else lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import cast

import pytest

from recorder import semconv
from recorder.location import spool_folder
from recorder.model import Phase, Witness
from recorder.reader import Recording
from recorder.sealing.bounds import KEPT, MARKED, bounded
from recorder.service import Service
from recorder.taking_in import records_in
from tests.recorder.factories import record, stuck_writer

KEY = b"k" * 32
ARGUMENTS = semconv.GEN_AI_TOOL_ARGUMENTS
AGENT = textwrap.dedent(
    """
    import recorder

    @recorder.tool
    def write(path: str, content: str) -> int:
        return len(content)

    recorder.start(agent="large")
    with recorder.session():
        write("/srv/a", "word " * 4_000_000)
        write("/srv/b", "short")
    recorder.stop()
    """
)


def test_a_long_text_keeps_its_beginning_up_to_a_whole_word_its_length_and_a_keyed_digest() -> None:
    text = "ghp_" + "x y " * KEPT
    kept = bounded(record(attributes={"text": text, "n": 1}), KEY).attributes
    said = kept["text"]
    assert isinstance(said, str)
    head, _, mark = said.partition("… ")
    assert text.startswith(head)
    assert KEPT - 8 <= len(head) <= KEPT
    assert mark == f"[{len(text) - len(head)} of {len(text)} characters not recorded]"
    digest = hmac.new(KEY, b"value\0" + hashlib.sha256(text.encode()).digest(), "sha256")
    told = {"text": {"length": len(text), "sha256": digest.hexdigest()}}
    assert kept[semconv.VALUES_CUT] == told
    assert kept["n"] == 1


def test_half_a_word_at_the_cut_is_left_out() -> None:
    secret = "sk_live_51abcDEFghiJKLmnoPQRstuVWXyz"
    text = " " * (KEPT - 10) + secret + " " * 1000
    said = bounded(record(attributes={"text": text}), KEY).attributes["text"]
    assert "sk_live" not in str(said)


def test_a_document_stays_one_with_only_its_long_strings_cut() -> None:
    arguments = json.dumps({"command": "rm -rf /srv", "stdin": "A " * KEPT, "n": [1, {"a": "b"}]})
    said = bounded(record(attributes={ARGUMENTS: arguments}), KEY).attributes[ARGUMENTS]
    document = json.loads(str(said))
    assert document["command"] == "rm -rf /srv"
    assert document["n"] == [1, {"a": "b"}]
    assert document["stdin"].startswith("A A ")
    assert len(str(said)) <= KEPT + MARKED


@pytest.mark.parametrize("text", ["A" * 3 * KEPT, "{" * 2 * KEPT, json.dumps(["ab"] * KEPT)])
def test_what_was_cut_is_not_cut_again(text: str) -> None:
    once = bounded(record(attributes={"text": text}), KEY)
    assert len(str(once.attributes["text"])) <= KEPT + MARKED
    assert bounded(once, KEY) is once


def test_values_in_lists_and_mappings_are_cut_too() -> None:
    kept = bounded(record(attributes={"list": ["a " * KEPT, "b"]}), KEY).attributes
    long, short = cast(list[str], kept["list"])
    assert len(str(long)) <= KEPT + MARKED
    assert short == "b"


def test_an_imported_transcript_stays_whole() -> None:
    given = record(attributes={"text": "a " * KEPT}, witness=Witness.TRANSCRIPT)
    assert bounded(given, KEY) is given


def test_a_call_with_twenty_megabytes_loses_neither_itself_nor_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    subprocess.run(
        [sys.executable, "-c", AGENT],
        env={"FLIGHTLOG_RECORDING": str(path), "HOME": str(tmp_path)},
        check=True,
        timeout=120,
    )
    with Recording.open(path) as recording:
        records = list(recording.records())
    calls = [r for r in records if r.name == "write"]
    assert [r.phase for r in calls] == [Phase.START, Phase.END] * 2
    assert semconv.VALUES_CUT in calls[0].attributes
    assert str(calls[0].attributes[ARGUMENTS]).startswith('{"path": "/srv/a"')
    assert records[-1].name == "recorder"
    assert records[-1].phase is Phase.END


def test_what_cannot_be_committed_in_time_is_left_in_the_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flight.db"
    service = Service.start(path)
    is_stuck, may_go_on = stuck_writer(monkeypatch)
    service.submit(record("slow", attributes={"text": "words " * 2000}))
    assert is_stuck.wait(20)
    service.submit(record("behind"))
    service.stop()
    left = {r.name: r for r in records_in(spool_folder(path))}
    assert {"slow", "behind", "recorder"} <= set(left)
    assert len(str(left["slow"].attributes["text"])) < 5000
    may_go_on.set()
    service._writer._thread.join(20)
    Service.start(path).stop()
    with Recording.open(path) as recording:
        names = [r.name for r in recording.records()]
    assert (names.count("slow"), names.count("behind")) == (1, 1)
