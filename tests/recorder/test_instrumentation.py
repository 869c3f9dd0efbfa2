"""`recorder.start(instrument=True)`: installed OpenTelemetry instrumentations, on and off again."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from recorder.model import Kind, Phase
from tests.recorder.agents import calls, records_of, run

SET_UP = """
import http.server, threading
import httpx, requests
import recorder

class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.end_headers()
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/volumes?token=tok-0123456789abcdef"

@recorder.tool
def fetch():
    with httpx.Client(trust_env=False) as client: client.get(url)
    with requests.Session() as session:
        session.trust_env = False
        session.get(url)
"""


def test_requests_of_libraries_are_recorded_in_the_call_that_makes_them(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
recorder.start(agent="tester", instrument=True)
fetch()
recorder.stop()
fetch()
print(hasattr(requests.Session.send, "__wrapped__"))
"""
    assert run(SET_UP + program, path) == "False\n"
    spans = [r for r in records_of(path, Kind.API_REQUEST) if r.phase is not Phase.POINT]
    assert [(r.phase.value, r.name) for r in spans] == [("start", "GET"), ("end", "GET")] * 2
    assert {r.parent_span_id for r in spans} == {calls(path)["fetch"][0].span_id}
    assert {r.attributes["http.response.status_code"] for r in spans[1::2]} == {404}
    assert "/volumes" in str(spans[0].attributes["url.full"])
    assert "tok-0123456789abcdef" not in str(records_of(path))


def test_what_the_agent_instrumented_itself_stays_on(tmp_path: Path) -> None:
    path = tmp_path / "flight.db"
    program = """
from opentelemetry.instrumentation.requests import RequestsInstrumentor
RequestsInstrumentor().instrument()
recorder.start(agent="tester", instrument=True)
fetch()
recorder.stop()
print(hasattr(requests.Session.send, "__wrapped__"))
"""
    assert run(SET_UP + program, path) == "True\n"
    spans = [r for r in records_of(path, Kind.API_REQUEST) if r.phase is Phase.START]
    assert len(spans) == 2


@pytest.mark.parametrize("fault", ["at its import", "when turned on", "its library is absent"])
def test_a_broken_instrumentation_is_left_out_with_one_line(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "flight.db"
    body = {
        "at its import": "raise RuntimeError('password=hunter2hunter2')",
        "when turned on": """
            class Broken:
                def instrument(self, **_): raise RuntimeError('password=hunter2hunter2')
            """,
        "its library is absent": "import a_library_that_is_not_there",
    }[fault]
    (tmp_path / "broken.py").write_text(textwrap.dedent(body))
    about = tmp_path / "broken-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[opentelemetry_instrumentor]\nbroken = broken:Broken\n"
    )
    program = """
import contextlib, io, sys
errors = io.StringIO()
with contextlib.redirect_stderr(errors):
    recorder.start(agent="tester", instrument=True)
fetch()
recorder.stop()
print(errors.getvalue(), end="")
"""
    printed = run(SET_UP + program, path, PYTHONPATH=str(tmp_path))
    spans = [r for r in records_of(path, Kind.API_REQUEST) if r.phase is Phase.START]
    assert len(spans) == 2
    if fault == "its library is absent":
        assert printed == ""
    else:
        assert printed.startswith("flightlog: instrumentation 'broken' does not work here (Runtime")
        assert len(printed.splitlines()) == 1
        assert "hunter2" not in printed
