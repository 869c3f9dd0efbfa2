"""Judge `find -delete`: what it finds and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

from analyzer.effects.places import Ground
from analyzer.effects.shell.finding import Found, read_find
from analyzer.effects.shell.invocation import Word
from analyzer.effects.tools.context import Context, Tool
from analyzer.effects.tools.paths import ground_in, judge_paths
from analyzer.model import Effect, Judgement

__all__ = ["FIND_TOOLS"]


def _find(context: Context) -> Judgement | None:
    words = context.command.words[1:]
    if not any(w.text == "-delete" for w in words):
        if any(w.text in {"-exec", "-execdir", "-ok", "-okdir"} for w in words):
            return None
        return Judgement(Effect.READ, ("find lists files",), "find")
    found = read_find(words)
    if found.only_empty_folders:
        return Judgement(Effect.WRITE, ("find -empty takes away empty folders only",), "find")
    judged = judge_paths(
        context.command, _paths(found, context), context.place, whole=not found.wanted
    )
    if not found.spared:
        return judged
    named = ", ".join(name[:60] for name in found.spared[:4])
    # -delete works from the depths up: a name spares what bears it, and not what lies in it.
    deep = any(name.endswith("/*") for name in found.spared)
    why = f"leaves alone what is named {named}" + ("" if deep else ", but not what lies in it")
    return replace(judged, reasons=(*judged.reasons, why))


def _paths(found: Found, context: Context) -> list[Word]:
    starts = list(found.starts) or [Word(".")]
    if not found.wanted:
        return starts
    # Of the workspace itself only what bears the name goes.
    beside = [
        s for s in starts if ground_in(s, context.command, context.place) is not Ground.WORKSPACE
    ]
    return [*beside, *found.wanted]


FIND_TOOLS: dict[str, Tool] = {"find": _find, "gfind": _find}
