"""The environment variables that flightlog reads, each with its meaning."""

from __future__ import annotations

FLIGHTLOG_RECORDING = "FLIGHTLOG_RECORDING"
"""Path, or bare name in the data folder, of the recording that commands and agents use."""

FLIGHTLOG_KEYS = "FLIGHTLOG_KEYS"
"""Folder of the keys (fingerprints, signatures); default: `keys` in the user's configuration."""

FLIGHTLOG_RUN = "FLIGHTLOG_RUN"
"""Id of the launch that a process belongs to; set by the launcher, inherited by every child."""

FLIGHTLOG_ONWARD = "FLIGHTLOG_ONWARD"
"""Set by a launch for its receiver alone: where telemetry goes on to (`launch.telemetry`)."""

FLIGHTLOG_LINGER = "FLIGHTLOG_LINGER"
"""Seconds that a recorder which a hook started stays after its last client; 0: a hook starts none
before the end of a turn, and that one leaves at once."""

FLIGHTLOG_DURABILITY = "FLIGHTLOG_DURABILITY"
"""`full` (default: an acknowledged record survives power loss) or `normal` (a process's death)."""
