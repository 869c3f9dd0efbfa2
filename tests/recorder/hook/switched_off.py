"""Settings of a user's by which an agent runs no hook or sends no telemetry."""

from __future__ import annotations

CLAUDE = ("claude-code", ".claude/settings.json")
CODEX = ("codex", ".codex/config.toml")
GEMINI = ("gemini", ".gemini/settings.json")
OURS = "python /x/recorder/capture/hook/client.py gemini"
NO_HOOKS = (
    (*CLAUDE, '{"disableAllHooks": true}', "disableAllHooks"),
    (*CODEX, "[features]\nhooks = false\n", "features.hooks"),
    (*CODEX, "features = { codex_hooks = false }\n", "features.codex_hooks"),
    (*GEMINI, '{"hooksConfig": {"enabled": false}}', "hooksConfig.enabled"),
    (*GEMINI, f'{{"hooksConfig": {{"disabled": ["{OURS}"]}}}}', "hooksConfig.disabled"),
)
"""Agent, file below the home folder, what it holds, and the setting to name."""
NO_TELEMETRY = (
    (*CLAUDE, '{"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "0"}}', "env.CLAUDE_CODE_ENABLE_TELEMETRY"),
    (*CODEX, 'otel.exporter = "none"\n', "otel.exporter"),
    (*GEMINI, '{"telemetry": {"enabled": false}}', "telemetry.enabled"),
)

SHARED = (
    ("hook", "claude-code", ".claude/settings.json", '{"disableAllHooks": true}'),
    (
        "otlp",
        "claude-code",
        ".claude/settings.json",
        '{"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "0"}}',
    ),
    ("hook", "codex", ".codex/config.toml", "features.hooks = false\n"),
    ("hook", "gemini", ".gemini/settings.json", '{"hooksConfig": {"enabled": false}}'),
)
"""The witness that is gone, agent, file of a project's which all who work on it share, content."""
