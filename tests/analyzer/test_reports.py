"""Reports: truthful, complete, and inert whatever was recorded."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.incident import incident_of
from analyzer.reports import REPORTERS, Integrity, ReportContent, build
from analyzer.reports.integrity import NOT_VERIFIED, integrity_of
from analyzer.reports.markdown import code, plain
from recorder import semconv
from recorder.model import Record
from recorder.reader import Recording
from recorder.verify import verify
from tests.analyzer.factories import ACCOUNT_TOKEN, PROJECT_TOKEN, Flight, wipe

HOSTILE = (
    "\x1b]2;owned\x07\x1b[31m\u202e\u200b<script>alert(1)</script><img src=x onerror=a()>"
    "`` ` ```[link](javascript:x) | cell | https://evil.example ![i](x) {{ 7*7 }} {% x %} ⟦a:b⟧"
)


def content_of(flight: Flight, folder: Path, integrity: Integrity = NOT_VERIFIED) -> ReportContent:
    path = folder / "flight.db"
    if not path.exists():
        flight.write(path)
    with Recording.open(path) as recording:
        analysis = analyze(recording, flight.session)
        completeness = completeness_of(recording, analysis)
        return build(
            analysis,
            completeness,
            incident_of(analysis, completeness, recording.blob),
            recording=path.name,
            meta=recording.meta,
            integrity=integrity,
        )


def hostile() -> Flight:
    flight = Flight(session="s" + HOSTILE)
    flight.prompt(1.0, HOSTILE)
    flight.model(2.0, HOSTILE)
    flight.read(3.0, f"a/{HOSTILE}", f"RAILWAY_TOKEN={PROJECT_TOKEN}")
    flight.tool(4.0, f"T{HOSTILE}", {"x": HOSTILE}, HOSTILE, extra={semconv.RECONSTRUCTED: HOSTILE})
    flight.request(5.0, "DELETE", f"/{HOSTILE}", {"x-y": HOSTILE}, answer=HOSTILE)
    return flight


class Page(HTMLParser):
    """Collects what a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: set[str] = set()
        self.ids: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets |= {value or "" for name, value in attrs if name == "href"}
        self.ids |= {value or "" for name, value in attrs if name == "id"}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("style", REPORTERS)
def test_every_format_tells_the_story_with_its_evidence(tmp_path: Path, style: str) -> None:
    text = REPORTERS[style](content_of(wipe(), tmp_path))
    for part in ("R07", "volumeDelete", "scripts/domains/domains.env:2", "inferred", "observed"):
        assert part in text.replace("\\", "")


@pytest.mark.parametrize("style", REPORTERS)
def test_no_secret_and_no_control_code_is_in_any_format(tmp_path: Path, style: str) -> None:
    flight = hostile()
    flight.records += wipe().records[1:]
    text = REPORTERS[style](content_of(flight, tmp_path))
    assert ACCOUNT_TOKEN not in text
    assert PROJECT_TOKEN not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", text)
    assert "owned" in text, "hostile text is shown, not dropped"


def test_nothing_recorded_becomes_html(tmp_path: Path) -> None:
    page = Page(REPORTERS["html"](content_of(hostile(), tmp_path)))
    assert not page.tags & {"script", "img", "iframe", "object", "form", "link", "svg"}
    assert not {name for name in page.attributes if name.startswith("on")} | (
        page.attributes & {"src"}
    )
    assert all(target.startswith("#a") for target in page.targets)
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text


def test_every_number_in_the_page_leads_to_its_line(tmp_path: Path) -> None:
    page = Page(REPORTERS["html"](content_of(wipe(), tmp_path)))
    session = {"#a1"}  # the session itself is no line of its own timeline
    assert {t.removeprefix("#") for t in page.targets - session} <= page.ids


def test_nothing_recorded_becomes_markup_in_markdown(tmp_path: Path) -> None:
    text = REPORTERS["md"](content_of(hostile(), tmp_path))
    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    page = Page(renderer.render(text))
    assert not page.tags & {"script", "img", "a"}
    assert "<script>alert(1)</script>" in page.text
    assert "[link](javascript:x)" in page.text


@pytest.mark.parametrize("text", ["a`b", "``", "` ` `", "```x", "x```", "plain", " pad "])
def test_a_code_span_holds_any_run_of_backticks(text: str) -> None:
    made = code(text)
    fence = re.match(r"`+", made)
    assert fence is not None
    inner = made[len(fence[0]) : -len(fence[0])]
    assert text in inner
    assert fence[0] not in re.findall(r"`+", inner)


def test_plain_text_starts_no_markup() -> None:
    assert plain("a_b *c* [d](e) <f>") == r"a\_b \*c\* \[d\](e) \<f\>"
    assert plain("https://x") == r"https\://x"


def test_the_json_report_is_whole_and_names_its_format(tmp_path: Path) -> None:
    document = json.loads(REPORTERS["json"](content_of(wipe(), tmp_path)))
    assert document["format"] == "flightlog.report/1"
    assert document["findings"][0]["severity"] == "critical"
    timeline = [e for second in document["timeline"] for e in second["entries"]]
    assert len(timeline) == 9
    assert all(e["certainty"] in {"observed", "inferred", "reconstructed"} for e in timeline)
    assert document["reconstructed"] == ""


def test_state_before_and_after_the_deletion_is_told(tmp_path: Path) -> None:
    content = content_of(wipe(), tmp_path)
    moment = content.moments[-1]
    told = {row.type: (row.before.text, row.after.text) for row in moment.rows}
    assert told["volume"][0].startswith("alive")
    assert told["volume"][1].startswith("deleted")
    assert told["backups"][0].startswith("not looked at")
    assert told["backups"][1].startswith("gone")
    assert [s.certainty for r in moment.rows for s in (r.after,)] == ["observed", "inferred"]


def test_what_was_reconstructed_is_marked_wherever_it_shows(tmp_path: Path) -> None:
    flight = Flight()
    flight.records[0] = _with_mark(flight, "all of it is a re-enactment")
    flight.tool(1.0, "Bash", {"command": "ls"}, extra={semconv.RECONSTRUCTED: "the command"})
    flight.tool(2.0, "Bash", {"command": "pwd"})
    content = content_of(flight, tmp_path)
    assert content.reconstructed == "all of it is a re-enactment"
    entries = {e.title: e for second in content.timeline for e in second.entries}
    assert entries["Bash ls"].certainty == "reconstructed"
    assert entries["Bash pwd"].certainty == "observed"
    for style in ("md", "html"):
        text = REPORTERS[style](content)
        assert "Re-enactment" in text
        assert "≈" in text
        assert "the command" in text


def test_a_report_says_whether_the_recording_is_as_it_was_written(tmp_path: Path) -> None:
    path = wipe().write(tmp_path / "flight.db")
    good = integrity_of(verify(path))
    assert good.ok is True
    assert "as the recorder wrote them" in REPORTERS["md"](content_of(wipe(), tmp_path, good))
    data = path.read_bytes()
    place = data.index(b'"name":"Bash"')
    path.write_bytes(data[:place] + b'"name":"bash"' + data[place + 13 :])
    bad = integrity_of(verify(path))
    assert bad.ok is False
    assert bad.problems
    assert "NOT as it was written" in REPORTERS["html"](content_of(wipe(), tmp_path, bad))


def test_an_unverified_report_says_so(tmp_path: Path) -> None:
    assert "not verified" in REPORTERS["md"](content_of(wipe(), tmp_path))


def test_a_session_that_never_ended_is_not_called_ended(tmp_path: Path) -> None:
    flight = Flight(ends=None)
    flight.tool(1.0, "Bash", {"command": "sleep 60"}, lasts=None)
    text = REPORTERS["md"](content_of(flight, tmp_path))
    assert "no end of the session was recorded" in text
    assert "open" in text


def test_what_a_model_says_is_called_a_claim(tmp_path: Path) -> None:
    flight = Flight()
    flight.model(1.0, "I only touched staging.")
    assert "(a claim) `I only touched staging." in REPORTERS["md"](content_of(flight, tmp_path))


def _with_mark(flight: Flight, mark: str) -> Record:
    first = flight.records[0]
    return replace(first, attributes={**first.attributes, semconv.RECONSTRUCTED: mark})
