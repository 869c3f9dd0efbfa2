"""Reading GraphQL as a server does, and never taking what cannot be read for harmless."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from analyzer.effects import judge_request
from analyzer.graphql_requests import read_request
from analyzer.model import Effect
from analyzer.texts import Texts
from recorder import semconv
from recorder.model import Json

JSON = "application/json"
URL = "https://backboard.railway.app/graphql/v2"
DELETE = 'mutation { volumeDelete(volumeId: "v1") }'


def judge(
    body: Any, *, method: str = "POST", url: str = URL, content_type: str = JSON, **more: Json
) -> tuple[Effect, str]:
    """Return the effect and the target of a request, judged from its attributes."""
    text = body if isinstance(body, str) else json.dumps(body)
    attributes: dict[str, Json] = {
        semconv.HTTP_METHOD: method,
        semconv.URL_FULL: url,
        semconv.SERVER_ADDRESS: url.split("/")[2],
        semconv.URL_PATH: "/" + url.split("/", 3)[3].partition("?")[0],
        semconv.REQUEST_BODY: text,
        semconv.HTTP_REQUEST_HEADER + "content-type": [content_type],
        **more,
    }
    judgement = judge_request(Texts(attributes))
    return judgement.effect, judgement.target_id


@pytest.mark.parametrize(
    "document",
    [
        {"query": DELETE},
        {"query": 'mutation harmless { a: volumeDelete(volumeId: "v1") }'},
        {"query": "mutation($v: String!) { volumeDelete(volumeId: $v) }", "variables": {"v": "v1"}},
        {
            "query": "mutation { ...x } fragment x on Mutation { ... { "
            'volumeDelete(volumeId: "v1") } }'
        },
        {"query": f"query a {{ me {{ id }} }} {DELETE.replace('mutation', 'mutation b')}",
         "operationName": "b"},
        {"query": f"query a {{ me {{ id }} }} {DELETE.replace('mutation', 'mutation b')}"},
        [{"query": "query { me { id } }"}, {"query": DELETE}],
        {"query": '# query { me }\nmutation{customDomainCreate(input:{}){id} '
                  'volumeDelete(volumeId:"v1")}'},
    ],
    ids=["plain", "alias and name", "variable", "fragments", "by name", "which is not said",
         "batch", "beside a write"],
)  # fmt: skip
def test_a_deletion_is_seen_however_it_is_written(document: Any) -> None:
    assert judge(document) == (Effect.D1, "v1")


def test_a_deletion_with_escaped_keys_is_seen() -> None:
    body = r'{"\u0071uery": "\u006dutation { volumeDelete(volumeId: \"v1\") }"}'
    assert judge(body) == (Effect.D1, "v1")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_deletion_in_the_address_is_seen(method: str) -> None:
    assert judge("", method=method, url=f"{URL}?query={quote(DELETE)}") == (Effect.D1, "v1")


def test_a_deletion_as_a_bare_document_is_seen() -> None:
    assert judge(DELETE, content_type="application/graphql") == (Effect.D1, "v1")


def test_the_word_in_an_argument_or_a_name_is_no_deletion() -> None:
    query = 'query volumeDelete { project(id: "volumeDelete") { volumeDelete: name } }'
    assert judge({"query": query}) == (Effect.READ, "")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        '{"query": "mutation { volumeDelete(volumeId: "',
        {"query": "mutation { volumeDelete("},
        {"extensions": {"persistedQuery": {"sha256Hash": "00"}}},
        {"id": "abc", "variables": {}},
        {"Query": DELETE},
        '{"query": "query { me { id } }", "query": "mutation { volumeDelete(volumeId: 1) }"}',
        '{"query": "query { me { id } }", "QUERY": "mutation { volumeDelete(volumeId: 1) }"}',
        {"query": "fragment x on Mutation { volumeDelete(volumeId: 1) }"},
        {"query": "mutation { ...x } fragment x on Mutation { ...x }"},
        {"query": "mutation { ...missing }"},
        [],
        [{"query": "query { me { id } }"}, 7],
        {"query": "mutation { neverHeardOf(id: 1) { id } }"},
        {"query": DELETE, "variables": "v"},
    ],
)
def test_what_cannot_be_read_or_is_not_known_is_unknown_and_never_a_read(body: Any) -> None:
    assert judge(body)[0] is Effect.UNKNOWN


def test_a_body_of_which_a_part_was_not_kept_is_unknown() -> None:
    document = {"query": "query { me { id } }"}
    assert judge(document)[0] is Effect.READ
    assert judge(document, **{semconv.REQUEST_DIGEST: "00"})[0] is Effect.UNKNOWN


def test_queries_in_address_and_body_at_once_are_unknown() -> None:
    url = f"{URL}?query={quote('query { me { id } }')}"
    assert judge({"query": DELETE}, url=url)[0] is Effect.UNKNOWN


def test_a_form_to_a_graphql_address_is_unknown() -> None:
    form = "application/x-www-form-urlencoded"
    assert judge(f"query={quote(DELETE)}", content_type=form)[0] is Effect.UNKNOWN


def test_fragments_that_multiply_do_not_exhaust_the_reader() -> None:
    fragments = "".join(f"fragment f{n} on M {{ ...f{n + 1} ...f{n + 1} }} " for n in range(40))
    query = f"mutation {{ ...f0 }} {fragments} fragment f40 on M {{ volumeDelete(volumeId: 1) }}"
    found = read_request("POST", URL, JSON, json.dumps({"query": query}))
    assert found is not None
    assert "too many fields" in found.unreadable


def test_a_query_nested_without_end_is_unreadable_and_not_a_crash() -> None:
    query = "query " + "{ a " * 4000 + "}" * 4000
    assert judge({"query": query})[0] is Effect.UNKNOWN


def test_ordinary_json_is_no_graphql() -> None:
    found = read_request("POST", "https://api.example.com/v1/chat", JSON, '{"messages": []}')
    assert found is None
    search = '{"query": "select shoes", "size": 10}'
    assert read_request("POST", "https://search.example.com/find", JSON, search) is None
