"""What real agents sent in one run, through the recorder's own ways in, as records.

The captures are lines of what agent CLIs really emitted: hook payloads, OTLP requests in JSON,
transcripts. Transcripts are read here by a few lines of the test's own, which know nothing of how
the recorder reads anything: what they count is the truth that joining is held against.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from recorder import semconv
from recorder.capture.hook.payload import HookPayload
from recorder.capture.hook.records import HookReader
from recorder.capture.otlp import json_form
from recorder.capture.otlp.items import LogItem, Rejected, SpanItem
from recorder.capture.otlp.records import Translator
from recorder.model import Json, Kind, Phase, Record, Status, Witness

RUN = "run-1"
SECOND = 1_000_000_000


@dataclass(frozen=True)
class TrueCall:
    """A tool call as the agent's own transcript has it."""

    id: str
    command: str


def hook_records(folder: Path, agent: str, *, pairs: bool = True) -> list[Record]:
    """Return the records of a run's hooks; `pairs=False`: as without a recorder running."""
    reader = HookReader(pairs=pairs)
    records: list[Record] = []
    for number, line in enumerate((folder / "hooks.jsonl").read_text().splitlines()):
        entry = json.loads(line)
        at = int(entry["received_at"] * SECOND)
        raw = json.dumps(entry["stdin"]).encode()
        records += reader.read(HookPayload(f"{number:032x}", agent, "", RUN, 7, "", at, 0, raw))
    return records


def otlp_records(folder: Path, *, name: str = "") -> list[Record]:
    """Return the records of a run's OTLP requests, logs before traces."""
    translator = Translator(RUN)
    records: list[Record] = []
    for path in sorted(folder.glob(f"otlp-*{name}.otlp.jsonl")):
        if "metrics" in path.name:
            continue
        read = json_form.logs if "logs" in path.name else json_form.spans
        for line in path.read_bytes().splitlines():
            records += translator.records(list(_items(read(line))))
    return records


def exported_file(path: Path) -> list[Record]:
    """Return the records of Copilot's file exporter, its lines put into the form of OTLP."""
    spans = [s for s in map(json.loads, path.read_text().splitlines()) if s.get("type") == "span"]
    body = json.dumps({"resourceSpans": [_as_otlp(span) for span in spans]}).encode()
    return Translator(RUN).records(list(_items(json_form.spans(body))))


def claude_transcript(path: Path) -> list[Record]:
    """Return the tool calls of a Claude Code transcript as a transcript's witness would tell."""
    records: list[Record] = []
    for entry in map(json.loads, path.read_text().splitlines()):
        message = entry.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else []:
            at = int(datetime.fromisoformat(entry.get("timestamp", "")).timestamp() * SECOND)
            if block["type"] == "tool_use":
                said: dict[str, Json] = {
                    semconv.GEN_AI_TOOL_NAME: block["name"],
                    semconv.GEN_AI_TOOL_ARGUMENTS: json.dumps(block["input"]),
                }
                records.append(_of_transcript(entry, block["id"], Phase.START, at, said))
            elif block["type"] == "tool_result":
                told: dict[str, Json] = {semconv.GEN_AI_TOOL_RESULT: str(block["content"])}
                status = Status.ERROR if block.get("is_error") else Status.OK
                call_id = block["tool_use_id"]
                records.append(
                    _of_transcript(entry, call_id, Phase.END, at, told, status)
                )  # fmt: skip
    return records


def true_calls(transcript: Path) -> list[TrueCall]:
    """Return the tool calls of a run, counted in the transcript that its agent left."""
    is_one = transcript.suffix == ".json"
    found: dict[str, TrueCall] = {}
    for entry in [json.loads(transcript.read_text())] if is_one else _lines(transcript):
        for call in _calls_in(entry):
            found.setdefault(call.id, call)
    return list(found.values())


def _calls_in(value: Any) -> Iterator[TrueCall]:
    """Yield the calls anywhere in a line: by the shape that each agent gives them."""
    if isinstance(value, list):
        for item in value:
            yield from _calls_in(item)
    if not isinstance(value, dict):
        return
    asked: Any = next((value[k] for k in ("input", "args", "arguments") if k in value), None)
    if value.get("type") == "tool_use":  # Claude Code
        yield TrueCall(value["id"], asked["command"])
    elif value.get("type") == "function_call":  # Codex
        yield TrueCall(value["call_id"], json.loads(asked)["cmd"])
    elif value.get("type") == "tool.execution_start":  # Copilot CLI
        yield TrueCall(value["data"]["toolCallId"], value["data"]["arguments"]["command"])
    elif "args" in value and "name" in value and "status" in value:  # Gemini CLI
        yield TrueCall(value["id"], asked["command"])
    elif value.get("type") == "tool" and "callID" in value:  # opencode
        yield TrueCall(value["callID"], value["state"]["input"]["command"])
    else:
        for inner in value.values():
            yield from _calls_in(inner)


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _items(
    found: Iterator[SpanItem | Rejected] | Iterator[LogItem | Rejected],
) -> Iterator[SpanItem | LogItem]:
    for item in found:
        assert not isinstance(item, Rejected), item.reason
        yield item


def _of_transcript(
    entry: dict[str, Any],
    call_id: str,
    phase: Phase,
    at: int,
    said: dict[str, Json],
    status: Status = Status.UNSET,
) -> Record:
    return Record(
        witness=Witness.TRANSCRIPT,
        phase=phase,
        kind=Kind.TOOL_CALL,
        name=str(said.get(semconv.GEN_AI_TOOL_NAME, "tool")),
        session=entry["sessionId"],
        run=RUN,
        ref=call_id,
        t_ns=at,
        observed_ns=at,
        status=status,
        attributes={semconv.GEN_AI_TOOL_CALL_ID: call_id, **said},
    )


def _as_otlp(span: dict[str, Any]) -> dict[str, Any]:
    events = [
        {"name": e["name"], "timeUnixNano": _ns(e["time"]), "attributes": _pairs(e["attributes"])}
        for e in span["events"]
    ]
    made = {
        "traceId": span["traceId"], "spanId": span["spanId"],
        "parentSpanId": span.get("parentSpanId", ""), "name": span["name"],
        "kind": span["kind"] + 1, "startTimeUnixNano": _ns(span["startTime"]),
        "endTimeUnixNano": _ns(span["endTime"]), "attributes": _pairs(span["attributes"]),
        "status": span["status"], "events": events,
    }  # fmt: skip
    resource = {"attributes": _pairs(span["resource"]["attributes"])}
    scope = span["instrumentationScope"]
    return {"resource": resource, "scopeSpans": [{"scope": scope, "spans": [made]}]}


def _ns(pair: Sequence[int]) -> str:
    return str(pair[0] * SECOND + pair[1])


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": value if isinstance(value, str) else json.dumps(value)}
