"""Places and texts that were written without the detectors in view: what is found, what is left."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from types import ModuleType

import pytest

from recorder.sealing import Sealer
from tests.recorder.sealing import (
    places_of_agents,
    places_of_builders,
    places_of_newcomers,
    places_of_operators,
    places_of_others,
    places_of_programmers,
    places_of_scanners,
    places_of_strangers,
    places_of_writers,
    unseen_places,
)
from tests.recorder.sealing.harmless_lines import filled_lines
from tests.recorder.sealing.harmless_pages import PAGES
from tests.recorder.sealing.harmless_projects import CATALOGUES, CODE, EXAMPLES, NAMES
from tests.recorder.sealing.harmless_texts import HARMLESS, made
from tests.recorder.sealing.unseen_places import filled

KEY = b"k" * 32
SETS = (
    unseen_places,
    places_of_operators,
    places_of_builders,
    places_of_programmers,
    places_of_others,
    places_of_writers,
    places_of_strangers,
    places_of_scanners,
    places_of_agents,
    places_of_newcomers,
)


def missed(places: str, seed: int) -> tuple[list[str], int]:
    """Return the places of which anything of a secret is left, and how many there are."""
    left, count = [], 0
    for name, text, secrets in filled(seed, places):
        sealed = Sealer(KEY).seal_text(text).text
        count += 1
        if any(secret in sealed for secret in secrets):
            left.append(f"{name}: {sealed}")
    return left, count


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("module", SETS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_secrets_are_found_in_places_written_by_others(
    module: ModuleType, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    left, count = missed(module.PLACES, seed)
    with capsys.disabled():
        print(f"\nunseen places: {count - len(left)} of {count} found")  # noqa: T201
    assert len(left) <= 0.03 * count, left


SHOWN: dict[str, Callable[[str], str]] = {
    "in JSON": lambda text: json.dumps({"output": text}, ensure_ascii=False),
    "added by a difference": lambda text: re.sub("^(?![+])", "+", text, flags=re.MULTILINE),
    "with numbers": lambda text: "\n".join(
        f"{n:6d}\t{line}" for n, line in enumerate(text.split("\n"), 9)
    ),
    "said by a container": lambda text: re.sub("^", "web-1  | ", text, flags=re.MULTILINE),
}
"""How tools show what others wrote."""


@pytest.mark.parametrize("shown", SHOWN)
def test_places_are_the_same_where_tools_show_them(shown: str) -> None:
    left, count = [], 0
    for name, text, secrets in filled(13, places_of_newcomers.PLACES):
        sealed = Sealer(KEY).seal_text(SHOWN[shown](text)).text
        count += 1
        if any(secret in sealed for secret in secrets):
            left.append(f"{name}: {sealed}")
    assert len(left) <= 0.05 * count, left


ISSUED = (
    "ghp_" + "Bqyt1T5AlQzhk7Q2bmXkthaYWyv1kKB5oiAK",
    "dop_v1_" + "7bc4612476c0efecf6c2f708dfc3832cc31a72f6421f64ee9bd453abf694b927",
    "sk_live_" + "mMoFZEYjyhgLUCPiUCGUfT7E",
)


def test_a_token_is_the_same_in_every_place_that_it_stands_in() -> None:
    others, count = [], 0
    for module in SETS:
        for line in module.PLACES.splitlines():
            if len(re.findall(r"\{[A-Z]\d*\}", line)) != 1:
                continue
            for token in ISSUED:
                sealer = Sealer(KEY)
                text = re.sub(r"\{[A-Z]\d*\}", token, line.partition("|")[2].replace(r"\n", "\n"))
                places = sealer.seal_text(text).places
                count += 1
                if sealer.fingerprint(token) not in {place.fingerprint for place in places}:
                    others.append(text)
    # What is written on before or behind the token without a break is a longer secret.
    assert len(others) <= 0.01 * count, others


def test_talk_of_secrets_is_left_alone() -> None:
    texts = [
        *HARMLESS,
        *(text for _, text in made(random.Random(7))),
        *filled_lines(7),
        *filled_lines(7, PAGES),
    ]
    sealed = [text for text in texts if Sealer(KEY).find(text)]
    assert len(sealed) <= 0.01 * len(texts), sealed


@pytest.mark.parametrize(
    "text", list(filled_lines(7, f"{CATALOGUES}\n{NAMES}\n{CODE}\n{EXAMPLES}"))
)
def test_what_projects_hold_is_left_alone(text: str) -> None:
    assert [text[span.start : span.end] for span in Sealer(KEY).find(text)] == []


@pytest.mark.parametrize(
    "phrase",
    [
        "correct horse battery staple",
        "Blue elephants dance slowly",
        "My Secret Password 1",
        "mein altes passwort",
        "Übermut tut selten gut",
        "пароль1988",
        "Senha#2024 da casa",
    ],
)
@pytest.mark.parametrize("form", ['password: "{}"', '{{"db_password": "{}"}}', "passphrase = '{}'"])
def test_passphrases_are_no_texts_for_people(phrase: str, form: str) -> None:
    text = form.format(phrase)
    assert phrase not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DB_PASSWORD=x1&3xyz\n", "x1&3xyz"),
        ("export DB_PASSWORD=x1&3xyz\nA=b", "x1&3xyz"),
        ("docker run -e 'DB_PASSWORD=x1&3x|yz' image", "x1&3x|yz"),
        ("    - DB_PASSWORD=p4ss(w)ord&1\n", "p4ss(w)ord&1"),
        ("DB_PASSWORD='x1&3xyz;'", "x1&3xyz;"),
        ("db:\n  password: x1&3xyz\n", "x1&3xyz"),
        ("spring.datasource.password=x1<3>xyz\n", "x1<3>xyz"),
        ("token=x13xyz&page=2&sort=a", "x13xyz"),
        ("grant=a&client_secret=x13xyz&page=2", "x13xyz"),
        ("A_TOKEN=x13xyz&&run", "x13xyz"),
        ("Server=db;Password=x13xyz;Encrypt=true", "x13xyz"),
        ("f(password=x13xyz)", "x13xyz"),
        ("fastcgi_param DB_PASSWORD x13xyz77;", "x13xyz77"),
        ("    SetEnv DB_PASS x13xyz77\n", "x13xyz77"),
        ("curl -k \\\n  -H 'a: b' \\\n  -u me:x13xyz77 https://h", "x13xyz77"),
        ("mysqldump \\\n  --host db \\\n  -u a -px13xyz77 app", "x13xyz77"),
        ("newco_k3Jd92kLmQp0ZxYw7TgHs5RvBn1McX8aEf", "newco_k3Jd92kLmQp0ZxYw7TgHs5RvBn1McX8aEf"),
    ],
)
def test_a_value_ends_where_its_place_says(text: str, secret: str) -> None:
    sealed = Sealer(KEY).seal_text(text)
    assert [text[p.span.start : p.span.end] for p in sealed.places] == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("enable password Password1\n", "Password1"),
        ("Password: Password1", "Password1"),
        ("**Password**: letmein for the first login", "letmein"),
        ("DB_PASSWORD=ADMIN_PASS@2024\n", "ADMIN_PASS@2024"),
        ("[https://h.example.com/x?token=x13xyz77]", "x13xyz77"),
        ("Temporary password for your account: xK13-zQ77w", "xK13-zQ77w"),
        ('token: "https://h.example.com/in?t=x13xyz77"', "x13xyz77"),
        ("gh variable set API_TOKEN --body 'x13xyz77'", "x13xyz77"),
        ("gh secret set REGION --body 'x13xyz77'", "x13xyz77"),
        ("createuser --superuser bob x13xyz77", "x13xyz77"),
        ("net user bob x13xyz77 /add", "x13xyz77"),
        ('login(users["bob"], "x13xyz77")', "x13xyz77"),
        ("api_token\n-----------\nx13xyz77\n", "x13xyz77"),
        ("PW='hunterPalau'", "hunterPalau"),
        ('"password": "Пароль!"', "Пароль!"),
        ("$labels['password'] = 'x13xyz77';", "x13xyz77"),
        ("publicKeyToken_secret: x13xyz77", "x13xyz77"),
        ('<user name="a" password="Heslo2024"/>', "Heslo2024"),
    ],
)
def test_what_is_like_a_harmless_kind_is_sealed(text: str, secret: str) -> None:
    assert secret not in Sealer(KEY).seal_text(text).text
