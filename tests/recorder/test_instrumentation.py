"""`recorder.start(instrument=True)`: installed OpenTelemetry instrumentations, on and off again."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from recorder.model import Kind, Phase, Role
from tests.recorder.agents import calls, records_of, run

SET_UP = """
import http.server, threading
import httpx, requests
import recorder

class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(404)
        self.end_headers()
    do_POST = do_PUT = do_GET
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


PLAIN = """
import http.client, urllib.request
@recorder.tool
def plain():
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    body = b"GET /never HTTP/1.1\\r\\nHost: nowhere.example\\r\\n\\r\\n"
    headers = {"Authorization": "Bearer tok-0123456789abcdef"}
    connection.request("POST", "/direct?a=1", body, headers)
    connection.getresponse().read()
    connection.request("PUT", "http://far.example/whole", body)
    connection.getresponse().read()
    connection.close()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try: opener.open(url)
    except urllib.error.HTTPError: pass
"""


def test_requests_that_no_instrumentation_tells_of_are_recorded_as_the_interpreter_reports_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flight.db"
    program = """
recorder.start(agent="tester", instrument=True)
plain()
fetch()
recorder.stop()
plain()
"""
    run(SET_UP + PLAIN + program, path)
    found = [r for r in records_of(path, Kind.API_REQUEST) if "http.request.method" in r.attributes]
    points = [r for r in found if r.phase is Phase.POINT]
    assert [r.name for r in points] == ["POST /direct", "PUT /whole", "GET /volumes"]
    assert {r.parent_span_id for r in points} == {calls(path)["plain"][0].span_id}
    assert all(r.attributes["flightlog.http.answer_unseen"] for r in points)
    assert str(points[0].attributes["url.full"]).endswith("/direct?a=1")
    assert points[1].attributes["url.full"] == "http://far.example/whole"
    (used,) = [seal for seal in points[0].seals if "authorization" in seal.place]
    assert used.role is Role.USED
    assert "tok-0123456789abcdef" not in str(records_of(path))
    assert len([r for r in found if r.phase is Phase.START]) == 2, "told by their instrumentations"
