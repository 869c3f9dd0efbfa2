"""Counts of what was told, to be compared with counts made straight from the files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recorder import semconv
from recorder.model import Kind, Phase, Record, Status


def loaded(path: Path) -> Any:
    """Return a JSON document."""
    return json.loads(path.read_text())


def lines(path: Path) -> list[Any]:
    """Return the documents of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def calls(records: Iterable[Record]) -> list[Record]:
    """Return the starts of tool calls."""
    return [r for r in records if r.kind is Kind.TOOL_CALL and r.phase is Phase.START]


def results(records: Iterable[Record]) -> list[Record]:
    """Return the ends of tool calls."""
    return [r for r in records if r.kind is Kind.TOOL_CALL and r.phase is Phase.END]


def errors(records: Iterable[Record]) -> list[Record]:
    """Return the ends of tool calls that did not come back well."""
    return [r for r in results(records) if r.status is Status.ERROR]


def approvals(records: Iterable[Record]) -> list[tuple[object, object]]:
    """Return (decision, who decided) of each approval."""
    return [
        (r.attributes.get(semconv.APPROVAL_DECISION), r.attributes.get(semconv.APPROVAL_BY))
        for r in records
        if r.kind is Kind.APPROVAL
    ]


def exit_codes(records: Iterable[Record]) -> list[object]:
    """Return the exit codes of tool calls that have one."""
    codes = (r.attributes.get(semconv.PROCESS_EXIT_CODE) for r in results(records))
    return [code for code in codes if code is not None]


def tokens(records: Iterable[Record]) -> tuple[int, int]:
    """Return input and output tokens of all model calls together, the last told of each answer."""
    final: dict[tuple[object, str], int] = {}
    for record in records:
        answer = record.attributes.get("gen_ai.response.id") or record.id
        for name in (semconv.GEN_AI_INPUT_TOKENS, semconv.GEN_AI_OUTPUT_TOKENS):
            number = record.attributes.get(name)
            if record.kind is Kind.MODEL_CALL and isinstance(number, int):
                final[answer, name] = number
    return (
        sum(n for (_, name), n in final.items() if name == semconv.GEN_AI_INPUT_TOKENS),
        sum(n for (_, name), n in final.items() if name == semconv.GEN_AI_OUTPUT_TOKENS),
    )


def sessions(records: Iterable[Record]) -> set[str]:
    """Return the ids of the sessions told of."""
    return {r.session for r in records}


def assert_sound(records: list[Record]) -> None:
    """Check what holds of every transcript: unique ids, results of calls that were told."""
    assert len({r.id for r in records}) == len(records)
    assert {r.ref for r in results(records)} <= {r.ref for r in calls(records)}
    assert all(r.session for r in records)


def assert_sound_by_session(records: list[Record]) -> None:
    """Check the same where several sessions share the ids of calls."""
    for session in sessions(records):
        assert_sound([r for r in records if r.session == session])
