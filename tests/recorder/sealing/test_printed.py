"""Places are found however tools print them: numbered, in a difference, a log, a string of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from recorder.sealing import Sealer
from tests.recorder.sealing import places_of_scanners
from tests.recorder.sealing.unseen_places import filled

KEY = b"k" * 32


def _each(change: Callable[[int, str], str]) -> Callable[[str], str]:
    return lambda text: "\n".join(
        change(number, line) for number, line in enumerate(text.split("\n"), 1)
    )


PRINTED: dict[str, Callable[[str], str]] = {
    "numbered": _each(lambda number, line: f"{number:6}→{line}"),
    "numbered by cat": _each(lambda number, line: f"{number:6}\t{line}"),
    "found by grep": _each(lambda number, line: f"src/app/config.txt:{number}:{line}"),
    "added": _each(lambda _, line: f"+{line}"),
    "quoted": _each(lambda _, line: f"> {line}"),
    "a comment": _each(lambda _, line: f"# {line}"),
    "of a service": _each(lambda _, line: f"web-1  | {line}"),
    "at a time": _each(lambda _, line: f"2026-11-01T10:00:00.1234567Z {line}"),
    "logged": _each(lambda _, line: f"2026-11-01T10:00:00Z INFO [main] {line}"),
    "in JSON": lambda text: json.dumps({"output": text}, ensure_ascii=False),
}


@pytest.mark.parametrize("printed", PRINTED)
def test_places_are_found_however_they_are_printed(
    printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    left, count = [], 0
    for name, text, secrets in filled(11, places_of_scanners.PLACES):
        sealed = Sealer(KEY).seal_text(PRINTED[printed](text)).text
        count += 1
        if any(secret in sealed for secret in secrets):
            left.append(f"{name}: {sealed}")
    with capsys.disabled():
        print(f"\n{printed}: {count - len(left)} of {count} found")  # noqa: T201
    assert len(left) <= 0.08 * count, left


@pytest.mark.parametrize("printed", PRINTED)
def test_code_is_code_however_it_is_printed(printed: str) -> None:
    code = "class User:\n    password: secretstr\n    token = refreshed\n    pw = passwd\n"
    assert Sealer(KEY).find(PRINTED[printed](code)) == []
