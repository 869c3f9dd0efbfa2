"""The guard knows what a plan would delete when the plan is carried out."""

from __future__ import annotations

import json
from typing import Any

from recorder.guarding.place import Mode
from tests.analyzer.guard.conftest import Post, until

PLAN = """  # aws_db_instance.main will be destroyed
Plan: 0 to add, 0 to change, 1 to destroy."""


def hook(post: Post, event: str, session: str, number: int, command: str, output: str = "") -> Any:
    payload: dict[str, Any] = {
        "session_id": session, "cwd": "/w", "hook_event_name": event, "tool_name": "Bash",
        "tool_input": {"command": command}, "tool_use_id": f"{session}-{number}",
    }  # fmt: skip
    if event == "PostToolUse":
        payload["tool_response"] = {"stdout": output, "stderr": "", "interrupted": False}
    return post.hooks.run("claude-code", payload)


def asked(post: Post, session: str, plan: str) -> str:
    """Show a plan in a session, then ask to carry it out; return what the hook printed."""
    show = "terraform plan -out=p.tfplan"
    assert hook(post, "PreToolUse", session, 1, show).returncode == 0
    assert hook(post, "PostToolUse", session, 1, show, plan).returncode == 0
    until(
        lambda: any(plan.strip()[-20:] in str(r.attributes) for r in post.hooks.records()), "plan"
    )
    printed: bytes = hook(post, "PreToolUse", session, 2, "terraform apply p.tfplan").stdout
    return printed.decode()


def test_a_plan_that_deletes_is_held_when_it_is_carried_out(post: Post) -> None:
    post.set(Mode.ENFORCE, ("approval",))
    said = json.loads(asked(post, "plan-harm", PLAN))["hookSpecificOutput"]
    assert said["permissionDecision"] in {"ask", "deny"}
    assert "terraform apply" in said["permissionDecisionReason"]
    assert "aws_db_instance.main" in said["permissionDecisionReason"]


def test_a_plan_that_only_adds_goes_on(post: Post) -> None:
    post.set(Mode.ENFORCE, ("approval",))
    added = "  # aws_s3_bucket.b will be created\nPlan: 1 to add, 0 to change, 0 to destroy."
    assert asked(post, "plan-calm", added) in {"", "{}"}
