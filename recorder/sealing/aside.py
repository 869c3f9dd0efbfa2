"""A sealer for whoever puts records aside while no recorder answers."""

from __future__ import annotations

from dataclasses import dataclass

from recorder.errors import SettingsError
from recorder.sealing.declarations import Settings, load_settings
from recorder.sealing.forms import Form
from recorder.sealing.recall import Recall
from recorder.sealing.sealer import Sealer

__all__ = ["NOTHING", "Known", "sealer_aside"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a recording tells of the secrets that it has met."""

    forms: tuple[Form, ...] = ()
    classes: tuple[tuple[str, tuple[str, str]], ...] = ()
    """Fingerprint, and the class and hint that it first had."""
    sessions: tuple[str, ...] = ()
    """Ids that are none, for records are filed under them."""


NOTHING = Known()


def sealer_aside(key: bytes, log_id: str, known: Known = NOTHING) -> Sealer:
    """Return a sealer with a recording's key that knows what the user declared and allowed.

    Settings that cannot be read are as none: the recorder that takes the spool in says so, and
    knows what it knows by then.

    Args:
        key: the recording's fingerprint key.
        log_id: the id of the recording's log; empty where it is not known.
        known: what the recording tells, as far as it can be read.
    """
    try:
        settings = load_settings(log_id)
    except (SettingsError, OSError, ValueError):
        settings = Settings()
    recall = Recall(key, settings, known.forms, tells=True)
    sealer = Sealer(key, dict(known.classes), recall)
    sealer.file_under(known.sessions)
    return sealer
