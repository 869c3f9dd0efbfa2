"""How far an incident reaches: all that was destroyed in it, not only the worst of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.analysis import analyze
from analyzer.completeness import completeness_of
from analyzer.controls import CONTROLS
from analyzer.controls.hindsight import verdicts_of
from analyzer.controls.price import Till
from analyzer.controls.replaying import past_of, ruled_over
from analyzer.controls.settings import Settings
from analyzer.incident import incident_of
from analyzer.incident.model import Incident, PartName
from analyzer.model import Analysis
from analyzer.timeline import format_length
from recorder.reader import Recording
from tests.analyzer.factories import Flight, action

REPOSITORY = "gh repo delete acme/site --yes"
BUCKET = "aws s3api delete-bucket --bucket pulse"
GROUP = "az group delete -n prod-rg --yes"
INSTANCE = "gcloud sql instances delete orders-pg --quiet"
TOKEN = "dop_v1_" + "0123456789abcdef" * 4
REFUSED = "Error: GET https://api.digitalocean.com/v2/apps: 401 Unable to authenticate you"
NAMESPACE = "kubectl delete namespace shop"


def story(flight: Flight, folder: Path) -> tuple[Analysis, Incident]:
    with Recording.open(flight.write(folder / "story.db")) as recording:
        analysis = analyze(recording, flight.session)
        completeness = completeness_of(recording, analysis)
        return analysis, incident_of(analysis, completeness, recording.blob)


def part(incident: Incident, name: PartName) -> tuple[int, ...]:
    return next(p.actions for p in incident.parts if p.name is name)


def destroying(*commands: str, apart: float = 3.0) -> Flight:
    flight = Flight()
    flight.prompt(0.5, "Tidy up the old things, please.")
    for number, command in enumerate(commands):
        flight.tool(2.0 + number * apart, "Bash", {"command": command}, "done")
    return flight


@pytest.mark.parametrize(
    "commands",
    [(REPOSITORY, BUCKET, GROUP), (NAMESPACE, INSTANCE), (GROUP, INSTANCE), (BUCKET, REPOSITORY)],
)
def test_all_of_a_run_of_destructions_is_the_destruction(
    commands: tuple[str, ...], tmp_path: Path
) -> None:
    analysis, incident = story(destroying(*commands), tmp_path)
    numbers = [action(analysis, command).id for command in commands]
    assert set(numbers) <= set(part(incident, PartName.DESTRUCTION))
    assert set(incident.headline.actions) >= set(numbers)
    assert not set(numbers) & set(part(incident, PartName.IMPROVISATION))
    ruled = list(ruled_over(analysis, past_of(analysis), CONTROLS, Settings()))
    found = {v.control: v for v in verdicts_of(analysis, incident, ruled, CONTROLS)}
    assert found["approval"].action == numbers[0]
    assert set(found["approval"].prevented) >= set(numbers)


def test_what_was_destroyed_long_before_is_no_part_of_it(tmp_path: Path) -> None:
    analysis, incident = story(destroying(REPOSITORY, GROUP, apart=3_600.0), tmp_path)
    assert action(analysis, REPOSITORY).id not in part(incident, PartName.DESTRUCTION)
    assert action(analysis, GROUP).id in part(incident, PartName.DESTRUCTION)


def test_the_time_from_the_trigger_ends_with_the_first_of_it(tmp_path: Path) -> None:
    analysis, incident = story(destroying(REPOSITORY, GROUP), tmp_path)
    (span,) = (s for s in incident.spans if s.name == "trigger to destruction")
    assert span.end_action == action(analysis, REPOSITORY).id


@pytest.mark.parametrize("commands", [(GROUP,), (GROUP, BUCKET), (GROUP, BUCKET, REPOSITORY)])
def test_numbers_are_told_as_people_say_them(commands: tuple[str, ...], tmp_path: Path) -> None:
    flight = destroying(*commands)
    flight.model(60.0, "There you are.")
    _, incident = story(flight, tmp_path)
    facts = [incident.headline.text, *(p.told.text for p in incident.parts)]
    facts += [f.text for f in (*incident.limits, *incident.blast.hit, *incident.blast.sent)]
    facts += [j.executed.text for j in incident.journeys]
    assert not [t for t in facts if "1 actions" in t or "1 deeds" in t or "1 turns" in t]
    assert not [t for t in facts if "1 more harmful actions" in t or "1 requests" in t]
    assert not [t for t in facts if t != t.strip() or "  " in t]


@pytest.mark.parametrize(
    "after",
    [
        "gcloud logging sinks delete audit-sink -q",
        "aws cloudtrail stop-logging --name trail",
    ],
)
def test_what_harms_beside_an_incident_is_no_harmless_action(after: str, tmp_path: Path) -> None:
    flight = destroying(GROUP)
    flight.tool(60.0, "Bash", {"command": after}, "done")
    flight.tool(61.0, "Bash", {"command": "mkdir build"}, "")
    analysis, incident = story(flight, tmp_path)
    ruled = list(ruled_over(analysis, past_of(analysis), CONTROLS, Settings()))
    till = Till(CONTROLS)
    till.add(analysis, incident, ruled)
    price = till.prices()["approval"]
    assert (price.harmless, price.held) == (1, 0)


@pytest.mark.parametrize(
    ("uses", "is_told"),
    [
        (f"DIGITALOCEAN_ACCESS_TOKEN={TOKEN} doctl apps list", True),
        (f"doctl -t {TOKEN} account get", True),
        ("doctl apps list", False),
    ],
)
def test_a_credential_from_outside_that_was_used_just_before_is_told(
    uses: str, is_told: bool, tmp_path: Path
) -> None:
    flight = Flight()
    flight.prompt(0.5, "Fix the failing deploy.")
    flight.tool(1.0, "Bash", {"command": "doctl apps list"}, {"exit_code": 1, "output": REFUSED})
    flight.read(3.0, "/home/mia/ops/.env", f"DIGITALOCEAN_ACCESS_TOKEN={TOKEN}")
    flight.tool(5.0, "Bash", {"command": uses}, "77 billing")
    flight.tool(7.0, "Bash", {"command": "doctl apps delete 77 --force"}, "done")
    analysis, incident = story(flight, tmp_path)
    crossing = next(p for p in incident.parts if p.name is PartName.CROSSING)
    used = [a.id for a in analysis.actions if a.title.startswith("Bash")][1]
    assert ("one had been used before" in crossing.told.text) is is_told
    assert (used in crossing.told.actions) is is_told


@pytest.mark.parametrize("lasts", [0.02, 0.66, 0.97, 2.38, 75.26])
def test_one_length_of_time_is_told_in_one_way(lasts: float, tmp_path: Path) -> None:
    flight = Flight()
    flight.prompt(0.5, "Tidy up the old things, please.")
    flight.tool(2.0, "Bash", {"command": BUCKET}, "done", lasts=lasts)
    _, incident = story(flight, tmp_path)
    destroyed = next(p for p in incident.parts if p.name is PartName.DESTRUCTION)
    took = format_length(destroyed.end_ns - destroyed.start_ns)
    assert destroyed.told.text.endswith(f", {took}")
