"""Every entry of the catalogue: well formed, with a source, and judged as it says."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.catalogue import load
from analyzer.catalogue.commands import Entry, catalogue_files, entries
from analyzer.catalogue.requests import RequestFact, request_facts
from analyzer.effects import Spoken, judge_text
from analyzer.model import Effect

COMMAND_KEYS = {
    "environment",
    "do", "effect", "same_domain", "irreversible", "undo", "takes", "note", "with", "without",
    "source", "example", "bulk", "option", "holds", "sql",
}  # fmt: skip
REQUEST_KEYS = {
    "request", "hosts", "effect", "same_domain", "irreversible", "undo", "takes", "when", "unless",
    "source", "example",
}  # fmt: skip
OPERATION_KEYS = {
    "operation", "effect", "same_domain", "irreversible", "undo", "takes", "when", "unless",
    "source", "example",
}  # fmt: skip
FILES = catalogue_files()


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_whose_it_is_and_where_each_fact_comes_from(name: str) -> None:
    document = load(name)
    assert document["provider"] == name
    assert document["title"]
    parts = [document, *document.get("further", ())]
    rows: list[tuple[dict[str, Any], set[str]]] = []
    for part in parts:
        rows += [(row, COMMAND_KEYS) for row in part.get("commands", ())]
    rows += [(row, REQUEST_KEYS) for row in document.get("requests", ())]
    rows += [(row, OPERATION_KEYS) for row in document.get("operations", ())]
    for row, keys in rows:
        assert set(row) <= keys, row
        assert row["source"] in document["sources"], row
        Effect(row["effect"])
        assert row.get("same_domain") in {None, True, False}


def test_every_command_does_what_its_entry_says() -> None:
    wrong = []
    for entry in entries():
        found = judge_text(Spoken.SHELL, entry.example)
        if not _agrees(found.effect, entry) or (
            entry.same_domain is not None and found.same_domain is not entry.same_domain
        ):
            wrong.append((entry.example, entry.effect.value, found.effect.value, found.reasons[:1]))
    assert wrong == []


def _agrees(found: Effect, entry: Entry) -> bool:
    """A read or a write may be told as either by a tool's own judge, nothing else may differ."""
    calm = {Effect.READ, Effect.WRITE}
    return found is entry.effect or (found in calm and entry.effect in calm)


def test_every_operation_of_aws_does_what_its_entry_says() -> None:
    wrong = []
    for row in load("aws")["operations"]:
        found = judge_text(Spoken.SHELL, row["example"])
        if found.effect is not Effect(row["effect"]):
            wrong.append((row["example"], row["effect"], found.effect.value))
        if row.get("same_domain") and not found.same_domain:
            wrong.append((row["example"], "same domain", ""))
    assert wrong == []


def _request(fact: RequestFact) -> str:
    host = next(iter(fact.hosts), "*.example.com").replace("*", "sub")
    body = fact.example
    if fact.when and not body:
        body = fact.when.pattern.split("|")[0].replace("\\", "")
    path = fact.shown.replace("{", "").replace("}", "1")
    return f"{fact.method} https://{host}{path}\n\n{body}"


def test_every_request_does_what_its_entry_says() -> None:
    wrong = []
    for fact in request_facts():
        found = judge_text(Spoken.HTTP, _request(fact))
        if found.effect is not fact.effect:
            wrong.append((_request(fact), fact.effect.value, found.effect.value))
    assert wrong == []


def test_an_unknown_operation_on_a_mutating_surface_is_unknown_and_never_a_read() -> None:
    for spoken, text in [
        (Spoken.SHELL, "gcloud quantum frobnicate x"),
        (Spoken.SHELL, "aws newservice frobnicate-things --id 1"),
        (Spoken.SHELL, "kubectl frobnicate pods"),
        (Spoken.HTTP, "POST https://api.example.com/v1/frobnicate"),
        (Spoken.GRAPHQL, "mutation { frobnicate(id: 1) { ok } }"),
        (Spoken.SQL, "FROBNICATE TABLE x"),
    ]:
        assert judge_text(spoken, text).effect is Effect.UNKNOWN, text
