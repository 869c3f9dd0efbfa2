"""What the detectors find of labelled secrets, and what they seal that is none."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable
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
    [(("structural",), 0.99), (("provider",), 0.905), (("provider", "generic"), 0.905)],
)
def test_labelled_secrets_are_found(
    cases: list[Case], tiers: tuple[str, ...], least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [case for case in cases if case.tier in tiers]
    found = sum(is_covered(case, Sealer(KEY).find(case.text)) for case in chosen)
    with capsys.disabled():
        print(f"\n{'+'.join(tiers)}: {found} of {len(chosen)} found")  # noqa: T201
    assert found / len(chosen) >= least


MUTATIONS: dict[str, Callable[[str], str]] = {
    "Windows line ends": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "indented": lambda text: "\n".join("    " + line for line in text.split("\n")),
    "indented, between lines": lambda text: f"before\n    {text}\nbehind",
    "names in another case": lambda text: re.sub(
        r"\b[\w\-]*(?:token|key|secret|password)\b",
        lambda m: m[0].swapcase(),
        text,
        flags=re.IGNORECASE,
    ),
    "the other quotes": lambda text: text.translate(str.maketrans("\"'", "'\"")),
    "room around operators": lambda text: re.sub(r"(?<=\w)=(?=[\w\"'])", " = ", text),
    "coloured": lambda text: f"\x1b[32m{text}\x1b[0m",
    "in JSON": lambda text: json.dumps({"output": text}),
}
"""What happens to a text around a secret."""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_structures_are_found_however_they_are_written(
    cases: list[Case], mutation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change = MUTATIONS[mutation]
    found = total = 0
    for case in (case for case in cases if case.tier == "structural"):
        pieces = case.text.split(case.secret)
        changed = change("\0".join(pieces))
        secret = json.dumps(case.secret)[1:-1] if mutation == "in JSON" else case.secret
        mark = "\\u0000" if mutation == "in JSON" else "\0"
        text = changed.replace(mark, secret)
        total += 1
        found += is_covered(Case(case.tier, text, secret), Sealer(KEY).find(text))
    with capsys.disabled():
        print(f"\nstructural, {mutation}: {found} of {total} found")  # noqa: T201
    assert found / total >= 0.97


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
