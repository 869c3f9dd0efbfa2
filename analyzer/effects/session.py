"""Judge what actions do to the world, each with its reasons.

An HTTP request is judged by what is in it, looked up in the catalogue. What cannot be read, and
what nobody has described, is unknown: never a read. A tool call is judged by what is seen inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from analyzer.effects.calls import looks_like_sql
from analyzer.effects.graphql import judge_graphql, judge_name
from analyzer.effects.http import OVERRIDES, judge_plain_http, overridden
from analyzer.effects.operations import judge_operation
from analyzer.effects.places import UNKNOWN, Place
from analyzer.effects.planned import PROGRAMS, Plans
from analyzer.effects.ranks import rank, worst_of
from analyzer.effects.shell.judging import judge_shell
from analyzer.effects.sql import judge_sql
from analyzer.extent import Surface
from analyzer.model import Action, Effect, Judgement, Outcome, ResourceState
from analyzer.outcomes import answers_of
from analyzer.printed import printed
from analyzer.requests import header, provider_behind, request_of
from analyzer.resources import BACKUPS, DELETED, GONE, Exchange, Ledger
from analyzer.secret_names import names_a_secret
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts, as_text, no_blobs
from analyzer.tools import Family, arguments_of, command_of, family_of, pattern_of
from recorder import semconv
from recorder.model import Json, Kind, Role

__all__ = ["judge_all", "judge_request", "marked_like_its_call"]

GIVEN_BY_THE_CALL = frozenset({Role.USED, Role.COPIED})
"""What a call does with a credential that it has already."""

SQL_KEYS = ("sql", "query", "statement", "sql_query", "queries")
"""Arguments of database tools that hold SQL."""
SHELL_KEYS = ("command", "cmd", "shell_command", "commandLine", "command_line")
"""Arguments that hold a command, whatever the tool is called."""
PLAIN_READERS = frozenset({Family.READ, Family.SEARCH, Family.LIST})
_SEARCH_COMMAND = re.compile(r"\b(?:e?grep|rg|ag|ack|git\s+grep|find)\b")


def judge_all(
    actions: Sequence[Action],
    blobs: Blobs = no_blobs,
    ledger: Ledger | None = None,
    plans: Plans | None = None,
    *,
    workspace: str = "",
) -> tuple[Action, ...]:
    """Return the actions of a session with their judgements and what they tell of resources.

    What an answer tells counts for requests that start after it: the environment of a target is
    what the agent could have known when it acted.

    Args:
        actions: a session's actions, or those that follow on the ones judged before.
        blobs: where large values come from.
        ledger: what earlier answers have told; it goes on from there.
        plans: what earlier plans of infrastructure tools have told; likewise.
        workspace: the session's working directory; paths lie inside it or outside.
    """
    ledger = Ledger() if ledger is None else ledger
    plans = Plans() if plans is None else plans
    sessions = ledger.mcp_sessions
    judged = {action.id: action for action in actions}
    steps = [(a.start_ns, 0, a.id) for a in actions]
    steps += [(a.end_ns, 1, a.id) for a in actions if a.end_ns is not None]
    for _, is_end, number in sorted(steps):
        action = judged[number]
        if action.kind is Kind.API_REQUEST:
            if is_end:
                sessions.learn(action)
                judged[number] = replace(action, resources=_told(action, ledger, blobs))
                continue
            judgement = sessions.ended_by(action) or _placed(action, ledger, blobs)
            action = replace(action, judgement=judgement)
            if action.end_ns is None:
                action = replace(action, resources=ledger.doubt(action))
            judged[number] = action
        elif action.kind is Kind.TOOL_CALL and not is_end:
            judged[number] = replace(action, judgement=_judge_call(action, blobs, plans, workspace))
        elif action.kind is Kind.TOOL_CALL and family_of(action.name) is Family.SHELL:
            ended = _ended(action, blobs, plans)
            judged[number] = replace(ended, resources=_deleted_by_command(ended))
    for number in sorted(judged):
        _hand_up(judged[number], judged)
        judged[number] = marked_like_its_call(judged[number], judged)
    return tuple(judged[action.id] for action in actions)


def judge_request(texts: Texts) -> Judgement:
    """Return the effect of an API request, whether or not it was allowed."""
    if semconv.HTTP_METHOD not in texts.attributes and semconv.RPC_METHOD in texts.attributes:
        return judge_operation(texts)
    if semconv.HTTP_METHOD not in texts.attributes:
        reason = as_text(texts.attributes.get(semconv.REASON)) or "no HTTP"
        return Judgement(Effect.UNKNOWN, (f"the wire could not be read: {reason}",))
    request = request_of(texts)
    if request.graphql is not None:
        provider, why = provider_behind(request)
        return judge_graphql(request.graphql, provider, why)
    url = as_text(texts.attributes.get(semconv.URL_FULL))
    query = urlsplit(url).query
    body = texts.whole(semconv.REQUEST_BODY)
    whole = f"http://{request.host}{request.path}" + (f"?{query}" if query else "")
    headers = {name: header(texts.attributes, name) for name in OVERRIDES}
    return judge_plain_http(
        overridden(request.method, whole, headers, body),
        whole,
        body,
        target=header(texts.attributes, "x-amz-target"),
    )


def _placed(action: Action, ledger: Ledger, blobs: Blobs) -> Judgement:
    judgement = judge_request(Texts.of(action, blobs))
    if not judgement.target_id:
        return judgement
    environment = ledger.environment_of(judgement.target_id)
    if environment == UNKNOWN:
        return judgement
    basis = f"an answer told the environment of {judgement.target_id}"
    return replace(judgement, environment=environment, environment_basis=basis)


def _told(action: Action, ledger: Ledger, blobs: Blobs) -> tuple[ResourceState, ...]:
    if action.outcome is Outcome.NO_RESULT:
        return ledger.doubt(action)
    texts = Texts.of(action, blobs)
    request = request_of(texts)
    if request.graphql is None:
        return _deleted_by_method(action)
    if request.graphql.unreadable:
        return ()
    provider, _ = provider_behind(request)
    answers = answers_of(texts)
    if provider is None or not answers:
        return ()
    return ledger.learn(Exchange(action.id, provider, request.graphql, answers))


def _deleted_by_method(action: Action) -> tuple[ResourceState, ...]:
    judgement = action.judgement
    is_deletion = judgement.operation.startswith("DELETE ") and judgement.target_id
    if not is_deletion or action.outcome is not Outcome.OK:
        return ()
    return (_deleted(action, f"HTTP DELETE in #{action.id} was answered with success"),)


def _deleted(action: Action, basis: str) -> ResourceState:
    judgement = action.judgement
    return ResourceState(
        id=judgement.target_id,
        type=judgement.target_type,
        name=judgement.target_id,
        environment=judgement.environment,
        state=DELETED,
        certainty=Certainty.INFERRED,
        basis=basis,
        action=action.id,
    )


def _ended(action: Action, blobs: Blobs, plans: Plans) -> Action:
    """Return a command with what its own output tells of its effect."""
    texts = Texts.of(action, blobs)
    command = command_of(arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS)))
    if not any(program in command for program in PROGRAMS):
        return action
    told = plans.end(action, command, printed(texts.whole(semconv.GEN_AI_TOOL_RESULT)))
    return action if told is None else replace(action, judgement=told)


def _deleted_by_command(action: Action) -> tuple[ResourceState, ...]:
    """Return what a command that ended well has deleted, by what its words say."""
    judgement = action.judgement
    # What is restored over still exists, and what can be called off is not gone.
    lasts = judgement.effect is Effect.D4 or judgement.irreversible is False
    if not judgement.effect.destroys or not judgement.target_id or lasts:
        return ()
    if action.outcome is not Outcome.OK:
        return ()
    state = _deleted(action, f"{judgement.operation} in #{action.id} ended well")
    if not judgement.same_domain or judgement.effect is Effect.D2:
        return (state,)
    why = next((r for r in judgement.reasons if "cop" in r or "backup" in r), state.basis)
    copies = replace(
        state,
        id=f"{judgement.target_id}/{BACKUPS}",
        type=BACKUPS,
        name=f"backups of {judgement.target_id}",
        state=GONE,
        basis=why,
    )
    return (state, copies)


def _judge_call(action: Action, blobs: Blobs, plans: Plans, workspace: str) -> Judgement:
    arguments = arguments_of(Texts.of(action, blobs).whole(semconv.GEN_AI_TOOL_ARGUMENTS))
    family = family_of(action.name)
    exposed = {s.fingerprint for s in action.sightings if s.role not in GIVEN_BY_THE_CALL}
    sought = pattern_of(arguments) if family in {Family.SEARCH, Family.LIST} else ""
    if family is Family.SHELL and _SEARCH_COMMAND.search(command_of(arguments)):
        sought = command_of(arguments)
    seeks = names_a_secret(sought)
    reasons = []
    if exposed:
        many = f"{len(exposed)} credentials" if len(exposed) > 1 else "a credential"
        reasons.append(f"{many} entered its output")
    if seeks:
        reasons.append("searches for names of secrets")
    told = _told_by_arguments(action, arguments, family, workspace)
    told = plans.judge(told, command_of(arguments))
    if exposed:
        return worst_of([Judgement(Effect.C2, tuple(reasons)), told])
    if seeks:
        return worst_of([Judgement(Effect.C1, tuple(reasons)), told])
    return told


def _told_by_arguments(
    action: Action, arguments: Mapping[str, Json], family: Family, workspace: str
) -> Judgement:
    """Return what the arguments of a call tell of its effect."""
    if family in PLAIN_READERS:
        return Judgement(Effect.READ, (f"{action.name} only reads",))
    if family is Family.EDIT:
        return Judgement(Effect.WRITE, (f"{action.name} writes a file",))
    if family is Family.SHELL and (command := command_of(arguments)):
        folder = as_text(arguments.get("cwd") or arguments.get("workdir")) or as_text(
            action.attributes.get(semconv.PROCESS_CWD)
        )
        return judge_shell(command, Place(folder or workspace, workspace=workspace))
    return _told_by_tool(action.name, arguments)


def _told_by_tool(name: str, arguments: Mapping[str, Json]) -> Judgement:
    """Return what a tool that nobody describes does: by the SQL it is given, else by its name."""
    for key in SQL_KEYS:
        text = arguments.get(key)
        if isinstance(text, str) and looks_like_sql(text):
            return replace(judge_sql(text), surface=Surface.MCP)
    for key in SHELL_KEYS:
        text = arguments.get(key)
        if isinstance(text, str) and _harms((run := judge_shell(text)).effect):
            # A tool of any name that is given a command runs it, as far as anybody can tell.
            return replace(run, surface=Surface.MCP)
    last = name.rpartition("__")[2]
    told = judge_name(last, arguments)
    if told.effect is not Effect.UNKNOWN:
        return replace(told, surface=Surface.MCP)
    return Judgement(Effect.UNKNOWN, (f"what {name} did is not known from its record",))


def _hand_up(action: Action, judged: dict[int, Action]) -> None:
    """Give the calls around a harmful request its effect."""
    judgement = action.judgement
    if action.kind is not Kind.API_REQUEST or not action.join or not _harms(judgement.effect):
        return
    parent = judged.get(action.join.parent)
    if parent is None or parent.kind is not Kind.TOOL_CALL:
        return
    if rank(parent.judgement.effect) <= rank(judgement.effect):
        reason = f"inferred from #{action.id} inside it ({action.join.basis})"
        judged[parent.id] = replace(
            parent, judgement=replace(judgement, reasons=(reason, *judgement.reasons))
        )


def marked_like_its_call(action: Action, judged: Mapping[int, Action]) -> Action:
    """Return a request that a re-enacted call made with that call's mark.

    The wire saw it, but what it saw is no more than the call that was made up in part.
    """
    parent = judged.get(action.join.parent) if action.join else None
    if action.kind is not Kind.API_REQUEST or action.reconstructed or parent is None:
        return action
    if parent.kind is not Kind.TOOL_CALL or not parent.reconstructed:
        return action
    return replace(action, reconstructed=f"made by #{parent.id}: {parent.reconstructed}")


def _harms(effect: Effect) -> bool:
    return effect.destroys or effect in {Effect.D5, Effect.D6}
