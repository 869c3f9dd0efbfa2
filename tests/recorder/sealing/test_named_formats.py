"""Formats that are known by name: each with a secret that its place gives away, and without."""

from __future__ import annotations

import json

import pytest

from recorder.sealing import Sealer

KEY = b"k" * 32
SECRET = "Xk9mP2vLqR7tt"

FORMATS = {
    "Terraform outputs": '{{"outputs": {{"db": {{"value": "{}", "sensitive": true}}}}}}',
    "Terraform outputs, sensitive first": '{{"db": {{"sensitive": true, "value": "{}"}}}}',
    "XML CDATA": "<c><password><![CDATA[{}]]></password></c>",
    "value before name in JSON": '[{{"value":"{}","name":"API_KEY"}}]',
    "value before name in YAML": "env:\n- value: {}\n  name: API_KEY\n",
    "argv as a list without blanks": '["mysql","-p","{}"]',
    "cmdline of a process": "mysql\0--token\0{}\0--yes",
    "heredoc of a token": "gh auth login --with-token <<EOF\n{}\nEOF\n",
    "Go data source": "me:{}@tcp(db:3306)/app",
    "ldapsearch": "ldapsearch -x -D cn=admin -w{} -b dc=x",
    "openssl enc": "openssl enc -aes-256-cbc -k {} -in a",
    "bw unlock": "bw unlock {}",
    "cf auth": "cf auth me {}",
    "Redis ACL": "ACL SETUSER alice on >{} ~* +@all",
    "Redis ACL file": "user alice on >{} ~* +@all",
    "Bundler": 'BUNDLE_GEMS__EXAMPLE__COM: "me:{}"',
    "Go struct": "{{User:alice Password:{} Host:x}}",
    "row of a table": "| password | {} |",
    "bold name": "**API key**: `{}`",
    "Oracle verifier": "ALTER USER x IDENTIFIED BY VALUES 'S:{}';",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_named_format_is_known(name: str) -> None:
    text = FORMATS[name].format(SECRET)
    sealed = Sealer(KEY).seal_text(text)
    assert SECRET not in sealed.text
    (place,) = sealed.places
    assert not place.span.suspected


@pytest.mark.parametrize(
    "text",
    [
        '{"outputs": {"host": {"value": "db-7.example.com", "sensitive": false}}}',
        '[{"value":"Submit","name":"password"}]',
        "fields:\n- value: lowercase-words\n  name: API_KEY\n",
        "| password | required |",
        "| `token` | string |\n| secret | v1.2.3 |",
        "run bw unlock first, then cf auth again later",
        "gh auth login --with-token <<EOF\n$TOKEN\nEOF\n",
        'BUNDLE_PATH: "vendor/bundle"',
        "tcpdump -p -k and -t options",
    ],
)
def test_the_same_formats_without_a_secret_are_left(text: str) -> None:
    assert Sealer(KEY).find(text) == []


@pytest.mark.parametrize("layers", range(6))
def test_strings_within_strings_of_json_hide_nothing(layers: int) -> None:
    text = json.dumps({"user": "a", "password": SECRET})
    for _ in range(layers):
        text = json.dumps({"body": text})
    sealed = Sealer(KEY).seal_text(text).text
    assert SECRET not in sealed
    for _ in range(layers):
        sealed = json.loads(sealed)["body"]
    assert json.loads(sealed)["password"].startswith("⟦password:")
