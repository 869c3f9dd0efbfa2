"""A recording's two secrets: the fingerprint key and the signing key.

Files of mode 0600 in a folder away from the recording (`FLIGHTLOG_KEYS`): whoever gets the
recording alone can neither test guesses of a secret nor sign a forged history.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.errors import DamagedKeyError
from recorder.location import keys_folder, keys_root

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
MACHINE_FILE = "machine.key"
FINGERPRINT_FILE = "fingerprint.key"
SIGNING_FILE = "signing.key"


def fingerprint_key(log_id: str, kept: str = "") -> tuple[bytes, bool]:
    """Return the recording's fingerprint key (32 bytes) and whether it was made just now.

    Args:
        log_id: the id of its log.
        kept: where its keys are, as it tells itself (`keys_folder`).
    """
    return _load_or_make(keys_folder(log_id, kept) / FINGERPRINT_FILE)


def machine_key() -> bytes:
    """Return this machine's own key (32 bytes), for fingerprints that hold over recordings."""
    return _load_or_make(keys_root() / MACHINE_FILE)[0]


def signing_key(log_id: str, kept: str = "") -> tuple[Ed25519PrivateKey, bool]:
    """Return the recording's Ed25519 signing key and whether it was made just now.

    Args:
        log_id: the id of its log.
        kept: where its keys are, as it tells itself (`keys_folder`).
    """
    # Only the recorder signs: agents that hand records to it never load the cryptography package.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    raw, made = _load_or_make(keys_folder(log_id, kept) / SIGNING_FILE)
    return Ed25519PrivateKey.from_private_bytes(raw), made


def _load_or_make(path: Path) -> tuple[bytes, bool]:
    try:
        return _load(path), False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(KEY_BYTES)
    # Written aside and then linked into place: nobody ever reads half a key, and of two processes
    # that make one at the same time the first wins.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.hex().encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        return _load(path), False
    finally:
        aside.unlink()
    return key, True


def is_key(path: Path) -> bool:
    """Return whether a file holds a key.

    Raises:
        OSError: it cannot be read.
    """
    return _key_in(path.read_bytes()) is not None


def _load(path: Path) -> bytes:
    key = _key_in(path.read_bytes())
    if key is None:
        raise DamagedKeyError(
            f"{path} is damaged: it holds no {KEY_BYTES * 2} hexadecimal digits; put a copy of it "
            "back, or move it away and have a new key made (what that means: docs/credentials.md, "
            "'Where the keys are')"
        )
    return key


def _key_in(text: bytes) -> bytes | None:
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
