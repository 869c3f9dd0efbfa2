"""Two witnesses of one session: a transcript, and a cloud's own log or another proxy's capture."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.commands.report import command as report
from analyzer.completeness import completeness_of
from analyzer.model import Action, Analysis, Effect, Outcome
from analyzer.outside.commands import Asked, asks_for
from analyzer.testimony import Certainty
from recorder.audit import cloudtrail, gcp, github, kubernetes
from recorder.audit.entry import record_of
from recorder.model import Kind, Record, Witness
from recorder.reader import Recording
from recorder.transcripts import har, mini_swe_agent
from tests.analyzer.factories import START, Flight, ns
from tests.recorder.audit import samples
from tests.recorder.factories import write
from tests.recorder.transcripts.reading import records_of

SESSION = "session-a"


def at(seconds: float) -> str:
    """Return the whole second in which a moment of the flight lies, as CloudTrail writes it."""
    return f"{datetime.fromtimestamp(ns(seconds) // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"


def logged(*events: dict[str, Any]) -> list[Record]:
    return [record_of(cloudtrail.entry_of(event), START) for event in events]


def analyzed(tmp_path: Path, flight: Flight, more: Iterable[Record]) -> Analysis:
    path = write(tmp_path / "flight.db", [*flight.records, *more])
    with Recording.open(path) as recording:
        return analyze(recording, flight.session)


def outside(analysis: Analysis) -> list[Action]:
    return [a for a in analysis.actions if Witness.AUDIT in a.witnesses]


def bash(
    flight: Flight, at_second: float, command: str, result: str = "", lasts: float = 2
) -> None:
    flight.tool(at_second, "Bash", {"command": command}, result, lasts=lasts)


def deploy() -> Flight:
    flight = Flight()
    bash(flight, 10, "aws ec2 describe-instances --region us-east-1")
    bash(flight, 20, "aws --region us-east-1 ec2 terminate-instances --instance-ids i-0abc")
    bash(flight, 30, "aws ec2 delete-volume --volume-id vol-1")
    bash(flight, 40, "make test")
    return flight


def events(apart: float = 0) -> list[dict[str, Any]]:
    return [
        samples.cloudtrail("DescribeInstances", at(11 + apart), number=1, read_only=True),
        samples.cloudtrail("TerminateInstances", at(21 + apart), number=2),
        samples.cloudtrail("DeleteVolume", at(31 + apart), number=3, error="AccessDenied"),
    ]


def test_each_event_stands_in_the_call_that_asked_for_it(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, deploy(), logged(*events()))
    by_id = {a.id: a for a in analysis.actions}
    found = outside(analysis)
    assert [a.name for a in found] == [
        "ec2.DescribeInstances", "ec2.TerminateInstances", "ec2.DeleteVolume",
    ]  # fmt: skip
    for action, word in zip(found, ("describe", "terminate", "delete-volume"), strict=True):
        assert action.join is not None
        assert word in by_id[action.join.parent].title
        assert action.join.basis == "operation, user agent and time"
        assert action.join.certainty is Certainty.INFERRED
        assert action.session == SESSION


def test_what_only_the_log_tells_is_judged_and_refusals_are_seen(tmp_path: Path) -> None:
    found = outside(analyzed(tmp_path, deploy(), logged(*events())))
    assert [a.judgement.effect for a in found] == [Effect.READ, Effect.D3, Effect.D1]
    assert [a.outcome for a in found] == [Outcome.OK, Outcome.OK, Outcome.REFUSED]


@pytest.mark.parametrize("apart", [-7200, -75, 90, 3600])
def test_clocks_that_are_apart_are_compared_before_anything_is_joined(
    tmp_path: Path, apart: float
) -> None:
    analysis = analyzed(tmp_path, deploy(), logged(*events(apart)))
    (clock,) = analysis.clocks
    assert (clock.name, clock.pairs) == ("aws.cloudtrail", 3)
    assert clock.low_ns <= apart * 10**9 <= clock.high_ns
    assert abs(clock.ahead_ns - apart * 10**9) < 3 * 10**9
    assert not clock.agrees
    found = outside(analysis)
    assert len(found) == 3
    assert all(a.join is not None and "its clock" in a.join.basis for a in found)
    starts = {a.id: a.start_ns for a in analysis.actions}
    assert all(0 <= a.start_ns - starts[a.join.parent] < 4 * 10**9 for a in found if a.join)


def test_clocks_that_agree_are_said_to_agree(tmp_path: Path) -> None:
    (clock,) = analyzed(tmp_path, deploy(), logged(*events())).clocks
    assert clock.agrees
    assert clock.ahead_ns == 0


def test_the_log_may_come_in_before_the_transcript(tmp_path: Path) -> None:
    flight = deploy()
    path = write(tmp_path / "flight.db", [*logged(*events()), *flight.records])
    with Recording.open(path) as recording:
        assert len(outside(analyze(recording, SESSION))) == 3


def test_a_request_id_in_the_output_settles_it_whatever_the_time(tmp_path: Path) -> None:
    flight = deploy()
    event = samples.cloudtrail("RunInstances", at(12), number=9)
    bash(flight, 50, "./provision.sh", f"x-amzn-RequestId: {event['requestID']}")
    found = outside(analyzed(tmp_path, flight, logged(*events(), event)))
    joined = next(a for a in found if a.name == "ec2.RunInstances")
    assert joined.join is not None
    assert (joined.join.basis, joined.join.certainty) == ("request id", Certainty.OBSERVED)


def test_what_others_did_at_the_same_time_is_not_the_session_s(tmp_path: Path) -> None:
    other = samples.cloudtrail("DeleteBucket", at(21), service="s3", number=7)
    other["userIdentity"] = {"type": "IAMUser", "accountId": "123456789012", "userName": "jane"}
    other["sourceIPAddress"] = "198.51.100.9"
    found = outside(analyzed(tmp_path, deploy(), logged(*events(), other)))
    assert "s3.DeleteBucket" not in {a.name for a in found}


def test_a_request_of_the_same_caller_stands_in_the_only_call_that_was_open(tmp_path: Path) -> None:
    flight = deploy()
    bash(flight, 60, "python cleanup.py", lasts=5)
    script = samples.cloudtrail("DeleteSnapshot", at(62), number=8)
    found = outside(analyzed(tmp_path, flight, logged(*events(), script)))
    snapshot = next(a for a in found if a.name == "ec2.DeleteSnapshot")
    assert snapshot.join is not None
    assert snapshot.join.basis.startswith("caller")


def test_a_session_without_a_log_has_no_clock_to_compare(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, deploy(), [])
    assert analysis.clocks == ()


def test_the_log_alone_is_a_session_that_can_be_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path / "flight.db", logged(*events()))
    with Recording.open(path) as recording:
        (row,) = recording.sessions()
        analysis = analyze(recording, row.id)
        assert not completeness_of(recording, analysis).unread
    assert row.witness is Witness.AUDIT
    assert [a.kind for a in analysis.actions] == [Kind.API_REQUEST] * 3


def test_the_report_says_how_far_the_clocks_are_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "flight.db", [*deploy().records, *logged(*events(90))])
    for form in ("md", "html", "json"):
        done = CliRunner().invoke(report, ["-r", str(path), SESSION, "--format", form])
        assert done.exit_code == 0, done.output
        assert "clock of aws.cloudtrail is" in done.output.replace("\\", "")


def asked(log: str, service: str, operation: str, **more: str) -> Asked:
    names = ("method", "path", "host", "target")
    method, path, host, target = (more.get(name, "") for name in names)
    return Asked(log, service, operation, method, path, host, target)


AWS, K8S, GCP, GITHUB = "aws.cloudtrail", "kubernetes.audit", "gcp.audit", "github.audit"


@pytest.mark.parametrize(
    ("command", "request_asked"),
    [
        ("aws s3 rm s3://b/k --recursive", asked(AWS, "s3", "DeleteObjects")),
        ("aws s3api delete-bucket --bucket b", asked(AWS, "s3", "DeleteBucket")),
        ("aws cloudwatch delete-alarms", asked(AWS, "monitoring", "DeleteAlarms")),
        ("python -c 'boto3.client(\"rds\").delete_db_instance()'",
         asked(AWS, "rds", "DeleteDBInstance")),
        ("curl 'https://ec2.amazonaws.com/?Action=StopInstances'",
         asked(AWS, "ec2", "StopInstances")),
        ("kubectl -n shop delete pvc data",
         asked(K8S, "kubernetes", "delete persistentvolumeclaims", target="data")),
        ("kubectl get pods -A", asked(K8S, "kubernetes", "list pods")),
        ("kubectl exec -it web-1 -- sh", asked(K8S, "kubernetes", "create pods/exec")),
        ("gcloud compute instances delete db-1 -q",
         asked(GCP, "compute", "v1.compute.instances.delete")),
        ("gcloud container clusters delete c1",
         asked(GCP, "container", "google.container.v1.ClusterManager.DeleteCluster")),
        ("gh repo delete octo-org/octo-repo --yes", asked(GITHUB, "github", "repo.destroy")),
        ("git push --force origin main", asked(GITHUB, "github", "git.push")),
        ("curl -X DELETE https://api.github.com/repos/o/r",
         asked(GITHUB, "github", "api.request", method="DELETE", path="/repos/o/r",
               host="api.github.com")),
        ("gh api --method DELETE /repos/o/r",
         asked(GITHUB, "github", "api.request", method="DELETE", path="/repos/o/r")),
    ],
)  # fmt: skip
def test_commands_ask_for_what_the_logs_call_it(command: str, request_asked: Asked) -> None:
    assert asks_for(command, request_asked)


@pytest.mark.parametrize(
    ("command", "request_asked"),
    [
        ("aws ec2 describe-volumes", asked(AWS, "ec2", "DeleteVolume")),
        ("aws rds delete-db-instance", asked(AWS, "ec2", "DeleteDBInstance")),
        ("kubectl get pvc data", asked(K8S, "kubernetes", "delete persistentvolumeclaims")),
        ("kubectl delete pod web", asked(K8S, "kubernetes", "delete secrets", target="db")),
        ("gcloud compute instances list", asked(GCP, "compute", "v1.compute.instances.delete")),
        ("echo delete repo", asked(GITHUB, "github", "repo.destroy")),
        ("curl https://api.github.com/repos/o/r",
         asked(GITHUB, "github", "api.request", method="DELETE", path="/repos/o/r")),
        ("curl -X DELETE https://api.github.com/repos/o/r2",
         asked(GITHUB, "github", "api.request", method="DELETE", path="/repos/o/r")),
    ],
)  # fmt: skip
def test_commands_that_ask_for_something_else_do_not(command: str, request_asked: Asked) -> None:
    assert asks_for(command, request_asked) == ""


@pytest.mark.parametrize(
    ("command", "entry"),
    [
        ("kubectl delete pvc data -n shop",
         lambda: kubernetes.entry_of(samples.kubernetes("ResponseComplete"))),
        ("gcloud compute instances delete db-1",
         lambda: gcp.entry_of(samples.gcp("v1.compute.instances.delete"))),
        ("gh repo delete octo-org/octo-repo",
         lambda: github.entry_of(samples.github("repo.destroy"))),
    ],
)  # fmt: skip
def test_the_other_clouds_logs_join_too(tmp_path: Path, command: str, entry: Any) -> None:
    flight = Flight()
    bash(flight, 10, command)
    record = record_of(entry(), START)
    analysis = analyzed(tmp_path, flight, [record])
    (found,) = outside(analysis)
    assert found.join is not None
    assert len(analysis.clocks) == 1


@pytest.fixture
def http_capture(tmp_path: Path) -> Path:
    """Folder with a transcript and a capture of the same session; skips without the corpora."""
    corpora = Path(__file__).parents[3] / "shared" / "corpora" / "transcripts.tar.xz"
    if not corpora.exists():
        pytest.skip(f"the corpora are not here ({corpora.parent.name} beside the project)")
    with tarfile.open(corpora) as archive:
        members = [m for m in archive if "http_proxy" in m.name]
        archive.extractall(tmp_path, members=members, filter="data")
    return tmp_path / "transcripts" / "captured" / "http_proxy"


def test_a_capture_of_the_wire_joins_the_transcript_of_the_same_session(
    tmp_path: Path, http_capture: Path
) -> None:
    told = records_of(
        mini_swe_agent.tell(json.loads((http_capture / "mini-session.traj.json").read_text()))
    )
    kept = records_of(har.tell(json.loads((http_capture / "mini-session.har").read_text())))
    path = write(tmp_path / "flight.db", [*kept, *told])
    with Recording.open(path) as recording:
        # Its id was made of its content, and the recording's key made it another.
        (session,) = (row.id for row in recording.sessions() if row.id.startswith("mini-swe"))
        analysis = analyze(recording, session)
    by_id = {a.id: a for a in analysis.actions}
    wire = [a for a in analysis.actions if Witness.PROXY in a.witnesses]
    curls = [(a.title.partition(" http")[0], a.outcome) for a in wire if "fake-api" in a.title]
    assert [outcome for _, outcome in curls] == [Outcome.REFUSED, Outcome.OK]
    refused, deleted = (a for a in wire if "fake-api" in a.title)
    assert refused.join is not None
    assert deleted.join is not None
    assert "Authorization: Bearer" in by_id[refused.join.parent].title
    assert "DELETE" in by_id[deleted.join.parent].title
    assert analysis.clocks[0].agrees
    used = {s.fingerprint for s in refused.sightings} & {
        s.fingerprint for s in by_id[refused.join.parent].sightings
    }
    assert used, "the credential of the command is that of the request"
