"""What a verification means, in the words of a report."""

from __future__ import annotations

from analyzer.reports.content import Integrity
from recorder.safe_text import safe_text
from recorder.verify import VerifyReport

__all__ = ["NOT_VERIFIED", "integrity_of"]

NOT_VERIFIED = Integrity(
    level="not verified",
    ok=None,
    text="the recording was not verified for this report; 'flightlog verify' does it",
    problems=(),
)


def integrity_of(report: VerifyReport) -> Integrity:
    """Return the result of a verification for a report."""
    problems = tuple(
        safe_text(f"record {p.seq}: {p.what}" if p.seq is not None else p.what)
        for p in report.problems
    )
    if not report.ok:
        text = f"the recording is NOT as it was written: {len(problems)} problems"
    else:
        text = (
            f"{report.records} records are as the recorder wrote them, {report.signed} of them "
            f"under a signed checkpoint"
        )
        if report.unsigned:
            text += f" and {report.unsigned} after it, in order but not yet signed"
        if report.gaps:
            text += f"; the recorder says {report.gaps} times that something is missing"
        text += f"; root {report.root[:16]}, key {report.verifier_key}"
    return Integrity(report.level, report.ok, text, problems)
