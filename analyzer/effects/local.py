"""Which operations change this machine's files and packages, and nothing else."""

from __future__ import annotations

from analyzer.model import Judgement

__all__ = ["FILES", "acts_here"]

FILES = frozenset({"file", "folder", "directory", "path", "files", "git"})
"""Types of targets that lie on this machine."""
LOCAL = frozenset({
    ">", ">>", "mkdir", "touch", "mv", "cp", "ln", "chmod", "chown", "sed", "tee", "cat", "rm",
    "rmdir", "unlink", "tar", "unzip", "zip", "gzip", "patch", "git", "find", "install", "pip",
    "pip3", "uv", "poetry", "npm", "pnpm", "yarn", "npx", "cargo", "go", "make", "python",
    "python3", "virtualenv",
})  # fmt: skip
"""First words of operations that change this machine's files and packages, and nothing else."""
OUTWARD = frozenset({"push", "publish", "unpublish", "deploy", "login", "prisma", "drizzle-kit"})
"""Further words of operations that reach out all the same."""


def acts_here(judgement: Judgement) -> bool:
    """Tell whether what is judged changes files here and nothing else, as far as is known."""
    words = judgement.operation.split()
    if len(words) > 1 and OUTWARD & set(words[1:3]):
        return False
    return judgement.target_type in FILES or (bool(words) and words[0] in LOCAL)
