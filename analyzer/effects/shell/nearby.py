"""What a command acts on that belongs to this machine alone: its software, containers, trial machines.

A package that is taken off is installed again, and a container engine that is told of no other host
runs here. Neither is anybody's production as far as is known, nor is it a file of the work.
"""

from __future__ import annotations

from dataclasses import replace

from analyzer.effects.places import CONTAINERS, SOFTWARE, TRIAL, Place
from analyzer.effects.shell.invocation import Invocation
from analyzer.model import Effect, Judgement

__all__ = ["placed_here"]

_PACKAGES = frozenset(
    """
    apt apt-get aptitude dpkg rpm dnf microdnf yum zypper pacman yay paru apk brew snap flatpak port
    pkg opkg eopkg xbps-remove emerge nix-env nix-store nix-collect-garbage choco winget scoop pip pip3
    pipx uv gem conda mamba npm yarn pnpm bun cargo code codium rustup asdf mise sdk
    """.split()
)
_ENGINES = frozenset(
    "docker podman nerdctl docker-compose podman-compose finch buildah ctr crictl".split()
)
_TRIALS = frozenset(
    """
    vagrant multipass minikube kind k3d colima limactl lima orb vboxmanage tart quickemu ddev lando
    distrobox toolbox localstack ollama
    """.split()
)
_OTHER_HOSTS = frozenset({"-H", "--host", "-c", "--context", "--url", "--remote", "--connection", "--address"})  # fmt: skip
_OTHER_ENGINES = frozenset({"DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "CONTAINER_CONNECTION"})  # fmt: skip
_OF_A_CLUSTER = frozenset("stack service node swarm secret config context cloud".split())
"""Words of an engine that speak of a cluster, or of where it is."""
_PUBLISHES = frozenset("unpublish yank deprecate owner token team org access dist-tag".split())
"""Words of a package manager that speak of what everybody installs."""


def placed_here(judgement: Judgement, command: Invocation, place: Place) -> Judgement:
    """Return a judgement of a command that acts on this machine's own, told so by its target."""
    if place.host or judgement.target_type or judgement.effect not in _DESTROYS:
        return judgement
    kind = _kind(command)
    return replace(judgement, target_type=kind) if kind else judgement


_DESTROYS = frozenset({Effect.D1, Effect.D2, Effect.D3, Effect.D4})


def _kind(command: Invocation) -> str:
    name, words = command.name, frozenset(command.arguments)
    if name in _PACKAGES and not words & _PUBLISHES:
        return SOFTWARE
    if name in _TRIALS and not words & _OF_A_CLUSTER:
        return TRIAL
    if name == "supabase" and not words & {"--linked", "--db-url", "projects", "branches"}:
        return TRIAL if words & {"reset", "stop"} else ""
    elsewhere = {w.partition("=")[0] for w in words} & _OTHER_HOSTS or (
        _OTHER_ENGINES & set(command.environment)
    )
    if name in _ENGINES and not elsewhere and not words & _OF_A_CLUSTER:
        return CONTAINERS
    return ""
