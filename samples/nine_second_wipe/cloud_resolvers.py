"""What each field of the sample cloud's schema answers, and what it asks of its caller.

The tables at the end are the whole interface: fields that need more than an attribute of their
source, and arguments whose names are no good in Python.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, Unpack

from cloud_access import Asked, not_authorized
from cloud_state import NoSuchResourceError, iso
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
from graphql import GraphQLError, GraphQLResolveInfo

type Info = GraphQLResolveInfo[Asked]
type Node = Project | Environment | Service | Volume | VolumeInstance
type Connection = dict[str, Any]


class Page(TypedDict, total=False):
    """The arguments of every connection."""

    first: int | None
    last: int | None
    after: str | None
    before: str | None
    is_ephemeral: bool | None


def _connection(nodes: Iterable[Node], page: Page) -> Connection:
    """Page through nodes as Relay's connections do; the cursor is the node's id."""
    all_nodes = list(nodes)
    ids = [node.id for node in all_nodes]
    after, before = page.get("after"), page.get("before")
    begin = ids.index(after) + 1 if after in ids else 0
    end = ids.index(before) if before in ids else len(ids)
    if (first := page.get("first")) is not None:
        end = min(end, begin + max(0, first))
    if (last := page.get("last")) is not None:
        begin = max(begin, end - max(0, last))
    shown = all_nodes[begin:end]
    return {
        "edges": [{"cursor": node.id, "node": node} for node in shown],
        "pageInfo": {
            "startCursor": shown[0].id if shown else None,
            "endCursor": shown[-1].id if shown else None,
            "hasPreviousPage": begin > 0,
            "hasNextPage": end < len(ids),
        },
    }


def _me(_root: None, info: Info) -> Account:
    info.context.require_account()
    return info.context.cloud.account


def _project_token(_root: None, info: Info) -> ProjectToken:
    if info.context.caller.environment is None:
        raise not_authorized()
    return info.context.cloud.project_token


def _projects(_root: None, info: Info, **page: Unpack[Page]) -> Connection:
    info.context.require_account()
    return _connection(info.context.cloud.projects.values(), page)


def _project(_root: None, info: Info, *, wanted: str) -> Project:
    return info.context.project(wanted)


def _environments(_root: None, info: Info, *, project_id: str, **page: Unpack[Page]) -> Connection:
    return _environments_of(info.context.project(project_id), info, **page)


def _environment(_root: None, info: Info, *, wanted: str) -> Environment:
    return info.context.environment(wanted)


def _service(_root: None, info: Info, *, wanted: str) -> Service:
    if (service := info.context.cloud.services.get(wanted)) is None:
        raise not_authorized()
    info.context.project(service.project_id)
    return service


def _variables(
    _root: None, info: Info, *, project_id: str, environment_id: str, **_options: object
) -> dict[str, str]:
    project, environment = info.context.place(project_id, environment_id)
    variables = {
        "APP_ENV": environment.name,
        "RAILWAY_PROJECT_NAME": project.name,
        "RAILWAY_ENVIRONMENT_NAME": environment.name,
    }
    for instance in info.context.cloud.volume_instances.values():
        if instance.environment_id == environment.id:
            volume = info.context.cloud.volumes[instance.volume_id]
            variables["RAILWAY_VOLUME_NAME"] = volume.name
            variables["RAILWAY_VOLUME_MOUNT_PATH"] = instance.mount_path
    return variables


def _domains(
    _root: None, info: Info, *, project_id: str, environment_id: str, service_id: str
) -> dict[str, list[CustomDomain]]:
    _, environment = info.context.place(project_id, environment_id)
    everywhere = info.context.cloud.custom_domains.values()
    mine = [
        d for d in everywhere if d.environment_id == environment.id and d.service_id == service_id
    ]
    return {"customDomains": mine}


def _volume_instance(_root: None, info: Info, *, wanted: str) -> VolumeInstance:
    return info.context.instance(wanted)


def _backup_list(_root: None, info: Info, *, volume_instance_id: str) -> list[Backup]:
    instance = info.context.instance(volume_instance_id)
    return info.context.cloud.backups_of(instance.id)


def _environments_of(project: Project, info: Info, **page: Unpack[Page]) -> Connection:
    ephemeral = page.get("is_ephemeral")
    everywhere = info.context.cloud.environments.values()
    mine = (e for e in everywhere if e.project_id == project.id)
    return _connection((e for e in mine if ephemeral in {None, e.is_ephemeral}), page)


def _services_of(project: Project, info: Info, **page: Unpack[Page]) -> Connection:
    services = info.context.cloud.services.values()
    return _connection((s for s in services if s.project_id == project.id), page)


def _volumes_of(project: Project, info: Info, **page: Unpack[Page]) -> Connection:
    volumes = info.context.cloud.volumes.values()
    return _connection((v for v in volumes if v.project_id == project.id), page)


def _instances_of_volume(volume: Volume, info: Info, **page: Unpack[Page]) -> Connection:
    # Ids and names are the project's, so every token of the project may read them: the look that
    # was left out before the deletion was open to the token of staging.
    instances = info.context.cloud.volume_instances.values()
    return _connection([i for i in instances if i.volume_id == volume.id], page)


def _instances_of_environment(
    environment: Environment, info: Info, **page: Unpack[Page]
) -> Connection:
    info.context.environment(environment.id)
    instances = info.context.cloud.volume_instances.values()
    return _connection([i for i in instances if i.environment_id == environment.id], page)


def _project_of(owned: Service | Volume | ProjectToken, info: Info) -> Project:
    return info.context.project(owned.project_id)


def _environment_of(placed: VolumeInstance | ProjectToken, info: Info) -> Environment:
    return info.context.cloud.environments[placed.environment_id]


def _service_of(instance: VolumeInstance, info: Info) -> Service:
    return info.context.cloud.services[instance.service_id]


def _volume_of(instance: VolumeInstance, info: Info) -> Volume:
    return info.context.cloud.volumes[instance.volume_id]


def _volume_delete(_root: None, info: Info, *, volume_id: str) -> bool:
    info.context.require_account()
    try:
        info.context.cloud.delete_volume(volume_id)
    except NoSuchResourceError:
        raise not_authorized() from None
    except OSError as error:
        raise GraphQLError("Problem processing request") from error
    return True


def _custom_domain_create(_root: None, info: Info, *, given: Mapping[str, Any]) -> CustomDomain:
    project, environment = info.context.place(given["project_id"], given["environment_id"])
    service = info.context.cloud.services.get(given["service_id"])
    if service is None or service.project_id != project.id:
        raise not_authorized()
    now = iso(dt.datetime.now(dt.UTC))
    domain = CustomDomain(
        id=str(uuid.uuid4()),
        domain=given["domain"],
        project_id=project.id,
        environment_id=environment.id,
        service_id=service.id,
        target_port=given.get("target_port"),
        created_at=now,
        updated_at=now,
    )
    info.context.cloud.add_domain(domain)
    return domain


def _custom_domain_delete(_root: None, info: Info, *, wanted: str) -> bool:
    if (domain := info.context.cloud.custom_domains.get(wanted)) is None:
        raise not_authorized()
    info.context.environment(domain.environment_id)
    info.context.cloud.remove_domain(wanted)
    return True


ARGUMENT_NAMES = {"id": "wanted", "input": "given"}

RESOLVERS: dict[tuple[str, str], Callable[..., object]] = {
    ("Query", "me"): _me,
    ("Query", "projectToken"): _project_token,
    ("Query", "projects"): _projects,
    ("Query", "project"): _project,
    ("Query", "environments"): _environments,
    ("Query", "environment"): _environment,
    ("Query", "service"): _service,
    ("Query", "variables"): _variables,
    ("Query", "domains"): _domains,
    ("Query", "volumeInstance"): _volume_instance,
    ("Query", "volumeInstanceBackupList"): _backup_list,
    ("Project", "environments"): _environments_of,
    ("Project", "services"): _services_of,
    ("Project", "volumes"): _volumes_of,
    ("Environment", "volumeInstances"): _instances_of_environment,
    ("Volume", "volumeInstances"): _instances_of_volume,
    ("Volume", "project"): _project_of,
    ("Service", "project"): _project_of,
    ("ProjectToken", "project"): _project_of,
    ("ProjectToken", "environment"): _environment_of,
    ("VolumeInstance", "environment"): _environment_of,
    ("VolumeInstance", "service"): _service_of,
    ("VolumeInstance", "volume"): _volume_of,
    ("Mutation", "volumeDelete"): _volume_delete,
    ("Mutation", "customDomainCreate"): _custom_domain_create,
    ("Mutation", "customDomainDelete"): _custom_domain_delete,
}
