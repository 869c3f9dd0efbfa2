"""Other people's guards, tried the same way: a command that reads an action and answers.

It is started once for each action, with one JSON object on its standard input, in the form of
Claude Code's PreToolUse hook (https://code.claude.com/docs/en/hooks), which most guards read, and
what is known beside it under `flightlog`. It answers as such a hook does: exit code 2 denies; JSON
with a decision, or one of the words allow, ask, deny, is taken at its word; silence with exit
code 0 allows. Anything else is no answer.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.ruling import Answer, Ruling
from analyzer.controls.settings import Settings
from analyzer.tools import arguments_of
from recorder.errors import FlightlogError
from recorder.model import Kind

__all__ = ["Policy"]

PATIENCE_SECONDS = 20.0
MAX_ANSWER = 1_000_000
_WORDS: Mapping[str, Answer] = {
    "allow": Answer.ALLOW, "approve": Answer.ALLOW, "approved": Answer.ALLOW, "ok": Answer.ALLOW,
    "pass": Answer.ALLOW, "ask": Answer.ASK, "confirm": Answer.ASK, "warn": Answer.ASK,
    "review": Answer.ASK, "deny": Answer.DENY, "denied": Answer.DENY, "block": Answer.DENY,
    "blocked": Answer.DENY, "reject": Answer.DENY, "stop": Answer.DENY,
}  # fmt: skip
_KEYS = ("permissionDecision", "permission", "decision", "verdict", "action", "behavior", "result")
_REASONS = ("permissionDecisionReason", "reason", "message", "agent_message", "user_message")


class Policy:
    """A command as a control."""

    gates = True
    description = "A guard of somebody else's."

    def __init__(self, command: str, number: int = 1) -> None:
        """Take a command line; it is split into words as a shell would, and no shell runs it.

        Raises:
            FlightlogError: it is no command line.
        """
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise FlightlogError(f"--policy {command!r} is no command line: {error}") from error
        if not self._command:
            raise FlightlogError("--policy needs a command")
        self.id = f"policy-{number}"
        self.title = f"Policy: {command[:60]}"

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Return what the command says of a deed.

        Raises:
            FlightlogError: the command cannot be started.
        """
        del settings
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps(_document(deed, past), ensure_ascii=True).encode(),
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            reason = f"it did not answer within {PATIENCE_SECONDS:.0f} s"
            return Ruling(Answer.UNKNOWN, reason, "")
        except OSError as error:
            raise FlightlogError(
                f"the policy {self._command[0]} cannot be started: {error.strerror}"
            ) from error
        said = done.stdout[:MAX_ANSWER].decode("utf-8", "replace").strip()
        if done.returncode == 2:
            text = done.stderr[:2_000].decode("utf-8", "replace").strip()
            return Ruling(Answer.DENY, text or said or "exit code 2", "")
        return _read(said, done.returncode)


def _read(said: str, code: int) -> Ruling | None:
    if not said:
        if code == 0:
            return None
        return Ruling(Answer.UNKNOWN, f"it ended with {code} and said nothing", "")
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        value = said
    word, reason = _decision(value)
    answer = _WORDS.get(word.lower())
    if answer is None:
        return Ruling(Answer.UNKNOWN, f"its answer is not understood (exit code {code})", "")
    return None if answer is Answer.ALLOW else Ruling(answer, reason or word, "")


def _decision(value: Any) -> tuple[str, str]:
    """Return (word, reason) of an answer; an empty word where there is none."""
    if isinstance(value, str):
        first = re.match(r"\W*(\w+)\W*(.*)", value, re.DOTALL)
        return (first[1], first[2].strip()[:500]) if first else ("", "")
    if not isinstance(value, dict):
        return "", ""
    inner = value.get("hookSpecificOutput")
    if isinstance(inner, dict):
        value = {**value, **inner}
    word = next((value[k] for k in _KEYS if isinstance(value.get(k), str)), "")
    reason = next((value[k] for k in _REASONS if isinstance(value.get(k), str)), "")
    if not word and not value:
        return "allow", ""
    return str(word), str(reason)[:500]


def _document(deed: Deed, past: Past) -> dict[str, Any]:
    judgement = deed.judgement
    return {
        "hook_event_name": "PreToolUse",
        "session_id": "",
        "cwd": deed.cwd,
        "tool_name": deed.name if deed.kind is not Kind.API_REQUEST else "http",
        "tool_input": _input(deed),
        "tool_use_id": str(deed.id),
        "flightlog": {
            "action": deed.id,
            "kind": deed.kind.value,
            "t_ns": deed.t_ns,
            "title": deed.title,
            "effect": judgement.effect.value,
            "operation": judgement.operation,
            "target_type": judgement.target_type,
            "target": judgement.target_id,
            "environment": judgement.environment,
            "same_domain": judgement.same_domain,
            "irreversible": judgement.irreversible,
            "host": deed.host,
            "method": deed.method,
            "credentials": [past.scopes.get(c, (c[:8], ""))[0] for c in deed.carried],
            "reasons": list(judgement.reasons),
        },
    }


def _input(deed: Deed) -> Any:
    if deed.kind is Kind.API_REQUEST:
        url, _, body = deed.text.partition("\n")
        return {"method": deed.method, "url": url, "body": body}
    return arguments_of(deed.text) or {"text": deed.text}
