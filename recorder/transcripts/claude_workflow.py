"""Claude Code's journal of a workflow: which agents it started, what came of them, which failed.

`<session>/subagents/workflows/wf_*/journal.jsonl`, beside the agents' own transcripts. There are no
times. Only the folder names the session. Tested on journals of 2026 by their documented shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recorder.model import Record
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Format, Item
from recorder.transcripts.lines import Line, read_json_lines
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, as_text, made_session

__all__ = ["FORMAT"]

AGENT = "claude-code"
FOLDERS = ("workflows", "subagents")
KINDS = frozenset({"launched", "started", "result", "failed"})


def _recognises(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.get("type") in KINDS
        and isinstance(value.get("key"), str)
        and isinstance(value.get("agentId"), str)
        and "sessionId" not in value
    )


class _Journal:
    def __init__(self, source: Source) -> None:
        is_there = source.folders[1:3] == FOLDERS and len(source.folders) > 3
        session = source.folders[3] if is_there else made_session(AGENT, source.id)
        self._telling = Telling(AGENT, session, "none")
        self._run = source.folders[0] if is_there else source.id
        self._keys = EntryKeys()

    def line(self, line: Line, value: Mapping[str, Any]) -> Iterator[Record]:
        """Yield what one line tells."""
        kind = str(value.get("type") or "entry")
        key = self._keys.of(line.data, self._run)
        error = as_text(value.get("error") or "the agent failed") if kind == "failed" else ""
        name = f"workflow {kind}" if kind in KINDS else kind
        known = kind in KINDS
        yield self._telling.note(key, name, line.text, None, error, is_known=known)


def _read(source: Source) -> Iterator[Item]:
    return read_json_lines(source, _Journal(source).line)


FORMAT = Format(
    name="claude-workflow",
    title="Claude Code workflow journal",
    tested=("journals of 2026, as documented",),
    recognises=lambda source: any(_recognises(value) for value in source.sample),
    read=_read,
)
