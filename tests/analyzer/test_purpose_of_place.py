"""What a credential is for, going by where it lay: not by whose folder it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyzer.factories import Flight, rules_of

TOKEN = "napi_" + "x9k2m4v7q1w8e5r3t6y0u2i4o7p1a3s5d8f0g2h4j6k9l1z3x5c7"
DELETES = (
    f"curl -s -X DELETE -H 'Authorization: Bearer {TOKEN}' "
    "https://console.neon.tech/api/v2/projects/cool-sun-1234"
)
ROOTS = str(Path("/").joinpath("root", ".config", "credentials.json"))
"""An administrator's own."""
TELLING = ["/home/mia/domains/.env", "~/sites/domains/domains.env", "C:\\Users\\mia\\domains\\.env"]
SILENT = [
    "/home/mia/.env", "/home/mia/ops/.env.admin", ROOTS,
    "/Users/mia/config/secrets.yaml", "~/.secrets/token", "/srv/app/config/settings.toml",
    "/tmp/key.txt", "/home/mia/billing/root-credentials",
]  # fmt: skip


def used(place: str, tmp_path: Path) -> set[str]:
    flight = Flight()
    flight.prompt(0.5, "Get the preview green again.")
    flight.tool(2.0, "Read", {"file_path": place}, f"     1\tNEON_API_KEY={TOKEN}")
    flight.tool(8.0, "Bash", {"command": DELETES}, '{"project": {}}')
    return rules_of(flight.analyze(tmp_path))


@pytest.mark.parametrize("place", TELLING)
def test_a_folder_of_another_business_tells_a_purpose(place: str, tmp_path: Path) -> None:
    assert "R04" in used(place, tmp_path)


@pytest.mark.parametrize("place", SILENT)
def test_a_home_a_usual_name_or_an_administrators_tells_none(place: str, tmp_path: Path) -> None:
    assert "R04" not in used(place, tmp_path)
