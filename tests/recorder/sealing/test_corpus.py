"""What the detectors find of labelled secrets, and what they seal that is none."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from recorder.sealing.sealer import Sealer
from recorder.sealing.spans import SecretSpan

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "secrets.jsonl"
KEY = b"k" * 32


@dataclass(frozen=True)
class Case:
    tier: str
    text: str
    secret: str


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    if not CORPUS.exists():
        pytest.skip(f"the corpora are not here ({CORPUS.parent.name} beside the project)")
    rows = map(json.loads, CORPUS.read_text().splitlines())
    return [
        Case(row["tier"], _text(row["text_b64"]), _text(row["secret_b64"] or "")) for row in rows
    ]


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode("utf-8", "surrogateescape")


def is_covered(case: Case, spans: list[SecretSpan]) -> bool:
    """A find contains the secret, or lies in it and covers at least 60 % of it."""
    at = case.text.find(case.secret)
    while at >= 0:
        end = at + len(case.secret)
        for span in spans:
            if span.start <= at and end <= span.end:
                return True
            inside = at <= span.start and span.end <= end
            if inside and span.end - span.start >= 0.6 * len(case.secret):
                return True
        at = case.text.find(case.secret, at + 1)
    return False


@pytest.mark.parametrize(
    ("tiers", "least"),
    [(("structural",), 0.97), (("provider",), 0.88), (("provider", "generic"), 0.88)],
)
def test_labelled_secrets_are_found(
    cases: list[Case], tiers: tuple[str, ...], least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [case for case in cases if case.tier in tiers]
    found = sum(is_covered(case, Sealer(KEY).find(case.text)) for case in chosen)
    with capsys.disabled():
        print(f"\n{'+'.join(tiers)}: {found} of {len(chosen)} found")  # noqa: T201
    assert found / len(chosen) >= least


def test_every_encoding_of_a_known_secret_is_found(cases: list[Case]) -> None:
    missed = []
    for case in (case for case in cases if case.tier == "encoded"):
        sealer = Sealer(KEY)
        sealer.learn(case.secret, SecretSpan(0, 0, "known", "assignment"))
        if not sealer.find(case.text):
            missed.append(case.text)
    assert missed == []


def test_harmless_texts_are_left_alone(cases: list[Case]) -> None:
    chosen = [case for case in cases if case.tier == "benign"]
    sealed = [case.text for case in chosen if Sealer(KEY).find(case.text)]
    assert len(sealed) / len(chosen) <= 0.03, sealed


def test_source_code_has_less_than_one_seal_in_100_kb() -> None:
    """Python's own library: much talk of tokens, keys and passwords, and no secret."""
    files = sorted(Path(json.__file__).parents[1].glob("*.py"))
    detectors: Counter[str] = Counter()
    size = 0
    for file in files:
        text = file.read_text()
        size += len(text)
        detectors.update(span.detector for span in Sealer(KEY).find(text))
    assert size > 3_000_000
    assert detectors.total() / size * 100_000 < 1, detectors
