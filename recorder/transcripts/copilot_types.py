"""Which events GitHub Copilot CLI writes that mean nothing here, or say what others say too."""

from __future__ import annotations

__all__ = ["NOTED"]

_OF: dict[str, tuple[str, ...]] = {
    "assistant": (
        "fusion_phase_activity", "fusion_phase_completed", "fusion_phase_failed",
        "fusion_phase_started", "idle", "intent", "message_delta", "message_start", "reasoning",
        "reasoning_delta", "server_tool_progress", "streaming_delta", "tool_call_delta",
        "turn_end", "turn_start", "usage",
    ),
    "auto_mode_switch": ("completed", "requested"),
    "command": ("completed", "execute", "queued"),
    "elicitation": ("completed", "requested"),
    "exit_plan_mode": ("completed", "requested"),
    "external_tool": ("completed", "requested"),
    "factory": ("run_settled", "run_started", "run_updated"),
    "hook": ("progress", "start"),
    "mcp": (
        "headers_refresh_completed", "headers_refresh_required", "oauth_completed",
        "oauth_required", "prompts.list_changed", "resources.list_changed", "tools.list_changed",
    ),
    "model": ("call_failure", "call_final_result", "call_finished", "call_start"),
    "sampling": ("completed", "requested"),
    "session": (
        "auto_mode_resolved", "auto_tier_recommendation", "auto_tier_switch_failed",
        "autopilot_objective_changed", "background_tasks_changed", "binary_asset",
        "canvas.closed", "canvas.opened", "canvas.recorded", "canvas.registry_changed",
        "canvas.removed", "canvas.unavailable", "compaction_complete", "compaction_start",
        "completion_receipt", "context_changed", "context_cleared", "custom_agents_updated",
        "custom_notification", "extensions.attachments_pushed", "extensions_loaded",
        "fusion_completed", "fusion_resolved", "fusion_route_failed", "fusion_route_started",
        "handoff", "idle", "info", "managed_settings_enforced", "managed_settings_resolved",
        "mcp_server_needs_reconnect", "mcp_server_removed", "mcp_server_status_changed",
        "mcp_servers_loaded", "mode_changed", "mode_notice_delivered", "model_change",
        "permissions_changed", "plan_changed", "remote_steerable_changed", "resume",
        "schedule_cancelled", "schedule_created", "schedule_rearmed", "session_limits_changed",
        "skills_loaded", "snapshot_rewind", "task_complete", "title_changed", "todos_changed",
        "tools_updated", "truncation", "usage_checkpoint", "usage_info", "warning",
        "workspace_file_changed",
    ),
    "session_limits_exhausted": ("completed", "requested"),
    "skill": ("invoked",),
    "subagent": ("completed", "configured", "deselected", "failed", "selected", "started"),
    "system": ("notification",),
    "tool": (
        "execution_partial_result", "execution_progress", "shell_output", "user_requested",
    ),
    "user_input": ("completed", "requested"),
}  # fmt: skip
NOTED = frozenset({
    "capabilities.changed", "commands.changed", "event", "mcp_app.tool_call_complete",
    "pending_messages.modified", "result", "tool_search.activated", "ui.ephemeral_query",
    *(f"{family}.{name}" for family, names in _OF.items() for name in names),
})  # fmt: skip
