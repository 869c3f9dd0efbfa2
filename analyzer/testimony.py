"""What witnesses said of an action: values only, each citing the record that it stands in.

Kept apart for each witness, because what they say need not go together; where it does not, that is
a value of its own. Who decided a permission is a label as received and an estimate beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recorder.model import Witness

__all__ = [
    "Certainty",
    "Clock",
    "Contradiction",
    "Decision",
    "Facet",
    "Link",
    "Presence",
    "Said",
    "Silence",
]


class Certainty(StrEnum):
    """How a statement is known."""

    OBSERVED = "observed"
    """A witness recorded it."""
    INFERRED = "inferred"
    """Derived from what was recorded, by a rule that is named."""
    RECONSTRUCTED = "reconstructed"
    """Made up where nobody published it; only in samples, and marked in the recording itself."""


class Facet(StrEnum):
    """What a witness says of an action."""

    TOOL = "tool"
    ARGUMENTS = "arguments"
    RESULT = "result"
    TRANSPORT = "transport"
    """Did the exchange complete: `ok` or `error`. Says nothing of the command's success."""
    EXIT_CODE = "exit code"
    ERROR = "error"
    """The witness's own word for what went wrong."""
    HTTP_STATUS = "http status"
    STARTED = "started"
    """The witness's own clock, ns since the epoch."""
    DURATION = "duration"
    """Milliseconds, as a decimal number."""
    WAITED = "waited"
    """Milliseconds until a permission was decided, as a decimal number."""
    DECISION = "decision"
    """`approved`, `denied`, `requested`, or the witness's own label."""
    DECIDED_BY = "decided by"
    """The witness's raw label; who it really was is an estimate (`Presence`)."""
    PERSON = "a person decided"
    """`likely`, `unlikely`: the recorder's estimate, from what it saw of how the agent ran."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that one witness said of an action, in one record."""

    facet: Facet
    value: str
    witness: Witness
    seq: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Things said of one action that cannot, or need not, all be true."""

    facet: Facet
    text: str
    """One line: who says what, with record numbers."""
    sides: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Why a record is held to speak of this action and not of another."""

    seq: int
    """The first record that the link brought in."""
    basis: str
    """`call id`, `span`, `tool, arguments and time`, ..."""
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Silence:
    """A hook that did not answer, as another witness tells: the agent went on without it."""

    hook: str
    """`PreToolUse:Bash`."""
    how: str
    """`error`, `cancelled`."""
    seq: int
    certainty: Certainty
    """Of its belonging to this action."""


class Presence(StrEnum):
    """Whether a person was there to decide."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """How a permission was decided, by whom as the record labels it, and who that may have been."""

    decision: str
    by: str
    """The witness's raw label; empty where it gave none."""
    presence: Presence
    """An estimate."""
    basis: str
    """Why the estimate is what it is."""
    seq: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one witness, measured by another's."""

    name: str
    """Whose clock it is: `transcript`, `aws.cloudtrail`, ..."""
    by: str
    """Whose it is measured by."""
    ahead_ns: int
    """How far it is ahead; negative: behind."""
    low_ns: int
    high_ns: int
    """Between these bounds the difference lies, for most or all of the pairs."""
    pairs: int
    """How many moments were compared."""

    @property
    def agrees(self) -> bool:
        """True when the difference may be none at all."""
        return self.low_ns <= 0 <= self.high_ns
