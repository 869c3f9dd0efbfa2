"""`flightlog credentials scan`: what would be sealed of a text, with the detectors of capture."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from recorder.core_dumps import no_core_dump
from recorder.safe_text import safe_text
from recorder.sealing import Sealer
from recorder.sealing.sealed import SealedPlace, SealedText

__all__ = ["command"]

EXPECTED = '{"id": ..., "text": "..."}'


@click.command("scan")
@click.option("--jsonl", is_flag=True, help='Read and write JSON lines: {"id": ..., "text": ...}.')
@click.pass_context
def command(context: click.Context, *, jsonl: bool) -> None:
    """Show what would be sealed of the text on standard input, and store nothing.

    Prints the text with each secret replaced by its token, then what was found where. Everything
    read is one recording's: what one line gives away is known in the lines behind it. The tokens
    are of this run alone.

    With --jsonl each line becomes {"id", "sealed", "seals": [{"class", "detector", "start", "end",
    "suspected"}]}; start and end count characters of the original text. A line that cannot be read
    is named on stderr, the rest goes on, and the exit code is 2.

    \b
    Example:
      env | flightlog credentials scan
      flightlog credentials scan --jsonl < cases.jsonl | jq -c .seals
    """
    no_core_dump()
    sealer = Sealer(os.urandom(32))
    if not jsonl:
        _show(sealer.seal_text(_read()))
        return
    bad = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            name, text = _parsed(line)
        except ValueError as error:
            bad += 1
            click.echo(f"Error: stdin line {number}: {error}; expected {EXPECTED}", err=True)
            continue
        click.echo(json.dumps(_document(name, sealer.seal_text(text))))
    if bad:
        context.exit(2)


def _read() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def _parsed(line: bytes) -> tuple[Any, str]:
    """Return a line's id and text.

    Raises:
        ValueError: the line is no such object; the message quotes nothing of it.
    """
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at column {error.colno})") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 (a line's fault, not a type's)
    text = document.get("text")
    if not isinstance(text, str):
        raise ValueError('has no string under "text"')  # noqa: TRY004 (likewise)
    if "id" not in document:
        raise ValueError('has no "id"')
    return document["id"], text


def _document(name: Any, sealed: SealedText) -> dict[str, Any]:
    return {
        "id": name,
        "sealed": sealed.text,
        "seals": [
            {
                "class": place.credential_class,
                "detector": place.span.detector,
                "start": place.span.start,
                "end": place.span.end,
                "suspected": place.span.suspected,
            }
            for place in sealed.places
        ],
    }


def _show(sealed: SealedText) -> None:
    """Print a sealed text, then its seals; only a terminal needs protection from it."""
    text = safe_text(sealed.text, keep_newlines=True) if sys.stdout.isatty() else sealed.text
    raw = text.encode("utf-8", "surrogateescape" if text is sealed.text else "replace")
    click.echo(raw, nl=not raw.endswith(b"\n"))
    click.echo()
    click.echo("\n".join(_lines(sealed)))


def _lines(sealed: SealedText) -> Iterator[str]:
    if not sealed.places:
        yield "no secret found"
        return
    detectors = Counter(place.span.detector for place in sealed.places)
    told = ", ".join(f"{name} {count}" for name, count in sorted(detectors.items()))
    yield f"{len(sealed.places)} sealed ({told})"
    yield from map(_line, sealed.places)


def _line(place: SealedPlace) -> str:
    doubt = "  suspected" if place.span.suspected else ""
    return (
        f"  {place.span.start}-{place.span.end}  {place.token}  {place.span.detector}"
        f"  {place.length} characters{doubt}"
    )
