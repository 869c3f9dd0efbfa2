"""Controls that are properties of the place: what a deletion leaves, and what it takes along.

They look at no action before it is done (but for the hard deletion), so they hold none; in
hindsight they say whether the loss would have been one.
"""

from __future__ import annotations

import re

from analyzer.controls.deed import Deed
from analyzer.controls.past import Past
from analyzer.controls.ruling import Answer, Control, Ruling
from analyzer.controls.settings import Settings
from analyzer.model import Effect

__all__ = ["BackupElsewhere", "DeletionProtection", "PointInTime", "Recorder", "SoftDelete"]

STATEMENTS = frozenset({
    "sql", "postgres", "mysql", "sqlite", "redis", "mongo", "orm", "prisma", "drizzle",
    "drizzle-kit", "rails", "rake", "artisan", "alembic", "flyway", "dropdb", "manage.py",
})  # fmt: skip
"""First words of operations that a database runs, or a tool that makes it run them."""
ROWS = frozenset({
    "table", "tables", "schema", "row", "rows", "column", "collection", "keys", "database",
})  # fmt: skip
ESTATES = frozenset({"terraform", "tofu", "terragrunt", "pulumi", "cdk", "helmfile"})
"""Tools that delete all that they have made, whatever it is."""
DELETING = frozenset({Effect.D1, Effect.D2, Effect.D3})


class SoftDelete(Control):
    """A deletion can be called off for some time, on every surface."""

    id = "soft-delete"
    title = "Soft delete on every surface"
    gates = True
    description = (
        "Deleting a provider's resource waits, whichever door it comes through: dashboard, CLI, "
        "API. Rows and files know no such thing."
    )

    def rule(self, deed: Deed, past: Past, settings: Settings) -> Ruling | None:
        """Refuse deletions of resources that cannot be called off."""
        del past, settings
        if not is_resource_deletion(deed) or deed.judgement.irreversible is False:
            return None
        if deed.judgement.operation.partition(" ")[0] in ESTATES:
            return None  # what it deletes is of many providers, and none of them waits for all
        reason = f"{deed.judgement.operation or deed.title} deletes at once"
        safer = "schedule the deletion, or rename and detach the resource and delete it later"
        return Ruling(Answer.DENY, reason, safer)


class Standing(Control):
    """What is a property of the place: it looks at no deed."""

    gates = False

    def rule(self, deed: Deed, past: Past, settings: Settings) -> None:
        """Hold nothing."""
        del deed, past, settings


class BackupElsewhere(Standing):
    """A copy lies where this credential, this account, this provider cannot reach."""

    id = "backup-elsewhere"
    title = "Backup on another trust boundary"
    description = "What is destroyed can be restored from a copy that the same call cannot take."


class PointInTime(Standing):
    """The database can be brought back to any moment, from an archive of its own."""

    id = "pitr"
    title = "Point-in-time recovery"
    description = (
        "Rows and tables can be brought back to a moment; not where the container goes, for the "
        "archive goes with it."
    )


class DeletionProtection(Standing):
    """The provider refuses to delete what is protected."""

    id = "deletion-protection"
    title = "Deletion protection"
    description = (
        "The provider refuses the deletion until the protection is taken off, in a step of its own."
    )


class Recorder(Standing):
    """What happened can be replayed."""

    id = "recorder"
    title = "Replayable log"
    description = "A record explains what happened and settles disputes; it stops nothing."


def is_resource_deletion(deed: Deed) -> bool:
    """Tell whether a deed deletes a provider's resource: no row, no file, no history."""
    if deed.effect not in DELETING or deed.is_local:
        return False
    return bool(deed.judgement.operation) and not is_statement(deed)


def is_statement(deed: Deed) -> bool:
    """Tell whether a deed is a database's statement, or runs one: rows and tables, no container."""
    operation = deed.judgement.operation.lower()
    head = re.split(r"[.\s]", operation, maxsplit=1)[0]
    kind = deed.judgement.target_type.lower()
    return head in STATEMENTS or kind in ROWS
