"""What the sample cloud is made of: values only, named as Railway's schema names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project of the account."""

    id: str
    name: str
    description: str
    created_at: str
    updated_at: str
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment of a project."""

    id: str
    name: str
    project_id: str
    created_at: str
    updated_at: str
    is_ephemeral: bool = False
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of a project; it runs in each of its environments."""

    id: str
    name: str
    project_id: str
    created_at: str
    updated_at: str
    icon: str | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of a project. It has no environment: its instances have."""

    id: str
    name: str
    project_id: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInstance:
    """What a volume holds for one environment."""

    id: str
    volume_id: str
    environment_id: str
    service_id: str
    file: Path
    created_at: str
    mount_path: str = "/data"
    region: str = "us-west2"
    size_mb: int = 50_000
    state: str = "READY"
    deleted_at: str | None = None
    is_pending_deletion: bool = False

    @property
    def current_size_mb(self) -> float:
        """Size of its database on disk, 0 when that is gone."""
        return self.file.stat().st_size / MIB if self.file.exists() else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup of one volume instance."""

    id: str
    volume_instance_id: str
    name: str
    file: Path
    created_at: str
    expires_at: str
    schedule_id: str
    creator_id: str | None = None

    @property
    def external_id(self) -> str:
        """The storage's own name of it."""
        return f"vs_{self.file.stem}"

    @property
    def used_mb(self) -> int:
        """Size on disk in whole MiB, at least 1."""
        return max(1, round(self.file.stat().st_size / MIB))

    @property
    def referenced_mb(self) -> int:
        """Size of the data it refers to: all of it, the copies are full ones."""
        return self.used_mb


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomDomain:
    """A custom domain of a service in an environment."""

    id: str
    domain: str
    project_id: str
    environment_id: str
    service_id: str
    created_at: str
    updated_at: str
    target_port: int | None = None
    deleted_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose cloud it is."""

    id: str
    name: str
    email: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectToken:
    """What a project token is for. The secret itself stands only in `Cloud.project_secret`."""

    id: str
    name: str
    project_id: str
    environment_id: str
    created_at: str
