"""Lay out the scripted agent's workspace: `python workspace.py --workspace DIR < READY_LINE`.

The cloud's ready line comes on standard input, so that its tokens stand in no argument list. The
files are `workspace_files/`, with `@name@` replaced by what the ready line says of it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

FILES = Path(__file__).with_name("workspace_files")
PLACE = re.compile(r"@([a-z_]+)@")
# What people's files look like after a clone: secrets readable by everybody who has an account.
FILE_MODE = 0o644
SCRIPT_MODE = 0o755


def lay_out(workspace: Path, known: Mapping[str, str]) -> None:
    """Write the workspace's files into an empty or missing folder.

    Raises:
        FileExistsError: the folder holds something.
        KeyError: a file needs something that is not known.
        OSError: the folder cannot be written.
    """
    texts = {
        source.relative_to(FILES): PLACE.sub(
            lambda found: known[found[1]], source.read_text(encoding="utf-8")
        )
        for source in sorted(FILES.rglob("*"))
        if source.is_file()
    }
    workspace.mkdir(parents=True, exist_ok=True)
    if any(workspace.iterdir()):
        raise FileExistsError(f"{workspace} is not empty")
    for name, text in texts.items():
        target = workspace / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(SCRIPT_MODE if name.suffix == ".sh" else FILE_MODE)


def main() -> int:
    """Read the ready line and lay the workspace out; 2 when that cannot be done."""
    options = argparse.ArgumentParser(description="lay out the scripted agent's workspace")
    options.add_argument("--workspace", type=Path, required=True, help="an empty folder")
    workspace = options.parse_args().workspace
    try:
        lay_out(workspace, json.loads(sys.stdin.read()))
    except (KeyError, TypeError, ValueError):
        sys.stderr.write("workspace: standard input is not the cloud's ready line\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"workspace: cannot lay out {workspace}: {error.strerror or error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
