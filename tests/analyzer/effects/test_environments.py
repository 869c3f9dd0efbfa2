"""Which environment the names in a command or a host tell, and which names only look like one."""

from __future__ import annotations

import pytest

from analyzer.effects.places import environment_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.acme.dev/v1", "unknown"),
        ("postgres://app@db.acme.dev:5432/shop", "unknown"),
        ("shop.acme.live", "unknown"),
        ("kubectl delete -f /usr/local/etc/app.yaml", "unknown"),
        ("/home/dev/shop", "unknown"),
        ("https://dev.acme.dev/v1", "development"),
        ("db.dev.acme.com", "development"),
        ("api-dev.acme.com", "development"),
        (".env.dev", "development"),
        ("compose.dev.yml", "development"),
        ("http://localhost:3000", "development"),
        ("prod.acme.dev", "production"),
        ("https://staging.acme.live/", "staging"),
    ],
)
def test_an_environment_is_told_by_names_and_not_by_what_a_public_host_ends_in(
    text: str, expected: str
) -> None:
    assert environment_in(text)[0] == expected
