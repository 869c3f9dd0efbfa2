"""The only way into pandas: a session as frames with declared columns and types.

The first columns are those of DFIR timelines (Timesketch reads them), ours follow. Text in a frame
has passed `safe_text`, because frames end up in tables, CSV files and notebooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analyzer.model import Action, Analysis
from recorder.safe_text import safe_text

__all__ = ["ACTION_COLUMNS", "SIGHTING_COLUMNS", "actions_frame", "effort_of", "sightings_frame"]

TIME = "datetime64[ns, UTC]"
ACTION_COLUMNS: Mapping[str, str] = {
    "datetime": TIME,
    "timestamp": "Int64",
    "timestamp_desc": "string",
    "message": "string",
    "source": "string",
    "source_long": "string",
    "data_type": "string",
    "session": "string",
    "action": "int64",
    "parent": "Int64",
    "kind": "string",
    "name": "string",
    "lane": "string",
    "outcome": "string",
    "exit_code": "Int64",
    "duration_ms": "Float64",
    "effect": "string",
    "operation": "string",
    "target": "string",
    "environment": "string",
    "join_basis": "string",
    "join_certainty": "string",
    "witnesses": "string",
    "reconstructed": "string",
    "trace_id": "string",
    "span_id": "string",
}
"""Column -> dtype of `actions_frame`; `timestamp` is microseconds since the Unix epoch.

In a session without any time `datetime` and it are empty: the time of an import says nothing of
when something happened.
"""
SIGHTING_COLUMNS: Mapping[str, str] = {
    "datetime": TIME,
    "timestamp": "Int64",
    "timestamp_desc": "string",
    "message": "string",
    "source": "string",
    "session": "string",
    "action": "int64",
    "fingerprint": "string",
    "credential": "string",
    "role": "string",
    "place": "string",
    "file": "string",
    "host": "string",
    "certainty": "string",
}
"""Column -> dtype of `sightings_frame`."""


def actions_frame(analysis: Analysis) -> pd.DataFrame:
    """Return one row for each action, in order of start (columns: `ACTION_COLUMNS`)."""
    return _frame((_action_row(action) for action in analysis.actions), ACTION_COLUMNS)


def sightings_frame(analysis: Analysis) -> pd.DataFrame:
    """Return one row for each sighting of a credential (columns: `SIGHTING_COLUMNS`)."""
    seen = ((s, credential) for credential in analysis.credentials for s in credential.sightings)
    rows = (
        {
            **_moment(sighting.t_ns if analysis.session.timed else None),
            "timestamp_desc": f"Credential {sighting.role.value}",
            "message": safe_text(f"{credential.name} {sighting.role.value}: {sighting.place}"),
            "source": "CREDENTIAL",
            "session": safe_text(analysis.session.id),
            "action": sighting.action,
            "fingerprint": sighting.fingerprint,
            "credential": safe_text(credential.name),
            "role": sighting.role.value,
            "place": safe_text(sighting.place),
            "file": safe_text(sighting.file),
            "host": safe_text(sighting.host),
            "certainty": sighting.certainty.value,
        }
        for sighting, credential in sorted(seen, key=lambda pair: (pair[0].t_ns, pair[0].action))
    )
    return _frame(rows, SIGHTING_COLUMNS)


def effort_of(actions: pd.DataFrame) -> pd.DataFrame:
    """Return what a session's time went into.

    Columns: `kind`, `name`, `count`, `failed` (failed or refused), `open`, `seconds` (of those that
    ended); most time first.
    """
    work = actions[actions["kind"].isin(["tool_call", "api_request", "model_call"])]
    marked = work.assign(
        failed=work["outcome"].isin(["failed", "refused", "denied"]).astype("int64"),
        open=work["outcome"].eq("open").astype("int64"),
    )
    grouped = marked.groupby(["kind", "name"], as_index=False, observed=True).agg(
        count=("action", "size"),
        failed=("failed", "sum"),
        open=("open", "sum"),
        seconds=("duration_ms", "sum"),
    )
    grouped["seconds"] = grouped["seconds"] / 1000
    return grouped.sort_values(
        ["seconds", "kind", "name"], ascending=[False, True, True]
    ).reset_index(drop=True)


def _frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    frame["datetime"] = pd.to_datetime(frame["datetime"], unit="ns", utc=True)
    return frame.astype(dict(columns))


def _moment(t_ns: int | None) -> dict[str, int | None]:
    return {"datetime": t_ns, "timestamp": None if t_ns is None else t_ns // 1000}


def _action_row(action: Action) -> dict[str, Any]:
    duration = action.duration_ns
    witnesses = ", ".join(w.value for w in action.witnesses)
    return {
        **_moment(action.moment_ns),
        "timestamp_desc": "Action started" if action.placed is None else action.placed.words,
        "message": safe_text(action.title),
        "source": action.kind.value.upper(),
        "source_long": f"{action.kind.value} seen by {witnesses}",
        "data_type": f"flightlog:{action.kind.value}",
        "session": safe_text(action.session),
        "action": action.id,
        "parent": action.join.parent if action.join else None,
        "kind": action.kind.value,
        "name": safe_text(action.name),
        "lane": action.lane.value,
        "outcome": action.outcome.value,
        "exit_code": action.exit_code,
        "duration_ms": None if duration is None else duration / 1_000_000,
        "effect": action.judgement.effect.value,
        "operation": safe_text(action.judgement.operation),
        "target": safe_text(action.judgement.target_id),
        "environment": safe_text(action.judgement.environment),
        "join_basis": action.join.basis if action.join else None,
        "join_certainty": action.join.certainty.value if action.join else None,
        "witnesses": witnesses,
        "reconstructed": safe_text(action.reconstructed),
        "trace_id": action.trace_id,
        "span_id": action.span_id,
    }
