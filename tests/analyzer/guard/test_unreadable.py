"""What cannot be read or decided is not let run where a guard enforces."""

from __future__ import annotations

import json

import pytest

from recorder.guarding.place import Mode
from tests.analyzer.guard.conftest import Post

CALL = {
    "session_id": "unread-1",
    "cwd": "/w",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "rm -rf /srv"},
    "tool_use_id": "t1",
}
WHOLE = json.dumps(CALL).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b"",
        WHOLE[:-20],
        b"[" + WHOLE + b"]",
        json.dumps({**CALL, "tool_input": "rm -rf /srv"}).encode(),
        json.dumps({**CALL, "tool_input": {}}).encode(),
    ],
)
def test_a_hook_that_is_told_nothing_readable_denies(post: Post, raw: bytes) -> None:
    post.set(Mode.ENFORCE)
    done = post.hooks.run("claude-code", raw)
    assert done.returncode == 0
    inner = json.loads(done.stdout)["hookSpecificOutput"]
    assert inner["permissionDecision"] == "deny"
    assert "flightlog guard" in inner["permissionDecisionReason"]


def test_what_is_cut_off_of_another_event_is_let_be(post: Post) -> None:
    post.set(Mode.ENFORCE)
    raw = json.dumps({**CALL, "hook_event_name": "PostToolUse"}).encode()[:-20]
    assert post.hooks.run("claude-code", raw).stdout == b""


def test_observing_says_nothing_of_what_it_cannot_read(post: Post) -> None:
    post.set(Mode.OBSERVE)
    assert post.hooks.run("claude-code", b"not json").stdout == b""
