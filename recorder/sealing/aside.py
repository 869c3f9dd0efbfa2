"""A sealer for whoever puts records aside while no recorder answers."""

from __future__ import annotations

from recorder.errors import SettingsError
from recorder.sealing.declarations import Settings, load_settings
from recorder.sealing.recall import Recall
from recorder.sealing.sealer import Sealer

__all__ = ["sealer_aside"]


def sealer_aside(key: bytes, log_id: str) -> Sealer:
    """Return a sealer with a recording's key that knows what the user declared and allowed.

    Settings that cannot be read are as none: the recorder that takes the spool in says so, and
    knows what it knows by then.
    """
    try:
        settings = load_settings(log_id)
    except (SettingsError, OSError, ValueError):
        settings = Settings()
    return Sealer(key, recall=Recall(key, settings, tells=True))
