"""What infrastructure tools said that they would do, or did: plans of Terraform, OpenTofu, Pulumi.

Read are the text of `plan`, `apply` and `destroy`, the JSON of `terraform show -json` and
`plan -json`, and Pulumi's preview in both forms. Formats: Terraform docs, JSON output format
(format_version 1.x) and machine-readable UI; Pulumi docs, `pulumi preview --json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Change", "Plan", "Step", "read_plan"]

MAX_TEXT = 2_000_000
"""Characters of an output that are read."""


class Step(StrEnum):
    """What is to become of one resource."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"
    FORGET = "forget"
    """It stays, and the tool no longer knows it."""


LOSSES = frozenset({Step.DELETE, Step.REPLACE})


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan says of one resource."""

    address: str
    type: str
    step: Step
    before: Mapping[str, Any]
    """Its attributes as they are; empty where the output does not tell."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan, or what came of one."""

    changes: tuple[Change, ...]
    deletions: int
    """Resources that go, replaced ones included, by the plan's own count or its list."""
    done: bool
    """It was carried out: the output says so."""
    is_counted: bool = True
    """The output tells how many go, or which; else only that something was done."""

    @property
    def losses(self) -> tuple[Change, ...]:
        """Return the resources that go."""
        return tuple(change for change in self.changes if change.step in LOSSES)


def read_plan(text: str) -> Plan | None:
    """Return the plan that an output tells; None where it tells none."""
    text = _ESCAPES.sub("", text[:MAX_TEXT])
    for document in _documents(text):
        changes = tuple(_of_document(document))
        if changes or "resource_changes" in document or "steps" in document:
            return Plan(changes, _count(changes), done=False)
    streamed = list(_streamed(text))
    changes = tuple(_of_stream(streamed)) or tuple(_of_text(text))
    counted = _counted(text, streamed)
    done = bool(_DONE.search(text)) or any(_operation(line) in _APPLIED for line in streamed)
    if not changes and counted is None and not done and not _NOTHING_GOES.search(text):
        return None
    is_counted = bool(changes) or counted is not None or bool(_NOTHING_GOES.search(text))
    return Plan(changes, max(_count(changes), counted or 0), done, is_counted)


_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SUMMARY = (
    re.compile(r"\bPlan:\s*\d+ to add,\s*\d+ to change,\s*(\d+) to destroy"),
    re.compile(r"\bResources:(?:\s*\d+ (?:added|changed|imported|forgotten),)*\s*(\d+) destroyed"),
    re.compile(r"^\s*-\s*(\d+) (?:to delete|deleted)\b", re.MULTILINE),
    re.compile(r"^\s*\+-\s*(\d+) (?:to replace|replaced)\b", re.MULTILINE),
)
_NOTHING_GOES = re.compile(
    r"\bNo changes\. (?:Your infrastructure|Infrastructure)|^\s*\d+ unchanged\b", re.MULTILINE
)
_DONE = re.compile(
    r"\b(?:Apply|Destroy) complete!|^\s*-\s*\d+ deleted\b|^\s*\+-\s*\d+ replaced\b", re.MULTILINE
)
_APPLIED = frozenset({"apply", "destroy"})


def _count(changes: Iterable[Change]) -> int:
    return sum(change.step in LOSSES for change in changes)


def _counted(text: str, streamed: Iterable[Mapping[str, Any]]) -> int | None:
    """Return how many resources the output itself says that go."""
    found = [
        sum(int(m[1]) for m in (list(p.finditer(text))[-1:])) for p in _SUMMARY if p.search(text)
    ]
    found += [
        changes["remove"]
        for line in streamed
        if isinstance(changes := line.get("changes"), dict)
        and isinstance(changes.get("remove"), int)
    ]
    return max(found) if found else None


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON object that the output is, or ends with."""
    start = text.find("{")
    if start < 0 or not ('"resource_changes"' in text or '"steps"' in text):
        return
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield value


def _of_document(document: Mapping[str, Any]) -> Iterator[Change]:
    for entry in _objects(document.get("resource_changes")):
        change = entry.get("change")
        actions = change.get("actions") if isinstance(change, dict) else None
        step = _step(tuple(actions)) if isinstance(actions, list) else None
        if step is not None and isinstance(change, dict):
            yield _change(entry.get("address"), entry.get("type"), step, change.get("before"))
    for entry in _objects(document.get("steps")):
        step = _PULUMI.get(str(entry.get("op")))
        state = entry.get("oldState")
        before = state.get("outputs") if isinstance(state, dict) else None
        if step is not None:
            urn = str(entry.get("urn"))
            yield _change(urn.rpartition("::")[2], _pulumi_type(urn), step, before)


_TERRAFORM = {
    ("delete",): Step.DELETE, ("delete", "create"): Step.REPLACE, ("create", "delete"): Step.REPLACE,
    ("update",): Step.UPDATE, ("create",): Step.CREATE, ("forget",): Step.FORGET,
    ("replace",): Step.REPLACE, ("remove",): Step.FORGET,
}  # fmt: skip
_PULUMI = {
    "delete": Step.DELETE, "replace": Step.REPLACE, "delete-replaced": Step.REPLACE,
    "create": Step.CREATE, "update": Step.UPDATE,
}  # fmt: skip


def _step(actions: tuple[object, ...]) -> Step | None:
    return _TERRAFORM.get(tuple(str(action) for action in actions))


def _pulumi_type(urn: str) -> str:
    """Return the type of a Pulumi resource: `urn:pulumi:stack::project::parent$type::name`."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def _change(address: object, kind: object, step: Step, before: object) -> Change:
    return Change(
        str(address)[:200], str(kind)[:100], step, before if isinstance(before, dict) else {}
    )


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def _streamed(text: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of Terraform's machine-readable output."""
    if '"@level"' not in text:
        return
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value


def _operation(line: Mapping[str, Any]) -> str:
    changes = line.get("changes")
    return str(changes.get("operation")) if isinstance(changes, dict) else ""


def _of_stream(lines: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    for line in lines:
        change = line.get("change")
        if line.get("type") != "planned_change" or not isinstance(change, dict):
            continue
        resource = change.get("resource")
        step = _step((change.get("action"),))
        if step is not None and isinstance(resource, dict):
            yield _change(resource.get("addr"), resource.get("resource_type"), step, None)


_SAID = re.compile(
    r"^\s*# (?P<address>\S+?)(?: \(deposed object \w+\))? (?:is tainted, so )?(?P<what>will be destroyed|must be"
    r" replaced|will be replaced, as requested|will be created|will be updated in-place"
    r"|will no longer be managed by \w+)",
    re.MULTILINE,
)
_WHAT = {
    "will be destroyed": Step.DELETE, "must be replaced": Step.REPLACE,
    "will be replaced, as requested": Step.REPLACE, "will be created": Step.CREATE,
    "will be updated in-place": Step.UPDATE,
}  # fmt: skip
_DESTROYING = re.compile(r"^(?P<address>[\w.\[\]\"-]+): Destruction complete", re.MULTILINE)
_ROW = re.compile(
    r"^\s*(?P<mark>-|\+-|--)\s+(?:[├└│─ ]+\s*)?(?P<type>[\w-]+:[\w./-]+:\w+)\s+(?P<name>\S+)"
    r"\s+(?:delete|replace|deleted|replaced|deleting)",
    re.MULTILINE,
)


def _of_text(text: str) -> Iterator[Change]:
    found: dict[str, Change] = {}
    for said in _SAID.finditer(text):
        address = said["address"]
        found[address] = _change(
            address, _type_of(address), _WHAT.get(said["what"], Step.FORGET), None
        )
    for gone in _DESTROYING.finditer(text):
        found.setdefault(
            gone["address"],
            _change(gone["address"], _type_of(gone["address"]), Step.DELETE, None),
        )
    for row in _ROW.finditer(text):
        step = Step.DELETE if row["mark"] == "-" else Step.REPLACE
        found.setdefault(row["name"], _change(row["name"], row["type"], step, None))
    yield from found.values()


def _type_of(address: str) -> str:
    """Return the type in a resource's address: `module.a["b"].aws_db_instance.main[0]`."""
    parts = re.sub(r"\[[^\]]*\]", "", address).split(".")
    return parts[-2] if len(parts) > 1 else ""
