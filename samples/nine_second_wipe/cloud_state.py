"""What the sample cloud holds: projects, environments, services, volumes on disk, two secrets.

Volumes are real folders and deleting one removes them. Who may do what is not decided here.
"""

from __future__ import annotations

import datetime as dt
import shutil
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cloud_data import PRODUCTION_DATABASE, STAGING_DATABASE, BackupFile, fill_volume
from cloud_types import (
    Account,
    Backup,
    CustomDomain,
    Environment,
    Project,
    ProjectToken,
    Service,
    Volume,
    VolumeInstance,
)

# Published of the volume's id are the first eight digits; the zeros say that the rest is made up.
VOLUME_ID = "3d2c42fb-0000-4000-8000-000000000000"
DELETION_SECONDS = 3.6
"""How long a deletion takes at speed 1 (nobody published it)."""


class NoSuchResourceError(LookupError):
    """An id names nothing that is still there."""


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


def named_id(*words: str) -> str:
    """Return the id of a thing of this sample: the same in every run, and naming nothing real."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "flightlog-sample:" + "/".join(words)))


def iso(moment: dt.datetime) -> str:
    """Return a moment as the API writes it: UTC, milliseconds, `Z`."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Cloud:
    """The cloud's content and its two secrets, which are new in every run."""

    def __init__(self, root: Path, *, speed: float = 1.0) -> None:
        now = dt.datetime.now(dt.UTC)
        self._lock = threading.Lock()
        self._deletion_seconds = DELETION_SECONDS / speed
        self._founded = iso(now - dt.timedelta(days=400))
        self.root = root
        # Railway's tokens have the shape of a random UUID and no prefix.
        self.account_secret = str(uuid.uuid4())
        self.project_secret = str(uuid.uuid4())
        self.custom_domains: dict[str, CustomDomain] = {}
        self._found_projects()
        self._found_services()
        self._mount_volume(now)

    def _found_projects(self) -> None:
        self.account = Account(
            id=named_id("account"),
            name="Sample Founder",
            email="founder@example.invalid",
            created_at=self._founded,
        )
        self.project = self._new_project("rental-platform")
        self.other_project = self._new_project("company-site")
        self.projects = _by_id([self.project, self.other_project])
        self.production = self._new_environment(self.project, "production")
        self.staging = self._new_environment(self.project, "staging")
        elsewhere = self._new_environment(self.other_project, "production")
        self.environments = _by_id([self.production, self.staging, elsewhere])
        self.project_token = ProjectToken(
            id=named_id("project-token", "staging"),
            name="staging",
            project_id=self.project.id,
            environment_id=self.staging.id,
            created_at=self._founded,
        )

    def _found_services(self) -> None:
        self.api_service = self._new_service(self.project, "api")
        self.database_service = self._new_service(self.project, "database")
        site = self._new_service(self.other_project, "site")
        self.services = _by_id([self.api_service, self.database_service, site])

    def _mount_volume(self, now: dt.datetime) -> None:
        """Create the volume that spans both environments: folder, databases, backups."""
        self.volume_folder = self.root / "volumes" / VOLUME_ID
        files = fill_volume(self.volume_folder, now)
        volume = Volume(
            id=VOLUME_ID,
            name="reservations-volume",
            project_id=self.project.id,
            created_at=self._founded,
        )
        self.volumes = {volume.id: volume}
        production = self._new_instance(volume, self.production, PRODUCTION_DATABASE)
        staging = self._new_instance(volume, self.staging, STAGING_DATABASE)
        self.volume_instances = _by_id([production, staging])
        self._backups = [_new_backup(production, file) for file in files]

    def _new_project(self, name: str) -> Project:
        return Project(
            id=named_id("project", name),
            name=name,
            description=f"{name} (made-up sample)",
            created_at=self._founded,
            updated_at=self._founded,
        )

    def _new_environment(self, project: Project, name: str) -> Environment:
        return Environment(
            id=named_id("environment", project.name, name),
            name=name,
            project_id=project.id,
            created_at=self._founded,
            updated_at=self._founded,
        )

    def _new_service(self, project: Project, name: str) -> Service:
        return Service(
            id=named_id("service", project.name, name),
            name=name,
            project_id=project.id,
            created_at=self._founded,
            updated_at=self._founded,
        )

    def _new_instance(self, volume: Volume, environment: Environment, file: str) -> VolumeInstance:
        return VolumeInstance(
            id=named_id("volume-instance", environment.name),
            volume_id=volume.id,
            environment_id=environment.id,
            service_id=self.database_service.id,
            file=self.volume_folder / file,
            created_at=self._founded,
        )

    def backups_of(self, instance_id: str) -> list[Backup]:
        """Return the backups of a volume instance that lie on the disk now, newest first."""
        there = [
            b for b in self._backups if b.volume_instance_id == instance_id and b.file.exists()
        ]
        return sorted(there, key=lambda b: b.created_at, reverse=True)

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume in every environment, and its backups with it. There is no way back.

        Raises:
            NoSuchResourceError: there is no such volume, or it is deleted or being deleted.
            OSError: its files could not be removed; its instances are then in state ERROR.
        """
        with self._lock:
            mine = [i for i in self.volume_instances.values() if i.volume_id == volume_id]
            if not mine or any(i.state in {"DELETING", "DELETED"} for i in mine):
                raise NoSuchResourceError(volume_id)
            self._set_state(volume_id, "DELETING")
        time.sleep(self._deletion_seconds)
        try:
            shutil.rmtree(self.root / "volumes" / volume_id)
        except OSError:
            self._set_state(volume_id, "ERROR")
            raise
        self._set_state(volume_id, "DELETED", deleted_at=iso(dt.datetime.now(dt.UTC)))

    def _set_state(self, volume_id: str, state: str, *, deleted_at: str | None = None) -> None:
        for instance in list(self.volume_instances.values()):
            if instance.volume_id == volume_id:
                self.volume_instances[instance.id] = replace(
                    instance, state=state, deleted_at=deleted_at
                )

    def add_domain(self, domain: CustomDomain) -> None:
        """Keep a new custom domain."""
        with self._lock:
            self.custom_domains[domain.id] = domain

    def remove_domain(self, domain_id: str) -> None:
        """Forget a custom domain."""
        with self._lock:
            del self.custom_domains[domain_id]


def _new_backup(instance: VolumeInstance, file: BackupFile) -> Backup:
    return Backup(
        id=named_id("backup", file.kind),
        volume_instance_id=instance.id,
        name=file.path.stem,
        file=file.path,
        created_at=iso(file.created),
        expires_at=iso(file.expires),
        schedule_id=named_id("schedule", file.kind),
    )


def _by_id[T: _HasId](things: Iterable[T]) -> dict[str, T]:
    return {thing.id: thing for thing in things}
