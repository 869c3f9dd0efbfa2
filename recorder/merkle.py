"""An append-only Merkle log (RFC 6962 / RFC 9162 §2.1) kept as a compact range.

The frontier, one hash for each set bit of the size, is all that is needed to append and to know the
root; it is written with the rows it covers.
"""

from __future__ import annotations

import hashlib

HASH_BYTES = 32


def leaf_hash(body: bytes) -> bytes:
    """Return the leaf of a record's body."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The compact range of a log from its first leaf on."""

    __slots__ = ("size", "stack")

    def __init__(self, size: int = 0, stack: list[bytes] | None = None) -> None:
        self.size = size
        self.stack: list[bytes] = stack if stack is not None else []

    @classmethod
    def from_bytes(cls, size: int, packed: bytes) -> Frontier:
        """Return the frontier that `to_bytes` packed.

        Raises:
            ValueError: the number of hashes does not fit the size.
        """
        stack = [packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES)]
        if len(packed) % HASH_BYTES or len(stack) != size.bit_count():
            raise ValueError(f"a log of {size} leaves has {size.bit_count()} frontier hashes")
        return cls(size, stack)

    def to_bytes(self) -> bytes:
        """Return the hashes, largest subtree first."""
        return b"".join(self.stack)

    def copy(self) -> Frontier:
        """Return an independent copy."""
        return Frontier(self.size, self.stack.copy())

    def append(self, leaf: bytes) -> None:
        """Add a leaf, merging the subtrees that it completes."""
        size = self.size
        while size & 1:
            leaf = node_hash(self.stack.pop(), leaf)
            size >>= 1
        self.stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the log's root hash; that of the empty log is SHA-256 of nothing."""
        if not self.stack:
            return hashlib.sha256(b"").digest()
        root = self.stack[-1]
        for subtree in reversed(self.stack[:-1]):
            root = node_hash(subtree, root)
        return root
