"""What frameworks' spans become: driven for real (`-m agents`), and as they were captured once."""

from __future__ import annotations

import importlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider

from recorder.capture.sdk import FlightSpanProcessor
from recorder.model import Kind, Phase, Record
from recorder.verify import verify
from recorder.wire import decode_record
from tests.agents.scripted_model import ScriptedModel, serving
from tests.recorder.agents import records_of
from tests.recorder.framework_agents import MODULES, PROGRAMS, run_framework

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "transcripts.tar.xz"
KEY = "sk-test-0123456789abcdefABCDEF"


@pytest.mark.agents
@pytest.mark.parametrize("framework", PROGRAMS)
def test_an_agent_of_a_real_framework_is_recorded(tmp_path: Path, framework: str) -> None:
    for module in MODULES[framework]:
        try:
            importlib.import_module(module)
        except ImportError:
            pytest.skip(f"needs {module}: pip install -e '.[test,agents]'")
    path = tmp_path / "flight.db"
    with serving(ScriptedModel(["echo one", "cat missing"])) as model:
        printed = run_framework(framework, path, model.url)
    assert printed == "Done.\n" * 2
    told = [r for r in records_of(path) if r.session]
    ends = [r for r in told if r.phase is Phase.END]
    starts = [r for r in told if r.phase is Phase.START]
    assert {r.ref for r in ends} == {r.ref for r in starts}
    assert {r.session for r in told} == {"thread-42" if "LangGraph" in framework else "conv-42"}
    # What a call was given is told before it runs, under the id that the model gave it.
    calls = [r for r in starts if r.kind is Kind.TOOL_CALL]
    assert {r.name for r in calls} == {"bash"}
    commands = [json.loads(str(r.attributes["gen_ai.tool.call.arguments"])) for r in calls]
    assert [c["command"] for c in commands][:2] == ["echo one", "cat missing"]
    ids = {str(r.attributes["gen_ai.tool.call.id"]) for r in calls}
    assert len(ids) == len(calls)
    assert all(one.startswith("call_") for one in ids)
    tools = [r for r in ends if r.kind is Kind.TOOL_CALL]
    assert [r.ref for r in tools] == [r.ref for r in calls]
    assert "one" in str(tools[0].attributes["gen_ai.tool.call.result"])
    turns = [r for r in ends if r.kind is Kind.MODEL_CALL]
    assert [r.name for r in turns][:3] == ["scripted"] * 3
    assert {r.attributes["gen_ai.usage.input_tokens"] for r in turns} == {1500}
    assert "Done." in str(turns[-1].attributes["gen_ai.output.messages"])
    assert KEY not in str(records_of(path))
    assert verify(path).ok


class Kept:
    """A pipeline that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def submit(self, record: Record, *, wait: bool = False) -> bool:
        del wait
        self.records.append(record)
        return True

    def submit_fields(self, fields: dict[str, Any], *, wait: bool = False) -> bool:
        return self.submit(decode_record(fields), wait=wait)


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the spans that real frameworks emitted."""
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    folder = tmp_path_factory.mktemp("corpus")
    with tarfile.open(CORPUS) as archive:
        members = [m for m in archive.getmembers() if "sdk_otel" in m.name]
        archive.extractall(folder, members, filter="data")
    return next(folder.rglob("sdk_otel"))


def spans_in(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in file.read_text().splitlines():
        for resource in json.loads(line).get("resourceSpans", []):
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    said = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
                    yield span["name"], {k: v for k, v in said.items() if isinstance(v, str)}


@pytest.mark.parametrize("told", ["at the start", "at the end"])
@pytest.mark.parametrize(
    "file",
    ["langchain_openinference", "langchain_openllmetry", "openai_agents_openinference",
     "openai_agents_otelv2"],
)  # fmt: skip
def test_captured_spans_are_understood_whenever_they_tell(
    captured: Path, file: str, told: str
) -> None:
    kept = Kept()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(FlightSpanProcessor(kept))
    tracer = provider.get_tracer("captured")
    for name, said in spans_in(captured / f"{file}.otlp.jsonl"):
        span = tracer.start_span(name, attributes=said if told == "at the start" else {})
        if told == "at the end":
            span.set_attributes(said)
        span.end()
    ends = [r for r in kept.records if r.phase is Phase.END]
    tools = [r for r in ends if r.kind is Kind.TOOL_CALL]
    assert {r.name for r in tools} == {"bash"}
    assert len(tools) == 4
    assert len([r for r in ends if r.kind is Kind.MODEL_CALL]) >= 4
    if told == "at the start":
        starts = [r for r in kept.records if r.phase is Phase.START and r.kind is Kind.TOOL_CALL]
        arguments = [json.loads(str(r.attributes["gen_ai.tool.call.arguments"])) for r in starts]
        assert all("command" in each for each in arguments)
