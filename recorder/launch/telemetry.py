"""The environment in which an OpenTelemetry SDK of any kind exports to the run's receiver.

What the user's own environment says of where telemetry goes is overridden for the run, because
recording it is what the run is for; which variables that were is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Telemetry", "telemetry_to", "without_proxy_for"]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_SIGNALS = {"TRACES": "/v1/traces", "LOGS": "/v1/logs"}
_SOON = {"OTEL_BSP_SCHEDULE_DELAY": "1000", "OTEL_BLRP_SCHEDULE_DELAY": "1000"}
"""Milliseconds until spans and log records are sent; what is not sent yet dies with its process."""
_PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a launch sets so that telemetry comes to it."""

    environment: Mapping[str, str]
    diverted: tuple[str, ...]
    """Names of the user's variables that said otherwise."""


def telemetry_to(receiver: str, given: Mapping[str, str]) -> Telemetry:
    """Return the variables that send telemetry to a receiver.

    Args:
        receiver: its base address; takes HTTP and gRPC.
        given: the environment that they are added to. Metrics are not taken: where they have an
            address of their own, it stays.
    """
    variables = {ENDPOINT: receiver, PROTOCOL: "http/protobuf"}
    for signal, path in _SIGNALS.items():
        # A signal's own address counts before the common one.
        if f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT" in given:
            variables[f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] = receiver + path
        if f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT" in given or (
            f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL" in given
        ):
            variables[f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"] = "http/protobuf"
    diverted = tuple(
        name for name in variables if name.endswith("_ENDPOINT") and given.get(name, "")
    )
    variables |= {name: value for name, value in _SOON.items() if name not in given}
    return Telemetry(variables, diverted)


def without_proxy_for(receiver: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which clients reach a receiver directly, where proxies are set."""
    if not any(given.get(name) for name in _PROXIES):
        return {}
    host = urlsplit(receiver).hostname or ""
    kept = given.get("no_proxy") or given.get("NO_PROXY") or ""
    return dict.fromkeys(("NO_PROXY", "no_proxy"), f"{kept},{host}" if kept else host)
