"""Plans of infrastructure tools: read in each of their forms, and told of what carries them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.catalogue import load
from analyzer.catalogue.commands import catalogue_files
from analyzer.catalogue.managed import managed, managed_of
from analyzer.effects import Spoken, judge_text
from analyzer.effects.planned import judge_plan
from analyzer.effects.plans import Change, Plan, Step, read_plan
from analyzer.model import Action, Effect
from analyzer.printed import printed
from tests.analyzer.factories import Flight

TEXT = """\x1b[1mTerraform used the selected providers to generate the following execution plan.\x1b[0m

  \x1b[1m# aws_db_instance.main\x1b[0m will be \x1b[1m\x1b[31mdestroyed\x1b[0m
  # (because aws_db_instance.main is not in configuration)
  - resource "aws_db_instance" "main" {
  # module.web["a.b"].aws_instance.web[0] must be replaced
-/+ resource "aws_instance" "web" {
  # aws_s3_bucket.new will be created

Plan: 2 to add, 0 to change, 2 to destroy.
"""
WHOLE = {
    "format_version": "1.2",
    "resource_changes": [
        {"address": "aws_db_instance.main", "type": "aws_db_instance",
         "change": {"actions": ["delete"], "before": {"skip_final_snapshot": True}}},
        {"address": "aws_instance.web", "type": "aws_instance",
         "change": {"actions": ["create", "delete"], "before": {}}},
        {"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "change": {"actions": ["no-op"]}},
    ],
}  # fmt: skip
STREAM = "\n".join(
    json.dumps({"@level": "info", **line})
    for line in (
        {"type": "planned_change", "change": {"action": "delete", "resource": {
            "addr": "aws_db_instance.main", "resource_type": "aws_db_instance"}}},
        {"type": "change_summary", "changes": {"add": 0, "change": 0, "remove": 1, "operation": "plan"}},
    )
)  # fmt: skip
PULUMI = """Previewing update (prod):
     Type                      Name      Plan
     pulumi:pulumi:Stack       shop-prod
 -   ├─ aws:rds:Instance       db        delete
 +-  └─ aws:ec2:Instance       web       replace     [diff: ~ami]

Resources:
    - 1 to delete
    +-1 to replace
    3 unchanged
"""
PULUMI_JSON = json.dumps({
    "steps": [
        {"op": "delete", "urn": "urn:pulumi:prod::shop::aws:rds/instance:Instance::db",
         "oldState": {"outputs": {"skip_final_snapshot": True}}},
        {"op": "same", "urn": "urn:pulumi:prod::shop::aws:ec2/vpc:Vpc::net"},
    ],
    "changeSummary": {"delete": 1, "same": 1},
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "losses", "deletions"),
    [
        (TEXT, [("aws_db_instance.main", "aws_db_instance", Step.DELETE),
                ('module.web["a.b"].aws_instance.web[0]', "aws_instance", Step.REPLACE)], 2),
        (json.dumps(WHOLE), [("aws_db_instance.main", "aws_db_instance", Step.DELETE),
                             ("aws_instance.web", "aws_instance", Step.REPLACE)], 2),
        (STREAM, [("aws_db_instance.main", "aws_db_instance", Step.DELETE)], 1),
        (PULUMI, [("db", "aws:rds:Instance", Step.DELETE),
                  ("web", "aws:ec2:Instance", Step.REPLACE)], 2),
        (PULUMI_JSON, [("db", "aws:rds/instance:Instance", Step.DELETE)], 1),
        ("Plan: 0 to add, 0 to change, 14 to destroy.", [], 14),
        ("No changes. Your infrastructure matches the configuration.", [], 0),
    ],
)  # fmt: skip
def test_a_plan_is_read_in_each_of_its_forms(
    text: str, losses: list[tuple[str, str, Step]], deletions: int
) -> None:
    plan = read_plan(text)
    assert plan is not None
    assert [(c.address, c.type, c.step) for c in plan.losses] == losses
    assert plan.deletions == deletions
    assert not plan.done


@pytest.mark.parametrize(
    ("text", "deletions", "is_counted"),
    [
        ("Apply complete! Resources: 1 added, 0 changed, 3 destroyed.", 3, True),
        ("Destroy complete! Resources: 5 destroyed.", 5, True),
        ("Apply complete!", 0, False),
        ("aws_db_instance.main: Destruction complete after 12s\nDestroy complete! Resources: 1 destroyed.",
         1, True),
    ],
)  # fmt: skip
def test_what_came_of_a_plan_is_read(text: str, deletions: int, *, is_counted: bool) -> None:
    plan = read_plan(text)
    assert plan is not None
    assert plan.done
    assert (plan.deletions, plan.is_counted) == (deletions, is_counted)


@pytest.mark.parametrize("text", ["", "{", '{"steps": 1}x', '{"resource_changes": [1, {"change": 2}]}',
                                  "[" * 5_000 + '"resource_changes"', "# x will be", "hello"])  # fmt: skip
def test_what_is_no_plan_breaks_nothing(text: str) -> None:
    plan = read_plan(text)
    assert plan is None or plan.deletions == 0


def test_a_database_without_a_final_snapshot_takes_its_backups_and_leaves_no_way_back() -> None:
    plan = read_plan(json.dumps(WHOLE))
    assert plan is not None
    found = judge_plan(plan)
    assert found.effect is Effect.D3
    assert found.same_domain is True
    assert found.irreversible is True


def test_every_managed_type_does_what_its_entry_says() -> None:
    for type_name, fact in managed().items():
        change = Change(f"{type_name}.x", type_name, Step.DELETE, {})
        found = judge_plan(Plan((change,), 1, done=False))
        assert found.effect is fact.effect, type_name
        expected = True if fact.effect is Effect.D2 else fact.same_domain
        assert found.same_domain is expected, type_name


def test_managed_entries_are_well_formed() -> None:
    keys = {
        "types",
        "effect",
        "same_domain",
        "irreversible",
        "takes",
        "undo",
        "lost_when",
        "source",
    }
    for name in catalogue_files():
        document = load(name)
        for row in document.get("managed", ()):
            assert set(row) <= keys, row
            assert row["source"] in document["sources"], row
    assert managed_of("nobody_knows_this") is None


def flight(*steps: tuple[str, str]) -> Flight:
    made = Flight()
    for number, (command, output) in enumerate(steps, 1):
        made.tool(float(number), "Bash", {"command": command}, output)
    return made


def last(tmp_path: Path, *steps: tuple[str, str]) -> Action:
    return max(flight(*steps).analyze(tmp_path).actions, key=lambda a: a.start_ns)


def test_a_plan_in_a_file_is_what_apply_does(tmp_path: Path) -> None:
    found = last(
        tmp_path,
        ("terraform plan -out=prod.tfplan", "Plan: 1 to add, 0 to change, 0 to destroy."),
        ("terraform show -json prod.tfplan", json.dumps(WHOLE)),
        ("terraform plan", "No changes. Your infrastructure matches the configuration."),
        ("cd infra && terraform apply prod.tfplan", "aws_db_instance.main: Destroying..."),
    ).judgement
    assert found.effect is Effect.D3
    assert found.same_domain is True
    assert found.operation == "terraform apply"
    assert "the plan in #" in found.reasons[0]


def test_apply_without_a_file_is_inferred_from_the_newest_plan(tmp_path: Path) -> None:
    found = last(tmp_path, ("tofu plan", TEXT), ("tofu apply -auto-approve", "killed")).judgement
    assert found.effect is Effect.D3
    assert found.bypass == ("-auto-approve",)


@pytest.mark.parametrize("steps", [
    [("terraform plan -out other", TEXT), ("terraform apply mine.tfplan", "")],
    [("terraform plan", "Plan: 1 to add, 0 to change, 0 to destroy."), ("terraform apply", "")],
    [("terraform apply -auto-approve", "Apply complete!")],
])  # fmt: skip
def test_what_no_plan_tells_stays_unknown(tmp_path: Path, steps: list[tuple[str, str]]) -> None:
    assert last(tmp_path, *steps).judgement.effect is Effect.UNKNOWN


def test_a_plan_in_a_file_that_deletes_nothing_only_writes(tmp_path: Path) -> None:
    added = "  # aws_s3_bucket.new will be created\nPlan: 1 to add, 0 to change, 0 to destroy."
    steps = (("terraform plan -out p", added), ("terraform apply p", "killed"))
    assert last(tmp_path, *steps).judgement.effect is Effect.WRITE


@pytest.mark.parametrize(
    ("command", "output", "effect"),
    [
        ("terraform apply -auto-approve", "Apply complete! Resources: 0 added, 0 changed, 3 destroyed.",
         Effect.D3),
        ("terraform apply -auto-approve", "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.",
         Effect.WRITE),
        ("pulumi up --yes", " -  aws:s3:Bucket  b  deleted\nResources:\n    - 1 deleted\n", Effect.D3),
    ],
)  # fmt: skip
def test_what_apply_did_is_told_by_its_own_output(
    tmp_path: Path, command: str, output: str, effect: Effect
) -> None:
    assert last(tmp_path, (command, output)).judgement.effect is effect


@pytest.mark.parametrize("command", [
    "rm terraform.tfstate", "cp old/terraform.tfstate terraform.tfstate", "mv ~/x/terraform.tfstate .",
    "unzip -o archive.zip terraform.tfstate", "aws s3 rm s3://acme-state/prod/terraform.tfstate",
    "aws s3 cp old.tfstate s3://acme-state/prod.tfstate", "echo '{}' > terraform.tfstate",
    "sed -i '/aws_db/d' terraform.tfstate", "terraform state rm 'module.db'",
    "terraform init -migrate-state -force-copy", "terragrunt run --all -- destroy",
    "terragrunt run-all destroy", "rm -rf .pulumi/stacks",
])  # fmt: skip
def test_taking_the_state_away_destroys(command: str) -> None:
    found = judge_text(Spoken.SHELL, command, cwd="/home/dev/infra")
    assert found.effect.destroys, found
    assert found.environment != "development"


@pytest.mark.parametrize("command", [
    "cp terraform.tfstate backup/terraform.tfstate.1", "cat terraform.tfstate", "terraform state list",
    "aws s3 cp s3://acme-state/prod/terraform.tfstate .", "terraform apply -refresh-only",
    "cp terraform.tfstate terraform.tfstate.backup", "unzip -l archive.zip terraform.tfstate",
])  # fmt: skip
def test_copies_and_looks_at_the_state_destroy_nothing(command: str) -> None:
    found = judge_text(Spoken.SHELL, command, cwd="/home/dev/infra")
    assert found.effect in {Effect.READ, Effect.WRITE}, found


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: json.dumps({"stdout": text, "stderr": "", "interrupted": False}),
        lambda text: json.dumps({"output": text, "metadata": {"exit_code": 0}}),
        lambda text: json.dumps([{"type": "text", "text": text}]),
        lambda text: json.dumps({"content": [{"type": "text", "text": text}]}),
        json.dumps,
    ],
)
@pytest.mark.parametrize("plan", [TEXT, json.dumps(WHOLE), PULUMI], ids=["text", "json", "pulumi"])
def test_what_was_printed_is_read_in_each_agent_s_form(
    plan: str, wrap: Callable[[str], str]
) -> None:
    found = read_plan(printed(wrap(plan)))
    assert found is not None
    assert found.deletions == 2
