"""The session with the shape of the nine-second wipe: what most tests of the screens look at."""

from __future__ import annotations

import json

from analyzer.model import (
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
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Kind, Role
from tests.tui.factories import ACCOUNT, SEAL, action, analysis, ms

PROJECT = "41d0" + "0" * 28
DELETE = 'curl -X POST -d \'{"query": "mutation { volumeDelete(volumeId: 3d2c42fb) }"}\''
MADE_UP = "prompt, file name, commands, and the time of every step within the nine seconds"


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
