"""What an HTTP request on the wire says of itself: its method, host and GraphQL, if it is any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from analyzer.catalogue import Provider, provider_of
from analyzer.graphql_requests import GraphQLRequest, read_request
from analyzer.texts import Texts, as_text
from recorder import semconv
from recorder.model import Json

__all__ = ["HttpRequest", "header", "host_of", "provider_behind", "request_of"]

DEFAULT_PORTS = frozenset({"80", "443"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The request of an API action."""

    method: str
    host: str
    """`host`, or `host:port` where the port is not the protocol's own."""
    path: str
    graphql: GraphQLRequest | None
    """None for a request that is no GraphQL."""


def request_of(texts: Texts) -> HttpRequest:
    """Return the request that an API action's attributes describe."""
    attributes = texts.attributes
    url = as_text(attributes.get(semconv.URL_FULL))
    method = as_text(attributes.get(semconv.HTTP_METHOD)).upper() or "?"
    override = header(attributes, "x-http-method-override")
    body = texts.whole(semconv.REQUEST_BODY)
    incomplete = texts.is_cut(semconv.REQUEST_BODY) or semconv.REQUEST_DIGEST in attributes
    return HttpRequest(
        method=override.upper() if override and method == "POST" else method,
        host=host_of(attributes),
        path=as_text(attributes.get(semconv.URL_PATH)) or urlsplit(url).path or "/",
        graphql=read_request(
            method, url, header(attributes, "content-type"), body, incomplete=incomplete
        ),
    )


def provider_behind(request: HttpRequest) -> tuple[Provider | None, str]:
    """Return the provider whose API a GraphQL request speaks to, and how that is known."""
    graphql = request.graphql
    names = (s.name for _, s in graphql.root_fields()) if graphql else ()
    fields = frozenset(name for name in names if not name.startswith("__"))
    return provider_of(request.host, request.path, fields)


def host_of(attributes: Mapping[str, Json]) -> str:
    """Return the host that a request went to, with its port unless that is 80 or 443."""
    host = as_text(attributes.get(semconv.SERVER_ADDRESS))
    port = as_text(attributes.get(semconv.SERVER_PORT))
    if not host:
        parts = urlsplit(as_text(attributes.get(semconv.URL_FULL)))
        return parts.netloc.rpartition("@")[2]
    return f"{host}:{port}" if port and port not in DEFAULT_PORTS else host


def header(attributes: Mapping[str, Json], name: str) -> str:
    """Return a request header's first value, or nothing."""
    value = attributes.get(semconv.HTTP_REQUEST_HEADER + name)
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return as_text(value[0])
    return ""
