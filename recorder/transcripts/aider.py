"""Aider's chat history (Markdown) and its LLM history: no calls, few times.

`.aider.chat.history.md`: `# aider chat started at …` begins a session, `#### ` is what the person
typed, `> ` what aider itself says, everything else the model's answer. Only the session's start has
a time (local, without a zone). What aider applied, ran and committed is told as calls, because it
says so itself; nothing is read out of the answers. What a command printed is not told, only that it
ended. `--llm-history-file` has blocks `TO LLM` and `LLM RESPONSE` with times. Written after the
source of aider 0.86, tested on the lines of 0.83 to 0.86.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from recorder.model import Json, Record
from recorder.transcripts.clocks import iso_ns
from recorder.transcripts.entry_keys import EntryKeys
from recorder.transcripts.format import Damage, Entry, Format, Item
from recorder.transcripts.lines import lines
from recorder.transcripts.source import Source
from recorder.transcripts.telling import Telling, made_session

__all__ = ["AGENT", "FORMAT", "ChatReader", "recognises", "recognises_llm", "tell_llm"]

AGENT = "aider"
_STARTED = re.compile(r"# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*$")
_SAID = re.compile(r">(?: |\s*$)")
_EDIT_BEGINS = re.compile(r"<{5,9} SEARCH")
_EDIT_ENDS = re.compile(r">{5,9} REPLACE")
_VERSION = re.compile(r"Aider v(\S{1,40})$")
_MODEL = re.compile(r"(?:Main model|Model): (\S{1,100})")
_TOKENS = re.compile(r"Tokens: ([\d.,]+k?) sent,.*?([\d.,]+k?) received")
_EDITED = re.compile(r"Applied edit to (.{1,1000})$")
_RUNNING = re.compile(r"Running (.{1,4000})$")
_COMMITTED = re.compile(r"Commit ([0-9a-f]{7,40}) (.{0,1000})$")
_ASKED = re.compile(
    r"(?P<question>.{1,1000}\?) (?P<choices>\(Y\)es/.{1,80}?) ?(?P<answer>\w{0,10})$"
)
_RUN = "Run shell command"
_ABOUT_OUTPUT = "output to the chat?"
_TO_CHAT = " to the chat."
_DID = re.compile(r"Applied edit to |Running |Commit [0-9a-f]{7,40} |Tokens: ")
"""What aider says of what it did itself, and of an answer."""
_FAILED = re.compile(
    r"Unable to |\[Errno |litellm\.|Error\b|The LLM did not conform|Only \d+ reflections allowed"
)
_TYPED_COMMAND = re.compile(r"(?:/run|/test|!)\s*(.{1,4000})$", re.DOTALL)
MOST_HELD = 1000
_LLM = re.compile(r"(TO LLM|LLM RESPONSE) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20})\s*$")
_TO_LLM = "TO LLM"


def recognises(head: str) -> bool:
    """Tell whether a text begins like a chat history."""
    return any(_STARTED.match(line) for line in head.splitlines()[:20])


def recognises_llm(head: str) -> bool:
    """Tell whether a text begins like an LLM history."""
    return any(_LLM.match(line) for line in head.splitlines()[:5])


@dataclass(slots=True)
class ChatReader:
    """Tells a chat history line by line; what belongs together is told when it is complete."""

    telling: Telling | None = None
    _kind: str = ""
    _lines: list[str] = field(default_factory=list)
    _keys: EntryKeys = field(default_factory=EntryKeys)
    _is_in_edit: bool = False
    _answer: str = ""
    """Key of the answer whose tokens come next."""
    _open: str = ""
    """Ref of the command that runs."""
    _printed: list[tuple[str, str]] = field(default_factory=list)
    """Key and words of what aider said while a command ran: its output, if it asks about that."""
    _proposed: list[str] = field(default_factory=list)
    """What aider said since it last did something: commands, when it asks whether to run them."""
    _approved: tuple[str, str] = ("", "")
    """The command that a person let run, and the ref of that decision."""

    def line(self, line: str) -> Iterator[Record]:
        """Yield the records that a line completes."""
        started = _STARTED.match(line)
        if started is not None:
            yield from self.end()
            t_ns = iso_ns(started[1])
            self.telling = Telling(
                AGENT, made_session(AGENT, self._keys.of(started[1])), "iso8601 without zone"
            )
            yield self.telling.begin("session", t_ns)
            return
        kind = self._kind_of(line)
        if kind != self._kind or kind == "said":
            yield from self.close()
            self._kind = kind
        self._lines.append(line)

    def _kind_of(self, line: str) -> str:
        """Return who wrote a line; within an edit, every line but a prompt is the model's."""
        if line.startswith("#### "):
            self._is_in_edit = False
            return "typed"
        if _EDIT_BEGINS.match(line):
            self._is_in_edit = True
        elif _EDIT_ENDS.match(line):
            self._is_in_edit = False
        elif not self._is_in_edit and _SAID.match(line):
            return "said"
        return "answer"

    def end(self) -> Iterator[Record]:
        """Yield what is left of a session."""
        yield from self.close()
        if self.telling is not None:
            yield from self._settled(self.telling)

    def close(self) -> Iterator[Record]:
        """Yield what the lines since the last change tell."""
        lines, self._lines = self._lines, []
        if self.telling is None or not any(line.strip() for line in lines):
            return
        key = self._keys.of("\n".join(lines), self.telling.session)
        if self._kind == "typed":
            typed = "\n".join(line[5:].rstrip() for line in lines)
            yield from self._typed(self.telling, key, typed)
        elif self._kind == "said":
            yield from self._said(self.telling, key, lines[0][1:].strip())
        else:
            self._answer = key
            yield from self._settled(self.telling)
            yield self.telling.answer(key, "\n".join(lines).strip(), None, ref=f"answer {key}")

    def _typed(self, telling: Telling, key: str, typed: str) -> Iterator[Record]:
        yield from self._settled(telling)
        yield telling.prompt(key, typed, None)
        command = _TYPED_COMMAND.match(typed)
        if command is not None:
            by_person: dict[str, Json] = {"flightlog.call.by": "user"}
            arguments = {"command": command[1]}
            yield telling.call(f"{key} call", key, "bash", arguments, None, more=by_person)
            self._open = key

    def _said(self, telling: Telling, key: str, said: str) -> Iterator[Record]:
        if self._open and not _DID.match(said) and not _ASKED.match(said):
            self._printed = [*self._printed[-MOST_HELD:], (key, said)]
            return
        asked = _ASKED.match(said)
        if asked is not None:
            if self._open and asked["question"].endswith(_ABOUT_OUTPUT):
                yield self._ended(telling, key)
            else:
                yield from self._told(telling)
            yield self._decided(telling, key, asked)
            return
        if _DID.match(said):
            yield from self._settled(telling)
        yield from self._did(telling, key, said)

    def _did(self, telling: Telling, key: str, said: str) -> Iterator[Record]:
        if match := _VERSION.match(said):
            telling.version = match[1]
        if match := _MODEL.match(said):
            telling.model = match[1]
        if match := _EDITED.match(said):
            yield telling.call(key, key, "edit", {"path": match[1]}, None)
            yield telling.result(f"{key} result", key, "edit", said, None, error="")
        elif match := _COMMITTED.match(said):
            arguments = {"commit": match[1], "message": match[2]}
            yield telling.call(key, key, "commit", arguments, None)
            yield telling.result(f"{key} result", key, "commit", said, None, error="")
        elif match := _RUNNING.match(said):
            command, ref = self._approved
            self._open = ref if command == match[1] else key
            self._approved = "", ""
            yield telling.call(key, self._open, "bash", {"command": match[1]}, None)
        elif match := _TOKENS.search(said):
            usage = (_tokens(match[1]), _tokens(match[2]))
            of, self._answer = self._answer or key, ""
            yield telling.answer(key, "", None, usage=usage, ref=f"answer {of}")
        else:
            error = said if _FAILED.match(said) else ""
            if not error and not said.endswith(_TO_CHAT):
                self._proposed = [*self._proposed[-MOST_HELD:], said]
            yield telling.note(key, "aider said", said, None, error)

    def _ended(self, telling: Telling, key: str) -> Record:
        """Return that a command ended: aider asks what to do with the output."""
        ref, self._open = self._open, ""
        printed, self._printed = self._printed, []
        output = "\n".join(said for _, said in printed) or None
        return telling.result(f"{key} result", ref, "bash", output, None)

    def _told(self, telling: Telling) -> Iterator[Record]:
        """Yield what aider said while a command ran, which is none of its output."""
        printed, self._printed, self._open = self._printed, [], ""
        for key, said in printed:
            yield from self._did(telling, key, said)

    def _settled(self, telling: Telling) -> Iterator[Record]:
        """Yield what was held back; what was proposed before is done with."""
        yield from self._told(telling)
        self._proposed = []

    def _decided(self, telling: Telling, key: str, asked: re.Match[str]) -> Record:
        """Return what was answered to a question, with what it is about."""
        label = asked["answer"] or "asked"
        decision = {"y": "approved", "a": "approved", "n": "denied"}.get(
            label[:1].lower() if asked["answer"] else "", "requested"
        )
        subject, ref = asked["question"], ""
        if subject.startswith(_RUN):
            subject = "\n".join((subject, *self._proposed))
            if decision == "approved" and self._proposed and "commands" not in asked["question"]:
                ref = key
                self._approved = self._proposed[-1], ref
        self._proposed = []
        return telling.approval(key, ref, decision, None, by=f"user: {label}", subject=subject)


def tell_llm(history: Iterable[str]) -> Iterator[Record]:
    """Yield a model call's start and end for each pair of blocks of an LLM history."""
    telling: Telling | None = None
    block = at = ""
    held: list[str] = []
    keys = EntryKeys()
    for line in history:
        header = _LLM.match(line)
        if header is None:
            held.append(line)
            continue
        if telling is None:
            telling = Telling(AGENT, made_session(AGENT, header[2]), "iso8601 without zone")
            yield telling.begin("session", iso_ns(header[2]))
        elif block:
            yield _block(telling, block, keys, held, at)
        block, at, held = header[1], header[2], []
    if telling is not None and block:
        yield _block(telling, block, keys, held, at)


def _block(telling: Telling, block: str, keys: EntryKeys, lines: list[str], at: str) -> Record:
    said = "\n".join(line.rstrip("\n") for line in lines).strip()
    key = keys.of(f"{block}\0{at}\0{said}")
    if block == _TO_LLM:
        return telling.prompt(key, said, iso_ns(at), "to the model")
    return telling.answer(key, said, iso_ns(at))


def _tokens(text: str) -> int:
    """Return the count that aider shows: `812`, `1,024`, `2.3k`."""
    number = text.replace(",", "").rstrip(".")
    try:
        return round(float(number[:-1]) * 1000) if number.endswith("k") else round(float(number))
    except ValueError:
        return 0


def _read(source: Source) -> Iterator[Item]:
    if recognises_llm(_text(source)):
        yield Entry(list(tell_llm(_texts(source))))
        return
    reader = ChatReader()
    for line in lines(source):
        if isinstance(line, Damage):
            yield line
        elif records := list(reader.line(line.text)):
            yield Entry(records, line.number, line.offset)
    yield Entry(list(reader.end()))


def _texts(source: Source) -> Iterator[str]:
    return (line.text for line in lines(source) if not isinstance(line, Damage))


def _text(source: Source) -> str:
    return source.beginning[:8192].decode("utf-8", "replace")


FORMAT = Format(
    name="aider",
    title="Aider chat and LLM history",
    tested=("0.83", "0.86"),
    recognises=lambda source: recognises(_text(source)) or recognises_llm(_text(source)),
    read=_read,
    places=tuple(f"{folder}/.aider.chat.history.md" for folder in ("~", "~/*", "~/*/*")),
)
