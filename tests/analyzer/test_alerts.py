"""Findings while a session is under way, and whom they are told."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.alerts import Channel, Command, Sender, Webhook
from analyzer.alerts.sending import Limit
from analyzer.analysis import analyze
from analyzer.commands.tail import command as tail
from analyzer.filters import finding_subjects, parse_filter
from analyzer.model import Action, Finding, Severity
from analyzer.rules import packaged_rules
from analyzer.rules.live import LiveExamination
from analyzer.testimony import Certainty
from recorder.reader import Recording
from tests.analyzer.factories import ACCOUNT_TOKEN, SECOND, wipe
from tests.analyzer.rule_samples import SAMPLES, data_and_copies, in_mode, three_legs

FOUND = Finding(
    rule="R07", title="Core\x1b[31m", severity=Severity.CRITICAL, reason="secret ⟦a:12345678⟧\a",
    t_ns=1, action=7, evidence=(3, 7), certainty=Certainty.INFERRED,
)  # fmt: skip
FLIGHTS = {
    "wipe": wipe,
    "slow wipe": lambda: wipe(deleted_at=90.0),
    "copies": lambda: data_and_copies(both=True),
    "legs": lambda: three_legs(poisoned=True),
    "plan": lambda: in_mode("plan"),
    **{rule: SAMPLES[rule][0] for rule in ("R12", "R13", "R14", "R15", "R18", "R21", "R22", "R23")},
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.sampled_from(sorted(FLIGHTS)), seed=st.integers(0, 10_000), late=st.booleans())
def test_a_live_session_and_a_whole_one_have_the_same_findings(
    tmp_path: Path, name: str, seed: int, *, late: bool
) -> None:
    """Told in pieces of any size, some calls still open when they are first told of."""
    path = tmp_path / f"{name}.db"
    if not path.exists():
        FLIGHTS[name]().write(path)
    with Recording.open(path) as source:
        row = source.session("session-a")
        whole = analyze(source, row.id, packaged_rules())
        watched = LiveExamination(row, packaged_rules(), source.blob)
        labels = {c.fingerprint: (c.credential_class, c.hint) for c in whole.credentials}
        own = [a for a in whole.actions if a.id > 0]
        found: list[Finding] = []
        for now_ns, piece in _pieces(own, Random(seed), late=late):
            found += watched.look(piece, now_ns, labels)
        found += watched.finish(labels)
    assert not watched.overtaken
    expected = {(f.rule, f.action, f.evidence) for f in whole.findings}
    assert {(f.rule, f.action, f.evidence) for f in found} == expected


def _pieces(
    actions: list[Action], random: Random, *, late: bool
) -> Iterator[tuple[int, list[Action]]]:
    """Yield what a follower sees, look by look: each action once it has ended."""
    last = max(a.until_ns or a.start_ns for a in actions)
    shown: set[int] = set()
    now = min(a.start_ns for a in actions)
    while len(shown) < len(actions):
        now += random.randint(1, 4 * SECOND)
        ended = [a for a in actions if a.id not in shown and (a.until_ns or last) <= now]
        if late and random.random() < 0.3:
            continue
        # What has not ended is seen open, and holds the later ones back.
        yield now, ended
        shown |= {a.id for a in ended}


@contextmanager
def receiver(status: int = 200) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            del args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/in", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_is_signed_and_holds_no_control_sign() -> None:
    complaints: list[str] = []
    with receiver() as (url, got):
        sender = Sender([Webhook(url, b"shared")], complaints.append)
        assert sender.send("s1", FOUND)
        sender.close()
    ((headers, body),) = got
    signed = f"{headers['x-flightlog-timestamp']}.".encode() + body
    wanted = hmac.new(b"shared", signed, hashlib.sha256).hexdigest()
    assert headers["x-flightlog-signature"] == f"sha256={wanted}"
    told = json.loads(body)
    assert (told["rule"], told["severity"], told["evidence"]) == ("R07", "critical", [3, 7])
    assert not any(ord(sign) < 32 for sign in told["title"] + told["reason"])
    assert complaints == []


def test_a_channel_that_fails_is_named_without_content(tmp_path: Path) -> None:
    complaints: list[str] = []
    with receiver(status=503) as (url, _):
        channels: list[Channel] = [Webhook(url, b"s"), Command((str(tmp_path / "nothing"),))]
        sender = Sender(channels, complaints.append)
        sender.send("s1", FOUND)
        sender.close()
    assert complaints == [
        "webhook: it answered 503",
        "--on-finding: it cannot be run: No such file or directory",
    ]


def test_alerts_are_limited_and_what_was_kept_back_is_counted() -> None:
    now = [0.0]
    limit = Limit(lambda: now[0])
    assert limit.allows("s1", "R01", Severity.HIGH) == (True, 0)
    assert limit.allows("s1", "R01", Severity.HIGH) == (False, 0)
    assert limit.allows("s2", "R01", Severity.HIGH) == (True, 1)
    assert sum(limit.allows("s1", f"X{n}", Severity.HIGH)[0] for n in range(30)) == 8
    now[0] = 61.0
    assert limit.allows("s1", "R01", Severity.HIGH) == (True, 22)


@pytest.mark.parametrize("lesser", [s for s in Severity if s < Severity.CRITICAL])
def test_lesser_alerts_take_no_graver_ones_place(lesser: Severity) -> None:
    limit = Limit(lambda: 0.0)
    assert sum(limit.allows("s1", f"X{n}", lesser)[0] for n in range(30)) == 10
    graver = [s for s in Severity if s > lesser]
    assert [limit.allows("s1", f"R{s}", s)[0] for s in graver] == [True] * len(graver)
    assert sum(limit.allows("s1", f"Y{n}", Severity.CRITICAL)[0] for n in range(30)) <= 10


def test_what_was_kept_back_at_the_end_is_said() -> None:
    said: list[str] = []
    sender = Sender([Command(("true",))], said.append)
    assert [sender.send("s1", FOUND) for _ in range(3)] == [True, False, False]
    sender.close()
    assert said == ["2 further findings: too many for an alert each"]


def test_findings_below_the_level_are_not_sent() -> None:
    sender = Sender([Command(("true",))], lambda _: None, least=Severity.CRITICAL)
    low = Finding(
        rule="R21", title="t", severity=Severity.MEDIUM, reason="", t_ns=0, action=1, evidence=(1,),
        certainty=Certainty.OBSERVED,
    )  # fmt: skip
    assert not sender.send("s1", low)
    sender.close()


def test_the_command_gets_the_alert_and_no_secret(tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text(
        "import os, pathlib, sys\n"
        f"out = pathlib.Path({str(tmp_path)!r}, os.environ['FLIGHTLOG_RULE'])\n"
        "out.write_bytes(sys.stdin.buffer.read())\n"
    )
    with Recording.open(wipe().write(tmp_path / "f.db")) as source:
        found = analyze(source, "session-a").findings
    sender = Sender([Command.of(f"{sys.executable} {script}")], lambda _: None)
    for finding in found:
        sender.send("session-a", finding)
    sender.close()
    told = json.loads((tmp_path / "R07").read_bytes())
    assert told["session"] == "session-a"
    for path in tmp_path.glob("R*"):
        assert ACCOUNT_TOKEN.encode() not in path.read_bytes()


def test_tail_shows_findings_once_and_asks_for_the_webhooks_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLIGHTLOG_WEBHOOK_SECRET", raising=False)
    path = str(wipe().write(tmp_path / "f.db"))
    run = CliRunner()
    shown = run.invoke(tail, ["last", "--once", "-r", path]).stdout
    assert (
        len([line for line in shown.splitlines() if line.startswith("finding") and "R07" in line])
        == 1
    )
    rows = run.invoke(tail, ["last", "--once", "--json", "-r", path]).stdout.splitlines()
    documents = [json.loads(row) for row in rows]
    assert "R08" in {d["rule"] for d in documents if d.get("event") == "finding"}
    refused = run.invoke(tail, ["-r", path, "--webhook", "http://127.0.0.1:9/"])
    assert "FLIGHTLOG_WEBHOOK_SECRET" in str(refused.exception)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--filter", "lane:tool"),
        ("--filter", "not lane:tool"),
        ("--filter", "destroys"),
    ],
)
def test_a_filter_chooses_findings_by_the_action_that_decides_each(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    path = str(wipe().write(tmp_path / "flight.db"))
    run = CliRunner()

    def told(command: click.Command, *more: str) -> list[tuple[str, int]]:
        done = run.invoke(command, [*more, *options, "--json", "-r", path])
        assert done.exit_code == 0, done.output
        return sorted(found(done.stdout))

    def found(text: str) -> Iterator[tuple[str, int]]:
        for line in text.splitlines():
            said = json.loads(line)
            if said["event"] == "finding":
                yield said["rule"], said["action"]

    with Recording.open(Path(path)) as recording:
        analysis = analyze(recording, recording.sessions()[0].id)
    chosen = parse_filter(options[1] if options else "")
    expected = [(f.rule, f.action) for f, s in finding_subjects(analysis) if chosen.fits(s)]
    assert told(tail, "last", "--once") == sorted(expected)
    all_of_them = sorted((f.rule, f.action) for f in analysis.findings)
    assert told(tail, "last", "--once", "--all-findings") == all_of_them
