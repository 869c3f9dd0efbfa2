"""What a command says of the recording it stands on: verified, changed, or not looked at."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.chain import Chain, chain_of

__all__ = ["chain_state", "chain_words", "verified"]

NOT_VERIFIED = "not verified"


def verified(path: Path, *, no_verify: bool) -> Chain | None:
    """Verify a recording, unless it is to be left alone; what was changed goes to stderr at once.

    Raises:
        RecordingError: it cannot be opened or read at all.
    """
    if no_verify:
        return None
    chain = chain_of(path)
    if not chain.is_intact:
        click.echo(f"{chain.words}: the recording is NOT as it was written", err=True)
    return chain


def chain_words(chain: Chain | None) -> str:
    """Return the line that stands above what a person reads."""
    return chain.words if chain else NOT_VERIFIED


def chain_state(chain: Chain | None, session_id: str) -> str:
    """Return what stands beside a session, for machines too: `ok`, `BAD` or `not verified`."""
    return chain.state_of(session_id) if chain else NOT_VERIFIED
