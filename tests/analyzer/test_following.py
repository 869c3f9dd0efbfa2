"""A credential is followed over sessions and machines, and what is said of it stands on actions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from analyzer.analysis import analyze
from analyzer.commands.credentials import command
from analyzer.following import Answers, Life, Strength, answers_of
from analyzer.following.life import Place, Seen, links_of
from analyzer.model import Sighting
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Json, Kind, Phase, Record, Role, Witness
from recorder.reader import Recording
from tests.analyzer.factories import (
    ACCOUNT_TOKEN,
    DELETE,
    DELETED,
    LIST,
    LISTED,
    PROJECT_TOKEN,
    Flight,
    ns,
    wipe,
)
from tests.recorder.factories import write

GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
TEMPORARY = "ASIA" + "QWERTYUIOPASDFGH"
PASSWORD = "Zx81-kkQ0ppWW7"


def declared(value: str, **told: str) -> Record:
    said: dict[str, Json] = {semconv.CREDENTIAL_SECRET: value}
    names = {
        "name": semconv.CREDENTIAL_NAME,
        "purpose": semconv.CREDENTIAL_PURPOSE,
        "scope": semconv.CREDENTIAL_SCOPE,
        "environment": semconv.CREDENTIAL_ENVIRONMENT,
    }
    said |= {names[word]: text for word, text in told.items()}
    return Record(
        witness=Witness.RECORDER,
        phase=Phase.POINT,
        kind=Kind.CREDENTIAL,
        name="declared",
        t_ns=ns(0),
        observed_ns=ns(0),
        attributes=said,
    )


def answered(
    folder: Path, *flights: Flight, session: str = "", more: Sequence[Record] = (), at: float = 0
) -> Answers:
    records = [*more, *sorted((r for f in flights for r in f.records), key=lambda r: r.t_ns or 0)]
    path = write(folder / "flight.db", records)
    with Recording.open(path) as recording:
        analysis = analyze(recording, session or flights[0].session)
        return answers_of(recording, analysis, at_ns=ns(at) if at else None)


def life_of(answers: Answers, credential_class: str) -> Life:
    found = [x for x in answers.lives if x.credential.credential_class == credential_class]
    assert len(found) == 1
    return found[0]


def told(life: Life) -> list[tuple[str, str]]:
    return [(s.sighting.role.value, s.sighting.place) for s in life.seen]


def test_the_wipe_is_answered_question_by_question(tmp_path: Path) -> None:
    answers = answered(tmp_path, wipe(), at=11.0)
    assert [s.text.split(" since ")[0].split(":")[0] for s in answers.held] == ["railway-token"]
    assert len(answers.elsewhere) == 1
    assert "scripts/domains/domains.env:2" in answers.elsewhere[0].text
    assert answers.elsewhere[0].certainty is Certainty.INFERRED
    assert [s.certainty for s in answers.new_hosts] == [Certainty.OBSERVED] * 2
    ranked = [r.statement.text.split(":")[0] for r in answers.rotate]
    assert ranked == ["railway-api-token", "railway-token"], "what destroyed comes first"
    assert "destroyed with it" in answers.rotate[0].statement.text
    everything = (*answers.held, *answers.elsewhere, *answers.new_hosts, *answers.misused)
    assert all(s.actions for s in (*everything, *(r.statement for r in answers.rotate)))


def test_a_token_is_followed_over_a_file_that_one_session_wrote_and_another_read(
    tmp_path: Path,
) -> None:
    one, two = Flight(session="one", run="r1"), Flight(session="two", run="r2", pid=7000)
    one.read(1.0, "deploy/.env", f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}")
    two.trace = "cd" * 16
    for record in two.records[:]:
        two.records[two.records.index(record)] = replace(record, trace_id=two.trace)
    one.tool(2.0, "Bash", {"command": f"echo 'token: {ACCOUNT_TOKEN}' > /tmp/hand/over.txt"})
    two.read(40.0, "/tmp/hand/over.txt", f"token: {ACCOUNT_TOKEN}")
    span = two.tool(50.0, "Bash", {"command": "./call.sh"}, lasts=1.0)
    two.graphql(50.1, DELETE, DELETED, token=ACCOUNT_TOKEN, span=span)
    answers = answered(tmp_path, one, two, session="two")
    life = life_of(answers, "railway-api-token")
    assert ("copied", "/tmp/hand/over.txt (written)") in told(life)
    assert told(life)[0] == ("exposed", "deploy/.env:1")
    assert told(life)[-1][0] == "used"
    assert life.sessions == ("one", "two")
    crossing = [k for k in life.links if "from session one" in k.text]
    assert len(crossing) == 1
    assert crossing[0].strength is Strength.SAME
    assert crossing[0].text.endswith("by /tmp/hand/over.txt")
    (came,) = answers.elsewhere
    assert "before that session one (test-agent)" in came.text
    assert "exposed in deploy/.env:1" in came.text
    for session in ("one", "two"):
        (due,) = answered(tmp_path / session, one, two, session=session).rotate
        assert "destroyed with it" in due.statement.text, "whichever session is asked"


@pytest.mark.parametrize(
    ("machine", "expected"),
    [("build-7", "; from laptop to build-7"),
     ("laptop", "; from session one (a) to two (b), how nobody saw")],
)  # fmt: skip
def test_a_step_says_which_session_or_machine_it_leaves(machine: str, expected: str) -> None:
    one = Seen(Sighting(1, 1, "ab", Role.EXPOSED, "prompt", 1), Place("one", "a", "laptop"))
    two = Seen(Sighting(9, 9, "ab", Role.USED, "argv", 2), Place("two", "b", machine))
    (link,) = links_of([one, two], {})
    assert link.text.endswith(expected)


def test_a_use_out_of_nowhere_has_weak_links_only_and_nothing_stands_on_them(
    tmp_path: Path,
) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "./prepare.sh"}, "done", lasts=1.0)
    span = flight.tool(10.0, "Bash", {"command": "./call.sh"}, lasts=1.0)
    flight.graphql(10.1, DELETE, DELETED, token=ACCOUNT_TOKEN, span=span)
    answers = answered(tmp_path, flight)
    weak = [k for k in answers.lives[0].links if k.strength is Strength.TIME]
    assert [k.certainty for k in weak] == [Certainty.INFERRED]
    assert weak[0].source not in {n for r in answers.rotate for n in r.statement.actions}
    assert answers.rotate == (), "used on the wire alone, it was shown to nobody"


def test_every_role_and_place_has_its_word(tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(1.0, f"use password={PASSWORD} for it")
    flight.tool(2.0, "Write", {"file_path": "a.env", "content": f"DB_PASSWORD={PASSWORD}"}, "ok")
    flight.tool(3.0, "Bash", {"command": f"psql postgres://app:{PASSWORD}@db/prod -c 'select 1'"})
    flight.tool(4.0, "Bash", {"command": f"curl -u app:{PASSWORD} https://h.example/"})
    flight.request(
        5.0, "POST", "/oauth/token", answer=json.dumps({"access_token": GITHUB}), host="h.example"
    )
    flight.request(6.0, headers={"authorization": f"Bearer {GITHUB}"}, host="api.github.com")
    flight.tool(7.0, "Bash", {"command": "env"}, {"stdout": f"GH_TOKEN={GITHUB}"})
    answers = answered(tmp_path, flight)
    places = [place for life in answers.lives for place in told(life)]
    for expected in (
        ("in context", "prompt"),
        ("copied", "a.env (written)"),
        ("used", "DSN in argv"),
        ("used", "argv"),
        ("issued", "response body"),
        ("used", "header Authorization"),
        ("exposed", "environment (tool output)"),
    ):
        assert expected in places


def test_a_use_is_told_of_the_time_it_began_in_whatever_order_its_records_came(
    tmp_path: Path,
) -> None:
    flight = Flight()
    arguments = {"prompt": f"post with {GITHUB}"}
    flight.tool(1.0, "Task", arguments, lasts=5.0)
    flight.tool(2.0, "Bash", {"command": f"deploy --token {GITHUB}"})
    # As agents' hooks tell it: the end says again what was asked for.
    told_again = {semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(arguments)}
    records = [
        replace(r, attributes={**r.attributes, **told_again}) if r.t_ns == ns(6.0) else r
        for r in flight.records
    ]
    for name, order in (("told", records), ("spooled", records[::-1])):
        (tmp_path / name).mkdir()
        path = write(tmp_path / name / "flight.db", order)
        with Recording.open(path) as recording:
            (life,) = answers_of(recording, analyze(recording, flight.session)).lives
        assert told(life) == [("used", "tool arguments"), ("used", "argv")]
        assert [s.sighting.t_ns for s in life.seen] == [ns(1.0), ns(2.0)]


def test_a_use_by_an_agent_inside_the_agent_says_so(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(1.0, ".env", f"GH_TOKEN={GITHUB}")
    marks: dict[str, Json] = {
        "flightlog.hook.agent_id": "ag-7", "flightlog.hook.agent_type": "poster",
    }  # fmt: skip
    get = f"curl -H 'Authorization: Bearer {GITHUB}' https://api.github.com/user"
    flight.tool(2.0, "Bash", {"command": get}, extra=marks)
    flight.tool(3.0, "Bash", {"command": get})
    answers = answered(tmp_path, flight)
    by = {s.sighting.action: s.where.inner_agent for s in answers.lives[0].seen}
    inner = [action for action, name in by.items() if name]
    assert {by[action] for action in inner} == {"poster ag-7"}
    assert sorted(inner) == [-max(inner), max(inner)], "the call, and the request it asks for"
    shown = CliRunner().invoke(command, ["-r", str(tmp_path / "flight.db")]).output
    assert shown.count("by sub-agent poster ag-7") == 2


def test_an_encoded_use_says_how_it_was_written(tmp_path: Path) -> None:
    flight = Flight()
    flight.read(1.0, "a/.env", f"DB_PASSWORD={PASSWORD}")
    encoded = PASSWORD.encode().hex()
    flight.tool(2.0, "Bash", {"command": f"printf {encoded} | xxd -r -p"})
    life = answered(tmp_path, flight).lives[0]
    assert [(s.sighting.role.value, s.sighting.encoding) for s in life.seen] == [
        ("exposed", ""), ("used", "hex"),
    ]  # fmt: skip


def test_a_host_that_it_met_in_another_session_is_not_new(tmp_path: Path) -> None:
    one, two = Flight(session="one", run="r1", trace="12" * 16), Flight(session="two", run="r2")
    span = one.tool(1.0, "Bash", {"command": "./call.sh"}, lasts=1.0)
    one.graphql(1.1, LIST, LISTED, token=ACCOUNT_TOKEN, span=span)
    for at, host in ((30.0, "127.0.0.1"), (40.0, "evil.example")):
        span = two.tool(at, "Bash", {"command": "./call.sh"}, lasts=1.0)
        two.graphql(at + 0.1, LIST, LISTED, token=ACCOUNT_TOKEN, span=span, host=host)
    answers = answered(tmp_path, one, two, session="two")
    assert [s.text.split(" in #")[0].rpartition(" to ")[2] for s in answers.new_hosts] == [
        "evil.example:4443"
    ]
    assert "127.0.0.1:4443" in answers.new_hosts[0].text, "what it had met before is named"


def test_what_went_to_a_stranger_is_rotated_first_and_what_expires_last(tmp_path: Path) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": "cat k"}, {"stdout": f"AWS_ACCESS_KEY_ID={TEMPORARY}"})
    flight.read(2.0, "a/.env", f"RAILWAY_API_TOKEN={ACCOUNT_TOKEN}", f"GH_TOKEN={GITHUB}")
    flight.read(2.5, "a/db.env", f"URL=postgres://app:{PASSWORD}@db/prod")
    flight.request(
        3.0, "POST", headers={"authorization": f"Bearer {GITHUB}"}, host="collect.example",
        port=443, body=f"postgres://app:{PASSWORD}@db/prod",
    )  # fmt: skip
    answers = answered(tmp_path, flight)
    first, second, middle, last = (r.statement for r in answers.rotate)
    assert "collect.example" in first.text
    assert "collect.example" in second.text
    assert {first.text.split(":")[0], second.text.split(":")[0]} == {"github-pat", "url-password"}
    assert first.certainty is Certainty.INFERRED
    assert middle.text.startswith("railway-api-token")
    assert "IAM session, expires by itself" in last.text


@pytest.mark.parametrize(
    "command",
    ["gh auth token", "doctl auth token", "heroku auth:token", "aws iam create-access-key"],
)
def test_what_a_tool_printed_that_had_it_given_out_is_to_rotate(
    command: str, tmp_path: Path
) -> None:
    flight = Flight()
    flight.tool(1.0, "Bash", {"command": command}, {"stdout": f"token: {GITHUB}"})
    answers = answered(tmp_path, flight)
    assert told(answers.lives[0]) == [("issued", "tool output")]
    (rotation,) = answers.rotate
    assert "given out into tool output (#" in rotation.statement.text


@pytest.mark.parametrize(
    ("purpose", "environment", "expected"),
    [
        ("custom domains only", "", "volumeDelete shares no word"),
        ("customDomain*", "", "fits none of its patterns"),
        ("volumes of the shop", "", ""),
        ("volume*", "", ""),
        ("read only", "", "does not only read (D1)"),
        ("", "staging", "of which environment this is nobody knows"),
        ("", "", ""),
    ],
)
def test_uses_are_held_against_what_the_owner_declared(
    tmp_path: Path, purpose: str, environment: str, expected: str
) -> None:
    given = {"name": "domains", "purpose": purpose, "environment": environment}
    words = {word: text for word, text in given.items() if text}
    answers = answered(tmp_path, wipe(), more=[declared(ACCOUNT_TOKEN, **words)])
    assert life_of(answers, "domains").declared == words
    texts = [s.text for s in answers.misused]
    assert len(texts) == bool(expected), texts
    if expected:
        assert expected in texts[0]
        assert texts[0].startswith("domains (domains:")
        assert answers.misused[0].certainty is Certainty.INFERRED


def test_the_command_answers_for_people_and_machines(tmp_path: Path) -> None:
    path = wipe().write(tmp_path / "flight.db")
    run = CliRunner()
    shown = run.invoke(command, ["-r", str(path), "--at", "R06"])
    assert shown.exit_code == 0, shown.output
    assert "rotate now, in this order\n  1. railway-api-token" in shown.output
    document = json.loads(run.invoke(command, ["last", "-r", str(path), "--json"]).output)
    fingerprint = document["rotate"][0]["fingerprint"]
    assert document["rotate"][0]["actions"]
    only = run.invoke(command, ["-r", str(path), "-f", fingerprint[:6], "--json"])
    assert [c["fingerprint"] for c in json.loads(only.output)["credentials"]] == [fingerprint]
    for secret in (ACCOUNT_TOKEN, PROJECT_TOKEN):
        assert secret not in shown.output + only.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "99:00"], "the session is"),
        (["--fingerprint", "ab"], "4 digits or more"),
        (["--fingerprint", "abcdef00"], "knows no credential"),
    ],
)
def test_a_mistake_ends_in_one_clear_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    path = wipe().write(tmp_path / "flight.db")
    done = CliRunner().invoke(command, ["-r", str(path), *arguments])
    assert done.exit_code != 0
    assert words in done.output + str(done.exception)


@pytest.mark.parametrize(
    ("first", "path", "outside"),
    [
        ("README.md", "/home/dev/other/.env", True),
        ("README.md", "../other/.env", True),
        ("README.md", "deploy/.env", False),  # what the first folder is about is not known yet
        ("", "/home/dev/other/.env", False),
        ("/home/dev/other/a.py", "/home/dev/other/.env", False),
    ],
)
def test_a_file_outside_the_workspace_is_none_of_the_task_s_own(
    tmp_path: Path, first: str, path: str, outside: bool
) -> None:
    flight = Flight()
    if first:
        flight.read(1.0, first, "x = 1")
    flight.read(2.0, path, f"API_TOKEN={ACCOUNT_TOKEN}")
    elsewhere = answered(tmp_path, flight).elsewhere
    assert [path.lstrip("./") in said.text for said in elsewhere] == ([True] if outside else [])
