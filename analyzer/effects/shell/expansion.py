"""Expand a shell's words as far as the text tells: variables, arrays, substitutions, braces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from analyzer.effects.shell.invocation import Invocation, Word
from analyzer.effects.shell.output import output_of
from analyzer.effects.shell.quoting import braces, unescape, unescape_ansi

__all__ = ["MAX_DEPTH", "Expander", "Reading", "Scope", "TooMuchError"]

MAX_DEPTH = 60
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")


@dataclass(slots=True)
class Reading:
    """What a shell text starts, and what of it cannot be read."""

    commands: list[Invocation] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    given_up: bool = False
    """The text is longer, deeper or fuller than is read: what it holds beyond is not known."""


@dataclass(slots=True)
class Scope:
    """What a shell knows at one place of the text."""

    variables: dict[str, tuple[Word, ...] | None]
    functions: dict[str, Node]
    aliases: dict[str, tuple[Word, ...]]
    folder: str
    inside: frozenset[str] = frozenset()
    stdin: str | None = None
    piped: bool = False
    hints: str = ""


class TooMuchError(Exception):
    """The text holds more than is read."""


class Expander:
    """Makes words of nodes; who reads commands gives it `run` for those within words."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.reading = Reading()

    def run(self, node: Node, scope: Scope, depth: int) -> None:
        """Read the commands of a substitution."""
        raise NotImplementedError

    def text(self, node: Node) -> str:
        """Return what a node spans."""
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _substitutions(self, node: Node, scope: Scope, depth: int) -> None:
        """Read the commands inside a node that is none itself."""
        for child in node.named_children:
            if child.type in {"command_substitution", "process_substitution"}:
                self.run(child, scope, depth + 1)
            elif child.named_child_count:
                self._substitutions(child, scope, depth + 1)

    def _joined_word(self, node: Node, scope: Scope, depth: int) -> Word:
        words = self._words(node, scope, depth, split=False)
        if len(words) == 1:
            return words[0]
        return Word(
            " ".join(w.text for w in words),
            all(w.known for w in words),
            any(w.glob for w in words),
            " ".join(w.empty or w.text for w in words),
        )

    def _words(self, node: Node, scope: Scope, depth: int, *, split: bool = True) -> list[Word]:
        """Return the words that a node becomes."""
        if depth > MAX_DEPTH:
            raise TooMuchError("the shell text is nested too deeply")
        if node.type in {"simple_expansion", "expansion"}:
            many = self._many(node, scope, depth)
            if many is not None:
                return [w for word in many for w in _split(word)] if split else many
        if node.type == "string" and node.named_child_count == 1:
            only = node.named_children[0]
            if only.type in {"simple_expansion", "expansion"} and "@" in self.text(only):
                many = self._many(only, scope, depth)
                if many is not None:
                    return many
        word = self._piece(node, scope, depth)
        if node.type in {"command_substitution"} and split and word.known:
            return _split(word)
        if node.type in {"concatenation", "word"} and "{" in word.text and split:
            return [replace(word, text=text) for text in braces(word.text)]
        if node.type == "concatenation" and split and "${IFS}" in self.text(node):
            return _split(word)
        if node.type == "concatenation" and split and "$IFS" in self.text(node):
            return _split(word)
        return [word]

    def _many(self, node: Node, scope: Scope, depth: int) -> list[Word] | None:
        """Return what an expansion is, where it is known; None where it is not."""
        name = re.match(r"\$\{?[#!]?(\w+|[@*])", self.text(node))
        if name is None:
            return None
        value = scope.variables.get(name[1])
        simple = re.fullmatch(r"\$\{?(?:\w+|[@*])(?:\[[@*0]\])?\}?", self.text(node))
        if value is not None and simple:
            return list(value)
        default = re.fullmatch(r"\$\{(\w+):?[-=](.*)\}", self.text(node), re.DOTALL)
        self._substitutions(node, scope, depth)
        if default and name[1] not in scope.variables and "$" not in default[2]:
            return [Word(unescape(default[2]), known=False, empty=unescape(default[2]))]
        return None

    def _piece(self, node: Node, scope: Scope, depth: int) -> Word:
        """Return one word from a node, its parts joined."""
        kind, text = node.type, self.text(node)
        if kind == "raw_string":
            return Word(text[1:-1])
        if kind == "ansi_c_string":
            return Word(unescape_ansi(text[2:-1]))
        if kind in {"string", "translated_string"}:
            return self._parts(node, scope, depth, quoted=True)
        if kind == "concatenation":
            return self._parts(node, scope, depth, quoted=False)
        if kind in {"simple_expansion", "expansion"}:
            return self._expansion(node, scope, depth)
        if kind in {"command_substitution", "process_substitution"}:
            return self._substitution(node, scope, depth)
        if kind == "word" or not node.named_child_count:
            bare = unescape(text)
            return Word(bare, glob=bool(_GLOB.search(text)))
        self._substitutions(node, scope, depth)
        return Word(text, known=False)

    def _parts(self, node: Node, scope: Scope, depth: int, *, quoted: bool) -> Word:
        pieces: list[Word] = []
        place = node.start_byte + (1 if quoted else 0)
        for child in node.named_children:
            gap = self._source[place : child.start_byte].decode("utf-8", "replace")
            if gap:
                pieces.append(Word(unescape(gap, quoted=quoted)))
            if child.type == "string_content":
                pieces.append(Word(unescape(self.text(child), quoted=True)))
            else:
                pieces.append(self._joined_word(child, scope, depth + 1))
            place = child.end_byte
        tail = self._source[place : node.end_byte - (1 if quoted else 0)]
        pieces.append(Word(unescape(tail.decode("utf-8", "replace"), quoted=quoted)))
        return Word(
            "".join(p.text for p in pieces),
            all(p.known for p in pieces),
            not quoted and any(p.glob for p in pieces),
            "".join(p.text if p.known else p.empty for p in pieces),
        )

    def _expansion(self, node: Node, scope: Scope, depth: int) -> Word:
        many = self._many(node, scope, depth)
        if many is not None:
            return Word(
                " ".join(w.text for w in many),
                all(w.known for w in many),
                empty=" ".join(w.empty for w in many),
            )
        name = self.text(node).strip("${}")
        if name == "IFS":
            return Word(" ")
        if name in {"HOME", "HOME/"}:
            return Word("~")
        if name == "PWD":
            return Word(".")
        return Word(self.text(node), known=False)

    def _substitution(self, node: Node, scope: Scope, depth: int) -> Word:
        before = len(self.reading.commands)
        self.run(node, scope, depth + 1)
        made = self.reading.commands[before:]
        if node.type == "process_substitution":
            # A shell that reads it reads what the commands in it print.
            given = output_of(made[-1]) if made else None
            return Word(self.text(node), known=False) if given is None else Word(f"<({given}")
        output = output_of(made[-1]) if made else None
        if output is None:
            return Word(self.text(node), known=False)
        return Word(output.rstrip("\n"))


def _split(word: Word) -> list[Word]:
    parts = word.text.split()
    if len(parts) < 2:
        return [word]
    return [replace(word, text=part, empty=part) for part in parts]
