"""Cut a command's arguments into options and plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Arguments", "cut"]

BYPASSES = frozenset({
    "-y", "--yes", "--assume-yes", "--force", "--no-confirm", "--confirm", "--auto-approve",
    "-auto-approve", "--assumeyes", "--quiet", "--non-interactive", "--no-prompt", "--no-prompts",
    "--skip-final-snapshot", "--accept-data-loss", "--force-reset", "--no-preserve-root",
    "--skip-confirmation", "--skip-safety-checks", "--force-destroy", "--no-verify", "--noconfirm",
    "--skip-final-cluster-snapshot", "--dangerously-skip-permissions", "--no-deletion-protection",
    "--yes-i-really-really-mean-it", "--skiplock", "--bypass-governance-retention",
    "--override-approvals", "/quiet", "/q", "-Force", "-force", "--confirmed", "--cascade=orphan",
    "--disable-locking", "--ignore-prevent-destroy", "--hard_delete", "-noprompt",
})  # fmt: skip
"""Options that get past a question or a guard, whatever the program; short ones per program."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command's arguments, cut."""

    words: tuple[str, ...]
    """Those that are no options, and not the value of one."""
    options: frozenset[str]
    """Options as they stand; `--name=value` both whole and without the value, `-rf` also letter
    by letter."""
    values: tuple[tuple[str, str], ...] = ()

    def value(self, *names: str) -> str:
        """Return the value of the first of these options that is given; else nothing."""
        return next((v for n, v in self.values if n in names), "")

    def has(self, *names: str) -> bool:
        """Tell whether one of these options is given."""
        return not self.options.isdisjoint(names)

    def bypasses(self, own: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the options that get past a question or a guard."""
        return tuple(sorted(self.options & (BYPASSES | frozenset(own))))


def cut(
    arguments: Sequence[str], valued: frozenset[str] = frozenset(), *, letters: bool = True
) -> Arguments:
    """Return arguments cut; the options in `valued` take the next word.

    Without `letters`, `-pvc` is one option, as in programs whose long ones begin with one dash.
    """
    words: list[str] = []
    options: set[str] = set()
    values: list[tuple[str, str]] = []
    place, ended = 0, False
    while place < len(arguments):
        text = arguments[place]
        place += 1
        if ended or not text.startswith("-") or text == "-":
            words.append(text)
        elif text == "--":
            ended = True
        else:
            name, is_assigned, value = text.partition("=")
            options |= {text, name}
            if letters and not text.startswith("--"):
                options.update(f"-{letter}" for letter in text[1:] if letter.isalpha())
            if is_assigned:
                values.append((name, value))
            elif place < len(arguments) and not arguments[place].startswith("-"):
                values.append((name, arguments[place]))
                if name in valued:
                    place += 1
            elif name in valued and place < len(arguments):
                values.append((name, arguments[place]))
                place += 1
    return Arguments(tuple(words), frozenset(options), tuple(values))
