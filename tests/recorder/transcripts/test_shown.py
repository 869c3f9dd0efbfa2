"""Imported sessions on every surface: hostile ones inert, every format listed and replayed."""

from __future__ import annotations

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from recorder.transcripts.table import formats
from tests.recorder.audit import samples
from tui.cli import flightlog

SAMPLES = {
    "claude-code": "captured/claude_code/projects",
    "codex": "captured/codex/sessions",
    "gemini": "captured/gemini_cli/chats",
    "copilot": "captured/copilot_cli/session-state",
    "opencode": "captured/opencode/export.json",
    "atif": "captured/atif/gemini-cli.atif.json",
    "openhands": "captured/openhands_v1/conversations",
    "openhands-trajectory": "openhands/oas-o3-mini-extreme-evacuation.json",
    "mini-swe-agent": "captured/http_proxy/mini-session.traj.json",
    "swe-agent": "swe_agent/pydicom-1458.traj",
    "claude-agent-sdk": "captured/claude_agent_sdk/messages.jsonl",
    "otlp": "captured/gemini_cli/otlp-traces.otlp.jsonl",
    "har": "captured/http_proxy/mini-session.har",
    "mitmproxy": "captured/http_proxy/mini-session.mitm",
    "http-log": "cline/cli-subagents.json",
}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def run(recording: Path, *words: str) -> Result:
    command, *rest = words
    done = CliRunner().invoke(flightlog, [command, "-r", str(recording), *rest])
    assert done.exit_code == 0, done.output
    return done


def sessions(recording: Path) -> list[str]:
    return [row["id"] for row in json.loads(run(recording, "sessions", "--json").stdout)]


class Tags(HTMLParser):
    """Collects the tags and handlers that a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.fixture
def hostile(incidents: Path, tmp_path: Path) -> Path:
    recording = tmp_path / "flight.db"
    run(recording, "import", str(incidents / "hostile.claude-code.jsonl"))
    return recording


@pytest.mark.parametrize(
    "words",
    [
        ("sessions",), ("sessions", "--json"), ("tail", "--once"), ("tail", "--once", "--json"),
        ("replay", "last", "--plain"), ("findings", "last"), ("report", "last", "--format", "md"),
        ("report", "last", "--format", "html"), ("report", "last", "--format", "json"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_control_code_of_a_hostile_transcript_reaches_a_terminal(
    words: tuple[str, ...], hostile: Path
) -> None:
    done = run(hostile, *words)
    assert not CONTROL.search(done.output)
    assert done.output.strip()


def test_no_markup_of_a_hostile_transcript_becomes_markup(hostile: Path) -> None:
    page = run(hostile, "report", "last", "--format", "html").output
    assert "PWNED" in page, "or the test shows nothing"
    for rendered in (
        page,
        MarkdownIt("commonmark", {"html": True}).render(
            run(hostile, "report", "last", "--format", "md").output
        ),
    ):
        tags = Tags(rendered)
        assert "img" not in tags.tags
        assert tags.handlers == []
    assert Tags(page).tags.count("script") == page.count("<script")
    assert "alert(" not in "".join(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL))


def test_the_poisoned_page_s_requests_and_credentials_come_out(
    incidents: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "flight.db"
    run(recording, "import", str(incidents / "poisoned-page.claude-code.jsonl"))
    report = json.loads(run(recording, "report", "last", "--format", "json").output)
    entries = [e for second in report["timeline"] for e in second["entries"]]
    (request,) = [e for e in entries if e["kind"] == "api request"]
    assert "POST collect.evil.example/in" in request["title"]
    assert "inferred" in request["join"]
    hosts = {s["host"] for chain in report["credentials"] for s in chain["sightings"]} - {""}
    assert hosts == {"collect.evil.example"}
    assert len(report["credentials"]) == 3, "a token, a key and a password that .env held"
    assert all(
        any(s["role"] == "used" for s in chain["sightings"]) for chain in report["credentials"]
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_imported_listed_reported_and_replayed(
    name: str, corpus: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "flight.db"
    run(recording, "import", str(corpus / SAMPLES[name]))
    found = sessions(recording)
    assert found
    for session in found[:2]:
        assert run(recording, "replay", session, "--plain").output.strip()
        assert session[:12] in run(recording, "report", session, "--format", "md").output
    assert run(recording, "verify").output


def test_importing_again_adds_nothing_twice(corpus: Path, tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    paths = [str(corpus / SAMPLES[name]) for name in SAMPLES]
    run(recording, "import", *paths)
    before = json.loads(run(recording, "sessions", "--json").stdout)
    again = run(recording, "import", *paths)
    assert " 0 new" in again.output
    after = json.loads(run(recording, "sessions", "--json").stdout)
    assert [(r["id"], r["records"]) for r in after] == [(r["id"], r["records"]) for r in before]


def test_a_cloud_s_log_and_the_transcript_become_one_session(corpus: Path, tmp_path: Path) -> None:
    lines = [
        {"type": "user", "sessionId": "s-1", "uuid": "u1", "timestamp": "2026-04-24T09:00:00.000Z",
         "cwd": "/w", "version": "2.1.0", "message": {"role": "user", "content": "clean up"}},
        {"type": "assistant", "sessionId": "s-1", "uuid": "u2", "parentUuid": "u1",
         "timestamp": "2026-04-24T09:00:29.000Z",
         "message": {"id": "m1", "role": "assistant", "model": "claude-x", "content": [
             {"type": "tool_use", "id": "t1", "name": "Bash", "input": {
                 "command": "aws ec2 terminate-instances --instance-ids i-0abc"}}]}},
        {"type": "user", "sessionId": "s-1", "uuid": "u3", "parentUuid": "u2",
         "timestamp": "2026-04-24T09:00:32.000Z", "message": {"role": "user", "content": [
             {"type": "tool_result", "tool_use_id": "t1", "content": "TerminatingInstances"}]}},
    ]  # fmt: skip
    transcript, log = tmp_path / "t.jsonl", tmp_path / "trail.json.gz"
    transcript.write_text("\n".join(json.dumps(line) for line in lines))
    event = samples.cloudtrail("TerminateInstances", "2026-04-24T09:00:30Z")
    log.write_bytes(gzip.compress(json.dumps({"Records": [event]}).encode()))
    recording = tmp_path / "flight.db"
    run(recording, "import", str(log), str(transcript))
    report = json.loads(run(recording, "report", "s-1", "--format", "json").output)
    entries = [e for second in report["timeline"] for e in second["entries"]]
    asked = next(e for e in entries if e["kind"] == "api request")
    assert "ec2.TerminateInstances" in asked["title"]
    assert "by operation, user agent and time (inferred)" in asked["join"]
    assert any("clock of aws.cloudtrail agrees" in s["text"] for s in report["completeness"])


def test_every_format_of_the_table_says_what_it_was_tested_on() -> None:
    assert {"cloudtrail", "github-audit", "kubernetes-audit", "gcp-audit"} <= formats().keys()
    assert all(one.tested and one.title for one in formats().values())


def test_a_session_without_times_began_at_an_unknown_time(corpus: Path, tmp_path: Path) -> None:
    recording = tmp_path / "flight.db"
    run(recording, "import", str(corpus / SAMPLES["swe-agent"]))
    (row,) = run(recording, "sessions").stdout.splitlines()[1:]
    assert row.split()[1:3] == ["unknown", "unknown"]
    report = json.loads(run(recording, "report", "last", "--format", "json").output)
    assert (report["start"], report["end"], report["duration"]) == (None, None, None)
    assert json.loads(run(recording, "sessions", "--json").stdout)[0]["timed"] is False


def test_a_session_begins_with_its_earliest_time_not_with_its_first_line(tmp_path: Path) -> None:
    later = samples.cloudtrail("StopInstances", "2026-04-24T10:00:00Z", number=1)
    earlier = samples.cloudtrail("StartInstances", "2026-04-24T09:00:00Z", number=2)
    log, recording = tmp_path / "log.json", tmp_path / "flight.db"
    log.write_bytes(samples.json_lines(later, earlier))
    run(recording, "import", str(log))
    (row,) = json.loads(run(recording, "sessions", "--json").stdout)
    assert row["last_ns"] - row["start_ns"] == 3600 * 10**9
