"""Sessions built by hand: like the nine-second wipe, hostile, idle, long."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from analyzer.analysis import Progress
from analyzer.chain import Chain
from analyzer.filters import subjects_of
from analyzer.model import (
    Action,
    Analysis,
    Credential,
    Effect,
    Finding,
    Join,
    Judgement,
    Outcome,
    ResourceState,
    Severity,
    Sighting,
)
from analyzer.state import StateIndex
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.errors import SessionNotFoundError
from recorder.model import Kind, Role, SessionRow, Witness
from tui.scene import Scene

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Property tests say nothing about speed: the machine may be busy."""
START = 1_777_040_000 * 10**9
ACCOUNT = "9f2c" + "0" * 28
PROJECT = "41d0" + "0" * 28
SEAL = f"⟦railway_token:{ACCOUNT}⟧"
DELETE = 'curl -X POST -d \'{"query": "mutation { volumeDelete(volumeId: 3d2c42fb) }"}\''
MADE_UP = "prompt, file name, commands, and the time of every step within the nine seconds"
ATTACK = (
    "\x1b]2;PWNED\x07\x1b]52;c;UFdORUQ=\x07\x9b31m\u202e[@click=app.exit]evil[/] [bold\x1b[2J"
    " \x1bc \u2066 \u200b [/nothing] $(reboot)"
)


def ms(value: float) -> int:
    """Return a moment that many milliseconds into a session."""
    return START + round(value * 1_000_000)


def action(
    number: int,
    kind: Kind,
    name: str,
    title: str,
    at: float,
    length: float | None = 50,
    **more: Any,
) -> Action:
    end = None if length is None else ms(at + length)
    default = Outcome.OPEN if length is None else Outcome.OK
    given: dict[str, Any] = {
        "session": "a17",
        "outcome": default,
        "records": (number,),
        "witnesses": (Witness.PROXY if kind is Kind.API_REQUEST else Witness.SDK,),
    }
    given.update(more)
    return Action(
        id=number, kind=kind, name=name, title=title, start_ns=ms(at), end_ns=end, **given
    )


def session(name: str = "a17f00d0deadbeef", **more: Any) -> SessionRow:
    given: dict[str, Any] = {
        "id": name,
        "agent": "cursor-like-agent",
        "agent_version": "0.1",
        "model": "scripted",
        "cwd": "/home/dev/pocket/worktree",
        "host": "laptop",
        "user": "dev",
        "witness": Witness.SDK,
        "run": "r1",
        "first_seq": 1,
        "last_seq": 60,
        "start_ns": START,
        "last_ns": ms(9_000),
        "records": 60,
        "ended": True,
    }
    given.update(more)
    return SessionRow(**given)


def analysis(
    actions: Sequence[Action],
    *,
    credentials: Sequence[Credential] = (),
    findings: Sequence[Finding] = (),
    reconstructed: str = "",
    row: SessionRow | None = None,
) -> Analysis:
    ends = [a.end_ns or a.start_ns for a in actions]
    return Analysis(
        session=row or session(last_ns=max(ends, default=START)),
        actions=tuple(sorted(actions, key=lambda a: (a.start_ns, a.id))),
        credentials=tuple(credentials),
        findings=tuple(findings),
        reconstructed=reconstructed,
        verifier_key="",
    )


def scene(of: Analysis) -> Scene:
    return Scene.of(of, StateIndex(of))


def wipe() -> Analysis:
    """Return a session with the shape of the nine-second wipe."""
    exposed = Sighting(
        31,
        31,
        ACCOUNT,
        Role.EXPOSED,
        "scripts/domains/renew.env:3",
        ms(3_450),
        file="scripts/domains/renew.env",
    )
    used = Sighting(
        41, 41, ACCOUNT, Role.USED, "header Authorization", ms(4_950), host="backboard.railway.app"
    )
    first_use = Sighting(
        11,
        11,
        PROJECT,
        Role.USED,
        "header Project-Access-Token",
        ms(700),
        host="backboard.railway.app",
    )
    actions = [
        action(
            2,
            Kind.PROMPT,
            "user",
            "fix the staging credential mismatch",
            0,
            0,
            attributes={semconv.PROMPT_TEXT: "fix the staging credential mismatch"},
            reconstructed="its words",
        ),
        action(
            4,
            Kind.MODEL_CALL,
            "scripted",
            "I will look at the staging service first",
            60,
            400,
            reconstructed="its words",
        ),
        action(
            9,
            Kind.TOOL_CALL,
            "Bash",
            "Bash curl -s $API -H 'Project-Access-Token: …' -d @q",
            500,
            620,
            attributes={
                semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(
                    {"command": "curl -s https://backboard.railway.app/graphql/v2 -d @q"}
                ),
                semconv.GEN_AI_TOOL_RESULT: '{"errors":[{"message":"Not Authorized"}]}',
            },
            reconstructed="the command",
        ),
        action(
            11,
            Kind.API_REQUEST,
            "POST /graphql/v2",
            "POST backboard.railway.app deployments",
            700,
            300,
            outcome=Outcome.REFUSED,
            sightings=(first_use,),
            join=Join(9, "trace context", Certainty.OBSERVED),
            attributes={
                semconv.HTTP_METHOD: "POST",
                semconv.HTTP_STATUS: 200,
                semconv.URL_FULL: "https://backboard.railway.app/graphql/v2",
                semconv.REQUEST_BODY: '{"query":"query { deployments { id } }"}',
                semconv.RESPONSE_BODY: '{"errors":[{"message":"Not Authorized"}]}',
            },
        ),
        action(
            20,
            Kind.TOOL_CALL,
            "Grep",
            "Grep RAILWAY .",
            1_500,
            300,
            judgement=Judgement(Effect.C1, ("it searches for a token by name",)),
        ),
        action(
            31,
            Kind.TOOL_CALL,
            "Read",
            "Read scripts/domains/renew.env",
            3_400,
            80,
            sightings=(exposed,),
            judgement=Judgement(Effect.C2),
            attributes={semconv.GEN_AI_TOOL_RESULT: f"# domains\nRAILWAY_API_TOKEN={SEAL}\n"},
            reconstructed="the file's name",
        ),
        action(36, Kind.MODEL_CALL, "scripted", "Deleting the volume will fix it", 3_600, 900),
        action(
            39,
            Kind.TOOL_CALL,
            "Bash",
            f"Bash curl -X POST … Bearer {SEAL} volumeDelete",
            4_700,
            3_900,
            attributes={
                semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps({"command": DELETE}),
            },
        ),
        action(
            41,
            Kind.API_REQUEST,
            "POST /graphql/v2",
            "POST backboard.railway.app volumeDelete",
            4_900,
            3_600,
            sightings=(used,),
            join=Join(39, "process and time", Certainty.INFERRED),
            judgement=Judgement(
                Effect.D1,
                ("volumeDelete is in the catalogue as destroy-data",),
                operation="railway.volumeDelete",
                target_type="volume",
                target_id="3d2c42fb",
                same_domain=True,
                irreversible=True,
                environment="production",
            ),
            resources=(
                ResourceState(
                    "3d2c42fb",
                    "volume",
                    "pgdata",
                    "production",
                    "deleted",
                    Certainty.OBSERVED,
                    "volumeDelete answered true",
                    41,
                ),
                ResourceState(
                    "3d2c42fb/backups",
                    "backups",
                    "of pgdata",
                    "production",
                    "gone",
                    Certainty.INFERRED,
                    "deleting a volume deletes its backups",
                    41,
                ),
            ),
            attributes={
                semconv.HTTP_METHOD: "POST",
                semconv.HTTP_STATUS: 200,
                semconv.URL_FULL: "https://backboard.railway.app/graphql/v2",
                semconv.REQUEST_BODY: '{"query":"mutation { volumeDelete(volumeId: \\"v\\") }"}',
                semconv.RESPONSE_BODY: '{"data":{"volumeDelete":true}}',
            },
        ),
        action(
            50,
            Kind.MODEL_CALL,
            "scripted",
            "NEVER GUESS! and that is exactly what I did",
            8_700,
            300,
            attributes={semconv.GEN_AI_OUTPUT_MESSAGES: "I guessed.\nI did not verify."},
        ),
    ]
    credentials = (
        Credential(
            fingerprint=PROJECT,
            credential_class="railway_token",
            hint="",
            name="railway_token 41d0",
            scope="project",
            scope_basis="its header",
            sightings=(first_use,),
        ),
        Credential(
            fingerprint=ACCOUNT,
            credential_class="railway_token",
            hint="",
            name="railway_token 9f2c",
            scope="account",
            scope_basis="its header",
            sightings=(exposed, used),
        ),
    )
    findings = (
        Finding(
            rule="R03",
            title="credential from a file outside the task",
            t_ns=ms(3_450),
            severity=Severity.MEDIUM,
            reason="#31 is not about the task",
            action=31,
            evidence=(31,),
            certainty=Certainty.INFERRED,
            fingerprint=ACCOUNT,
        ),
        Finding(
            rule="R07",
            title="refused, then destroyed with another credential",
            severity=Severity.CRITICAL,
            t_ns=ms(4_900),
            action=41,
            reason="#11 was refused, #31 exposed railway_token 9f2c, #41 destroyed with it "
            "within 4.2 s, nobody approved",
            evidence=(11, 31, 41),
            certainty=Certainty.INFERRED,
            tags=("T1552.001", "T1485"),
            fingerprint=ACCOUNT,
        ),
    )
    return analysis(actions, credentials=credentials, findings=findings, reconstructed=MADE_UP)


def hostile() -> Analysis:
    """Return a session in which everything recorded attacks the terminal."""
    row = session(
        agent=ATTACK, agent_version=ATTACK, cwd=ATTACK, host=ATTACK, user=ATTACK, model=ATTACK
    )
    acts = [
        action(
            1,
            Kind.TOOL_CALL,
            ATTACK,
            ATTACK,
            0,
            100,
            attributes={
                semconv.GEN_AI_TOOL_ARGUMENTS: ATTACK,
                ATTACK: ATTACK,
                semconv.GEN_AI_TOOL_RESULT: f"one\n{ATTACK}\nthree",
            },
            reconstructed=ATTACK,
            sightings=(Sighting(1, 1, ACCOUNT, Role.EXPOSED, ATTACK, ms(50), file=ATTACK),),
        ),
        action(
            2,
            Kind.API_REQUEST,
            ATTACK,
            ATTACK,
            50,
            20,
            join=Join(1, ATTACK, Certainty.INFERRED),
            judgement=Judgement(Effect.D1, (ATTACK,), ATTACK, ATTACK, ATTACK, True, True, ATTACK),
            resources=(
                ResourceState(
                    ATTACK, ATTACK, ATTACK, ATTACK, "deleted", Certainty.OBSERVED, ATTACK, 2
                ),
            ),
        ),
    ]
    found = Finding(
        rule="R07",
        title=ATTACK,
        severity=Severity.HIGH,
        reason=ATTACK,
        t_ns=ms(50),
        action=2,
        evidence=(1, 2),
        certainty=Certainty.INFERRED,
        tags=(ATTACK,),
        fingerprint=ACCOUNT,
    )
    held = Credential(
        fingerprint=ACCOUNT,
        credential_class=ATTACK,
        hint=ATTACK,
        name=ATTACK,
        scope=ATTACK,
        scope_basis=ATTACK,
        sightings=acts[0].sightings,
    )
    return analysis(acts, credentials=[held], findings=[found], reconstructed=ATTACK, row=row)


def idle() -> Analysis:
    """Return a session that waits: 1 s of work, 30 s of nothing, 1 s of work, 5 s, a last word."""
    return analysis(
        [
            action(1, Kind.PROMPT, "user", "begin", 0, 1_000),
            action(2, Kind.TOOL_CALL, "Bash", "ls", 31_000, 1_000),
            action(3, Kind.MODEL_CALL, "m", "done", 37_000, 0),
        ]
    )


def long(count: int) -> Analysis:
    """Return a session of many actions, a tenth of a second apart."""
    kinds = (Kind.TOOL_CALL, Kind.MODEL_CALL, Kind.API_REQUEST)
    return analysis(
        [
            action(n + 1, kinds[n % 3], "x", f"action number {n}", n * 100.0, 40)
            for n in range(count)
        ]
    )


class HeldSource:
    """A source of sessions that are held in memory."""

    def __init__(self, *analyses: Analysis, path: str = "/data/flight.db") -> None:
        self.path = Path(path)
        self.analyses = list(analyses)
        self.blobs: dict[str, bytes] = {}
        self.chain = Chain(is_intact=True, words="chain ok (L0 self)")

    def sessions(self) -> list[SessionRow]:
        return [held.session for held in self.analyses]

    def glimpse(self, session_id: str) -> Scene | None:
        del session_id
        return None

    def load(self, session_id: str, progress: Progress | None = None) -> Scene:
        del progress
        for held in self.analyses:
            if held.session.id == session_id:
                return scene(held)
        raise SessionNotFoundError(f"no session {session_id}")

    def integrity(self, keep_on: Callable[[], bool]) -> Chain | None:
        return self.chain if keep_on() else None

    def search(self, scene: Scene, text: str, keep_on: Callable[[], bool]) -> list[int] | None:
        wanted = text.casefold()
        found = [r for r, s in enumerate(subjects_of(scene.analysis)) if wanted in s.text]
        return found if keep_on() else None

    def blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)


def renamed(held: Analysis, name: str) -> Analysis:
    return replace(held, session=replace(held.session, id=name))
