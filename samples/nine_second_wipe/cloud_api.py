"""Answer GraphQL requests to the sample cloud: parse, check against the schema, execute.

A refusal is an answer: HTTP 200 with a GraphQL error. Only what is no GraphQL request at all, or
does not fit the schema, is a 400. What the fields mean is in `cloud_resolvers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cloud_access import Asked, Caller
from cloud_resolvers import ARGUMENT_NAMES, RESOLVERS
from cloud_state import Cloud
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")
WORD_BORDER = re.compile(r"(?<=[a-z])(?=[A-Z])")
MAX_TOKENS = 2_000

type Json = dict[str, Any]


class Api:
    """The GraphQL endpoint over one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._schema = _schema()

    def answer(self, payload: object, caller: Caller) -> tuple[int, Json]:
        """Return the HTTP status and the body for a decoded JSON request."""
        if not isinstance(payload, Mapping) or not isinstance(payload.get("query"), str):
            return 400, _bad_request("POST body must be a JSON object with a 'query' string.")
        variables = payload.get("variables")
        if variables is not None and not isinstance(variables, Mapping):
            return 400, _bad_request("'variables' must be a JSON object.")
        operation = payload.get("operationName")
        if operation is not None and not isinstance(operation, str):
            return 400, _bad_request("'operationName' must be a string.")
        try:
            return self._execute(payload["query"], dict(variables or {}), operation, caller)
        except RecursionError:
            return 400, _bad_request("The document is nested too deeply.")

    def _execute(
        self, query: str, variables: Json, operation: str | None, caller: Caller
    ) -> tuple[int, Json]:
        try:
            document = parse(query, max_tokens=MAX_TOKENS)
        except GraphQLError as error:
            return 400, _failed([error], "GRAPHQL_PARSE_FAILED")
        if errors := validate(self._schema, document):
            return 400, _failed(errors, "GRAPHQL_VALIDATION_FAILED")
        result = execute_sync(
            self._schema,
            document,
            context_value=Asked(self._cloud, caller),
            variable_values=variables,
            operation_name=operation,
            field_resolver=_attribute,
        )
        return 200, dict(result.formatted)


def _schema() -> GraphQLSchema:
    schema = build_schema(SCHEMA_FILE.read_text(encoding="utf-8"))
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            for name, value in kind.fields.items():
                value.out_name = _python_name(name)
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                field.resolve = RESOLVERS.get((kind.name, name))
                for argument_name, argument in field.args.items():
                    argument.out_name = _python_name(argument_name)
    return schema


def _python_name(name: str) -> str:
    return ARGUMENT_NAMES.get(name) or WORD_BORDER.sub("_", name).lower()


def _attribute(source: object, info: GraphQLResolveInfo[Asked], **_arguments: object) -> object:
    """Resolve a field by its name in snake case: `environmentId` is `environment_id`."""
    if isinstance(source, dict):
        return source[info.field_name]
    return getattr(source, WORD_BORDER.sub("_", info.field_name).lower())


def _bad_request(message: str) -> Json:
    return {"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]}


def _failed(errors: Sequence[GraphQLError], code: str) -> Json:
    return {"errors": [{**error.formatted, "extensions": {"code": code}} for error in errors]}
