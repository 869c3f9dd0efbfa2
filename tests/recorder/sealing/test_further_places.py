"""Kinds of places that other tools' manuals showed later, and texts that look like them."""

from __future__ import annotations

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
TOKEN = "rNLU09X0fmnR7n5FdmueGDmblocOKFm7"
HEXADECIMAL = "f69e3a2da7db2de613f9ca517392b964"
WORDS = "saffron-maple-meadow-orbit"
LETTERS = "HtemGNYyst"


def sealed_in(text: str) -> list[str]:
    return [text[p.span.start : p.span.end] for p in Sealer(KEY).seal_text(text).places]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        # A key as the user of basic auth: its password is empty, or asked for.
        (f"curl -X POST -u '{TOKEN}:' https://h/v1", TOKEN),
        (f'curl -u "{TOKEN}:" https://h/v1', TOKEN),
        (f"curl https://h -u {TOKEN}", TOKEN),
        (f"https://h/2.5/forecast?q=Oslo&appid={HEXADECIMAL}", HEXADECIMAL),
        (f"https://h/x?X-Goog-Expires=900&X-Goog-Signature={HEXADECIMAL * 4}", HEXADECIMAL * 4),
        (f"client_id=web&code_verifier={TOKEN}abcdefghijk&x=y", f"{TOKEN}abcdefghijk"),
        # Variables of the environment whose names end as their program writes them.
        (f"export TF_VAR_admin_password={WORDS}; terraform apply", WORDS),
        (f"TF_VAR_db_password={WORDS} terraform apply", WORDS),
        (f"openssl enc -aes-256-cbc -in a -out b -k {LETTERS}", LETTERS),
        (f'redis-benchmark -h r1 -a "{TOKEN}" -t set', TOKEN),
        (f"127.0.0.1:6379> AUTH default {TOKEN}", TOKEN),
        (f"cache:6379[2]> AUTH {TOKEN}", TOKEN),
        (rf"net use Z: \\nas\share /user:ACME\svc {LETTERS}", LETTERS),
        # A pair of name and value within what has a name itself.
        (f"- name: api\n  env:\n  - name: DB_PASSWORD\n    value: {LETTERS}\n", LETTERS),
        (f"- key: app\n  items:\n  - name: DB_PASSWORD\n    value: {WORDS}\n", WORDS),
        ("yubico token: IZnoRjHGgKcpBDSugQOydPLhOiS=", "IZnoRjHGgKcpBDSugQOydPLhOiS="),
    ],
)
def test_what_stands_in_a_place_of_its_kind_is_sealed(text: str, secret: str) -> None:
    assert sealed_in(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "curl -u elastic https://h:9200",
        "curl -u my-service-account-name https://h",
        "https://store.example/agecheck?appid=1091500",
        "https://h/cb?appid=wx8888888888888888&state=1",
        "https://user:pass@host.example/",
        "fetch(url, { credentials: 'include' })",
        'fetch(url, { credentials: "same-origin", headers })',
        'document.cookie = "theme=dark; path=/"',
        "d0c5e9f1a2b3c4d5e6f708192a3b4c5d  token-service_1.2_amd64.deb",
        "Unpacking libterm-readkey-perl_2.38-2+b1_amd64.deb ...",
    ],
)
def test_what_only_looks_so_is_left(text: str) -> None:
    assert sealed_in(text) == []
