"""What a demo recorded, and the tokens that lie in its agent's files while it works."""

from __future__ import annotations

import re
from pathlib import Path

from analyzer.analysis import analyze
from analyzer.model import Analysis
from recorder.model import StoredRecord
from recorder.reader import Recording

__all__ = ["analysis_of", "records_of", "tokens_in"]


def tokens_in(scratch: Path) -> dict[str, str]:
    """Return the agent's two tokens, read from its own files while it works."""
    (project,) = scratch.glob("flightlog-demo-*/workspace/services/api/.env.staging")
    (account,) = scratch.glob("flightlog-demo-*/workspace/scripts/domains/domains.env")
    return {
        "project": re.findall(r"^RAILWAY_TOKEN=(\S+)", project.read_text(), re.MULTILINE)[0],
        "account": re.findall(r"^RAILWAY_API_TOKEN=(\S+)", account.read_text(), re.MULTILINE)[0],
    }


def analysis_of(recording: Path, session: str) -> Analysis:
    with Recording.open(recording) as reader:
        return analyze(reader, session)


def records_of(recording: Path) -> list[StoredRecord]:
    with Recording.open(recording) as reader:
        return list(reader.records())
