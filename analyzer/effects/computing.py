"""Programs that only compute: the calls that take nothing away, in whatever language."""

from __future__ import annotations

import re
from collections.abc import Callable

from analyzer.effects.ranks import unknown
from analyzer.model import Effect, Judgement

__all__ = ["MAX_TEXT", "Shell", "judge_rest"]

MAX_TEXT = 100_000
"""Characters of a program that are read."""
type Shell = Callable[[str], Judgement]
"""Judges a shell text that a program runs."""

_CALM = re.compile(
    r"^(?:print|len|str|int|float|bool|list|dict|set|tuple|range|sorted|sum|min|max|enumerate|zip|map|filter"
    r"|repr|type|isinstance|any|all|abs|round|open|input|exit|quit|iter|next|hash|vars|dir|id|chr|ord|hex"
    r"|(?:json|sys|math|re|os\.path|os\.environ|datetime|collections|platform|string|random|itertools|base64"
    r"|hashlib|textwrap|time|statistics|decimal|fractions|pprint|urllib\.parse|ast|difflib|uuid|glob|csv"
    r"|importlib\.metadata|importlib\.util|sysconfig|struct|functools|operator|typing|inspect|console|JSON"
    r"|require|Math|Object|Array|String|Number|Boolean|Date|path|url|os\.(?:getcwd|listdir|getenv|walk|stat|scandir"
    r"|getpid|uname|cpu_count)|process\.(?:cwd|exit|memoryUsage|hrtime|uptime)|parseInt|parseFloat)"
    r"(?:\.|$).*)$"
)
_METHODS = frozenset(
    """
    read readline readlines strip lstrip rstrip split splitlines join lower upper title replace startswith
    endswith format get items keys values append extend index count find encode decode isdigit sort copy
    group groups match search sub findall close exists is_file is_dir read_text read_bytes iterdir glob
    map filter reduce forEach slice concat toString includes trim toFixed flat entries stdout_write
    isoformat strftime splice shift unshift pop insert total_seconds most_common toUpperCase toLowerCase split_lines log push charAt
    """.split()
)
"""Methods that compute or read, whatever they are called on."""


def judge_rest(calls: list[str], parts: list[Judgement]) -> Judgement:
    """Return what a program's other calls are: nothing, or unknown with the first that is."""
    if parts:
        return parts[0]
    for name in calls:
        if not _CALM.match(name) and name.rpartition(".")[2] not in _METHODS:
            return unknown(f"the program calls {name[:60]}, which is in no catalogue")
    return Judgement(Effect.READ, ("the program only computes",))
