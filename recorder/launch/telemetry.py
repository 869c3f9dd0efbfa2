"""The environment in which an OpenTelemetry SDK of any kind exports to the run's receiver.

What the user's own environment says of where telemetry goes is overridden for the run, because
recording it is what the run is for; the receiver passes on what it got to where it went before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Telemetry", "destinations", "telemetry_to", "without_proxy_for"]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_COMMON = "OTEL_EXPORTER_OTLP_"
GRPC_PORT = 4317
_SIGNALS = {"TRACES": "/v1/traces", "LOGS": "/v1/logs"}
_FILES = ("certificate", "client_certificate", "client_key")
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


def destinations(given: Mapping[str, str], own: Sequence[str] = ()) -> dict[str, dict[str, str]]:
    """Return where a user's environment sends telemetry, signal by signal, as JSON can hold it.

    https://opentelemetry.io/docs/specs/otel/protocol/exporter/

    Args:
        given: the user's environment.
        own: variables of the agent's own that say where its telemetry goes, base addresses.
    """
    found: dict[str, dict[str, str]] = {}
    base = next((given[name] for name in (*own, ENDPOINT) if given.get(name)), "")
    for signal in ("TRACES", "LOGS", "METRICS"):
        particular = given.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "")
        if signal == "METRICS" and particular:
            continue  # they go there by themselves
        url = particular or base
        if not url:
            continue
        protocol = _said(given, signal, "PROTOCOL")
        is_grpc = protocol == "grpc" or (not protocol and _port(url) == GRPC_PORT)
        if is_grpc and "://" not in url:
            # Only there an address may come without a scheme, and TLS is what it means.
            is_plain = _said(given, signal, "INSECURE").lower() == "true"
            url = f"{'http' if is_plain else 'https'}://{url}"
        elif not particular and not is_grpc:
            url = f"{url.rstrip('/')}/v1/{signal.lower()}"
        found[signal] = {
            "url": url,
            "protocol": "grpc" if is_grpc else "http",
            "headers": ",".join(filter(None, (_of(given, s, "HEADERS") for s in ("", signal)))),
            **{name: _said(given, signal, name.upper()) for name in _FILES},
        }
    return found


def _port(url: str) -> int | None:
    try:
        return urlsplit(url if "://" in url else f"//{url}").port
    except ValueError:
        return None


def _said(given: Mapping[str, str], signal: str, what: str) -> str:
    """Return a setting: a signal's own counts before the common one."""
    return _of(given, signal, what) or _of(given, "", what)


def _of(given: Mapping[str, str], signal: str, what: str) -> str:
    return given.get(f"OTEL_EXPORTER_OTLP_{signal}_{what}" if signal else f"{_COMMON}{what}", "")


def without_proxy_for(receiver: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which clients reach a receiver directly, where proxies are set."""
    if not any(given.get(name) for name in _PROXIES):
        return {}
    host = urlsplit(receiver).hostname or ""
    kept = given.get("no_proxy") or given.get("NO_PROXY") or ""
    return dict.fromkeys(("NO_PROXY", "no_proxy"), f"{kept},{host}" if kept else host)
