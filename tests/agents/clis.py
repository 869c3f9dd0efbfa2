"""The real agents: where npm has them, and how each is pointed at a model on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["CLIS", "Cli"]


@dataclass(frozen=True, slots=True)
class Cli:
    """One agent's command line."""

    name: str
    """As `flightlog install` calls it."""
    package: str
    program: str
    arguments: tuple[str, ...]
    """A run without a person: prompt given, every tool allowed."""
    environment: Callable[[str], Mapping[str, str]]
    """The model's URL -> variables that lead there."""
    prepare: Callable[[Path, str], None] = lambda _home, _url: None
    """(home, the model's URL): write the user's own settings."""
    after_install: tuple[str, ...] = ()
    """Arguments that stand for what a person does once after `flightlog install`."""
    telemetry: Mapping[str, str] = field(default_factory=dict)
    """Variables that `flightlog install` tells the person to set; `{otlp}` is the receiver."""


def _codex(home: Path, url: str) -> None:
    _write(home / ".codex/config.toml", f"""
model = "scripted"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
env_key = "SCRIPTED_KEY"
wire_api = "responses"
request_max_retries = 0
""")  # fmt: skip


def _gemini(home: Path, url: str) -> None:
    del url
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False},
    }
    _write(home / ".gemini/settings.json", json.dumps(settings, indent=2))


def _opencode(home: Path, url: str) -> None:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "scripted",
        "options": {"baseURL": f"{url}/v1", "apiKey": "none"},
        "models": {"scripted": {"name": "scripted"}},
    }
    model = "scripted/scripted"
    settings = {
        # opencode puts it there by itself where it is missing.
        "$schema": "https://opencode.ai/config.json",
        "provider": {"scripted": provider},
        "model": model,
        "small_model": model,
        "permission": {"bash": "allow", "external_directory": "allow"},
        "autoupdate": False,
    }
    _write(home / "config/opencode/opencode.json", json.dumps(settings, indent=2))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


CLIS = (
    Cli(
        "claude-code",
        "@anthropic-ai/claude-code",
        "claude",
        ("-p", "go", "--allowedTools", "Bash"),
        lambda url: {
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    ),
    Cli(
        "codex",
        "@openai/codex",
        "codex",
        ("exec", "--skip-git-repo-check", "go"),
        lambda _: {"SCRIPTED_KEY": "none"},
        _codex,
        ("--dangerously-bypass-hook-trust",),
    ),
    Cli(
        "gemini",
        "@google/gemini-cli",
        "gemini",
        ("--yolo", "-p", "go"),
        lambda url: {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": url},
        _gemini,
    ),
    Cli(
        "copilot",
        "@github/copilot",
        "copilot",
        ("-p", "go", "--allow-all"),
        lambda url: {
            "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
            "COPILOT_PROVIDER_API_KEY": "none",
            "COPILOT_MODEL": "scripted",
            "COPILOT_AUTO_UPDATE": "false",
        },
        telemetry={
            "OTEL_EXPORTER_OTLP_ENDPOINT": "{otlp}",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
        },
    ),
    Cli(
        "opencode",
        "opencode-ai",
        "opencode",
        ("run", "go"),
        lambda _: {"OPENCODE_DISABLE_AUTOUPDATE": "1"},
        _opencode,
        telemetry={
            "OTEL_EXPORTER_OTLP_ENDPOINT": "{otlp}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        },
    ),
)
