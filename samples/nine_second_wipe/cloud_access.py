"""Decide who asks the sample cloud and what that caller may see: Railway's two kinds of token.

An account token (`Authorization: Bearer`) may do everything; a project token
(`Project-Access-Token`) is for one environment of one project. Whatever a caller may not see does
not exist for it: both are `Not Authorized`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cloud_state import Cloud
from cloud_types import Environment, Project, VolumeInstance
from graphql import GraphQLError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: what the one accepted header says, and nothing else."""

    is_account: bool = False
    environment: Environment | None = None
    """The environment of a project token."""

    @property
    def name(self) -> str:
        """Under which name requests are counted."""
        return "account" if self.is_account else "project" if self.environment else "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """The context of one request."""

    cloud: Cloud
    caller: Caller

    def require_account(self) -> None:
        """Refuse everything but an account token."""
        if not self.caller.is_account:
            raise not_authorized()

    def project(self, project_id: str) -> Project:
        """Return a project that the caller may read."""
        mine = self.caller.environment
        project = self.cloud.projects.get(project_id)
        if project and (self.caller.is_account or (mine and mine.project_id == project.id)):
            return project
        raise not_authorized()

    def place(self, project_id: str, environment_id: str) -> tuple[Project, Environment]:
        """Return a project and an environment of it that the caller may work in."""
        project, environment = self.project(project_id), self.environment(environment_id)
        if environment.project_id != project.id:
            raise not_authorized()
        return project, environment

    def environment(self, environment_id: str) -> Environment:
        """Return an environment that the caller may work in."""
        environment = self.cloud.environments.get(environment_id)
        if environment and (self.caller.is_account or self.caller.environment == environment):
            return environment
        raise not_authorized()

    def instance(self, instance_id: str) -> VolumeInstance:
        """Return a volume instance of an environment that the caller may work in."""
        instance = self.cloud.volume_instances.get(instance_id)
        if instance is None:
            raise not_authorized()
        self.environment(instance.environment_id)
        return instance


def identify(cloud: Cloud, authorization: str | None, project_token: str | None) -> Caller:
    """Return the caller that the two headers name; a token in the other's header is nobody's."""
    if authorization is not None:
        kind, _, given = authorization.partition(" ")
        right = secrets.compare_digest(given.strip().encode(), cloud.account_secret.encode())
        return Caller(is_account=kind.lower() == "bearer" and right)
    given = (project_token or "").strip()
    if secrets.compare_digest(given.encode(), cloud.project_secret.encode()):
        return Caller(environment=cloud.staging)
    return Caller()


def not_authorized() -> GraphQLError:
    """Return Railway's refusal (its code is INTERNAL_SERVER_ERROR, odd as that is)."""
    return GraphQLError("Not Authorized", extensions={"code": "INTERNAL_SERVER_ERROR"})
