"""A known secret as shells, programs, pages and streams write it: by letters, or in chunks."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.sealing import Sealer

KEY = b"k" * 32
SIGNS = "!#%*@^~$&?+=/._- "
VALUES = st.text(string.ascii_letters + string.digits + SIGNS + "üß", min_size=12, max_size=40)

FORMS: dict[str, Callable[[str], str]] = {
    "octal escapes": lambda v: "".join(f"\\{byte:03o}" for byte in v.encode()),
    "octal escapes in JSON": lambda v: "".join(f"\\\\{byte:03o}" for byte in v.encode()),
    "numbers of a page": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "hexadecimal numbers of a page": lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    "a buffer": lambda v: json.dumps({"type": "Buffer", "data": list(v.encode())}),
    "an array": lambda v: json.dumps(list(v.encode()), separators=(",", ":")),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "PowerShell": lambda v: base64.b64encode(v.encode("utf-16-le")).decode(),
    "PowerShell's command": lambda v: base64.b64encode(
        f'$env:T="{v}"; run'.encode("utf-16-le")
    ).decode(),
    "PowerShell's command, otherwise aligned": lambda v: base64.b64encode(
        f'$a="{v}"; run'.encode("utf-16-le")
    ).decode(),
}


def knowing(value: str) -> Sealer:
    sealer = Sealer(KEY)
    sealer.seal_text(json.dumps({"password": value}, ensure_ascii=False))
    return sealer


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, deadline=None)
@given(value=VALUES)
def test_a_known_secret_is_sealed_in_every_form(form: str, value: str) -> None:
    sealer = knowing(value)
    if not sealer.seal_text(f"x {value} y").places:
        return  # words of a text are followed by nobody
    written = FORMS[form](value)
    sealed = sealer.seal_text(f'run "{written}" now')
    assert sealed.places
    # The last signs of an encoding hold a bit or two, which also depend on what is behind.
    assert written[:-4] not in sealed.text


def lines(*documents: object) -> str:
    return "\n".join(json.dumps(document) for document in documents)


STREAMS: dict[str, Callable[[list[str]], str]] = {
    "a model's": lambda parts: "".join(
        f"data: {json.dumps({'choices': [{'delta': {'content': part}}]})}\n\n" for part in parts
    ),
    "a tool's arguments": lambda parts: "".join(
        f"data: {json.dumps({'delta': {'type': 'input_json_delta', 'partial_json': part}})}\n\n"
        for part in parts
    ),
    "a container's log": lambda parts: lines(
        *({"log": part, "stream": "stdout"} for part in parts)
    ),
    "a terminal's recording": lambda parts: lines(
        *([number + 0.5, "o", part] for number, part in enumerate(parts))
    ),
    "log records": lambda parts: json.dumps(
        {"logRecords": [{"body": {"stringValue": part}} for part in parts]}
    ),
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("cuts", [(4,), (4, 9), (3, 7, 10, 13), (1, 2, 3, 4, 5)])
def test_a_known_secret_is_sealed_in_the_pieces_of_a_stream(
    stream: str, cuts: tuple[int, ...]
) -> None:
    secret = "xR7kQ2mV9pLw3sN8bT4y"
    edges = [0, *cuts, len(secret)]
    parts = [secret[a:b] for a, b in pairwise(edges)]
    sealed = knowing(secret).seal_text(STREAMS[stream](["so ", *parts, " it is"]))
    assert all(f'"{part}"' not in sealed.text for part in parts)


@pytest.mark.parametrize("part", ["Q2mV9pLw3s", "7kQ2mV9pLw3sN"])
def test_a_chunk_that_is_a_middle_piece_of_a_known_secret_is_sealed(part: str) -> None:
    assert part not in knowing("xR7kQ2mV9pLw3sN8bT4y").seal_text(part).text
