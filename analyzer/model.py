"""What the analyzer derives from records: actions, credentials, findings, the state of the world.

Frozen values, no I/O, no drawing. Everything here can be thrown away and derived again; each value
names the actions (by number) or the records (by `seq`) that it stands on, and says whether it was
observed, inferred or reconstructed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from analyzer.extent import Bulk, Surface
from analyzer.placement import Place
from analyzer.testimony import Certainty, Clock, Contradiction, Decision, Link, Said, Silence
from recorder.model import Json, Kind, Role, SessionRow, Status, Witness


class Outcome(StrEnum):
    """How an action ended, as far as the record tells."""

    OPEN = "open"
    """No end was recorded: still running, or cut off with its process."""
    OK = "ok"
    FAILED = "failed"
    REFUSED = "refused"
    """The other side denied it (HTTP 401 or 403, or an authorisation error in the body)."""
    DENIED = "denied"
    """A rule, a hook or a person on the agent's side denied it: it did not run."""
    NO_RESULT = "no result"
    """Nobody recorded how it ended: the agent went on, or a request was cut off before its answer.
    Neither success nor failure, and not running."""


class Effect(StrEnum):
    """What an action does to the world; the classes are described in the README."""

    READ = "read"
    WRITE = "write"
    D1 = "D1"
    D2 = "D2"
    D3 = "D3"
    D4 = "D4"
    D5 = "D5"
    D6 = "D6"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    X1 = "X1"
    X2 = "X2"
    X3 = "X3"
    UNKNOWN = "unknown"

    @property
    def destroys(self) -> bool:
        """True for the classes that delete or overwrite data, recovery copies or containers."""
        return self in {Effect.D1, Effect.D2, Effect.D3, Effect.D4}


class Severity(IntEnum):
    """How bad a finding is; ordered."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def letter(self) -> str:
        """Return the letter that stands for it on narrow screens: C H M L."""
        return self.name[0]


class Lane(StrEnum):
    """The row of a timeline that an action stands in."""

    USER = "user"
    MODEL = "model"
    TOOL = "tool"
    API = "api"
    CREDENTIAL = "cred"
    EVENT = "event"


LANE_OF_KIND: Mapping[Kind, Lane] = {
    Kind.PROMPT: Lane.USER,
    Kind.APPROVAL: Lane.USER,
    Kind.MODEL_CALL: Lane.MODEL,
    Kind.TOOL_CALL: Lane.TOOL,
    Kind.PROCESS: Lane.TOOL,
    Kind.FILE: Lane.TOOL,
    Kind.API_REQUEST: Lane.API,
    Kind.CREDENTIAL: Lane.CREDENTIAL,
    Kind.LIFECYCLE: Lane.EVENT,
}


@dataclass(frozen=True, slots=True)
class Join:
    """Why an action stands inside another one."""

    parent: int
    """Id of the enclosing action."""
    basis: str
    """`trace context`, `span parent`, `process and time`, `time`."""
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Judgement:
    """The effect of an action, with the reasons for it."""

    effect: Effect
    reasons: tuple[str, ...] = ()
    operation: str = ""
    """Normalised operation, such as `railway.volumeDelete`."""
    target_type: str = ""
    target_id: str = ""
    same_domain: bool | None = None
    """Do recovery copies go with it? None: not known."""
    irreversible: bool | None = None
    environment: str = "unknown"
    """production, staging, development, unknown."""
    environment_basis: str = ""
    """What the environment is told by; empty where nothing tells it."""
    undo: str = ""
    """How, and how long, it can be undone; empty where nothing is known."""
    cascade: str = ""
    """What goes with the target, in words."""
    bypass: tuple[str, ...] = ()
    """What it carries to get past a question or a guard: `--yes`, `--skip-final-snapshot`."""
    bulk: Bulk = Bulk.UNKNOWN
    surface: Surface = Surface.UNKNOWN

    @property
    def irreversibility(self) -> str:
        """`yes`, `window` (it can be undone for a while), `no` or `unknown`."""
        if self.irreversible is None:
            return "window" if self.undo else "unknown"
        return "yes" if self.irreversible else "window" if self.undo else "no"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place where a credential appeared."""

    action: int
    seq: int
    fingerprint: str
    role: Role
    place: str
    """`scripts/domains/renew.env:3`, `header Authorization`, `argv`, `tool output`, ..."""
    t_ns: int
    file: str = ""
    """Path of the file that it stood in, where the action tells; else empty."""
    host: str = ""
    """Host that it was sent to, for role `used` in an API request, or that a command's words take
    it to; else empty."""
    meant_for: str = ""
    """Host of the URL that it is the password of in what was shown; else empty."""
    certainty: Certainty = Certainty.OBSERVED
    encoding: str = ""
    """How it was written there (`base64`, `percent`, ...), in all ways where they are several
    (`plain and base64`); empty as it is."""
    witness: Witness | None = None
    """Who recorded it."""
    is_timed: bool = True
    """False where `t_ns` only says where it stands by order: no witness told when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What happened: the records that speak of one thing, joined."""

    id: int
    """`seq` of its first record, shown as `#id`; below zero: a request that a command asks for."""
    session: str
    kind: Kind
    name: str
    """Tool name, or `POST /graphql/v2`, or model name."""
    title: str
    """One line for lists, sealed but not yet made safe for a terminal."""
    start_ns: int
    """Where nobody told (`placed`): where it stands by order, and no time of its own."""
    end_ns: int | None
    outcome: Outcome
    placed: Place | None = None
    """Where it stands by the order of its source; None where a witness told when it began."""
    is_begun: bool = True
    """False where only its end is recorded, and `start_ns` says no more than that."""
    is_end_timed: bool = True
    """False where `end_ns` only says where its end stands by order."""
    exit_code: int | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    """Attributes of all its records, later ones over earlier ones."""
    blob_of: Mapping[str, str] = field(default_factory=dict)
    """Attribute name -> digest, for values that are cut short in `attributes`."""
    records: tuple[int, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    said: tuple[Said, ...] = ()
    """What each witness said of it, in order of `seq`."""
    links: tuple[Link, ...] = ()
    """Why the records of further witnesses are held to speak of it."""
    contradictions: tuple[Contradiction, ...] = ()
    silences: tuple[Silence, ...] = ()
    decision: Decision | None = None
    """The permission that decided it, where one is on record."""
    transport: Status = Status.UNSET
    """Did the call come back at all; `exit_code` and `content_error` are facts of their own."""
    content_error: str = ""
    """What its answer says went wrong although it came back; empty where nothing does."""
    join: Join | None = None
    sightings: tuple[Sighting, ...] = ()
    judgement: Judgement = Judgement(Effect.UNKNOWN)
    resources: tuple[ResourceState, ...] = ()
    """What its answer tells of resources: listed, deleted, gone."""
    reconstructed: str = ""
    """What of it was made up because nobody published it; empty when nothing was."""
    pid: int | None = None
    span_id: str = ""
    trace_id: str = ""

    @property
    def certainty(self) -> Certainty:
        """How it is known that it happened; below zero stands what only a command tells of."""
        if self.reconstructed:
            return Certainty.RECONSTRUCTED
        return Certainty.INFERRED if self.id < 0 else Certainty.OBSERVED

    @property
    def known_by(self) -> str:
        """How it is known, in words: who observed it, or that nobody did. What was made up of it is
        another matter (`reconstructed`).
        """
        if self.id < 0:
            return Certainty.INFERRED.value
        told = f"observed by {'+'.join(w.value for w in self.witnesses) or 'nobody'}"
        return told if self.placed is None else f"{told}, {self.placed.words}"

    @property
    def lane(self) -> Lane:
        """The timeline row it stands in."""
        return LANE_OF_KIND[self.kind]

    @property
    def is_timed(self) -> bool:
        """True where a witness told when it began."""
        return self.placed is None

    @property
    def moment_ns(self) -> int | None:
        """When it began, or where order puts it between told times (ns since the epoch); None in a
        session without any time, where `start_ns` says no more than the order.
        """
        return None if self.placed is not None and self.placed.beside is None else self.start_ns

    @property
    def until_ns(self) -> int | None:
        """When it was over (ns since the epoch), its start where nobody recorded the end of what
        is over all the same; None while it is open.
        """
        return (
            self.start_ns
            if self.end_ns is None and self.outcome is not Outcome.OPEN
            else self.end_ns
        )

    @property
    def duration_ns(self) -> int | None:
        """How long it took in ns; None while it is open, where its begin or its end was not
        recorded, and where nobody told when they were.
        """
        is_known = self.placed is None and self.is_begun and self.is_end_timed
        return self.end_ns - self.start_ns if self.end_ns is not None and is_known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret's life, known only by its fingerprint."""

    fingerprint: str
    credential_class: str
    hint: str
    name: str
    """Short stable name for people: the class and the first four digits of the fingerprint."""
    scope: str
    """What header, variable or format tell of its reach (`account`, `project`, ...); or empty."""
    scope_basis: str
    sightings: tuple[Sighting, ...]
    """In order of time."""

    @property
    def first(self) -> Sighting:
        """Where it appeared first."""
        return self.sightings[0]

    @property
    def uses(self) -> tuple[Sighting, ...]:
        """Where it was used against something."""
        return tuple(s for s in self.sightings if s.role is Role.USED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's match and the actions that it stands on."""

    rule: str
    """`R07`."""
    title: str
    severity: Severity
    reason: str
    """One line: why the rule holds here, with action numbers."""
    t_ns: int
    """The decisive moment."""
    action: int
    """The decisive action."""
    evidence: tuple[int, ...]
    """Actions that it stands on, in order."""
    certainty: Certainty
    tags: tuple[str, ...] = ()
    fingerprint: str = ""
    strong: bool = True
    """False where it rests on nearness in time or on likeness of words alone."""


@dataclass(frozen=True, slots=True)
class ResourceState:
    """What is known of a resource at a moment."""

    id: str
    type: str
    """`volume`, `backups`, ..."""
    name: str
    environment: str
    state: str
    """`alive`, `deleted`, `gone`, `not looked at`."""
    certainty: Certainty
    basis: str
    """Why: one line."""
    action: int
    """The action that it is known from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that is derived from one session."""

    session: SessionRow
    actions: Sequence[Action]
    """In order of start, then of `id`."""
    credentials: tuple[Credential, ...]
    findings: tuple[Finding, ...]
    """In order of time, then of severity (worst first)."""
    reconstructed: str
    """What of the whole session was made up because nobody published it; empty when nothing was."""
    verifier_key: str
    clocks: tuple[Clock, ...] = ()
    """How far outside witnesses' clocks are from the agent's, where both saw the same."""

    @property
    def start_ns(self) -> int:
        """Start of the first action (ns since the epoch)."""
        return self.actions[0].start_ns if self.actions else self.session.start_ns

    @property
    def end_ns(self) -> int:
        """Latest moment that anything is known of (ns since the epoch)."""
        known = [a.end_ns or a.start_ns for a in self.actions]
        if known and not self.session.timed:
            return max(known)
        return max([self.session.last_ns, *known])
