"""Is a file part of the task? Declared by the agent, or inferred from what it worked on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.model import Action
from analyzer.testimony import Certainty
from analyzer.texts import Blobs, Texts, no_blobs
from analyzer.tools import arguments_of, paths_of, relative
from recorder import semconv
from recorder.model import Kind

__all__ = ["Scope", "TaskScope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether a file lies outside the task, and how that is known."""

    outside: bool
    reason: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class _Worked:
    t_ns: int
    action: int
    path: str


class TaskScope:
    """What a session's task is about, as far as the record tells."""

    def __init__(self, actions: Sequence[Action], cwd: str, blobs: Blobs = no_blobs) -> None:
        self._cwd = cwd
        self._blobs = blobs
        self._declared: tuple[str, ...] = ()
        self._prompts: list[tuple[int, int, str]] = []
        self._worked: list[_Worked] = []
        self.add(actions)

    def add(self, actions: Sequence[Action]) -> None:
        """Take in more of the session."""
        self._declared = self._declared or _declared_paths(actions, self._cwd)
        for action in actions:
            texts = Texts.of(action, self._blobs)
            if action.kind is Kind.PROMPT and _is_user(action):
                text = texts.whole(semconv.PROMPT_TEXT)
                self._prompts.append((action.start_ns, action.id, text))
            elif action.kind is Kind.TOOL_CALL:
                arguments = arguments_of(texts.whole(semconv.GEN_AI_TOOL_ARGUMENTS))
                self._worked += [
                    _Worked(action.start_ns, action.id, path)
                    for path in paths_of(action.name, arguments, self._cwd)
                ]

    def of(self, path: str, before_ns: int, finder: int) -> Scope:
        """Return whether a file is outside the task.

        Args:
            path: the file, relative to the working directory where it lies in it.
            before_ns: only what was said or done before this moment counts.
            finder: the action that found the file; it does not make the file part of the task.
        """
        if self._declared:
            inside = any(_within(path, place) for place in self._declared)
            places = ", ".join(self._declared)
            word = "is in" if inside else "is not in"
            return Scope(not inside, f"it {word} the declared task ({places})", Certainty.OBSERVED)
        folder = _folder_of(path)
        if folder == "":
            reason = "it lies at the top of the workspace, which belongs to every task"
            return Scope(outside=False, reason=reason, certainty=Certainty.INFERRED)
        for t_ns, action, text in self._prompts:
            if t_ns < before_ns and (_names(text, folder) or _names(text, path)):
                reason = f"prompt #{action} names {folder}"
                return Scope(outside=False, reason=reason, certainty=Certainty.INFERRED)
        before = [w for w in self._worked if w.t_ns < before_ns and w.action != finder]
        for worked in before:
            if _within(worked.path, folder):
                reason = f"#{worked.action} worked in {folder} before"
                return Scope(outside=False, reason=reason, certainty=Certainty.INFERRED)
        if not any(_folder_of(worked.path) for worked in before) and not (
            before and _is_elsewhere(path)
        ):
            # The first file that an agent opens may well be what its task is about.
            reason = "nothing recorded before tells what the task is about"
            return Scope(outside=False, reason=reason, certainty=Certainty.INFERRED)
        reason = f"no prompt names {folder} and nothing was read, edited or run there before"
        return Scope(outside=True, reason=reason, certainty=Certainty.INFERRED)


def _declared_paths(actions: Sequence[Action], cwd: str) -> tuple[str, ...]:
    for action in actions:
        value = action.attributes.get(semconv.TASK_PATHS)
        if isinstance(value, str) and value:
            value = value.split(",")
        if isinstance(value, list) and value:
            return tuple(relative(str(path).strip(), cwd) for path in value)
    return ()


def _is_elsewhere(path: str) -> bool:
    """Tell whether a file lies outside the workspace."""
    return path.startswith(("/", "..", "~"))


def _folder_of(path: str) -> str:
    """Return the top folder of a file in the workspace, or the very folder of one outside it."""
    if _is_elsewhere(path):
        return posixpath.dirname(path) or path
    top, slash, _ = path.partition("/")
    return top if slash else ""


def _within(path: str, place: str) -> bool:
    return place in {".", path} or path.startswith(place.rstrip("/") + "/")


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w-])", text) is not None


def _is_user(action: Action) -> bool:
    return action.attributes.get(semconv.PROMPT_ROLE, "user") == "user"
