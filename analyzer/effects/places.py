"""Where a path or a host lies: inside the workspace, above it, temporary, production by its name."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NEAR_WORDS", "Ground", "Place", "environment_in", "ground_of"]

PRODUCTION, STAGING, DEVELOPMENT, UNKNOWN = "production", "staging", "development", "unknown"
SOFTWARE, CONTAINERS, TRIAL = "installed software", "local containers", "local trial machine"
NEARBY = frozenset({SOFTWARE, CONTAINERS, TRIAL})
"""Types of targets that belong to this machine, and are none of the work's files."""
_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|production|prd|live)(?![a-z])", re.IGNORECASE)
_STAGING = re.compile(r"(?<![a-z])(?:staging|stage|stg|preprod|uat|qa)(?![a-z])", re.IGNORECASE)
_DEVELOPMENT = re.compile(
    r"(?<![a-z])(?:dev|development|local|localhost|test|testing|sandbox|minikube|kind-\w+"
    r"|docker-desktop|127\.0\.0\.1|preview|ci)(?![a-z])",
    re.IGNORECASE,
)
_MADE_AGAIN = frozenset(
    """
    node_modules dist build target out __pycache__ .pytest_cache .mypy_cache .ruff_cache .cache
    .next .nuxt .turbo .parcel-cache coverage htmlcov .coverage .tox .nox .venv venv .gradle
    .terraform cmake-build-debug bin obj .svelte-kit .eggs .hypothesis tmp temp
    """.split()
)
_TEMPORARY = (
    "/tmp",  # noqa: S108 - a name to compare with
    "/var/tmp",  # noqa: S108 - as above
    "/dev/shm",  # noqa: S108 - as above
    "/private/tmp",
    "$TMPDIR",
    "${TMPDIR}",
    "$TMP",
    "$TEMP",
)
_HOME = re.compile(r"^(?:~|/root|/home/[^/]+|/Users/[^/]+|[A-Za-z]:/Users/[^/]+)/?$")
_ROOTS = re.compile(r"^(?:/|[A-Za-z]:/?|/(?:home|Users|root|etc|usr|var|opt|boot|bin|lib|srv|mnt"
                    r"|dev|sys|proc|sbin|data|media|System|Library|Applications)/?)$")  # fmt: skip


class Ground(StrEnum):
    """What sort of place a path is."""

    ROOT = "the root, or a folder of the system"
    HOME = "a home folder"
    WORKSPACE = "the workspace itself"
    ABOVE = "above the workspace"
    INSIDE = "inside the workspace"
    MADE_AGAIN = "made again by a build"
    TEMPORARY = "a temporary folder"
    DEVICE = "a device"
    NOTHING = "empty"
    OUTSIDE = "outside the workspace"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is given."""

    folder: str = ""
    """The working directory; empty where nobody tells."""
    host: str = ""
    workspace: str = ""
    """The folder that the session works on, above or beside `folder`; empty where it is `folder`."""


def ground_of(path: str, place: Place, *, folder: str = "", pattern: bool = False) -> Ground:
    """Return what sort of place a path is, resolved against the folder that it is used in."""
    path = path.replace("\\", "/") if re.match(r"^[A-Za-z]:\\|^\\\\", path) else path
    if not path:
        return Ground.NOTHING
    if path.startswith("/dev/"):
        return Ground.DEVICE if path not in {"/dev/null", "/dev/stdout"} else Ground.NOTHING
    if path.startswith(_TEMPORARY):
        resolved = posixpath.normpath(path)
        if resolved.startswith(_TEMPORARY):
            return Ground.TEMPORARY
        path = resolved
    base = posixpath.normpath(path.rstrip("*") or "." if pattern else path)
    if _ROOTS.match(base) or base in {"//", "/*"}:
        return Ground.ROOT
    if _HOME.match(base):
        return Ground.HOME
    return _inside(base, place.workspace or place.folder, folder or place.folder)


def _inside(path: str, workspace: str, folder: str) -> Ground:
    parts = [part for part in path.split("/") if part]
    if path.startswith("$") or path.startswith("`"):
        return Ground.UNKNOWN
    absolute = path.startswith(("/", "~")) or bool(re.match(r"[A-Za-z]:", path))
    whole = path if absolute else posixpath.normpath(posixpath.join(folder or "", path))
    if _ROOTS.match(whole):
        return Ground.ROOT
    if not absolute and not folder:
        if path in {".", "./"}:
            return Ground.WORKSPACE
        if path.startswith(".."):
            return Ground.ABOVE
    elif not workspace:
        # Beside which workspace nobody can tell.
        return Ground.UNKNOWN
    else:
        root = posixpath.normpath(workspace)
        if whole == root:
            return Ground.WORKSPACE
        if root.startswith(whole.rstrip("/") + "/"):
            return Ground.ABOVE
        if not whole.startswith(root.rstrip("/") + "/"):
            return Ground.OUTSIDE
    return Ground.MADE_AGAIN if parts and parts[-1] in _MADE_AGAIN else Ground.INSIDE


_USER = re.compile(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][\w.-]+|/usr/local\b|\.local/")
"""Folders that tell no environment: a user who is called `dev`, what is installed for all."""


_PUBLIC = re.compile(r"(?<=[a-z0-9-])(?<!env)\.(?:dev|live)(?=[:/?#\s\"']|$)", re.IGNORECASE)
"""Ends of public names of hosts: `acme.dev` is as likely a product as `acme.com`."""


def environment_in(text: str) -> tuple[str, str]:
    """Return the environment that names in a text tell, and the word that tells it."""
    text = _PUBLIC.sub("", _USER.sub("", text[:4_000]))
    for environment, pattern in (
        (PRODUCTION, _PRODUCTION), (STAGING, _STAGING), (DEVELOPMENT, _DEVELOPMENT),
    ):  # fmt: skip
        if found := pattern.search(text):
            return environment, f"the name {found[0]!r} in it"
    return UNKNOWN, ""


NEAR_WORDS = frozenset({Ground.INSIDE.value, Ground.MADE_AGAIN.value, Ground.TEMPORARY.value})
"""Grounds on which a deletion is a developer's daily work."""
