"""Load rules that are written in Sigma, each by itself: a broken one stops no other.

A document of a file is a detection or a correlation. What flightlog adds stands under `flightlog`:
`rule` (the id that findings bear), `reason` (one line with `{field}` in it) and `strength`.
A document without `flightlog.rule` is a part that correlations refer to by its `name`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaCorrelationType,
)
from sigma.exceptions import SigmaConditionError, SigmaError
from sigma.rule import SigmaRule

from analyzer.model import Severity
from analyzer.rules.about import About
from analyzer.rules.correlating import Correlation
from analyzer.rules.fields import FIELDS
from analyzer.rules.predicates import Predicate, fields_in, predicate_of
from analyzer.rules.sigma_checks import fault_in

__all__ = ["Broken", "Detection", "SigmaRules", "load_folder", "load_packaged"]

LEVELS = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
_KINDS = {
    SigmaCorrelationType.EVENT_COUNT: "event_count",
    SigmaCorrelationType.VALUE_COUNT: "value_count",
    SigmaCorrelationType.TEMPORAL: "temporal",
    SigmaCorrelationType.TEMPORAL_ORDERED: "temporal_ordered",
}
_COMPARISONS = frozenset({"lt", "lte", "gt", "gte", "eq", "neq"})


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that is no rule that can run."""

    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        """Return one line that says where, what, and so what to mend."""
        parts = (f"{self.file}:{self.line}", self.field, self.problem)
        return ": ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Detection:
    """A document that matches single events."""

    name: str
    """File and line: the same name may mean something else in another file."""
    about: About | None
    """None for a part of correlations."""
    reason: str
    rule: SigmaRule
    predicate: Predicate
    fields: tuple[str, ...]
    """The fields that it names: what its findings stand on."""


@dataclass(slots=True)
class SigmaRules:
    """The rules of a folder, and what of it is broken."""

    detections: list[Detection] = field(default_factory=list)
    correlations: list[Correlation] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def add(self, other: SigmaRules) -> None:
        """Take in the rules of another folder."""
        self.detections += other.detections
        self.correlations += other.correlations
        self.broken += other.broken

    def abouts(self) -> Iterator[About]:
        """Yield what the rules say of themselves; an id may come more than once."""
        yield from (d.about for d in self.detections if d.about is not None)
        yield from (c.about for c in self.correlations if c.about is not None)


@dataclass(frozen=True, slots=True)
class _Document:
    file: str
    value: Mapping[str, Any]
    node: yaml.Node

    def line(self, *path: str) -> int:
        """Return the line of a field, or of the nearest thing around it that is there."""
        node: yaml.Node = self.node
        line = node.start_mark.line + 1
        for name in path:
            if not isinstance(node, yaml.MappingNode):
                break
            found = next((pair for pair in node.value if pair[0].value == name), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def node_of(self, name: str) -> yaml.Node | None:
        """Return what stands under a key of the document."""
        pairs = self.node.value if isinstance(self.node, yaml.MappingNode) else ()
        return next((value for key, value in pairs if key.value == name), None)


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, problem: str, *path: str, line: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.path, self.line = problem, path, line


def load_packaged() -> SigmaRules:
    """Return the rules that come with flightlog."""
    rules = SigmaRules()
    folder = files("analyzer.rules").joinpath("sigma")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yml"):
            _read(rules, entry.name, entry.read_text(encoding="utf-8"))
    return rules


def load_folder(folder: Path) -> SigmaRules:
    """Return the rules of a user's folder, of every `.yml` and `.yaml` file in and below it."""
    rules = SigmaRules()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".yml", ".yaml"}):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            rules.broken.append(Broken(str(path), 1, "", f"cannot be read: {type(error).__name__}"))
            continue
        _read(rules, str(path), text)
    return rules


def _read(rules: SigmaRules, file: str, text: str) -> None:
    parsed: list[SigmaRule | SigmaCorrelationRule] = []
    correlations: list[tuple[_Document, SigmaCorrelationRule]] = []
    names: dict[str, Detection] = {}
    try:
        nodes = [n for n in yaml.compose_all(text, Loader=yaml.SafeLoader) if n is not None]
        values = [v for v in yaml.safe_load_all(text) if v is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it is no YAML"
        rules.broken.append(Broken(file, line, "", f"no YAML: {problem}"))
        return
    for node, value in zip(nodes, values, strict=True):
        document = _Document(file, value if isinstance(value, dict) else {}, node)
        try:
            if "correlation" in document.value:
                rule = _correlation_document(document)
                correlations.append((document, rule))
                parsed.append(rule)
            else:
                detection = _detection(document)
                rules.detections.append(detection)
                names[str(document.value.get("name", detection.name))] = detection
                names[str(detection.rule.id)] = detection
                parsed.append(detection.rule)
        except _Wrong as wrong:
            rules.broken.append(_broken(document, wrong))
    _silence(rules, names, [rule for _, rule in correlations if not rule.generate])
    for document, rule in correlations:
        try:
            rules.correlations.append(_correlation(document, rule, names))
        except _Wrong as wrong:
            rules.broken.append(_broken(document, wrong))


def _silence(
    rules: SigmaRules, names: Mapping[str, Detection], correlations: Sequence[SigmaCorrelationRule]
) -> None:
    """Take the findings of their own from rules that correlations stand on.

    Source: the Sigma correlation rules specification, `generate`.
    """
    bases = {
        known.name
        for rule in correlations
        for reference in rule.rules or ()
        if (known := names.get(reference.reference))
    }
    rules.detections[:] = [
        replace(d, about=None) if d.name in bases else d for d in rules.detections
    ]


def _broken(document: _Document, wrong: _Wrong) -> Broken:
    line = wrong.line or document.line(*wrong.path)
    return Broken(document.file, line, ".".join(wrong.path), wrong.problem)


def _detection(document: _Document) -> Detection:
    value = document.value
    if not value:
        raise _Wrong("a rule is a mapping with title, logsource, level and detection")
    for name in ("title", "detection", "level"):
        if name not in value:
            raise _Wrong("missing; every rule has one", name)
    about, reason = _about(document)
    detection = document.node_of("detection")
    if detection is not None and (fault := fault_in(detection)):
        problem, key, line = fault
        raise _Wrong(problem, "detection", key, line=line)
    try:
        rule = SigmaRule.from_dict({"logsource": {"product": "flightlog"}, **value})
        conditions = [c.parsed for c in rule.detection.parsed_condition]
    except SigmaError as error:
        raise _Wrong(_words(error), *_place(document, error)) from error
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        raise _Wrong(f"not a Sigma detection ({type(error).__name__})", "detection") from error
    named = fields_in(conditions)
    for name in named:
        if name not in FIELDS:
            hint = _nearest(name)
            line = _modified_line(document, name)
            raise _Wrong(f"no such field{hint}; 'flightlog rules fields' lists them",
                         "detection", name, line=line)  # fmt: skip
    try:
        predicate = predicate_of(conditions)
    except SigmaError as error:
        raise _Wrong(_words(error), "detection") from error
    used = tuple(dict.fromkeys((*named, *_template_fields(reason))))
    # The line makes it the document's own: two files may use one name for different things.
    name = f"{document.file}:{document.line()}"
    return Detection(name, about, reason, rule, predicate, used)


def _correlation_document(document: _Document) -> SigmaCorrelationRule:
    for name in ("title", "level"):
        if name not in document.value:
            raise _Wrong("missing; every rule has one", name)
    try:
        return SigmaCorrelationRule.from_dict(dict(document.value))
    except SigmaError as error:
        raise _Wrong(_words(error), "correlation") from error
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise _Wrong(f"not a Sigma correlation ({type(error).__name__})", "correlation") from error


def _correlation(
    document: _Document, rule: SigmaCorrelationRule, names: Mapping[str, Detection]
) -> Correlation:
    about, reason = _about(document)
    if rule.type not in _KINDS:
        kinds = ", ".join(_KINDS.values())
        raise _Wrong(f"{rule.type} is not among {kinds}", "correlation", "type")
    stages = []
    for reference in rule.rules or ():
        known = names.get(reference.reference)
        if known is None:
            raise _Wrong(f"no rule named {reference.reference!r} in this file that can run",
                         "correlation", "rules")  # fmt: skip
        stages.append(known)
    for name in rule.group_by or ():
        if name not in FIELDS:
            raise _Wrong(f"no such field: {name}", "correlation", "group-by")
    condition = rule.condition
    if condition is not None and not isinstance(condition, SigmaCorrelationCondition):
        raise _Wrong("only a comparison with a number", "correlation", "condition")
    operator = condition.op.name.lower() if condition else "gte"
    if operator not in _COMPARISONS:
        raise _Wrong(f"no such comparison: {operator}", "correlation", "condition")
    counted = condition.fieldref if condition else None
    return Correlation(
        kind=_KINDS[rule.type],
        about=about,
        reason=reason,
        stages=tuple(s.name for s in stages),
        window_us=int(rule.timespan.seconds * 1_000_000),
        group_by=tuple(rule.group_by or ()),
        operator=operator,
        threshold=float(condition.count) if condition else 1,
        counted=counted if isinstance(counted, str) else "",
        fields=tuple(dict.fromkeys(f for s in stages for f in s.fields)),
    )


def _about(document: _Document) -> tuple[About | None, str]:
    own = document.value.get("flightlog")
    own = {} if own is None else own
    if not isinstance(own, dict):
        raise _Wrong("a mapping with rule, reason, strength", "flightlog")
    if own.get("part") is True:
        return None, ""
    level = str(document.value.get("level", "")).lower()
    if level not in LEVELS:
        raise _Wrong(f"{level!r} is none of {', '.join(LEVELS)}", "level")
    strength = own.get("strength", "strong")
    if strength not in {"strong", "weak"}:
        raise _Wrong("strong or weak", "flightlog", "strength")
    reason = str(own.get("reason", document.value["title"]))
    _template_fields(reason)
    return About(
        id=str(own.get("rule") or document.value.get("name") or document.value.get("id")
               or document.value["title"]),
        title=str(document.value["title"]),
        severity=LEVELS[level],
        description=" ".join(str(document.value.get("description", "")).split()),
        false_positives=_texts(document, "falsepositives"),
        tags=_texts(document, "tags"),
        strong=strength == "strong",
        source=document.file,
    ), reason  # fmt: skip


def _texts(document: _Document, name: str) -> tuple[str, ...]:
    value = document.value.get(name, [])
    if not isinstance(value, list):
        raise _Wrong("a list of texts", name)
    return tuple(" ".join(str(v).split()) for v in value)


def _template_fields(reason: str) -> Sequence[str]:
    try:
        named = [name for _, name, _, _ in string.Formatter().parse(reason) if name is not None]
    except ValueError as error:
        raise _Wrong(f"not a text with {{field}} in it: {error}", "flightlog", "reason") from error
    for name in named:
        if name not in FIELDS and not re.fullmatch(r"(?:count|first|last|actions|span)", name):
            raise _Wrong(f"no such field: {name}", "flightlog", "reason")
    return [name for name in named if name in FIELDS]


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:300] or type(error).__name__


def _place(document: _Document, error: Exception) -> tuple[str, ...]:
    """Return the field that an error of Sigma's parser speaks of."""
    text = str(error).lower()
    if isinstance(error, SigmaConditionError):
        return ("detection", "condition")
    for name in ("level", "status", "tags", "condition", "logsource", "id", "date", "title",
                 "falsepositives", "references"):  # fmt: skip
        if re.search(rf"\b{name}\b", text) and name in document.value:
            return (name,)
    return ("detection",)


def _modified_line(document: _Document, name: str) -> int:
    return _key_line(document.node, name) or document.line("detection")


def _key_line(node: yaml.Node, name: str) -> int:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value.partition("|")[0] == name:
                return int(key.start_mark.line) + 1
            found = _key_line(value, name)
            if found:
                return found
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found = _key_line(item, name)
            if found:
                return found
    return 0


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for an error's text

    found = get_close_matches(name, FIELDS, n=1)
    return f" ({found[0]}?)" if found else ""
