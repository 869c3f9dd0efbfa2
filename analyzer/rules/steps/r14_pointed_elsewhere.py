"""R14: what selects the target was changed between the look and the deed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.model import Finding, Severity
from analyzer.rules.about import About
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory
from analyzer.rules.step import StepRule

WINDOW_NS = 3_600 * 1_000_000_000
_SELECTORS = re.compile(
    r"(?:^|/)(?:[\w.-]*\.tfstate(?:\.backup)?|kubeconfig|\.kube/config|\.env(?:\.[\w.-]+)?"
    r"|config\.json|database\.yml|\.terraform/[\w./-]+)$"
)
_SWITCHES = re.compile(
    r"\bkubectl\s+config\s+use-context\b|\bterraform\s+(?:workspace\s+select|init\s+.*-reconfigure)"
    r"|\b(?:railway|vercel|supabase|heroku|fly)\s+(?:link|switch|env\s+pull|use)\b"
    r"|\bexport\s+(?:DATABASE_URL|AWS_PROFILE|KUBECONFIG|PGHOST|\w*_ENV)=|\bgcloud\s+config\s+set\b"
    r"|\baz\s+account\s+set\b|\b(?:cp|mv|unzip|tar)\b[^\n;|&]*(?:tfstate|\.env\b|kubeconfig)"
)
_LOOKS = re.compile(
    r"\b(?:terraform|tofu|pulumi)\s+(?:\S+\s+){0,2}?(?:plan|show|preview|state\s+list)\b"
    r"|\bkubectl\s+(?:get|config\s+current-context|describe)\b|\b(?:list|describe|status|whoami)\b"
    r"|--dry-run|\becho\s+\$\w+|\bSELECT\b",
    re.IGNORECASE,
)


class PointedElsewhere(StepRule):
    """No re-pointing between check and use."""

    about = About(
        id="R14",
        title="What selects the target changed between check and use",
        severity=Severity.HIGH,
        description="After the agent had looked at a target, the file or setting that says which "
        "target is meant (state file, context, .env, DATABASE_URL, linked project) was changed, "
        "and something was destroyed without another look.",
        false_positives=("A switch that the task asks for, to a target the person named.",),
        tags=("attack.t1485", "attack.t1565.001", "atlas.aml.t0101", "owasp.asi08"),
        strong=False,
    )

    def __init__(self) -> None:
        self._looked: tuple[int, int] | None = None
        self._switched: tuple[int, int, int, str] | None = None
        """(moment, action, the look before it, what)."""

    def begin(self, event: Event, memory: Memory) -> Iterator[Finding]:
        """Yield a finding for a destruction after an unseen switch."""
        del memory
        action = event.action
        fields = event.fields
        command = fields.get("action.command")
        if "effect.destroys" in fields and "action.ran" in fields:
            yield from self._judge(event)
        text = command if isinstance(command, str) else ""
        changed = self._switch(event, text)
        if changed and self._looked is not None:
            self._switched = (action.start_ns, action.id, self._looked[1], changed)
        elif text and _LOOKS.search(text) and "effect.destroys" not in fields:
            self._looked, self._switched = (action.start_ns, action.id), None

    def _judge(self, event: Event) -> Iterator[Finding]:
        action = event.action
        if self._switched is None:
            return
        moment, number, look, what = self._switched
        if action.start_ns - moment > WINDOW_NS or "target.remote" not in event.fields:
            return
        self._switched = None
        yield self.inferred(
            action,
            f"#{look} looked; #{number} changed what selects the target ({what}); "
            f"#{action.id} {action.judgement.operation or action.title[:80]} destroyed without "
            "another look",
            look,
            number,
            action.id,
        )

    def _switch(self, event: Event, command: str) -> str:
        found = _SWITCHES.search(command)
        if found:
            return found[0][:80]
        file = event.fields.get("action.file")
        edits = event.fields.get("effect.class") == "write"
        if edits and isinstance(file, str) and _SELECTORS.search(file):
            return file
        return ""
