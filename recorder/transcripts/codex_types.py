"""Which types stand in Codex's rollouts, and how these are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder.transcripts.codex_exec import is_event, is_exec

__all__ = ["NOTED_EVENTS", "NOTED_ITEMS", "NOTED_LINES", "OLD_ITEMS", "is_saved", "recognises"]

TYPES = frozenset(
    {"session_meta", "response_item", "event_msg", "turn_context", "compacted", "world_state",
     "token_usage_record", "inter_agent_communication", "fork_reference", "retained_context",
     "realtime_item", "history_mutation"}
)  # fmt: skip
OLD_ITEMS = frozenset(
    {"message", "function_call", "function_call_output", "local_shell_call", "reasoning",
     "custom_tool_call", "custom_tool_call_output", "web_search_call", "tool_call", "tool_result",
     "response_item"}
)  # fmt: skip
"""Items that stand in their line without an envelope."""
OLD_META = frozenset({"id", "timestamp", "git", "cwd", "cli_version"})
NOTED_LINES = TYPES | {"meta", "entry", "inter_agent_communication_metadata"}
NOTED_ITEMS = frozenset(
    {"reasoning", "ghost_snapshot", "compaction", "compaction_trigger", "context_compaction",
     "additional_tools", "other"}
)  # fmt: skip
NOTED_EVENTS = frozenset({
    "agent_message", "agent_reasoning", "agent_reasoning_raw_content",
    "agent_reasoning_section_break", "background_event", "collab_agent_interaction_begin",
    "collab_agent_interaction_end", "collab_agent_spawn_begin", "collab_agent_spawn_end",
    "collab_close_begin", "collab_close_end", "collab_resume_begin", "collab_resume_end",
    "collab_waiting_begin", "collab_waiting_end", "context_compacted", "deprecation_notice",
    "dynamic_tool_call_request", "dynamic_tool_call_response", "elicitation_request",
    "entered_review_mode", "error", "exec_command_begin", "exec_command_end",
    "exec_command_output_delta", "exited_review_mode", "guardian_assessment", "guardian_warning",
    "hook_completed", "hook_started", "image_generation_begin", "image_generation_end",
    "item_completed", "item_started", "mcp_startup_complete", "mcp_startup_update",
    "mcp_tool_call_begin", "mcp_tool_call_end", "model_reroute", "patch_apply_begin",
    "patch_apply_end", "plan_update", "request_permissions", "request_user_input",
    "session_configured", "shutdown_complete", "stream_error", "sub_agent_activity",
    "task_complete", "task_started", "terminal_interaction", "thread_goal_updated",
    "thread_name_updated", "thread_rolled_back", "thread_settings_applied", "turn_aborted",
    "turn_diff", "undo_completed", "undo_started", "user_message", "view_image_tool_call",
    "warning", "web_search_begin", "web_search_end",
})  # fmt: skip
"""Types whose words stand elsewhere, or mean nothing here: they are kept as they stand."""


def recognises(value: Any) -> bool:
    """Tell whether a value is a line of such a file, or all of it."""
    if not isinstance(value, Mapping):
        return False
    if value.get("type") in TYPES:
        return isinstance(value.get("payload"), Mapping)
    if value.get("type") != "error" and (is_exec(value) or is_event(value) or is_saved(value)):
        return True
    # Before 2025-09 an item stood in its line without an envelope, after a line of meta data.
    about = {"id", "timestamp"} <= value.keys() and "type" not in value
    return about and ("instructions" in value or value.keys() <= OLD_META)


def is_saved(value: Any) -> bool:
    """Tell whether a value is a whole session as the first CLI (2025-04) saved it."""
    if not isinstance(value, Mapping):
        return False
    session, items = value.get("session"), value.get("items")
    return (
        isinstance(session, Mapping)
        and {"id", "timestamp"} <= session.keys()
        and isinstance(items, list)
        and all(isinstance(one, Mapping) and "type" in one for one in items[:3])
    )
