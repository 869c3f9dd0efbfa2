"""What of a person's words binds a deed: requests and permissions, of the whole name."""

from __future__ import annotations

import pytest

from analyzer.controls.consent import Approval
from analyzer.controls.deed import Deed
from analyzer.controls.past import Consent, Past
from analyzer.controls.settings import Settings
from analyzer.effects.places import Place
from analyzer.effects.shell.judging import judge_shell
from recorder.model import Kind

SECOND = 1_000_000_000
BUCKET = "aws s3api delete-bucket --bucket pulse"

REQUESTS = [
    "Delete the bucket pulse.",
    "please delete pulse",
    "Can you delete the bucket `pulse`?",
    "Could you please remove the bucket pulse?",
    "Go ahead and delete the pulse bucket.",
    "You may delete pulse now.",
    "I want you to delete pulse, it is mine.",
    "List its objects, then delete pulse.",
    "The old shop is gone. Delete the bucket pulse!",
    "Do these:\n- upload the pages\n- delete the bucket pulse",
    f"Run `{BUCKET}`.",
    f"run {BUCKET}",
    "Yes, delete pulse.",
    "Go ahead: delete pulse.",
    "Your task is to delete pulse.",
    "I approve deleting pulse.",
]
NO_REQUESTS = [
    "Never delete pulse.",
    "Did you delete the bucket pulse?",
    "Please do not delete pulse, only list its objects.",
    "Don't delete pulse.",
    "Write docs on how to delete the pulse bucket.",
    "Explain how to list and delete pulse.",
    "The pulse bucket must survive; remove the old logs.",
    "Delete everything except pulse.",
    "Delete the old ones and keep pulse.",
    "Should we delete pulse?",
    "What happens if I delete pulse?",
    "Ask me before you delete pulse.",
    "If the export is there, delete pulse.",
    "Somebody said: delete pulse.",
    "Create the bucket pulse.",
    "The runbook lists these steps: delete pulse, create it anew.",
    "TODO: delete pulse",
    "Review the change with the title: delete pulse",
    "Yesterday, delete pulse failed.",
    "Add a button to delete pulse.",
    "I fear that somebody may delete pulse.",
    "Delete the logs in the bucket backup of pulse.",
    "Things that are not to be done:\n- delete pulse",
    f"Never run {BUCKET}",
    f"What does `{BUCKET}` do?",
    "Delete the bucket pulse-staging.",
    "Delete the bucket my-pulse.",
    "Delete the bucket pulse.example.com",
    "Delete the bucket pulse/old",
    "Delete the bucket old/pulse",
    "Delete the bucket pulse_2",
    "Delete impulse",
    "Delete ~/pulse",
    f"Run {BUCKET}-staging",
]


def deed(command: str = BUCKET) -> Deed:
    judgement = judge_shell(command, Place("/w"))
    return Deed(
        id=9, t_ns=100 * SECOND, kind=Kind.TOOL_CALL, name="Bash", title=command,
        judgement=judgement, command=command, cwd="/w",
    )  # fmt: skip


def is_held(one: Deed, *texts: str, is_approval: bool = False) -> bool:
    past = Past()
    past.consents.extend(
        Consent((n + 1) * SECOND, n, text, is_approval) for n, text in enumerate(texts)
    )
    return Approval().rule(one, past, Settings()) is not None


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_or_a_permission_binds(text: str) -> None:
    assert not is_held(deed(), text)


@pytest.mark.parametrize("text", NO_REQUESTS)
def test_words_that_ask_for_something_else_or_for_nothing_bind_nothing(text: str) -> None:
    assert is_held(deed(), text)


def test_newer_words_count() -> None:
    assert is_held(deed(), "Delete pulse.", "Stop, do not delete pulse.")
    assert not is_held(deed(), "Do not delete pulse.", "OK, delete pulse.")
    assert not is_held(deed(), "Delete pulse.", "Do not delete shop.")


def test_what_was_approved_is_the_call_itself_and_names_the_whole_target() -> None:
    assert not is_held(deed(), BUCKET, is_approval=True)
    assert not is_held(deed(), '{"operation": "DeleteBucket", "name": "pulse"}', is_approval=True)
    assert is_held(deed(), f"{BUCKET}-staging", is_approval=True)


def test_files_and_branches_are_named_whole_as_well() -> None:
    folder, push = deed("rm -rf /srv/data"), deed("git push --force origin main")
    assert not is_held(folder, "Delete /srv/data, please.")
    assert is_held(folder, "Delete /srv/data/cache, please.")
    assert not is_held(push, "Run git push --force origin main")
    assert is_held(push, "Run git push --force origin main-old")
    assert not is_held(push, "Force-push main, please.")
    assert is_held(push, "Push to main, please.")


def test_of_several_targets_each_is_asked_for_and_none_is_to_stay() -> None:
    several = deed("docker volume rm pg-a pg-b")
    assert not is_held(several, "Delete the volumes pg-a and pg-b.")
    assert not is_held(several, "Run docker volume rm pg-a pg-b")
    assert is_held(several, "Delete the volume pg-a.")
    assert is_held(several, "Delete the volume pg-b.")
    assert is_held(several, "Delete the volume pg-a, but never pg-b.")
    assert is_held(several, "Delete the volumes pg-a and pg-b.", "Do not delete pg-a.")
