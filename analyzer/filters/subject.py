"""What a filter looks at: one action with all that is known around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from analyzer.model import Action, Analysis, Finding
from analyzer.requests import host_of
from analyzer.texts import Texts, as_text
from analyzer.timeline import Timeline, idle_before
from analyzer.tools import arguments_of, file_of, paths_of
from recorder import semconv
from recorder.model import Kind, SessionRow

__all__ = ["Remarks", "Subject", "finding_subjects", "subjects_of"]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What investigators wrote about an action in the case file."""

    is_marked: bool = False
    notes: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()


NO_REMARKS = Remarks()


@dataclass(frozen=True)
class Subject:
    """An action, its findings, its place in its session, and what was remarked about it.

    The action is None for a session in which nothing happened.
    """

    session: SessionRow
    action: Action | None
    findings: tuple[Finding, ...] = ()
    offset_ns: int = 0
    """Session time at which it began."""
    gap_ns: int = 0
    """How long it was idle before it."""
    remarks: Remarks = field(default=NO_REMARKS)

    @cached_property
    def text(self) -> str:
        """Everything that is recorded of the action, for words, in lower case."""
        if self.action is None:
            return ""
        parts = [self.action.name, self.action.title]
        parts += [as_text(value) for value in self.action.attributes.values()]
        return "\n".join(parts).casefold()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Files that the action touches, as given and relative to the session's folder."""
        action = self.action
        if action is None:
            return ()
        seen = [sighting.file for sighting in action.sightings if sighting.file]
        if action.kind is Kind.TOOL_CALL:
            arguments = arguments_of(Texts.of(action).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
            seen += [file_of(arguments), *paths_of(action.name, arguments, self.session.cwd)]
        return tuple(path for path in seen if path)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Hosts that it spoke to, with and without the port."""
        if self.action is None:
            return ()
        seen = [host_of(self.action.attributes), *(s.host for s in self.action.sightings)]
        return tuple(part for host in seen if host for part in (host, host.rpartition(":")[0]))


def subjects_of(
    analysis: Analysis,
    remarks: Mapping[int, Remarks] | None = None,
    timeline: Timeline | None = None,
) -> Iterator[Subject]:
    """Yield each action of a session as a filter sees it, in the session's order.

    Args:
        analysis: the session.
        remarks: action's number -> what was remarked about it.
        timeline: its time line, where one is at hand.
    """
    findings: dict[int, tuple[Finding, ...]] = {}
    for finding in analysis.findings:
        findings[finding.action] = (*findings.get(finding.action, ()), finding)
    idle = idle_before(timeline or Timeline.of(analysis))
    start_ns = analysis.start_ns
    for row, action in enumerate(analysis.actions):
        yield Subject(
            analysis.session,
            action,
            findings.get(action.id, ()),
            action.start_ns - start_ns,
            idle.get(row, 0),
            (remarks or {}).get(action.id, NO_REMARKS),
        )


def finding_subjects(
    analysis: Analysis, remarks: Mapping[int, Remarks] | None = None
) -> Iterator[tuple[Finding, Subject]]:
    """Yield each finding with its decisive action; severity and rule are the finding's alone."""
    of_action = {s.action.id: s for s in subjects_of(analysis, remarks) if s.action is not None}
    for finding in analysis.findings:
        here = of_action.get(finding.action)
        offset = finding.t_ns - analysis.start_ns
        action = None if here is None else here.action
        gap_ns = 0 if here is None else here.gap_ns
        remarked = NO_REMARKS if here is None else here.remarks
        yield finding, Subject(analysis.session, action, (finding,), offset, gap_ns, remarked)
