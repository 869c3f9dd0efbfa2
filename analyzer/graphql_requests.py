"""Read GraphQL requests as a server does: parsed, never searched as text.

Gives the fields at the root of each operation through aliases, fragments, variables and batches.
What cannot be read in full says why, and nobody may take it for a harmless request. Nothing here
knows what a field does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from recorder.model import Json

__all__ = ["GraphQLRequest", "Operation", "Selected", "UnreadableError", "read_request"]


class UnreadableError(Exception):
    """The request cannot be read in full; the message says why."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A field that an operation selects, fragments and variables resolved."""

    name: str
    key: str
    """Its name in the answer: the alias, or the name again."""
    arguments: Mapping[str, Json]
    children: tuple[Selected, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a request."""

    type: str
    """`query`, `mutation` or `subscription`."""
    fields: tuple[Selected, ...]
    batch: int
    """Place of its document in a batch, and of its answer in the batch's answer."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request's operations, or why they cannot be known."""

    operations: tuple[Operation, ...] = ()
    unreadable: str = ""
    """Why the request could not be read; empty when all of it was."""
    is_batch: bool = False

    def root_fields(self) -> Iterator[tuple[Operation, Selected]]:
        """Yield every field at the root of every operation."""
        for operation in self.operations:
            for selected in operation.fields:
                yield operation, selected


@lru_cache(maxsize=512)
def read_request(
    method: str, url: str, content_type: str, body: str, *, incomplete: bool = False
) -> GraphQLRequest | None:
    """Return the GraphQL of an HTTP request, or None for a request that is not GraphQL.

    `incomplete` says that a part of the body is missing from the recording.
    """
    parts = urlsplit(url)
    looks = "graphql" in parts.path.lower() or "graphql" in content_type.lower()
    if incomplete and (looks or _has_query(body)):
        return GraphQLRequest(unreadable="a part of the body is not in the recording")
    try:
        documents = _documents(method, parts.query, content_type, body, looks=looks)
        if documents is None:
            return None
        # Its parser takes a tenth of a second to load: most recordings need none.
        from analyzer.graphql_documents import operations_of  # noqa: PLC0415

        operations = [
            operation
            for place, document in enumerate(documents)
            for operation in operations_of(document, place)
        ]
    except UnreadableError as error:
        # Elsewhere than at a GraphQL address a `query` may be anything, and by their method alone
        # only these two would be taken for reads.
        counts = looks or (method in {"GET", "HEAD"} and _has_query(body))
        return GraphQLRequest(unreadable=str(error)) if counts else None
    return GraphQLRequest(tuple(operations), is_batch=len(documents) > 1)


def _has_query(body: str) -> bool:
    return body.lstrip()[:1] in {"{", "["} and '"query"' in body


def _documents(
    method: str, query: str, content_type: str, body: str, *, looks: bool
) -> list[dict[str, Any]] | None:
    """Return the `{query, variables, operationName}` objects of a request; None: no GraphQL."""
    in_url = parse_qs(query, keep_blank_values=True)
    if "query" in in_url and (looks or _parses(in_url["query"][0])):
        if len(in_url["query"]) > 1 or _has_query(body):
            raise UnreadableError("the request holds several queries")
        variables = _load(in_url["variables"][0]) if "variables" in in_url else None
        name = in_url.get("operationName", [None])[0]
        return [{"query": in_url["query"][0], "variables": variables, "operationName": name}]
    if not body.strip():
        if looks and method not in {"OPTIONS", "HEAD", "GET"}:
            raise UnreadableError("the body is empty")
        return None
    if "application/graphql" in content_type.lower() and "json" not in content_type.lower():
        return [{"query": body}]
    if not looks and not _has_query(body):
        return None
    value = _load(body)
    entries = value if isinstance(value, list) else [value]
    documents = [entry for entry in entries if isinstance(entry, dict)]
    if not documents or len(documents) < len(entries):
        raise UnreadableError("the body is no GraphQL request")
    if not looks and not all(isinstance(d.get("query"), str) for d in documents):
        return None
    return documents


def _load(text: str) -> object:
    try:
        value: object = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body is no JSON ({error})") from error
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse keys given twice: two servers would read two different requests."""
    keys = [key.lower() if key.lower() in {"query", "variables"} else key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise UnreadableError("a key stands twice in the body")
    return dict(pairs)


def _parses(text: str) -> bool:
    from analyzer.graphql_documents import parses  # noqa: PLC0415 - as above

    return parses(text)
