"""The part of the catalogue that knows command lines: which words of which program do what.

A file of the catalogue may name `programs`, and `commands` with the words that stand after them:

    - {do: backup|schedule delete, effect: D2, same_domain: true, source: docs,
       example: velero backup delete --all}

`do` is compared with the words that are no options, from the left; `|` gives alternatives, `*`
stands for any word, `...` at its front for any words. `with` and `without` name options of which
one must, or none may stand there (`--flag=value` is compared whole as well); `option` and `holds`
name one whose value must hold something; `sql` says where SQL stands that decides. The first entry
that fits counts. `letters: false` beside `programs` says that `-pvc` is one option of theirs and
not three. Programs of one name in several files (two vendors' `atlas`) are one program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from analyzer.catalogue import load
from analyzer.model import Effect

__all__ = ["ANY", "Entry", "Program", "catalogue_files", "entries", "program_of"]

ANY = frozenset({"*"})
_SHARED = frozenset({"credential_scopes", "aws_levels"})
"""Files beside the providers' that hold something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one form of a command does."""

    provider: str
    path: tuple[frozenset[str], ...]
    anywhere: bool
    effect: Effect
    source: str
    example: str
    same_domain: bool | None = None
    irreversible: bool | None = None
    undo: str = ""
    takes: str = ""
    note: str = ""
    needs: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    bulk: str = ""
    environment: str = ""
    """Where it always acts: `development` for the packages of a working copy."""
    option: str = ""
    holds: re.Pattern[str] | None = None
    """An option whose value must hold this."""
    sql: str = ""
    """Where SQL stands that decides: an option, or `last` for the word after those of `path`."""

    def fits(
        self,
        words: Sequence[str],
        options: frozenset[str],
        values: Sequence[tuple[str, str]] = (),
    ) -> bool:
        """Tell whether a command's words, options and their values are this entry's."""
        if self.needs and not self.needs & options:
            return False
        if self.holds and not any(n == self.option and self.holds.search(v) for n, v in values):
            return False
        if self.without & options:
            return False
        if not self.anywhere:
            return self._from(words, 0)
        return any(self._from(words, n) for n in range(max(len(words) - len(self.path) + 1, 0)))

    def end(self, words: Sequence[str]) -> int:
        """Return how many of a command's words say what is done, up to what it is done to."""
        starts = range(max(len(words) - len(self.path) + 1, 0)) if self.anywhere else (0,)
        start = next((n for n in starts if self._from(words, n)), 0)
        return start + len(self.path)

    def _from(self, words: Sequence[str], start: int) -> bool:
        if len(words) - start < len(self.path):
            return False
        return all(
            wanted is ANY or word in wanted
            for wanted, word in zip(self.path, words[start:], strict=False)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program's command line."""

    provider: str
    title: str
    valued: frozenset[str]
    """Options that take the next word."""
    bypass: frozenset[str]
    """Options that get past a question."""
    dry: frozenset[str]
    """Options with which nothing is done."""
    entries: tuple[Entry, ...]
    takes_verbs: bool
    """Where no entry fits, its verbs may tell."""
    letters: bool = True
    """Options of one dash may be several: `-rf`; not where long ones have one dash too."""


@cache
def catalogue_files() -> tuple[str, ...]:
    """Return the names of the providers' files, without the ending."""
    folder = files("analyzer.catalogue")
    names = (entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(sorted({name.removesuffix(".yaml") for name in names} - _SHARED))


def program_of(name: str) -> Program | None:
    """Return what the catalogue knows of a program, by its name without a folder."""
    return _programs().get(name)


def entries() -> Iterator[Entry]:
    """Yield every entry of the catalogue about commands."""
    for program in dict.fromkeys(_programs().values()):
        yield from program.entries


@cache
def _programs() -> Mapping[str, Program]:
    found: dict[str, Program] = {}
    for name in catalogue_files():
        document = load(name)
        if "programs" not in document:
            continue
        for part in [document, *document.get("further", ())]:
            for program, known in _of_part(part, document).items():
                found[program] = _joined(found[program], known) if program in found else known
    return found


def _joined(one: Program, other: Program) -> Program:
    """Return one program of two of the same name: a command line cannot tell them apart."""
    return replace(
        one,
        valued=one.valued | other.valued,
        bypass=one.bypass | other.bypass,
        dry=one.dry | other.dry,
        entries=one.entries + other.entries,
    )


def _of_part(part: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Program]:
    sources = document["sources"]
    program = Program(
        provider=document["provider"],
        title=part.get("title", document["title"]),
        valued=frozenset(part.get("valued", ())),
        bypass=frozenset(part.get("bypass", ())),
        dry=frozenset(part.get("dry", ())),
        takes_verbs=part.get("verbs", True),
        letters=part.get("letters", True),
        entries=tuple(
            _entry(document["provider"], entry, sources) for entry in part.get("commands", ())
        ),
    )
    return dict.fromkeys(part["programs"], program)


def _entry(provider: str, entry: Mapping[str, Any], sources: Mapping[str, str]) -> Entry:
    words = str(entry["do"]).split()
    anywhere = words[:1] == ["..."]
    return Entry(
        provider=provider,
        path=tuple(ANY if word == "*" else frozenset(word.split("|")) for word in words[anywhere:]),
        anywhere=anywhere,
        effect=Effect(entry["effect"]),
        source=sources[entry["source"]],
        example=entry["example"],
        same_domain=entry.get("same_domain"),
        irreversible=entry.get("irreversible"),
        undo=entry.get("undo", ""),
        takes=entry.get("takes", ""),
        note=entry.get("note", ""),
        needs=frozenset(entry.get("with", ())),
        without=frozenset(entry.get("without", ())),
        bulk=entry.get("bulk", ""),
        environment=entry.get("environment", ""),
        option=entry.get("option", ""),
        holds=re.compile(entry["holds"]) if "holds" in entry else None,
        sql=entry.get("sql", ""),
    )
