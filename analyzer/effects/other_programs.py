"""Judge programs in languages that are read only by their calls: Perl, Ruby, PHP, Lua, R, ..."""

from __future__ import annotations

import re
from functools import lru_cache

from analyzer.effects.calls import RUNS_SQL, judge_call, looks_like_sql
from analyzer.effects.computing import MAX_TEXT, Shell
from analyzer.effects.places import Place
from analyzer.effects.ranks import unknown, worst_of
from analyzer.effects.sql import judge_sql
from analyzer.model import Effect, Judgement

__all__ = ["judge_other"]

_SHELL_CALL = re.compile(
    r"""(?s)(?:\b(?:system|exec|shell_exec|passthru|popen|spawn|qx|IO\.popen|Open3\.\w+|os\.execute|proc_open)"""
    r"""\s*\(?\s*|%x[\[({]|qx[/{(])(?:"([^"]*)"|'([^']*)'|([^\])}/]*))"""
)
_NAMED_CALL = re.compile(
    r"([A-Za-z_][\w:.]*(?:->\w+)*)\s*[\s(]\s*(?:glob\s*\(\s*)?(?:\[\s*)?(?:\"([^\"]*)\"|'([^']*)')"
)


@lru_cache(maxsize=2_048)
def _bare(source: str) -> str:
    return re.sub(r"(?m)^\s*(?:#|//).*$", "", source)


_DELETES = re.compile(
    r"\b(?:[A-Z]\w*(?:\.|::)(?:delete|unlink|remove|remove_entry_secure)\b"
    r"|\w+[\])}]*(?:->|\.|::)(?:truncate|forceDelete|delete_all|destroy_all|destroy!?|drop|delete!|deleteAll)\b(?=\s*[(;}\n]|\s*$)"
    r"|[)](?:->)(?:delete|forceDelete|truncate|drop)\s*\()"
    r"|[\w)\]](?:->|\.)(?:deleteDir|deleteRecursively|clear!|batch_delete!|delete_objects|drop_table|drop_database"
    r"|remove_column|truncate_tables)(?!\w)"
)
"""Calls of a class's or a query's own deleting method, whatever it is given."""


_PRINTS = re.compile(r"""\s*(?:print|puts|say|echo)\s*\(?\s*(?:'[^'`]*'|"[^"`#$@]*")\s*\)?;?\s*""")
"""One word or sentence that is printed as it stands, whatever it speaks of."""


def judge_other(source: str, place: Place, shell: Shell, what: str) -> Judgement:
    """Return the effect of a program in a language that is read only by its calls."""
    text = _bare(source[:MAX_TEXT])
    if _PRINTS.fullmatch(text):
        return Judgement(Effect.READ, (f"{what} prints",))
    parts: list[Judgement] = [shell(inner) for inner in re.findall(r"`([^`]+)`", text)]
    for match in _SHELL_CALL.finditer(text):
        command = match[1] or match[2] or match[3]
        parts.append(
            shell(command) if command else unknown(f"{what} runs what is made when it runs")
        )
    for match in _NAMED_CALL.finditer(text):
        name = match[1].replace("::", ".").replace("->", ".")
        first = match[2] if match[2] is not None else match[3]
        if first and looks_like_sql(first) and name.rpartition(".")[2] in {*RUNS_SQL, "do", "exec"}:
            parts.append(judge_sql(first))
        found = judge_call(name, [first], place)
        if found is not None:
            parts.append(found)
    if (
        re.search(
            r"\b(?:rm_rf|rmtree|remove_tree|unlink|rmdir|destroy_all|delete_all|drop_database)\b",
            text,
        )
        and not parts
    ):
        parts.append(Judgement(Effect.D1, (f"{what} deletes what is named when it runs",)))
    if not parts and (said := _DELETES.search(text)):
        parts.append(Judgement(Effect.D1, (f"{what} calls {said[0].strip('(: ')[:60]}",)))
    if not parts and re.match(r"\s*(?:print|puts|echo|say|p)\b[^;|`]*$", text):
        parts.append(Judgement(Effect.READ, (f"{what} prints",)))
    return worst_of(parts) if parts else unknown(f"{what} that says nothing known")
