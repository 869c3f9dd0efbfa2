"""What a command acts on, as its words name it: the object, never the value of another option.

An approval binds an object: where several are named, all of them are the target.
"""

from __future__ import annotations

import re

from analyzer.effects.names import words_in
from analyzer.effects.shell.options import Arguments

__all__ = ["SCOPING", "target_of", "target_of_verb"]

SCOPING = frozenset(
    """
    --token --access-token --auth-token --api-token --api-key --password --org --organization
    --team --scope --project --app --env --environment --region --zone --location --profile
    --context --namespace --config --body --output --format --account --host --port --endpoint
    --cwd --repo --reason --message --timeout --log-level --subscription --resource-group
    --workspace --stack --project-ref --project-id --org-id --team-id --app-id
    """.split()
)
"""Options that take the next word in every program that has them."""
_NAMES = ("--name", "-n", "--id", "--ids")
_ENVIRONMENT = re.compile(r"prod(?:uction)?|staging|stage|preview|dev(?:elopment)?", re.IGNORECASE)
MAX_TARGET = 200


def target_of(arguments: Arguments, path: int) -> str:
    """Return what a command acts on; empty where its words do not name it.

    Args:
        arguments: the command's arguments, cut.
        path: how many of its words say what is done.
    """
    named = list(arguments.words[path:])
    if len(named) > 1 and _ENVIRONMENT.fullmatch(named[-1]):
        named.pop()  # `vercel env rm NAME production`: of what there is in it
    if named:
        return " ".join(named)[:MAX_TARGET]
    return _by_option(arguments, arguments.words[:path])[:MAX_TARGET]


def target_of_verb(arguments: Arguments, verb: str) -> str:
    """Return what a command of which only the verb is known acts on: its last word, behind it."""
    last = arguments.words[-1] if arguments.words else ""
    if last and verb not in words_in(last):
        return last
    return _by_option(arguments, arguments.words)[:MAX_TARGET]


def _by_option(arguments: Arguments, path: tuple[str, ...]) -> str:
    """Return the value of the option that is called as the object is: `volume rm --volume x`."""
    nouns = {noun.removesuffix("s") for word in path for noun in words_in(word)}
    for option, value in arguments.values:
        parts = words_in(option)
        bare = [p for p in parts if p not in {"id", "name", "identifier"}]
        if option.startswith("--") and bare and set(bare) <= nouns:
            return value
    # A short one is the first letter of what it names: `-v` of a volume, `-a` of an app.
    for option, value in arguments.values:
        if len(option) == 2 and any(noun.startswith(option[1]) for noun in nouns):
            return value
    return arguments.value(*_NAMES)
