"""Signed checkpoints of the log, in the C2SP formats.

tlog-checkpoint (origin, size, root) inside a signed-note with an Ed25519 signature:
https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "— "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint commits to."""

    origin: str
    size: int
    root: bytes


def verifier_key(name: str, public: bytes) -> str:
    """Return the signed-note verifier key: `name+hash+base64`."""
    return f"{name}+{_key_id(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint as a signed note."""
    root = base64.b64encode(checkpoint.root).decode()
    text = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
    public = key.public_key().public_bytes_raw()
    signature = _key_id(checkpoint.origin, public) + key.sign(text.encode())
    return f"{text}\n{DASH}{checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, vkey: str) -> Checkpoint:
    """Return the checkpoint in a note after checking its signature with a verifier key.

    Raises:
        ValueError: the note is malformed, or no signature by that key is valid.
    """
    name, public = parse_verifier_key(vkey)
    text, separator, signatures = note.rpartition("\n\n")
    if not separator:
        raise ValueError("no signature")
    text += "\n"
    if not any(_is_valid(line, text, name, public) for line in signatures.splitlines()):
        raise ValueError("no valid signature by the recording's key")
    lines = text.split("\n")
    try:
        return Checkpoint(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))
    except (IndexError, binascii.Error) as error:
        raise ValueError("malformed checkpoint") from error


def is_signed(text: str, signature: bytes, vkey: str) -> bool:
    """Return whether a text has a valid Ed25519 signature by the key that a verifier key holds."""
    try:
        _, public = parse_verifier_key(vkey)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_valid(line: str, text: str, name: str, public: bytes) -> bool:
    prefix = f"{DASH}{name} "
    if not line.startswith(prefix):
        return False
    try:
        raw = base64.b64decode(line[len(prefix) :], validate=True)
        if raw[:4] != _key_id(name, public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
    except (binascii.Error, InvalidSignature, ValueError):
        return False
    return True


def parse_verifier_key(vkey: str) -> tuple[str, bytes]:
    """Return the name and the public key that a signed-note verifier key holds.

    Raises:
        ValueError: it is no such key.
    """
    try:
        name, key_id, encoded = vkey.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("not a signed-note verifier key") from error
    if raw[:1] != ED25519 or len(raw) != 33 or _key_id(name, raw[1:]).hex() != key_id:
        raise ValueError("not an Ed25519 signed-note verifier key")
    return name, raw[1:]


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]
