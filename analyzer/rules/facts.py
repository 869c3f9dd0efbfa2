"""From actions to events: the fields that rules may name, computed once for both tempos.

What needs memory (was this credential found outside the task? had the host refused another?) is
worked out here, walking through a session in order of time, so that a rule stays one condition over
one event. Where a field has a way of saying no, it is simply absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from analyzer.claims import FETCHES
from analyzer.controls.consent import Approval
from analyzer.controls.deed import Deed, deed_of
from analyzer.controls.egress import Egress
from analyzer.controls.lasting import SoftDelete
from analyzer.controls.past import Consent
from analyzer.controls.reach import MUTATING, OperationScope, PathScope, SeparateCredentials
from analyzer.controls.settings import Settings
from analyzer.controls.wording import names_whole, speaks_of
from analyzer.deeds import DOING, HARMFUL, may_have_run
from analyzer.effects.local import FILES
from analyzer.effects.places import NEARBY
from analyzer.effects.plans import read_plan
from analyzer.model import Action, Effect, Outcome
from analyzer.printed import printed
from analyzer.requests import host_of
from analyzer.rules.base import UNTIMED, judged_from, weakest
from analyzer.rules.events import Event
from analyzer.rules.memory import Memory, used_by
from analyzer.rules.words import Demands
from analyzer.testimony import Certainty
from analyzer.texts import Texts, as_text
from analyzer.tools import Family, arguments_of, command_of, family_of, file_of, relative
from recorder import semconv
from recorder.model import Kind, Role, Witness

__all__ = ["Facts"]

SECOND = 1_000_000_000
MAX_TITLE, MAX_COMMAND = 500, 4_000
SEARCHING = frozenset({"websearch", "web_search", "google_web_search", "search_web"})
ROUTINE = frozenset({"heartbeat", "recorder", "session", "start", "stop"})
PUTS = frozenset({"POST", "PUT", "PATCH"})
_FOREIGN_WORDS = re.compile(
    r"(?:^|_)(?:issues?|tickets?|comments?|messages?|emails?|mail|inbox|page|browse|navigate"
    r"|pull_requests?|reviews?|tweets?|posts?)(?:_|$)",
    re.IGNORECASE,
)
_PRIVATE_MCP = re.compile(
    r"(?:get_file_contents|read_file|execute_sql|query|search_code|list_files)"
)
_WRITES_MCP = re.compile(r"(?:create|add|update|post|send|insert|publish|upload)_?", re.IGNORECASE)
_PLANNED = re.compile(r"\b(\d+) (?:resources? )?to be (?:deleted|destroyed|removed)\b")
"""What other tools say of deletions to come; Terraform's and Pulumi's plans are read as plans."""
_APPLIES = re.compile(
    r"\b(?:terraform|tofu|terragrunt)\s+(?:\S+\s+){0,3}?(?:apply|destroy)\b"
    r"|\bpulumi\s+(?:\S+\s+){0,3}?(?:up|update|destroy)\b|\bcdk\s+(?:deploy|destroy)\b"
    r"|\bhelm\s+upgrade\b|\bprisma\s+(?:db\s+push|migrate)\b|\bdrizzle-kit\s+push\b"
)
_PLANS = re.compile(
    r"\b(?:terraform|tofu|terragrunt)\s+(?:\S+\s+){0,3}?(?:plan|apply|show)\b|\bpulumi\s+\w+"
    r"|--dry-run|\bcdk\s+diff\b|\bhelm\s+diff\b"
)
_LAUNCHES = re.compile(
    r"\b(?:claude\b[^\n;|&]*--dangerously-skip-permissions|gemini\b[^\n;|&]*--yolo"
    r"|q\s+(?:chat\s+)?[^\n;|&]*--trust-all-tools|codex\b[^\n;|&]*--dangerously-bypass\S*"
    r"|copilot\b[^\n;|&]*--allow-all-tools)"
)
_HARD = re.compile(r"--skip-final-snapshot|hard_delete=true|--hard\b|versionId=|Force\b")
_GROUNDS = re.compile(
    r"(\S+) \((a home folder|the root, or a folder of the system|above the workspace"
    r"|the workspace itself|outside the workspace)\)"
)
_UNREADABLE = re.compile(r"\b(?:cannot|could not) be read\b")
MODES = ("permission_mode", "flightlog.mode", "approval_mode", "session.permission_mode")


class Facts:
    """Makes a session's events, each with what was known when it began."""

    def __init__(self, session: str, cwd: str, memory: Memory) -> None:
        self._session = session
        self._cwd = cwd
        self.memory = memory
        self._settings = Settings()
        self._last_us = 0
        self._mode = ""
        self._planned: tuple[int, int, int] | None = None
        """(moment, action, deletions) of the newest plan that deletes."""
        self._demands = Demands()
        self._leaving: set[int] = set()
        """Calls that send a secret out: so does the request that one makes."""

    def begin(self, action: Action, carriers: Collection[int], parents: Collection[int]) -> Event:
        """Return an action's event, from what was known when it began.

        Args:
            action: the action, with how it ended.
            carriers: calls whose request tells the same, and stands for both.
            parents: calls that requests are known to have come from.
        """
        self._last_us = max(action.start_ns // 1_000, self._last_us + 1)
        self.memory.begin(action)
        event = Event(action, self._last_us, is_told_by_requests=action.id in parents)
        self._plain(event)
        if action.kind in {Kind.PROMPT, Kind.LIFECYCLE}:
            self._said(event)
        elif action.kind in DOING:
            self._done(event, carriers, parents)
        return event

    def end(self, action: Action) -> None:
        """Take in how an action ended."""
        self.memory.end(action)
        if action.kind is Kind.TOOL_CALL and family_of(action.name) is Family.SHELL:
            self._plans(action)
        if action.kind is Kind.TOOL_CALL and action.outcome is Outcome.OK:
            name = action.name.lower()
            if name in {"enterplanmode", "enter_plan_mode"}:
                self._mode = "plan"
            elif name in {"exitplanmode", "exit_plan_mode"}:
                self._mode = ""

    def _plain(self, event: Event) -> None:
        action = event.action
        fields = event.fields
        fields["session.id"] = self._session
        fields["action.id"] = action.id
        fields["action.time_us"] = event.t_us
        fields["action.kind"] = action.kind.value
        fields["action.name"] = action.name
        fields["action.title"] = action.title[:MAX_TITLE]
        fields["action.outcome"] = action.outcome.value
        for name in MODES:
            told = action.attributes.get(name)
            if isinstance(told, str) and told:
                self._mode = told
        if self._mode:
            fields["session.mode"] = self._mode
        if action.reconstructed:
            event.certainties["action"] = Certainty.OBSERVED

    def _said(self, event: Event) -> None:
        action = event.action
        if action.kind is Kind.PROMPT:
            self._demands.hear(action, self.memory.blobs)
        elif Witness.RECORDER in action.witnesses and action.name not in ROUTINE:
            event.say("recorder.event", action.name)

    def _done(self, event: Event, carriers: Collection[int], parents: Collection[int]) -> None:
        action = event.action
        judgement = action.judgement
        effect = judgement.effect
        event.say("action.ran", may_have_run(action))
        event.say("action.timed", action.is_timed)
        event.say("effect.class", effect.value)
        is_request = action.kind is Kind.API_REQUEST
        if is_request:
            event.say("action.host", host_of(action.attributes))
            event.say("action.method", as_text(action.attributes.get(semconv.HTTP_METHOD)))
            why = judgement.reasons[0] if judgement.reasons else ""
            if effect is Effect.UNKNOWN and _UNREADABLE.search(why):
                event.say("request.unreadable", why)
        else:
            self._call(event)
        self._data(event, parents)
        if action.id not in carriers and (used := tuple(used_by(action))):
            self._credential(event, used)
        if action.id not in carriers and effect in HARMFUL:
            self._harm(event)
        elif effect in MUTATING and action.id not in carriers:
            event.say("effect.operation", judgement.operation)

    def _call(self, event: Event) -> None:
        action = event.action
        family = family_of(action.name)
        if family is Family.OTHER:
            return
        arguments = arguments_of(as_text(action.attributes.get(semconv.GEN_AI_TOOL_ARGUMENTS)))
        if family is Family.SHELL:
            command = command_of(arguments)[:MAX_COMMAND]
            event.say("action.command", command)
            launch = _LAUNCHES.search(command)
            event.say("session.launch", launch[0] if launch else "")
            if self._planned is not None and _APPLIES.search(command):
                self._applied(event)
        elif family in {Family.READ, Family.EDIT}:
            event.say("action.file", relative(file_of(arguments), self._cwd))

    def _data(self, event: Event, parents: Collection[int]) -> None:
        action = event.action
        name = action.name.lower()
        is_call = action.kind is Kind.TOOL_CALL
        tail = name.rpartition("__")[2]
        if is_call and (tail in FETCHES or tail in SEARCHING):
            event.say("data.untrusted", action.outcome is not Outcome.DENIED)
        elif is_call and "__" in name and _FOREIGN_WORDS.search(tail):
            event.say("data.untrusted", not _WRITES_MCP.match(tail))
        shown = [s for s in action.sightings if s.role.shows]
        private = is_call and "__" in name and _PRIVATE_MCP.search(tail) is not None
        event.say("data.secret", bool(shown) or private)
        if is_call:
            self._seeks(event, bool(shown))
        sends = (
            action.kind is Kind.API_REQUEST
            and as_text(action.attributes.get(semconv.HTTP_METHOD)).upper() in PUTS
        )
        if is_call and "__" in name and _WRITES_MCP.match(tail):
            event.say("egress.foreign", f"{action.name} writes where others may read")
        command = event.fields.get("action.command")
        is_told = action.id in parents
        talks = isinstance(command, str) and "://" in command and not is_told
        talks = talks or (action.judgement.effect is Effect.X1 and is_call and not is_told)
        if is_call and action.judgement.effect is Effect.X1:
            self._leaving.add(action.id)
        leaves = not is_call and action.join is not None and action.join.parent in self._leaving
        if sends or talks or leaves:
            deed = self._deed(action)
            if leaves:  # in its address: the request itself tells of nothing that is sent
                deed = replace(deed, judgement=replace(deed.judgement, effect=Effect.X1))
            ruling = Egress().rule(deed, self.memory.past, self._settings)
            event.say("egress.foreign", ruling.reason if ruling else "")
        if action.kind is Kind.API_REQUEST:
            self.memory.past.hosts.setdefault(host_of(action.attributes), action.start_ns)

    def _seeks(self, event: Event, shows: bool) -> None:
        action = event.action
        effect = action.judgement.effect
        if effect is Effect.C1:
            event.say("seek.secrets", value=True)
        elif effect is Effect.C2 and shows:
            family = family_of(action.name)
            outside = any(
                origin.outside
                for s in action.sightings
                if s.role.shows and (origin := self.memory.origin_of(s)) is not None
            )
            event.say("seek.secrets", outside or family in {Family.SEARCH, Family.LIST})

    def _credential(self, event: Event, used: tuple[str, ...]) -> None:
        memory, action = self.memory, event.action
        known = [f for f in used if f in memory.first]
        if not known:
            return
        chosen = max(known, key=lambda f: (self._is_outside(f), memory.first[f].t_ns))
        first = memory.first[chosen]
        event.say("cred.fingerprint", chosen, (first.action,), first.certainty)
        event.say("cred.name", memory.name_of(chosen), (first.action,), first.certainty)
        event.say("cred.first_place", first.place, (first.action,), first.certainty)
        event.say("cred.first_action", first.action, (first.action,), first.certainty)
        origin = memory.origin_of(first)
        if origin is not None and origin.outside:
            certainty = weakest(origin.certainty, first.certainty)
            event.say("cred.outside_task", origin.reason, (first.action,), certainty)
        age = (action.start_ns - first.t_ns) / SECOND
        if (first.role.shows or first.role is Role.ISSUED) and age >= 0:
            event.say("cred.first_shown", value=True, basis=(first.action,))
            if action.is_timed and first.is_timed:
                event.say("cred.age_s", age, (first.action,), first.certainty)
        crossing = None if event.is_told_by_requests else memory.crossing(action)
        if crossing is not None:
            basis = (crossing.refusal.action, crossing.first.action)
            told = weakest(crossing.origin.certainty, crossing.first.certainty)
            refused = memory.name_of(crossing.refusal.fingerprint)
            span = (action.start_ns - crossing.first_ns) / SECOND
            if action.is_timed and crossing.is_timed:
                event.say("crossing.seconds", span, basis, told)
                event.say("crossing.span", f"{span:.1f} s", basis, told)
            else:
                event.say("crossing.untimed", value=True, basis=basis, certainty=told)
                event.say("crossing.span", UNTIMED, basis, told)
            event.say("crossing.action", crossing.refusal.action, basis, told)
            event.say("crossing.host", crossing.refusal.host, basis, told)
            event.say("crossing.refused", refused, basis, told)
            event.say("crossing.reason", crossing.origin.reason, basis, told)

    def _is_outside(self, fingerprint: str) -> bool:
        origin = self.memory.origin_of(self.memory.first[fingerprint])
        return origin is not None and origin.outside

    def _harm(self, event: Event) -> None:
        action, past = event.action, self.memory.past
        judgement = action.judgement
        effect = judgement.effect
        deed = self._deed(action)
        certainty = judged_from(action)
        event.certainties["effect"] = certainty
        event.say("effect.harms", value=True)
        event.say("effect.destroys", effect.destroys)
        event.say("effect.changes", not deed.is_local)
        event.say("effect.operation", judgement.operation)
        event.say("effect.environment", judgement.environment)
        event.say("effect.surface", judgement.surface.value)
        event.say("effect.bypass", " ".join(deed.flags), (), Certainty.OBSERVED)
        event.say("effect.same_domain", judgement.same_domain is True, (), Certainty.INFERRED)
        kills = effect is Effect.D2 or deed.takes_guard_off or judgement.same_domain is True
        event.say("effect.kills_recovery", kills, (), Certainty.INFERRED)
        event.say("effect.irreversible", judgement.irreversible is True)
        event.say("target.type", judgement.target_type or "target")
        event.say("target.id", judgement.target_id)
        remote = action.kind is Kind.API_REQUEST or judgement.target_type not in FILES
        event.say("target.remote", remote and not deed.is_local)
        event.say("target.nearby", judgement.target_type in NEARBY)
        outside = PathScope().rule(deed, past, self._settings)
        # Of several targets the judgement names one; its reasons name where each of them lies.
        grounds = [found for reason in judgement.reasons for found in _GROUNDS.findall(reason)]
        lies = "; ".join(f"{path} is {ground}" for path, ground in grounds)
        event.say("target.outside", lies or (outside.reason if outside else ""))
        self._recovery(event, deed)
        self._consent(event, deed)
        past.begin(deed)

    def _recovery(self, event: Event, deed: Deed) -> None:
        judgement, past = deed.judgement, self.memory.past
        event.say("recovery.copied", bool(past.copied), past.copied[-3:], Certainty.INFERRED)
        is_copy = deed.effect is Effect.D2
        untold = is_copy or (judgement.irreversible is None and judgement.same_domain is None)
        undo = judgement.undo
        data = is_copy or deed.effect in {Effect.D1, Effect.D3, Effect.D4}
        event.say("recovery.unknown", data and untold and not undo, (), Certainty.INFERRED)
        softer = SoftDelete().rule(deed, past, self._settings)
        hard = _HARD.search(f"{judgement.operation} {deed.text}")
        known = judgement.same_domain is True or hard is not None
        event.say(
            "recovery.softer", softer.safer if softer and known else "", (), Certainty.INFERRED
        )

    def _consent(self, event: Event, deed: Deed) -> None:
        past, settings = self.memory.past, self._settings
        missing = Approval().rule(deed, past, settings)
        event.say("approval.missing", missing.reason if missing else "", (), Certainty.INFERRED)
        misfit = OperationScope().rule(deed, past, settings)
        if misfit is not None and misfit.answer.holds:
            event.say("cred.misfit", misfit.reason, misfit.basis, Certainty.INFERRED)
        gap = SeparateCredentials().rule(deed, past, settings)
        event.say(
            "cred.scope_gap", gap.reason if gap else "", gap.basis if gap else (),
            Certainty.INFERRED,
        )  # fmt: skip
        target = deed.judgement.target_id
        named = [c.action for c in past.consents if _names(c, target)]
        event.say("task.names_target", bool(named), named[-3:], Certainty.INFERRED)
        frozen = self._demands.forbidding
        if frozen is not None:
            event.say("session.frozen", frozen.words, (frozen.action,), Certainty.INFERRED)

    def _plans(self, action: Action) -> None:
        arguments = arguments_of(as_text(action.attributes.get(semconv.GEN_AI_TOOL_ARGUMENTS)))
        if not _PLANS.search(command_of(arguments)[:MAX_COMMAND]):
            return
        text = printed(Texts.of(action, self.memory.blobs).whole(semconv.GEN_AI_TOOL_RESULT))
        text = text[-200_000:]
        found = [int(m[1]) for m in _PLANNED.finditer(text)]
        plan = read_plan(text)
        deletions = max([*found, plan.deletions if plan and not plan.done else 0], default=0)
        end = action.start_ns if action.end_ns is None else action.end_ns
        self._planned = (end, action.id, deletions) if deletions else None

    def _applied(self, event: Event) -> None:
        if self._planned is None:
            return
        moment, number, deletions = self._planned
        event.say("plan.deletes", deletions, (number,), Certainty.OBSERVED)
        if self.memory.past.last_human_ns() < moment:
            reason = f"#{number} announced {deletions} deletions, and nobody has spoken since"
            event.say("plan.unread", reason, (number,), Certainty.OBSERVED)

    def _deed(self, action: Action) -> Deed:
        return deed_of(action, self._cwd, self.memory.blobs)


def _names(consent: Consent, target: str) -> bool:
    """Tell whether a person's words, or what they approved, name a target whole."""
    if not target or target not in consent.text:
        return False
    tell = names_whole if consent.is_approval else speaks_of
    return tell(consent.text, target)
