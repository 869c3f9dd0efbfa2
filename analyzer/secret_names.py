"""Words by which secrets are named: in patterns that are searched for, and in names of files."""

from __future__ import annotations

import re

__all__ = ["names_a_secret"]

_NAMED = re.compile(
    r"(?<!max_)(?<!num_)(?<!n_)token(?!s?[_-]?(?:count|iz|usage|limit|budget|len))"
    r"|secret|api[_-]?key|passw|credential|private[_-]?key|bearer|auth[_-]?key|\.env\b"
    r"|\.pem\b|id_rsa|id_ed25519|\.netrc|\.pgpass|\.npmrc|kubeconfig|ghp_|sk_live|AKIA",
    re.IGNORECASE,
)


def names_a_secret(text: str) -> bool:
    """Tell whether a text names a secret, or a file that is made for one."""
    return _NAMED.search(text) is not None
