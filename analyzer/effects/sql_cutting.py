"""Cut SQL into statements of plain words, as sqlglot's tokenizer reads them in a dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from analyzer.effects.sql_statements import Statement

__all__ = ["statements_of"]

_DIALECTS = ("postgres", "mysql", "tsql", "")
_DOLLARS = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")
_STRINGS = frozenset({
    TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING,
    TokenType.UNICODE_STRING, TokenType.BYTE_STRING,
})  # fmt: skip


def statements_of(text: str, dialect: str, depth: int) -> list[Statement] | None:
    """Return the statements of a text; None where its quotes close in no dialect.

    `depth` says how many texts that run texts it stands in.
    """
    if not dialect and _DOLLARS.search(text):
        dialect = "postgres"  # no other one quotes bodies so, and cuts them up
    for name in dict.fromkeys((dialect, *_DIALECTS)):
        try:
            tokens = sqlglot.tokenize(text, read=name)
            break
        except (SqlglotError, ValueError):
            continue
    else:
        return None
    found: list[Statement] = []
    words: list[str] = []
    literals: list[str] = []
    for token in _with_commands(tokens):
        if token.token_type is TokenType.SEMICOLON:
            _add(found, words, literals, depth)
            words, literals = [], []
        elif token.token_type in _STRINGS:
            words.append("'")
            literals.append(token.text)
        else:
            # Some dialects join words in one token: `GROUP BY`, `ORDER BY`.
            words += token.text.upper().split() or [token.text]
    _add(found, words, literals, depth)
    return found


_TAKES_TEXT = frozenset({
    "DO", "CALL", "EXEC", "EXECUTE", "SHOW", "COPY", "ANALYZE", "VACUUM", "EXPLAIN", "PREPARE",
    "OPTIMIZE",
})  # fmt: skip


def _with_commands(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens, cutting what a dialect leaves whole behind `DO`, `CALL`, `EXECUTE`."""
    is_command = False
    for token in tokens:
        if is_command and token.token_type is TokenType.STRING:
            try:
                yield from sqlglot.tokenize(token.text, read="tsql")
            except (SqlglotError, ValueError):
                yield token
        else:
            yield token
        is_command = token.text.upper() in _TAKES_TEXT


def _add(found: list[Statement], words: list[str], literals: list[str], depth: int) -> None:
    if words:
        found.append(Statement(tuple(words), tuple(literals), " ".join(words), depth))
