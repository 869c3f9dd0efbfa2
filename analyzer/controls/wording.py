"""Whether a person's words ask for a deed: a request or a permission, and nothing less.

Words that forbid, ask back, report, set a condition or are to be written down name a deed as well.
They bind nothing: where it is in doubt what a person meant, the person is asked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

__all__ = ["asked_and_spared", "forbids", "names_whole", "requests", "speaks_of"]

_SENTENCE = re.compile(r"\S.*?(?:[.!?;]+(?=\s|$)|\n|$)")
_HEADING = re.compile(r":[ \t]*\n+")
_ITEM = re.compile(r"\n[ \t]*(?:[-*•]|\d+[.)])[ \t]+")
_NEGATES = re.compile(
    r"\b(?:never|no|not|cannot|none|nothing|neither|nor|without|avoid|stop|refuse|forbid(?:den)?"
    r"|prohibit(?:ed)?|except|instead|rather|but|keep|leave|spare|preserve|protect|survives?"
    r"|must stay|untouched|unless|until|hold off|wait|refrain|careful|against)\b|n['’]t\b|\bdont\b",
    re.IGNORECASE,
)
_MENTIONS = re.compile(
    r"\b(?:how|docs?|document\w*|explain\w*|describ\w*|writ(?:e|es|ing)|readme|examples?|tutorials?"
    r"|guides?|articles?|discuss\w*|mention\w*|whether|if|when|once|before|after"
    r"|why|what|who|would|could|might|should (?:we|i)|sa(?:ys|id)|asked|told|reported"
    r"|pretend|imagine|simulate|propose|suggest\w*|estimate|runbook"
    r"|lists|listed|titled?|todo|yesterday|fail(?:s|ed)|review|implement|fix|bug|confirm"
    r"|ask|check|dry[- ]run)\b",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^(?:(?:please|ok|okay|hi|hey)[\s,]+)*(?:can|could|would|will) you\b", re.I)
_LEAD = re.compile(
    r"(?:^|,|\b(?:and|then)\b)\s*(?:(?:please|now|also|just|then|and|first|finally|ok|okay"
    r"|yes|sure|so|approved|confirmed|granted|kindly|go ahead"
    r"|you (?:may|can|should|must)|you are allowed to"
    r"|(?:can|could|would|will) you|feel free to|(?:i|we) (?:want|need|ask|allow|would like)"
    r" (?:you )?to|i['’]d like you to|let us|let['’]s|run|execute|call|do|use|try"
    r"|these|this|the following|your (?:task|job) is to|i (?:approve|allow|permit|authori[sz]e)"
    r"(?: the)?)\b[\s,:]*)*"
    r"[`'\"]?$",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\b(?:of|in|inside|within|from|on|under|at|for|like)\b", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z][\w-]*")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DELETES = frozenset({"delete", "remove", "rm", "rb", "rmdir", "unlink", "erase", "del",
                      "deleting", "removing", "erasing"})  # fmt: skip
"""Words for one and the same deed; other words must be those of the operation."""
_COMMAND = "\x00"
_DESTROYS = re.compile(
    r"\b(?:delet(?:e|ing)|remov(?:e|ing)|drop|destroy|wipe|purge|tear down|clean up|reset|truncate)"
    r"\s+(?:(?:the|my|our|all|old)\s+)*",
    re.IGNORECASE,
)
_PARENTHESIS = re.compile(r"\b(never|not),[^,]{0,60},", re.IGNORECASE)
_KEEPS = re.compile(
    r"\b(?:never|not|without|except|instead of|rather than|but|keep|leave|spare|preserve|avoid"
    r"|stop)\b|n['’]t\b|\bdont\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"[,;:]|\b(?:but|then)\b", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(?:how|why|whether|explain\w*|docs?|document\w*|describ\w*|writ(?:e|es|ing)|said"
    r"|asked|reported)\b",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"[`'\"“‘]([\w./:-]{2,80})[`'\"”’]|\b(\w+[-_/.]\w[\w./-]*)\b")
MAX_VERBS = 50
MAX_LEAD = 200
"""Characters before a verb that tell whether it is a request."""


def names_whole(text: str, name: str) -> bool:
    """Tell whether a text names something by its whole name, not by a part of another name."""
    return bool(name) and _whole(name).search(text) is not None


def requests(text: str, operation: str, target: str, command: str) -> bool:
    """Tell whether a sentence of a person asks for, or allows, an operation on a target.

    Args:
        text: the person's words.
        operation: the operation as the provider or the tool calls it.
        target: what it is done to; empty where that is not known.
        command: the command's own text, which may stand in the words; empty where there is none.
    """
    return any(_asks(s, operation, target) for s in _sentences(text, command))


def forbids(text: str, target: str) -> bool:
    """Tell whether a sentence of a person names a target and negates something about it."""
    return any(
        names_whole(sentence, target) and _NEGATES.search(_whole(target).sub("", sentence))
        for sentence in _sentences(text, "")
    )


def speaks_of(text: str, target: str) -> bool:
    """Tell whether a sentence of a person names a target whole, and not to have it left alone."""
    return any(
        names_whole(sentence, target) and not _NEGATES.search(_whole(target).sub("", sentence))
        for sentence in _sentences(text, "")
    )


@lru_cache(maxsize=256)
def asked_and_spared(text: str) -> tuple[list[str], list[str]]:
    """Return the names of what a person's words ask to destroy, and of what they say must stay.

    What is asked for without a name is an empty one.
    """
    asked: list[str] = []
    spared: list[str] = []
    for sentence in _sentences(text, ""):
        if "?" in sentence and not _POLITE.match(sentence):
            continue
        whole = _PARENTHESIS.sub(r"\1", sentence)
        verbs = list(islice(_DESTROYS.finditer(whole), MAX_VERBS))
        ends = [*(verb.start() for verb in verbs[1:]), len(whole)]
        for verb, end in zip(verbs, ends, strict=False):
            before = whole[: verb.start()]
            if _TELLS.search(before):
                continue
            what, *rest = _KEEPS.split(whole[verb.end() : end], maxsplit=1)
            if _KEEPS.search(_TURN.split(before)[-1]):
                spared += _objects(what)
                continue
            # `delete a but not b`: what comes behind is what must stay.
            asked += _objects(what) or [""]
            spared += _objects(" ".join(rest))
    return asked, spared


def _objects(text: str) -> list[str]:
    return [one or other for one, other in _OBJECT.findall(text)]


def _asks(sentence: str, operation: str, target: str) -> bool:
    polite = _POLITE.match(sentence)
    rest = sentence[polite.end() :] if polite else sentence
    rest = _whole(target).sub("", rest) if target else rest
    if _NEGATES.search(rest) or _MENTIONS.search(rest) or ("?" in rest and not polite):
        return False
    before, ran, _ = sentence.partition(_COMMAND)
    if ran and _leads(before, len(before)):
        return True
    named = _whole(target).search(sentence) if target else None
    if named is None:
        return False
    meant = _meant(operation)
    for word in _TOKEN.finditer(sentence, 0, named.start()):
        if _verb(word[0], meant) and _leads(sentence, word.start()):
            what, *within = _WITHIN.split(sentence[word.end() : named.start()], maxsplit=1)
            # `delete the logs in pulse` is about logs, which is an operation on logs, or none.
            if not within or (meant - _DELETES) & _words(what):
                return True
    return False


def _leads(sentence: str, end: int) -> bool:
    """Tell whether a verb that begins at `end` is one of a request."""
    return _LEAD.search(sentence, max(0, end - MAX_LEAD), end) is not None


def _verb(token: str, meant: frozenset[str]) -> bool:
    """Tell whether a word of a sentence is the operation's: `delete`, `volumeDelete`, `drop`."""
    words = _words(token)
    return bool(words & meant) or bool(words & _DELETES and meant & _DELETES)


def _sentences(text: str, command: str) -> list[str]:
    """Return a text's sentences; what is listed belongs to the words that introduce the list."""
    if command:
        text = _whole(command).sub(_COMMAND, text)
    joined = _ITEM.sub(" , ", _HEADING.sub(": ", text))
    return [found[0].strip() for found in _SENTENCE.finditer(joined)]


def _meant(operation: str) -> frozenset[str]:
    return _words(operation.rpartition(".")[2] or operation)


def _words(text: str) -> frozenset[str]:
    """Return words in lower case and without the s of the plural."""
    found = (word.lower() for word in _WORD.findall(text))
    return frozenset(w[:-1] if len(w) > 3 and w.endswith("s") else w for w in found)


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w./~@:$-]){re.escape(name)}(?![\w*-]|[./:@][\w*-])")
