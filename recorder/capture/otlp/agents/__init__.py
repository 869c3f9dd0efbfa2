"""Which agent a telemetry source is, and with that, what its words mean.

One table: the first family of which a scope or a service name begins as given is it; what none
knows is read by the general conventions (`genai`). The families are made from each agent's own
documentation and from recordings of what its binaries emit.
"""

from __future__ import annotations

import functools

from recorder.capture.otlp.agents import claude_code, codex, copilot, gemini, genai, openhands
from recorder.capture.otlp.agents.event import Family

__all__ = ["FAMILIES", "family_of"]

FAMILIES: tuple[Family, ...] = (
    claude_code.FAMILY,  # com.anthropic.claude_code.*, service claude-code
    codex.FAMILY,  #       codex_otel.*, service codex_exec, codex_tui, ...
    gemini.FAMILY,  #      gemini-cli
    copilot.FAMILY,  #     github.copilot, service github-copilot, copilot-chat
    openhands.FAMILY,  #   lmnr.tracer
)


@functools.lru_cache(maxsize=1024)
def family_of(scope: str, service: str) -> Family:
    """Return the family that a source belongs to; a scope's word counts before a service's."""
    for family in FAMILIES:
        if scope.startswith(family.scopes):
            return family
    for family in FAMILIES:
        if service.startswith(family.services):
            return family
    return genai.FAMILY
