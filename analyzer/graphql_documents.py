"""Read a GraphQL document into plain fields: fragments, aliases and variables resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from graphql.utilities import value_from_ast_untyped

from analyzer.graphql_requests import Operation, Selected, UnreadableError

__all__ = ["operations_of", "parses"]

MAX_TOKENS = 20_000
MAX_FIELDS = 5_000
"""Fragments can multiply without end; beyond this the request counts as unreadable."""


def parses(text: str) -> bool:
    """Tell whether a text is a GraphQL document."""
    try:
        parse(text, max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError):
        return False
    return True


def operations_of(document: dict[str, Any], batch: int) -> list[Operation]:
    """Return the operations of one `{query, variables, operationName}` object.

    Raises:
        UnreadableError: they cannot be known in full; the message says why.
    """
    source = document.get("query")
    if not isinstance(source, str) or not source.strip():
        if "extensions" in document or "id" in document or "documentId" in document:
            raise UnreadableError("a persisted query: its text is not in the request")
        raise UnreadableError("the body holds no query")
    try:
        ast = parse(source, no_location=True, max_tokens=MAX_TOKENS)
    except (GraphQLError, RecursionError) as error:
        raise UnreadableError(f"the query does not parse ({str(error).splitlines()[0]})") from error
    variables = document.get("variables") or {}
    if not isinstance(variables, dict):
        raise UnreadableError("the variables are no object")
    fragments = {d.name.value: d for d in ast.definitions if isinstance(d, FragmentDefinitionNode)}
    found = [d for d in ast.definitions if isinstance(d, OperationDefinitionNode)]
    if not found:
        raise UnreadableError("the document holds no operation")
    wanted = document.get("operationName")
    chosen = [d for d in found if wanted and d.name and d.name.value == wanted] or found
    resolver = _Resolver(fragments, variables)
    try:
        return [
            Operation(d.operation.value, resolver.fields(d.selection_set, ()), batch)
            for d in chosen
        ]
    except RecursionError as error:
        raise UnreadableError("the query is nested too deeply") from error


class _Resolver:
    """Turns selections into plain fields, counting so that no request can exhaust the reader."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], variables: dict[str, Any]
    ) -> None:
        self._fragments = fragments
        self._variables = variables
        self._count = 0

    def fields(
        self, selections: SelectionSetNode | None, inside: tuple[str, ...]
    ) -> tuple[Selected, ...]:
        found: list[Selected] = []
        for node in selections.selections if selections else ():
            self._count += 1
            if self._count > MAX_FIELDS:
                raise UnreadableError("the query selects too many fields")
            if isinstance(node, FieldNode):
                found.append(self._field(node, inside))
            elif isinstance(node, InlineFragmentNode):
                found += self.fields(node.selection_set, inside)
            elif isinstance(node, FragmentSpreadNode):
                found += self._spread(node.name.value, inside)
        return tuple(found)

    def _field(self, node: FieldNode, inside: tuple[str, ...]) -> Selected:
        name = node.name.value
        return Selected(
            name=name,
            key=node.alias.value if node.alias else name,
            arguments={
                a.name.value: value_from_ast_untyped(a.value, self._variables)
                for a in node.arguments or ()
            },
            children=self.fields(node.selection_set, inside),
        )

    def _spread(self, name: str, inside: tuple[str, ...]) -> tuple[Selected, ...]:
        fragment = self._fragments.get(name)
        if fragment is None or name in inside:
            raise UnreadableError(f"fragment {name!r} is missing or holds itself")
        return self.fields(fragment.selection_set, (*inside, name))
