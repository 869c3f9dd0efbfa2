"""The session in which everything that is recorded attacks the terminal."""

from __future__ import annotations

from analyzer.model import (
    Analysis,
    Credential,
    Effect,
    Finding,
    Join,
    Judgement,
    ResourceState,
    Severity,
    Sighting,
)
from analyzer.testimony import Certainty
from recorder import semconv
from recorder.model import Kind, Role
from tests.tui.factories import ACCOUNT, ATTACK, action, analysis, ms, session


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
