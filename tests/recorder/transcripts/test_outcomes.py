"""The error that a result's words tell, wherever it stands among other words and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.transcripts.outcomes import LOOKED_AT, content_error

TELLS = {
    "HTTP/1.1 401 Unauthorized": "401",
    'HTTP/2" 500': "500",
    '"status_code" : "404"': "404",
    '"http_code":503': "503",
    "status code: 429": "429",
    "HTTP error 403": "403",
    "Output:\n\n404\n": "404",
    "404 Not Found": "404",
    "500 internal server error": "500",
}
DOES_NOT = (
    "HTTP/1.1 200", "HTTP/1.1 4012", "status: 5001", "x404 Not Found", "404 Not Foundling",
    "line 404", '"port": 4040', "status code 44", "Output: 404 rows",
)  # fmt: skip
AROUND = st.lists(
    st.sampled_from(["413 rows", "4 4", "a 555 b", "status", "status: 200", "é", "drwx 4096"])
).map("\n".join)


@pytest.mark.parametrize("said", TELLS)
@given(before=AROUND, after=AROUND)
def test_a_code_is_told_by_the_words_beside_it(said: str, before: str, after: str) -> None:
    assert content_error(f"{before}\n{said}\n{after}") == f"HTTP {TELLS[said]}"


@pytest.mark.parametrize("said", DOES_NOT)
@given(before=AROUND, after=AROUND)
def test_a_number_that_nothing_calls_a_code_is_none(said: str, before: str, after: str) -> None:
    assert content_error(f"{before}\n{said}\n{after}") == ""


@pytest.mark.parametrize("code", ["404", " 500\n"])
def test_a_code_is_told_that_is_all_of_a_text(code: str) -> None:
    assert content_error(code) == f"HTTP {code.strip()}"
    assert content_error(f"{code.strip()} a") == ""


def test_the_first_of_several_codes_counts_and_the_end_of_a_long_text_is_read() -> None:
    assert content_error("HTTP/1.1 401 and then HTTP/1.1 503") == "HTTP 401"
    assert content_error("x" * 3 * LOOKED_AT + " HTTP/1.1 503") == "HTTP 503"
    assert content_error("[] " * LOOKED_AT + '{"errors": [{') == "GraphQL errors"
