"""Secrets in files that a tool printed with something before each of their lines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.sealing import Sealer
from recorder.sealing.margins import bare_of
from recorder.sealing.spans import SecretSpan

KEY = b"k" * 32
SECRET = "Willow2019!"
FILES = {
    "a setting": f"port=5432\ndb_password={SECRET}\n",
    "a word that is set": "port=5432\ndb_password=sunflower\nhost=db\n",
    "a section's word": "[db]\nhost = db\npassword = sunflower\n",
    "words that are set": "[mail]\nsmtp_pass = correct horse battery staple\nport = 25\n",
    "a head above its rows": f"username,password,role\nbob,{SECRET},admin\n",
    "a head that ends in the secret's name": f"username,password\nbob,{SECRET}\n",
    "a head in quotes": f'"id","password"\n"1","{SECRET}"\n',
    "a head with tabulators": f"id\tuser\tpassword\n1\tbob\t{SECRET}\n",
    "a head with semicolons": f"password;user\n{SECRET};bob\n",
    "an element behind its name": f"<a>\n<name>db.password</name>\n<value>{SECRET}</value>\n",
    "a property list": f"<dict>\n  <key>DbPassword</key>\n  <string>{SECRET}</string>\n</dict>\n",
    "a name below its value": f'env:\n  - value: "{SECRET}"\n    name: DB_PASSWORD\n',
    "a block of YAML": f"db:\n  password: |\n    {SECRET}\n  port: 5432\n",
    "a parameter's default": f"All:\n  DBPassword:\n    Type: String\n    Default: {SECRET}\n",
    "a word at a line's beginning": f"# kickstart\nrootpw --plaintext {SECRET}\nreboot\n",
    "a list of accounts": f"chpasswd:\n  list: |\n    root:{SECRET}\n",
    "a server's own word": f"port 6379\nmasterauth {SECRET}\n",
}
MARGINS: dict[str, Callable[[int, str], str]] = {
    "cat -n": lambda number, line: f"{number + 7:6d}\t{line}",
    "numbers and arrows": lambda number, line: f"{number + 97:6d}→{line}",
    "numbers of one width": lambda number, line: f"{number + 8}→{line}",
    "a container's": lambda _, line: f"api-1  | {line}",
    "a quotation": lambda _, line: f"> {line}",
}


SECRETS = (SECRET, "sunflower", "correct horse")


def held_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def printed(margin: str, file: str) -> str:
    lines = file.rstrip("\n").split("\n")
    return "\n".join(MARGINS[margin](number, line) for number, line in enumerate(lines, 1))


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("kind", FILES)
def test_what_stands_before_lines_hides_nothing(kind: str, margin: str) -> None:
    text = printed(margin, FILES[kind])
    document = json.dumps({"content": text}, ensure_ascii=False)
    for whole in (text, f"src:\n{text}", document):
        if margin == "a quotation" and whole.startswith("src"):
            continue  # who quotes does so from the first line on
        if margin == "a container's" and whole.startswith("src"):
            continue  # it prints its own lines alone
        assert held_in(Sealer(KEY).seal_text(whole).text) == []


@pytest.mark.parametrize("kind", FILES)
def test_a_differences_signs_hide_nothing(kind: str) -> None:
    lines = FILES[kind].rstrip("\n").split("\n")
    for sign in "+-":
        changed = "\n".join(f"{sign}{line}" for line in lines)
        text = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,9 @@\n{changed}\n"
        assert held_in(Sealer(KEY).seal_text(text).text) == []


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("kind", FILES)
def test_without_margins_it_is_the_file(kind: str, margin: str) -> None:
    file = FILES[kind].rstrip("\n")
    text = printed(margin, FILES[kind])
    bare = bare_of(text)
    assert bare is not None
    assert bare.text == file
    for start in range(len(file)):
        for end in range(start + 1, len(file) + 1):
            span = bare.placed(SecretSpan(start, end, "password", "assignment"))
            held = text[span.start : span.end]
            assert (held[0], held[-1]) == (file[start], file[end - 1])
            assert (span.value or held) == file[start:end]


LINES = [
    "     1→",
    "     2→a",
    "  2\t",
    "     3\tb",
    "@@ -1 +1 @@",
    "+",
    "-a",
    " b",
    "--- a",
    "> ",
    "c",
]


@given(st.lists(st.sampled_from([*LINES, "web | ", "web | d", "é→", "", '"     1→'])))
def test_each_letter_of_a_file_is_where_it_stands_in_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    bare = bare_of(text)
    for at, letter in enumerate(bare.text if bare else ""):
        assert bare
        span = bare.placed(SecretSpan(at, at + 1, "password", "assignment"))
        assert text[span.start : span.end] == letter


@pytest.mark.parametrize(
    "text",
    [
        "id        | 7\napi_token | abc\nowner     | bob\n",
        "10:00:01 begin\n10:00:02 end\n",
        "1. one\n2. two\n3. three\n",
        "7\t8\n9\t10\n11\t12\n",
        "password: x\n  port: 1\n",
        "- name: a\n- name: b\n",
        "db-1.corp:5432:app:bob:pw\ndb-2.corp:5432:app:bob:pw\n",
    ],
)
def test_what_is_no_margin_stays(text: str) -> None:
    assert bare_of(text) is None


DIFFERENCE = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n b\n"
KEY_IN_PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{'aB3+' * 16}\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize("behind", ["", "$ cat x\n", "\n"])
@pytest.mark.parametrize(
    "printed",
    [
        KEY_IN_PEM,
        KEY_IN_PEM.partition("-----END")[0],
        KEY_IN_PEM.partition("-----\n")[2],
        "".join(f"-{line}\n" for line in KEY_IN_PEM.splitlines()),
    ],
)
def test_a_key_behind_a_difference_is_found(printed: str, behind: str) -> None:
    for text in (f"{DIFFERENCE}{behind}{printed}", f"@@ -1 +1 @@\n-a\n{behind}{printed}"):
        for whole in (text, json.dumps({"content": text})):
            assert "aB3+aB3+" not in Sealer(KEY).seal_text(whole).text


def test_an_option_on_a_line_of_its_own_is_found_behind_a_difference() -> None:
    text = f"{DIFFERENCE}$ mysql \\\n-p{SECRET} \\\n-u me\n"
    assert SECRET not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize("first", [1, 7, 1001, 100_001])
@pytest.mark.parametrize("begin", ["", "$ mysql -B app\n"])
def test_rows_that_begin_with_a_number_are_rows_of_a_table(begin: str, first: int) -> None:
    rows = "".join(f"{first + n}\tbob{n}\t{SECRET}{n}x\tadmin\n" for n in range(4))
    text = f"{begin}id\tuser\tpassword\trole\n{rows}"
    assert SECRET not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize("name", ["password", "api_token", "db.secret"])
def test_a_secrets_name_before_each_line_is_no_containers(name: str) -> None:
    text = f"{name} | {SECRET}\n{name} | {SECRET}9\n"
    assert bare_of(text) is None


def test_a_secret_in_a_containers_name_is_seen() -> None:
    token = "ghp_" + "x7Kq2mVb9TzR4wLn8YcD3fHs6JpA1eGu5oBt"
    text = f"{token} | one\n{token} | two\n{token} | three\n"
    assert token not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize(
    "begin", ["*** Begin Patch\n*** Add File: x.csv\n", "*** Update File: x.csv\n@@\n"]
)
def test_a_patch_hides_nothing(begin: str) -> None:
    text = f"{begin}+username,password\n+bob,{SECRET}\n"
    assert SECRET not in Sealer(KEY).seal_text(text).text


@pytest.mark.parametrize("kind", FILES)
def test_a_file_in_a_string_within_a_string_is_read(kind: str) -> None:
    text = json.dumps({"output": json.dumps({"stdout": f"src:\n{FILES[kind]}"})})
    assert SECRET not in Sealer(KEY).seal_text(text).text


def test_a_format_without_letters_is_found_where_the_margins_alone_have_long_words() -> None:
    line = "a-container-of-a-cluster-with-a-name-1  | " + "some words of a log " * 200
    token = "u1234567-4f9a0c7be18d52634f9a0c7b"
    text = "\n".join([*[line] * 8, f"{line}{token}"])
    assert bare_of(text) is not None, "the test's own premise"
    found = Sealer(KEY).find(text)
    assert [text[span.start : span.end] for span in found] == [token]
